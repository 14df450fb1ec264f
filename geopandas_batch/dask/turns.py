"""Whose turn it is to ask: of all that a cluster has under way, one task at a time asks a service."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from geopandas_batch.services import AnyService, Cascade
from geopandas_batch.services.traits import is_local


@contextmanager
def turn(service: AnyService) -> Iterator[None]:
    """Wait until no other worker asks it, also for another computation: a key has one pace.

    A place in distributed's semaphore is lent for a while (``distributed.scheduler.locks.lease-timeout``, 30 s), again
    and again as long as the worker lives. So one that dies holds the others up for less than a minute. With other
    schedulers there is nothing to wait for: threads of a process share their pace, and of one computation one task at a
    time asks anyway.
    """
    distributed = sys.modules.get("distributed")
    with ExitStack() as stack:
        if distributed is not None and _in_worker(distributed):
            for name in _asked(service):  # always in the same order, so that none waits for another in a ring
                stack.enter_context(distributed.Semaphore(max_leases=1, name=f"geopandas-batch asks {name}"))
        yield


def _in_worker(distributed: object) -> bool:
    try:
        distributed.get_worker()  # type: ignore[attr-defined]
    except ValueError:
        return False
    return True


def _asked(service: AnyService) -> list[str]:
    steps = service.services if isinstance(service, Cascade) else [service]
    return sorted({step.name for step in steps if not is_local(step)})
