"""Room for items: ``max_pending``."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from geopandas_batch.batching.batch import Waiter

if TYPE_CHECKING:
    from geopandas_batch.batching.line import Line


class Room:
    """Lets callers in while there is room, in the order in which they came."""

    __slots__ = ("_line", "_size", "admitted", "gates", "limited")

    def __init__(self, line: Line, size: float) -> None:
        """``size``: items; infinite for no limit."""
        self._line = line
        self._size = size
        self.limited = size < inf
        self.admitted = 0  # callers that were let in and have not submitted yet
        self.gates: deque[asyncio.Future[None]] = deque()

    @property
    def free(self) -> float:
        """How many more items may be in the air."""
        return self._size - self._line.pending - self.admitted

    @property
    def busy(self) -> bool:
        """Whether a caller is on its way in."""
        return self.admitted > 0 or any(not gate.done() for gate in self.gates)

    def _queue(self) -> asyncio.Future[None] | None:
        """A place in the queue for room; None if there is room and nobody waits for it."""
        if not self.gates and self.free >= 1:
            return None
        self._line.let_go(self._line.open, "room")  # it cannot grow
        gate = self._line.loop.create_future()
        self.gates.append(gate)
        return gate

    def submit(self, item: Any) -> Waiter:
        """A future for the answer of an item that comes in when there is room for it."""
        waiter = Waiter(loop=self._line.loop)
        gate = self._queue()
        if gate is None:
            return self._line.submit(item, waiter)
        waiter.batch, waiter.gate = None, gate
        gate.add_done_callback(partial(self._let_in, waiter, item))
        return waiter

    def _let_in(self, waiter: Waiter, item: Any, gate: asyncio.Future[None]) -> None:
        if gate.cancelled():  # with its waiter
            return
        if error := gate.exception():
            if not waiter.done():
                waiter.set_exception(error)
                waiter.exception()  # no complaint if nobody looks: the batcher was closed
            return
        self.admitted -= 1
        if not waiter.done():
            self._line.submit(item, waiter)
        self.pass_on()

    async def enter(self) -> None:
        """Wait for room for one item. ``pass_on`` must follow in the same turn, whatever became of the item."""
        gate = self._queue()
        if gate is None:
            return
        try:
            await (gate if self._line.calls.here() is None else self._line.calls.awaited(gate))
        except asyncio.CancelledError:
            if gate.done() and not gate.cancelled() and not gate.exception():  # let in and cancelled in the same turn
                self.admitted -= 1
                self.pass_on()
            raise
        self.admitted -= 1

    def pass_on(self) -> None:
        """Let the next one in, if one who was let in did not need the room in the end."""
        self.admit()
        self._line.rest.tell()

    def admit(self) -> None:
        """Let callers in while there is room."""
        while self.gates and self.free >= 1:
            gate = self.gates.popleft()
            if not gate.done():
                gate.set_result(None)
                self.admitted += 1

    def refuse(self, error: Exception) -> None:
        """Fail those who wait."""
        while self.gates:
            gate = self.gates.popleft()
            if not gate.done():
                gate.set_exception(error)
