"""Faults on every kind of call, at random: every row right, nothing bought twice, the key nowhere."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import traceback
from collections import deque
from functools import partial

import numpy as np
import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import GeocodingError
from geopandas_batch.pacing import Pace
from geopandas_batch.testing import FakeGeoapify

KEY = "0123456789abcdef-a-key-that-must-not-show"
FAULTS = ("500", "502", "429", "reset", "cut")


@pytest.fixture
def jobs(geoapify):
    return partial(geoapify, mode="batch")


@pytest.mark.parametrize("seed", range(10))
def test_with_faults_on_every_call_every_row_is_right_and_nothing_is_bought_twice(seed, jobs):
    rng = random.Random(seed)
    texts = [f"{n} Main Street" for n in range(900)] + [f"{n} Nowhere Road" for n in range(100)]
    rows = rng.choices([*texts, None], k=1500)
    with FakeGeoapify(seed=seed, pending=1) as fake:
        for fault in FAULTS:
            fake.fail(fault, share=0.08)

        located = pd.DataFrame({"a": rows}).geo.locate("a", service=jobs(fake))

        nothing = (np.nan, np.nan)
        wanted = [(fake.expected(text) or nothing) if text else nothing for text in rows]
        np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), wanted)
        assert len(fake.inputs) == len(set(fake.inputs)) == len({text for text in rows if text})
        assert located.geo.report.credits == fake.credits


@pytest.mark.parametrize("seed", range(3))
def test_with_faults_on_single_requests_every_row_is_right(seed, geoapify):
    with FakeGeoapify(seed=seed) as fake:
        for fault in ("500", "502", "429", "reset"):
            fake.fail(fault, share=0.08)
        frame = pd.DataFrame({"a": [f"{n} Main Street" for n in range(40)]})

        located = frame.geo.locate("a", service=geoapify(fake, mode="single"))

        np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), [fake.expected(text) for text in frame["a"]])
        assert len(fake.inputs) == len(set(fake.inputs)) == 40


def test_a_lost_answer_to_a_single_request_is_counted(fake, geoapify):
    fake.fail("reset-after-accept", on="single", times=1)

    located = pd.DataFrame({"a": ["1 Main Street"]}).geo.locate("a", service=geoapify(fake))

    assert located["lat"].notna().all()
    assert fake.credits == 2
    assert located.geo.report.replies_lost == 1


def test_a_limit_of_the_service_is_learnt_and_kept(jobs):
    """The plan allows 20 requests a second, the user said 200: after the first refusals the pace fits."""
    with FakeGeoapify(max_per_second=20, pending=2) as fake:
        frame = pd.DataFrame({"a": [f"{n} Main Street" for n in range(120)]})

        frame.geo.locate("a", service=jobs(fake, mode="single", max_per_second=200))

        statuses = [request.status for request in fake.requests]
        assert len(fake.inputs) == 120
        assert statuses[-60:].count(429) < 20 < statuses[:60].count(429)


def test_refusals_slow_the_pace_down_and_answers_bring_it_back_to_just_below_what_was_refused():
    pace = Pace(10)
    pace.slow_down()
    pace.slow_down()  # of a request that was under way with the first
    assert pace.per_second == 5

    for _ in range(1000):
        pace.speed_up()

    assert pace.per_second == 9


def test_a_pace_that_nothing_waits_for_does_not_grow():
    pace = Pace(5, up_to=30)

    for _ in range(1000):
        pace.speed_up()

    assert pace.per_second == 5


@pytest.mark.parametrize("allowed", [60, None])
def test_the_pace_of_a_larger_plan_is_found_out(allowed):
    """From 40 requests a second up to 200, or to what the plan allows; times are a tenth of Geoapify's."""

    async def ask(pace: Pace, count: int) -> list[float]:
        left: deque[float] = deque()
        paces = []
        for _ in range(count):
            await pace.turn()
            now = time.monotonic()
            while left and left[0] < now - 1:
                left.popleft()
            if allowed is not None and len(left) >= allowed:
                pace.slow_down()
            else:
                left.append(now)
                pace.speed_up()
            paces.append(pace.per_second or 0.0)
        return paces

    paces = asyncio.run(ask(Pace(40, up_to=200), 150))

    if allowed is None:
        assert paces[-1] == 200
    else:
        assert max(paces) > 60  # it was tried
        assert paces[-1] < max(paces)


def test_a_pace_that_is_found_out_holds_for_those_who_stand_in_line_already():
    """A hundred, who at the first pace would take two seconds and a half."""
    pace = Pace(40, up_to=200)

    async def ask() -> None:
        await pace.turn()
        pace.speed_up()

    async def main() -> float:
        started = time.monotonic()
        await asyncio.gather(*(ask() for _ in range(100)))
        return time.monotonic() - started

    assert asyncio.run(main()) < 2.4  # 1.1 where nothing else is done; 99 turns at the first pace take 2.475


def test_requests_of_all_kinds_keep_one_pace_without_a_burst(fake, jobs):
    fake.pending = 1
    frame = pd.DataFrame({"a": [f"{n} Main Street" for n in range(400)]})

    frame.geo.locate("a", service=jobs(fake, max_per_second=20))

    times = [request.time for request in fake.requests]
    assert len(times) == 12  # four submits, eight polls
    # They left 0.05 s apart; on a busy machine, one may arrive late and the next in time.
    assert times[-1] - times[0] > 0.05 * 11 - 0.05


@pytest.mark.parametrize(
    ("fault", "mode"),
    [("400", "batch"), ("401", "batch"), ("401", "single"), ("429", "single"), ("502", "batch"), ("slow", "single")],
)
def test_the_key_is_in_no_message_log_or_file(fault, mode, geoapify, caplog, cache_file):
    caplog.set_level(logging.DEBUG)
    with FakeGeoapify(key=KEY) as fake:
        fake.fail(fault, seconds=5)
        service = geoapify(fake, mode=mode, timeout=0.1)
        shown = [repr(service), repr(geopandas_batch.Locator(service))]
        with pytest.raises(GeocodingError) as caught:
            pd.DataFrame({"a": [f"{n} Main Street" for n in range(6)]}).geo.locate("a", service=service)
        shown += traceback.format_exception(caught.value)
        shown += [repr(caught.value), str(vars(caught.value)), caplog.text]

        kept = b"".join(file.read_bytes() for file in cache_file.parent.glob("*"))
        assert KEY not in "\n".join(shown)
        assert KEY.encode() not in kept
        assert all(request.key_by == "header" for request in fake.requests)
        assert not any("apiKey" in request.query for request in fake.requests)
