"""The life of jobs: halved, balanced, shared by processes, polled in time, found again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopandas_batch.errors import (
    KeyRefused,
    QueryError,
    QuotaExhausted,
    ServiceError,
    StrangeAnswer,
    TooSlow,
    Unavailable,
)
from geopandas_batch.jobs.plans import Purse, split
from geopandas_batch.jobs.polling import JobTimes, Sample
from geopandas_batch.locator.step import Step
from geopandas_batch.places import Location, Query
from geopandas_batch.places.lines import Wanted
from geopandas_batch.services.protocol import Limits
from geopandas_batch.store import Store
from geopandas_batch.store.journal import SUBMIT_SECONDS
from geopandas_batch.store.keys import Keys
from geopandas_batch.testing import FakeGeoapify


def streets(count: int, first: int = 0) -> pd.DataFrame:
    return pd.DataFrame({"a": [f"{n} Main Street" for n in range(first, first + count)]})


def check(located: pd.DataFrame, fake: FakeGeoapify) -> None:
    wanted = [fake.expected(text) for text in located["a"]]
    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), wanted)


@pytest.fixture
def jobs(geoapify):
    return partial(geoapify, mode="batch")


@given(st.integers(0, 100_000), st.integers(1, 2000), st.integers(1, 20), st.integers(1, 100))
def test_batches_are_balanced(count, batch_size, slots, least):
    sizes = split(count, batch_size=batch_size, slots=slots, least=min(least, batch_size))

    assert sum(sizes) == count
    assert max(sizes, default=0) - min(sizes, default=0) <= 1
    assert max(sizes, default=0) <= batch_size
    assert len(sizes) <= slots * -(-count // (slots * batch_size))


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(1200, [300] * 4), (100, [50] * 2), (60, [60]), (4000, [1000] * 4), (4200, [1000] * 4 + [50] * 4)],
)
def test_addresses_are_spread_over_the_jobs_that_may_be_under_way(count, sizes, fake, jobs):
    check(streets(count).geo.locate("a", service=jobs(fake)), fake)

    assert [len(submit.inputs) for submit in fake.submits] == sizes


@pytest.mark.parametrize("count", [1, 5])
def test_a_handful_goes_as_single_requests_side_by_side(count, fake, geoapify):
    fake.fail("slow", on="single", seconds=0.5)

    located = streets(count).geo.locate("a", service=geoapify(fake))

    check(located, fake)
    assert fake.requests[-1].time - fake.requests[0].time < 0.5  # the last one left before the first had its answer
    assert [request.kind for request in fake.requests] == ["single"] * count
    assert fake.credits == located.geo.report.credits == count


def test_six_go_as_a_job(fake, geoapify):
    streets(6).geo.locate("a", service=geoapify(fake))

    assert len(fake.submits) == 1
    assert fake.credits == 3


def test_mode_single_never_makes_a_job(fake, geoapify):
    located = streets(120).geo.locate("a", service=geoapify(fake, mode="single"))

    check(located, fake)
    assert not fake.submits
    assert fake.credits == 120


@pytest.mark.parametrize("poison", [{17}, {0}, {999}, {0, 500, 999}, {3, 4, 5, 700}])
def test_a_refused_batch_is_halved_until_the_guilty_address_is_alone(poison, jobs):
    guilty = {f"{n} Main Street" for n in poison}
    with FakeGeoapify(poison=guilty) as fake:
        located = streets(1000).geo.locate("a", service=jobs(fake, max_jobs=1), details=True)

        failed = located[located["status"] == "failed"]
        assert set(failed["a"]) == guilty
        assert failed["reason"].str.contains("refused this address").all()
        check(located[located["status"] != "failed"], fake)
        assert fake.credits == (1000 - len(guilty)) / 2
        assert sum(request.kind == "submit" for request in fake.requests) < 2 + 22 * len(guilty)


@pytest.mark.parametrize("mode", ["batch", "single"])
def test_a_question_that_comes_twice_is_bought_once(mode, fake, geoapify):
    texts = [f"{number} Main Street" for number in (*range(60), 3, 3, 59)]
    step = Step(geoapify(fake, mode=mode), None, max_wait=0.0, purse=Purse())
    keys = step._keys.keys(map(Query, texts))

    answers = asyncio.run(step._buyer.answer(list(zip(keys, texts, strict=True))))

    assert [(each.lat, each.lon) for each in answers] == list(map(fake.expected, texts))
    assert sorted(fake.inputs) == sorted(set(texts))


def test_a_request_that_is_wrong_as_a_whole_is_not_halved_down_to_each_address(fake, jobs):
    fake.fail("400", on="submit")

    with pytest.raises(ServiceError, match="refused the request"):
        streets(1000).geo.locate("a", service=jobs(fake))

    assert len(fake.requests) <= 4 * 5  # each of the four jobs, and four of its addresses alone


def test_an_address_that_is_too_long_is_not_sent(fake, jobs):
    frame = pd.concat([streets(60), pd.DataFrame({"a": ["x" * 1025]})], ignore_index=True)

    located = frame.geo.locate("a", service=jobs(fake), details=True)

    assert len(fake.inputs) == 60
    assert located.loc[60, "reason"].startswith("longer than the 1,024 letters")


def test_a_damaged_delivery_is_fetched_again_and_costs_nothing(fake, jobs):
    fake.fail("short", times=1, items=30)

    check(streets(100).geo.locate("a", service=jobs(fake, max_jobs=1)), fake)

    assert len(fake.inputs) == 100


def test_rows_without_an_answer_are_asked_once_more(fake, jobs):
    fake.fail("short", times=2, items=30)

    located = streets(100).geo.locate("a", service=jobs(fake, max_jobs=1))

    check(located, fake)
    assert [len(submit.inputs) for submit in fake.submits] == [100, 30]


def test_the_reply_to_a_submit_that_broke_off_still_gives_the_job(fake, jobs):
    fake.fail("cut", on="submit", times=1)

    located = streets(10).geo.locate("a", service=jobs(fake))

    check(located, fake)
    assert len(fake.submits) == 1
    assert located.geo.report.replies_lost == 0


class Desk:
    """A service with jobs of the user's own, which answers polls with an error, if there is one."""

    name = "desk"
    limits = Limits(batch_size=10, max_concurrency=1)

    def __init__(self, error: ServiceError | None) -> None:
        self.error = error
        self.submits = 0

    async def submit(self, wire, questions):
        self.submits += 1
        return str(self.submits)

    async def collect(self, wire, job_id, questions):
        if self.error is not None:
            raise self.error
        return [Location(1.0, 2.0)] * len(questions)


@pytest.mark.parametrize(
    ("error", "age", "submits"),
    [
        (StrangeAnswer("it broke off", status=200, retryable=True), 0, 1),
        (StrangeAnswer("it points to another address", status=302), 0, 1),
        (StrangeAnswer("it broke off", status=200, retryable=True), 100_000, 2),
        (StrangeAnswer("there is no list of results"), 0, 2),
        (ServiceError("it refused the request", status=400), 0, 1),
        (ServiceError("it refused the request", status=400), 100_000, 2),
        (ServiceError("it is gone", status=410), 0, 4),  # twice in the second run, once in the third
        (Unavailable("it is out of order", status=500), 100_000, 1),
        (KeyRefused("it refused the key", status=403), 100_000, 1),
    ],
)
def test_a_paid_job_is_given_up_only_when_it_is_certainly_lost(error, age, submits, cache_file):
    desk = Desk(TooSlow("it is not ready"))
    with pytest.raises(TooSlow):
        streets(3).geo.locate("a", service=desk)
    with sqlite3.connect(cache_file) as db:
        db.execute("UPDATE job SET submitted = submitted - ?", (age,))
    desk.error = error
    streets(3).geo.locate("a", service=desk, errors="coerce")
    desk.error = None

    located = streets(3).geo.locate("a", service=desk)

    assert located["lat"].tolist() == [1.0] * 3
    assert desk.submits == submits


def test_a_job_that_another_process_has_collected_in_part_is_asked_for_and_not_bought_again(cache_file):
    """As it keeps no answer to an address that is refused."""

    class Shared(Desk):
        async def collect(self, wire, job_id, questions):
            other, keys = Store(cache_file), Keys(self.name, {}).keys(questions)
            if job := next(iter(other.jobs_holding(keys)), None):
                other.keep([(keys[0], Location(1.0, 2.0))], service=self.name, job=job)
                return None
            return [Location(1.0, 2.0), QueryError("it is refused")]

    desk = Shared(None)
    located = streets(2).geo.locate("a", service=desk, details=True)

    assert located["status"].tolist() == ["located", "failed"]
    assert desk.submits == 1


@pytest.mark.parametrize("kept", [0, 16], ids=["all keys", "one of two"])
def test_a_job_on_record_for_other_addresses_than_it_has_holds_nobody_up(kept, cache_file, caplog):
    class Slow(Desk):
        async def collect(self, wire, job_id, questions):
            if job_id == "1" and self.error is not None:
                raise self.error
            return [Location(float(len(question.text)), 2.0) for question in questions]

    desk, old = Slow(TooSlow("it is not ready")), pd.DataFrame({"a": ["Oslo", "Bergen"]})
    with pytest.raises(TooSlow):
        old.geo.locate("a", service=desk)
    others = b"".join(Keys(desk.name, {}).keys([Query("Trondheim"), Query("Bodø")]))
    with sqlite3.connect(cache_file) as db:
        db.execute("UPDATE job SET keys = CAST(substr(keys, 1, ?) || ? AS BLOB)", (kept, others[kept:]))

    new = pd.DataFrame({"a": ["Trondheim", "Bodø"]}).geo.locate("a", service=desk)
    with pytest.raises(TooSlow):
        old.geo.locate("a", service=desk)
    desk.error = None

    assert new["lat"].tolist() == [9.0, 4.0]
    assert old.geo.locate("a", service=desk)["lat"].tolist() == [4.0, 6.0]
    assert desk.submits == 2
    assert "that is mended" in caplog.text


@pytest.mark.parametrize("locked", ["submit", "collect", "one"])
def test_who_has_paid_gets_his_answers_though_another_process_holds_the_cache(locked, cache_file, monkeypatch, caplog):
    """As when it clears a cache of gigabytes, or was stopped with Ctrl-Z while it wrote."""
    monkeypatch.setattr("geopandas_batch.store.opening.BUSY_SECONDS", 0.2)
    Store(cache_file).keep([(bytes(16), None)], service="desk")  # there is a file
    other = sqlite3.connect(cache_file, isolation_level=None)

    class Paid(Desk):
        price = 0.5

        async def submit(self, wire, questions):
            if locked == "submit":
                other.execute("BEGIN IMMEDIATE")
            return await super().submit(wire, questions)

        async def collect(self, wire, job_id, questions):
            other.execute("ROLLBACK" if locked == "submit" and other.in_transaction else "BEGIN IMMEDIATE")
            return await super().collect(wire, job_id, questions)

        async def locate_one(self, wire, question):
            if not other.in_transaction:
                other.execute("BEGIN IMMEDIATE")
            self.submits += 1
            return Location(1.0, 2.0)

    desk = Paid(None)
    if locked == "one":
        desk.limits = Limits(batch_size=10, max_concurrency=1, single_up_to=3)
    located = streets(3).geo.locate("a", service=desk)

    assert located["lat"].tolist() == [1.0] * 3
    assert "database is locked" in caplog.text
    if other.in_transaction:
        other.execute("ROLLBACK")
    other.close()
    if locked != "one":  # of which nothing is on record
        desk.collect = super(Paid, desk).collect
        assert streets(3).geo.locate("a", service=desk)["lat"].tolist() == [1.0] * 3
        assert desk.submits == 1


def test_when_the_credits_are_used_up_in_the_middle_of_a_refused_batch_that_is_said():
    """Its addresses are tried alone, to find the one that is refused."""

    class Poor(Desk):
        async def submit(self, wire, questions):
            self.submits += 1
            if len(questions) > 1:
                raise ServiceError("it refused the request", status=400)
            raise QuotaExhausted("no credits are left")

    desk = Poor(None)
    with pytest.raises(QuotaExhausted, match="no credits are left"):
        streets(8).geo.locate("a", service=desk)
    assert desk.submits == 2


def test_an_id_that_two_jobs_have_is_told_and_gives_no_row_the_answer_of_another():
    class Careless(Desk):
        async def submit(self, wire, questions):
            self.submits += 1
            return "the job"

        async def collect(self, wire, job_id, questions):
            return None if self.submits < 2 else await super().collect(wire, job_id, questions)

    desk = Careless(None)
    desk.limits = Limits(batch_size=10, max_concurrency=2)
    with pytest.raises(StrangeAnswer, match="desk gave the id 'the job' to two jobs"):
        streets(20).geo.locate("a", service=desk)


CLOSED = """
import asyncio, time
from geopandas_batch import get_locations, locate
from geopandas_batch.services import Geoapify
from geopandas_batch.testing import FakeGeoapify

texts = ["1 Main Street", "2 Main Street", "3 Main Street"]

async def until_it_is_in_the_air():
    while not fake.requests:
        await asyncio.sleep(0.001)

with FakeGeoapify() as fake:
    service = Geoapify(fake.key, base_url=fake.url, mode="batch", max_per_second=1000)
    fake.fail("hang", on="submit", times=1)
    loop = asyncio.new_event_loop()
    asked = loop.create_task(get_locations(texts, service=service))
    loop.run_until_complete(until_it_is_in_the_air())
    loop.close()
    began = time.monotonic()
    located = locate(texts, service=service)
    print(located["lat"].count(), located.geo.report.replies_lost, len(fake.submits), time.monotonic() - began)
"""


def test_what_a_loop_was_buying_that_was_closed_is_free_at_once_and_told():
    """Its process lives, so nobody else would know that nothing comes of it any more."""
    done = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, encoding="utf-8", timeout=120)

    located, lost, jobs, seconds = map(float, done.stdout.split())
    assert (located, lost, jobs) == (3, 1, 1)
    assert seconds < SUBMIT_SECONDS / 10


def test_who_waits_long_for_another_process_says_so(run, cache_file, caplog):
    """One that was stopped by Ctrl-Z in the middle of its submit, say: the bar stands still, and nothing told why."""
    from geopandas_batch import Locator

    questions, keys = [Query("1 Main Street"), Query("2 Main Street")], Keys("desk", {})
    other = Store(cache_file)
    held = other.claim(keys.scope, Wanted(keys.keys(questions), questions)).mine

    async def main():
        asked = asyncio.create_task(Locator(Desk(None), cache=cache_file).locate_many(questions))
        await asyncio.sleep(1.0)
        early = caplog.text
        await asyncio.sleep(30.0)
        other.release(held)
        return early, await asked

    early, found = run(main())

    assert "another process" not in early
    assert [record.message for record in caplog.records if "another process" in record.message] == [
        "desk: another process is at 2 of these addresses; waiting for it"
    ]
    assert len(found) == 2


def test_what_one_loop_is_buying_another_waits_for(fake, jobs, cache_file):
    """Two locators on one file stand for two processes: they share nothing but the file."""
    from geopandas_batch import Locator

    fake.fail("slow", on="submit", seconds=0.3)
    fake.pending = 2
    texts = streets(300)["a"].tolist()
    found: dict[int, list] = {}

    def ask(number: int) -> None:
        locator = Locator(jobs(fake), cache=cache_file)
        found[number] = asyncio.run(locator.locate_many(texts))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [tuple(place) for place in found[0]] == [fake.expected(text) for text in texts]
    assert found[0] == found[1]
    assert len(fake.inputs) == 300


def test_after_a_refused_key_the_rest_is_skipped_and_not_sent(fake, jobs):
    with pytest.raises(KeyRefused) as caught:
        streets(30_000).geo.locate("a", service=jobs(fake, api_key="wrong"), details=True)

    assert len(fake.requests) <= 8
    assert set(caught.value.partial["status"]) == {"failed", "skipped"}


def test_a_job_whose_time_is_known_is_polled_in_time_and_seldom(fake, jobs):
    fake.seconds_per_job = seconds = 2.5
    service = jobs(fake, max_jobs=2)
    for start in (0, 200):
        streets(200, start).geo.locate("a", service=service)
    known = len(fake.submits)

    streets(1000, 400).geo.locate("a", service=service)

    ready = {submit.id: submit.time + seconds for submit in fake.submits[known:]}
    polls = [request for request in fake.requests if request.query.get("id") in ready]
    lost = [poll.time - ready[poll.query["id"]] for poll in polls if poll.status == 200]
    assert len(lost) == len(ready) == 2
    assert max(lost) < 0.1 * seconds + 0.1  # a tenth of a second for a busy machine
    assert max(submit.pending for submit in fake.submits[known:]) <= 10


def test_the_first_job_ever_is_not_hammered(fake, jobs):
    fake.seconds_per_job = 3

    streets(50).geo.locate("a", service=jobs(fake))

    assert fake.polls <= 11


def test_job_times_are_learnt_from_the_journal(fake, jobs, cache_file):
    from geopandas_batch.store import Store

    fake.seconds_per_job = 0.8
    streets(50).geo.locate("a", service=jobs(fake))
    ((items, seconds),) = Store(cache_file).job_times("geoapify")

    assert items == 50
    assert 0.5 < seconds < 2
    assert JobTimes([(items, seconds)]).expected(50) == seconds


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 600), st.floats(0, 0.5), st.integers(1, 1000))
def test_the_schedule_settles_on_the_true_time(base, each, items):
    """Played without a clock: a job that takes so long, polled as the schedule says."""
    true, times = base + each * items, JobTimes([(items, 3 * (base + each * items))])
    for _ in range(60):
        polls, age, pending = 0, 0.0, 0.0
        while (age := times._target(items, age, polls)) < true:
            polls, pending = polls + 1, age
            assert polls <= 40
        times.note(Sample(items, pending, age))

    assert age <= true * 1.1
    assert polls <= 10


def test_logs_are_structured_and_have_no_address(fake, jobs, caplog):
    caplog.set_level(logging.DEBUG, "geopandas_batch")
    fake.fail("500", on="submit", times=1)

    streets(10).geo.locate("a", service=jobs(fake))

    records = [record for record in caplog.records if hasattr(record, "event")]
    assert [(record.event, getattr(record, "kind", None), getattr(record, "status", None)) for record in records] == [
        ("request", "submit", 500),
        ("retry", "submit", None),
        ("request", "submit", 202),
        ("job submitted", None, None),
        ("request", "poll", 200),
        ("job collected", None, None),
    ]
    assert all(record.service == "geoapify" for record in records)
    assert "Main" not in caplog.text


def test_never_more_jobs_are_under_way_than_there_are_places(fake, jobs):
    """Though each takes longer than the one before, so that the next one is expected to be ready too early."""
    fake.seconds_per_job = 0.3
    streets(60).geo.locate("a", service=jobs(fake, max_jobs=2))
    known = len(fake.submits)
    fake.seconds_per_job = 0.9

    streets(2300, 100).geo.locate("a", service=jobs(fake, max_jobs=2))

    began = [submit.time for submit in fake.submits[known:]]
    ready = [time + 0.9 for time in began]
    at_once = [sum(a <= moment < b for a, b in zip(began, ready, strict=True)) for moment in began]
    assert len(began) == 4
    assert max(at_once) == 2


def test_the_next_job_is_submitted_before_the_answers_of_the_last_one_are_read(fake, jobs, caplog):
    caplog.set_level(logging.DEBUG, "geopandas_batch")
    fake.seconds_per_job = 0.2

    check(streets(3000).geo.locate("a", service=jobs(fake, max_jobs=1)), fake)

    events = [record.event for record in caplog.records if getattr(record, "event", "").startswith("job ")]
    assert events == ["job submitted", *["job submitted", "job collected"] * 2, "job collected"]
