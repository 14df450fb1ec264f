"""A coroutine's result from synchronous code, wherever that code runs.

- No loop runs here (script, worker thread): :class:`asyncio.Runner`, with a loop of its own that is closed afterwards.
- A loop of asyncio runs (notebook, server): that loop, entered again. The user's own tasks go on meanwhile.
- A loop of another make runs (uvloop, Qt): a loop in a thread. The one that runs stands still meanwhile.

A loop is entered again by nest-asyncio2, which patches the loop's class and nothing else, at the first call that needs
it. Its ``apply()`` would also swap ``Task``, ``Future`` and ``asyncio.run`` of the whole process for slower ones.
Limits: calls that overlap on one loop return last in, first out; a loop entered again reports no slow callbacks.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import signal
import sys
import threading
import weakref
from collections.abc import Coroutine, Iterator
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")
_AWAIT_INSTEAD = "in async code use the awaitable form, as in: await df.geo.locate_async(...)"
# Calls that overlap on a loop stand on each other on the stack; about 100 of them end in a RecursionError.
_MAX_DEPTH = 32
_depths = weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, int]()
# Seconds between looks at the task around the call. Also lets signals in on Windows, where select() is deaf to them.
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
    return _run_nested(loop, coroutine) if _is_asyncio(loop) else _run_in_thread(coroutine)


def _run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        # Without a factory, Runner would take away the loop that the thread may have set for itself.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(coroutine)
    finally:
        if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:  # interrupted before its first step
            coroutine.close()


def _run_nested(loop: asyncio.BaseEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    task = None
    try:
        _make_reentrant(loop)
        with _Watch(loop) as watch, _nesting(loop):
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
            raise RuntimeError(f"This event loop cannot be entered again, and {error}; {_AWAIT_INSTEAD}") from error
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
        self.cancels_seen = self.around.cancelling() if self.around else 0
        self.interrupts = 0
        self.delivered = False  # the task took the interrupt; it had not ended before
        self.leaving = False  # an exception would now only break the way out
        self.replaced: Any = None

    def __enter__(self) -> _Watch:
        handler = signal.getsignal(signal.SIGINT)
        if handler is signal.default_int_handler or _package(handler) in _REPLACEABLE:
            with contextlib.suppress(ValueError):  # not the main thread: signals do not come here
                signal.signal(signal.SIGINT, self._interrupt)
                self.replaced = handler
        return self

    def __exit__(self, *_: object) -> None:
        if self.replaced and signal.getsignal(signal.SIGINT) == self._interrupt:
            signal.signal(signal.SIGINT, self.replaced)

    def guard(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        self.task = task
        self._beat()
        task.add_done_callback(lambda _: self.timer.cancel())
        return task

    def _beat(self) -> None:
        if self.around and self.around.cancelling() > self.cancels_seen:
            self.cancels_seen = self.around.cancelling()
            self.task.cancel()
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
        """The task's result or error; KeyboardInterrupt if SIGINT ended the task, or came too late to do so."""
        try:
            value = task.result()
        except asyncio.CancelledError:
            if self.delivered:
                raise KeyboardInterrupt from None
            raise
        if self.interrupts and not self.delivered:
            raise KeyboardInterrupt
        return value


@contextlib.contextmanager
def _nesting(loop: asyncio.BaseEventLoop) -> Iterator[None]:
    """Leave the loop to the code around the call as it was found."""
    depth = _depths.get(loop, 0)
    if depth >= _MAX_DEPTH:
        raise RuntimeError(f"{depth} synchronous calls wait on this event loop already; {_AWAIT_INSTEAD}")
    ready = loop._ready  # type: ignore[attr-defined]
    owed = len(ready)
    _depths[loop] = depth + 1
    try:
        yield
    finally:
        _depths[loop] = depth
        # At the first call the frame above is asyncio's own _run_once, which has counted the handles it will pop. Put
        # others in place of those we have run, or its IndexError ends the loop and a kernel (erdewit/nest_asyncio#11).
        while len(ready) < owed:
            loop.call_soon(int).cancel()
        if loop.get_debug():
            loop.set_debug(True)  # nest-asyncio2 has switched the tracking of coroutine origins off


def _is_asyncio(loop: asyncio.AbstractEventLoop) -> TypeGuard[asyncio.BaseEventLoop]:
    """Whether the loop turns as asyncio's own do. Those of GUI toolkits may inherit, but keep another queue."""
    methods = (getattr(type(loop), name) for name in ("run_forever", "_run_once", "call_soon", "call_at"))
    makers = {"asyncio", "nest_asyncio", "nest_asyncio2"}
    return isinstance(loop, asyncio.BaseEventLoop) and makers.issuperset(map(_package, methods))


def _package(function: object) -> str:
    return str(getattr(function, "__module__", "")).partition(".")[0]


def _make_reentrant(loop: asyncio.BaseEventLoop) -> None:
    """Patch the class of the loop, once."""
    if sys.version_info >= (3, 14) and hasattr(asyncio, "_nest_patched") and not hasattr(asyncio, "_nest_asyncio2"):
        raise RuntimeError("nest_asyncio.apply() breaks asyncio on Python 3.14. Restart without it; it is not needed")
    if hasattr(type(loop), "_nest_asyncio2"):
        return
    import nest_asyncio2  # type: ignore[import-untyped]

    # Where the user applied nest_asyncio 1.x, the fork takes its mark for its own and does nothing. But with 1.x the
    # cells queued behind this one would never run: it drops what reaches an ipykernel 7 during the call.
    for base in type(loop).__mro__:
        if "_nest_patched" in vars(base):
            del base._nest_patched  # type: ignore[attr-defined]
    getattr(nest_asyncio2, "_patch_loop", nest_asyncio2.apply)(loop)  # apply, should the private name ever go
