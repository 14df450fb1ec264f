"""The words of an address that may be the name of a town, if they are none as they stand: it may be misspelt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from geopandas_batch.gazetteer.atlas.spelling import join
from geopandas_batch.gazetteer.reading import HOUSE, Contents, Reading, count_heavy
from geopandas_batch.gazetteer.reading.words import KINDS, NO_TOWN

_MOST_WORDS = 5  # of a name


class Slot(NamedTuple):
    """Words that stand alone or at the end of a part, counted from its start."""

    contents: Contents
    heavy: list[int]  # of the part: see `count_heavy`
    start: int
    end: int
    written: str  # as a key of the index
    lone: bool  # the address is one word


def find_slots(reading: Reading) -> list[Slot]:
    """What may be a misspelt town: all, the last two, and the last of the words of a part that are not light."""
    slots, tokens = [], reading.tokens
    for contents in _unknown(reading):
        heavy = count_heavy(contents.light)
        begin, first, last = contents.part.start, 0, len(heavy) - 1
        while last and heavy[last] == heavy[last - 1] and tokens[begin + last - 1] not in KINDS:
            last -= 1
        while first < last and heavy[first] == heavy[first + 1]:
            first += 1
        for start in {first, last - 1, last - 2} if last > first else ():
            if first <= start < last <= start + _MOST_WORDS:
                written = join(tokens[begin + start : begin + last])
                slots.append(Slot(contents, heavy, start, last, written, len(tokens) == 1))
        if first < last:
            # "Depoeu Bay, OR": what is the name of a region elsewhere may be a piece of the town's.
            start, end = _spread(contents.words, first, last)
            if (start, end) != (first, last) and end - start <= _MOST_WORDS:
                written = join(tokens[begin + start : begin + end])
                slots.append(Slot(contents, heavy, start, end, written, lone=False))
    return slots


def _spread(words: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Where words begin and end with those before and behind them, if these have no numbers."""
    return (
        first if any(map(str.isdigit, words[:first])) else 0,
        last if any(map(str.isdigit, words[last:])) else len(words),
    )


def _unknown(reading: Reading) -> list[Contents]:
    """The parts where a misspelt town may be: no street and no building, if there are others that say no known name.

    A street with its number may have the town behind it, but in the first part.
    """
    parts = [contents for contents in reading.contents if contents.part.role in {"any", "city"}]
    if len(parts) < 2:
        return parts
    first = parts[0].part
    in_street = not first.start and not any(  # as in "9400 Soprn, Várkerület 22"
        post.end < first.end and len(reading.tokens[post.start]) > HOUSE for post in reading.posts
    )
    others = [
        contents
        for contents in parts
        if not (
            (in_street and contents.part is first)
            if reading.has_number(contents.part.number)
            else not NO_TOWN.isdisjoint(contents.words)
        )
    ]
    unknown = any(False in contents.light and not any(span.alone for span in contents.spans) for contents in others)
    return others if unknown else parts
