"""``Batcher``: calls with one item become calls with many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Generic, Literal, Self

from geopandas_batch.batching.answers import Answer, BatcherClosedError, Item, Reply
from geopandas_batch.batching.lines import Lines
from geopandas_batch.batching.settings import Settings
from geopandas_batch.batching.window import stream, stream_lists


class Batcher(Generic[Item, Answer]):
    """Calls with one item become calls with many.

    Items that are asked at about the same time leave together. A batch leaves when it is full, when ``max_wait`` since
    its first item is over, or when its producer has no more items; while all ``max_concurrency`` calls are under way,
    it goes on growing. Nothing runs while nothing is queued.

    Parameters
    ----------
    function : async callable
        Gets a list of items. Gives back one answer for each, in the same order, or a mapping of item to answer. An
        exception in place of an answer is raised to those who asked for that item only; an exception that is raised
        goes to all whose items were in that call.
    max_size : int
        Items in one call, at most.
    max_wait : float or "auto"
        Seconds that the first item of a batch waits for others. 0: until the end of this turn of the event loop.
        ``"auto"``: learnt from how items arrive; never longer than a call takes.
    max_concurrency : int
        Calls under way at once, for each event loop.
    max_pending : int, optional
        Distinct items queued or under way, for each event loop, from which on callers wait for room, in their turn.
        Default: no limit.
    split_on_error : bool or callable
        Whether a call that raised is tried again in halves, until the guilty item is alone. A callable gets the
        exception and says so case by case.
    key : callable, optional
        What tells an item from others: gets an item, and gives back something hashable. Items with equal keys are one,
        of which the first is asked. Default: the item itself. As of ``sorted``.

    Attributes
    ----------
    stats : Traffic
        What went through: ``stats.suggest()``, ``stats.frame()``, ``stats.plot()``.

    Raises
    ------
    TypeError, ValueError
        The function cannot be called, or a setting is out of range; the text says which.

    Notes
    -----
    A batcher belongs to no event loop: each loop that uses it, in whatever thread, has a queue of its own. Equal
    hashable items in the air share one slot. When the last caller of a batch is gone, its call is cancelled. The
    function runs in the context (``contextvars``) of the first caller of its batch. Where it waits for its own batcher,
    and that would be for ever, it gets a ``BatchDeadlockError``: when all ``max_concurrency`` calls wait so, or for an
    item of its own call. Where tasks that it has started wait, only a warning in the log tells of it.

    Examples
    --------
    >>> import asyncio
    >>> async def squares(numbers):
    ...     print("asked", numbers)
    ...     return [number**2 for number in numbers]
    >>> async def main():
    ...     async with Batcher(squares, max_wait=0) as square:
    ...         return await asyncio.gather(square(1), square(2), square(2), square(3))
    >>> asyncio.run(main())
    asked [1, 2, 3]
    [1, 4, 4, 9]
    """

    def __init__(
        self,
        function: Callable[[list[Item]], Awaitable[Reply[Item, Answer]]],
        *,
        max_size: int = 1000,
        max_wait: float | Literal["auto"] = 0.05,
        max_concurrency: int = 4,
        max_pending: int | None = None,
        split_on_error: bool | Callable[[BaseException], bool] = False,
        key: Callable[[Item], Hashable] | None = None,
    ) -> None:
        """Nothing is started."""
        self._settings = Settings.checked(
            function,
            max_size=max_size,
            max_wait=max_wait,
            max_concurrency=max_concurrency,
            max_pending=max_pending,
            split_on_error=split_on_error,
            key=key,
        )
        self._lines = Lines(self._settings)
        self._here = self._lines.here  # bound once: every item asks
        self.stats = self._lines.traffic

    def _check_open(self) -> None:
        if self._settings.closed:
            raise BatcherClosedError("This batcher is closed. `async with` opens it again.")

    def submit(self, item: Item) -> asyncio.Future[Answer]:
        """A future for the answer, at once.

        Parameters
        ----------
        item
            If it is hashable and an equal one is in the air, both share its slot.

        Returns
        -------
        asyncio.Future
            One for each caller. Cancelling it harms no other caller; when the last caller of a batch has gone, the
            call is cancelled.

        Raises
        ------
        RuntimeError
            If no event loop is running here.
        BatcherClosedError
            After ``aclose``.

        Notes
        -----
        Where ``max_pending`` is reached, the item waits for room outside, in its turn, and its future with it.

        Examples
        --------
        >>> import asyncio
        >>> async def squares(numbers):
        ...     return [number**2 for number in numbers]
        >>> async def main():
        ...     square = Batcher(squares, max_wait=0)
        ...     return await asyncio.gather(*map(square.submit, (1, 2, 3)))
        >>> asyncio.run(main())
        [1, 4, 9]
        """
        if self._settings.closed:
            self._check_open()
        line = self._here()
        if line.calls.inner and line.calls.here() is not None:
            line.calls.warn()
        return line.submit(item)

    async def __call__(self, item: Item) -> Answer:
        """The answer for one item, as by ``submit``; waits for room first where ``max_pending`` is reached."""
        if self._settings.closed:
            self._check_open()
        line = self._here()
        answer: asyncio.Future[Answer] = line.submit(item)
        if line.calls.inner and line.calls.here() is not None:
            return await line.calls.awaited(answer)
        return await answer

    def map(
        self, items: Iterable[Item] | AsyncIterable[Item], *, return_exceptions: bool = False
    ) -> AsyncGenerator[Answer, None]:
        """Answers for any number of items, in their order, in flat memory.

        The cheapest way by far: no future and no task for each item. A window of ``2 * max_concurrency`` batches is
        asked ahead, so that all places are busy while answers are handed out. The end of the items lets the last batch
        go at once. Items share batches, and slots, with all other callers.

        Parameters
        ----------
        items : iterable or async iterable
            Drawn only as there is room in the window.
        return_exceptions : bool
            Give errors as values. Otherwise the first one is raised at its item, and the rest is given up.

        Returns
        -------
        async generator

        Raises
        ------
        BatcherClosedError
            After ``aclose``; while it is at work, after the answers to what was asked before.

        Examples
        --------
        >>> import asyncio
        >>> async def squares(numbers):
        ...     return [number**2 for number in numbers]
        >>> async def main():
        ...     return [answer async for answer in Batcher(squares, max_size=2).map(range(5))]
        >>> asyncio.run(main())
        [0, 1, 4, 9, 16]
        """
        self._check_many(items)
        return stream(self._here, items, return_exceptions)

    async def map_lists(self, items: Iterable[Item] | AsyncIterable[Item]) -> AsyncGenerator[Sequence[Answer], None]:
        """As ``map``, in lists as they come from the batches, with errors in the place of answers: cheaper still.

        Parameters
        ----------
        items : iterable or async iterable
            As of ``map``.

        Returns
        -------
        async generator
            Of lists, which together have an answer, or an exception, for each item in their order.

        Raises
        ------
        BatcherClosedError
            As of ``map``.

        Examples
        --------
        >>> import asyncio
        >>> async def squares(numbers):
        ...     return [number**2 for number in numbers]
        >>> async def main():
        ...     return [answers async for answers in Batcher(squares, max_size=2).map_lists(range(5))]
        >>> asyncio.run(main())
        [[0, 1], [4, 9], [16]]
        """
        self._check_many(items)
        async with aclosing(stream_lists(self._here, items)) as lists:
            async for answers, _ in lists:
                yield answers

    def _check_many(self, items: object) -> None:
        if isinstance(items, str | bytes):
            raise TypeError(f"map takes many items; this is one {type(items).__name__}. Put it in a list.")
        self._check_open()

    def flush(self) -> None:
        """Let what is queued on this event loop leave now, or as soon as a call has ended if all are under way.

        Examples
        --------
        >>> import asyncio
        >>> async def squares(numbers):
        ...     return [number**2 for number in numbers]
        >>> async def main():
        ...     square = Batcher(squares, max_wait=60)
        ...     answer = square.submit(3)
        ...     square.flush()
        ...     return await answer
        >>> asyncio.run(main())
        9
        """
        line = self._here()
        line.let_go(line.open, "flush")

    async def aclose(self, *, cancel: bool = False) -> None:
        """Take no more items, and wait until all that is queued or under way on this event loop is answered.

        Other event loops finish theirs by themselves; nobody waits for them.

        Parameters
        ----------
        cancel : bool
            Fail what is queued and under way with ``BatcherClosedError`` instead, and cancel the calls.

        Raises
        ------
        RuntimeError
            If no event loop is running here.
        BatchDeadlockError
            The batch function itself closes its batcher.

        Examples
        --------
        >>> import asyncio
        >>> async def squares(numbers):
        ...     return [number**2 for number in numbers]
        >>> async def main():
        ...     square = Batcher(squares, max_wait=60)
        ...     answer = square.submit(3)
        ...     await square.aclose()
        ...     return answer.result()
        >>> asyncio.run(main())
        9
        """
        await self._lines.close(cancel)

    def __repr__(self) -> str:
        """Its function and what went through it, in one line."""
        function = self._settings.function
        return f"<Batcher of {getattr(function, '__qualname__', None) or repr(function)}: {self.stats!r}>"

    async def __aenter__(self) -> Self:
        """Open, if it was closed."""
        self._settings.closed = False
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close; after an error what is queued is not sent any more."""
        await self.aclose(cancel=error is not None)
