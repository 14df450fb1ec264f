"""``map``: any number of items, answers in order, memory flat."""

from __future__ import annotations

import asyncio
import itertools
import math
import tracemalloc

import pytest

from geopandas_batch.batching import Batcher, BatcherClosedError, WrongCountError


async def listed(answers):
    return [answer async for answer in answers]


async def until_error(answers):
    seen = []
    try:
        async for answer in answers:
            seen.append(answer)  # noqa: PERF401  (a comprehension would lose what came before the error)
    except Exception as error:
        return seen, error
    return seen, None


async def produced(items, seconds=0.0):
    for item in items:
        await asyncio.sleep(seconds)
        yield item


@pytest.mark.parametrize("form", [list, iter, produced], ids=["list", "iterator", "async"])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 1000])
def test_answers_come_in_order(run, double, form, count):
    batcher = Batcher(double, max_size=10, max_concurrency=3)

    assert run(listed(batcher.map(form(range(count))))) == [item * 2 for item in range(count)]
    assert double.asked == [[*range(start, min(start + 10, count))] for start in range(0, count, 10)]
    assert double.most <= 3


@pytest.mark.parametrize("form", [list, produced])
def test_equal_items_are_asked_once_while_they_are_in_the_air(run, double, form):
    items = [1, 2, 1, 3, 2, 1]

    assert run(listed(Batcher(double).map(form(items)))) == [2, 4, 2, 6, 4, 2]
    assert double.asked == [[1, 2, 3]]


@pytest.mark.parametrize("form", [list, produced])
def test_items_with_equal_keys_are_asked_once(run, double, form):
    batcher = Batcher(double, key=lambda item: item % 10)

    assert run(listed(batcher.map(form([1, 2, 11, 3, 12])))) == [2, 4, 2, 6, 4]
    assert double.asked == [[1, 2, 3]]


def test_items_that_cannot_be_hashed_are_each_asked(run, double):
    items = [[1], 2, [1], 2]

    assert run(listed(Batcher(double).map(items))) == [[1, 1], 4, [1, 1], 4]
    assert double.asked == [[[1], 2, [1]]]


def test_the_end_of_the_producer_lets_the_last_batch_go(run, double):
    run(listed(Batcher(double, max_wait=60).map([1, 2])))

    assert double.times == [0]


def test_a_map_that_ends_with_an_item_under_way_lets_its_last_batch_go(run, double):
    batcher = Batcher(double, max_wait=math.inf)

    async def main():
        under_way = batcher.submit(1)
        batcher.flush()
        await asyncio.sleep(0.5)
        return await listed(batcher.map([2, 1])), await under_way

    assert run(main()) == ([4, 2], 2)


@pytest.mark.parametrize("form", [list, produced])
def test_a_window_full_of_equal_items_waits_for_nobody(run, double, form):
    batcher = Batcher(double, max_wait=math.inf, max_size=10, max_concurrency=1)

    assert run(listed(batcher.map(form([1] * 100)))) == [2] * 100


def test_maps_that_start_together_share_batches(run, double):
    batcher = Batcher(double)

    async def main():
        return await asyncio.gather(*(listed(batcher.map([item, item + 1])) for item in range(3)))

    assert run(main()) == [[0, 2], [2, 4], [4, 6]]
    assert double.asked == [[0, 1, 2, 3]]


def test_a_map_shares_slots_with_single_callers(run, double):
    batcher = Batcher(double, max_wait=0.05, max_size=3)

    async def main():
        answers = [batcher.submit(item) for item in (7, 8)]
        mapped = await listed(batcher.map([1, 7, 2, 8]))
        return mapped, await asyncio.gather(*answers)

    assert run(main()) == ([2, 14, 4, 16], [14, 16])
    assert double.asked == [[7, 8, 1], [2]]


def test_a_single_caller_joins_an_item_of_a_map(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        mapped = asyncio.create_task(listed(batcher.map([1, 2, 3])))
        await asyncio.sleep(0.5)
        return await batcher(2), await mapped

    assert run(main()) == (4, [2, 4, 6])
    assert double.asked == [[1, 2, 3]]


def test_all_places_are_kept_busy_while_answers_are_handed_out(run, double):
    batcher = Batcher(double, max_size=10, max_concurrency=4)

    async def main():
        loop = asyncio.get_running_loop()
        async for _ in batcher.map(range(400)):
            pass
        return loop.time()

    assert run(main()) == pytest.approx(10)  # 40 calls of a second in four places


def test_batches_are_asked_while_the_consumer_is_at_work(run, double):
    batcher = Batcher(double, max_size=10, max_concurrency=1)

    async def main():
        answers = batcher.map(range(30))
        await anext(answers)
        await asyncio.sleep(1.5)
        return len(double.asked)

    assert run(main()) == 2


def test_a_slow_consumer_holds_the_producer_back(run, double):
    drawn = itertools.count()
    batcher = Batcher(double, max_size=10, max_concurrency=2)

    async def main():
        answers = batcher.map(next(drawn) for _ in range(1_000_000))
        await anext(answers)
        await asyncio.sleep(100)
        return next(drawn)

    assert run(main()) <= 40


def test_a_slow_producer_does_not_hold_answers_back(run, double):
    batcher = Batcher(double, max_wait=0.5)

    async def main():
        loop = asyncio.get_running_loop()
        return [(answer, round(loop.time(), 3)) async for answer in batcher.map(produced([1, 2], seconds=10))]

    assert run(main()) == [(2, 11.5), (4, 21)]


def test_an_error_is_raised_at_its_item(run):
    async def function(items):
        return [ValueError(item) if item == 2 else item for item in items]

    seen, error = run(until_error(Batcher(function).map(range(5))))

    assert seen == [0, 1]
    assert isinstance(error, ValueError)


def test_errors_can_be_had_as_values(run, double):
    double.bad = {5}
    batcher = Batcher(double, max_size=4)

    answers = run(listed(batcher.map(range(10), return_exceptions=True)))

    assert [type(answer) for answer in answers] == [int] * 4 + [ValueError] * 4 + [int] * 2


def test_a_wrong_count_never_shifts_answers(run):
    async def function(items):
        return [item for item in items if item != 5]

    answers = run(listed(Batcher(function, max_size=4).map(range(10), return_exceptions=True)))

    assert [type(answer) for answer in answers] == [int] * 4 + [WrongCountError] * 4 + [int] * 2


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_a_producer_gave_before_it_failed_is_answered(run, double, asynchronous):
    def items():
        yield 1
        yield 2
        raise OSError("the file is gone")

    seen, error = run(until_error(Batcher(double).map(produced(items()) if asynchronous else items())))

    assert seen == [2, 4]
    assert isinstance(error, OSError)


@pytest.mark.parametrize("form", [iter, produced])
def test_who_stops_early_leaves_nothing_behind(run, double, form):
    batcher = Batcher(double, max_size=10)

    async def main():
        answers = batcher.map(form(range(1000)))
        async for _ in answers:
            break
        await answers.aclose()
        await asyncio.sleep(0.1)
        asked = len(double.asked)
        await asyncio.sleep(10)
        return len(double.asked) - asked, batcher.stats.in_flight, batcher.stats.waiting, len(asyncio.all_tasks())

    assert run(main()) == (0, 0, 0, 1)


def test_leaving_a_map_harms_no_single_caller(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        mapped = asyncio.create_task(listed(batcher.map([1, 2, 3])))
        await asyncio.sleep(0.1)
        single = batcher.submit(2)
        mapped.cancel()
        return await single

    assert run(main()) == 4
    assert double.cancelled == []


def test_a_cancelled_map_cancels_its_calls(run, double):
    async def main():
        mapped = asyncio.create_task(listed(Batcher(double).map([1, 2, 3])))
        await asyncio.sleep(0.5)
        mapped.cancel()
        await asyncio.sleep(0.1)

    run(main())

    assert double.cancelled == [[1, 2, 3]]


def test_closing_ends_a_map_after_what_was_asked(run, double):
    batcher = Batcher(double, max_size=2, max_concurrency=1)

    async def main():
        seen = []
        with pytest.raises(BatcherClosedError):
            async for answer in batcher.map(range(100)):
                seen.append(answer)
                if answer == 0:
                    closing = asyncio.create_task(batcher.aclose())
                    await asyncio.sleep(0)
        await closing
        return seen

    assert run(main()) == [0, 2, 4, 6]


def test_one_text_is_not_many_items(double):
    with pytest.raises(TypeError, match="list"):
        Batcher(double).map("350 Fifth Avenue")


def test_something_that_is_not_many_is_refused(run, double):
    with pytest.raises(TypeError, match="iterable"):
        run(listed(Batcher(double).map(5)))


def test_a_million_items_keep_memory_flat():
    async def function(items):
        return items

    async def most(count):
        tracemalloc.start()
        batcher = Batcher(function, max_size=500)
        async for _ in batcher.map(iter(range(count))):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few, many = (asyncio.run(most(count)) for count in (20_000, 200_000))

    assert many < few * 1.2 + 100_000
