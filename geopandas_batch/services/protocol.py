"""What a service must do to be asked, and what it says of its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from geopandas_batch.errors import QueryError
from geopandas_batch.places import Location, Query
from geopandas_batch.wire import Wire

# None: not found. An error in the list fails its own query; an error that is raised fails the batch.
Answer: TypeAlias = Location | None | QueryError


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service can take.

    Parameters
    ----------
    batch_size : int
        Queries in one request or job.
    max_concurrency : int
        Batches in the air at once.
    max_per_second : float, optional
        Requests a second, all kinds together. None: no limit.
    keep_for : timedelta, optional
        How long its terms allow answers to be kept. None: for good. Zero: not at all, so nothing is cached.
    timeout : float
        Seconds without a byte until a request is given up.
    job_timeout : float
        Seconds until a job is no longer waited for.
    """

    batch_size: int
    max_concurrency: int
    max_per_second: float | None = None
    keep_for: timedelta | None = None
    timeout: float = 15.0
    job_timeout: float = 3600.0


class Described(Protocol):
    """What every service says of itself."""

    @property
    def name(self) -> str:
        """Short and lower case: "census"."""

    @property
    def limits(self) -> Limits:
        """What it can take."""


class Service(Described, Protocol):
    """Answers a batch in one go.

    It may also have the three attributes that `attribution_of`, `price_of` and `options_of` read.
    """

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """As many answers as queries, in their order."""


class JobService(Described, Protocol):
    """Takes a batch as a job, and has the answers later."""

    async def submit(self, wire: Wire, queries: Sequence[Query]) -> str:
        """Buy the batch; the job's id."""

    async def collect(self, wire: Wire, job_id: str, queries: Sequence[Query]) -> Sequence[Answer] | None:
        """The answers, in the order of the queries; None while the job is not ready.

        A :class:`ServiceError` with status 404 says that the service does not know the job (any more).
        """


AnyService: TypeAlias = Service | JobService


def attribution_of(service: AnyService) -> str:
    """The credit that its data's licence asks for: ``attribution``; empty where it says nothing."""
    return str(getattr(service, "attribution", ""))


def price_of(service: AnyService) -> float:
    """Credits for one address: ``price``; 0 where it says nothing."""
    return float(getattr(service, "price", 0.0))


def options_of(service: AnyService) -> Mapping[str, str]:
    """All that can change an answer (language, filters, version of the data), never the key: ``options``."""
    return dict(getattr(service, "options", {}))
