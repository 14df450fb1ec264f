"""Closing: what was queued is finished, or fails; nothing is left behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from geopandas_batch.batching import Batcher, BatcherClosedError


def test_aclose_finishes_what_was_queued(run, double):
    batcher = Batcher(double, max_wait=60, max_size=2)

    async def main():
        answers = [batcher.submit(item) for item in range(5)]
        await batcher.aclose()
        return [answer.result() for answer in answers], asyncio.get_running_loop().time()

    assert run(main()) == ([0, 2, 4, 6, 8], 1)


def test_aclose_with_cancel_fails_what_was_queued_and_under_way(run, double):
    batcher = Batcher(double, max_size=2, max_concurrency=1)

    async def main():
        answers = [batcher.submit(item) for item in range(5)]
        await asyncio.sleep(0.5)
        await batcher.aclose(cancel=True)
        return [type(answer.exception()) for answer in answers]

    assert run(main()) == [BatcherClosedError] * 5
    assert double.asked == double.cancelled == [[0, 1]]


def test_a_closed_batcher_takes_nothing(run, double):
    batcher = Batcher(double)

    async def main():
        await batcher.aclose()
        with pytest.raises(BatcherClosedError):
            batcher.submit(1)
        with pytest.raises(BatcherClosedError):
            await batcher(1)
        with pytest.raises(BatcherClosedError):
            batcher.map([1])

    run(main())


def test_closing_twice_is_closing_once(run, double):
    batcher = Batcher(double)

    async def main():
        answer = batcher.submit(1)
        await asyncio.gather(batcher.aclose(), batcher.aclose())
        await batcher.aclose()
        return await answer

    assert run(main()) == 2


def test_async_with_drains_and_opens_again(run, double):
    batcher = Batcher(double, max_wait=60)

    async def main():
        async with batcher:
            first = batcher.submit(1)
        async with batcher:
            second = batcher.submit(2)
        return first.result(), second.result()

    assert run(main()) == (2, 4)


def test_an_error_inside_async_with_sends_nothing_more(run, double):
    async def main():
        with pytest.raises(KeyError):
            async with Batcher(double, max_wait=60) as batcher:
                answer = batcher.submit(1)
                raise KeyError
        return type(answer.exception())

    assert run(main()) is BatcherClosedError
    assert double.asked == []


def test_callers_who_wait_for_room_are_served_before_the_end(run, double):
    batcher = Batcher(double, max_pending=1, max_wait=60)

    async def main():
        callers = [asyncio.create_task(batcher(item)) for item in range(4)]
        await asyncio.sleep(0)
        await batcher.aclose()
        return [caller.result() for caller in callers]

    assert run(main()) == [0, 2, 4, 6]


def test_callers_who_wait_for_room_fail_when_closing_cancels(run, double):
    batcher = Batcher(double, max_pending=1, max_wait=60)

    async def main():
        callers = [asyncio.create_task(batcher(item)) for item in range(3)]
        await asyncio.sleep(0.5)
        await batcher.aclose(cancel=True)
        return [type(error) for error in await asyncio.gather(*callers, return_exceptions=True)]

    assert run(main()) == [BatcherClosedError] * 3


EXITS = {
    "queued": "asyncio.run(ask())",
    "under way": "asyncio.run(ask(0.05))",
    "failed and never looked at": "asyncio.run(close())",
    "a loop that is dropped": "loop = asyncio.new_event_loop(); loop.run_until_complete(ask(0.05)); loop.close()",
    "a loop that is not even closed": "loop = asyncio.new_event_loop(); loop.run_until_complete(ask(0.05))",
    "a thread that is a daemon": (
        "import threading; threading.Thread(target=lambda: asyncio.run(ask(60)), daemon=True).start(); time.sleep(0.2)"
    ),
}


@pytest.mark.parametrize("ending", EXITS.values(), ids=EXITS)
def test_at_interpreter_exit_there_is_no_warning_and_no_hang(ending):
    script = f"""
import asyncio, time
from geopandas_batch.batching import Batcher

async def slow(items):
    await asyncio.sleep(30)
    return items

batcher = Batcher(slow, max_wait=0.01, max_size=2, max_concurrency=1)

async def ask(seconds=0):
    global answers
    answers = [batcher.submit(item) for item in range(5)]
    await asyncio.sleep(seconds)

async def close():
    await ask(0.05)
    await batcher.aclose(cancel=True)

{ending}
"""
    python = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)

    assert (python.returncode, python.stderr) == (0, "")
