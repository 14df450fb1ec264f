"""A file through a service in portions: read, asked, written, committed; the next portion is asked meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import pandas as pd

from geopandas_batch.progress import Progress, ProgressLike

T = TypeVar("T")
Answer: TypeAlias = Callable[[pd.DataFrame, ProgressLike], Awaitable[pd.DataFrame]]

PORTION = 10_000  # rows: ten jobs of the service, a few MB, a second or two of work to lose
AHEAD = 2  # portions in the air, so that batches stay full where one ends


async def answered(
    portions: Iterable[tuple[T, pd.DataFrame]], answer: Answer, bar: Progress, *, ahead: int = AHEAD
) -> AsyncIterator[tuple[T, pd.DataFrame]]:
    """Each portion with its answers, in order.

    Parameters
    ----------
    portions : iterable of (object, DataFrame)
        What the caller knows it by, and the rows to ask.
    answer : async callable
        Takes a frame and a callback for progress, returns the frame with answers.
    bar : Progress
        Told of each row.
    ahead : int
        Portions that are asked at the same time.
    """
    waiting: deque[tuple[T, asyncio.Task[pd.DataFrame]]] = deque()
    rest = iter(portions)
    try:
        while True:
            while len(waiting) < ahead and (portion := next(rest, None)) is not None:
                known_by, frame = portion
                task = asyncio.ensure_future(answer(frame, _Share(bar).tell))
                waiting.append((known_by, task))
            if not waiting:
                return
            known_by, task = waiting[0]
            frame = await task
            waiting.popleft()
            yield known_by, frame
    finally:
        for _, task in waiting:
            task.cancel()
        # Cancelled ones still write down what they paid for; their errors were told by the first one.
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


@dataclass(slots=True)
class _Share:
    """One portion's part in the bar of all."""

    bar: Progress
    told: dict[str, int] | None = None

    def tell(self, done: int, total: int, counts: dict[str, int]) -> None:
        """A progress callback: how many rows of each kind, so far."""
        before = self.told or {}
        for kind, count in counts.items():
            if more := count - before.get(kind, 0):
                self.bar.advance(more, kind)
        self.told = counts
