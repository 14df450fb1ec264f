"""An inquiry that is stopped: batches that it has made and that have not left are not sent any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context

from geopandas_batch.errors import GeocodingError
from geopandas_batch.jobs.spending import NotAskedError

# What has stopped the inquiry to which a batch belongs: batches are made in the context of who asks first.
_stopped: ContextVar[list[GeocodingError]] = ContextVar("stopped")


class StoppedError(NotAskedError):
    """The inquiry that had made the batch was stopped before it left. Others whose questions were in it ask again."""


@contextmanager
def stoppable(stopped: list[GeocodingError]) -> Iterator[None]:
    """Batches that are made within belong to one inquiry. It is stopped as soon as there is something in the list."""
    token = _stopped.set(stopped)
    try:
        yield
    finally:
        _stopped.reset(token)


def apart() -> Context:
    """A context that belongs to no inquiry, for one question that a service or a callback of the user's asks itself.

    In that of an inquiry which is stopped, its batches would never leave.
    """
    context = copy_context()
    context.run(_stopped.set, [])
    return context


def check_stopped(service: str) -> None:
    """Refuse to send a batch that was made by an inquiry that is stopped."""
    if stopped := _stopped.get(None):
        raise StoppedError(str(stopped[0]), service=service)
