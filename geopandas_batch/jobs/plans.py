"""How questions are shared out: over jobs and their places, within a budget. Nothing is asked here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from numbers import Real

from geopandas_batch.errors import SettingsError


@dataclass(slots=True)
class Purse:
    """What may be spent.

    Examples
    --------
    >>> purse = Purse(1.0)
    >>> purse.take(0.75), purse.take(0.5)
    (True, False)
    """

    budget: float | None = None
    spent: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no number of credits."""
        check_budget(self.budget)

    @property
    def left(self) -> float | None:
        """Credits that are left; None: as many as one likes."""
        return None if self.budget is None else max(0.0, self.budget - self.spent)

    def take(self, credits: float) -> bool:
        """Whether there was enough; then it is taken."""
        if self.budget is not None and self.spent + credits > self.budget:
            return False
        self.spent += credits
        return True


def split(count: int, *, batch_size: int, slots: int, least: int) -> list[int]:
    """Sizes of batches that keep all slots at work for the same time.

    >>> split(1200, batch_size=1000, slots=4, least=50)
    [300, 300, 300, 300]
    >>> split(60, batch_size=1000, slots=4, least=50), len(split(10_000, batch_size=1000, slots=4, least=50))
    ([60], 12)
    """
    rounds = -(-count // (slots * batch_size))
    parts = max(-(-count // batch_size), min(slots, count // least), 1) if rounds == 1 else rounds * slots
    return split_evenly(count, -(-count // parts)) if count else []


def split_evenly(count: int, most: int) -> list[int]:
    """Sizes of as few parts as possible, as equal as possible.

    >>> split_evenly(120, 50)
    [40, 40, 40]
    """
    parts = -(-count // most)
    return [count // parts + (place < count % parts) for place in range(parts)] if count else []


class Places:
    """The places for jobs: one is free when the service is done with its job, though the answers are still at work."""

    def __init__(self, count: int) -> None:
        """All free."""
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Callable[[], None]]:
        """A place, to be left at the end, or before by a call of what is given."""
        await self._free.acquire()
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                self._free.release()

        try:
            yield leave
        finally:
            leave()


@dataclass(frozen=True, slots=True)
class Plan:
    """How questions would be asked, and what that costs."""

    singles: int
    jobs: Sequence[int]  # their sizes
    credits: float


def check_budget(budget: float | None) -> None:
    """Refuse what is no number of credits."""
    if budget is not None and not (isinstance(budget, Real) and budget >= 0):
        raise SettingsError(f"budget must be 0 credits or more, not {budget!r}")
