"""Many calls become few: what leaves together, and when."""

from __future__ import annotations

import asyncio
import contextvars
import math

import numpy as np
import pytest

from geopandas_batch.batching import Batcher


async def gather(batcher, *items):
    return await asyncio.gather(*map(batcher, items))


def test_calls_made_at_the_same_time_leave_as_one_batch(run, double):
    assert run(gather(Batcher(double), 1, 2, 3)) == [2, 4, 6]

    assert double.asked == [[1, 2, 3]]


def test_a_full_batch_leaves_at_once(run, double):
    run(gather(Batcher(double, max_size=2, max_wait=5), 1, 2, 3))

    assert double.asked == [[1, 2], [3]]
    assert double.times == [0, 5]


def test_the_wait_counts_from_the_first_item(run, double):
    batcher = Batcher(double, max_wait=0.05)

    async def main():
        for item in (1, 2, 3):
            batcher.submit(item)
            await asyncio.sleep(0.02)
        await batcher.aclose()

    run(main())

    assert double.asked == [[1, 2, 3]]
    assert double.times == [0.05]


def test_without_a_wait_a_batch_leaves_at_the_end_of_the_turn(run, double):
    run(gather(Batcher(double, max_wait=0), 1, 2, 3))

    assert double.asked == [[1, 2, 3]]
    assert double.times == [0]


def test_with_an_endless_wait_only_flush_lets_a_batch_go(run, double):
    batcher = Batcher(double, max_wait=math.inf)

    async def main():
        answer = batcher.submit(1)
        await asyncio.sleep(3600)
        batcher.flush()
        return await answer

    assert run(main()) == 2
    assert double.times == [3600]


def test_while_all_places_are_taken_a_batch_goes_on_growing(run, double):
    batcher = Batcher(double, max_wait=0, max_concurrency=1)

    async def main():
        answers = []
        for item in range(5):
            answers.append(batcher.submit(item))
            await asyncio.sleep(0.1)
        return await asyncio.gather(*answers)

    assert run(main()) == [0, 2, 4, 6, 8]
    assert double.asked == [[0], [1, 2, 3, 4]]


def test_no_more_calls_than_allowed_are_in_flight(run, double):
    run(gather(Batcher(double, max_size=1, max_concurrency=3), *range(20)))

    assert double.most == 3
    assert double.times[-1] == 6


def test_equal_items_share_one_slot(run, double):
    assert run(gather(Batcher(double), 1, 2, 1, 1)) == [2, 4, 2, 2]

    assert double.asked == [[1, 2]]


def test_items_with_equal_keys_share_one_slot(run, double):
    assert run(gather(Batcher(double, key=lambda item: item % 10), 1, 2, 11, 2)) == [2, 4, 2, 4]

    assert double.asked == [[1, 2]]


def test_items_that_cannot_be_hashed_may_have_a_key(run, double):
    assert run(gather(Batcher(double, key=tuple), [1], [2], [1])) == [[1, 1], [2, 2], [1, 1]]

    assert double.asked == [[[1], [2]]]


def test_the_function_may_change_items_that_have_a_key(run):
    asked = []

    async def taken(items):
        asked.append(len(items))
        await asyncio.sleep(1)
        names = [item.pop("name") for item in items]
        await asyncio.sleep(1)  # equal ones come meanwhile
        return names

    async def later(batcher, item, seconds):
        await asyncio.sleep(seconds)
        return await batcher(item)

    async def all_of_them():
        batcher = Batcher(taken, key=lambda item: item["name"])
        first = asyncio.gather(batcher({"name": "a"}), batcher({"name": "b"}))
        joined = asyncio.create_task(later(batcher, {"name": "b"}, 1.5))
        mapped = [each async for each in batcher.map([{"name": "c"}, {"name": "d"}])]
        return await first, await joined, mapped, await batcher({"name": "a"})

    assert run(all_of_them()) == (["a", "b"], "b", ["c", "d"], "a")
    assert asked == [4, 1]


def test_a_key_that_is_no_function_is_refused(double):
    with pytest.raises(TypeError, match="key must be a function of an item, not str"):
        Batcher(double, key="text")


def test_an_item_under_way_is_joined_not_asked_again(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        first = batcher.submit(1)
        await asyncio.sleep(0.9)
        second = batcher.submit(1)
        return await first, await second

    assert run(main()) == (2, 2)
    assert double.asked == [[1]]
    assert batcher.stats.joined == 1


def test_an_answered_item_is_asked_again(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        await batcher(1)
        await batcher(1)

    run(main())

    assert double.asked == [[1], [1]]


def test_items_that_cannot_be_hashed_are_each_asked(run, double):
    assert run(gather(Batcher(double), [1], 5, [1])) == [[1, 1], 10, [1, 1]]

    assert double.asked == [[[1], 5, [1]]]


def test_a_function_that_changes_its_list_mixes_nothing_up(run):
    async def drain(items):
        answers = [item * 2 for item in items]
        items.clear()
        return answers

    assert run(gather(Batcher(drain), 3, 1, 2)) == [6, 2, 4]


def test_a_function_that_keeps_its_answers_mixes_nothing_up(run):
    answers = []

    async def same_list(items):
        answers[:] = [item * 2 for item in items]
        return answers

    async def main():
        batcher = Batcher(same_list, max_size=2)
        return [answer async for answer in batcher.map([1, 2, 3, 4, 5])]

    assert run(main()) == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("form", [tuple, np.array, lambda answers: dict(zip([3, 1, 2], answers, strict=True))])
def test_answers_may_come_as(run, form):
    async def function(items):
        return form([item * 2 for item in items])

    assert run(gather(Batcher(function), 3, 1, 2)) == [6, 2, 4]


def test_the_function_runs_in_the_context_of_the_first_caller(run):
    user = contextvars.ContextVar("user", default="nobody")
    seen = []

    async def function(items):
        seen.append(user.get())
        return items

    async def main():
        batcher = Batcher(function, max_size=2, max_concurrency=1)

        async def call(name, item):
            user.set(name)
            await batcher(item)

        await asyncio.gather(*(call(name, item) for item, name in enumerate("abcd")))

    run(main())

    assert seen == ["a", "c"]


def test_idle_for_a_second_is_fewer_than_five_turns_of_the_loop(run, double):
    async def main():
        batcher = Batcher(double, max_wait=10)
        loop = asyncio.get_running_loop()
        batcher.submit(1)
        batcher.flush()
        await asyncio.sleep(2)
        answered = loop.turns
        await asyncio.sleep(1)
        idle = loop.turns - answered
        batcher.submit(2)
        queued = loop.turns
        await asyncio.sleep(1)
        return idle, loop.turns - queued

    idle, queued = run(main())

    assert idle < 5
    assert queued < 5


def test_a_batcher_outside_of_a_loop_says_what_to_do(double):
    with pytest.raises(RuntimeError, match="run_coroutine_threadsafe"):
        Batcher(double).submit(1)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_size", 0),
        ("max_size", 2.5),
        ("max_concurrency", 0),
        ("max_pending", -1),
        ("max_wait", -1),
        ("max_wait", math.nan),
        ("max_wait", "never"),
        ("max_wait", None),
    ],
)
def test_a_setting_out_of_range_is_named(double, setting, value):
    with pytest.raises(ValueError, match=setting):
        Batcher(double, **{setting: value})


def test_something_that_cannot_be_called_is_no_function():
    with pytest.raises(TypeError, match="async function"):
        Batcher([1, 2])
