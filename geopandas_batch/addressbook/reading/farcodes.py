"""Postcodes that a book does not have, told by their form, and numbers that only look like postcodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from geopandas_batch.addressbook.reading.housenumbers import NONE, UNITS, Span, Words
from geopandas_batch.addressbook.reading.kinds import CITY

# With letters, in Great Britain, Canada and the Netherlands; of digits, the house's number is most often shorter.
_CODE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}|[a-z]\d[a-z]\d[a-z]\d|\d{4}[a-z]{2}")
_LEAST = 4


def far_code(line: Words, rest: Sequence[int], house: str, known: Mapping[str, int]) -> Span:
    """Where a postcode of somewhere else stands among the words that are nothing else."""
    found = NONE
    for at in rest:
        word = line.words[at]
        if word == house or is_counted(line, at, known):
            continue
        for end in (at + 1, at + 2):
            if (end == at + 1 or at + 1 in rest) and _CODE.fullmatch(line.name(at, end)):
                return at, end
        if found == NONE and len(word) >= _LEAST and word.isdecimal():
            found = at, at + 1
    return found


def is_counted(line: Words, at: int, known: Mapping[str, int]) -> bool:
    """Whether a word is rather a flat's or a box's number than a postcode: "lgh 1101", where no town is "Lgh"."""
    before = line.words[at - 1] if at else ""
    return before in UNITS and line.ends[at - 1] > at and not known.get(before, 0) & CITY
