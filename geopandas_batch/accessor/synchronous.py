"""A method of ``df.geo`` without ``await``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import pandas as pd

from geopandas_batch.errors import in_one_line


class OfFrame(Protocol):
    """What ``df.geo`` is put together of."""

    _frame: pd.DataFrame


P = ParamSpec("P")
S = TypeVar("S", bound=OfFrame)
T = TypeVar("T")


def synchronous(method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[S, P], T]:
    """The method without ``await``, with the same signature and documentation."""

    @wraps(method)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        from geopandas_batch import loop
        from geopandas_batch.frames import notes

        try:
            return loop.run(method(self, *args, **kwargs))
        except KeyboardInterrupt as stop:
            # Still the exception that it was, so that a script ends as after any Ctrl-C.
            if line := notes.stop_of(self._frame):
                in_one_line(stop, line)
            raise

    run.__name__ = method.__name__.removesuffix("_async")
    run.__qualname__ = method.__qualname__.removesuffix("_async")
    return run
