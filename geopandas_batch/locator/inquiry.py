"""Many questions at once: what is known is found in the cache, the rest goes through the batcher, in bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple, TypeAlias, cast

from geopandas_batch.batching import Batcher
from geopandas_batch.errors import GeocodingError
from geopandas_batch.garbage import no_collection, setting_aside
from geopandas_batch.jobs.spending import NotAskedError
from geopandas_batch.locator.looks import Looks, Trail
from geopandas_batch.locator.news import News, Told
from geopandas_batch.locator.outcomes import Outcomes, outcome_of
from geopandas_batch.locator.stopping import StoppedError, stoppable
from geopandas_batch.places import Location, Outcome, Query, Question
from geopandas_batch.places.blocks import Block
from geopandas_batch.places.lines import Asked, briefly
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys
from geopandas_batch.store.overrides import PERSON

LOOK_UP = 5000  # questions looked up in the cache at a time
# So many times that, as long as none of them is known: in a large file, each look goes through most pages of the index,
# whose keys are all over it. What is known would hold up the event loop for longer.
MORE = 4

Keyed: TypeAlias = tuple[bytes, Asked]


class _Unknown(NamedTuple):
    """What must be asked, and the places of these questions among all, in their order."""

    places: Sequence[int]
    asked: list[Keyed]


_NONE = _Unknown((), [])
_FOUND = {Location, type(None)}


@dataclass(eq=False)
class Inquiry:
    """The questions of one caller, and where their outcomes go. What `Locator.fill` takes is as there."""

    service: str
    store: Store
    keys: Keys
    looks: Looks
    batcher: Batcher[Keyed, Location | None]
    questions: Sequence[Question]
    outcomes: Outcomes
    on_outcomes: Told
    on_error: Callable[[int, Exception], None]
    stop_on: tuple[type[GeocodingError], ...]
    beyond: Container[bytes]  # keys of questions for which the budget is too small
    _decided: Mapping[Question, Location] = field(default_factory=dict)  # by a person
    _stopped: list[GeocodingError] = field(default_factory=list)
    _asked: deque[Sequence[int]] = field(default_factory=deque)  # positions, as their questions went to the batcher
    _size: int = 0  # of the next look
    _again: list[int] = field(default_factory=list)  # positions; the batches of others, who stopped, took them along
    _trail: Trail = field(init=False)
    _news: News = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is looked up or told yet."""
        self._trail, self._news = Trail(self.looks), News(self.on_outcomes)

    async def answer(self) -> GeocodingError | None:
        """Put in one outcome a question; what stopped it."""
        self._decided = self.store.overrides.among(self.questions)
        try:
            with stoppable(self._stopped):
                await self._answer()
        finally:
            self._trail.end(len(self.questions))
            self._news.tell()
        self._news.check()
        return self._stopped[0] if self._stopped else None

    async def _answer(self) -> None:
        # What is known comes first, so that others get their turn between one look and the next; as soon as there are
        # questions for a batch, it is on its way while the next ones are looked up.
        parts, first = map(self._unknown, self._parts()), _NONE
        for first in parts:
            if first.places:
                break
            await asyncio.sleep(0)
        await self._ask(chain([first], parts))
        while self._again:
            again, self._again = self._again, []
            self._trail.note(again[-1] + 1, 0)  # the moments of theirs may be gone
            questions = [self.questions[place] for place in again]
            await self._ask([_Unknown(again, list(zip(self.keys.keys(questions), questions, strict=True)))])

    def _parts(self) -> Iterator[range]:
        """The positions of the questions, in parts that are looked up together."""
        start, self._size = 0, LOOK_UP
        while start < len(self.questions):
            yield (part := range(start, min(start + self._size, len(self.questions))))
            start = part.stop

    def _unknown(self, those: range) -> _Unknown:
        """What must be asked of the questions at these positions; the others are settled."""
        part = self.questions[those.start : those.stop]
        keys = self.keys.keys(part)
        known, moment = self.store.look_up(keys)
        if len(known) < len(part):
            self.store.add_former(known, self.keys.former(keys, part))
        self._size = LOOK_UP if known else min(2 * self._size, MORE * LOOK_UP)
        blank = Query()
        if not known and not self._decided and not self.beyond and blank not in part:
            self._trail.note(those.stop, moment)
            return _Unknown(those, list(zip(keys, briefly(part), strict=True)))
        places, rest, settled = list[int](), list[Keyed](), list[int]()
        with setting_aside():
            found = [known.get(key) for key in keys]
            if not self._decided and set(map(type, found)) == {Location}:
                self._settle(those, found, cached=True)
                part = ()
            for place, question, key, answer in zip(those, part, keys, found, strict=False):
                if self._decided and question in self._decided:
                    outcome = outcome_of(self._decided[question], PERSON, cached=True)
                elif answer is not None or key in known:
                    outcome = outcome_of(answer, self.service, cached=True)
                elif question == blank:
                    outcome = Outcome(None, "blank", "blank: not asked")
                elif key in self.beyond:
                    outcome = Outcome(None, "skipped", "not asked: beyond the budget")
                else:
                    places.append(place)
                    rest.append((key, question))
                    continue
                self.outcomes[place] = outcome
                settled.append(place)
            self._news.add(settled)
        self._news.tell()
        if places:
            self._trail.note(those.stop, moment)
        return _Unknown(places, rest)

    def _settle(self, places: range, found: Sequence[Location | None], *, cached: bool = False) -> None:
        """Answers to questions that follow one another, none of them an error: most often all that there is."""
        self.outcomes.settle(places.start, found, self.service, cached=cached)
        self._news.add(places)

    async def _ask(self, parts: Iterable[_Unknown]) -> None:
        """Let the batcher have them, as it has room, and take the answers."""
        loop = asyncio.get_running_loop()
        async with aclosing(self.batcher.map_lists(chain.from_iterable(self._to_ask(parts)))) as lists:
            async for answers in lists:
                if not self._news:
                    loop.call_soon(self._news.tell)  # then all answers that are there have been taken
                with no_collection():
                    taken = 0
                    while taken < len(answers):
                        places = self._next(len(answers) - taken)
                        self._take(places, answers[taken : taken + len(places)])
                        taken += len(places)
                if self._asked:
                    self._trail.end(self._asked[0][0])
                self._news.check()

    def _next(self, most: int) -> Sequence[int]:
        """The places of the first questions that wait for their answers; maybe more follow."""
        first = self._asked.popleft()
        if len(first) > most:
            self._asked.appendleft(first[most:])
        return first[:most]

    def _take(self, places: Sequence[int], answers: Sequence[Location | BaseException | None]) -> None:
        """Answers, each to the question at its place."""
        plain = isinstance(answers, Block) or set(map(type, answers)) <= _FOUND
        if plain and places[-1] - places[0] == len(places) - 1:
            self._settle(range(places[0], places[-1] + 1), cast("Sequence[Location | None]", answers))
            return
        settled = list[int]()
        for place, answer in zip(places, answers, strict=True):
            if isinstance(answer, StoppedError) and not self._stopped:
                self._again.append(place)
                continue
            self.outcomes[place] = outcome_of(answer, self.service)
            if isinstance(answer, BaseException):
                self._note(place, answer)
            settled.append(place)
        self._news.add(settled)

    def _to_ask(self, parts: Iterable[_Unknown]) -> Iterator[list[Keyed]]:
        for places, asked in parts:
            if self._stopped:
                skipped = Outcome(None, "skipped", f"not asked: {self._stopped[0]}")
                for place in places:
                    self.outcomes[place] = skipped
                self._news.add(places)
            elif places:
                self._asked.append(places)
                yield asked

    def _note(self, place: int, error: BaseException) -> None:
        """An error in the place of an answer, and whether it stops the rest."""
        # Of what was not asked, what the service said to others in the batch; None: the budget is used up.
        said = error.__cause__ if isinstance(error, NotAskedError) else error
        if not isinstance(said, Exception):
            return
        self.on_error(place, said)
        if isinstance(said, self.stop_on) and not self._stopped:
            self._stopped.append(said)
