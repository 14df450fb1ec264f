"""Python's search for garbage, kept out of the way where it costs more than the work that it interrupts."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from geopandas_batch.locks import Lock

NEW_OBJECTS = 100_000  # between two searches among the newest; a batch of 1,000 answers makes about 10,000

_runs: dict[object, tuple[int, int, int]] = {}  # under way with `set_aside`, and how often was searched before
_pauses: set[object] = set()  # under way with `no_collection`, where there were searches before
_changing = Lock()


@contextmanager
def no_collection() -> Iterator[None]:
    """Make many objects at once without the search for garbage among them. Not around an ``await``."""
    if not gc.isenabled():
        yield
        return
    pause = object()
    _pauses.add(pause)  # before: who forks in between finds that there were searches
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _pauses.discard(pause)


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
    run = object()
    try:
        with _changing:  # two threads that begin at once would both take it for theirs, and what one has set for usual
            if not gc.get_freeze_count():
                _runs[run] = before = gc.get_threshold()
                gc.freeze()
                # 0: there are no searches.
                gc.set_threshold(max(before[0], NEW_OBJECTS) if before[0] else 0, *before[1:])
        yield
    finally:
        _bring_back(run)


def _bring_back(run: object) -> None:
    with _changing:
        if before := _runs.pop(run, None):
            gc.unfreeze()
            gc.set_threshold(*before)


def _bring_all_back() -> None:
    if _pauses:
        _pauses.clear()
        gc.enable()
    for run in list(_runs):
        _bring_back(run)


if hasattr(os, "register_at_fork"):  # in a child, the thread with the run or pause is not there, and would never end it
    os.register_at_fork(after_in_child=_bring_all_back)
