"""A loop of asyncio that runs, entered again for the time of a call, and left as it was found.

nest-asyncio2 does it by patching the loop's class. Its ``apply()`` would also swap ``Task``, ``Future`` and
``asyncio.run`` of the whole process for slower ones; and a class that is patched for good concerns all its loops, and
reports no slow callbacks any more. So the loop is lent a class of ours, made from its own, until the call is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import weakref
from collections.abc import Iterator
from typing import TypeGuard

AWAIT_INSTEAD = "in async code use the awaitable form, as in: await df.geo.locate_async(...)"
# Calls that overlap on a loop stand on each other on the stack; about 100 of them end in a RecursionError.
_MAX_DEPTH = 32
_depths = weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, int]()
_lent: dict[type[asyncio.BaseEventLoop], type[asyncio.BaseEventLoop]] = {}  # by a loop's own class


@contextlib.contextmanager
def entered_again(loop: asyncio.BaseEventLoop) -> Iterator[None]:
    """Let ``run_until_complete`` be called on a loop that runs."""
    depth = _depths.get(loop, 0)
    if depth >= _MAX_DEPTH:
        raise RuntimeError(f"{depth} synchronous calls wait on this event loop already; {AWAIT_INSTEAD}")
    own = type(loop)
    ready = loop._ready  # type: ignore[attr-defined]
    owed = len(ready)
    if not hasattr(own, "_nest_asyncio2"):  # else by a call around this one, or by the user
        loop.__class__ = _reentrant(loop)
    _depths[loop] = depth + 1
    try:
        yield
    finally:
        _depths[loop] = depth
        if depth == 0:
            loop.__class__ = own
        # The frame above may be asyncio's own _run_once, which has counted the handles it will pop. Put others in place
        # of those we have run, or its IndexError ends the loop and a kernel (erdewit/nest_asyncio#11).
        while len(ready) < owed:
            loop.call_soon(int).cancel()
        if loop.get_debug():
            loop.set_debug(True)  # nest-asyncio2 has switched the tracking of coroutine origins off


def _reentrant(loop: asyncio.BaseEventLoop) -> type[asyncio.BaseEventLoop]:
    """A class like the loop's own, patched; made once."""
    if sys.version_info >= (3, 14) and hasattr(asyncio, "_nest_patched") and not hasattr(asyncio, "_nest_asyncio2"):
        raise RuntimeError("nest_asyncio.apply() breaks asyncio on Python 3.14. Restart without it; it is not needed")
    own = type(loop)
    if own in _lent:
        return _lent[own]
    import nest_asyncio2  # type: ignore[import-untyped]

    # Where the user applied nest_asyncio 1.x, the fork takes its mark for its own and does nothing. But with 1.x the
    # cells queued behind this one would never run: it drops what reaches an ipykernel 7 during the call.
    for base in own.__mro__:
        if "_nest_patched" in vars(base):
            del base._nest_patched  # type: ignore[attr-defined]
    lent = type(own.__name__, (own,), {"__module__": own.__module__, "__doc__": own.__doc__})
    loop.__class__ = lent
    try:
        getattr(nest_asyncio2, "_patch_loop", nest_asyncio2.apply)(loop)  # apply, should the private name ever go
    finally:
        loop.__class__ = own
    _lent[own] = lent
    return lent


def is_asyncio(loop: asyncio.AbstractEventLoop) -> TypeGuard[asyncio.BaseEventLoop]:
    """Whether the loop turns as asyncio's own do. Those of GUI toolkits may inherit, but keep another queue."""
    methods = (getattr(type(loop), name) for name in ("run_forever", "_run_once", "call_soon", "call_at"))
    makers = {"asyncio", "nest_asyncio", "nest_asyncio2"}
    return isinstance(loop, asyncio.BaseEventLoop) and makers.issuperset(map(package_of, methods))


def package_of(function: object) -> str:
    """The package that a function comes from; empty for what does not tell."""
    return str(getattr(function, "__module__", "")).partition(".")[0]
