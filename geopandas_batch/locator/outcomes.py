"""What an answer means for a row, and what became of many questions."""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.jobs.spending import NotAskedError
from geopandas_batch.places import STATUSES, Location, Outcome
from geopandas_batch.places.blocks import Block

NO_MATCH = "no match"


def outcome_of(answer: Location | BaseException | None, service: str, *, cached: bool = False) -> Outcome:
    """What an answer means for a row."""
    if isinstance(answer, NotAskedError):
        return Outcome(None, "skipped", f"not asked: {answer}", service)
    if isinstance(answer, BaseException):
        return Outcome(None, "failed", str(answer) or type(answer).__name__, service)
    if answer is None:
        return Outcome(None, "not_found", NO_MATCH, service, cached)
    return Outcome(answer, "located", answer.reason, service, cached)


def held_back(outcome: Outcome, least: float) -> Outcome:
    """A match that is weaker than wanted keeps its details, and is not found."""
    place = outcome.location
    if place is None or float(place.confidence) >= least:  # a number of NumPy's may be a shorter one
        return outcome
    return Outcome(place, "not_found", _weak(place.confidence, least, outcome.reason), outcome.service, outcome.cached)


def _weak(confidence: float, least: float, reason: str) -> str:
    sure = "unknown" if math.isnan(confidence) else f"{confidence:.2f}"
    return f"confidence {sure} is below {least:g}" + (f"; {reason}" if reason else "")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Answers to questions that follow one another: found, or not found; with ``least``, also where less sure."""

    start: int
    found: Sequence[Location | None]
    service: str
    cached: bool
    least: float | None = None

    @property
    def places(self) -> slice:
        """Those of its questions among all."""
        return slice(self.start, self.start + len(self.found))

    def outcome(self, place: int) -> Outcome:
        """Of one question, by its place among all."""
        return self.of(self.found[place - self.start])

    def of(self, answer: Location | None) -> Outcome:
        """Of one of the answers."""
        outcome = outcome_of(answer, self.service, cached=self.cached)
        return outcome if self.least is None else held_back(outcome, self.least)

    @property
    def reasons(self) -> Sequence[str]:
        """Those of the outcomes."""
        reasons, least = self.column("reason", NO_MATCH), self.least
        if least is None:
            return reasons
        sure = map(float, self.column("confidence", math.inf))
        return [
            reason if each >= least else _weak(each, least, reason) for reason, each in zip(reasons, sure, strict=True)
        ]

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

    def hold_back(self, least: float, weak: NDArray[np.bool_]) -> None:
        """Take matches that are weaker than wanted for not found; `weak`: where that is so, or there is no match."""
        self.kinds[weak & (self.kinds >> 1 == STATUSES.index("located"))] += _KINDS["not_found"] - _KINDS["located"]
        self.stretches = [
            replace(stretch, least=least) if weak[stretch.places].any() else stretch for stretch in self.stretches
        ]
        for place in np.flatnonzero(weak).tolist():
            if (single := self.single[place]) is not None:
                self[place] = held_back(single, least)

    @property
    def left(self) -> int:
        """Of how many nothing is known."""
        return int((self.kinds < 0).sum())

    @property
    def skipped(self) -> list[int]:
        """The places of those that were not asked."""
        return np.flatnonzero(self.kinds >> 1 == STATUSES.index("skipped")).tolist()

    @property
    def locations(self) -> list[Location | None]:
        """What was found for each; None: nothing, or nothing yet."""
        found: list[Location | None] = [None] * len(self)
        for stretch in self.stretches:
            found[stretch.places] = stretch.found
        for place, single in enumerate(self.single):
            if single is not None:
                found[place] = single.location
        return found

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
            yield stretch.of(found[place - stretch.start])

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
                yield single or stretch.of(answer)
            place = stretch.places.stop
        yield from self.single[place:]


_START = attrgetter("start")
_KINDS = {status: 2 * number for number, status in enumerate(STATUSES)}


def _kind(outcome: Outcome) -> int:
    return _KINDS[outcome.status] + outcome.cached


def told(kind: int) -> str:
    """What a person is told of such outcomes."""
    return "cached" if kind & 1 else STATUSES[kind >> 1]
