"""Texts as they are asked and remembered.

A line break within a cell parts as a comma does. Once it was a space, and so an answer may be kept, and a job be under
way, whose question had other words: a text of several lines knows these, and its question has them as `former`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

from geopandas_batch.places import Query, query_from


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
