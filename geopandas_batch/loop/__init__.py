"""A coroutine's result from synchronous code, wherever that code runs.

- No loop runs here (script, worker thread): :class:`asyncio.Runner`, with a loop of its own that is closed afterwards.
- A loop of asyncio runs (notebook, server): that loop, entered again. The user's own tasks go on meanwhile.
- A loop of another make runs (uvloop, Qt): a loop in a thread. The one that runs stands still meanwhile.

Limit: calls that overlap on one loop stand on each other on the stack, and so return last in, first out.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import signal
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from geopandas_batch.loop.reentry import AWAIT_INSTEAD, entered_again, is_asyncio, package_of

T = TypeVar("T")
# Seconds between looks at the task around the call. Also lets signals in that come just before select(), which is deaf
# to them, and on Windows to all.
_BEAT = 0.2
# SIGINT handlers of these, and Python's own, would stop the cell but not the work in it. Others are a program's own.
_REPLACEABLE = {"ipykernel", "marimo", __name__.partition(".")[0]}


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, from synchronous code, and return its result.

    It runs as one task, sees the caller's context variables, and leaves no task, thread or signal handler behind.

    Parameters
    ----------
    coroutine : coroutine
        What to run. What it wants to keep if it is interrupted, it writes to an object that the caller holds.

    Returns
    -------
    object
        What the coroutine returns.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or Stop. The first cancels the coroutine and waits for its cleanup, a second does not wait.
    asyncio.CancelledError
        When the task around the call is cancelled. The coroutine is cancelled with it, and has cleaned up.
    RuntimeError
        When the running loop is stopped or cannot be used. The text says what to do.

    Examples
    --------
    >>> import asyncio
    >>> run(asyncio.sleep(0, result="done"))
    'done'
    """
    try:
        loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:  # left before the call, or it would stand in the traceback of all that goes wrong inside
        loop = None
    if loop is None:
        return _run_alone(coroutine)
    return _run_nested(loop, coroutine) if is_asyncio(loop) else _run_in_thread(coroutine)


def _run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        # Without a factory, Runner would take away the loop that the thread may have set for itself.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            _let_signals_in(runner.get_loop())
            return runner.run(coroutine)
    finally:
        if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:  # interrupted before its first step
            coroutine.close()


def _let_signals_in(loop: asyncio.AbstractEventLoop) -> None:
    """Turn the loop now and then. A signal just before it waits in select() would else wait with it, for a minute."""
    loop.call_later(_BEAT, _let_signals_in, loop)


def _run_nested(loop: asyncio.BaseEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    task = None
    try:
        with _Watch(loop) as watch, entered_again(loop):
            task = watch.guard(loop.create_task(coroutine))
            _drive(loop, task, watch)
    finally:
        if task is None:
            coroutine.close()
    return watch.result(task)


def _drive(loop: asyncio.BaseEventLoop, task: asyncio.Task[Any], watch: _Watch) -> None:
    """Turn the loop until the task is done. What this raises is never the task's own error, but a reason to leave."""
    ended = loop.create_future()
    task.add_done_callback(lambda _: ended.set_result(None))
    try:
        loop.run_until_complete(ended)
    except (KeyboardInterrupt, SystemExit):
        if not watch.interrupts and not task.cancelling():
            # Out of another task, or of a program's own handler: the work knows nothing of it yet.
            task.cancel()
            loop.run_until_complete(ended)
        raise
    except RuntimeError as error:
        raise RuntimeError(f"The event loop ended before the call did: {error} Call again on a running one") from error
    finally:
        watch.leaving = True
        task.cancel()  # of no effect on a task that is done


def _run_in_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    loop = runner.get_loop()
    task = loop.create_task(coroutine)
    ended = threading.Event()  # an interrupted Thread.join() of Python 3.11 takes the thread for stopped
    task.add_done_callback(lambda _: ended.set())

    def drive() -> None:
        with runner:
            runner.run(asyncio.wait({task}))

    # A daemon: after a second interrupt nobody waits for it, not even the end of the process.
    thread = threading.Thread(target=drive, daemon=True, name=__name__)
    with _Watch(loop) as watch:
        watch.guard(task)
        try:
            thread.start()
        except RuntimeError as error:
            coroutine.close()
            loop.close()
            raise RuntimeError(f"This event loop cannot be entered again, and {error}; {AWAIT_INSTEAD}") from error
        while not ended.wait(_BEAT):
            pass  # on Windows, signals come in between
        watch.leaving = True
        thread.join()
    return watch.result(task)


class _Watch:
    """Hands on to the work what would stop the code around it: SIGINT, and the cancellation of the calling task.

    The first SIGINT raises nothing: an exception out of the middle of a loop would leave a step half done.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.around = asyncio.current_task()
        self.cancels: dict[object, Any] = {}  # the messages; some frameworks send one again and again
        self.cancels_seen = self.around.cancelling() if self.around else 0
        self.interrupts = 0
        self.delivered = False  # the task took the interrupt; it had not ended before
        self.leaving = False  # an exception would now only break the way out
        self.replaced: Any = None

    def __enter__(self) -> _Watch:
        handler = signal.getsignal(signal.SIGINT)
        if handler is signal.default_int_handler or package_of(handler) in _REPLACEABLE:
            with contextlib.suppress(ValueError):  # not the main thread: signals do not come here
                signal.signal(signal.SIGINT, self._interrupt)
                self.replaced = handler
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.around and hasattr(self, "task"):
            with contextlib.suppress(AttributeError):
                del self.around.cancel
            told = kind is None and not self.interrupts and (self.task.cancelled() or not self.task.exception())
            if len(self.cancels) > told:  # what the call does not tell of is told later
                for message in self.cancels.values():  # all: a timeout takes its own off the count
                    self.around.cancel(message)
        if self.replaced and signal.getsignal(signal.SIGINT) == self._interrupt:
            signal.signal(signal.SIGINT, self.replaced)

    def guard(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        self.task = task
        if self.around:
            # Its own method, which a timer may hold already, would also cancel it at its next await. But what this call
            # has told it of is over then: a timeout around it was caught, or a `finally` cleans up.
            with contextlib.suppress(AttributeError):  # a task of another make may have no place for it
                self.around.cancel = self._cancel  # type: ignore[method-assign]
        self._beat()
        task.add_done_callback(lambda _: self.timer.cancel())
        return task

    def _cancel(self, msg: Any = None) -> bool:
        self.cancels.setdefault(object() if msg is None else msg, msg)
        return True

    def _beat(self) -> None:
        cancels = len(self.cancels) + (self.around.cancelling() if self.around else 0)
        if cancels > self.cancels_seen:
            self.cancels_seen = cancels
            self.task.cancel(*[*self.cancels.values()][-1:])
        self.timer = self.loop.call_later(_BEAT, self._beat)

    def _interrupt(self, *_: object) -> None:
        self.interrupts += 1
        if self.interrupts == 1:
            with contextlib.suppress(RuntimeError):  # the loop of a thread that has just ended is closed
                self.loop.call_soon_threadsafe(self._deliver)  # wakes a loop that waits in select(), too
        elif not self.leaving:
            raise KeyboardInterrupt

    def _deliver(self) -> None:
        self.delivered = self.task.cancel()

    def result(self, task: asyncio.Task[T]) -> T:
        """The task's result or error; KeyboardInterrupt if SIGINT ended the task, or came too late to do so, as well as
        a cancellation of the task around."""
        try:
            value = task.result()
        except asyncio.CancelledError:
            if self.delivered:
                raise KeyboardInterrupt from None
            raise
        if self.interrupts and not self.delivered:
            raise KeyboardInterrupt
        if self.cancels:
            raise asyncio.CancelledError(*filter(None, [*self.cancels.values()][:1]))
        return value
