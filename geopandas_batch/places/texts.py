"""Texts as they are asked and remembered.

A line break within a cell parts as a comma does. Once it was a space, and so an answer may be kept, and a job be under
way, whose question had other words: a text of several lines knows these, and its question has them as `former`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from geopandas_batch.places import Query, query_from

AT_ONCE = 10_000  # texts that are looked at together: some 400 kB, which a processor has at hand
# What `str.split` parts by, besides what is in ASCII.
_BLANKS = [*map(chr, (0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))]

# What stands in a cell for nothing, as it is written. No codes: NA is Namibia.
MISSING = frozenset(
    [
        *("nan", "NaN", "NaT", "<NA>", "None"),  # pandas, where a column with gaps was made text
        *("NULL", "null", "(null)", r"\N"),  # databases
        *("#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!"),  # spreadsheets: a formula that failed
        *("#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#NOM?", "#VALEUR!", "#NOMBRE!", "#¡REF!", "#¡VALOR!", "#¿NOMBRE?"),
        *("N/A", "n/a", "-", "--", "---", "–", "—", ".", "?"),  # people
    ]
)
BLANK = MISSING | {""}  # when there are no spaces around it


def tidy(text: str) -> str:
    """The text as it is asked and remembered: one form of each letter (NFC), single spaces, none at the ends.

    Case is kept: "DE" and "de" may mean different things to a geocoder. NUL, which no address holds, is a space. A line
    break within a cell parts as a comma does.

    >>> tidy(" 12 High Street\\n, Bath  BA1 5LR\\n")
    '12 High Street, Bath BA1 5LR'
    """
    if type(text) is Parted:
        return text
    text = unicodedata.normalize("NFC", text.replace("\0", " ")).strip()
    lines = text.splitlines()
    if len(lines) < 2:
        return " ".join(text.split())
    parts = ", ".join([said for line in lines if (said := line.strip(",; \t"))])
    return Parted.of(" ".join(parts.split()), " ".join(text.split()))


def tidy_up(texts: list[str]) -> bool:
    """Put each text in its place as it is asked; whether all of them were so, and none is blank.

    >>> texts = ["12  High Street", "Ålesund"]
    >>> tidy_up(texts), texts, tidy_up(texts)
    (False, ['12 High Street', 'Ålesund'], True)
    """
    were_tidy = True
    for start in range(0, len(texts), AT_ONCE):
        part = texts[start : start + AT_ONCE]
        if not _are_tidy(part):
            texts[start : start + AT_ONCE] = map(tidy, part)
            were_tidy = False
    return were_tidy


def _are_tidy(texts: Sequence[str]) -> bool:
    """In one look at all of them: whether there is no blank at an end or beside another one, and only spaces."""
    whole = "\n".join(texts)
    if not whole.isascii() and (
        any(blank in whole for blank in _BLANKS) or not unicodedata.is_normalized("NFC", whole)
    ):
        return False
    letters = np.frombuffer(whole.encode("utf-8", "surrogatepass"), np.uint8)
    blank = np.concatenate([[True], letters <= ord(" "), [True]])
    return np.count_nonzero(letters < ord(" ")) == len(texts) - 1 and not (blank[1:] & blank[:-1]).any()


class Parted(str):
    """A tidy text of several lines, with the words that it had when a line break was a space.

    It is no equal of a text that was the same then as now. Their questions are equal.
    """

    __slots__ = ("former",)
    former: str

    @classmethod
    def of(cls, text: str, former: str) -> str:
        """The text; with the former one, if that was another. A blank is never asked, whatever it was."""
        if not text or text == former:
            return str(text)
        parted = cls(text)
        parted.former = former
        return parted

    def __eq__(self, other: object) -> bool:
        return type(other) is Parted and str.__eq__(self, other) and self.former == other.former

    def __ne__(self, other: object) -> bool:  # that of `str` would be found first
        return not self == other

    def __hash__(self) -> int:
        return hash((str(self), self.former))


class PartedQuery(Query):
    """A question of such texts: the same as without them, but what it was before is known."""

    former: Query

    @classmethod
    def of(cls, texts: Iterable[str]) -> Query:
        """The question that these tidy texts are, field by field. It has plain texts: msgspec writes no others."""
        fields = tuple(texts)
        if Parted not in map(type, fields):
            return query_from(fields)
        query = cls(*map(str, fields))
        query.former = Query(*map(former_text, fields))
        return query


def packed(text: str) -> str:
    """The text, and what it was, in one plain text, for who tells texts apart by their letters: pandas, Dask, Arrow."""
    return f"{text}\n{text.former}" if type(text) is Parted else text


def unpacked(text: str) -> str:
    """The way back: there is no line break in a tidy text."""
    text, _, former = text.partition("\n")
    return Parted.of(text, former) if former else text


def has_parted(texts: Iterable[str]) -> bool:
    """Whether one of them is of several lines. There are few types, and many texts."""
    return Parted in set(map(type, texts))


def former_text(text: str) -> str:
    """What the text was when a line break was a space."""
    return text.former if type(text) is Parted else text


def changed(text: str, change: Callable[[str], str]) -> str:
    """The text after a change, which its former words go through as well."""
    return Parted.of(change(text), change(text.former)) if type(text) is Parted else change(text)
