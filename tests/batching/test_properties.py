"""Whatever callers, functions and producers do, in whatever order: every future ends once, with its own answer."""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass
from types import UnionType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geopandas_batch.batching import Batcher, BatcherClosedError, BatchError
from geopandas_batch.batching.answers import Faultless

ITEMS = st.integers(0, 12)  # few, so that many are equal
SECONDS = st.sampled_from([0.0, 0.01, 0.03, 0.05, 0.2])


class RefusedError(Exception):
    """Of one item, or of a batch."""


@dataclass(frozen=True)
class Submit:
    item: int


@dataclass(frozen=True)
class Call:
    item: int


@dataclass(frozen=True)
class Map:
    items: tuple[int, ...]
    asynchronous: bool
    stop_after: int | None


@dataclass(frozen=True)
class Cancel:
    caller: int


@dataclass(frozen=True)
class Sleep:
    seconds: float


@dataclass(frozen=True)
class Flush:
    pass


STEPS = st.lists(
    st.one_of(
        st.builds(Submit, ITEMS),
        st.builds(Call, ITEMS),
        st.builds(
            Map,
            st.lists(ITEMS, max_size=20).map(tuple),
            st.booleans(),
            st.none() | st.integers(min_value=0, max_value=9),
        ),
        st.builds(Cancel, st.integers(0, 30)),
        st.builds(Sleep, SECONDS),
        st.builds(Flush),
    ),
    max_size=40,
)

BEHAVIOURS = st.sampled_from(
    ["list", "mapping", "faultless", "short", "lacking", "item error", "raise", "cancelled", "none"]
)

TERMS = st.fixed_dictionaries(
    {
        "max_size": st.integers(1, 5),
        "max_wait": st.sampled_from([0, 0.02, 0.1, math.inf, "auto"]),
        "max_concurrency": st.integers(1, 3),
        "max_pending": st.none() | st.integers(1, 8),
        "split_on_error": st.booleans(),
        "key": st.none() | st.just(str),
    }
)


class Numbers(Faultless[int]):
    """Answers that are handed on as they are."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: Any) -> Any:
        return Numbers(self.numbers[place]) if isinstance(place, slice) else self.numbers[place]


class Function:
    """A batch function that behaves as it is told, call by call, and keeps watch over the rules."""

    def __init__(self, behaviours: list[tuple[str, float]], max_size: int, max_concurrency: int) -> None:
        self.behaviours = behaviours
        self.max_size = max_size
        self.max_concurrency = max_concurrency
        self.calls = self.in_flight = 0

    async def __call__(self, items: list[int]) -> Any:
        assert 1 <= len(items) <= self.max_size
        assert len(set(items)) == len(items)
        behaviour, seconds = self.behaviours[self.calls % len(self.behaviours)]
        self.calls += 1
        self.in_flight += 1
        assert self.in_flight <= self.max_concurrency
        try:
            await asyncio.sleep(seconds)
            return self.reply(behaviour, items)
        finally:
            self.in_flight -= 1

    def reply(self, behaviour: str, items: list[int]) -> Any:
        answers: list[Any] = [item * 2 for item in items]
        match behaviour:
            case "mapping":
                return dict(zip(items, answers, strict=True))
            case "faultless":
                return Numbers(answers)
            case "lacking":
                return dict(zip(items[1:], answers[1:], strict=True))
            case "short":
                return answers[1:]
            case "item error":
                return [RefusedError(), *answers[1:]]
            case "raise":
                raise RefusedError
            case "cancelled":
                raise asyncio.CancelledError
            case "none":
                return None
        return answers


GOOD = {"list", "mapping", "faultless"}


class Story:
    """Callers of one batcher, and what became of them."""

    def __init__(self, batcher: Batcher[int, int], errors: type[Exception] | UnionType) -> None:
        self.batcher = batcher
        self.errors = errors  # that a caller may get
        self.callers: list[tuple[Any, asyncio.Future[Any]]] = []
        self.cancelled: set[int] = set()

    async def step(self, step: object) -> None:
        match step:
            case Submit(item):
                self.callers.append((item, self.batcher.submit(item)))
            case Call(item):
                self.callers.append((item, asyncio.ensure_future(self.batcher(item))))
            case Map(items, _, _):
                self.callers.append((items, asyncio.ensure_future(self.map(step))))
            case Cancel(caller):
                if caller < len(self.callers) and self.callers[caller][1].cancel():
                    self.cancelled.add(caller)
            case Sleep(seconds):
                await asyncio.sleep(seconds)
            case Flush():
                self.batcher.flush()

    async def map(self, step: Map) -> list[Any]:
        async def produced():
            for item in step.items:
                await asyncio.sleep(0.01)
                yield item

        seen: list[Any] = []
        try:
            answers = self.batcher.map(produced() if step.asynchronous else step.items, return_exceptions=True)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    seen.append(answer)
                    if len(seen) == step.stop_after:
                        break
        except BatcherClosedError:
            assert self.batcher._settings.closed
        return seen

    def is_fair(self, item: int, outcome: Any) -> bool:
        return outcome == item * 2 or isinstance(outcome, self.errors)

    def check(self) -> None:
        for number, (asked, future) in enumerate(self.callers):
            assert future.done()
            assert future.cancelled() == (number in self.cancelled)
            if future.cancelled():
                continue
            if isinstance(asked, int):
                assert self.is_fair(asked, future.exception() or future.result())
            else:
                assert all(self.is_fair(item, answer) for item, answer in zip(asked, future.result(), strict=False))
                assert len(future.result()) <= len(asked)


@given(
    steps=STEPS,
    terms=TERMS,
    behaviours=st.lists(st.tuples(BEHAVIOURS, SECONDS), min_size=1, max_size=6),
    cancel=st.booleans(),
)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_caller_ends_once_with_the_answer_of_its_own_item(run, steps, terms, behaviours, cancel):
    function = Function(behaviours, terms["max_size"], terms["max_concurrency"])

    async def main():
        batcher = Batcher(function, **terms)
        good = {behaviour for behaviour, _ in behaviours} <= GOOD
        story = Story(batcher, BatcherClosedError if good else RefusedError | BatchError)
        for step in steps:
            await story.step(step)
        await batcher.aclose(cancel=cancel)
        await asyncio.sleep(0)
        if story.callers:
            await asyncio.wait([future for _, future in story.callers])
        story.check()
        await asyncio.sleep(1)  # what was cancelled has left
        [line] = batcher._lines.all()
        assert function.in_flight == batcher.stats.in_flight == batcher.stats.waiting == 0
        assert not line.in_air
        assert not line.room.gates
        assert line.sent == line.room.admitted == 0
        assert len(asyncio.all_tasks()) == 1

    run(main())


@given(
    items=st.lists(ITEMS, max_size=60),
    terms=TERMS,
    seconds=st.lists(SECONDS, min_size=1, max_size=6),
    asynchronous=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_a_map_gives_every_answer_in_order(run, items, terms, seconds, asynchronous):
    function = Function([("list", pause) for pause in seconds], terms["max_size"], terms["max_concurrency"])

    async def produced():
        for item in items:
            yield item

    async def main():
        batcher = Batcher(function, **terms)
        return [answer async for answer in batcher.map(produced() if asynchronous else items)]

    assert run(main()) == [item * 2 for item in items]


@pytest.mark.parametrize("guilty", [0, 5, 12])
@given(size=st.integers(1, 13), concurrency=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_halving_finds_the_guilty_item_and_spares_the_others(run, guilty, size, concurrency):
    async def function(items):
        await asyncio.sleep(0.01)
        if guilty in items:
            raise RefusedError
        return [item * 2 for item in items]

    async def main():
        batcher = Batcher(function, max_size=size, max_concurrency=concurrency, split_on_error=True)
        return [answer async for answer in batcher.map(range(13), return_exceptions=True)]

    answers = run(main())

    assert isinstance(answers[guilty], RefusedError)
    assert [a for i, a in enumerate(answers) if i != guilty] == [i * 2 for i in range(13) if i != guilty]
