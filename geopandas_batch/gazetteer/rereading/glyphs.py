"""Letters that a program which reads scans takes for others: "L0ndon", "8erlin", "Rorne", "Miinchen"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import key

_DIGITS = {"0": "o", "1": "il", "5": "s", "8": "b"}
# One or two of them in a word of letters.
_WITH_DIGIT = re.compile(r"\b(?=\w*[^\W\d_]{3})[^\W\d_]*(?:[0158][^\W\d_]*){1,2}\b")
_PAIRS = {"rn": "m", "ii": "ü", "vv": "w", "cl": "d"}
_WITH_PAIR = re.compile(r"\b[^\W\d_]*(?:rn|ii|vv|cl)[^\W\d_]*\b", re.IGNORECASE)
_FEWEST = 4  # letters


class Glyphs:
    """Puts such letters right where a name comes of it."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._names = atlas.names

    def put_right(self, text: str) -> str:
        """The text with the letters that are meant; the same if no word is a name then.

        >>> from geopandas_batch.gazetteer.atlas import Atlas
        >>> glyphs = Glyphs(Atlas())
        >>> glyphs.put_right("8erlin"), glyphs.put_right("Rorne, Italy"), glyphs.put_right("Bern, BX-18C")
        ('berlin', 'Rome, Italy', 'Bern, BX-18C')
        """
        text = _WITH_DIGIT.sub(lambda found: self._choose(found[0], _without_digits(found[0])), text)
        if " " not in text:
            return text  # "Kochii" alone is rather mistyped
        return _WITH_PAIR.sub(lambda found: self._choose(found[0], _without_pairs(found[0])), text)

    def _choose(self, word: str, others: Iterator[str]) -> str:
        """The first of other ways to write a word that is a name; the word if it is one."""
        if len(word) < _FEWEST or key(word) in self._names:
            return word
        return next((other for other in others if key(other) in self._names), word)


def _without_digits(word: str) -> Iterator[str]:
    return map("".join, product(*(_DIGITS.get(letter, letter) for letter in word)))


def _without_pairs(word: str) -> Iterator[str]:
    for pair, letter in _PAIRS.items():
        if pair in word.lower():
            yield re.sub(pair, letter, word, flags=re.IGNORECASE)
