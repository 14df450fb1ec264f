"""Runs and single calls side by side: each question has its own answer, and none is bought twice."""

from __future__ import annotations

import asyncio
from random import Random
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from geopandas_batch import Locator
from geopandas_batch.errors import QueryError, QuotaExhausted, ServiceError
from geopandas_batch.locator import inquiry
from geopandas_batch.locator.outcomes import Outcomes
from geopandas_batch.places import Location, Query
from geopandas_batch.services.protocol import Limits

HERE = Location(9.0, 9.0)  # where a person says that an address is


def place(text: str) -> Location | None:
    return None if text.startswith("no") else Location(float(text[-5:]) / 2000, 0.5, text, service="office")


class Office:
    """A service with jobs, whose requests take their turns in any order."""

    name = "office"

    def __init__(self, size: int, slots: int, credits: int, rng: Random) -> None:
        self.limits = Limits(batch_size=size, max_concurrency=slots)
        self.bought, self.poison, self.credits, self.rng = list[str](), set[str](), credits, rng
        self.jobs = 0

    async def submit(self, wire, questions):
        await self._some_turns()
        texts = [each.text for each in questions]
        if self.poison.intersection(texts):
            raise ServiceError("it refuses the request", status=400)
        if len(self.bought) + len(texts) > self.credits:
            raise QuotaExhausted("no credits are left")
        self.bought += texts
        self.jobs += 1
        return str(self.jobs)

    async def collect(self, wire, job_id, questions):
        await self._some_turns()
        return [place(each.text) for each in questions]

    async def _some_turns(self) -> None:
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)


KINDS = ("known", "not known", "blank", "decided", "new", "new", "not found", "poison", "again")


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(st.lists(st.sampled_from(KINDS), max_size=30), min_size=1, max_size=3),
    size=st.integers(1, 4),
    look_up=st.sampled_from([1, 2, 3, 7, 100]),
    credits=st.sampled_from([0, 5, 20, 1000]),
    stops=st.booleans(),
    turns=st.none() | st.integers(0, 20),
    rng=st.randoms(use_true_random=False),
)
def test_each_question_has_its_own_answer_and_none_is_bought_twice(kinds, size, look_up, credits, stops, turns, rng):
    """Runs share questions and batches; one stops for want of credits, another is cancelled in the middle."""
    office, texts = Office(size, rng.randint(1, 3), credits, rng), list[list[str]]()
    known, decided = dict[Query, Location | None](), dict[str, Location]()
    for number, run in enumerate(kinds):
        mine = list[str]()
        for row, kind in enumerate(run):
            text = f"{kind} {rng.choice((f'{number}{row:04}', f'9{rng.randrange(20):04}'))}"  # 9: also in other runs
            if kind == "again":
                text = rng.choice([*mine, *(texts[0] if texts else ())] or [""])
            mine.append("" if kind == "blank" else text)
            known |= {Query(text): place(text)} if "known" in kind else {}
            decided |= {text: HERE} if kind == "decided" else {}
            office.poison |= {text} if kind == "poison" else set()
        texts.append(mine)
    runs = [list(map(Query, mine)) for mine in texts]
    outcomes = [Outcomes(len(run)) for run in runs]

    def is_right(text: str, outcome) -> bool:
        if text == "":
            return outcome.status == "blank"
        if text in decided:
            return tuple(outcome.location) == tuple(HERE)
        if Query(text) in known:
            return outcome.location == known[Query(text)] and outcome.cached
        if outcome.status in ("failed", "skipped"):
            return bool(office.poison) or len(office.bought) + size * 3 > credits
        return outcome.location == place(text)

    async def main() -> None:
        async with Locator(office, cache=False, max_wait=0) as locator:
            store, keys = locator.steps[0]._store, locator.steps[0]._keys
            store.keep([(keys.key(each), answer) for each, answer in known.items()], service="office")
            store.overrides.keep(decided, kind="set")
            stop_on = (QuotaExhausted,) if stops else ()
            tasks = [
                asyncio.create_task(locator.fill(run, told, stop_on=stop_on))
                for run, told in zip(runs, outcomes, strict=True)
            ]
            single = asyncio.create_task(locator.locate(runs[0][0] if runs[0] else None))
            for _ in range(turns or 0):
                await asyncio.sleep(0)
            if turns is not None:
                tasks[-1].cancel()
            async with asyncio.timeout(60):
                ends = await asyncio.gather(*tasks, single, return_exceptions=True)
            if isinstance(ends[-1], BaseException):
                assert isinstance(ends[-1], QueryError | ServiceError)
            elif runs[0]:
                assert ends[-1] is None or tuple(ends[-1]) in (tuple(HERE), tuple(place(texts[0][0]) or ()))
            for mine, told, end in zip(texts, outcomes, ends, strict=False):
                cancelled = isinstance(end, asyncio.CancelledError)
                for text, outcome in zip(mine, told, strict=True):
                    assert (cancelled and outcome is None) or is_right(text, outcome)

    with patch.object(inquiry, "LOOK_UP", look_up):
        asyncio.run(main())

    assert len(office.bought) == len(set(office.bought)) <= credits
    assert not {each.text for each in known}.union(decided).intersection(office.bought)
