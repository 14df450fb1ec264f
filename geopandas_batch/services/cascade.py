"""Several services, one after the other. What they ask and keep stays their own: this says who is next, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import MATCHES, Location, Match, Question
from geopandas_batch.services.protocol import AnyService, Limits
from geopandas_batch.services.traits import (
    attribution_of,
    extras_of,
    in_context_of,
    is_local,
    price_of,
    single_price_of,
)
from geopandas_batch.store.overrides import PERSON

# Where nobody says how sure is sure enough: what Geoapify's sample of address verification takes for not confirmed.
LEAST = 0.5


@dataclass(frozen=True)
class Cascade:
    """Services in their order: what one did not find well enough goes to the next.

    ``service=["census", "geoapify"]`` is ``Cascade(["census", "geoapify"])``. An address goes on when it is not found,
    or not well enough, and when the service refuses it. It also goes on when the service cannot be had, or has no
    credits left, or the budget is used up: the log warns of that, and the row's ``reason`` says it. A key that is
    refused ends the run. Where no answer is good enough, the surest one stays. ``service`` in the details says who
    answered.

    Each service keeps its own answers, jobs and pace, so nothing is bought twice, and what one of them has found well
    enough is not asked of the next.

    Parameters
    ----------
    services : sequence
        Names, service objects, geocoders of geopy and async functions, in any mixture.
    min_confidence : float, optional
        From 0 to 1: a match that is less sure goes on, as does one of which no confidence is told. None: that of
        `locate`, where it is given; else 0.5 for those that tell one.
    coarsest : str, optional
        How fine a match must be not to go on: building, street, postcode, city, region or country. None: any will do.

    Raises
    ------
    SettingsError
        There is no service, or an option is out of range.

    Examples
    --------
    >>> import geopandas_batch
    >>> async def mine(addresses):
    ...     return [(59.9, 10.7) if address == "Villa Sol, Oslo" else None for address in addresses]
    >>> both = Cascade([mine, "gazetteer"], coarsest="city")
    >>> located = geopandas_batch.locate(["Villa Sol, Oslo", "Bergen, Norway"], service=both, details=True)
    >>> located["service"].tolist()
    ['gazetteer', 'gazetteer']
    >>> geopandas_batch.locate(["Villa Sol, Oslo"], service=[mine, "gazetteer"], details=True).loc[0, "service"]
    'mine'
    """

    services: Sequence[Any]
    min_confidence: float | None = None
    coarsest: Match | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if isinstance(self.services, str) or not isinstance(self.services, Sequence) or not self.services:
            raise SettingsError("a cascade is a list of services, such as ['census', 'geoapify']")
        object.__setattr__(self, "services", tuple(self.services))
        check_confidence(self.min_confidence)
        if self.coarsest is not None and self.coarsest not in MATCHES[:-1]:
            raise SettingsError(f"coarsest must be one of {', '.join(MATCHES[:-1])}, not {self.coarsest!r}")

    def fits(self, place: Location) -> bool:
        """Whether an answer is good enough, so that nobody else is asked."""
        if place.service == PERSON:
            return True
        fine = self.coarsest is None or MATCHES.index(place.match) <= MATCHES.index(self.coarsest)
        sure = (
            not place.confidence < LEAST  # True where none is told
            if self.min_confidence is None
            else place.confidence >= self.min_confidence
        )
        return fine and sure

    def better(self, one: Location | None, other: Location | None) -> Location | None:
        """The surer of two answers, of equals the finer one, of equals the first."""
        return max((one, other), key=_rank)

    # What a service says of itself; here, all of them together.

    @property
    def name(self) -> str:
        """Their names."""
        return ", then ".join(each.name for each in self.services)

    @property
    def limits(self) -> Limits:
        """The widest batch, and the slowest pace."""
        every = [each.limits for each in self.services]
        paces = [each.max_per_second for each in every if each.max_per_second]
        return Limits(
            batch_size=max(each.batch_size for each in every),
            max_concurrency=max(each.max_concurrency for each in every),
            max_per_second=min(paces, default=None),
        )

    @property
    def price(self) -> float:
        """At most: one address, asked of all of them."""
        return sum(map(price_of, self.services))

    @property
    def single_price(self) -> float:
        """At most, as well."""
        return sum(map(single_price_of, self.services))

    @property
    def attribution(self) -> str:
        """That of each."""
        return "; ".join(filter(None, dict.fromkeys(map(attribution_of, self.services))))

    @property
    def extras(self) -> Sequence[str]:
        """What any of them tells."""
        return list(dict.fromkeys(name for each in self.services for name in extras_of(each)))

    @property
    def local(self) -> bool:
        """Whether this process does all of the work."""
        return all(map(is_local, self.services))

    @property
    def options(self) -> Mapping[str, str]:
        """None: answers are kept by each service under its own."""
        return {}

    def in_context(self, questions: Sequence[Question]) -> Cascade:
        """The same, of services that know the table."""
        return replace(self, services=tuple(in_context_of(each, questions) for each in self.services))


def check_confidence(least: float | None) -> None:
    """Refuse what is no confidence; None is no demand."""
    if least is not None:
        settings.check_between("min_confidence", least, 0.0, 1.0)


def demanding(service: AnyService, min_confidence: float | None) -> AnyService:
    """A cascade that has no demand of its own, with this one; any other service as it is.

    Raises
    ------
    SettingsError
        It is no number from 0 to 1.
    """
    check_confidence(min_confidence)
    if isinstance(service, Cascade) and service.min_confidence is None:
        return cast(AnyService, replace(service, min_confidence=min_confidence))
    return service


def _rank(place: Location | None) -> tuple[bool, float, int]:
    if place is None:
        return (False, -1.0, 0)
    sure = place.confidence if place.confidence == place.confidence else -1.0
    return (True, sure, -MATCHES.index(place.match))
