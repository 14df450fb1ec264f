"""One question, one answer."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from datetime import timedelta

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch import Locator, get_location, get_locations
from geopandas_batch.errors import KeyRefused, QueryError, ServiceError, SettingsError
from geopandas_batch.locator.outcomes import Outcomes
from geopandas_batch.places import Location, Query
from geopandas_batch.services.protocol import Limits


def test_what_stands_for_nothing_is_not_asked_one_by_one_either(fake, geoapify):
    found = asyncio.run(get_locations(["NULL", "1 Main Street", " - "], service=geoapify(fake)))

    assert [place is None for place in found] == [True, False, True]
    assert fake.inputs == ["1 Main Street"]


def test_many_calls_are_few_requests(fake, geoapify):
    async def main():
        async with Locator(geoapify(fake)) as locator:
            return await asyncio.gather(*(locator.locate(f"{n} Main Street") for n in range(1500)))

    found = asyncio.run(main())

    assert [tuple(place) for place in found] == [fake.expected(f"{n} Main Street") for n in range(1500)]
    assert [len(submit.inputs) for submit in fake.submits] == [375] * 4


def test_get_location_gives_lat_and_lon_and_a_handful_goes_one_by_one(fake, monkeypatch):
    monkeypatch.setenv("GEOAPIFY_API_KEY", fake.key)
    monkeypatch.setenv("GEOAPIFY_BASE_URL", fake.url)

    async def main():
        return await asyncio.gather(get_location("1 Main Street"), get_location("2 Nowhere Road"), get_location(" "))

    one, nowhere, blank = asyncio.run(main())

    lat, lon = one
    assert (lat, lon) == fake.expected("1 Main Street")
    assert nowhere is None
    assert blank is None
    assert [request.kind for request in fake.requests] == ["single", "single"]


def test_the_frame_and_single_calls_share_one_request(fake, geoapify):
    service = geoapify(fake, mode="batch")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": ["1 Main Street", "2 Main Street"]})

    async def main():
        return await asyncio.gather(
            frame.geo.locate_async("a", service=service), get_location("3 Main Street", service=service)
        )

    located, single = asyncio.run(main())

    assert tuple(located.loc[1, ["lat", "lon"]]) == fake.expected("2 Main Street")
    assert tuple(single) == fake.expected("3 Main Street")
    assert len(fake.submits) == 1


def test_a_loop_after_another_and_loops_in_threads_work(fake, geoapify):
    service = geoapify(fake)
    found = {}

    def ask(number: int) -> None:
        found[number] = asyncio.run(get_location(f"{number} Main Street", service=service))

    ask(0)
    ask(1)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {n: tuple(place) for n, place in found.items()} == {n: fake.expected(f"{n} Main Street") for n in range(6)}


def test_answers_are_aligned_with_addresses(fake, geoapify):
    addresses = ["2 Main Street", None, "1 Main Street", "3 nowhere", "2 Main Street"]

    found = asyncio.run(get_locations(addresses, service=geoapify(fake)))

    assert [place and tuple(place) for place in found] == [
        fake.expected("2 Main Street"), None, fake.expected("1 Main Street"), None, fake.expected("2 Main Street"),
    ]  # fmt: skip
    assert len(fake.inputs) == 3


@pytest.mark.parametrize("mode", ["batch", "single"])
def test_texts_alone_are_asked_once_each_however_they_are_written(mode, fake, geoapify):
    addresses = [f"{number % 7}  Main Street" for number in range(15)] + ["3 nowhere", " 2 Main Street"]

    found = asyncio.run(get_locations(iter(addresses), service=geoapify(fake, mode=mode)))

    assert [place and tuple(place) for place in found] == [
        None if "nowhere" in address else fake.expected(" ".join(address.split())) for address in addresses
    ]
    assert len(fake.requests if mode == "single" else fake.inputs) == 8


@pytest.mark.parametrize("one", ["1 Main Street", Query(city="Oslo"), 5], ids=["text", "parts", "number"])
def test_one_address_is_not_taken_for_a_list_of_letters(one, fake, geoapify):
    with pytest.raises(SettingsError, match="several addresses are a list"):
        asyncio.run(get_locations(one, service=geoapify(fake)))
    assert fake.requests == []


@pytest.mark.parametrize("table", [pd.DataFrame({"address": ["1 Main Street"]}), {"address": ["1 Main Street"]}])
def test_the_names_of_columns_are_no_addresses(table, fake, geoapify):
    with pytest.raises(SettingsError, match="a column of this"):
        asyncio.run(get_locations(table, service=geoapify(fake)))
    assert fake.requests == []


def test_a_refused_address_raises_or_stands_in_its_place(fake, geoapify):
    addresses = ["1 Main Street", "refused"]

    with pytest.raises(QueryError, match="refused this address"):
        asyncio.run(get_locations(addresses, service=geoapify(fake)))
    found = asyncio.run(get_locations(addresses, service=geoapify(fake), return_exceptions=True))

    assert tuple(found[0]) == fake.expected("1 Main Street")
    assert isinstance(found[1], QueryError)


def test_every_waiter_gets_the_error_of_its_batch(fake, geoapify):
    async def main():
        async with Locator(geoapify(fake, api_key="wrong")) as locator:
            return await asyncio.gather(*(locator.locate(f"{n} x") for n in range(50)), return_exceptions=True)

    assert {type(error) for error in asyncio.run(main())} == {KeyRefused}


class Strict:
    """A service of the user's own, two addresses a call, one call at a time; it raises where it meets "refused"."""

    name = "strict"
    limits = Limits(batch_size=2, max_concurrency=1, keep_for=timedelta(0))

    async def locate_many(self, wire, queries):
        await asyncio.sleep(0)
        if any(query.text == "refused" for query in queries):
            raise ServiceError("strict is out of order", service=self.name)
        return [Location(1.0, 2.0, query.text) for query in queries]


def test_a_run_that_stops_takes_no_other_caller_along():
    """ "other" is in one batch with the last address of a run, which stops before that batch leaves."""

    async def main():
        async with Locator(Strict(), cache=False, max_wait=60) as locator:
            outcomes = Outcomes(3)
            run = asyncio.create_task(
                locator.fill([Query("refused"), Query("a"), Query("b")], outcomes, stop_on=(ServiceError,))
            )
            await asyncio.sleep(0)
            another = locator.locate_many(["c", "d", "other"])
            return await asyncio.gather(run, locator.locate("other"), another), outcomes

    (stopped, single, others), outcomes = asyncio.run(main())

    assert isinstance(stopped, ServiceError)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed", "skipped"]
    assert single.formatted == "other"
    assert [each.formatted for each in others] == ["c", "d", "other"]


def test_who_was_not_asked_since_the_key_is_refused_is_told_so(fake, geoapify):
    """Single requests leave fifty at a time, from four places; after a refused key the rest is not sent."""

    async def main():
        async with Locator(geoapify(fake, api_key="wrong", mode="single", max_per_second=10_000)) as locator:
            calls = (locator.locate(f"{n} Main Street") for n in range(300))
            return await asyncio.gather(*calls, return_exceptions=True)

    assert {type(error) for error in asyncio.run(main())} == {KeyRefused}
    assert len(fake.requests) < 300


def test_a_run_whose_rows_were_not_asked_since_the_key_is_refused_ends_with_that(fake, geoapify):
    """All rows of the second frame are in the last part of a batch, which is not sent any more."""
    service = geoapify(fake, api_key="wrong", mode="single", max_per_second=10_000)

    async def main():
        frames = [pd.DataFrame({"a": [f"{n} Main Street" for n in range(*each)]}) for each in ((0, 300), (300, 310))]
        runs = (frame.geo.locate_async("a", service=service) for frame in frames)
        return await asyncio.gather(*runs, return_exceptions=True)

    assert [type(error) for error in asyncio.run(main())] == [KeyRefused, KeyRefused]
    assert len(fake.requests) < 300


def test_what_a_budget_leaves_over_is_no_answer(fake, geoapify):
    async def main():
        async with Locator(geoapify(fake, mode="batch"), budget=1.0) as locator:
            return await locator.locate_many([f"{n} Main Street" for n in range(4)], return_exceptions=True)

    found = asyncio.run(main())

    assert [tuple(place) for place in found[:2]] == [fake.expected(f"{n} Main Street") for n in range(2)]
    assert [str(error) for error in found[2:]] == ["not asked: beyond the budget"] * 2
    assert all(isinstance(error, ServiceError) for error in found[2:])


def test_a_service_that_asks_others_itself_is_not_stopped_in_the_middle(fake, geoapify):
    """One batch of the run is refused while another one waits for an answer of Geoapify."""
    asks = asyncio.Event()

    async def mine(addresses):
        if "0 Main Street" in addresses:
            await asks.wait()
            raise KeyRefused("no", service="mine")
        asks.set()
        return [await get_location(addresses[0], service=geoapify(fake))] * len(addresses)

    async def main():
        outcomes = Outcomes(2000)
        async with Locator(mine, cache=False) as locator:
            queries = [Query(f"{n} Main Street") for n in range(2000)]
            return await locator.fill(queries, outcomes, stop_on=(KeyRefused,)), outcomes[-1]

    stopped, last = asyncio.run(asyncio.wait_for(main(), 60))

    assert isinstance(stopped, KeyRefused)
    assert tuple(last.location) == fake.expected("1000 Main Street")


def test_a_closed_locator_says_how_it_is_opened_again_and_is(fake, geoapify):
    async def main():
        locator = Locator(geoapify(fake))
        async with locator:
            first = await locator.locate("1 Main Street")
        with pytest.raises(RuntimeError, match="`async with` opens it again"):
            await locator.locate("2 Main Street")
        async with locator:
            return first, await locator.locate("2 Main Street"), await locator.locate("1 Main Street")

    first, second, again = asyncio.run(main())

    assert [tuple(first), tuple(second)] == [fake.expected("1 Main Street"), fake.expected("2 Main Street")]
    assert again == first
    assert len(fake.inputs) == 2


def test_an_impatient_caller_harms_no_other(fake, geoapify):
    fake.pending = 2

    async def main():
        async with Locator(geoapify(fake, mode="batch")) as locator:
            patient = asyncio.create_task(locator.locate("1 Main Street"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(locator.locate("1 Main Street"), 0.1)
            return await patient

    assert tuple(asyncio.run(main())) == fake.expected("1 Main Street")
    assert len(fake.inputs) == 1


def test_a_query_of_parts_is_taken_as_it_is(fake, geoapify):
    found = asyncio.run(get_location(Query(city=" Springfield "), service=geoapify(fake)))

    assert tuple(found) == fake.expected({"city": "Springfield"})


@pytest.mark.parametrize("address", [12, 1.5, ["Oslo"]])
def test_an_address_that_is_no_text_is_an_error(address, fake, geoapify):
    with pytest.raises(SettingsError, match="must be text"):
        asyncio.run(get_location(address, service=geoapify(fake)))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (Query(city="Oslo", postcode=10115), "the postcode of a Query must be text, not int"),
        (Query(city="Oslo", country=None), "the country of a Query must be text, not NoneType"),
        (Query(text="Bryggen 1", city="Bergen"), "in one line, text=, or in its parts, not both"),
    ],
)
def test_a_query_that_cannot_be_asked_whole_is_an_error(query, said, fake, geoapify):
    with pytest.raises(SettingsError, match=said):
        asyncio.run(get_location(query, service=geoapify(fake)))
    assert fake.requests == []


@pytest.mark.parametrize("mode", ["batch", "single"])
def test_an_interrupted_submit_is_on_record_and_is_not_bought_again(mode, fake, geoapify):
    """Ctrl-C in a script: the task is cancelled while what costs is on its way, and its event loop ends at once."""
    fake.fail("slow", on="any", times=1, seconds=0.5)
    service = geoapify(fake, mode=mode)

    async def main():
        task = asyncio.create_task(get_location("1 Main Street", service=service))
        while not fake.inputs:  # until the double has accepted it
            await asyncio.sleep(0.01)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())

    assert tuple(asyncio.run(get_location("1 Main Street", service=service))) == fake.expected("1 Main Street")
    assert fake.inputs == ["1 Main Street"]


def test_calls_share_requests_in_memory_too(fake, geoapify, monkeypatch):
    monkeypatch.setenv("GEOPANDAS_BATCH_CACHE", ":memory:")
    service = geoapify(fake, mode="batch")

    async def main():
        return await asyncio.gather(*(get_location(f"{n} Main Street", service=service) for n in range(20)))

    assert len(asyncio.run(main())) == 20
    assert len(fake.submits) == 1


def test_the_names_that_are_promised_are_there():
    assert set(geopandas_batch.__all__) <= set(dir(geopandas_batch))
    for name in geopandas_batch.__all__:
        assert getattr(geopandas_batch, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'lokate'"):
        _ = geopandas_batch.lokate


def test_a_loop_that_is_closed_is_let_go_of(fake, geoapify):
    locator = Locator(geoapify(fake, mode="single", max_jobs=1))
    loops = []

    async def ask(first: int) -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await locator.locate_many([f"{n} Main Street" for n in range(first, first + 60)])  # two parts, for one place

    for first in (0, 100, 200, 300):
        asyncio.run(ask(first))
    gc.collect()

    assert [loop() is not None for loop in loops[:-1]] == [False] * 3


def test_of_answers_one_by_one_each_place_is_told_once_and_neighbours_together():
    class Slow:
        name = "slow"
        limits = Limits(batch_size=1, max_concurrency=4, keep_for=timedelta(0))

        async def locate_many(self, wire, queries):
            (query,) = queries
            if query.text.startswith("refused"):
                return [QueryError("refused")]
            return [Location(1.0, 2.0) if query.text.startswith("there") else None]

    kinds = ["there", "there", "nowhere", "refused", "there"]
    queries, told = [Query(f"{kinds[number % 5]} {number}") for number in range(100)], []
    outcomes = Outcomes(len(queries))

    asyncio.run(Locator(Slow(), cache=False).fill(queries, outcomes, on_outcomes=told.append))

    assert sorted(place for places in told for place in places) == list(range(100))
    assert len(told) < 100
    statuses = {"there": "located", "nowhere": "not_found", "refused": "failed"}
    assert [each.status for each in outcomes] == [statuses[kinds[number % 5]] for number in range(100)]
