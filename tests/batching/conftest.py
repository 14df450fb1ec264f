"""A batch function that keeps what it was asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


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
