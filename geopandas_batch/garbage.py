"""Python's search for garbage, kept out of the way where it costs more than the work that it interrupts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 100_000  # between two searches among the newest; a batch of 1,000 answers makes about 10,000


_runs: set[object] = set()  # under way with `set_aside`


@contextmanager
def no_collection() -> Iterator[None]:
    """Make many objects at once without the search for garbage among them. Not around an ``await``."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def setting_aside() -> Iterator[None]:
    """The same of objects that stay; where others are set aside, these are as well.

    To search among them once takes a sixth of the time that it takes to have them. Not around what makes requests: the
    garbage of these would be set aside, too.
    """
    with no_collection():
        yield
        if _runs:
            gc.freeze()


@contextmanager
def set_aside() -> Iterator[None]:
    """Leave what there is already out of the searches until the end; what is made meanwhile is searched as ever.

    A full search among what pandas and a notebook hold takes 40 ms and more, and ten thousand new rows cause several.
    And searches come less often: rows are many objects and no garbage. Where the program has set objects aside itself
    (``gc.freeze``), nothing is done: the end would bring back its own.
    """
    ours, before, run = not gc.get_freeze_count(), gc.get_threshold(), object()
    if ours:
        _runs.add(run)
        gc.freeze()
        gc.set_threshold(max(before[0], NEW_OBJECTS) if before[0] else 0, *before[1:])  # 0: there are no searches
    try:
        yield
    finally:
        if ours:
            _runs.discard(run)
            gc.unfreeze()
            gc.set_threshold(*before)
