"""Many questions at once: what is known is found in the cache, the rest goes through the batcher, in bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias, cast

from geopandas_batch.batching import Batcher
from geopandas_batch.buying import NotAskedError
from geopandas_batch.errors import GeocodingError
from geopandas_batch.garbage import no_collection, setting_aside
from geopandas_batch.outcomes import NO_MATCH, outcome_of
from geopandas_batch.overrides import PERSON
from geopandas_batch.places import Location, Outcome, Query, Question
from geopandas_batch.store import Keys, Store

LOOK_UP = 5000  # questions looked up in the cache at a time

Keyed: TypeAlias = tuple[bytes, Question]
Told: TypeAlias = Callable[[Sequence[int], Sequence[Outcome]], None]

# What has stopped the inquiry to which a batch belongs: batches are made in the context of who asks first.
_stopped: ContextVar[list[GeocodingError]] = ContextVar("stopped")


class StoppedError(NotAskedError):
    """The inquiry that had made the batch was stopped before it left. Others whose questions were in it ask again."""


def check_stopped(service: str) -> None:
    """Refuse to send a batch that was made by an inquiry that is stopped."""
    if stopped := _stopped.get(None):
        raise StoppedError(str(stopped[0]), service=service)


@dataclass(eq=False)
class Inquiry:
    """The questions of one caller, and where their outcomes go; see `Locator.fill` for each of its fields."""

    service: str
    store: Store
    keys: Keys
    batcher: Batcher[Keyed, Location | None]
    questions: Sequence[Question]
    outcomes: list[Outcome | None]
    on_outcomes: Told
    on_error: Callable[[int, Exception], None]
    stop_on: tuple[type[GeocodingError], ...]
    beyond: Container[bytes]
    _decided: Mapping[Question, Location] = field(default_factory=dict)  # by a person
    _stopped: list[GeocodingError] = field(default_factory=list)
    _asked: deque[int] = field(default_factory=deque)  # positions, as their questions went to the batcher
    _again: list[int] = field(default_factory=list)  # positions; the batches of others, who stopped, took them along
    _fresh: list[int] = field(default_factory=list)  # positions of outcomes that nobody was told of
    _trouble: list[Exception] = field(default_factory=list)  # of `on_outcomes`, while the event loop was at work

    async def answer(self) -> GeocodingError | None:
        """Put one outcome a question into the list; what stopped it."""
        self._decided = self.store.overrides.among(self.questions)
        token = _stopped.set(self._stopped)  # seen by the batches that are made from here on
        try:
            # What is known comes first, so that others get their turn between one look and the next; as soon as there
            # are questions for a batch, it is on its way while the next ones are looked up.
            starts, begun = iter(range(0, len(self.questions), LOOK_UP)), list[tuple[int, Keyed]]()
            for start in starts:
                begun += self._unknown(start)
                if begun:
                    break
                await asyncio.sleep(0)
            rest = chain.from_iterable(map(self._unknown, starts))
            await self._ask(chain(begun, rest))
            while self._again:
                again, self._again = self._again, []
                questions = [self.questions[place] for place in again]
                await self._ask(zip(again, zip(self.keys.keys(questions), questions, strict=True), strict=True))
        finally:
            _stopped.reset(token)
            self._tell()
        self._check_told()
        return self._stopped[0] if self._stopped else None

    def _unknown(self, start: int) -> list[tuple[int, Keyed]]:
        """What must be asked of the questions from here on; the others are settled."""
        part = self.questions[start : start + LOOK_UP]
        keys = self.keys.keys(part)
        known = self.store.answers(keys)
        blank = Query()
        if not known and not self._decided and not self.beyond and blank not in part:
            return list(enumerate(zip(keys, part, strict=True), start))
        rest: list[tuple[int, Keyed]] = []
        with setting_aside():
            for place, (question, key) in enumerate(zip(part, keys, strict=True), start):
                if self._decided and question in self._decided:
                    outcome = outcome_of(self._decided[question], PERSON, cached=True)
                elif key in known:
                    answer = known[key]
                    if answer is None:
                        outcome = Outcome(None, "not_found", NO_MATCH, self.service, True)
                    else:
                        outcome = Outcome(answer, "located", answer.reason, self.service, True)
                elif question == blank:
                    outcome = Outcome(None, "blank", "blank: not asked")
                elif key in self.beyond:
                    outcome = Outcome(None, "skipped", "not asked: beyond the budget")
                else:
                    rest.append((place, (key, question)))
                    continue
                self.outcomes[place] = outcome
                self._fresh.append(place)
        self._tell()
        return rest

    async def _ask(self, pairs: Iterable[tuple[int, Keyed]]) -> None:
        """Let the batcher have them, as it has room, and take the answers."""
        loop, name, outcomes = asyncio.get_running_loop(), self.service, self.outcomes
        async with aclosing(self.batcher.map_lists(self._to_ask(pairs))) as lists:
            async for answers in lists:
                if not self._fresh:
                    loop.call_soon(self._tell)  # then all answers that are there have been taken
                with no_collection():
                    for answer in answers:
                        place = self._asked.popleft()
                        if isinstance(answer, Location):
                            outcomes[place] = Outcome(answer, "located", answer.reason, name)
                        elif answer is None:
                            outcomes[place] = Outcome(None, "not_found", NO_MATCH, name)
                        elif isinstance(answer, StoppedError) and not self._stopped:
                            self._again.append(place)
                            continue
                        else:
                            outcomes[place] = outcome_of(answer, name)
                            self._note(place, answer)
                        self._fresh.append(place)
                self._check_told()

    def _to_ask(self, pairs: Iterable[tuple[int, Keyed]]) -> Iterator[Keyed]:
        for place, keyed in pairs:
            if self._stopped:
                self.outcomes[place] = Outcome(None, "skipped", f"not asked: {self._stopped[0]}")
                self._fresh.append(place)
            else:
                self._asked.append(place)
                yield keyed

    def _note(self, place: int, error: BaseException) -> None:
        """An error in the place of an answer, and whether it stops the rest."""
        if isinstance(error, NotAskedError) or not isinstance(error, Exception):
            return
        self.on_error(place, error)
        if isinstance(error, self.stop_on) and not self._stopped:
            self._stopped.append(error)

    def _tell(self) -> None:
        fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        try:
            self.on_outcomes(fresh, [cast(Outcome, self.outcomes[place]) for place in fresh])
        except Exception as error:
            self._trouble.append(error)

    def _check_told(self) -> None:
        if self._trouble:
            raise self._trouble[0]
