"""The queue of one event loop: items come, batches leave, answers go back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import repeat
from math import inf
from typing import Any

from geopandas_batch.batching.answers import BatcherClosedError
from geopandas_batch.batching.batch import Batch, Claim, Waiter
from geopandas_batch.batching.calls import Calls, Part
from geopandas_batch.batching.patience import TURN, Patience
from geopandas_batch.batching.record import Reason
from geopandas_batch.batching.rest import Rest
from geopandas_batch.batching.room import Room
from geopandas_batch.batching.settings import Settings
from geopandas_batch.batching.traffic import Traffic


class Line:
    """The queue of one event loop. Only code that runs in that loop may call it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: Settings, traffic: Traffic) -> None:
        """Empty and at rest."""
        self.loop = loop
        self.now = loop.time
        self.settings = settings
        self.max_size = settings.max_size
        self.room = Room(self, settings.max_pending)
        self.calls = Calls(self, settings, traffic)
        self.ledger = traffic.ledger()
        self.patience = Patience() if settings.max_wait is None else None
        self.in_air: dict[Any, Batch] = {}
        self.open: Batch | None = None
        self.timer: asyncio.Handle | None = None
        self.sent = 0  # items of batches that no longer grow and are not answered
        self.rest = Rest(self)

    # Items come.

    def submit(self, item: Any, waiter: Waiter | None = None) -> Waiter:
        """A future for the answer; the one that is given, if its item had to wait for room."""
        if waiter is None:
            if self.room.limited and not self.flies(item):
                return self.room.submit(item)
            waiter = Waiter(loop=self.loop)
        batch, position = self._place(item)
        waiter.batch = batch
        waiter.position = position
        batch.waiters.append(waiter)
        if batch is self.open and len(batch.items) >= self.max_size:
            self.dispatch(batch)
        return waiter

    def claim(self, item: Any, claims: list[Claim] | deque[Claim]) -> None:
        """One more claim, or the last one a little longer."""
        batch, position = self._place(item)
        last = claims[-1] if claims else None
        if last is not None and last.batch is batch and last.stop == position:
            last.stop += 1
        else:
            claims.append(Claim(batch, position, position + 1))
        if batch is self.open and len(batch.items) >= self.max_size:
            self.dispatch(batch)

    def keys(self, items: list[Any]) -> list[Any]:
        """What the items are known by."""
        return items if self.settings.key is None else list(map(self.settings.key, items))

    def _place(self, item: Any) -> tuple[Batch, int]:
        """The place of an equal item in the air, else the next one in the open batch."""
        in_air = self.in_air
        plain = True
        key = item if self.settings.key is None else self.settings.key(item)
        try:
            batch = in_air.get(key)
        except TypeError:  # not hashable, so no equal item can be found
            batch, plain = None, False
        if batch is not None and not batch.done:
            self.ledger.joined += 1
            return batch, batch.position(key)
        batch = self.open or self._begin(Batch(self, self.now()))
        if plain:
            in_air[key] = batch
        else:
            batch.plain = False
        position = len(batch.items)
        batch.items.append(item)
        if batch.keys is not batch.items:
            batch.keys.append(key)
        batch.times.append(now := self.now())
        if self.patience is not None:
            self.patience.came(now, alone=not self.sent and not position)
        return batch, position

    def extend(self, items: list[Any]) -> list[Claim]:
        """Claims for the answers, in order."""
        claims: list[Claim] = []
        while items:
            batch = self.open or Batch(self, self.now())
            start = len(batch.items)
            taken, items = items[: self.max_size - start], items[self.max_size - start :]
            if self._all_new(keys := self.keys(taken), batch):
                if batch is not self.open:
                    self._begin(batch)
                batch.items += taken
                if batch.keys is not batch.items:
                    batch.keys += keys
                now = self.now()
                batch.times += [now] * len(taken)
                if self.patience is not None:
                    self.patience.came(now, alone=not self.sent and not start)
                claims.append(Claim(batch, start, start + len(taken)))
                if len(batch.items) >= self.max_size:
                    self.dispatch(batch)
            else:
                for item in taken:
                    self.claim(item, claims)
        return claims

    def _all_new(self, keys: list[Any], batch: Batch) -> bool:
        """Whether no item is in the air; then they are now. In bulk, this is most of what an item costs."""
        try:
            fresh = dict.fromkeys(keys, batch)
        except TypeError:
            return False
        if len(fresh) < len(keys) or not self.in_air.keys().isdisjoint(fresh):
            return False
        self.in_air.update(fresh)
        return True

    # Batches leave.

    def _begin(self, batch: Batch) -> Batch:
        """The open batch, which leaves when it is full or its time is over."""
        self.open = batch
        wait = self.settings.max_wait if self.patience is None else self.patience.quiet
        if self.settings.closed or self.room.gates:
            # Those who are let in come in one turn, and there is no room for others.
            self.timer = self.loop.call_soon(self.let_go, batch, "close" if self.settings.closed else "room")
        elif not wait:
            self.timer = self.loop.call_soon(self.let_go, batch, "wait")
        elif wait < inf and self.max_size > 1:
            self.timer = self.loop.call_later(wait, self._time_over, batch)
        return batch

    def _time_over(self, batch: Batch) -> None:
        """The batch has waited; while it is learnt for how long, a little longer if items keep coming."""
        if self.patience is not None and batch is self.open:
            now = self.now()
            rest = min(batch.times[-1] + self.patience.quiet, batch.opened + self.patience.limit) - now
            if rest >= TURN:
                self.timer = self.loop.call_later(rest, self._time_over, batch)
                return
            if batch.times[-1] - batch.opened < TURN:
                self.patience.vain()
        self.let_go(batch, "wait")

    def let_go(self, batch: Batch | None, reason: Reason) -> None:
        """Send the batch, if it is still open, as soon as there is a place; until then it goes on growing."""
        if batch is not None and batch is self.open and batch.due is None:
            batch.due, batch.left = reason, self.now()
            self.calls.next()

    def take_due(self) -> Part | None:
        """The open batch, if its time is over."""
        if self.open is None or self.open.due is None:
            return None
        return self._shut(self.open)

    def dispatch(self, batch: Batch) -> None:
        """The open batch is full and queues for a place."""
        if batch.due is None:
            batch.due, batch.left = "full", self.now()
        self.calls.ready.append(self._shut(batch))
        self.calls.next()

    def _shut(self, batch: Batch) -> Part:
        self.open = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        batch.seal()
        self.sent += batch.size
        return Part(batch, range(batch.size), batch.left)

    # Answers go back.

    def forget(self, batch: Batch, positions: Sequence[int]) -> None:
        """The items are no longer in the air; equal ones are asked again from now on."""
        keys = batch.keys
        asked = keys if len(positions) == len(keys) else [keys[position] for position in positions]
        if batch.plain:
            deque(map(self.in_air.pop, asked, repeat(None)), maxlen=0)
        else:
            for key in asked:
                with suppress(TypeError):  # not hashable
                    self.in_air.pop(key, None)
        self.sent -= len(positions)
        if self.room.gates:
            self.room.admit()

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
        self.rest.tell()

    def end_queued(self, error: BaseException) -> None:
        """Fail what is not under way yet."""
        batches = [part.batch for part in self.calls.ready]
        self.calls.ready.clear()
        if self.open is not None:
            batches.append(self.open)
        for batch in batches:
            self.end(batch, error)

    def close(self, cancel: bool) -> None:
        """Send what is queued, or fail it and what is under way."""
        if not cancel:
            self.let_go(self.open, "close")
            return
        error = BatcherClosedError("The batcher was closed before the answer came.")
        self.room.refuse(error)
        self.end_queued(error)
        for batch in tuple(self.calls.tasks.values()):
            self.end(batch, error)

    # What is in the air.

    def flies(self, item: Any) -> bool:
        """Whether an equal item is in the air, so that this one needs no room."""
        try:
            return self.keys([item])[0] in self.in_air
        except TypeError:
            return False

    @property
    def pending(self) -> int:
        """Items queued or under way."""
        return self.sent + (len(self.open.items) if self.open else 0)
