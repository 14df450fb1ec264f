"""Python's search for garbage, kept out of the way where it costs more than the work that it interrupts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
def set_aside() -> Iterator[None]:
    """Leave what there is already out of the searches until the end; what is made meanwhile is searched as ever.

    A full search among what pandas and a notebook hold takes 40 ms and more, and ten thousand new rows cause several.
    Where the program has set objects aside itself (``gc.freeze``), nothing is done: the end would bring back its own.
    """
    ours = not gc.get_freeze_count()
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
