"""What travels through the house: a question, an answer, and the names and types of the columns they become."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from numbers import Real
from operator import attrgetter
from typing import Any, Literal, NamedTuple, TypeAlias, cast, get_args

from geopandas_batch.places import wording

Match = Literal["building", "street", "postcode", "city", "region", "country", "none"]
Status = Literal["located", "not_found", "blank", "failed", "skipped"]

# From the finest to the coarsest: the order of the categories in the `match` column.
MATCHES: tuple[Match, ...] = get_args(Match)
STATUSES: tuple[Status, ...] = get_args(Status)

COORDINATES = ("lat", "lon")
RAW = "raw"  # the whole answer of a service, which is a column where somebody has asked for it
METRES = ("distance", "uncertainty")  # of what only some services tell, these are numbers
DETAILS = ("formatted", "match", "confidence", "status", "reason", "service")


class Query(NamedTuple):
    """One question: either a line of text, or the parts of an address (never both). Equal queries are one question.

    Parameters
    ----------
    text : str
        The address in one line.
    housenumber, street, city, postcode, state, country : str
        Instead of it.

    Examples
    --------
    >>> Query(street="Bryggen", housenumber="1", city="Bergen").line
    '1 Bryggen, Bergen'
    """

    text: str = ""
    housenumber: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are there, by name; empty for a line of text."""
        return {name: value for name, value in zip(PARTS, self[1:], strict=True) if value}

    @property
    def line(self) -> str:
        """The question as one line of text, for services that take no parts.

        >>> Query(housenumber="10", street="Downing Street", city="London", postcode="SW1A 2AA", country="UK").line
        '10 Downing Street, London SW1A 2AA, UK'
        """
        if self.text:
            return self.text
        street = " ".join(filter(None, (self.housenumber, self.street)))
        city = " ".join(filter(None, (self.city, self.state, self.postcode)))
        return ", ".join(filter(None, (street, city, self.country)))

    def __bool__(self) -> bool:
        """False for a blank: a blank is never sent."""
        return any(self)


PARTS = Query._fields[1:]

# A `Query` from its fields in one tuple (further down the same of an `Outcome`), for who makes one a row: a named
# tuple's own way leads through a function in Python, and takes twice as long.
query_from: Callable[[tuple[str, ...]], Query] = partial(cast(Any, tuple).__new__, Query)


class Point(NamedTuple):
    """A question the other way round: which address is here? Equal points are one question.

    Parameters
    ----------
    lat, lon : float
        Degrees, WGS 84.

    Examples
    --------
    >>> Point(lat=59.91, lon=10.75)
    Point(lat=59.91, lon=10.75)
    """

    lat: float
    lon: float


Question: TypeAlias = Query | Point
_NUMBER = (float, int, Real)  # the frequent ones first: an abstract class takes eight times as long
Extra: TypeAlias = tuple[tuple[str, str | float], ...]


@dataclass(frozen=True, slots=True)
class Location:
    """Where an address is, and how sure that is.

    Attributes
    ----------
    lat, lon : float
        Degrees, WGS 84. ``lat, lon = location`` works.
    formatted : str
        The place as the service writes it.
    match : str
        What was found: building, street, postcode, city, region or country; "none" where the service does not say.
        A "city" is the city's centre, not the house.
    confidence : float
        0 to 1; NaN where the service gives none.
    reason : str
        What a person should know of this answer, such as the rival of an ambiguous name; mostly empty.
    service : str
        Who answered.
    attribution : str
        The credit that the licence of the data asks for wherever the answer is shown.
    extra : tuple of (name, value)
        What this service tells besides, such as ``("place_id", "51…")``. Values are texts or numbers; None is left out.

    Raises
    ------
    ValueError
        It is not on Earth, `match` is none of these words, `confidence` is out of range, or what is told besides is of
        another kind than a file can hold.

    Examples
    --------
    >>> lat, lon = Location(59.91, 10.75, match="city")
    >>> lat
    59.91
    """

    lat: float
    lon: float
    formatted: str = ""
    match: Match = "none"
    confidence: float = math.nan
    reason: str = ""
    service: str = ""
    attribution: str = ""
    extra: Extra = ()

    def __post_init__(self) -> None:
        """Refuse what is no place: before it is kept, and shown for an answer in all later runs."""
        kinds: tuple[type, ...] = (type(self.lat), type(self.lon), type(self.confidence))
        if Decimal in kinds:  # as databases have them
            for name in ("lat", "lon", "confidence"):
                object.__setattr__(self, name, float(getattr(self, name)))
        for name, value, most in (("lat", self.lat, 90), ("lon", self.lon, 180)):
            if not isinstance(value, _NUMBER) or isinstance(value, bool) or not abs(value) <= most:
                raise ValueError(f"{name} must be a number from -{most} to {most}, not {value!r}")
        if self.match not in MATCHES:
            raise ValueError(f"match must be one of {', '.join(MATCHES)}, not {self.match!r}")
        sure = self.confidence
        if not isinstance(sure, _NUMBER) or isinstance(sure, bool) or not (0 <= sure <= 1 or sure != sure):
            raise ValueError(f"confidence must be a number from 0 to 1, or NaN, not {sure!r}")
        if not wording.are_whole((self.formatted, self.reason, self.service, self.attribution)):
            for name in ("formatted", "reason", "service", "attribution"):
                object.__setattr__(self, name, wording.text(name, getattr(self, name)))
        if self.extra != ():
            object.__setattr__(self, "extra", wording.pairs(self.extra))

    def __iter__(self) -> Iterator[float]:
        """First ``lat``, then ``lon``."""
        yield self.lat
        yield self.lon

    def __eq__(self, other: object) -> bool:
        """Equal in all. A confidence that neither has is no difference, though NaN is unlike itself."""
        return _told(self) == _told(other) if isinstance(other, Location) else NotImplemented

    def __hash__(self) -> int:
        return hash(_told(self))


_CERTAIN = attrgetter(*(name for name in Location.__slots__ if name != "confidence"))


def _told(location: Location) -> tuple[object, ...]:
    return *_CERTAIN(location), None if math.isnan(location.confidence) else location.confidence


class _Unsealed:
    """A `Location` in the making."""

    __slots__ = Location.__slots__


def sealed(
    lat: float,
    lon: float,
    formatted: str,
    match: Match,
    confidence: float,
    reason: str,
    service: str,
    attribution: str,
    extra: Extra,
) -> Location:
    """`Location` by position, for who makes one for each row.

    A frozen dataclass sets every field by a call and looks at it, and takes several times as long: what comes here was
    looked at before.
    """
    made: Any = _Unsealed()
    # One by one: several in one statement would go through a tuple.
    made.lat = lat
    made.lon = lon
    made.formatted = formatted
    made.match = match
    made.confidence = confidence
    made.reason = reason
    made.service = service
    made.attribution = attribution
    made.extra = extra
    made.__class__ = Location
    return made  # type: ignore[no-any-return]  # a call of `cast` would be a sixth of all this


class Outcome(NamedTuple):  # not a dataclass: a run makes one for each question, in a third of the time
    """What became of one question: the answer if there is one, the status, and why."""

    location: Location | None
    status: Status
    reason: str = ""
    service: str = ""
    cached: bool = False


outcome_from: Callable[[tuple[Location | None, Status, str, str, bool]], Outcome]
outcome_from = partial(cast(Any, tuple).__new__, Outcome)
