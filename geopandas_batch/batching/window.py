"""``map``: any number of items through a window of a few batches, answers in order, memory flat."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from geopandas_batch.batching.answers import BatcherClosedError
from geopandas_batch.batching.batch import Claim
from geopandas_batch.batching.line import Line


class Window:
    """The items of one ``map`` that are asked and not yet handed out."""

    def __init__(self, line: Line) -> None:
        """Empty."""
        self.line = line
        self.claims: deque[Claim] = deque()
        settings = line.settings
        self.step = settings.max_size
        # One batch is handed out while `max_concurrency` are in the air; as many again are ready, so that a slow batch
        # at the head leaves no place empty.
        self.size = 2 * settings.max_concurrency * settings.max_size
        self.asked = 0
        self.ended = False
        self.failure: BaseException | None = None  # of the producer; raised after the answers to what it did produce
        self.news: asyncio.Future[None] | None = None  # what the generator or the feeder waits for

    async def fill(self, items: Iterator[Any]) -> None:
        """Ask as many items as there is room for."""
        while not self.ended and self.size - self.asked >= self.step:
            room = self.step
            if self.line.room.limited and self.line.room.free < room:
                room = await self._room()
                if not room:
                    return
            chunk: list[Any] = []
            try:  # user code: nothing of ours is half done while it runs
                chunk.extend(islice(items, room))
            except Exception as error:
                self.failure = error
            if self.line.settings.closed:
                self.failure = BatcherClosedError("The batcher was closed while `map` was at work.")
                chunk = []
            self.claims += self.line.extend(chunk)
            self.asked += len(chunk)
            self.line.room.pass_on()
            if len(chunk) < room:
                self.end()
            elif self.size - self.asked >= self.step:
                await asyncio.sleep(0)  # the first call starts while the second batch is read
        self._hurry()

    def _hurry(self) -> None:
        """With many equal items, the window can be full of those of one batch that still grows. It waits for nobody."""
        if self.claims and self.size - self.asked < self.step:
            self.line.let_go(self.claims[0].batch, "room")

    async def _room(self) -> int:
        """Room under ``max_pending``; 0 if answers must be handed out first."""
        room = 0 if self.line.room.gates else max(0, int(self.line.room.free))
        if not room:
            self.line.let_go(self.line.open, "room")  # it cannot grow
            if not self.claims:
                await self.line.room.enter()
                room = 1
        return min(room, self.step)

    async def feed(self, items: AsyncIterable[Any]) -> None:
        """Ask the items of an asynchronous producer as they come; runs beside the generator."""
        try:
            async for item in items:
                while self.asked >= self.size:
                    self._hurry()
                    await self._hear()
                if self.line.room.limited and not self.line.flies(item):
                    await self.line.room.enter()
                if self.line.settings.closed:
                    raise BatcherClosedError("The batcher was closed while `map` was at work.")
                self.line.claim(item, self.claims)
                self.line.room.pass_on()
                self.asked += 1
                self._tell()
        except BaseException as error:
            self.failure = error
            if not isinstance(error, Exception):
                raise
        finally:
            self.end()
            self._tell()

    async def take(self) -> tuple[list[Any], bool]:
        """The answers of the first claim, and whether an error may be among them."""
        claim = self.claims[0]
        await claim.batch.over()
        self.claims.popleft()
        answers = claim.batch.answers[claim.start : claim.stop]
        faulty = claim.batch.faulty
        claim.release()
        self.asked -= len(answers)
        self._tell()
        return answers, faulty

    async def first(self) -> bool:
        """Whether there is a claim, when that is known."""
        while not self.claims and not self.ended:
            await self._hear()
        return bool(self.claims)

    def end(self) -> None:
        """The producer has no more: what is queued leaves at the end of this turn of the loop.

        Not at once, so that maps that end in the same turn share a batch.
        """
        self.ended = True
        if self.claims and self.line.open is not None:
            self.line.loop.call_soon(self.line.let_go, self.line.open, "end")

    def close(self) -> None:
        """Wait no more for what was asked."""
        while self.claims:
            self.claims.popleft().release()
        self.line.room.pass_on()

    async def _hear(self) -> None:
        self.news = self.line.loop.create_future()
        await self.news

    def _tell(self) -> None:
        if self.news is not None and not self.news.done():
            self.news.set_result(None)


async def stream(
    here: Callable[[], Line], items: Iterable[Any] | AsyncIterable[Any], return_exceptions: bool
) -> AsyncGenerator[Any, None]:
    """Yield the answers in order. ``here``: the queue of the loop in which the first answer is asked for."""
    lists = stream_lists(here, items)
    try:
        async for answers, faulty in lists:
            for answer in answers:
                if faulty and not return_exceptions and isinstance(answer, BaseException):
                    raise answer
                yield answer
    finally:
        await lists.aclose()  # the window is left at once, whoever stops


async def stream_lists(
    here: Callable[[], Line], items: Iterable[Any] | AsyncIterable[Any]
) -> AsyncGenerator[tuple[list[Any], bool], None]:
    """Yield the answers in lists as they come, in order, and whether errors may be among them."""
    line = here()
    window = Window(line)
    feeder = None
    iterator: Iterator[Any] = iter(())
    if isinstance(items, AsyncIterable):
        feeder = line.loop.create_task(window.feed(items))
    else:
        iterator = iter(items)
    try:
        while True:
            if feeder is None:
                await window.fill(iterator)
            if not await window.first():
                break
            yield await window.take()
        if window.failure is not None:
            raise window.failure
    finally:
        window.close()
        if feeder is not None:
            feeder.cancel()
            await asyncio.wait((feeder,))
