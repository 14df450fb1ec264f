"""A batch: its items, who waits for them, and the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from geopandas_batch.batching.answers import BatchCancelledError, BatcherClosedError, Faultless, settle

if TYPE_CHECKING:
    from geopandas_batch.batching.line import Line
    from geopandas_batch.batching.record import Reason

_UNANSWERED: Any = object()


class Waiter(asyncio.Future[Any]):
    """The future of one caller for one item. Cancelling it harms no other caller of the same item."""

    # `cancel` is overridden because a done callback on every future would cost as much as all the rest of an item.
    __slots__ = ("batch", "gate", "position")

    batch: Batch | None
    position: int
    gate: asyncio.Future[None]  # where it waits for room, while it is in no batch

    def cancel(self, msg: Any | None = None) -> bool:
        """Leave the batch. The last caller to leave cancels the call."""
        if not super().cancel(msg):
            return False
        if self.batch is None:
            self.gate.cancel()
        else:
            self.batch.leave()
        return True


class Claim:
    """What a ``map`` waits for: the answers from ``start`` to ``stop`` of a batch, without a future for each."""

    __slots__ = ("batch", "start", "stop")

    def __init__(self, batch: Batch, start: int, stop: int) -> None:
        """Counts as one caller."""
        self.batch = batch
        self.start = start
        self.stop = stop
        batch.claims.add(self)

    def release(self) -> None:
        """Wait no more."""
        batch = self.batch
        batch.claims.discard(self)
        if not batch.done:
            batch.leave(0)
        elif not batch.claims:
            batch.answers = []


class Batch:
    """Items that leave together. Inside, an item is known by its position in ``items``."""

    __slots__ = (
        "answers", "claims", "context", "deserted", "done", "due", "faulty", "gone", "indexed", "items",
        "keys", "left", "line", "opened", "plain", "size", "tasks", "times", "unanswered", "waiters", "watchers",
        "where",
    )  # fmt: skip

    def __init__(self, line: Line, now: float) -> None:
        """``now``: when its first item came."""
        self.line = line
        self.items: list[Any] = []
        # What each is known by. Kept, not made anew: the function may change its items.
        self.keys = self.items if line.settings.key is None else list[Any]()
        self.plain = True  # every key is hashable
        self.waiters: list[Waiter] = []
        self.claims: set[Claim] = set()
        self.gone = 0  # waiters that have left
        self.deserted = False  # some caller has left
        self.watchers: list[asyncio.Future[None]] = []
        self.where: dict[Any, int] = {}  # key -> position, of the first `indexed` items; filled when asked
        self.indexed = 0
        self.answers: Any = []  # a list, or what the function gave back as faultless
        self.size = self.unanswered = 0  # known when it leaves
        self.faulty = False  # some answer is an error
        self.tasks: set[asyncio.Task[None]] = set()
        self.done = False  # answered, or nobody waits any more
        # The function runs in the context of the first caller, whoever starts the task in the end.
        self.context = copy_context()
        self.due: Reason | None = None  # why it should leave as soon as there is a free place
        self.left = 0.0  # when it became due
        self.opened = now
        self.times: list[float] = []  # when each item came

    def position(self, key: Any) -> int:
        """Where an item with this key is."""
        for position, each in enumerate(self.keys[self.indexed :], self.indexed):
            try:
                self.where.setdefault(each, position)
            except TypeError:  # not hashable
                continue
        self.indexed = len(self.keys)
        return self.where[key]

    async def over(self) -> None:
        """Wait until it is answered."""
        if not self.done:
            watcher, calls = self.line.loop.create_future(), self.line.calls
            self.watchers.append(watcher)
            await (watcher if calls.here() is None else calls.awaited(watcher, self))

    def wanted(self, positions: Sequence[int]) -> Sequence[int]:
        """Those for which somebody still waits; the others are dropped."""
        if not self.deserted:
            return positions
        kept = {waiter.position for waiter in self.waiters if not waiter.done()}
        for claim in self.claims:
            kept.update(range(claim.start, claim.stop))
        dropped = [position for position in positions if position not in kept]
        if dropped:
            self.fail(asyncio.CancelledError(), dropped)
        return [position for position in positions if position in kept]

    def leave(self, waiters: int = 1) -> None:
        """One caller is gone, a waiter or a claim. With the last one the call is cancelled, or never made."""
        self.gone += waiters
        self.deserted = True
        if not self.done and self.gone == len(self.waiters) and not self.claims:
            self.line.abandon(self)

    def seal(self) -> None:
        """No item is added any more."""
        self.size = self.unanswered = len(self.items)
        self.answers = [_UNANSWERED] * self.size

    def fail(self, error: BaseException, positions: Sequence[int] | None = None) -> None:
        """Give the error to all who still wait for one of the positions (default: for any)."""
        among = range(len(self.answers)) if positions is None else positions
        waiting = [] if self.done else [position for position in among if self.answers[position] is _UNANSWERED]
        if waiting:
            self.resolve(waiting, [error] * len(waiting))

    def resolve(self, positions: Sequence[int], answers: list[Any] | Faultless[Any]) -> int:
        """Hand out answers and errors; how many errors."""
        if self.done:  # the call went on although nobody waited
            return 0
        errors = settle(answers)
        self.faulty = self.faulty or errors > 0
        self.line.forget(self, positions)
        if len(positions) == self.size:
            self.answers = answers
        else:
            for position, answer in zip(positions, answers, strict=True):
                self.answers[position] = answer
        self.unanswered -= len(positions)
        self.done = not self.unanswered
        self._tell()
        if self.done:
            self._close()
        else:
            self.waiters = [waiter for waiter in self.waiters if not waiter.done()]
            self.gone = 0
            if not self.waiters and not self.claims:
                self.line.abandon(self)
        return errors

    def _tell(self) -> None:
        answers = self.answers
        if self.done and not self.faulty:
            for waiter in self.waiters:
                if not waiter.done():
                    waiter.set_result(answers[waiter.position])
            return
        for waiter in self.waiters:
            if waiter.done() or (answer := answers[waiter.position]) is _UNANSWERED:
                continue
            if not isinstance(answer, BaseException):
                waiter.set_result(answer)
                continue
            waiter.set_exception(answer)
            if isinstance(answer, BatchCancelledError | BatcherClosedError):
                waiter.exception()  # as with a cancelled future: no complaint if nobody looks

    def _close(self) -> None:
        """Let go of what is no longer needed: a waiter that somebody keeps must not keep the whole batch."""
        self.waiters = []
        self.where = {}
        self.items = self.keys = []
        if not self.claims:
            self.answers = []
        for watcher in self.watchers:
            if not watcher.done():
                watcher.set_result(None)
        self.watchers = []
