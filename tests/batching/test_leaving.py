"""Callers come and go: who is cancelled harms no other, and nothing is asked for nobody."""

from __future__ import annotations

import asyncio

import pytest

from geopandas_batch.batching import Batcher


def test_cancelling_one_caller_of_an_item_harms_no_other(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        one, two = (asyncio.create_task(batcher(1)) for _ in range(2))
        await asyncio.sleep(0.5)
        one.cancel()
        return await two, one.cancelled()

    assert run(main()) == (2, True)
    assert double.cancelled == []


def test_when_the_last_caller_of_a_batch_is_gone_the_call_is_cancelled(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        answers = [batcher.submit(item) for item in (1, 1, 2)]
        await asyncio.sleep(0.5)
        for answer in answers[:2]:
            answer.cancel()
        await asyncio.sleep(0.1)
        before = list(double.cancelled)
        answers[2].cancel()
        await asyncio.sleep(0.1)
        return before

    assert run(main()) == []
    assert double.cancelled == [[1, 2]]


def test_a_caller_out_of_patience_counts_as_gone(run, double):
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Batcher(double, max_wait=0)(1), timeout=0.5)
        await asyncio.sleep(0.1)

    run(main())

    assert double.cancelled == [[1]]


def test_a_batch_whose_callers_left_before_is_never_sent(run, double):
    batcher = Batcher(double, max_wait=0.05)

    async def main():
        for answer in [batcher.submit(1), batcher.submit(2)]:
            answer.cancel()
        await asyncio.sleep(1)

    run(main())

    assert double.asked == []


def test_an_item_whose_callers_left_before_is_not_asked(run, double):
    batcher = Batcher(double, max_wait=0.05)

    async def main():
        one, two, three = (batcher.submit(item) for item in (1, 2, 3))
        two.cancel()
        return await asyncio.gather(one, three)

    assert run(main()) == [2, 6]
    assert double.asked == [[1, 3]]


def test_who_comes_after_the_last_has_left_gets_a_call_of_his_own(run, double):
    batcher = Batcher(double, max_wait=0)

    async def main():
        first = batcher.submit(1)
        await asyncio.sleep(0.5)
        first.cancel()
        return await batcher(1)

    assert run(main()) == 2
    assert double.asked == [[1], [1]]
    assert double.cancelled == [[1]]


def test_a_cancelled_call_keeps_its_place_until_it_has_ended(run):
    places = 0

    async def slow_to_leave(items):
        nonlocal places
        places += 1
        assert places == 1
        try:
            await asyncio.sleep(1)
        finally:
            await asyncio.sleep(1)
            places -= 1
        return items

    async def main():
        batcher = Batcher(slow_to_leave, max_wait=0, max_concurrency=1)
        first = batcher.submit(1)
        await asyncio.sleep(0.5)
        first.cancel()
        return await batcher(2)

    assert run(main()) == 2


def test_halves_without_callers_are_not_tried(run, double):
    double.bad = {0, 7}
    batcher = Batcher(double, max_wait=0, split_on_error=True, max_concurrency=1)

    async def main():
        answers = [batcher.submit(item) for item in range(8)]
        await asyncio.sleep(0.5)
        for answer in answers[1:]:
            answer.cancel()
        return await asyncio.gather(answers[0], return_exceptions=True)

    [answer] = run(main())

    assert isinstance(answer, ValueError)
    assert double.asked == [[*range(8)], [0]]


def test_a_task_cancelled_before_it_started_frees_its_place(run, double):
    batcher = Batcher(double, max_size=1, max_concurrency=1)

    async def main():
        batcher.submit(1).cancel()
        return await batcher(2)

    assert run(main()) == 4
    assert double.asked == [[2]]
