"""The end of all that is queued and under way on one event loop, and those who wait for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geopandas_batch.batching.line import Line


class Rest:
    """Tells when nothing is left to do."""

    __slots__ = ("_idlers", "_line")

    def __init__(self, line: Line) -> None:
        """Nobody waits for it."""
        self._line = line
        self._idlers: list[asyncio.Future[None]] = []

    @property
    def reached(self) -> bool:
        """Whether nothing is left."""
        line = self._line
        return not (line.calls.tasks or line.calls.ready or line.open or line.room.busy)

    def tell(self) -> None:
        """Tell those who wait for it, if it has come."""
        if self._idlers and self.reached:
            for idler in self._idlers:
                if not idler.done():
                    idler.set_result(None)
            self._idlers = []

    async def wait(self) -> None:
        """Send what is queued and wait for all answers."""
        while not self.reached:
            self._line.let_go(self._line.open, "close")
            idler = self._line.loop.create_future()
            self._idlers.append(idler)
            await idler
