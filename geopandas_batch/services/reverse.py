"""A service asked the other way round: a point in, an address out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from geopandas_batch.errors import ServiceError, SettingsError
from geopandas_batch.places import Location, Point, Question
from geopandas_batch.services.cascade import Cascade
from geopandas_batch.services.protocol import Answer, AnyService, Delivered, Limits, Nearest, Service
from geopandas_batch.services.traits import attribution_of, extras_of, options_of, price_of, single_price_of
from geopandas_batch.wire import Wire


@dataclass(frozen=True)
class _Reverse:
    """What both kinds share: the service's own words, under other keys in the cache."""

    service: Any

    reverses = True
    name = property(lambda self: str(self.service.name))
    notice = property(lambda self: str(getattr(self.service, "notice", "")))
    attribution = property(lambda self: attribution_of(self.service))
    price = property(lambda self: price_of(self.service))
    single_price = property(lambda self: single_price_of(self.service))
    extras = property(lambda self: tuple(getattr(self.service, "reverse_extras", extras_of(self.service))))

    @property
    def options(self) -> Mapping[str, str]:
        """Those of the service, and that it is asked for addresses."""
        return {**options_of(self.service), "asked for": "address"}

    @property
    def limits(self) -> Limits:
        """Those for points, if it has others."""
        limits: Limits = getattr(self.service, "reverse_limits", self.service.limits)
        return limits


class ReverseBatches(_Reverse):
    """A service with ``reverse_many``."""

    async def locate_many(self, wire: Wire, points: Sequence[Point]) -> Sequence[Answer | ServiceError]:
        """As many answers as points, in their order."""
        answers: Sequence[Answer | ServiceError] = await self.service.reverse_many(wire, points)
        return answers

    @property
    def reverse_all(self) -> Callable[..., Coroutine[Any, Any, Nearest]] | None:
        """The service's own; None if it has none."""
        return getattr(self.service, "reverse_all", None)


class ReverseJobs(_Reverse):
    """A service with jobs that takes points as it takes addresses."""

    async def submit(self, wire: Wire, questions: Sequence[Question]) -> str:
        """Buy the batch; the job's id."""
        job_id: str = await self.service.submit(wire, questions)
        return job_id

    async def collect(self, wire: Wire, job_id: str, questions: Sequence[Question]) -> Delivered | None:
        """The answers; None while the job is not ready."""
        answers: Delivered | None = await self.service.collect(wire, job_id, questions)
        return answers

    @property
    def locate_one(self) -> Callable[[Wire, Question], Coroutine[Any, Any, Location | None]] | None:
        """The service's own."""
        return getattr(self.service, "locate_one", None)


def takes_points(service: AnyService) -> bool:
    """Whether a point is a question for it."""
    if isinstance(service, Cascade):
        return all(map(takes_points, service.services))
    return bool(getattr(service, "reverses", False))


def reverse_of(service: AnyService) -> AnyService:
    """The service that answers points.

    Parameters
    ----------
    service : service
        One that answers addresses: an object, such as ``Gazetteer()``.

    Returns
    -------
    service
        It takes a `Point` where the other one takes a `Query`, at the same price.

    Raises
    ------
    SettingsError
        It only answers addresses, or is no service object.

    Examples
    --------
    >>> from geopandas_batch.services.gazetteer import Gazetteer
    >>> reverse_of(Gazetteer()).limits.batch_size
    5000
    """
    if not hasattr(service, "limits"):
        raise SettingsError(f"reverse_of takes a service object, such as Geoapify(), not {service!r:.80}")
    if isinstance(service, Cascade):  # of an address at a point, nobody tells how sure it is
        services = tuple(map(reverse_of, service.services))
        return cast(Service, replace(service, services=services, min_confidence=None))
    check = getattr(service, "check_reverse", None)
    if check is not None:
        check()
    if hasattr(service, "reverse_many"):
        return cast(Service, ReverseBatches(service))
    if getattr(service, "reverses", False):
        return ReverseJobs(service)
    raise SettingsError(
        f"{service.name} finds points for addresses, not addresses for points. Pass service='geoapify', "
        "in France 'geoplateforme', or 'gazetteer' for the name of the town."
    )
