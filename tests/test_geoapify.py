"""Geoapify's batch API, against its double on loopback."""

from __future__ import annotations

import itertools
import json
import logging
import math
import random
import socket
import threading
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest

from geopandas_batch.errors import (
    KeyRefused,
    MissingKeyError,
    QuotaExhausted,
    SettingsError,
    TooSlow,
    Unavailable,
)
from geopandas_batch.services import Geoapify, resolve
from geopandas_batch.testing import FakeGeoapify, Found

KEY = "0123456789abcdef-a-key-that-must-not-show"


@pytest.fixture
def geoapify(geoapify):
    """Here jobs are what is tested, however few the addresses are."""
    return partial(geoapify, mode="batch")


def sales(rows: int = 2600, distinct: int = 2100) -> pd.DataFrame:
    """Shuffled rows: addresses that are there, unknown ones, refused ones, repeated ones, blanks."""
    rng = random.Random(1)
    texts = [f"{n} Main Street, Springfield" for n in range(distinct - 100)]
    texts += [f"{n} Nowhere Road" for n in range(60)] + [f"{n} Refused Lane" for n in range(40)]
    rows_of = texts + rng.choices(texts, k=rows - distinct - 100) + [None, "", "  ", float("nan")] * 25
    rng.shuffle(rows_of)
    index = rng.choices(range(99), k=rows)
    return pd.DataFrame({"address": pd.array(rows_of, dtype=object), "n": range(rows)}, index=index)


def expected(fake: FakeGeoapify, frame: pd.DataFrame) -> np.ndarray:
    known = [fake.expected(a) if isinstance(a, str) and a.strip() else None for a in frame["address"]]
    return np.array([place or (math.nan, math.nan) for place in known])


def test_2600_shuffled_rows_all_come_back_right(fake, geoapify):
    frame = sales()

    located = frame.geo.locate("address", service=geoapify(fake), details=True)

    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), expected(fake, frame))
    pd.testing.assert_frame_equal(located[["address", "n"]], frame)
    assert len(fake.inputs) == len(set(fake.inputs)) == 2100
    assert all(len(submit.inputs) <= 1000 for submit in fake.submits)
    assert fake.credits == located.geo.report.credits == 1050
    lowered = frame["address"].astype("str").str.lower()
    assert (located["status"][lowered.str.contains("nowhere")] == "not_found").all()
    refused = located[lowered.str.contains("refused")]
    assert (refused["status"] == "failed").all()
    assert refused["reason"].str.startswith("Geoapify refused this address").all()


def test_the_second_run_asks_nothing(fake, geoapify):
    frame = pd.DataFrame({"address": ["1 Main Street", "2 Nowhere Road", "3 Main Street"]})
    first = frame.geo.locate("address", service=geoapify(fake), details=True)
    requests = len(fake.requests)

    second = frame.geo.locate("address", service=geoapify(fake), details=True)

    assert len(fake.requests) == requests
    pd.testing.assert_frame_equal(first, second)
    assert second.geo.report.cached == 3


def test_other_options_are_other_questions(fake, geoapify):
    frame = pd.DataFrame({"address": ["1 Main Street"]})

    frame.geo.locate("address", service=geoapify(fake))
    frame.geo.locate("address", service=geoapify(fake, lang="fr"))

    assert [submit.params.get("lang") for submit in fake.submits] == [None, "fr"]


def test_the_key_goes_by_header_and_stands_in_no_url(fake, geoapify):
    pd.DataFrame({"address": ["1 Main Street"]}).geo.locate("address", service=geoapify(fake))

    assert {request.key_by for request in fake.requests} == {"header"}
    assert not any("apiKey" in request.query for request in fake.requests)


def test_the_priority_is_sent_explicitly(fake, geoapify):
    pd.DataFrame({"address": ["1 Main Street"]}).geo.locate("address", service=geoapify(fake))
    pd.DataFrame({"address": ["2 Main Street"]}).geo.locate("address", service=geoapify(fake, priority=1))

    assert [submit.priority for submit in fake.submits] == [0.5, 1]


def test_parts_are_sent_as_parts(fake, geoapify):
    frame = pd.DataFrame({"road": ["Main Street", None], "no": [7, 8], "town": ["Springfield", "Shelbyville"]})

    located = frame.geo.locate(street="road", housenumber="no", city="town", service=geoapify(fake))

    parts = [
        {"housenumber": "7", "street": "Main Street", "city": "Springfield"},
        {"housenumber": "8", "city": "Shelbyville"},
    ]
    assert [dict(sent) for sent in fake.inputs] == parts
    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), [fake.expected(part) for part in parts])


@pytest.mark.parametrize("fault", ["500", "502", "429", "reset", "html-200"])
@pytest.mark.parametrize("on", ["submit", "poll"])
def test_a_fault_that_passes_is_waited_out(fault, on, fake, geoapify):
    fake.fail(fault, on=on, times=2)
    frame = sales(400, 250)

    located = frame.geo.locate("address", service=geoapify(fake))

    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), expected(fake, frame))
    assert len(fake.inputs) == len(set(fake.inputs))
    # aiohttp itself repeats a GET once on a connection that was used before.
    assert 1 <= located.geo.report.retries <= 2


def test_retry_after_is_obeyed(fake, geoapify):
    fake.fail("429-retry-after", on="submit", times=1, seconds=2)

    pd.DataFrame({"address": ["1 Main Street"]}).geo.locate("address", service=geoapify(fake))

    first, second = (request.time for request in fake.requests if request.kind == "submit")
    assert second - first >= 2


def test_a_lost_reply_to_a_submit_is_counted_and_said(fake, geoapify):
    fake.fail("reset-after-accept", on="submit", times=1)

    located = pd.DataFrame({"address": ["1 Main Street"]}).geo.locate("address", service=geoapify(fake))

    assert located["lat"].notna().all()
    assert fake.credits == 1
    assert located.geo.report.replies_lost == 1
    assert "1 lost reply that may have been paid" in located.geo.report.summary


def test_a_job_without_an_id_may_have_been_paid_and_is_not_bought_again(fake, geoapify):
    fake.fail("other-json", on="submit", times=1)
    frame, service = pd.DataFrame({"address": ["1 Main Street"]}), geoapify(fake)

    located = frame.geo.locate("address", service=service, budget=1.5, errors="coerce", details=True)
    again = frame.geo.locate("address", service=service, budget=0.75, errors="coerce", details=True)

    assert "gave no id" in located["reason"][0]
    assert located.geo.report.replies_lost == 1
    assert fake.credits == 1 and again["lat"].notna().all()


@pytest.mark.parametrize(
    ("damage", "harmed"),
    [
        ("short", 1),
        ("altered-id", 1),
        ("item-error", 1),
        ("long", 1),
        ("shuffled", 0),
        ("altered-text", 0),
        ("extra-keys", 0),
        ("swapped-ids", 20),
    ],
)
def test_a_damaged_answer_never_puts_a_value_on_the_wrong_row(damage, harmed, fake, geoapify):
    fake.fail(damage)
    frame = pd.DataFrame({"address": [f"{n} Main Street" for n in range(20)]})

    located = frame.geo.locate("address", service=geoapify(fake), details=True)

    failed = (located["status"] == "failed").to_numpy()
    assert failed.sum() == harmed
    np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy()[~failed], expected(fake, frame)[~failed])
    assert located["lat"].isna().to_numpy()[failed].all()


def test_a_refused_key_ends_the_run_at_once_and_says_so(fake, geoapify):
    with pytest.raises(KeyRefused, match=r"refuses the key \(401: Invalid apiKey\)") as caught:
        sales().geo.locate("address", service=geoapify(fake, api_key=KEY))

    assert isinstance(caught.value, PermissionError)
    assert len(caught.value.partial) == 2600
    assert len(fake.requests) <= 6
    assert fake.credits == 0


def test_when_the_credits_are_used_up_what_was_paid_is_kept(geoapify):
    with FakeGeoapify(credits=1000) as fake:
        frame = sales(6000, 5000)
        service = geoapify(fake)
        with pytest.raises(QuotaExhausted, match="Go on tomorrow") as caught:
            frame.geo.locate("address", service=service, details=True)

        partial = caught.value.partial
        answered = partial["status"].isin(["located", "not_found"])
        assert fake.credits == 1000
        assert (~partial["status"].isin(["located", "not_found", "failed", "skipped", "blank"])).sum() == 0
        np.testing.assert_array_equal(
            partial[["lat", "lon"]].to_numpy()[answered.to_numpy()], expected(fake, frame)[answered.to_numpy()]
        )
        fake.quota = None
        located = frame.geo.locate("address", service=service)

        np.testing.assert_array_equal(located[["lat", "lon"]].to_numpy(), expected(fake, frame))
        paid_for_an_answer = [text for text in fake.inputs if "Refused" not in text]
        assert len(paid_for_an_answer) == len(set(paid_for_an_answer))


def test_coerce_gives_the_frame_with_the_reason_in_each_row(fake, geoapify):
    located = sales().geo.locate("address", service=geoapify(fake, api_key=KEY), details=True, errors="coerce")

    assert set(located["status"]) <= {"failed", "skipped", "blank"}
    failed = located[located["status"] == "failed"]
    assert failed["reason"].str.contains("refuses the key").all()


def test_a_host_that_refuses_connections_is_said_in_seconds():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        started = time.monotonic()

        with pytest.raises(Unavailable, match="no connection to geoapify"):
            pd.DataFrame({"a": ["x"]}).geo.locate("a", service=Geoapify(api_key=KEY, base_url=url))

    assert time.monotonic() - started < 20


def test_a_host_that_does_not_answer_is_said_in_seconds(fake, geoapify):
    fake.fail("hang")
    started = time.monotonic()

    with pytest.raises(TooSlow, match="did not answer within 0.2 s"):
        pd.DataFrame({"a": ["x"]}).geo.locate("a", service=geoapify(fake, timeout=0.2))

    assert time.monotonic() - started < 20


def test_a_job_that_is_never_ready_stays_on_record_and_is_picked_up(fake, geoapify):
    frame = pd.DataFrame({"a": ["1 Main Street", "2 Main Street"]})
    fake.never_ready = True

    with pytest.raises(TooSlow, match="paid and on record"):
        frame.geo.locate("a", service=geoapify(fake, job_timeout=0.6))
    fake.never_ready = False
    located = frame.geo.locate("a", service=geoapify(fake))

    assert located["lat"].notna().all()
    assert len(fake.submits) == 1
    assert located.geo.report.jobs_resumed == 1


def test_a_job_that_is_gone_is_bought_again_and_said(fake, geoapify):
    frame = pd.DataFrame({"a": ["1 Main Street"]})
    fake.never_ready = True
    with pytest.raises(TooSlow):
        frame.geo.locate("a", service=geoapify(fake, job_timeout=0.6))
    fake.never_ready = False
    fake.forget_jobs()

    located = frame.geo.locate("a", service=geoapify(fake))

    assert located["lat"].notna().all()
    assert located.geo.report.jobs_bought_again == 1


def test_an_answer_that_comes_at_once_is_taken(geoapify):
    with FakeGeoapify(at_once=True) as fake:
        located = pd.DataFrame({"a": ["1 Main Street"]}).geo.locate("a", service=geoapify(fake))

        assert tuple(located.loc[0, ["lat", "lon"]]) == fake.expected("1 Main Street")


def test_requests_keep_their_distance(fake, geoapify):
    fake.pending = 3

    pd.DataFrame({"a": ["1 Main Street"]}).geo.locate("a", service=geoapify(fake, max_per_second=10))

    times = [request.time for request in fake.requests]
    assert len(times) == 5
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.09


@pytest.mark.parametrize(
    ("result_type", "match_type", "match"),
    [
        ("building", "full_match", "building"),
        ("amenity", "inner_part", "building"),
        ("street", "match_by_street", "street"),
        ("building", "match_by_street", "street"),
        ("building", "match_by_city_or_disrict", "city"),
        ("city", "match_by_city_or_disrict", "city"),
        ("postcode", "match_by_postcode", "postcode"),
        ("state", "match_by_country_or_state", "region"),
        ("country", "match_by_country_or_state", "country"),
        ("something new", "full_match", "none"),
    ],
)
def test_a_centroid_is_never_shown_as_a_house(result_type, match_type, match, geoapify):
    place = Found(1, 2, result_type=result_type, match_type=match_type, confidence=0.25)
    with FakeGeoapify(places={"x": place}) as fake:
        located = pd.DataFrame({"a": ["x"]}).geo.locate("a", service=geoapify(fake), details=True)

    assert located.loc[0, "match"] == match
    assert located.loc[0, "confidence"] == 0.25


def test_the_key_is_read_from_the_environment_under_both_names(monkeypatch, fake):
    with pytest.raises(MissingKeyError, match="GEOAPIFY_API_KEY"):
        Geoapify()
    assert resolve("auto").name == "gazetteer"

    monkeypatch.setenv("GEOAPIFY_KEY", fake.key)
    monkeypatch.setenv("GEOAPIFY_BASE_URL", fake.url)

    assert resolve("auto") == Geoapify(api_key=fake.key, base_url=fake.url)


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "http://example.org/v1"},
        {"base_url": "https://user:pass@example.org/v1"},
        {"base_url": "example.org"},
        {"base_url": "https://example.org/v1?apiKey=x"},
        {"api_key": "two words"},
        {"api_key": "a\nb"},
        {"api_key": 5},
        {"priority": 2},
        {"max_per_second": 0},
        {"timeout": -1},
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(options):
    with pytest.raises(SettingsError):
        Geoapify(**{"api_key": KEY, **options})


def test_addresses_are_not_logged(fake, geoapify, caplog):
    caplog.set_level(logging.DEBUG)
    fake.fail("500", times=1)

    pd.DataFrame({"a": ["4711 Secret Street", "4712 Refused Street"]}).geo.locate("a", service=geoapify(fake))

    assert "Street" not in caplog.text


def test_several_threads_share_the_work_and_nothing_is_asked_twice(fake, geoapify):
    service = geoapify(fake)
    frames = [pd.DataFrame({"a": [f"{n} Main Street" for n in range(start, start + 300)]}) for start in (0, 300, 600)]
    located: dict[int, pd.DataFrame] = {}

    def work(number: int) -> None:
        located[number] = frames[number].geo.locate("a", service=service)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    for number, frame in enumerate(frames):
        wanted = [fake.expected(text) for text in frame["a"]]
        np.testing.assert_array_equal(located[number][["lat", "lon"]].to_numpy(), wanted)
    assert len(fake.inputs) == len(set(fake.inputs)) == 900


def test_details_keep_the_type_the_id_and_the_credit_also_from_the_cache(fake, geoapify):
    frame = pd.DataFrame({"a": ["1 Main Street", "2 Nowhere Road"]})

    first = frame.geo.locate("a", service=geoapify(fake), details=True)
    second = frame.geo.locate("a", service=geoapify(fake), details=True)

    assert first.loc[0, "result_type"] == "building"
    assert len(first.loc[0, "place_id"]) == 64
    assert first.loc[0, "attribution"] == "Powered by Geoapify, © OpenStreetMap contributors"
    assert first.loc[1, ["result_type", "place_id", "attribution"]].isna().all()
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("details", [True, False])
def test_the_whole_answer_is_there_on_request(details, fake, geoapify):
    frame = pd.DataFrame({"a": ["1 Main Street"]})
    frame.geo.locate("a", service=geoapify(fake))

    located = frame.geo.locate("a", service=geoapify(fake, raw=True), details=details)
    again = located.geo.reverse(service=geoapify(fake, raw=True), prefix="r_", details=details)

    answer = json.loads(located.loc[0, "raw"])
    assert (answer["lat"], answer["lon"]) == fake.expected("1 Main Street")
    assert answer["rank"]["match_type"] == "full_match"
    assert json.loads(again.loc[0, "r_raw"])["lat"] == answer["lat"]


@pytest.mark.parametrize("countrycodes", ["DE, fr", ["de", "FR"]])
def test_country_codes_are_sent(countrycodes, fake, geoapify):
    pd.DataFrame({"a": ["x"]}).geo.locate("a", service=geoapify(fake, countrycodes=countrycodes))

    assert fake.submits[0].params["countrycodes"] == "de,fr"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"countrycode": "de"}, "geoapify has no option 'countrycode'; its options are .*countrycodes.*mode"),
        ({"countrycodes": "germany"}, "codes of two letters"),
        ({"mode": "fast"}, "mode must be one of 'auto', 'batch', 'single'"),
        ({"type": "house"}, "type must be one of 'country', .*, not 'house'"),
        ({"countrycodes": 47}, "codes of two letters, such as 'de,fr', not 47"),
        ({"priority": "1"}, "priority must be a number from 0.5 to 1, not '1'"),
        ({"max_per_second": "5"}, "max_per_second must be a number above 0, not '5'"),
        ({"max_jobs": 2.5}, "max_jobs must be a whole number of 1 or more, not 2.5"),
        ({"job_timeout": None}, "job_timeout must be a number above 0, not None"),
        ({"filter": 5}, "filter must be text, not 5"),
        ({"base_url": 5}, "base_url must be text, not 5"),
        ({"raw": "no"}, "raw must be True or False, not 'no'"),
        ({"lang": "french"}, "lang must be a code of two letters, such as 'fr', not 'french'"),
    ],
)
def test_an_option_that_there_is_not_is_refused_with_those_there_are(options, message):
    with pytest.raises(SettingsError, match=message):
        pd.DataFrame({"a": ["x"]}).geo.locate("a", service="geoapify", api_key=KEY, **options)


def test_an_error_says_what_is_kept_and_how_to_go_on(fake, geoapify):
    frame = pd.DataFrame({"a": ["1 Main Street", "2 Main Street"]})

    with pytest.raises(KeyRefused) as nothing:
        frame.geo.locate("a", service=geoapify(fake, api_key="wrong"))
    frame.iloc[:1].geo.locate("a", service=geoapify(fake))
    with pytest.raises(KeyRefused) as one:
        frame.geo.locate("a", service=geoapify(fake, api_key="wrong"))

    with pytest.raises(KeyRefused) as not_kept:
        frame.geo.locate("a", service=geoapify(fake, api_key="wrong"), cache=":memory:")

    assert "0 of 2 rows are answered. The same line run again goes on from there. To get" in str(nothing.value)
    assert "0 of 2 rows are answered. To get" in str(not_kept.value)
    assert "1 of 2 rows are answered: they are in this error's .partial, and kept. The same line" in str(one.value)


def test_the_report_reads_well_in_a_notebook(fake, geoapify):
    located = pd.DataFrame({"a": ["1 Main Street", "2 Nowhere <b>", None]}).geo.locate("a", service=geoapify(fake))

    html = located.geo.report._repr_html_()

    assert "<b>credits</b></td><td style='text-align:left'>1</td>" in html
    assert "<td style='text-align:left'>blank</td><td>1</td>" in html
    assert "2 Nowhere &lt;b&gt;" in html  # for the eye that has the frame beside it
    assert "Nowhere" not in str(located.geo.report)  # which may go into a log


def test_the_proxies_of_the_network_are_used(fake, geoapify, monkeypatch):
    monkeypatch.setenv("http_proxy", fake.url.removesuffix("/v1"))
    beyond = geoapify(fake, base_url="http://127.0.0.2:1/v1")  # where nobody listens

    located = pd.DataFrame({"a": ["1 Main Street"]}).geo.locate("a", service=beyond)

    assert tuple(located[["lat", "lon"]].iloc[0]) == fake.expected("1 Main Street")
