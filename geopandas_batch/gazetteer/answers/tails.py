"""Answers to what addresses have in common: many houses have one street, and many streets have one town.

Of a street that came before, an answer is remembered for all its houses, if no number in it is a postcode somewhere.
Else it is remembered by all of the address but its first part, if no name in the first part came near it. It holds for
another first part with no item and no postcode in which no name may come near it either; what else it depends on of
that part is in the key.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import NamedTuple

from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.ranking import Ranking
from geopandas_batch.gazetteer.reading import Reading

_MOST = 10_000
_MOST_MET = 50_000


class _Known(NamedTuple):
    found: Found
    limit: float


class Tails:
    """What was found for the ends of addresses."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._known: dict[Hashable, _Known] = {}
        self._met: set[int] = set()  # second parts: where none came before, no end of an address did

    def key(self, reading: Reading) -> tuple[Hashable, ...] | None:
        """What the answer depends on: all of a known street, or all but the names in the first part.

        None where that cannot be told, and where the second part is new: only what comes again is worth its memory.
        """
        parts, items = reading.parts, reading.items
        if not reading.is_text or not parts or (reading.posts and reading.posts[0].start < parts[0].end):
            return None
        is_street = reading.contents[0].posts is None  # that came before, without its numbers
        if not is_street and (len(parts) < 2 or (items and items[0].start < parts[0].end)):
            return None
        mark = hash(parts[1] if len(parts) > 1 else parts[0])
        if mark not in self._met:
            if len(self._met) > _MOST_MET:
                self._met.clear()
            self._met.add(mark)
            return None
        if is_street:
            return *parts, reading.hinted, reading.around
        return *parts[1:], True in reading.numeric[: parts[0].end], reading.hinted, reading.around

    def is_told(self, key: tuple[Hashable, ...], reading: Reading) -> bool:
        """Whether the key tells also what the answer depends on where no name is sure: all but the case of letters.

        What a code means depends on that; and a number among the words of a street may be part of a misspelt name.
        """
        street = reading.parts[0]
        if key[0] is not street or any(item.code for item in reading.items):
            return False
        return " 0 " not in " ".join(street.words).strip("0 ")

    def recall(self, key: tuple[Hashable, ...], reading: Reading) -> Found | None:
        """The answer, if it is known and no name in the first part may change it."""
        known = self._known.get(key)
        if known is None:
            return None
        for span in reading.spans:
            if span.part:
                break  # they are in the order of the parts
            if span.score + span.name.size >= known.limit:
                return None
        return known.found

    def keep(self, key: tuple[Hashable, ...], found: Found, reading: Reading, ranking: Ranking) -> None:
        """Remember an answer."""
        limit = math.inf
        if key[0] is not reading.parts[0]:
            # Names of the first part that weigh less than the limit are far off.
            limit = ranking.limit
            if ranking.best is None or not ranking.best.span.part or limit == -math.inf:
                return
        if len(self._known) > _MOST:
            self._known.clear()
        self._known[key] = _Known(found, limit)
