"""A loop whose clock is stepped, so that no test sleeps and none can hang."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest


class _Selector(selectors.SelectSelector):
    """Instead of waiting, turns the clock to the next timer. Where nothing would ever happen, it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.turns = 0

    def select(self, timeout: float | None = None) -> Any:
        self.turns += 1
        events = super().select(0)
        if not events and timeout is None:
            raise AssertionError("everybody waits for ever")
        if not events and timeout is not None:
            self.now += timeout
        return events


class SteppedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._stepped = _Selector()
        super().__init__(self._stepped)

    def time(self) -> float:
        return self._stepped.now

    @property
    def turns(self) -> int:
        return self._stepped.turns


@pytest.fixture(scope="session")
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on a new stepped loop."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=SteppedLoop) as runner:
            return runner.run(coroutine)

    return run


class Doubler:
    """A batch function that keeps what it was asked: doubles numbers after ``seconds``, refuses those in ``bad``."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self.asked: list[list[Any]] = []
        self.times: list[float] = []
        self.cancelled: list[list[Any]] = []
        self.bad: set[Any] = set()
        self.in_flight = self.most = 0

    async def __call__(self, items: list[Any]) -> list[Any]:
        self.asked.append(list(items))
        self.times.append(round(asyncio.get_running_loop().time(), 6))
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(self.seconds)
            if self.bad and (guilty := self.bad.intersection(items)):
                raise ValueError(f"refused: {sorted(guilty)}")
            return [item * 2 for item in items]
        except asyncio.CancelledError:
            self.cancelled.append(list(items))
            raise
        finally:
            self.in_flight -= 1


@pytest.fixture
def double() -> Doubler:
    return Doubler()
