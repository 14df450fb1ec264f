"""When jobs are polled, by a clock that is stepped: jobs of a third of a second and of ten minutes cost the same."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from statistics import fmean

import pytest

from geopandas_batch import Locator
from geopandas_batch.errors import TooSlow
from geopandas_batch.jobs.polling import JobTimes, Sample
from geopandas_batch.places import Location
from geopandas_batch.services import Limits

WAY = 0.05  # seconds to the service and back


@dataclass
class Work:
    """A job, and how well it was polled."""

    seconds: float
    begun: float
    pending: int = 0
    lost: float = 0.0  # seconds between its end and the poll that found it ready


class Office:
    """A service with jobs that take the given times, one after the other."""

    name = "office"

    def __init__(self, seconds: Iterator[float], slots: int) -> None:
        self.limits = Limits(batch_size=1000, max_concurrency=slots)
        self.seconds, self.works = seconds, list[Work]()

    async def submit(self, wire, questions):
        self.works.append(Work(next(self.seconds), asyncio.get_running_loop().time()))
        number = len(self.works) - 1
        await asyncio.sleep(WAY)
        return str(number)

    async def collect(self, wire, job_id, questions):
        work, now = self.works[int(job_id)], asyncio.get_running_loop().time()
        await asyncio.sleep(WAY)
        if now < work.begun + work.seconds:
            work.pending += 1
            return None
        work.lost = now - work.begun - work.seconds
        return [Location(1.0, 2.0, service=self.name)] * len(questions)


@pytest.fixture
def work(run, monkeypatch) -> Callable[..., list[Work]]:
    """Has a number of rounds done, each with as many jobs as there are places; the jobs."""

    def work(seconds: Iterator[float], *, slots: int, rounds: int) -> list[Work]:
        random.seed(7)  # polls are moved a little by chance, so that many clients do not come all at once
        office = Office(seconds, slots)

        async def main() -> None:
            monkeypatch.setattr(time, "time", asyncio.get_running_loop().time)  # the clock on the wall, stepped as well
            async with Locator(office, cache=False) as locator:
                for number in range(rounds):
                    await locator.locate_many([f"{number} {place}" for place in range(20 * slots)])

        run(main())
        return office.works

    return work


def times(base: float, spread: float) -> Iterator[float]:
    """Times that differ by chance."""
    chance = random.Random(7)
    return (base * chance.uniform(1 - spread, 1 + spread) for _ in repeat(None))


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("spread", [0.0, 0.05])
@pytest.mark.parametrize("base", [0.3, 1, 10, 60, 600])
def test_at_most_a_tenth_of_a_job_is_lost_with_at_most_ten_polls_too_early(base, spread, slots, work):
    works = work(times(base, spread), slots=slots, rounds=8)

    known = works[slots:]
    assert len(known) == 7 * slots
    assert max(each.pending for each in known) <= 10
    # Of one that is quicker than all before it, the difference is lost besides.
    assert max(each.lost - 2 * spread * base for each in known) <= 0.1 * base + 1.5 * WAY
    assert fmean(each.lost for each in known) <= 0.05 * base + WAY


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("base", [1, 10, 60])
def test_of_jobs_alike_that_take_very_different_times_less_than_a_tenth_is_lost_on_the_average(base, slots, work):
    works = work(times(base, 0.3), slots=slots, rounds=40)

    known = works[8:]
    assert max(each.pending for each in known) <= 10
    assert fmean(each.lost / each.seconds for each in known) <= 0.08 + WAY / base


@pytest.mark.parametrize("seconds", [0.3, 1, 2, 5, 10, 30, 60, 120])
def test_of_the_first_job_ever_at_most_two_fifths_are_lost(seconds, work):
    (first,) = work(repeat(seconds), slots=1, rounds=1)

    assert first.lost <= 0.42 * seconds + WAY
    assert first.pending <= (10 if seconds <= 7 else 19)


@pytest.mark.parametrize("seconds", [0.5, 1, 2, 4, 7])
def test_first_jobs_side_by_side_find_the_time_out_together(seconds, work):
    works = work(repeat(seconds), slots=4, rounds=1)

    assert max(each.pending for each in works) <= 10
    assert max(each.lost for each in works) <= 0.1 * seconds + 1.5 * WAY


@pytest.mark.parametrize("factor", [0.5, 1.5, 3])
def test_when_jobs_begin_to_take_another_time_the_schedule_follows(factor, work):
    before, after = 10.0, 10.0 * factor
    seconds = iter([*repeat(before, 20), *repeat(after, 200)])
    works = work(seconds, slots=1, rounds=45)

    assert max(each.pending for each in works) <= 14
    assert max(each.lost for each in works[-10:]) <= 0.1 * after + WAY


@pytest.mark.parametrize("before", [None, 600])
def test_no_job_is_waited_for_longer_than_was_said(before, run):
    """Though jobs are known to take longer, or nothing is known."""
    office = Office(repeat(before or 600), slots=1)

    async def main() -> float:
        async with Locator(office, cache=False) as locator:
            if before:
                await locator.locate_many(["1 Main Street"])
            office.limits = replace(office.limits, job_timeout=100)
            begun = asyncio.get_running_loop().time()
            with pytest.raises(TooSlow, match="paid and on record"):
                await locator.locate("2 Main Street")
            return asyncio.get_running_loop().time() - begun

    assert 100 <= run(main()) < 101


def test_threads_learn_from_each_other_without_harm():
    """A locator is shared by the threads of a process: one learns while another one plans."""
    times, trouble = JobTimes([(100, 2.0)] * 32), list[Exception]()
    planned = threading.Event()

    def learn() -> None:
        while not planned.is_set():
            times.note(Sample(100, 1.0, 2.0))

    def plan() -> None:
        try:
            for _ in range(2000):
                assert times.expected(100) and times.expected(500) and times.forecast(100)
        except RuntimeError as error:
            trouble.append(error)
        planned.set()

    threads, before = [threading.Thread(target=each) for each in (learn, plan)], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)

    assert not trouble


def test_who_waited_on_a_loop_that_was_closed_in_the_middle_is_let_go():
    """Else it would hold its whole run, and count as one with whom to share the work of finding out."""
    times, loop = JobTimes(), asyncio.new_event_loop()
    task = loop.create_task(times.wait(100, loop.time(), 0))
    task._log_destroy_pending = False
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    waits = weakref.ref(task)
    del task, loop

    async def wait() -> None:
        now = asyncio.get_running_loop().time()
        await times.wait(100, now, 0, until=now)

    asyncio.run(wait())
    gc.collect()

    assert waits() is None
