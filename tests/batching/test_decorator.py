"""``@batched``: many in, many out becomes one in, one out, for functions and methods."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import pickle
import weakref
from dataclasses import dataclass, field

import pytest

from geopandas_batch.batching import Batcher, batched


async def gather(batcher, *items):
    return await asyncio.gather(*map(batcher, items))


@dataclass
class Scale:
    """Multiplies; made at module level so that it can be pickled."""

    factor: int
    asked: list = field(default_factory=list)

    @batched(max_wait=0, max_size=3)
    async def times(self, items: list[int]) -> list[int]:
        """A multiple of a number."""
        self.asked.append(items)
        return [self.factor * item for item in items]


def test_a_decorated_function_takes_one_item(run):
    asked = []

    @batched(max_wait=0)
    async def double(items):
        asked.append(items)
        return [item * 2 for item in items]

    assert run(gather(double, 1, 2)) == [2, 4]
    assert asked == [[1, 2]]


def test_parentheses_are_not_needed(run):
    @batched
    async def double(items):
        return {item: item * 2 for item in items}

    assert run(gather(double, 1, 2)) == [2, 4]


def test_settings_are_kept(run):
    asked = []

    @batched(max_size=2, max_wait=0, max_concurrency=1, max_pending=4, split_on_error=True)
    async def double(items):
        asked.append(items)
        if 3 in items:
            raise ValueError
        return [item * 2 for item in items]

    answers = run(asyncio.wait_for(_tolerant(double, 1, 2, 3, 4), 10))

    assert answers[:2] + answers[3:] == [2, 4, 8]
    assert asked == [[1, 2], [3, 4], [3], [4]]


async def _tolerant(batcher, *items):
    return await asyncio.gather(*map(batcher, items), return_exceptions=True)


def test_name_and_doc_are_those_of_the_function():
    @batched
    async def price(tickers: list[str]) -> list[float]:
        """The price of a ticker."""
        return [1.0 for _ in tickers]

    assert price.__name__ == "price"
    assert price.__doc__ == "The price of a ticker."
    assert "price" in repr(price)
    assert list(inspect.signature(price).parameters) == ["item"]


def test_each_instance_has_batches_of_its_own(run):
    two, three = Scale(2), Scale(3)

    async def main():
        return await asyncio.gather(two.times(1), three.times(1), two.times(2))

    assert run(main()) == [2, 3, 4]
    assert (two.asked, three.asked) == ([[1, 2]], [[1]])


def test_an_instance_keeps_its_batcher():
    scale = Scale(2)

    assert scale.times is scale.times
    assert isinstance(scale.times, Batcher)
    assert scale.times.__doc__ == "A multiple of a number."
    assert Scale.times.__doc__ == "A multiple of a number."


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda scale: pickle.loads(pickle.dumps(scale))])
def test_a_copy_of_an_instance_asks_for_itself(run, duplicate):
    scale = Scale(2)
    run(gather(scale.times, 1))

    other = duplicate(scale)
    other.factor = 5

    assert run(gather(other.times, 1)) == [5]
    assert run(gather(scale.times, 1)) == [2]


def test_a_subclass_can_extend_a_batched_method(run):
    class Shifted(Scale):
        @batched(max_wait=0)
        async def times(self, items):
            return [answer + 1 for answer in await gather(super().times, *items)]

    assert run(gather(Shifted(2).times, 1, 2)) == [3, 5]


def test_a_frozen_instance_can_have_batched_methods(run):
    @dataclass(frozen=True)
    class Frozen:
        factor: int

        @batched(max_wait=0)
        async def times(self, items):
            return [self.factor * item for item in items]

    assert run(gather(Frozen(3).times, 2)) == [6]


def test_a_static_method_is_a_function(run):
    class House:
        @staticmethod
        @batched(max_wait=0)
        async def double(items):
            return [item * 2 for item in items]

    assert run(gather(House.double, 1)) == [2]
    assert run(gather(House().double, 1)) == [2]


def test_a_class_has_no_batcher_and_the_error_says_what_to_do(run):
    class House:
        @classmethod
        @batched
        async def outer(cls, items):
            return items

        @batched
        async def double(self, items):
            return items

    async def called(method, *arguments):
        return await method(*arguments)

    for attribute, arguments in (("outer", [1]), ("double", [House(), 1])):
        with pytest.raises(TypeError, match="static method"):
            run(called(getattr(House, attribute), *arguments))
    with pytest.raises(TypeError, match="static method"):
        batched(classmethod(lambda cls, items: items))


def test_an_instance_nobody_holds_is_served_and_then_gone(run):
    scale = Scale(2)
    gone = weakref.ref(scale)
    answer = gather(scale.times, 1)
    del scale

    assert run(answer) == [2]
    gc.collect()
    assert gone() is None


def test_without_a_place_for_the_batcher_the_error_says_what_to_do():
    class Slotted:
        __slots__ = ()

        @batched
        async def double(self, items):
            return items

    with pytest.raises(TypeError, match="__dict__"):
        _ = Slotted().double


def test_a_function_without_a_list_of_items_is_refused():
    with pytest.raises(TypeError, match="one list of items"):

        @batched
        async def nothing():
            return []


def test_a_wrong_setting_is_told_at_the_decorator():
    with pytest.raises(ValueError, match="max_size"):
        batched(max_size=0)


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="size"):
        batched(size=3)


def test_further_arguments_with_defaults_stay_as_they_are(run):
    @batched(max_wait=0)
    async def price(items, currency="EUR"):
        return [f"{item} {currency}" for item in items]

    assert run(gather(price, 1)) == ["1 EUR"]
