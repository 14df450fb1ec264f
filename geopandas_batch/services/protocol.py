"""What a service must do to be asked, and what it says of its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set, Sized
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geopandas_batch import settings
from geopandas_batch.batching.answers import Faultless, is_in_order
from geopandas_batch.errors import QueryError, ServiceError, SettingsError, StrangeAnswer
from geopandas_batch.places import Location, Query, Question
from geopandas_batch.places.blocks import Block
from geopandas_batch.wire import Wire

# None: not found. An error in the list fails its own query; an error that is raised fails the batch.
Answer: TypeAlias = Location | None | QueryError


Delivered: TypeAlias = Sequence[Answer] | Callable[[], Sequence[Answer]]


class Unanswered(QueryError):
    """No answer came for this address, or none that is certainly its own. It is asked once more."""


class Nearest(NamedTuple):
    """The answers to points in an array, by ``await service.reverse_all(degrees, told)``.

    ``degrees`` are rows of latitude and longitude; ``told(positions, which)`` hears of each part as it is answered.
    """

    names: Sequence[str]  # of places
    which: NDArray[np.intp]  # of them for each point; -1: there is none near
    metres: NDArray[np.float64]  # from the point to it
    reasons: Sequence[str]  # what a person should know
    why: NDArray[np.intp]  # which reason each point has


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service can take.

    Parameters
    ----------
    batch_size : int
        Queries in one request or job.
    max_concurrency : int
        Batches (for a service with jobs: jobs) in the air at once.
    max_per_second : float, optional
        Requests a second, all kinds together. None: no limit.
    up_to_per_second : float, optional
        What ``max_per_second`` may grow to while nothing is refused, where it depends on a plan that is not known.
    keep_for : timedelta, optional
        How long its terms allow answers to be kept. None: for good. Zero: not at all, so nothing is cached.
    timeout : float
        Seconds without a byte until a request is given up.
    job_timeout : float
        Seconds until a job is no longer waited for.
    single_up_to : int
        So many distinct questions, and fewer, are asked one by one and side by side, by a service with ``locate_one``.
    least_batch : int
        Jobs are not made smaller than this to fill all places.

    Raises
    ------
    SettingsError
        Nothing could be asked within them.

    Examples
    --------
    >>> Limits(batch_size=100, max_concurrency=2, max_per_second=5, keep_for=timedelta(days=30)).keep_for.days
    30
    """

    batch_size: int
    max_concurrency: int
    max_per_second: float | None = None
    up_to_per_second: float | None = None
    keep_for: timedelta | None = None
    timeout: float = 15.0
    job_timeout: float = 3600.0
    single_up_to: int = 0
    least_batch: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        settings.check_between("batch_size", self.batch_size, 1)
        settings.check_between("max_concurrency", self.max_concurrency, 1)
        settings.check_positive("max_per_second", self.max_per_second, optional=True)
        settings.check_positive("timeout", self.timeout)
        settings.check_positive("job_timeout", self.job_timeout)
        if not (self.keep_for is None or isinstance(self.keep_for, timedelta)):
            raise SettingsError(f"keep_for must be a timedelta, such as timedelta(days=30), not {self.keep_for!r}")


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

    It may also say what `traits` reads (a price, a credit, more columns, its options, the table's context), and answer
    points by a ``reverse_many(wire, points)``, within its ``reverse_limits`` and with its ``reverse_extras`` if points
    have others. One that has many answers a moment, and nothing to cache, may have a ``reverse_all`` beside it, which
    takes and gives arrays; see `Nearest`.

    Examples
    --------
    >>> import geopandas_batch
    >>> class TownHall:
    ...     name = "town hall"
    ...     limits = Limits(batch_size=50, max_concurrency=4, max_per_second=10)
    ...
    ...     async def locate_many(self, wire, queries):
    ...         # status, found = await wire.post(url, [query.line for query in queries])
    ...         return [Location(59.91, 10.75) if "Oslo" in query.line else None for query in queries]
    >>> geopandas_batch.locate(["Oslo", "Bergen"], service=TownHall(), cache=False)["lat"].tolist()
    [59.91, nan]
    """

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer | ServiceError]:
        """As many answers as queries, in their order.

        A `ServiceError` among them: with the others it went well, and then the service was not to be had any more.
        """


class JobService(Described, Protocol):
    """Takes a batch as a job, and has the answers later.

    If it has ``reverses = True``, the questions may be points (all of them or none). It may also have a
    ``locate_one(wire, question)`` for few questions, at its ``single_price``, and a ``refused(questions)`` that returns
    the `QueryError` of each question that need not be sent, by its place.

    Examples
    --------
    >>> import geopandas_batch
    >>> class Registry:
    ...     name = "registry"
    ...     limits = Limits(batch_size=500, max_concurrency=4)
    ...
    ...     async def submit(self, wire, questions):
    ...         # status, job = await wire.post(url, [question.line for question in questions])
    ...         return "job for " + "; ".join(question.line for question in questions)  # job["id"], of its own
    ...
    ...     async def collect(self, wire, job_id, questions):
    ...         # status, found = await wire.get(url, {"id": job_id}); None while the status is 202
    ...         return [Location(59.91, 10.75) if "Oslo" in question.line else None for question in questions]
    >>> geopandas_batch.locate(["Oslo", "Bergen"], service=Registry(), cache=False)["lat"].tolist()
    [59.91, nan]
    """

    async def submit(self, wire: Wire, questions: Sequence[Question]) -> str:
        """Buy the batch; the job's id."""

    async def collect(self, wire: Wire, job_id: str, questions: Sequence[Question]) -> Delivered | None:
        """The answers, in the order of the queries; None while the job is not ready.

        Or a function that reads them out of what was delivered, where that is work: it is called when there is time.
        A :class:`ServiceError` with status 404 says that the service does not know the job (any more).
        """


AnyService: TypeAlias = Service | JobService


def has(answers: Iterable[object], kind: type) -> bool:
    """Whether one of them is of this kind, which is an error. There are few types, and many answers."""
    return not isinstance(answers, Faultless) and any(issubclass(each, kind) for each in set(map(type, answers)))


def listed(answers: object, service: str) -> list[Any]:
    """The answers of whatever has them in the order of the addresses.

    Raises
    ------
    StrangeAnswer
        Nothing says which belongs to which.
    """
    wanted, kind = (
        f"{service} must return a list with one answer for each address, in their order",
        type(answers).__name__,
    )
    if not isinstance(answers, Iterable) or isinstance(answers, str | bytes | Set | Mapping):
        raise StrangeAnswer(f"{wanted}, not {kind}", service=service)
    if isinstance(answers, Sized) and not is_in_order(answers):
        raise StrangeAnswer(f"{wanted}; the labels of a {kind} may say another order", service=service)
    return list(answers)


def checked(answers: object, count: int, service: str) -> Sequence[Any]:
    """The answers, if they are as many as was asked, and such as there can be.

    Raises
    ------
    StrangeAnswer
        They are not: none of them is used, as nobody knows which belongs to which.
    """
    found = answers if type(answers) is list or isinstance(answers, Block) else listed(answers, service)
    if len(found) != count:
        raise StrangeAnswer(
            f"{service} gave {len(found):,} answers for {count:,} addresses; none was used, since nobody knows which "
            "belongs to which",
            service=service,
        )
    if isinstance(found, Block):
        return found
    if wrong := [kind for kind in set(map(type, found)) if not issubclass(kind, (Location, Exception, type(None)))]:
        raise StrangeAnswer(
            f"{service} must answer each address with a Location, None or a QueryError, not {wrong[0].__name__}; none "
            "of the answers was used",
            service=service,
        )
    return found
