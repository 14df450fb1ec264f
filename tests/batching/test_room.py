"""``max_pending``: callers wait for room, in their order, and nobody is refused."""

from __future__ import annotations

import asyncio
import math

from geopandas_batch.batching import Batcher, BatcherClosedError


async def gather(batcher, *items):
    return await asyncio.gather(*map(batcher, items))


def test_callers_wait_for_room_and_none_is_refused(run, double):
    batcher = Batcher(double, max_pending=4, max_size=2, max_concurrency=2)
    waiting = []

    async def main():
        async def watch():
            while True:
                waiting.append(batcher.stats.waiting)
                await asyncio.sleep(0.5)

        watcher = asyncio.create_task(watch())
        answers = await gather(batcher, *range(20))
        watcher.cancel()
        return answers

    assert run(main()) == [item * 2 for item in range(20)]
    assert max(waiting) == 4


def test_callers_are_let_in_in_their_order(run, double):
    run(gather(Batcher(double, max_pending=2, max_size=2), *range(8)))

    assert double.asked == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_a_batch_that_cannot_grow_for_want_of_room_does_not_wait(run, double):
    batcher = Batcher(double, max_pending=3, max_wait=math.inf)

    async def main():
        # The last ones fill no batch and nobody waits behind them.
        answers = asyncio.gather(*(asyncio.create_task(batcher(item)) for item in range(7)))
        await asyncio.sleep(5)
        batcher.flush()
        return await answers

    assert run(main()) == [item * 2 for item in range(7)]
    assert double.times == [0, 1, 5]


def test_an_equal_item_in_the_air_needs_no_room(run, double):
    batcher = Batcher(double, max_pending=1, max_wait=0)

    async def main():
        loop = asyncio.get_running_loop()
        await gather(batcher, 1, 1, 1)
        return loop.time()

    assert run(main()) == 1


def test_a_caller_cancelled_while_it_waits_takes_no_room(run, double):
    batcher = Batcher(double, max_pending=1, max_wait=0)

    async def main():
        first, second, third = (asyncio.create_task(batcher(item)) for item in range(3))
        await asyncio.sleep(0.5)
        second.cancel()
        return await first, await third

    assert run(main()) == (0, 4)
    assert double.asked == [[0], [2]]


def test_a_caller_cancelled_in_the_turn_it_is_let_in_gives_its_room_away(run, double):
    batcher = Batcher(double, max_pending=1, max_wait=0)

    async def main():
        first = batcher.submit(0)
        second, third = (asyncio.create_task(batcher(item)) for item in (1, 2))
        await asyncio.sleep(0)
        first.cancel()  # lets the second in, which is cancelled before it runs
        second.cancel()
        return await third

    assert run(main()) == 4


def test_a_map_keeps_to_the_room_there_is(run, double):
    batcher = Batcher(double, max_pending=3, max_size=10, max_wait=60)

    async def main():
        return [answer async for answer in batcher.map(range(10))], asyncio.get_running_loop().time()

    answers, seconds = run(main())

    assert answers == [item * 2 for item in range(10)]
    assert seconds < 60
    assert max(map(len, double.asked)) == 3


def test_maps_and_callers_share_the_room_without_a_deadlock(run, double):
    batcher = Batcher(double, max_pending=3, max_size=2, max_wait=60)

    async def produced(items):
        for item in items:
            yield item

    async def listed(answers):
        return [answer async for answer in answers]

    async def main():
        return await asyncio.gather(
            listed(batcher.map(range(20))),
            listed(batcher.map(produced(range(10, 30)))),
            gather(batcher, *range(100, 110)),
        )

    expected = [[item * 2 for item in items] for items in (range(20), range(10, 30), range(100, 110))]
    assert run(main()) == expected


def test_submitted_items_wait_for_room_in_their_turn(run, double):
    batcher = Batcher(double, max_pending=2, max_size=2)

    async def main():
        futures = [batcher.submit(item) for item in range(7)]
        return await asyncio.gather(*futures)

    assert run(main()) == [item * 2 for item in range(7)]
    assert double.asked == [[0, 1], [2, 3], [4, 5], [6]]


def test_a_submitted_item_that_is_cancelled_outside_is_never_asked(run, double):
    batcher = Batcher(double, max_pending=1, max_size=1)

    async def main():
        futures = [batcher.submit(item) for item in range(5)]
        futures[2].cancel()
        futures[4].cancel()
        answers = await asyncio.gather(*futures, return_exceptions=True)
        await batcher.aclose()
        return [type(answer) if isinstance(answer, BaseException) else answer for answer in answers]

    assert run(main()) == [0, 2, asyncio.CancelledError, 6, asyncio.CancelledError]
    assert double.asked == [[0], [1], [3]]


def test_closing_lets_in_what_waits_outside_or_fails_it(run, double):
    async def main(cancel):
        batcher = Batcher(double, max_pending=1, max_size=1)
        futures = [batcher.submit(item) for item in range(4)]
        await batcher.aclose(cancel=cancel)
        return await asyncio.gather(*futures, return_exceptions=True)

    assert run(main(False)) == [0, 2, 4, 6]
    assert {type(answer) for answer in run(main(True))} == {BatcherClosedError}
