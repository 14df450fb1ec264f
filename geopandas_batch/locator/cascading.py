"""One service after the other: whose answer stands, and which questions go on to the next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from geopandas_batch.errors import GeocodingError, KeyRefused, QueryError, ServiceError, SettingsError
from geopandas_batch.locator.news import Told
from geopandas_batch.locator.outcomes import Outcomes
from geopandas_batch.locator.step import Step
from geopandas_batch.places import Location, Outcome, Question
from geopandas_batch.services.cascade import Cascade

log = logging.getLogger("geopandas_batch")


async def locate(steps: Sequence[Step], rule: Cascade, question: Question) -> Location | None:
    """Where one address is. What went wrong is raised only if nobody has an answer, or a key is refused."""
    best: Location | None = None
    lost: ServiceError | None = None
    refusals: list[QueryError] = []
    for step in steps:
        found = None
        try:
            found = await step.locate(question)
        except KeyRefused:
            raise
        except ServiceError as error:
            lost = lost or error
            if step is not steps[-1]:
                step.passed_on += 1
                _say_once(step.service.name, error)
        except QueryError as error:
            refusals.append(error)
        if found is not None and rule.fits(found):
            return _noting(found, lost)
        best = rule.better(best, found)
    if best is not None:
        return _noting(best, lost)
    if lost is not None:
        raise lost
    if len(refusals) == len(steps):
        raise refusals[-1]
    return None


def open_after(step: Step, rule: Cascade, questions: Sequence[Question]) -> list[Question]:
    """Those that may go on to the next service: all but what is known to be found well enough."""
    known = step.known(questions)
    return [each for each in questions if (place := known.get(each)) is None or not rule.fits(place)]


@dataclass(eq=False)
class Descent:
    """Many questions on their way through the services; see `Locator.fill` for what is given.

    Each service is asked for all that is left to it, so that its batches are full. An outcome is told of when it
    stands: at once where the answer is good enough, else when the last service has been asked.
    """

    steps: Sequence[Step]
    rule: Cascade
    questions: Sequence[Question]
    outcomes: Outcomes
    on_outcomes: Told
    on_error: Callable[[int, Exception], None]
    stop_on: tuple[type[GeocodingError], ...]
    # By position, of what does not stand (yet): the best answer; who could not be had; who has none, or refuses it.
    _best: dict[int, Outcome] = field(default_factory=dict)
    _lost: dict[int, list[Outcome]] = field(default_factory=dict)
    _without: dict[int, Outcome] = field(default_factory=dict)
    _errors: dict[int, Exception] = field(default_factory=dict)

    async def answer(self) -> GeocodingError | None:
        """Put one outcome a question into the list; what stopped it, or left a question without an answer."""
        places: Sequence[int] = range(len(self.questions))
        first: GeocodingError | None = None
        for number, step in enumerate(self.steps):
            following = self.steps[number + 1 : number + 2]
            found = Outcomes(len(places))
            turn = _Turn(self, places, found, step.service.name, last=not following)
            questions = self.questions if not number else [self.questions[place] for place in places]
            stopped = await step.fill(questions, found, on_outcomes=turn.hear, on_error=turn.note, stop_on=self.stop_on)
            first = first or stopped
            if turn.refused:
                self.settle(sorted(turn.going_on))  # what was known of them before
                return stopped or turn.refused
            if following and turn.lost:
                step.passed_on += turn.lost
                why = type(turn.trouble).__name__ if turn.trouble else "not asked"
                names = step.service.name, following[0].service.name
                log.warning("%s: %d addresses go on to %s (%s)", names[0], turn.lost, names[1], why)
            places = sorted(turn.going_on)
            if not places:
                break
        # A run in which somebody could not be had, and nobody else had an answer, is not a whole one.
        left = (self.outcomes[place] for place in self._lost)
        return first if any(each is not None and each.location is None for each in left) else None

    def put_aside(self, place: int, outcome: Outcome, service: str, error: Exception | None) -> bool:
        """Remember an outcome that does not stand; whether the service could not be had."""
        if outcome.location is not None:
            best = self._best.get(place)
            if best is None or self.rule.better(best.location, outcome.location) is outcome.location:
                self._best[place] = outcome
            return False
        lost = outcome.status == "skipped" or isinstance(error, ServiceError)
        if lost:
            named = outcome._replace(reason=_by(service, outcome.reason), service=service)
            self._lost.setdefault(place, []).append(named)
        elif outcome.status == "not_found" or place not in self._without:
            self._without[place] = outcome
        if error is not None and (lost or place not in self._lost):
            self._errors[place] = error
        return lost

    def settle(self, places: Sequence[int]) -> None:
        """All services were asked for these: the best answer stands, else why there is none."""
        for place in places:
            lost = self._lost.get(place)
            outcome = self._best.get(place) or (lost[0] if lost else self._without[place])
            self.outcomes[place] = self.noting(place, outcome)
            if outcome.status == "failed" and place in self._errors:
                self.on_error(place, self._errors[place])
        if places:
            self.tell(places)

    def noting(self, place: int, outcome: Outcome) -> Outcome:
        """The outcome, with the reasons of those that could not be had."""
        if place not in self._lost:
            return outcome
        reasons = [each.reason for each in self._lost[place]]
        return outcome._replace(
            reason="; ".join([*reasons, *filter(None, [outcome.reason if outcome.location else ""])])
        )

    def tell(self, places: Sequence[int]) -> None:
        """The caller hears of what stands."""
        self.on_outcomes(places)


@dataclass(eq=False)
class _Turn:
    """What one service has to say, as it comes: positions are its own."""

    descent: Descent
    places: Sequence[int]
    found: Outcomes
    service: str
    last: bool
    going_on: list[int] = field(default_factory=list)
    lost: int = 0
    trouble: ServiceError | None = None
    refused: KeyRefused | SettingsError | None = None
    _errors: dict[int, Exception] = field(default_factory=dict)

    def note(self, number: int, error: Exception) -> None:
        """An error of one question, before its outcome is told."""
        self._errors[number] = error
        if isinstance(error, KeyRefused | SettingsError):
            self.refused = self.refused or error
        elif isinstance(error, ServiceError):
            self.trouble = self.trouble or error

    def hear(self, numbers: Sequence[int]) -> None:
        """Outcomes: those that are good enough stand, others are put aside, and go on."""
        descent, standing, aside = self.descent, list[int](), list[int]()
        for number, told in zip(numbers, self.found.at(numbers), strict=True):
            outcome = cast(Outcome, told)
            place, error = self.places[number], self._errors.get(number)
            fits = outcome.location is not None and descent.rule.fits(outcome.location)
            if isinstance(error, KeyRefused | SettingsError):  # no other service hides that
                descent.on_error(place, error)
            elif not (fits or outcome.status == "blank" or self._is_refused(outcome)):
                self.lost += descent.put_aside(place, outcome, self.service, error)
                aside.append(place)
                continue
            descent.outcomes[place] = descent.noting(place, outcome)
            standing.append(place)
        if standing:
            descent.tell(standing)
        if self.last:
            descent.settle(aside)
        else:
            self.going_on += aside

    def _is_refused(self, outcome: Outcome) -> bool:
        """Whether a question was not asked, as the key was refused when others were."""
        return self.refused is not None and outcome.status == "skipped"


def _noting(place: Location, lost: ServiceError | None) -> Location:
    if lost is None:
        return place
    said = _by(lost.service, str(lost))
    return replace(place, reason=f"{said}; {place.reason}" if place.reason else said)


def _by(service: str, reason: str) -> str:
    """A reason, with the name of the service that has it."""
    return reason if reason.startswith(service) else f"{service}: {reason}"


_said: set[tuple[str, type[ServiceError]]] = set()


def _say_once(service: str, error: ServiceError) -> None:
    """Where each address is asked by itself, one line says it for all of them."""
    if (service, type(error)) not in _said:
        _said.add((service, type(error)))
        log.warning("%s: addresses go on to the next service (%s)", service, type(error).__name__)
