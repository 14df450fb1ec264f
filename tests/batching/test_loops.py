"""A batcher belongs to no loop: it serves every loop, in every thread, one after another and at the same time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import sys
import threading

import nest_asyncio2
import pytest

from geopandas_batch.batching import Batcher


async def double(items):
    await asyncio.sleep(0)
    return [item * 2 for item in items]


async def gather(batcher, *items):
    return await asyncio.gather(*map(batcher, items))


def test_a_batcher_made_without_a_loop_serves_one_loop_after_another():
    batcher = Batcher(double, max_wait=0)

    assert [asyncio.run(gather(batcher, 1, 2)) for _ in range(3)] == [[2, 4]] * 3


def test_an_item_left_on_a_closed_loop_is_asked_again_on_the_next(run):
    batcher = Batcher(double, max_wait=60)

    async def leave():
        batcher.submit(1)

    run(leave())

    async def ask():
        answer = batcher.submit(1)
        batcher.flush()
        return await answer

    assert run(ask()) == 2


def test_several_threads_with_loops_of_their_own_share_a_batcher():
    batcher = Batcher(double, max_size=7, max_wait=0)
    together = threading.Barrier(4)

    def work(thread):
        together.wait()
        items = range(thread * 1000, thread * 1000 + 500)
        return asyncio.run(gather(batcher, *items)) == [item * 2 for item in items]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert batcher.stats.items == 2000


def test_closed_loops_are_forgotten():
    batcher = Batcher(double, max_wait=0)

    for _ in range(20):
        asyncio.run(gather(batcher, 1))

    assert len(batcher._lines.all()) == 1


def test_closing_in_one_thread_sends_what_another_has_queued():
    batcher = Batcher(double, max_wait=60)
    queued, closed = threading.Event(), threading.Event()

    async def ask():
        answer = batcher.submit(1)
        queued.set()
        return await answer

    async def close():
        await batcher.aclose()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(asyncio.run, ask())
        queued.wait()
        asyncio.run(close())
        closed.set()

        assert asked.result(timeout=20) == 2


def test_another_thread_can_ask_a_running_loop():
    batcher = Batcher(double, max_wait=0)

    async def main():
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(batcher(1), loop).result(20))

    assert asyncio.run(main()) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_uses_the_batcher_of_its_parent():
    batcher = Batcher(double, max_wait=0)

    async def main():
        answer = batcher.submit(1)
        child = os.fork()
        if not child:
            try:
                os._exit(0 if _on_a_new_loop(batcher) == [2, 4] else 1)
            finally:
                os._exit(2)
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        return await answer, os.waitstatus_to_exitcode(status)

    assert asyncio.run(main()) == (2, 0)


def _on_a_new_loop(batcher):
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(gather(batcher, 1, 2))
    finally:
        loop.close()


def reentrant_loop():
    """A loop that may be run inside of itself. Its class is its own: the patch concerns all loops of a class."""

    class Reentrant(asyncio.SelectorEventLoop):
        pass

    loop = Reentrant()
    nest_asyncio2._patch_loop(loop)
    return loop


def test_a_notebooks_loop_that_is_run_again_inside_of_itself_is_served():
    batcher = Batcher(double, max_wait=0.001)
    loop = reentrant_loop()

    async def cell():
        outside = batcher.submit(1)
        inside = loop.run_until_complete(gather(batcher, 1, 2))  # as a synchronous accessor does in a notebook
        return inside, await outside

    try:
        assert loop.run_until_complete(cell()) == ([2, 4], 2)
    finally:
        loop.close()


def test_a_producer_that_runs_the_loop_again_mixes_nothing_up():
    batcher = Batcher(double, max_wait=0.001, max_size=3)
    loop = reentrant_loop()

    def items():
        for item in range(10):
            yield loop.run_until_complete(batcher(item))

    async def cell():
        return [answer async for answer in batcher.map(items())]

    try:
        assert loop.run_until_complete(cell()) == [item * 4 for item in range(10)]
    finally:
        loop.close()


def test_a_task_factory_that_knows_no_context_is_served():
    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coroutine: asyncio.Task(coroutine, loop=loop))
        return await Batcher(double, max_wait=0)(1)

    assert asyncio.run(main()) == 2


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_eager_tasks_are_served(size):
    async def at_once(items):
        return [item * 2 for item in items]

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        batcher = Batcher(at_once, max_wait=0, max_size=size, max_concurrency=2)
        mapped = [answer async for answer in batcher.map(range(50))]
        return await gather(batcher, *range(50)), mapped

    assert asyncio.run(main()) == ([item * 2 for item in range(50)],) * 2


def test_uvloop_is_served():
    uvloop = pytest.importorskip("uvloop")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(gather(Batcher(double, max_wait=0.001), 1, 2)) == [2, 4]
