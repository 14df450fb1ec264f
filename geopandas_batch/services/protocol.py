"""What a service must do to be asked, and what it says of its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias, runtime_checkable

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
    """

    batch_size: int
    max_concurrency: int
    max_per_second: float | None = None
    keep_for: timedelta | None = None


class Described(Protocol):
    """What every service says of itself."""

    @property
    def name(self) -> str:
        """Short and lower case: "census"."""

    @property
    def limits(self) -> Limits:
        """What it can take."""

    @property
    def attribution(self) -> str:
        """The credit that its data's licence asks for; empty for none."""

    @property
    def price(self) -> float:
        """Credits for one address; 0 where it is free."""

    @property
    def options(self) -> Mapping[str, str]:
        """All that can change an answer (language, filters, version of the data), never the key: part of the cache key."""


@runtime_checkable
class Service(Described, Protocol):
    """Answers a batch in one go."""

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """As many answers as queries, in their order."""


@runtime_checkable
class JobService(Described, Protocol):
    """Takes a batch as a job, and has the answers later."""

    async def submit(self, wire: Wire, queries: Sequence[Query]) -> str:
        """Buy the batch; the job's id."""

    async def collect(self, wire: Wire, job_id: str, queries: Sequence[Query]) -> Sequence[Answer] | None:
        """The answers, in the order of the queries; None while the job is not ready.

        Raises :class:`LookupError` if the service does not know the job (any more).
        """


AnyService: TypeAlias = Service | JobService
