"""One spelling for each name: what the build stores and what the matcher looks up go through the same functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Letters that do not decompose into a base letter and a mark, or that are written in several ways. Arabic letters: the
# variants of alef, yeh, kaf and ta marbuta that typists use interchangeably.
_LETTERS = {"ß": "ss", "þ": "th", "æ": "ae", "œ": "oe", "ـ": ""} | dict(
    zip("øłđðıħŋəёأإآٱىیئکةۀہھؤ", "olddihneеاااايييكههههو", strict=True)
)
# Where one part of an address ends and the next begins.
_SEPARATORS = ",;|/\\()[]{}<>،؛、，；。・·•〒「」【】()"
_APOSTROPHES = "'’‘ʼʻ`´ʹ′\"“”„«»"
# Words that are written in full or short; one form stands for all.
SHORT = {"saint": "st", "sankt": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}

_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){1,}[^\W\d_]\b\.?")
_DASH = re.compile("[-–—]+")
_LONG = re.compile(rf"\b(?:{'|'.join(SHORT)})\b")
MOST_WORDS = 20_000  # that are remembered
# Scripts written without spaces (Thai, Lao, Myanmar, Khmer, kana, ideographs), and Hangul, where a name is followed by
# its kind without a space: there, each character is a token.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]")
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")


class _Folding(dict[int, str]):
    """A table for ``str.translate`` that works out each character the first time it is met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character in _LETTERS:
        return _LETTERS[character]
    if character in _SEPARATORS:
        return ","
    if character in _APOSTROPHES:
        return ""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] == "M":
        # Marks that stand alone are vowels in Indic and Thai script: they stay. The rest is decoration.
        kept = unicodedata.name(character, "").split(" ")[0] not in {"COMBINING", "ARABIC", "HEBREW", "VARIATION"}
        return character if kept else ""
    if category[0] == "L":
        base = unicodedata.normalize("NFD", character)
        script = unicodedata.name(character, "").split(" ")[0]
        return _LETTERS.get(base[0], base[0]) if len(base) > 1 and script in {"LATIN", "GREEK"} else character
    return "" if category == "Cf" else " "


FOLDING = _Folding()


def fold_word(word: str) -> str:
    """A single word as `fold` has it."""
    if word.isascii():
        if word.isalnum():  # most words
            small = word.lower()
            return SHORT.get(small, small)
    else:
        word = unicodedata.normalize("NFKC", word)
    if _DASH.fullmatch(word):
        return ","  # spaces on both sides
    if "." in word:
        word = _INITIALS.sub(lambda found: found[0].replace(".", ""), word)
    folded = (word.lower() if word.isascii() else word.casefold()).translate(FOLDING)
    return _LONG.sub(lambda found: SHORT[found[0]], folded)


class _Words(dict[str, str]):
    """Folded words: most come again in other addresses."""

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_WORDS:
            self.clear()
        folded = self[word] = fold_word(word)
        return folded


_WORDS = _Words()


def fold(text: str) -> str:
    """The text in small letters without accents; commas where a part ends, spaces for all other punctuation.

    >>> fold("Washington, D.C. (Saint-Étienne)")
    'washington, dc ,st etienne,'
    """
    return " ".join(map(_WORDS.__getitem__, text.split()))


def split(folded: str) -> list[str]:
    """The tokens of one part: words, or single characters where the script has no spaces."""
    return folded.split() if folded.isascii() else _TOKEN.findall(folded)


def join(tokens: Sequence[str]) -> str:
    """The tokens as a key of the name index: a space ends each word, so that a prefix of a key is whole words.

    >>> join(["new", "york"])
    'new york '
    """
    line = " ".join(tokens)
    if is_unspaced(line):
        return "".join([token if is_unspaced(token) else token + " " for token in tokens])
    return f"{line} " if line else ""


def is_unspaced(text: str) -> bool:
    """Whether there is a character of a script without spaces in it; a token has only such ones, or none."""
    return not text.isascii() and _UNSPACED_RUN.search(text) is not None


def key(name: str) -> str:
    """The key of a name in the index.

    >>> key("Saint-Étienne")
    'st etienne '
    """
    return join(split(fold(name).replace(",", " ")))


def code_key(code: str) -> str:
    """The key of a postcode: small letters and digits only.

    >>> code_key("SW1A 2AA")
    'sw1a2aa'
    """
    return "".join(character for character in fold(code) if character.isalnum())
