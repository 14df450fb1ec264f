"""The double speaks Geoapify's protocol: each rule that a client can meet, over a real socket."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from geopandas_batch.testing import FakeGeoapify, Found, Refused

SEARCH, REVERSE = "/v1/geocode/search", "/v1/geocode/reverse"
TEXTS = ["10 Downing Street, London", "Nowhere at all", "Åsgårdveien 1, 0873 Oslo"]


def ask(fake, path, body=None, *, key="header", **query):
    """Status and JSON of one request; a body makes it a POST. ``key``: header, query, or the value to send instead."""
    headers = {"Content-Type": "application/json"}
    if key == "query":
        query["apiKey"] = fake.key
    elif key:
        headers["x-api-key"] = fake.key if key == "header" else key
    address = fake.url + path + "?" + "&".join(f"{name}={value}" for name, value in query.items()).replace(" ", "%20")
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urlopen(Request(address, data, headers), timeout=30) as reply:
            return reply.status, json.load(reply)
    except HTTPError as error:
        return error.code, json.load(error)


def job(texts, *, api=SEARCH, priority=0.5, **params):
    inputs = [
        {"id": place, "params": {"text": text} if isinstance(text, str) else text} for place, text in enumerate(texts)
    ]
    return {"api": api, "params": {"format": "json", **params}, "inputs": inputs, "priority": priority}


def run(fake, body, path="/batch", **query):
    """The results of a job that needs no waiting."""
    status, pending = ask(fake, path, body, **query)
    assert status == 202, pending
    status, results = ask(fake, path, id=pending["id"])
    assert status == 200, results
    return results


@pytest.fixture
def fake():
    with FakeGeoapify() as fake:
        yield fake


# Submit and poll


@pytest.mark.parametrize(("path", "body"), [("/batch", job(TEXTS)), ("/batch/geocode/search", TEXTS)])
def test_submit_with_header_returns_keyless_url(fake, path, body):
    status, pending = ask(fake, path, body)

    assert (status, pending["status"]) == (202, "pending")
    assert pending["url"] == f"{fake.url}{path}?id={pending['id']}"
    assert len(pending["id"]) == 32 and set(pending["id"]) <= set("0123456789abcdef")


def test_submit_with_query_key_returns_url_with_key_that_can_be_polled(fake):
    _, pending = ask(fake, "/batch", job(TEXTS), key="query")

    with urlopen(pending["url"], timeout=30) as reply:
        assert json.load(reply)["id"] == pending["id"]
    assert f"apiKey={fake.key}" in pending["url"]


@pytest.mark.parametrize("key", [None, "wrong"])
@pytest.mark.parametrize(("path", "body"), [("/batch", job(TEXTS)), ("/batch", None), ("/geocode/search", None)])
def test_request_without_right_key_is_unauthorized_and_free(fake, path, body, key):
    assert ask(fake, path, body, key=key) == (
        401,
        {"statusCode": 401, "error": "Unauthorized", "message": "Invalid apiKey"},
    )
    assert (fake.credits, fake.inputs) == (0, [])


def test_job_is_pending_for_the_scripted_number_of_polls():
    with FakeGeoapify(pending=2) as fake:
        _, pending = ask(fake, "/batch", job(TEXTS))

        assert [ask(fake, "/batch", id=pending["id"])[0] for _ in range(4)] == [202, 202, 200, 200]
        assert (fake.polls, fake.submits[0].polls, fake.submits[0].pending) == (4, 4, 2)


def test_pending_poll_repeats_the_reply_to_the_submit():
    with FakeGeoapify(never_ready=True) as fake:
        _, pending = ask(fake, "/batch", job(TEXTS))

        assert [ask(fake, "/batch", id=pending["id"]) for _ in range(20)] == [(202, pending)] * 20


def test_job_that_never_ends_is_ready_once_the_option_is_off():
    with FakeGeoapify(never_ready=True) as fake:
        _, pending = ask(fake, "/batch", job(TEXTS))
        fake.never_ready = False

        assert ask(fake, "/batch", id=pending["id"])[0] == 200


def test_at_once_answers_the_submit_with_the_results():
    with FakeGeoapify(at_once=True) as fake:
        status, results = ask(fake, "/batch", job(TEXTS))

        assert (status, len(results["results"]), fake.polls) == (200, 3, 0)


@pytest.mark.parametrize("expire", [lambda fake: setattr(fake, "expire", True), FakeGeoapify.forget_jobs])
def test_expired_job_is_not_found_and_has_no_message(fake, expire):
    _, pending = ask(fake, "/batch", job(TEXTS))
    expire(fake)

    assert ask(fake, "/batch", id=pending["id"]) == (404, {"statusCode": 404, "error": "Not Found"})


def test_unknown_job_is_not_found(fake):
    assert ask(fake, "/batch", id="0" * 32) == (404, {"statusCode": 404, "error": "Not Found"})


def test_job_is_unknown_at_another_endpoint(fake):
    _, pending = ask(fake, "/batch", job(TEXTS))

    assert ask(fake, "/batch/geocode/search", id=pending["id"])[0] == 404


def test_unknown_path_is_not_found(fake):
    assert ask(fake, "/places") == (404, {"statusCode": 404, "error": "Not Found"})


def test_jobs_wait_in_line_for_a_slot():
    with FakeGeoapify(seconds_per_job=0.02, seconds_per_input=0.01, job_slots=1) as fake:
        started = time.monotonic()
        ids = [ask(fake, "/batch", job(TEXTS))[1]["id"] for _ in range(3)]
        while ask(fake, "/batch", id=ids[2])[0] == 202:
            assert time.monotonic() < started + 30

        assert time.monotonic() - started >= 3 * (0.02 + 3 * 0.01)
        assert [ask(fake, "/batch", id=first)[0] for first in ids] == [200, 200, 200]


def test_jobs_without_slots_are_worked_on_side_by_side():
    with FakeGeoapify(seconds_per_job=0.2) as fake:
        ids = [ask(fake, "/batch", job(TEXTS))[1]["id"] for _ in range(20)]
        deadline = time.monotonic() + 0.2 * 19
        while ask(fake, "/batch", id=ids[-1])[0] == 202:
            assert time.monotonic() < deadline


# Validation


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/batch", job([]), '"inputs" must contain at least 1 items'),
        ("/batch", job(["a"] * 1001), '"inputs" must contain less than or equal to 1000 items'),
        ("/batch", {"inputs": [{}]}, '"api" is required'),
        ("/batch", {"api": SEARCH}, '"inputs" is required'),
        ("/batch", {"api": "/v1/nothing", "inputs": [{}]}, f'"api" must be one of [{SEARCH}, {REVERSE}]'),
        ("/batch", {"api": SEARCH, "inputs": "a"}, '"inputs" must be an array'),
        ("/batch", {"api": SEARCH, "inputs": ["a"]}, '"inputs[0]" must be of type object'),
        ("/batch", {"api": SEARCH, "inputs": [{"id": None}]}, '"inputs[0].id" must be one of [string, number]'),
        ("/batch", {"api": SEARCH, "inputs": [{"params": "a"}]}, '"inputs[0].params" must be of type object'),
        ("/batch", {"api": SEARCH, "inputs": [{}], "prio": 1}, '"prio" is not allowed'),
        ("/batch", job(["a"], priority=0.4), '"priority" must be greater than or equal to 0.5'),
        ("/batch", job(["a"], priority=1.1), '"priority" must be less than or equal to 1'),
        ("/batch", job(["a"], priority="high"), '"priority" must be a number'),
        ("/batch", ["a"], '"body" must be of type object'),
        ("/batch", b"{", "Invalid request payload JSON format"),
        ("/batch/geocode/search", [], '"body" must contain at least 1 items'),
        ("/batch/geocode/search", ["a"] * 1001, '"body" must contain less than or equal to 1000 items'),
        ("/batch/geocode/search", ["a", {"text": "b"}], '"[1]" must be a string'),
        ("/batch/geocode/search", ["a", ""], '"[1]" is not allowed to be empty'),
        ("/batch/geocode/reverse", [[1, 2, 3]], '"[0]" does not match any of the allowed types'),
        ("/batch/geocode/reverse", [{"lon": 1, "lat": 2, "id": 3}], '"[0]" does not match any of the allowed types'),
    ],
)
def test_wrong_submit_is_refused_in_the_words_of_the_service(fake, path, body, message):
    status, error = ask(fake, path, body)

    assert (status, error) == (400, {"statusCode": 400, "error": "Bad Request", "message": message})
    assert (fake.submits, fake.credits) == ([], 0)


@pytest.mark.parametrize("query", [{}, {"id": "0" * 31}, {"id": "F" * 32}])
def test_poll_without_a_proper_id_is_refused(fake, query):
    assert ask(fake, "/batch", **query)[1]["message"] == '"id" is required'


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("/geocode/search", {"text": "a", "limit": 101}, '"limit" must be less than or equal to 100'),
        ("/geocode/search", {"text": "a", "limit": 0}, '"limit" must be greater than or equal to 1'),
        ("/geocode/search", {"text": "a", "format": "yaml"}, '"format" must be one of [json, geojson]'),
        ("/geocode/search", {"text": "a" * 1025}, '"text" length must be less than or equal to 1024 characters long'),
        ("/geocode/search", {"text": "a", "city": "b"}, '"text" conflict with forbidden peers [city]'),
        ("/geocode/reverse", {"lon": 1}, '"lat" is required'),
        ("/geocode/reverse", {"lon": 1, "lat": 91}, '"lat" must be less than or equal to 90'),
    ],
)
def test_wrong_single_request_is_refused(fake, path, query, message):
    status, error = ask(fake, path, **query)

    assert (status, error["message"], fake.credits) == (400, message, 0)


def test_input_that_breaks_a_rule_is_an_error_of_its_own_in_a_generic_job(fake):
    first, second = run(fake, job(["a" * 1025, "b"]))["results"]

    assert first["result"]["statusCode"] == 400
    assert second["result"]["results"][0]["lat"] == fake.expected("b")[0]


# Answers


def test_generic_job_echoes_ids_and_params_in_order(fake):
    results = run(fake, job(TEXTS, lang="nb"))

    assert [each["id"] for each in results["results"]] == [0, 1, 2]
    assert [each["params"] for each in results["results"]] == [{"text": text} for text in TEXTS]
    assert (results["api"], results["params"]) == (SEARCH, {"format": "json", "lang": "nb"})


def test_generic_job_answers_with_the_expected_places(fake):
    found = [each["result"]["results"] for each in run(fake, job(TEXTS))["results"]]

    assert [(each[0]["lat"], each[0]["lon"]) if each else None for each in found] == [fake.expected(t) for t in TEXTS]


def test_geojson_is_the_default_and_has_longitude_first(fake):
    body = job(TEXTS)
    del body["params"]
    (feature,), (), _ = [each["result"]["features"] for each in run(fake, body)["results"]]

    assert tuple(feature["geometry"]["coordinates"][::-1]) == fake.expected(TEXTS[0])


def test_texts_and_parts_may_be_mixed_in_one_job(fake):
    parts = {"housenumber": "10", "street": "Downing Street", "city": "London"}
    results = run(fake, job([TEXTS[0], parts]))["results"]

    assert results[1]["result"]["results"][0]["lon"] == fake.expected(parts)[1]
    assert fake.inputs == [TEXTS[0], tuple(parts.items())]


def test_plain_job_is_a_bare_array_of_flat_items(fake):
    results = run(fake, TEXTS, "/batch/geocode/search")

    assert [each["query"]["text"] for each in results] == TEXTS
    assert (results[0]["lat"], results[0]["lon"]) == fake.expected(TEXTS[0])


def test_plain_job_has_nothing_but_the_query_where_nothing_is_found(fake):
    texts = [f"nowhere {number}" for number in range(50)]
    results = run(fake, texts, "/batch/geocode/search")

    assert {tuple(each) for each in results} == {("query",)}
    assert {tuple(each["query"]) for each in results} == {("text",), ("text", "parsed")}


def test_refused_input_is_an_error_within_a_generic_job(fake):
    (answer,) = run(fake, job(["a refused address"]))["results"]

    assert answer["result"] == {"statusCode": 400, "error": "Bad Request", "message": '"text" is not allowed'}


def test_refused_single_request_is_a_bad_request(fake):
    assert ask(fake, "/geocode/search", text="refused")[0] == 400


def test_poison_spoils_its_job_alone():
    with FakeGeoapify(poison={"bad"}) as fake:
        status, error = ask(fake, "/batch", job(["good", "bad"]))

        assert (status, error["message"]) == (400, '"inputs[1]" is not allowed')
        assert len(run(fake, job(["good"]))["results"]) == 1
        assert fake.inputs == ["good"]


def test_reverse_job_takes_pairs_and_objects_with_longitude_first(fake):
    pair, point = run(fake, [[10.5, 59.5], {"lat": 59.5, "lon": 10.5}], "/batch/geocode/reverse")

    assert pair == point
    assert (pair["lat"], pair["lon"], pair["formatted"]) == (59.5, 10.5, fake.expected_address(59.5, 10.5))
    assert fake.inputs == [(59.5, 10.5)] * 2


def test_reverse_answer_has_no_confidence(fake):
    (answer,) = run(fake, job([{"lat": 59.5, "lon": 10.5}], api=REVERSE))["results"]

    assert answer["result"]["results"][0]["rank"].keys() == {"importance", "popularity"}


def test_point_in_mid_ocean_has_an_item_that_is_nearly_empty(fake):
    _, answer = ask(fake, "/geocode/reverse", lat=0, lon=0, format="json")

    assert answer["results"][0].keys() == {"lon", "lat", "distance", "result_type", "rank"}
    assert fake.expected_address(0, 0) is None


@pytest.mark.parametrize(("form", "content"), [("json", "application/json"), ("geojson", "application/geo+json")])
def test_single_request_has_the_content_type_of_its_form(fake, form, content):
    with urlopen(f"{fake.url}/geocode/search?text=Oslo&format={form}&apiKey={fake.key}", timeout=30) as reply:
        assert reply.headers.get_content_type() == content


def test_single_request_that_finds_nothing_is_no_error(fake):
    status, answer = ask(fake, "/geocode/search", text="nowhere", format="json")

    assert (status, answer["results"], answer["query"]["text"]) == (200, [], "nowhere")


# Places that a test gives


@pytest.mark.parametrize(
    "place",
    [
        Found(51.5, -0.1, "city", 0.2, "match_by_city_or_disrict"),
        {"lat": 51.5, "lon": -0.1, "result_type": "city", "confidence": 0.2, "match_type": "match_by_city_or_disrict"},
    ],
)
def test_quality_of_an_answer_can_be_scripted(place):
    with FakeGeoapify(places={"London": place}) as fake:
        (answer,) = ask(fake, "/geocode/search", text="london", format="json")[1]["results"]

    assert (answer["lat"], answer["lon"], answer["result_type"]) == (51.5, -0.1, "city")
    assert (answer["rank"]["confidence"], answer["rank"]["match_type"]) == (0.2, "match_by_city_or_disrict")
    assert not {"street", "housenumber"} & answer.keys()


def test_places_may_be_a_function_of_the_params():
    def places(params):
        return {"a": (1, 2), "b": None, "c": Refused("no c")}[params["text"]]

    with FakeGeoapify(places=places) as fake:
        results = [each["result"] for each in run(fake, job(["a", "b", "c"]))["results"]]

    assert (results[0]["results"][0]["lat"], results[0]["results"][0]["lon"]) == (1.0, 2.0)
    assert results[1]["results"] == []
    assert results[2]["message"] == "no c"


def test_other_keys_of_a_place_go_into_the_answer():
    with FakeGeoapify(places={"a": {"lat": 1, "lon": 2, "category": "building.office", "street": "Elm"}}) as fake:
        (answer,) = ask(fake, "/geocode/search", text="a", format="json")[1]["results"]

    assert (answer["category"], answer["street"]) == ("building.office", "Elm")


def test_function_that_raises_is_a_server_error_and_not_the_end():
    with FakeGeoapify(places=lambda params: {"good": (1, 2)}[params["text"]]) as fake:
        assert ask(fake, "/geocode/search", text="bad")[0] == 500
        assert ask(fake, "/geocode/search", text="good")[0] == 200


def test_sets_of_texts_say_what_is_not_found_and_refused():
    with FakeGeoapify(not_found={"a"}, refused={"b"}) as fake:
        assert [fake.expected(text) for text in "ab"] == [None, None]
        assert fake.expected("nowhere") is not None
        assert ask(fake, "/geocode/search", text="b")[0] == 400


def test_made_up_places_differ_and_do_not_depend_on_the_seed():
    places = [FakeGeoapify(seed=seed).expected(f"{number} Main Street") for seed in (1, 2) for number in range(2000)]

    assert len(set(places)) == 2000
    assert all(-90 < lat < 90 and -180 < lon < 180 for lat, lon in places)


# What it counts


@pytest.mark.parametrize("priority", [0.5, 0.75, 1])
def test_credits_are_inputs_times_priority(fake, priority):
    ask(fake, "/batch", job(TEXTS, priority=priority))

    assert (fake.credits, fake.submits[0].credits) == (3 * priority, 3 * priority)


def test_half_price_is_the_default(fake):
    ask(fake, "/batch/geocode/search", TEXTS)

    assert (fake.credits, fake.submits[0].priority) == (1.5, 0.5)


def test_single_request_costs_one_credit_and_polls_nothing(fake):
    run(fake, job(TEXTS))
    ask(fake, "/geocode/search", text="a")

    assert (fake.credits, fake.inputs) == (2.5, [*TEXTS, "a"])


def test_what_would_go_beyond_the_quota_is_refused_and_free():
    with FakeGeoapify(credits=2) as fake:
        assert ask(fake, "/batch", job(TEXTS))[0] == 202
        assert ask(fake, "/batch", job(TEXTS)) == (
            429,
            {"statusCode": 429, "error": "Too Many Requests", "message": "Quota exceeded"},
        )
        assert (fake.credits, len(fake.submits)) == (1.5, 1)


def test_requests_beyond_the_rate_are_refused():
    with FakeGeoapify(max_per_second=5) as fake:
        for _ in range(12):
            ask(fake, "/geocode/search", text="a")

        answered = [request.time for request in fake.requests if request.status == 200]
        refused = [request for request in fake.requests if request.status == 429]
        assert refused
        assert all(later - earlier >= 0.99 for earlier, later in zip(answered, answered[5:], strict=False))


def test_requests_are_recorded_in_order_without_the_key(fake):
    ask(fake, "/batch", job(TEXTS))
    ask(fake, "/geocode/search", text="a", key="query")
    ask(fake, "/nothing", key=None)

    assert [(each.kind, each.method, each.status, each.key_by) for each in fake.requests] == [
        ("submit", "POST", 202, "header"),
        ("single", "GET", 200, "query"),
        ("other", "GET", 401, None),
    ]
    assert fake.key not in repr(fake.requests) + repr(fake.submits)
    assert fake.requests[1].query == {"text": "a", "apiKey": "***"}


def test_submit_is_recorded_as_it_was_sent(fake):
    ask(fake, "/batch", job(TEXTS, lang="fr"))
    (submit,) = fake.submits

    assert (submit.api, submit.path, submit.params) == (SEARCH, "/v1/batch", {"format": "json", "lang": "fr"})
    assert (submit.inputs, submit.ids) == (tuple(TEXTS), (0, 1, 2))


def test_memory_is_bounded_and_the_oldest_is_forgotten(fake, monkeypatch):
    monkeypatch.setattr("geopandas_batch.testing.desk.REQUESTS_KEPT", 3)
    monkeypatch.setattr("geopandas_batch.testing.desk.INPUTS_KEPT", 6)
    first, *_ = [ask(fake, "/batch", job(TEXTS))[1]["id"] for _ in range(3)]

    assert ask(fake, "/batch", id=first)[0] == 404
    assert (len(fake.submits), len(fake.requests), fake.credits) == (2, 3, 4.5)


# Its life


def test_many_threads_may_use_one(fake):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ask(fake, "/geocode/search", text=f"{number}"), range(80)))

    assert {status for status, _ in answers} == {200}
    assert (len(fake.inputs), len(set(fake.inputs)), fake.credits) == (80, 80, 80)


def test_several_run_at_once():
    with FakeGeoapify(key="one") as one, FakeGeoapify(key="two") as two:
        ask(one, "/geocode/search", text="a")

        assert (one.credits, two.credits) == (1, 0)
        assert ask(two, "/geocode/search", text="a", key="one")[0] == 401


def test_async_with_serves_the_loop_that_opened_it():
    async def main():
        async with FakeGeoapify() as fake:
            return await asyncio.to_thread(ask, fake, "/geocode/search", text="a")

    assert asyncio.run(main())[0] == 200


def test_stop_ends_thread_and_address_and_may_be_repeated():
    before = set(threading.enumerate())
    fake = FakeGeoapify().start().start()
    address = fake.url
    fake.stop()
    fake.stop()

    assert set(threading.enumerate()) == before
    with pytest.raises(URLError):
        urlopen(address, timeout=5)


def test_second_start_keeps_address_jobs_and_records(fake):
    address = fake.url
    _, pending = ask(fake, "/batch", job(TEXTS))
    fake.stop()
    fake.start()

    assert fake.url == address
    assert ask(fake, "/batch", id=pending["id"])[0] == 200
    assert len(fake.requests) == 2


def test_url_before_the_start_says_what_to_do():
    with pytest.raises(RuntimeError, match="with FakeGeoapify"):
        _ = FakeGeoapify().url


def test_interpreter_ends_although_nobody_stopped_it():
    script = "from geopandas_batch.testing import FakeGeoapify; print(FakeGeoapify().start().url)"
    ended = subprocess.run([sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("option", ["pending", "seconds_per_job", "job_slots", "max_per_second"])
def test_option_that_makes_no_sense_is_refused(option):
    with pytest.raises(ValueError, match=option):
        FakeGeoapify(**{option: -1})
