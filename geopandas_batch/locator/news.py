"""Outcomes of which a caller is told, as many as there are at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

Told: TypeAlias = Callable[[Sequence[int]], None]


class News:
    """The positions of outcomes that are there, and nobody was told of."""

    def __init__(self, told: Told) -> None:
        """None yet; ``told`` hears of them."""
        self._told = told
        self._fresh: list[Sequence[int]] = []
        self._trouble: list[Exception] = []  # of `told`, while the event loop was at work

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._fresh)

    def add(self, places: Sequence[int]) -> None:
        """Some more."""
        last = self._fresh[-1] if self._fresh else None
        if isinstance(places, range) and isinstance(last, range) and last.stop == places.start:
            self._fresh[-1] = range(last.start, places.stop)  # of small batches, many come at once
        else:
            self._fresh.append(places)

    def tell(self) -> None:
        """Tell of those that are there. If that raises, `check` does so."""
        fresh, self._fresh = self._fresh, []
        try:
            for places in filter(None, fresh):
                self._told(places)
        except Exception as error:
            self._trouble.append(error)

    def check(self) -> None:
        """Raise what the caller raised when he was told."""
        if self._trouble:
            raise self._trouble[0]
