"""What is asked, what an answer means for a row, and what a run would use up or did use up."""

from __future__ import annotations

import logging
import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Self, overload

import numpy as np

from geopandas_batch.blocks import Block
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import STATUSES, Location, Outcome, Point, Query, Question
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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Answers to questions that follow one another: found, or not found."""

    start: int
    found: Sequence[Location | None]
    service: str
    cached: bool

    @property
    def places(self) -> slice:
        """Those of its questions among all."""
        return slice(self.start, self.start + len(self.found))

    def outcome(self, place: int) -> Outcome:
        """Of one question, by its place among all."""
        return outcome_of(self.found[place - self.start], self.service, cached=self.cached)

    def column(self, name: str, blank: Any = None) -> Sequence[Any]:
        """A field of the locations; something else where there is none."""
        if isinstance(self.found, Block):
            return self.found.column(name)
        of = attrgetter(name)
        return [blank if each is None else of(each) for each in self.found]


class Outcomes(Sequence["Outcome | None"]):
    """What became of many questions, in their order; None where nothing is known yet.

    Of answers that came together, no `Outcome` is made before somebody asks for it.

    Attributes
    ----------
    stretches : list of Stretch
        By their places. What is in `single` stands in the place of what a stretch has.
    single : list
        Outcomes that were put in one by one.
    kinds : array of int8
        Twice the place of the status in ``places.STATUSES``, and one more where it was cached; -1: not known yet.

    Examples
    --------
    >>> outcomes = Outcomes(3)
    >>> outcomes[0] = Outcome(None, "blank")
    >>> outcomes.settle(1, [Location(59.91, 10.75)], "here")
    >>> [each and each.status for each in outcomes]
    ['blank', 'located', None]
    """

    def __init__(self, count: int) -> None:
        """None of so many is known."""
        self.single: list[Outcome | None] = [None] * count
        self.kinds = np.full(count, -1, np.int8)
        self.stretches: list[Stretch] = []

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Self:
        """These."""
        made = cls(len(outcomes))
        made.single[:] = outcomes
        made.kinds[:] = np.fromiter(map(_kind, outcomes), np.int8, len(outcomes))
        return made

    def settle(self, start: int, found: Sequence[Location | None], service: str, *, cached: bool = False) -> None:
        """Take in what a service has found for questions that follow one another; None: nothing."""
        if len(found) == 1:
            self[start] = outcome_of(found[0], service, cached=cached)
            return
        stretch = Stretch(start, found, service, cached)
        insort(self.stretches, stretch, key=_START)
        self.kinds[stretch.places] = _KINDS["located"] + cached
        if not isinstance(found, Block) and not all(found):
            nothing = [place for place, each in enumerate(found, start) if each is None]
            self.kinds[nothing] = _KINDS["not_found"] + cached

    def ended(self, missing: Outcome, behind: Sequence[Outcome]) -> Outcomes:
        """The same with something in the place of what is not known, and others behind."""
        made = Outcomes(len(self) + len(behind))
        made.stretches = list(self.stretches)
        made.single[: len(self)], made.kinds[: len(self)] = self.single, self.kinds
        for place in np.flatnonzero(self.kinds < 0).tolist():
            made[place] = missing
        for place, outcome in enumerate(behind, len(self)):
            made[place] = outcome
        return made

    @property
    def left(self) -> int:
        """Of how many nothing is known."""
        return int((self.kinds < 0).sum())

    def __len__(self) -> int:
        """How many questions."""
        return len(self.single)

    @overload
    def __getitem__(self, place: int) -> Outcome | None: ...
    @overload
    def __getitem__(self, place: slice) -> list[Outcome | None]: ...
    def __getitem__(self, place: int | slice) -> Outcome | None | list[Outcome | None]:
        """One of them, or some."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        if self.single[place] is not None or self.kinds[place] < 0:
            return self.single[place]
        return self.stretches[bisect_right(self.stretches, place, key=_START) - 1].outcome(place)

    def at(self, places: Iterable[int]) -> Iterator[Outcome | None]:
        """Those at these places; of places that follow one another, sooner than one by one."""
        stretch, found = Stretch(0, (), "", cached=False), list[Location | None]()
        for place in places:
            if self.single[place] is not None or self.kinds[place] < 0:
                yield self.single[place]
                continue
            if not 0 <= place - stretch.start < len(found):
                stretch = self.stretches[bisect_right(self.stretches, place, key=_START) - 1]
                found = list(stretch.found)
            yield outcome_of(found[place - stretch.start], stretch.service, cached=stretch.cached)

    def __setitem__(self, place: int, outcome: Outcome) -> None:
        """Put one in."""
        self.single[place] = outcome
        self.kinds[place] = _kind(outcome)

    def __iter__(self) -> Iterator[Outcome | None]:
        """All of them."""
        place = 0
        for stretch in self.stretches:
            yield from self.single[place : stretch.start]
            for single, answer in zip(self.single[stretch.places], stretch.found, strict=True):
                yield single or outcome_of(answer, stretch.service, cached=stretch.cached)
            place = stretch.places.stop
        yield from self.single[place:]


_START = attrgetter("start")
_KINDS = {status: 2 * number for number, status in enumerate(STATUSES)}


def _kind(outcome: Outcome) -> int:
    return _KINDS[outcome.status] + outcome.cached


def told(kind: int) -> str:
    """What a person is told of such outcomes."""
    return "cached" if kind & 1 else STATUSES[kind >> 1]


_announced: set[str] = set()


def announce(service: AnyService) -> None:
    """Say once per process what everybody should know of this service's answers."""
    notice = str(getattr(service, "notice", ""))
    if notice and service.name not in _announced:
        _announced.add(service.name)
        log.warning(notice)
