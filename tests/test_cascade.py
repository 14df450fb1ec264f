"""Several services, one after the other: who answers, what is asked of whom, and what is said."""

from __future__ import annotations

import asyncio
import json
import math
import pickle
import random
import subprocess
import sys
import time

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch import Location, Locator, get_location, get_locations
from geopandas_batch.errors import KeyRefused, QueryError, QuotaExhausted, SettingsError, Unavailable
from geopandas_batch.places import MATCHES
from geopandas_batch.services import Cascade, Census, Gazetteer, Geoplateforme, resolve, reverse_of
from geopandas_batch.testing import FakeCensus, FakeGeoapify, FakeGeoplateforme

KANSAS = "1 Main Street, Salina, KS"


@pytest.fixture
def census():
    with FakeCensus() as double:
        yield double


@pytest.fixture
def fake():
    """It knows what the Census does not."""
    with FakeGeoapify(not_found=()) as double:
        yield double


def source(name: str, answers: dict[str, object], log: list | None = None):
    """A service of the user's own: what it has for each address, and what it was asked."""

    async def function(addresses):
        if log is not None:
            log.append(list(addresses))
        return [answers.get(address) for address in addresses]

    function.__name__ = name
    return function


def place(lat: float, confidence: float = math.nan, match: str = "building", service: str = "") -> Location:
    return Location(lat, 0.0, match=match, confidence=confidence, service=service)


def located(services, addresses, **arguments) -> pd.DataFrame:
    return geopandas_batch.locate(addresses, service=services, details=True, **arguments)


# Whose answer stands


def test_what_is_not_found_or_not_well_enough_goes_to_the_next_and_nothing_else():
    asked: list[list[str]] = []
    first = source(
        "first", {"sure": place(1, 0.9), "weak": place(1, 0.4), "untold": place(1), "refused": ValueError("no")}
    )
    second = source("second", dict.fromkeys(["sure", "weak", "untold", "refused", "unknown"], place(2, 0.8)), asked)
    found = located([first, second], ["sure", "weak", "", "untold", "refused", "unknown", "weak", "nowhere"])

    assert asked == [["weak", "refused", "unknown", "nowhere"]]
    assert found["service"].tolist()[:2] == ["first", "second"]
    assert found["lat"].fillna(-1).tolist() == [1, 2, -1, 1, 2, 2, 2, -1]
    assert found["status"].tolist() == ["located"] * 2 + ["blank"] + ["located"] * 4 + ["not_found"]
    assert found.geo.report.services == {
        "first": {"rows": 2, "asked": 6, "requests": 0, "credits": 0.0, "passed_on": 0},
        "second": {"rows": 4, "asked": 4, "requests": 0, "credits": 0.0, "passed_on": 0},
    }
    assert "second: 4 rows located, asked 4" in str(found.geo.report)
    assert "4 rows located" in found.geo.report._repr_html_()


@pytest.mark.parametrize(
    ("one", "two", "winner"),
    [
        (place(1, 0.4), place(2, 0.3), 1),
        (place(1, 0.3), place(2, 0.4), 2),
        (place(1, 0.4), None, 1),
        (None, place(2, 0.1), 2),
        (place(1, 0.4, "city"), place(2, 0.4, "street"), 2),
        (place(1, 0.4), place(2, 0.4), 1),
    ],
)
def test_where_no_answer_is_good_enough_the_surest_one_stays(one, two, winner):
    found = located([source("one", {"a": one}), source("two", {"a": two})], ["a"])

    assert found.loc[0, "lat"] == winner
    assert found.loc[0, "status"] == "located"


def test_a_match_that_is_too_coarse_goes_on():
    first = source("first", {"town": place(1, 0.95, "city"), "house": place(1, 0.6)})
    second = source("second", {"town": place(2, 0.7, "street")})

    found = located(Cascade([first, second], coarsest="street"), ["town", "house"])
    assert found["lat"].tolist() == [2, 1]
    assert located([first, second], ["town", "house"])["lat"].tolist() == [1, 1]


def test_min_confidence_is_the_demand_on_each_and_in_the_end():
    first, second = source("first", {"a": place(1, 0.6), "b": place(1)}), source("second", {"a": place(2, 0.7)})

    assert located([first, second], ["a", "b"], min_confidence=0.65)["lat"].fillna(-1).tolist() == [2, -1]
    found = located([first, second], ["a"], min_confidence=0.9)
    assert found.loc[0, ["status", "reason", "service"]].tolist() == [
        "not_found", "confidence 0.70 is below 0.9", "second",
    ]  # fmt: skip
    # One of its own: a demand to be met, or else the best there is.
    assert located(Cascade([first, second], min_confidence=0.9), ["a", "b"])["lat"].tolist() == [2, 1]


def surest(answer: Location) -> tuple[float, bool]:
    return (answer.confidence if answer.confidence == answer.confidence else -1.0, answer.match == "building")


def test_against_rules_applied_row_by_row():
    """Random answers of three services, with random demands, against the rules as one would write them for one row."""
    chance = random.Random(7)
    kinds = [None, QueryError("no"), *(place(0, c, m) for c in (math.nan, 0.2, 0.5, 0.9) for m in ("building", "city"))]
    for least, coarsest in [(None, None), (0.7, None), (None, "street"), (0.3, "street")]:
        known = [{str(n): chance.choice(kinds) for n in range(300)} for _ in range(3)]
        known = [
            {
                n: a if not isinstance(a, Location) else Location(k, 0, "", a.match, a.confidence)
                for n, a in each.items()
            }
            for k, each in enumerate(known)
        ]
        services = [source(f"s{k}", each) for k, each in enumerate(known)]
        addresses = [str(chance.randrange(320)) for _ in range(1000)]
        found = located(Cascade(services, least, coarsest), addresses)

        for address, lat, status in zip(addresses, found["lat"], found["status"], strict=True):
            answers = [each.get(address) for each in known]
            places = [each for each in answers if isinstance(each, Location)]
            good = [
                each
                for each in places
                if (coarsest is None or each.match == "building")
                and (not each.confidence < 0.5 if least is None else each.confidence >= least)
            ]
            best = good[0] if good else max(places, key=surest) if places else None
            if best is not None:
                assert (lat, status) == (best.lat, "located")
            else:
                assert status == ("failed" if all(isinstance(each, QueryError) for each in answers) else "not_found")


def test_a_person_wins_over_all_of_them():
    async def must_not_be_asked(addresses):
        raise AssertionError(addresses)

    frame = geopandas_batch.locate(["Oslo, Norway"], service="gazetteer")
    frame.geo.set(0, 1.0, 2.0, match="city")
    found = located(Cascade([must_not_be_asked, "gazetteer"], 0.99, "building"), ["Oslo, Norway"])

    assert found.loc[0, ["lat", "lon", "service"]].tolist() == [1.0, 2.0, "person"]


# What is asked and bought


def test_each_service_keeps_its_own_answers_and_nothing_is_bought_twice(census, fake, geoapify):
    addresses = [f"{n} {'Nowhere' if n % 3 else 'Main'} Street, Salina, KS" for n in range(300)]
    fake.fail("item-error", items=30, times=1)
    services = [Census(base_url=census.url), geoapify(fake)]
    random.Random(3).shuffle(addresses)
    found = located(services, [*addresses, *addresses[:50]])
    again = located(services, addresses)

    by_census = ["Main" in address for address in addresses]
    assert (found["service"][:300] == "census").tolist() == by_census
    assert len(set(census.inputs)) == len(census.inputs) == 300
    assert sorted(set(fake.inputs)) == sorted(each for each in addresses if "Nowhere" in each)
    assert again["lat"].tolist() == found["lat"][:300].tolist()
    assert again.geo.report.cached == 300 and again.geo.report.requests == 0
    # By themselves, they know what they were asked.
    requests = len(census.requests)
    alone = [located(each, addresses) for each in services]
    assert len(census.requests) == requests
    assert (alone[0]["status"] == "located").tolist() == by_census
    assert sorted(fake.inputs) == sorted(addresses)


def test_what_one_has_found_is_not_asked_of_the_next_when_services_are_added(census, fake, geoapify):
    addresses = [KANSAS, "2 Nowhere Street, Salina, KS"]
    located(Census(base_url=census.url), addresses)
    located([Census(base_url=census.url), geoapify(fake)], addresses)

    assert len(census.requests) == 1
    assert fake.inputs == [addresses[1]]


def test_an_estimate_says_what_it_is_at_most(census, fake, geoapify):
    services = [Census(base_url=census.url), geoapify(fake), "gazetteer"]
    addresses = [f"{n} {'Nowhere' if n % 2 else 'Main'} Street, Salina, KS" for n in range(40)]
    frame = pd.DataFrame({"address": addresses})
    estimate = frame.geo.estimate("address", service=services)

    assert [(each.service, each.to_ask, each.credits) for each in estimate.steps] == [
        ("census", 40, 0), ("geoapify", 40, 20), ("gazetteer", 40, 0),
    ]  # fmt: skip
    assert (estimate.credits, estimate.cached) == (20, 0)
    assert "geoapify   at most 40 addresses" in str(estimate) and "credits    at most 20" in str(estimate)
    assert "at most 20" in estimate._repr_html_()
    assert census.requests == fake.requests == []

    found = frame.geo.locate("address", service=services)
    assert found.geo.report.credits == fake.credits <= estimate.credits
    after = frame.geo.estimate("address", service=services)
    assert (after.to_ask, after.credits, after.cached) == (0, 0, 40)


def test_few_that_go_on_one_by_one_are_in_the_estimate(fake, geoapify):
    """Six in a job are 3 credits; five of them by themselves are 5."""
    addresses = [f"{n} Main Street" for n in range(6)]
    services = [source("one", {addresses[0]: place(1)}), geoapify(fake)]
    estimate = pd.DataFrame({"address": addresses}).geo.estimate("address", service=services)
    located(services, addresses)

    assert fake.credits == 5 <= estimate.credits


def test_one_budget_is_for_all_of_them(geoapify):
    addresses = [f"{n} {'Nowhere' if n < 60 else 'Main'} Street" for n in range(100)]
    with FakeGeoapify() as fake, FakeGeoapify() as other:
        services = [geoapify(fake, mode="batch"), geoapify(other, mode="batch", lang="fr")]
        found = located(services, addresses, budget=60.0)
        assert fake.credits == 50 and other.credits == 10
        assert found["status"].value_counts().to_dict() == {
            "located": 40, "not_found": 20, "skipped": 40, "failed": 0, "blank": 0,
        }  # fmt: skip
        assert set(found.loc[found["status"] == "skipped", "reason"]) == {"geoapify: not asked: beyond the budget"}
        located(services, addresses)
        assert fake.credits == 50 and other.credits == 30


def test_what_a_budget_leaves_over_goes_on_and_says_so(fake, geoapify, caplog):
    addresses = [f"{n} Main Street, Oslo, Norway" for n in range(100)]
    services = [geoapify(fake, mode="batch"), "gazetteer"]
    found = located(services, addresses, budget=30.0)

    assert fake.credits == 30
    assert found["service"].value_counts().to_dict() == {"geoapify": 60, "gazetteer": 40}
    beyond = found[found["service"] == "gazetteer"]
    assert beyond["reason"].str.startswith("geoapify: not asked: beyond the budget").all()
    assert "geoapify: 40 addresses go on to gazetteer (not asked)" in caplog.text
    assert found.geo.report.passed_on == 40
    assert located(services, addresses)["service"].tolist() == ["geoapify"] * 100


def test_twice_the_rows_take_about_twice_the_time():
    """In processor time: a step that is quadratic takes sixty-four times as long for eight times the rows."""

    async def weak(addresses):
        return [place(1, 0.1)] * len(addresses)

    async def sure(addresses):
        return [place(2, 0.9)] * len(addresses)

    def took(count: int) -> float:
        addresses = [f"{n} Main Street" for n in range(count)]
        began = time.process_time()
        located([weak, sure], addresses, cache=False)
        return time.process_time() - began

    took(5000)  # what is done once
    assert took(40_000) < 20 * took(5000)


# Services that cannot be had


def test_a_refused_key_ends_the_run_whoever_comes_after_it(fake, geoapify):
    services = [source("mine", {"a": place(1)}), geoapify(fake, api_key="wrong"), "gazetteer"]

    with pytest.raises(KeyRefused) as caught:
        located(services, ["a", "Oslo, Norway", "Bergen, Norway"])
    assert caught.value.partial["status"].tolist()[0] == "located"
    assert set(caught.value.partial["status"].tolist()[1:]) <= {"failed", "skipped"}
    found = located(services, ["a", "Oslo, Norway"], errors="coerce")
    assert found["status"].tolist() == ["located", "failed"]
    assert "refuses the key" in found.loc[1, "reason"]
    with pytest.raises(KeyRefused):
        asyncio.run(get_location("Oslo, Norway", service=services))
    with pytest.raises(KeyRefused):
        asyncio.run(get_locations(["a", "Oslo, Norway"], service=services))


@pytest.mark.parametrize("errors", ["raise", "coerce"])
@pytest.mark.parametrize("trouble", [QuotaExhausted, Unavailable])
def test_a_service_that_cannot_be_had_is_said_and_the_next_one_answers(trouble, errors, caplog):
    asked: list[list[str]] = []

    async def gone(addresses):
        asked.append(addresses)
        raise trouble("gone is gone", service="gone")

    found = located([gone, "gazetteer"], ["Oslo, Norway", "Bergen, Norway", "Qwxyzzy"], errors="coerce")

    assert found["service"].tolist() == ["gazetteer", "gazetteer", "gone"]
    assert found["status"].tolist() == ["located", "located", "failed"]
    assert found["reason"].str.startswith("gone is gone").all()
    assert f"gone: 3 addresses go on to gazetteer ({trouble.__name__})" in caplog.text
    assert "Oslo" not in caplog.text
    assert found.geo.report.passed_on == 3
    assert "3 passed on by a service that could not be had" in found.geo.report.summary
    assert "gone: 0 rows located, asked 3, passed on 3" in str(found.geo.report)

    if errors == "raise":  # where all were found elsewhere, it was a whole run
        assert (located([gone, "gazetteer"], ["Oslo, Norway"])["status"] == "located").all()
        with pytest.raises(trouble):
            located([gone, "gazetteer"], ["Oslo, Norway", "Qwxyzzy"])


def gone(name: str = "gone"):
    """A service that cannot be had."""

    async def function(addresses):
        raise Unavailable(f"{name} is out of order", service=name)

    function.__name__ = name
    return function


def test_when_the_last_one_cannot_be_had_it_is_an_error_and_the_best_answer_stays():
    with pytest.raises(Unavailable) as caught:
        located(Cascade([Gazetteer(), gone()], coarsest="building"), ["Qwxyzzy", "Oslo, Norway"])

    assert caught.value.partial["status"].tolist() == ["failed", "located"]
    assert caught.value.partial["service"].tolist() == ["gone", "gazetteer"]
    assert caught.value.partial["reason"].tolist() == ["gone is out of order"] * 2


def test_a_job_that_was_not_waited_for_is_collected_by_the_next_run(fake, geoapify):
    fake.never_ready = True
    addresses = [f"{n} Main Street, Oslo, Norway" for n in range(10)]
    services = [geoapify(fake, mode="batch", job_timeout=0.3), "gazetteer"]
    meanwhile = located(services, addresses)
    fake.never_ready = False
    found = located(services, addresses)

    assert meanwhile["service"].tolist() == ["gazetteer"] * 10
    assert meanwhile["reason"].str.contains("is not ready").all()
    assert found["service"].tolist() == ["geoapify"] * 10
    assert len(fake.inputs) == 10


def test_a_run_that_is_stopped_in_the_second_goes_on_there(census):
    stuck = asyncio.Event()
    addresses = [KANSAS, "2 Nowhere Street, Salina, KS", "3 Main Street, Salina, KS"]
    frame = pd.DataFrame({"address": addresses})
    asked: list[list[str]] = []

    async def slow(addresses):
        stuck.set()
        await asyncio.Event().wait()

    async def main():
        run = asyncio.create_task(frame.geo.locate_async("address", service=[Census(base_url=census.url), slow]))
        await stuck.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError, match="2 of 3 rows done"):
            await run

    asyncio.run(main())
    found = located([Census(base_url=census.url), source("second", {addresses[1]: place(2)}, asked)], addresses)

    assert found["service"].tolist() == ["census", "second", "census"]
    assert asked == [[addresses[1]]]
    assert len(census.requests) == 1


def test_what_one_refuses_is_not_found_if_the_next_does_not_know_it(census):
    parts = pd.DataFrame({"street": ["Karl Johans gate 1"], "city": ["Qwxyzzy"], "country": ["Norway"]})
    nobody = source("nobody", {})
    found = parts.geo.locate(
        street="street", city="city", country="country", service=[Census(base_url=census.url), nobody], details=True
    )
    alone = parts.geo.locate(
        street="street", city="city", country="country", service=Census(base_url=census.url), details=True
    )

    assert found.loc[0, ["status", "reason"]].tolist() == ["not_found", "no match"]
    assert alone.loc[0, "status"] == "failed"


# All doors


def test_one_address_at_a_time_goes_through_them_too(caplog):
    services = [source("one", {"a": place(1, 0.9), "b": place(1, 0.1)}), gone("shy"), "gazetteer"]

    async def main():
        async with Locator(services, cache=False) as locator:
            return await asyncio.gather(*(locator.locate(each) for each in ("a", "b", "Oslo, Norway", "", "b")))

    a, b, oslo, blank, again = asyncio.run(main())

    assert (a.lat, b.lat, oslo.match, blank, again.lat) == (1, 1, "city", None, 1)
    assert (a.reason, oslo.reason) == ("", "shy is out of order")
    assert caplog.text.count("addresses go on to the next service") == 1
    with pytest.raises(Unavailable):
        asyncio.run(get_location("Qwxyzzy", service=services))


def test_many_calls_share_batches(fake, geoapify):
    first = source("first", {f"{n} Main Street": place(n / 9, 0.9, service="first") for n in range(0, 200, 2)})

    async def main():
        async with Locator([first, geoapify(fake, mode="batch", max_jobs=1)]) as locator:
            return await asyncio.gather(*(locator.locate(f"{n} Main Street") for n in range(200)))

    found = asyncio.run(main())

    assert [each.service for each in found] == ["first", "geoapify"] * 100
    assert len(fake.submits) == 1


def test_answers_are_aligned_and_errors_stand_in_their_place():
    one = source("one", {"a": place(1), "b": ValueError("refused")})
    two = source("two", {"b": ValueError("refused as well"), "c": place(2)})
    found = asyncio.run(get_locations(["c", "b", None, "a", "d"], service=[one, two], return_exceptions=True))

    assert [getattr(each, "lat", each) for each in found[::2]] == [2, None, None]
    assert isinstance(found[1], QueryError) and "as well" in str(found[1])
    assert found[3].lat == 1


def test_progress_hears_of_each_row_once():
    told: list[tuple[int, int]] = []
    one, two = source("one", {"a": place(1)}), source("two", {"b": place(2)})
    located([one, two], ["a", "b", "c", None, "a"], progress=lambda done, rows, kinds: told.append((done, rows)))

    assert told[-1] == (5, 5)
    assert all(done <= rows for done, rows in told)


def test_points_go_from_one_to_the_next():
    points = pd.DataFrame({"lat": [48.1, 5.6, 0.5], "lon": [2.25, -0.2, 0.5]})  # in France, in Accra, at sea
    with FakeGeoplateforme() as fake:
        france = Geoplateforme(base_url=fake.url)

        found = points.geo.reverse(service=[france, "gazetteer"], details=True)
        sure = points.geo.reverse(service=Cascade([france, "gazetteer"], min_confidence=0.9), details=True)
        assert sure["service"].tolist() == found["service"].tolist()
        fine = points.geo.reverse(service=Cascade(["gazetteer", france], coarsest="building"), details=True)
        assert fine["service"].tolist() == ["geoplateforme", "gazetteer", "geoplateforme"]
    assert found["service"].tolist() == ["geoplateforme", "gazetteer", "gazetteer"]
    assert found["status"].tolist() == ["located", "located", "not_found"]
    assert found["formatted"].tolist()[1] == "Accra, Ghana"
    with pytest.raises(SettingsError, match="census finds points for addresses"):
        reverse_of(resolve(["census", "gazetteer"]))


def test_the_command_line_takes_several(census, fake, tmp_path, monkeypatch):
    monkeypatch.setenv("CENSUS_BASE_URL", census.url)
    monkeypatch.setenv("GEOAPIFY_BASE_URL", fake.url)
    monkeypatch.setenv("GEOAPIFY_API_KEY", fake.key)
    rows = [f'"{n} {"Nowhere" if n % 3 else "Main"} Street, Salina, KS"' for n in range(9)] * 3
    (tmp_path / "in.csv").write_text("\n".join(["address", *rows, ""]))
    command = [sys.executable, "-m", "geopandas_batch.cli"]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120)

    wanted = ["locate", "in.csv", "--address", "address", "--details"]
    done = run(*wanted, "--service", "census,geoapify", "--option", "lang=fr", "-o", "out.csv", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["service"], said["services"]) == ("census, then geoapify", {"geoapify": 18, "census": 9})
    out = pd.read_csv(tmp_path / "out.csv")
    assert out["service"].tolist() == ["census", "geoapify", "geoapify"] * 9
    assert len(fake.inputs) == 6

    done = run(*wanted, "--service", "census", "--service", "gazetteer")
    assert "found by: gazetteer 18, census 9" in done.stderr
    done = run("estimate", "in.csv", "--address", "address", "--service", "census,gazetteer", "--no-cache")
    assert "gazetteer  at most 9 addresses" in done.stdout
    known = ["estimate", "in.csv", "--address", "address", "--service", "census,gazetteer"]
    assert "nothing to ask" in run(*known).stdout
    assert "gazetteer  at most 3 addresses" in run(*known, "--min-confidence", "0.95").stdout
    done = run(*wanted, "--service", "census,gazetteer", "--option", "lang=fr")
    assert done.returncode == 2 and "those of census are base_url" in done.stderr
    done = run("reverse", "in.csv", "--service", "census,gazetteer")
    assert done.returncode == 2 and "census finds points for addresses" in done.stderr


def test_dask_asks_them_and_no_key_is_in_the_graph(fake, geoapify, monkeypatch):
    dd = pytest.importorskip("dask.dataframe")
    from geopandas_batch.dask.whom import Whom

    first = Gazetteer(context=False)
    frame = pd.DataFrame({"address": [f"{n} Main Street" if n % 2 else "Oslo, Norway" for n in range(60)]})
    services = [first, geoapify(fake)]
    ddf = dd.from_pandas(frame, npartitions=4)
    found = ddf.geo.locate("address", service=services, details=True).compute(scheduler="threads")

    assert found["service"].tolist() == ["gazetteer", "geoapify"] * 30
    assert len(set(fake.inputs)) == len(fake.inputs) == 30
    assert found.geo.report.services["geoapify"]["rows"] == 30

    whom = Whom(resolve([geoapify(fake), first]))
    assert fake.key.encode() not in pickle.dumps(whom)
    code = (
        "import pickle, sys; whom = pickle.load(sys.stdin.buffer); service = whom.service; "
        "print([each.name for each in service.services], service.services[0].base_url)"
    )
    monkeypatch.setenv("GEOAPIFY_API_KEY", fake.key)
    arrived = pickle.dumps(Whom(resolve(["geoapify", "gazetteer"], {"base_url": fake.url})))
    done = subprocess.run([sys.executable, "-c", code], input=arrived, capture_output=True, timeout=60)
    assert done.stdout.decode().split("] ") == ["['geoapify', 'gazetteer'", f"{fake.url}\n"], done.stderr


def test_cells_of_a_worksheet_ask_them_too(census, monkeypatch):
    from geopandas_batch import cells

    monkeypatch.setenv("CENSUS_BASE_URL", census.url)
    monkeypatch.setenv("GEOPANDAS_BATCH_SERVICE", "census,gazetteer")

    async def main():
        return await asyncio.gather(cells.lat(KANSAS), cells.status("Oslo, Norway"), cells.lat("Qwxyzzy"))

    kansas, oslo, nowhere = asyncio.run(main())

    assert kansas == census.expected(KANSAS)[0]
    assert oslo.startswith("located by city")
    assert isinstance(nowhere, RuntimeError)


# What can be one


def test_names_with_commas_a_list_and_a_cascade_are_the_same():
    assert repr(resolve("census, gazetteer")) == repr(resolve(["census", "gazetteer"]))
    assert resolve(["gazetteer"]) == Gazetteer()
    assert resolve(["auto", "census"]).name == "gazetteer, then census"


def test_options_go_to_those_that_have_them():
    both = resolve(["geoapify", "gazetteer"], {"api_key": "k", "lang": "fr", "context": "DE"})

    assert (both.services[0].lang, both.services[1].context) == ("fr", "DE")
    with pytest.raises(SettingsError, match="no service in the list has an option 'language'; those of geoapify are"):
        resolve(["geoapify", "gazetteer"], {"api_key": "k", "language": "fr"})
    with pytest.raises(SettingsError, match="none is given by name"):
        resolve([Gazetteer(), Census()], {"lang": "fr"})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cascade([]), "a cascade is a list of services"),
        (lambda: Cascade("census"), "a cascade is a list of services"),
        (lambda: Cascade(["census"], min_confidence=2), "min_confidence must be a number from 0 to 1"),
        (lambda: Cascade(["census"], min_confidence="0.8"), "min_confidence must be a number from 0 to 1"),
        (lambda: Cascade(["census"], coarsest="none"), "coarsest must be one of building, street"),
        (lambda: resolve([]), "a cascade is a list of services"),
        (lambda: resolve([["census"], "gazetteer"]), "cannot hold another list"),
        (lambda: resolve(["census", "nominatim"]), "there is no service 'nominatim'"),
        (lambda: resolve([3]), "service must be a name"),
    ],
)
def test_what_is_no_cascade_is_refused(make, message):
    with pytest.raises(SettingsError, match=message):
        make()


def test_every_level_can_be_demanded():
    for level in MATCHES[:-1]:
        assert Cascade(["census"], coarsest=level).fits(place(1, match=level))
