"""Answers to many points, in arrays all the way from the service to the columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.frames.fields import BLANK, LOCATED, Fields, text
from geopandas_batch.locator.outcomes import NO_MATCH
from geopandas_batch.places import MATCHES, STATUSES, Outcome
from geopandas_batch.services.protocol import Nearest

_NOT_FOUND = STATUSES.index("not_found")


class Towns(Fields):
    """As `Fields` of one outcome a point, without the outcomes; those of rows that are not asked come behind."""

    def __init__(self, near: Nearest, service: str, attribution: str, settled: Sequence[Outcome]) -> None:
        """`near` is what ``reverse_all`` gave."""
        self._near, self._service, self._attribution, self._settled = near, service, attribution, settled
        rest = Fields(settled)
        self._found = np.append(near.which >= 0, np.zeros(len(settled), bool))
        self.statuses = np.append(np.where(near.which >= 0, LOCATED, _NOT_FOUND), rest.statuses).astype(np.int8)

    @property
    def matches(self) -> NDArray[np.int8]:
        """Towns, all that are found."""
        return np.where(self._found, MATCHES.index("city"), MATCHES.index("none")).astype(np.int8)

    @property
    def cached(self) -> NDArray[np.int8]:
        """None of them."""
        return np.zeros(len(self._found), np.int8)

    @property
    def credits(self) -> set[str]:
        """That of the service, if it found anything."""
        return {self._attribution} if self._found.any() else set()

    def numbers(self, name: str, *, only_located: bool = False) -> NDArray[np.float64]:
        """The distance in metres; of nothing else there is a number."""
        numbers = np.full(len(self._found), math.nan)
        if name == "distance":
            numbers[self._found] = self._near.metres[self._near.which >= 0]
        return numbers

    def column(self, name: str) -> Any:
        """Texts are made once for all that have the same."""
        near, rest = self._near, len(self._settled)
        if name == "formatted":
            return text([*near.names, None]).take(np.append(near.which, np.full(rest, -1)))
        if name == "reason":
            told = [*near.reasons, NO_MATCH, *(outcome.reason for outcome in self._settled)]
            behind = len(near.reasons) + 1
            why = np.where(near.which >= 0, near.why, behind - 1)
            return text(told).take(np.append(why, np.arange(behind, behind + rest)))
        if name == "service":
            return text([self._service, None]).take(np.repeat([0, 1], [len(near.which), rest]))
        if name == "attribution":
            return text([self._attribution or None, None]).take((~self._found).astype(np.intp))
        return self.numbers(name) if name == "distance" else super().column(name)

    def outcome(self, place: int) -> Outcome:
        """One of them, without its place."""
        if place >= len(self._near.which):
            return self._settled[place - len(self._near.which)]
        if self._near.which[place] < 0:
            return Outcome(None, "not_found", NO_MATCH, self._service)
        return Outcome(None, "located", self._near.reasons[self._near.why[place]], self._service)

    def and_a_blank(self) -> Fields:
        """These, and one for rows that ask nothing."""
        return Towns(self._near, self._service, self._attribution, [*self._settled, BLANK])
