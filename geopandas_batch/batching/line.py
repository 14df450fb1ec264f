"""The queue of one event loop: items come, batches leave, answers go back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import repeat
from math import inf
from typing import Any, NamedTuple

from geopandas_batch.batching.answers import BatchCancelledError, WrongAnswerError, align
from geopandas_batch.batching.batch import Batch, Claim, Waiter


class Settings(NamedTuple):
    """What a batcher was told."""

    function: Callable[[list[Any]], Awaitable[Any]]
    max_size: int
    max_wait: float | None  # seconds; None: learnt
    max_concurrency: int
    max_pending: float
    splits: Callable[[BaseException], bool]


class Part(NamedTuple):
    """What one call asks: a batch, or a piece of one that was halved."""

    batch: Batch
    positions: Sequence[int]


class Line:
    """The queue of one event loop. Only code that runs in that loop may call it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: Settings) -> None:
        """Empty and at rest."""
        self.loop = loop
        self.settings = settings
        self.in_air: dict[Any, Batch] = {}
        self.open: Batch | None = None
        self.timer: asyncio.Handle | None = None
        self.ready: deque[Part] = deque()
        self.tasks: dict[asyncio.Task[None], Batch] = {}
        self.sent = 0  # items of batches that no longer grow and are not answered
        self.admitted = 0  # callers that were let in and have not submitted yet
        self.gates: deque[asyncio.Future[None]] = deque()
        self.idlers: list[asyncio.Future[None]] = []
        self.starting = False
        self.closing = False

    # Items come.

    def submit(self, item: Any) -> Waiter:
        """A future for the answer."""
        waiter = Waiter(loop=self.loop)
        plain = True
        try:
            batch = self.in_air.get(item)
        except TypeError:  # not hashable, so no equal item can be found
            batch, plain = None, False
        if batch is not None and not batch.done:
            waiter.position = batch.position(item)
        else:
            batch = self.open or self.begin()
            if plain:
                self.in_air[item] = batch
            else:
                batch.plain = False
            waiter.position = len(batch.items)
            batch.items.append(item)
            batch.latest = now = self.loop.time()
            batch.arrivals += now
        waiter.batch = batch
        batch.waiters.append(waiter)
        batch.callers += 1
        if len(batch.items) >= self.settings.max_size and batch is self.open:
            self.dispatch(batch)
        return waiter

    def extend(self, items: list[Any]) -> list[Claim]:
        """Claims for the answers, in order."""
        claims: list[Claim] = []
        max_size = self.settings.max_size
        while items:
            batch = self.open or self.begin()
            start = len(batch.items)
            taken, items = items[: max_size - start], items[max_size - start :]
            if self._all_new(taken, batch):
                batch.items += taken
                batch.latest = now = self.loop.time()
                batch.arrivals += now * len(taken)
                claims.append(Claim(batch, start, start + len(taken)))
                if len(batch.items) >= max_size:
                    self.dispatch(batch)
            else:
                for item in taken:
                    self.claim(item, claims)
        return claims

    def _all_new(self, items: list[Any], batch: Batch) -> bool:
        """Whether no item is in the air; then they are now. In bulk, this is most of what an item costs."""
        try:
            fresh = dict.fromkeys(items, batch)
        except TypeError:
            return False
        if len(fresh) < len(items) or not self.in_air.keys().isdisjoint(fresh):
            return False
        self.in_air.update(fresh)
        return True

    def claim(self, item: Any, claims: list[Claim] | deque[Claim]) -> None:
        """One more claim, or the last one a little longer."""
        plain = True
        try:
            batch = self.in_air.get(item)
        except TypeError:
            batch, plain = None, False
        if batch is not None and not batch.done:
            position = batch.position(item)
            claims.append(Claim(batch, position, position + 1))
            return
        batch = self.open or self.begin()
        if plain:
            self.in_air[item] = batch
        else:
            batch.plain = False
        position = len(batch.items)
        batch.items.append(item)
        batch.latest = now = self.loop.time()
        batch.arrivals += now
        if claims and claims[-1].batch is batch and claims[-1].stop == position:
            claims[-1].stop += 1
        else:
            claims.append(Claim(batch, position, position + 1))
        if position + 1 >= self.settings.max_size:
            self.dispatch(batch)

    # Batches leave.

    def begin(self) -> Batch:
        """A new batch, which leaves when it is full or its time is over."""
        self.open = batch = Batch(self, self.loop.time())
        wait = self.settings.max_wait or 0.0
        if self.closing or self.gates:  # those who are let in come in one turn, and there is no room for others
            self.timer = self.loop.call_soon(self.let_go, batch, "room" if self.gates else "close")
        elif wait <= 0:
            self.timer = self.loop.call_soon(self.let_go, batch, "wait")
        elif wait < inf and self.settings.max_size > 1:
            self.timer = self.loop.call_later(wait, self.let_go, batch, "wait")
        return batch

    def let_go(self, batch: Batch | None, reason: str) -> None:
        """Send the batch, if it is still open, as soon as there is a place; until then it goes on growing."""
        if batch is not None and batch is self.open and not batch.due:
            batch.due = reason
            self.next()

    def dispatch(self, batch: Batch) -> None:
        """The open batch is full and queues for a place."""
        batch.due = batch.due or "full"
        self.ready.append(self._shut(batch))
        self.next()

    def _shut(self, batch: Batch) -> Part:
        self.open = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        batch.seal()
        self.sent += batch.unanswered
        return Part(batch, range(batch.unanswered))

    def next(self) -> None:
        """Start what there is a place for."""
        if self.starting:  # an eager task has ended inside of `create_task`
            return
        self.starting = True
        try:
            while len(self.tasks) < self.settings.max_concurrency:
                if self.ready:
                    self.start(self.ready.popleft())
                elif self.open is not None and self.open.due:
                    self.start(self._shut(self.open))
                else:
                    break
        finally:
            self.starting = False

    def start(self, part: Part) -> None:
        """Call the batch function in a task of its own."""
        batch = part.batch
        if batch.done:
            return
        # Not `create_task(context=)`: task factories written before 3.11 do not take it.
        task = batch.context.run(self.loop.create_task, self.ask(part))
        self.tasks[task] = batch
        batch.tasks.add(task)
        task.add_done_callback(partial(self.ended, part))

    async def ask(self, part: Part) -> None:
        """One call of the batch function, and what comes of it."""
        batch = part.batch
        positions = batch.wanted(part.positions)
        if not positions:
            return
        items = [batch.items[position] for position in positions]
        try:
            # The function gets a list of its own, in case it sorts it or takes items out.
            answers = align(await self.call(items.copy()), items)
        except GeneratorExit:  # the loop is gone and nobody can be told
            raise
        except Exception as error:
            if len(positions) > 1 and not batch.done and self.settings.splits(error):
                half = len(positions) // 2
                self.ready.extendleft((Part(batch, positions[half:]), Part(batch, positions[:half])))
            else:
                batch.fail(error, positions)
        except BaseException as error:
            task = asyncio.current_task()
            shutdown = isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling()
            if not shutdown:
                batch.fail(error, positions)
            if not isinstance(error, asyncio.CancelledError) or shutdown:
                raise
        else:
            batch.resolve(positions, answers)

    async def call(self, items: list[Any]) -> Any:
        """What the batch function gives back."""
        reply = self.settings.function(items)
        if not isinstance(reply, Awaitable):
            raise WrongAnswerError(
                f"The batch function gave back {type(reply).__name__} without being awaited. Make it `async def`; to "
                "run synchronous code in it, await `asyncio.to_thread(function, items)`."
            )
        return await reply

    # Answers go back.

    def ended(self, part: Part, task: asyncio.Task[None]) -> None:
        """A task is over, so there is a place for the next."""
        batch = part.batch
        del self.tasks[task]
        batch.tasks.discard(task)
        if task.cancelled():
            if not batch.done:  # not by us: the loop is being shut down
                error = BatchCancelledError("The event loop was shut down before the answer came. Ask again.")
                self.end(batch, error)
                self.end_all(error, running=False)
        else:
            task.exception()  # so that asyncio does not report it: the waiters have it
        self.next()
        self.rest()

    def forget(self, batch: Batch, positions: Sequence[int]) -> None:
        """The items are no longer in the air; equal ones are asked again from now on."""
        items = batch.items
        asked = items if len(positions) == len(items) else [items[position] for position in positions]
        if batch.plain:
            deque(map(self.in_air.pop, asked, repeat(None)), maxlen=0)
        else:
            for item in asked:
                with suppress(TypeError):  # not hashable
                    self.in_air.pop(item, None)
        self.sent -= len(positions)
        if self.gates:
            self.admit()

    def abandon(self, batch: Batch) -> None:
        """Nobody waits for this batch any more: its call is cancelled, or never made."""
        self.end(batch, asyncio.CancelledError())

    def end(self, batch: Batch, error: BaseException) -> None:
        """Fail a batch, in whatever state it is."""
        if batch is self.open:
            self._shut(batch)
        batch.fail(error)
        for task in tuple(batch.tasks):
            task.cancel()
        self.rest()

    def end_all(self, error: BaseException, *, running: bool) -> None:
        """Fail what is queued, and what is running too."""
        batches = [part.batch for part in self.ready] + ([self.open] if self.open else [])
        self.ready.clear()
        if running:
            batches += self.tasks.values()
            while self.gates:
                gate = self.gates.popleft()
                if not gate.done():
                    gate.set_exception(error)
        for batch in batches:
            self.end(batch, error)

    # Room.

    def flies(self, item: Any) -> bool:
        """Whether an equal item is in the air, so that this one needs no room."""
        try:
            return item in self.in_air
        except TypeError:
            return False

    @property
    def room(self) -> float:
        """How many more items may be in the air; less than 1 when somebody waits already."""
        open_items = len(self.open.items) if self.open else 0
        return self.settings.max_pending - self.sent - open_items - self.admitted

    async def enter(self) -> None:
        """Wait for room for one item, in the order in which the callers came."""
        if not self.gates and self.room >= 1:
            return
        self.let_go(self.open, "room")  # it cannot grow
        gate = self.loop.create_future()
        self.gates.append(gate)
        try:
            await gate
        except asyncio.CancelledError:
            if gate.done() and not gate.cancelled() and not gate.exception():  # let in and cancelled in the same turn
                self.admitted -= 1
                self.admit()
                self.rest()
            raise
        self.admitted -= 1

    def admit(self) -> None:
        """Let callers in while there is room."""
        while self.gates and self.room >= 1:
            gate = self.gates.popleft()
            if not gate.done():
                gate.set_result(None)
                self.admitted += 1

    # Rest.

    @property
    def busy(self) -> bool:
        """Whether anything is left to do."""
        waiting = any(not gate.done() for gate in self.gates)
        return bool(self.tasks or self.ready or self.open or self.admitted or waiting)

    def rest(self) -> None:
        """Tell those who wait for the end, if this is it."""
        if self.idlers and not self.busy:
            for idler in self.idlers:
                if not idler.done():
                    idler.set_result(None)
            self.idlers = []

    async def drain(self) -> None:
        """Send what is queued and wait for all answers."""
        while self.busy:
            self.let_go(self.open, "close")
            idler = self.loop.create_future()
            self.idlers.append(idler)
            await idler
