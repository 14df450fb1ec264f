"""Each scripted fault does what it says, as a real aiohttp client sees it."""

import asyncio
import errno
import json
import threading

import aiohttp
import pytest

from geopandas_batch.testing import FakeGeoapify

TEXTS = [f"{number} Main Street, Springfield" for number in range(6)]
BODY = {
    "api": "/v1/geocode/search",
    "params": {"format": "json"},
    "inputs": [{"id": place, "params": {"text": text}} for place, text in enumerate(TEXTS)],
}


async def post(session, fake):
    async with session.post(f"{fake.url}/batch", json=BODY) as reply:
        return reply.status, dict(reply.headers), await reply.read()


async def get(session, fake, path="/batch", **query):
    async with session.get(fake.url + path, params=query) as reply:
        return reply.status, dict(reply.headers), await reply.read()


def client(fake, work):
    """What ``work(session)`` returns, within a minute."""

    async def main():
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(headers={"x-api-key": fake.key}, timeout=timeout) as session:
            return await work(session)

    return asyncio.run(main())


def submit(fake):
    return client(fake, lambda session: post(session, fake))


def collect(fake, path="/batch", body=BODY):
    """The results of a job, with whatever fault there is in them."""

    async def work(session):
        async with session.post(fake.url + path, json=body) as reply:
            pending = await reply.json()
        return json.loads((await get(session, fake, path, id=pending["id"]))[2])

    results = client(fake, work)
    return results if isinstance(results, list) else results["results"]


@pytest.fixture
def fake():
    with FakeGeoapify() as fake:
        yield fake


# Nothing is accepted


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("400", "Invalid request"),
        ("401", "Invalid apiKey"),
        ("429", "Quota exceeded"),
        ("429-retry-after", "Quota exceeded"),
        ("500", "Request failed, please try again later"),
    ],
)
def test_error_fault_answers_as_documented_and_accepts_nothing(fake, fault, message):
    fake.fail(fault)
    status, _, body = submit(fake)

    assert (status, json.loads(body)["statusCode"], json.loads(body)["message"]) == (*[int(fault[:3])] * 2, message)
    assert (fake.submits, fake.credits) == ([], 0)


@pytest.mark.parametrize(("fault", "header"), [("429", None), ("429-retry-after", "3")])
def test_only_one_of_the_429_says_how_long_to_wait(fake, fault, header):
    fake.fail(fault, seconds=2.5)

    assert submit(fake)[1].get("Retry-After") == header


@pytest.mark.parametrize(("fault", "status"), [("502", 502), ("html-200", 200)])
def test_page_in_place_of_an_answer(fake, fault, status):
    fake.fail(fault)
    answered, headers, body = submit(fake)

    assert (answered, headers["Content-Type"].split(";")[0]) == (status, "text/html")
    assert body.startswith(b"<!doctype html>") and fake.submits == []


def test_reset_closes_the_connection_before_the_job_is_accepted(fake):
    fake.fail("reset")
    with pytest.raises(aiohttp.ClientOSError) as caught:
        submit(fake)

    assert (caught.value.errno, fake.submits, fake.credits) == (errno.ECONNRESET, [], 0)
    assert [(each.status, each.fault) for each in fake.requests] == [(None, "reset")]


def test_hang_lasts_until_the_double_stops(fake):
    fake.fail("hang")
    outcome = []

    def call():
        with pytest.raises(aiohttp.ClientError) as caught:
            submit(fake)
        outcome.append(caught.value)

    caller = threading.Thread(target=call)
    caller.start()
    while not fake.requests:
        assert caller.is_alive()
    assert outcome == []
    fake.stop()
    caller.join(30)

    assert len(outcome) == 1 and fake.submits == []


def test_hang_ends_with_the_client_that_gave_up(fake):
    fake.fail("hang", times=1)

    async def work(session):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(post(session, fake), 0.05)
        return await post(session, fake)

    assert client(fake, work)[0] == 202


# Accepted and paid, and then


def test_reset_after_accept_loses_the_reply_to_a_paid_job(fake):
    fake.fail("reset-after-accept", times=1)
    with pytest.raises(aiohttp.ClientOSError) as caught:
        submit(fake)

    assert (caught.value.errno, fake.submits[0].inputs, fake.credits) == (errno.ECONNRESET, tuple(TEXTS), 3)


def test_cut_sends_half_of_what_it_announces(fake):
    fake.fail("cut", on="single")
    with pytest.raises(aiohttp.ClientPayloadError):
        client(fake, lambda session: get(session, fake, "/geocode/search", text="a"))

    assert fake.credits == 1


def test_slow_answers_truly_after_its_time(fake):
    fake.fail("slow", seconds=0.3)

    async def work(session):
        clock = asyncio.get_running_loop().time
        started = clock()
        status, _, _ = await post(session, fake)
        return status, clock() - started

    status, seconds = client(fake, work)
    assert status == 202 and seconds >= 0.29


def test_oversize_is_the_answer_after_so_many_bytes(fake):
    fake.fail("oversize", size=300_000)
    _, headers, body = submit(fake)

    assert len(body.lstrip()) == len(body) - 300_000
    assert json.loads(body)["status"] == "pending" and "Content-Length" not in headers


def test_other_json_is_an_answer_that_is_not_the_service_s(fake):
    fake.fail("other-json", on="submit", times=1)
    status, _, body = submit(fake)

    assert status == 202 and json.loads(body) == {"ok": True}
    assert fake.credits > 0


# In the results


def texts_of(results):
    return [each["result"]["query"]["text"] for each in results]


def test_short_results_lack_one_item(fake):
    fake.fail("short")
    results = collect(fake)

    assert len(results) == 5 and set(texts_of(results)) < set(TEXTS)
    assert [each.fault for each in fake.requests] == [None, "short"]


def test_long_results_have_an_item_twice(fake):
    fake.fail("long", items=2)

    assert texts_of(collect(fake))[:6] == TEXTS
    assert len(collect(fake)) == 8


def test_shuffled_results_keep_each_id_with_its_answer(fake):
    fake.fail("shuffled")
    results = collect(fake)

    assert [each["id"] for each in results] != list(range(6))
    assert sorted((each["id"], text) for each, text in zip(results, texts_of(results), strict=True)) == list(
        enumerate(TEXTS)
    )


def test_swapped_ids_belong_to_other_answers(fake):
    fake.fail("swapped-ids")
    results = collect(fake)

    assert sorted(each["id"] for each in results) == list(range(6))
    assert all(TEXTS[each["id"]] != text for each, text in zip(results, texts_of(results), strict=True))


def test_altered_id_was_never_sent(fake):
    fake.fail("altered-id")

    assert len({each["id"] for each in collect(fake)} - set(range(6))) == 1


@pytest.mark.parametrize("path", ["/batch", "/batch/geocode/search"])
def test_altered_text_is_not_what_was_asked(fake, path):
    fake.fail("altered-text")
    results = collect(fake, path, BODY if path == "/batch" else TEXTS)

    assert [(each.get("result") or each)["query"]["text"] for each in results] == [
        text.lower().replace(",", "") for text in TEXTS
    ]


def test_extra_keys_leave_the_answer_true(fake):
    fake.fail("extra-keys")
    strange = collect(fake)
    fake.heal()
    plain = collect(fake)

    assert all(each.keys() < other.keys() for each, other in zip(plain, strange, strict=True))
    assert [each["result"]["results"] for each in plain] == [each["result"]["results"] for each in strange]


@pytest.mark.parametrize("path", ["/batch", "/batch/geocode/search"])
def test_item_error_strikes_so_many_items(fake, path):
    fake.fail("item-error", items=2)
    results = collect(fake, path, BODY if path == "/batch" else TEXTS)

    assert [(each.get("result") or each).get("statusCode") for each in results].count(500) == 2


# Which requests


def statuses(fake, count):
    async def work(session):
        return [(await get(session, fake, "/geocode/search", text="a"))[0] for _ in range(count)]

    return client(fake, work)


def test_times_is_how_often_in_all(fake):
    fake.fail("500", times=2)

    assert statuses(fake, 4) == [500, 500, 200, 200]


def test_every_is_each_kth_request(fake):
    fake.fail("500", every=3)

    assert statuses(fake, 7) == [200, 200, 500, 200, 200, 500, 200]


def test_share_is_by_chance_from_the_seed():
    def run(seed):
        with FakeGeoapify(seed=seed) as fake:
            fake.fail("500", share=0.3)
            return statuses(fake, 100)

    first = run(1)
    assert first == run(1) != run(2)
    assert 15 <= first.count(500) <= 45


def test_on_picks_one_kind_of_request(fake):
    fake.fail("500", on="poll")

    assert (submit(fake)[0], statuses(fake, 1)) == (202, [200])
    assert client(fake, lambda session: get(session, fake, id=fake.submits[0].id))[0] == 500


def test_scripts_follow_one_another(fake):
    fake.fail("500", times=1)
    fake.fail("429", times=1)

    assert statuses(fake, 3) == [500, 429, 200]


def test_damage_waits_for_results():
    with FakeGeoapify(pending=2) as fake:
        fake.fail("short", times=1)
        submit(fake)

        async def work(session):
            return [await get(session, fake, id=fake.submits[0].id) for _ in range(4)]

        *waiting, struck, whole = client(fake, work)
        assert [status for status, _, _ in waiting] == [202, 202]
        assert [len(json.loads(body)["results"]) for _, _, body in (struck, whole)] == [5, 6]


def test_heal_ends_all_faults(fake):
    fake.fail("500")
    fake.heal()

    assert statuses(fake, 1) == [200]


@pytest.mark.parametrize(
    "script",
    [
        {"fault": "503"},
        {"fault": "500", "on": "submits"},
        {"fault": "short", "on": "single"},
        {"fault": "500", "share": 8},
        {"fault": "500", "every": 0},
        {"fault": "slow", "seconds": -1},
    ],
)
def test_script_that_could_never_strike_is_refused(fake, script):
    with pytest.raises(ValueError):
        fake.fail(**script)
