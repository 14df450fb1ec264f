"""Locks that a forked child finds free: in it, the thread that held one is not there, and would hold it for good."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

_all: WeakSet[Lock] = WeakSet()


class Lock:
    """For ``with``, as that of `threading`. What it guards must be right, or made anew, wherever its holder stood.

    Parameters
    ----------
    kind : callable
        Makes it: `threading.Lock` or `threading.RLock`.
    """

    def __init__(self, kind: Callable[[], Any] = threading.Lock) -> None:
        """Free."""
        self._kind = kind
        self.free()
        _all.add(self)

    def free(self) -> None:
        """Nobody holds it."""
        self._lock = self._kind()

    def __enter__(self) -> None:
        """Wait for it, and hold it."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Hold it no longer."""
        self._lock.release()


def _free_all() -> None:
    for lock in list(_all):
        lock.free()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_free_all)
