"""``max_wait="auto"``: how long to wait is learnt from how items arrive."""

from __future__ import annotations

import asyncio

from geopandas_batch.batching import Batcher


def asked_sizes(double):
    return [len(items) for items in double.asked]


def test_calls_made_at_the_same_time_leave_together_without_waiting(run, double):
    batcher = Batcher(double, max_wait="auto")

    async def main():
        await asyncio.gather(*map(batcher, range(100)))

    run(main())

    assert asked_sizes(double) == [100]
    assert double.times == [0]


def test_who_asks_one_after_another_never_waits(run, double):
    double.seconds = 0.01
    batcher = Batcher(double, max_wait="auto")

    async def main():
        for item in range(50):
            await batcher(item)
        return asyncio.get_running_loop().time()

    assert round(run(main()), 3) == 0.5


def trickle(run, batcher, count, seconds):
    async def main():
        answers = []
        for item in range(count):
            answers.append(batcher.submit(item))
            await asyncio.sleep(seconds)
        return await asyncio.gather(*answers)

    return run(main())


def test_items_that_trickle_in_are_collected(run, double):
    trickle(run, Batcher(double, max_wait="auto", max_concurrency=100), 300, 0.005)

    assert len(double.asked) < 30


def test_nobody_waits_longer_than_a_call_takes(run, double):
    double.seconds = 0.05
    batcher = Batcher(double, max_wait="auto", max_concurrency=100)

    trickle(run, batcher, 300, 0.005)

    assert max(call.waited for call in batcher.stats.recent) <= 0.0501


def test_waiting_in_vain_is_unlearnt(run, double):
    double.seconds = 0.05
    batcher = Batcher(double, max_wait="auto", max_concurrency=100)

    async def main():
        for item in range(200):
            batcher.submit(item)
            await asyncio.sleep(0.005)
        await asyncio.sleep(1)
        for item in range(30):
            await batcher(item)

    run(main())

    assert max(call.waited for call in batcher.stats.recent[:-30]) > 0.01
    assert batcher.stats.recent[-1].waited == 0
