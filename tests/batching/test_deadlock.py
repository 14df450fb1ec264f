"""A batch function that waits for its own batcher: told, where it would be for ever, and left alone where it is not."""

from __future__ import annotations

import asyncio
import sys

import pytest

from geopandas_batch.batching import BatchDeadlockError, Batcher


def family(depth, wait=None, **settings):
    """Each number asks for the one below it, by the batcher itself: three levels of it."""

    async def asked(numbers):
        await asyncio.sleep(0.1)
        if max(numbers) == 0:
            return [0] * len(numbers)
        below = await (wait(batcher) if wait else batcher(max(numbers) - 1))
        return [below + 1] * len(numbers)

    batcher = Batcher(asked, **{"max_wait": 0, **settings})
    return batcher(depth)


async def mapped(batcher):
    return await anext(batcher.map([7]))


async def in_time(batcher):
    async with asyncio.timeout(60):
        return await batcher(7)


@pytest.mark.parametrize("wait", [None, mapped, in_time], ids=["call", "map", "timeout"])
@pytest.mark.parametrize("settings", [{}, {"max_size": 1}, {"max_pending": 1}, {"max_wait": 60}])
def test_a_function_that_waits_for_its_own_batcher_is_told(wait, settings, run):
    with pytest.raises(BatchDeadlockError, match="raise max_concurrency"):
        run(family(9, wait, max_concurrency=1, **settings))


def test_where_there_are_places_it_gets_its_answers_and_where_all_wait_it_is_told(run):
    assert run(family(3, max_concurrency=4)) == 3
    with pytest.raises(BatchDeadlockError, match="max_concurrency=3"):
        run(family(3, max_concurrency=3))


@pytest.mark.parametrize("mapping", [False, True])
def test_an_item_of_its_own_call_is_told_however_many_places_there_are(mapping, run):
    async def asked(numbers):
        return [await mapped(batcher) if mapping else await batcher(7) for _ in numbers]

    batcher = Batcher(asked, max_wait=0)
    with pytest.raises(BatchDeadlockError):
        run(batcher(7))


def test_the_other_half_of_a_batch_that_was_halved_is_no_item_of_its_own(run):
    async def asked(numbers):
        if len(numbers) == 2:
            raise ValueError("too many")
        return [await batcher(2) + 10] if numbers == [1] else [2]

    batcher = Batcher(asked, max_wait=0, split_on_error=True)

    async def main():
        return await asyncio.gather(batcher(1), batcher(2))

    assert run(main()) == [12, 2]


def test_who_asks_from_outside_meanwhile_is_answered_all_the_same(run):
    async def asked(numbers):
        await asyncio.sleep(0.1)
        if 1 in numbers:
            await batcher(5)
        return numbers

    batcher = Batcher(asked, max_wait=0, max_concurrency=1)

    async def main():
        first = asyncio.create_task(batcher(1))
        await asyncio.sleep(0.05)
        other = asyncio.create_task(batcher(5))  # in the batch that the function asks to join
        return await asyncio.gather(first, other, return_exceptions=True)

    failed, answered = run(main())
    assert isinstance(failed, BatchDeadlockError)
    assert answered == 5


def test_an_answer_that_is_there_already_is_no_wait(run):
    """One of two calls waits for the other, which has ended when the place is taken by a third that waits as well."""

    async def asked(numbers):
        (number,) = numbers
        await asyncio.sleep(number / 10)
        return [await batcher(number + 1) if number in (1, 3) else number]

    batcher = Batcher(asked, max_size=1, max_wait=0, max_concurrency=2)

    async def main():
        return await asyncio.gather(batcher(2), batcher(1), batcher(3))

    assert run(main()) == [2, 2, 4]


def test_a_task_that_was_started_may_ask_and_outlive_the_function(run, caplog):
    tasks = []

    async def asked(numbers):
        await asyncio.sleep(0.1)
        if 1 in numbers:
            tasks.extend(asyncio.create_task(batcher(number)) for number in (5, 6))
            await asyncio.sleep(0.1)
        return numbers

    batcher = Batcher(asked, max_wait=0, max_concurrency=1)

    async def main():
        return [await batcher(1), *await asyncio.gather(*tasks)]

    assert run(main()) == [1, 5, 6]
    assert caplog.text.count("asks its own batcher while max_concurrency=1") == 1


def test_a_function_that_waits_through_tasks_is_warned_of_in_the_log(run, caplog):
    async def asked(numbers):
        return await asyncio.gather(*(batcher(number + 1) for number in numbers))

    batcher = Batcher(asked, max_wait=0, max_concurrency=1)
    with pytest.raises(TimeoutError):
        run(asyncio.wait_for(batcher(1), 60))

    assert "Raise max_concurrency" in caplog.text


def test_other_batchers_and_those_of_others_are_not_meant(run, caplog):
    async def doubled(numbers):
        return [number * 2 for number in numbers]

    async def asked(numbers):
        return await asyncio.gather(*map(double, numbers))

    double, batcher = (Batcher(function, max_wait=0, max_concurrency=1) for function in (doubled, asked))

    async def main():
        return await asyncio.gather(*(batcher(number) for number in range(5)))

    assert run(main()) == [0, 2, 4, 6, 8]
    assert caplog.text == ""


def test_a_function_that_closes_its_own_batcher_is_told_and_the_batcher_is_open(run):
    async def asked(numbers):
        if 1 in numbers:
            await batcher.aclose()
        return numbers

    batcher = Batcher(asked, max_wait=0)

    async def main():
        with pytest.raises(BatchDeadlockError, match="close"):
            await batcher(1)
        return await batcher(2)

    assert run(main()) == 2


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks are eager from Python 3.12 on")
def test_eager_tasks_are_told_too():
    async def asked(numbers):
        return [await batcher(number + 1) for number in numbers]

    batcher = Batcher(asked, max_size=1, max_concurrency=1)

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        with pytest.raises(BatchDeadlockError):
            await batcher(1)

    asyncio.run(main())
