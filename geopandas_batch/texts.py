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
    """A tidy text of several lines, with the words that it had when a line break was a space."""

    __slots__ = ("former",)
    former: str

    @classmethod
    def of(cls, text: str, former: str) -> str:
        """The text; with the former one, if that was another."""
        if text == former:
            return text
        parted = cls(text)
        parted.former = former
        return parted


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


def former_text(text: str) -> str:
    """What the text was when a line break was a space."""
    return text.former if type(text) is Parted else text


def changed(text: str, change: Callable[[str], str]) -> str:
    """The text after a change, which its former words go through as well."""
    return Parted.of(change(text), change(text.former)) if type(text) is Parted else change(text)
