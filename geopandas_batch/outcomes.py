"""What is asked, what an answer means for a row, and what a run would use up or did use up."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields

from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Location, Outcome, Point, Query, Question
from geopandas_batch.plans import Plan
from geopandas_batch.services.protocol import AnyService
from geopandas_batch.spending import NotAskedError
from geopandas_batch.texts import PartedQuery, tidy

log = logging.getLogger("geopandas_batch")

NO_MATCH = "no match"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a locator has used up so far; ``later - earlier`` is what was used between."""

    asked: int = 0
    requests: int = 0
    retries: int = 0
    seconds_waited: float = 0.0
    jobs: int = 0
    polls: int = 0
    jobs_resumed: int = 0
    jobs_bought_again: int = 0
    replies_lost: int = 0
    credits: float = 0.0
    passed_on: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Field by field."""
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, earlier: Usage) -> Usage:
        """Field by field."""
        return Usage(*(getattr(self, f.name) - getattr(earlier, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would ask."""

    known: int
    held: int
    asked: Sequence[bytes]  # keys
    beyond: AbstractSet[bytes]  # keys of what the budget is too small for
    plan: Plan | None  # None: a service without jobs
    seconds: float | None


def as_query(address: object) -> Question:
    """The question that is meant; a blank one for None and for what pandas has in empty cells."""
    if isinstance(address, Point):
        return _on_earth(address)
    if isinstance(address, Query):
        return address if type(address) is PartedQuery else _of_texts(address)
    if isinstance(address, str):
        text = tidy(address)
        return Query(text) if type(text) is str else PartedQuery.of(Query(text))
    if address is None or type(address).__name__ in ("NAType", "NaTType"):
        return Query()
    if isinstance(address, float) and math.isnan(address):
        return Query()
    raise SettingsError(f"an address must be text, not {type(address).__name__}")


def _on_earth(point: Point) -> Question:
    """The point in Python's numbers; a blank where one of them is missing."""
    try:
        lat, lon = map(float, point)  # of NumPy, or the decimals of a database
    except (TypeError, ValueError):
        raise SettingsError("the latitude and the longitude of a Point must be numbers") from None
    if math.isnan(lat) or math.isnan(lon):
        return Query()
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise SettingsError("a Point has a latitude from -90 to 90 and a longitude from -180 to 180. Are they swapped?")
    return Point(lat, lon)


def _of_texts(query: Query) -> Query:
    """The query as it is asked."""
    for name, value in zip(Query._fields, query, strict=True):
        if not isinstance(value, str):
            raise SettingsError(f"the {name} of a Query must be text, not {type(value).__name__}")
    query = PartedQuery.of(map(tidy, query))
    if query.text and query.parts:  # which no service would be sent
        raise SettingsError("a Query has the address in one line, text=, or in its parts, not both at once")
    return query


def outcome_of(answer: Location | BaseException | None, service: str, *, cached: bool = False) -> Outcome:
    """What an answer means for a row."""
    if isinstance(answer, NotAskedError):
        return Outcome(None, "skipped", f"not asked: {answer}", service)
    if isinstance(answer, BaseException):
        return Outcome(None, "failed", str(answer) or type(answer).__name__, service)
    if answer is None:
        return Outcome(None, "not_found", NO_MATCH, service, cached)
    return Outcome(answer, "located", answer.reason, service, cached)


_announced: set[str] = set()


def announce(service: AnyService) -> None:
    """Say once per process what everybody should know of this service's answers."""
    notice = str(getattr(service, "notice", ""))
    if notice and service.name not in _announced:
        _announced.add(service.name)
        log.warning(notice)
