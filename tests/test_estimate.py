"""What a run would cost, before it is run; and that it costs no more than it may."""

from __future__ import annotations

import pandas as pd
import pytest

from geopandas_batch import Locator
from geopandas_batch.errors import SettingsError
from geopandas_batch.services import Geoapify


def streets(count: int, first: int = 0) -> pd.DataFrame:
    return pd.DataFrame({"a": [f"{n} Main Street" for n in range(first, first + count)]})


@pytest.mark.parametrize(
    ("count", "options"),
    [
        (3, {}),
        (3, {"mode": "batch"}),
        (70, {"mode": "single"}),
        (6, {}),
        (1200, {}),
        (1200, {"priority": 1}),
        (4500, {"max_jobs": 2}),
        (2003, {"max_jobs": 2}),
    ],
)
def test_the_estimate_is_what_the_run_then_costs(count, options, fake, geoapify):
    service = geoapify(fake, **options)
    frame = pd.concat([streets(count), streets(2), pd.DataFrame({"a": [None, " "]})])

    estimate = frame.geo.estimate("a", service=service)
    assert not fake.requests
    located = frame.geo.locate("a", service=service)

    assert estimate.credits == fake.credits == located.geo.report.credits
    assert estimate.jobs == len(fake.submits)
    assert estimate.singles == sum(request.kind == "single" for request in fake.requests)
    assert (estimate.rows, estimate.blank, estimate.distinct, estimate.to_ask) == (count + 4, 2, count, count)
    assert estimate.requests <= len(fake.requests)


def test_what_is_known_or_in_a_job_under_way_costs_nothing(fake, geoapify):
    service = geoapify(fake, mode="batch", job_timeout=0.3)
    streets(20).geo.locate("a", service=service)
    fake.never_ready = True
    streets(30, first=20).geo.locate("a", service=service, errors="coerce")

    estimate = streets(100).geo.estimate("a", service=service)

    assert (estimate.cached, estimate.held, estimate.to_ask, estimate.credits) == (20, 30, 50, 25)
    assert streets(50).geo.estimate("a", service=service).to_ask == 0


def test_the_time_is_known_once_jobs_were_measured(geoapify, fake):
    service = geoapify(fake, max_per_second=100)
    assert streets(1000).geo.estimate("a", service=service).seconds is None
    fake.seconds_per_job = 0.5
    streets(200).geo.locate("a", service=service)

    seconds = streets(200, first=1000).geo.estimate("a", service=service).seconds

    assert 0.25 < seconds < 2


def test_the_estimate_reads_well_in_a_terminal_and_a_notebook():
    service = Geoapify(api_key="secret")

    estimate = streets(20_000).geo.estimate("a", service=service)

    assert str(estimate).splitlines() == [
        "geoapify: 20,000 rows, 20,000 different addresses",
        "  to ask    20,000 addresses (20 jobs at 0.5 credits an address)",
        "  requests  40 or more",
        "  credits   10,000, 3.3 days on the free plan",
        "  time      not known: no job of such a size was measured yet",
    ]
    assert "<td style='text-align:left'>10,000, 3.3 days on the free plan</td>" in estimate._repr_html_()
    assert "secret" not in repr(estimate)


def test_a_service_without_a_price_costs_nothing():
    estimate = pd.DataFrame({"a": ["Oslo", "Bergen"]}).geo.estimate("a", service="gazetteer")

    assert (estimate.to_ask, estimate.credits, estimate.days) == (2, 0, None)


@pytest.mark.parametrize(("budget", "answered"), [(0, 0), (10, 20), (100.3, 200), (600, 1200), (10_000, 1200)])
def test_a_budget_is_used_up_and_never_passed(budget, answered, fake, geoapify):
    located = streets(1200).geo.locate("a", service=geoapify(fake, mode="batch"), budget=budget, details=True)

    assert fake.credits == answered / 2
    assert (located["status"] == "located").tolist() == [True] * answered + [False] * (1200 - answered)
    assert set(located["status"][answered:]) <= {"skipped"}


def test_with_more_budget_the_same_line_goes_on(fake, geoapify):
    service = geoapify(fake, mode="batch")
    streets(300).geo.locate("a", service=service, budget=50)

    located = streets(300).geo.locate("a", service=service, budget=100)

    assert located["lat"].notna().all()
    assert fake.credits == 150


def test_what_must_be_bought_again_is_within_the_budget_too(fake, geoapify):
    fake.expire = True

    located = streets(100).geo.locate(
        "a", service=geoapify(fake, mode="batch"), budget=75, details=True, errors="coerce"
    )

    assert fake.credits <= 75
    assert located["lat"].isna().all()
    assert located.geo.report.jobs_bought_again >= 2


@pytest.mark.parametrize(("mode", "rows", "price"), [("batch", 400, 0.5), ("single", 8, 1.0)])
def test_what_is_lost_on_the_way_is_not_repeated_beyond_the_budget(mode, rows, price, fake, geoapify):
    """Two replies are lost, of which each may have been paid."""
    fake.fail("reset-after-accept", on="any", times=2)
    service, budget = geoapify(fake, mode=mode), rows * price

    located = streets(rows).geo.locate("a", service=service, budget=budget, details=True)

    assert fake.credits == budget
    assert set(located["status"]) == {"located", "skipped"}
    assert "the budget of" in located["reason"].max()
    assert located.geo.report.replies_lost == 2


@pytest.mark.parametrize("budget", [-1, float("nan"), "100"])
def test_a_budget_is_a_number_of_credits(budget):
    with pytest.raises(SettingsError, match="budget must be"):
        streets(1).geo.locate("a", service="gazetteer", budget=budget)
    with pytest.raises(SettingsError, match="budget must be"):
        Locator("gazetteer", budget=budget)


def test_a_confidence_is_a_number_from_0_to_1():
    with pytest.raises(SettingsError, match="min_confidence must be a number from 0 to 1, not 80"):
        streets(1).geo.estimate("a", service="gazetteer", min_confidence=80)
