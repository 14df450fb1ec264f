"""Answers to the ends of addresses: many streets have one town, and the town is found without the street.

An answer is remembered by all of the address but its first part, if no name in the first part came near it. It holds
for another first part with no item and no postcode in which no name may come near it either; what else it depends on of
that part is in the key.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from geopandas_batch.gazetteer.reading import Reading
from geopandas_batch.gazetteer.wording import Found

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
        self._met: set[int] = set()  # only what comes again is worth its memory

    def key(self, reading: Reading) -> Hashable | None:
        """What the answer depends on but for the names in the first part; None where that part says more."""
        if len(reading.parts) < 2 or not reading.is_text:
            return None
        start = reading.parts[1].start
        if (reading.items and reading.items[0].start < start) or (reading.posts and reading.posts[0].start < start):
            return None
        return *reading.parts[1:], True in reading.numeric[:start], reading.hinted, reading.around

    def recall(self, key: Hashable, reading: Reading) -> Found | None:
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

    def keep(self, key: Hashable, found: Found, limit: float) -> None:
        """Remember an answer that has come before; names of the first part that weigh less than `limit` are far off."""
        mark = hash(key)
        if mark not in self._met:
            if len(self._met) > _MOST_MET:
                self._met.clear()
            self._met.add(mark)
            return
        if len(self._known) > _MOST:
            self._known.clear()
        self._known[key] = _Known(found, limit)
