"""The calls of the batch function: so many at once, and what comes of each."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Generator, Sequence
from contextvars import ContextVar
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from geopandas_batch.batching.answers import BatchCancelledError, BatchDeadlockError, WrongAnswerError, align
from geopandas_batch.batching.batch import Batch, Waiter
from geopandas_batch.batching.record import Call
from geopandas_batch.batching.settings import Settings
from geopandas_batch.batching.traffic import Traffic

if TYPE_CHECKING:
    from geopandas_batch.batching.line import Line

T = TypeVar("T")
log = logging.getLogger("geopandas_batch")

# Marks the context of a batch function, and so that of all tasks that it starts. No task: contexts live long.
_mark: ContextVar[object | None] = ContextVar("mark", default=None)


class Inner(NamedTuple):
    """A batch function that is under way: the task that runs it, and what it was called for."""

    task: asyncio.Task[Any] | None
    batch: Batch


class Part(NamedTuple):
    """What one call asks: a batch, or a piece of one that was halved."""

    batch: Batch
    positions: Sequence[int]
    left: float  # when it began to queue for a place, by the clock of the loop


class Calls:
    """The calls under way on one event loop, and what queues for a place."""

    __slots__ = (
        "_ledger",
        "_line",
        "_settings",
        "_starting",
        "_traffic",
        "_waits",
        "_warned",
        "inner",
        "ready",
        "tasks",
    )

    def __init__(self, line: Line, settings: Settings, traffic: Traffic) -> None:
        """For the batches of one queue."""
        self._line = line
        self._settings = settings
        self._traffic = traffic
        self._ledger = traffic.ledger()
        self._starting = False
        self.ready: deque[Part] = deque()
        self.tasks: dict[asyncio.Task[None], Batch] = {}
        self.inner: dict[object, Inner] = {}  # functions that are under way, by the mark in their context
        self._waits: dict[object, asyncio.Future[Any]] = {}  # what they wait for from this very batcher
        self._warned = False

    def next(self) -> None:
        """Start what there is a place for."""
        if self._starting:  # an eager task has ended inside of `create_task`
            return
        self._starting = True
        try:
            while len(self.tasks) < self._settings.max_concurrency:
                part = self.ready.popleft() if self.ready else self._line.take_due()
                if part is None:
                    break
                if not part.batch.done:
                    self._start(part)
        finally:
            self._starting = False

    def _start(self, part: Part) -> None:
        batch = part.batch
        # Not `create_task(context=)`: task factories written before 3.11 do not take it.
        task = batch.context.run(self._line.loop.create_task, self._ask(part))
        # A loop that is closed with calls under way drops them. asyncio would complain about each; those who wait for
        # the answers are what matters, and they are gone with the loop.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        self.tasks[task] = batch
        batch.tasks.add(task)
        task.add_done_callback(partial(self._ended, part))

    async def _ask(self, part: Part) -> None:
        """One call, and what comes of it."""
        batch = part.batch
        positions = batch.wanted(part.positions)
        if not positions:
            return
        items = batch.items if len(positions) == batch.size else [batch.items[position] for position in positions]
        started, in_flight = self._line.loop.time(), len(self.tasks)
        failure: BaseException | None = None
        failed = 0
        mark = object()
        self.inner[mark] = Inner(asyncio.current_task(), batch)
        _mark.set(mark)
        try:
            # The function gets a list of its own, in case it sorts it or takes items out.
            answers = align(await self._call(items.copy()), items)
        except GeneratorExit:  # the loop is gone and nobody can be told
            raise
        except BaseException as error:
            failure = error
            failed = self._fail(part, positions, error)
            if not isinstance(error, Exception | asyncio.CancelledError) or is_cancelling():
                raise
        else:
            failed = batch.resolve(positions, answers)
        finally:
            del self.inner[mark]
            self._note(part, len(positions), failed, started, in_flight, failure)

    def here(self) -> object | None:
        """The mark of the function under way that this code belongs to, itself or as a task that it has started."""
        mark = _mark.get()
        return mark if mark in self.inner else None

    async def awaited(self, answer: asyncio.Future[T], batch: Batch | None = None) -> T:
        """The answer that a function under way waits for; an error where that would be for ever."""
        mark = self.here()
        own = self.inner[mark]
        if own.task is not asyncio.current_task():
            self.warn()
            return await answer
        self._waits[mark] = answer
        batch = answer.batch if isinstance(answer, Waiter) else batch
        try:
            stuck = sum(not each.done() for each in self._waits.values()) >= self._settings.max_concurrency
            if stuck or (batch is own.batch and self._alone(own)):
                answer.cancel()
                raise BatchDeadlockError(
                    "The batch function waits for an answer of its own batcher, which could come only when it has "
                    f"ended (max_concurrency={self._settings.max_concurrency}, and no other call will end before). Let "
                    "it await the function that does the work, not the batcher; or raise max_concurrency."
                )
            return await answer
        finally:
            del self._waits[mark]

    def _alone(self, own: Inner) -> bool:
        """Whether it is all of its batch that is not answered yet."""
        return own.batch.tasks <= {own.task} and all(part.batch is not own.batch for part in self.ready)

    def warn(self) -> None:
        """Say once that there may be a wait for ever. A task that was started may outlive the function as well."""
        if self._settings.max_concurrency == 1 and not self._warned:
            self._warned = True
            log.warning(
                "a batch function, or a task that it has started, asks its own batcher while max_concurrency=1: if the "
                "function waits for that answer, it waits for ever. Raise max_concurrency, or ask when it has ended"
            )

    def check_outside(self) -> None:
        """Refuse to wait for the end of all calls in one of them."""
        if (mark := self.here()) is not None and self.inner[mark].task is asyncio.current_task():
            raise BatchDeadlockError("The batch function would close its own batcher, which waits for it to end.")

    async def _call(self, items: list[Any]) -> Any:
        reply = self._settings.function(items)
        if isinstance(reply, Generator | AsyncGenerator):
            raise WrongAnswerError(
                "The batch function gives its answers one by one, by `yield`. It must be `async def` and `return` a "
                "list with one answer for each item, in the order of the items, or a mapping of item to answer."
            )
        if not isinstance(reply, Awaitable):
            raise WrongAnswerError(
                f"The batch function gave back {type(reply).__name__} without being awaited. Make it `async def`; to "
                "run synchronous code in it, await `asyncio.to_thread(function, items)`."
            )
        return await reply

    def _fail(self, part: Part, positions: Sequence[int], error: BaseException) -> int:
        """Halve the call or fail its items; how many failed."""
        batch = part.batch
        if batch.done or (isinstance(error, asyncio.CancelledError) and is_cancelling()):
            return 0
        if len(positions) > 1 and isinstance(error, Exception) and self._settings.splits(error):
            now, half = self._line.loop.time(), len(positions) // 2
            self.ready.extendleft((Part(batch, positions[half:], now), Part(batch, positions[:half], now)))
            return 0
        batch.fail(error, positions)
        return len(positions)

    def _ended(self, part: Part, task: asyncio.Task[None]) -> None:
        """A place is free."""
        batch = part.batch
        del self.tasks[task]
        batch.tasks.discard(task)
        if not task.cancelled():
            # Looked at, so that asyncio does not report what the waiters have been told.
            if (error := task.exception()) is not None:
                batch.fail(error, part.positions)
        elif not batch.done:  # not cancelled by us: the loop is being shut down
            shutdown = BatchCancelledError("The event loop was shut down before the answer came. Ask again.")
            self._line.end(batch, shutdown)
            self._line.end_queued(shutdown)
        self.next()
        self._line.rest.tell()

    def _note(
        self, part: Part, size: int, failed: int, started: float, in_flight: int, failure: BaseException | None
    ) -> None:
        """Measure the call."""
        batch = part.batch
        ended = self._line.loop.time()
        if failure is None and self._line.patience is not None:
            self._line.patience.took(ended - started)
        call = Call(
            opened=batch.opened,
            spread=batch.times[-1] - batch.opened,
            size=size,
            failed=failed,
            reason=batch.due if batch.due and len(part.positions) == batch.size else "half",
            waited=started - batch.opened,
            queued=started - fmean(batch.times),
            place=started - part.left,
            worked=ended - started,
            in_flight=in_flight,
            error=type(failure).__name__ if failure is not None else "",
        )
        self._traffic.record(call, self._ledger)


def is_cancelling() -> bool:
    """Whether somebody cancels the task that runs here."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
