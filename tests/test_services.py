"""What every service must do, and who is chosen."""

from __future__ import annotations

import asyncio
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest
from aiohttp import web

from geopandas_batch import Locator
from geopandas_batch.errors import QueryError, ServiceError, SettingsError, StrangeAnswer
from geopandas_batch.places import MATCHES, Location, Query
from geopandas_batch.services import (
    AddressBook,
    Cascade,
    Census,
    Function,
    Gazetteer,
    Geoapify,
    Geoplateforme,
    Geopy,
    Limits,
    resolve,
)
from geopandas_batch.testing import FakeCensus, FakeGeoapify, FakeGeoplateforme
from geopandas_batch.testing.serving import Server

# What each service knows and does not know; some know one country.
WORLD = ["Oslo, Norway", "Bergen, Norway", "Αθήνα, Ελλάδα", "東京都千代田区"]
KNOWN = {
    "census": [
        "1 Main Street, Salina, KS",
        "2 Main, Salina, KS 67401",
        "3 Peñuelas St, Salina KS",
        '4 "A" St, Hays, KS',
    ],
    "geoplateforme": ["8 rue du Port, Amiens", "1 bis rue de l'Église, 45000 Orléans", "Œuilly", 'Lieu-dit "Bout"'],
}
PARTS = {
    "census": Query(housenumber="1", street="Main Street", city="Salina", state="Kansas", country="USA"),
    "geoplateforme": Query(city="Orléans", country="France"),
}
UNKNOWN = "1 qqqq nowhere wwww"


async def atlas(addresses: list[str]) -> list[object]:
    """A function of the user's own."""
    return [
        None if "nowhere" in address else ValueError("refused") if "refused" in address else (60.0, len(address))
        for address in addresses
    ]


async def nobody(addresses: list[str]) -> list[object]:
    """Knows nothing."""
    return [None] * len(addresses)


def cancelled() -> None:
    """As a service whose own task was cancelled, by a pool that closes, say."""
    raise asyncio.CancelledError


class Table(list[list[float]]):
    """As that of Polars: as long as its rows, and made of its columns."""

    columns = ("lat", "lon")

    def __init__(self) -> None:
        super().__init__([[59.9, 60.4], [10.7, 5.3]])


class Minimal:
    """The least that a service must have."""

    name = "minimal"
    limits = Limits(batch_size=3, max_concurrency=2)

    async def locate_many(self, wire, queries):
        assert len(queries) <= 3
        return [
            None if "nowhere" in query.line else Location(60.0, len(query.line), match="city", service=self.name)
            for query in queries
        ]


async def search(request: web.Request, closing: asyncio.Event) -> web.StreamResponse:
    """Answers as Nominatim does."""
    text = request.query["q"]
    return web.json_response([] if "nowhere" in text else [{"lat": "60", "lon": str(len(text)), "display_name": text}])


@pytest.fixture(
    params=["geoapify", "gazetteer", "census", "geoplateforme", "addressbook", "function", "object", "geopy", "cascade"]
)
def service(request, tmp_path) -> Iterator[object]:
    if request.param == "geoapify":
        with FakeGeoapify() as fake:
            yield Geoapify(api_key=fake.key, base_url=fake.url, max_per_second=1000)
    elif request.param == "census":
        with FakeCensus() as fake:
            yield Census(base_url=fake.url)
    elif request.param == "geoplateforme":
        with FakeGeoplateforme() as fake:
            yield Geoplateforme(base_url=fake.url)
    elif request.param == "addressbook":
        rows = ["1,Karl Johans gate,Oslo,59.91,10.74", "1,Bryggen,Bergen,60.4,5.32", "2,Βασ. Σοφίας,Αθήνα,37.98,23.74"]
        rows += ["1,千代田,東京都千代田区,35.69,139.75"]
        text = "\n".join(["number,street,city,lat,lon", *rows])
        (tmp_path / "houses.csv").write_text(text, encoding="utf-8")
        yield AddressBook(tmp_path / "houses.csv", folder=tmp_path)
    elif request.param == "geopy":
        geocoders = pytest.importorskip("geopy.geocoders")
        server = Server(search)
        server.start()
        domain = f"127.0.0.1:{server.port}"
        yield Geopy(geocoders.Nominatim(user_agent="tests", domain=domain, scheme="http"), max_per_second=200)
        server.stop()
    else:
        cascade = Cascade([nobody, "gazetteer"])
        yield {"gazetteer": Gazetteer(), "function": atlas, "object": Minimal(), "cascade": cascade}[request.param]


@pytest.fixture
def known(service) -> list[str]:
    return KNOWN.get(resolve(service).name, WORLD)


def ask(service, addresses, **options):
    async def main():
        async with Locator(service, cache=False) as locator:
            return await locator.locate_many(addresses, **options)

    return asyncio.run(main())


def test_answers_come_in_the_order_of_the_questions(service, known):
    alone = [tuple(ask(service, [address])[0]) for address in known]

    assert [tuple(place) for place in ask(service, [*known, *reversed(known)])] == [*alone, *reversed(alone)]
    assert len(set(alone)) == len(known)


def test_not_found_is_none_and_blank_is_not_asked(service, known):
    found, unknown, blank, nothing = ask(service, [known[0], UNKNOWN, "  ", None])

    assert isinstance(found, Location)
    assert (unknown, blank, nothing) == (None, None, None)


def test_an_answer_is_whole(service, known):
    place = ask(service, known[:1])[0]

    lat, lon = place
    assert (lat, lon) == (place.lat, place.lon)
    assert abs(lat) <= 90
    assert abs(lon) <= 180
    assert place.match in MATCHES
    assert place.service in resolve(service).name


def test_answers_that_tell_the_same_are_equal_also_without_a_confidence():
    told = Location(60.0, 10.0, match="city", confidence=float("nan"))

    assert told == Location(60.0, 10.0, match="city") != Location(60.0, 10.0, match="city", confidence=0.5)
    assert len({told, Location(60.0, 10.0, match="city")}) == 1
    assert told == ANY  # what does not know it may still be equal to it


def test_a_place_takes_the_decimals_of_a_database():
    told = Location(Decimal("59.91"), Decimal("10.75"), confidence=Decimal("0.5"))

    assert (told.lat, told.lon, told.confidence) == (59.91, 10.75, 0.5)
    assert {type(told.lat), type(told.lon), type(told.confidence)} == {float}
    with pytest.raises(ValueError, match="lat must be a number from -90 to 90, not nan"):
        Location(Decimal("nan"), Decimal(1))
    assert told != (60.0, 10.0)


def test_an_error_of_one_address_is_its_own():
    found = ask(atlas, ["Oslo", "refused", "Bergen"], return_exceptions=True)

    assert [type(answer) for answer in found] == [Location, QueryError, Location]


@pytest.mark.parametrize("name", ["geoapify", "census", "geoplateforme"])
def test_what_a_double_makes_up_is_nobodys_answer_but_of_doubles(name, cache_file):
    """Who tests his own code with one, and does not say where answers go, has them among his real ones."""
    double, maker, key = {
        "geoapify": (FakeGeoapify, Geoapify, {"api_key": "key-of-the-double", "mode": "batch"}),
        "census": (FakeCensus, Census, {}),
        "geoplateforme": (FakeGeoplateforme, Geoplateforme, {}),
    }[name]
    table = pd.DataFrame({"address": KNOWN.get(name, WORLD)})
    with double() as one:
        table.geo.locate("address", service=maker(**key, base_url=one.url), progress=False)

    of_another, of_the_vendor = (
        table.geo.estimate("address", service=maker(**key, base_url=url)) for url in ("http://localhost:1/v1", None)
    )

    assert (of_another.cached, of_another.to_ask) == (4, 0)
    assert (of_the_vendor.cached, of_the_vendor.to_ask) == (0, 4)


def test_a_job_of_a_double_is_not_asked_for_at_the_vendor(fake, geoapify):
    table = pd.DataFrame({"address": WORLD})
    fake.never_ready = True
    table.geo.locate("address", service=geoapify(fake, mode="batch", job_timeout=0.1), errors="coerce")

    assert table.geo.estimate("address", service=geoapify(fake, mode="batch")).held == 4
    assert table.geo.estimate("address", service=Geoapify(fake.key, mode="batch")).held == 0


def test_parts_are_a_question_too(service):
    place = ask(service, [PARTS.get(resolve(service).name, Query(city="Oslo", country="Norway"))])[0]

    assert isinstance(place, Location)


def test_limits_are_kept():
    assert len(ask(Minimal(), [f"street {n}" for n in range(10)])) == 10


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("north of here", ""),
        ("12", ""),
        ((150.0, 59.9), "lat must be a number from -90 to 90, not 150.0"),
        ((float("nan"), float("nan")), "lat must be a number from -90 to 90, not nan"),
        ((1, 2, 3), ""),
    ],
)
def test_a_function_that_returns_nonsense_is_said(answer, why):
    async def nonsense(addresses):
        return [answer] * len(addresses)

    with pytest.raises(StrangeAnswer, match=rf"must return a Location, \(lat, lon\), None or an exception.*\({why}"):
        ask(nonsense, ["x"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            lambda count: [(59.9, 10.7)] * count,
            "with a Location, None or a QueryError, not tuple; none",
        ),
        (lambda count: cancelled(), "minimal raised CancelledError. 0 of 2 rows are answered"),
        (lambda count: None, "a list with one answer for each address, in their order, not NoneType"),
        (lambda count: {"Oslo": None}, "a list with one answer for each address, in their order, not dict"),
        (lambda count: pd.Series([None] * count, ["b", "a"]), "the labels of a Series may say another order"),
        (lambda count: Table(), "the labels of a Table may say another order"),
        (lambda count: [None] * (count + 1), "gave 3 answers for 2 addresses"),
        (lambda count: [Location(100.0, 10.7)] * count, "lat must be a number from -90 to 90, not 100.0"),
        (lambda count: [Location("59.9", 10.7)] * count, "lat must be a number from -90 to 90, not '59.9'"),
        (lambda count: [Location(59.9, float("nan"))] * count, "lon must be a number from -180 to 180, not nan"),
        (lambda count: [Location(59.9, 10.7, match="house")] * count, "match must be one of building, street"),
        (lambda count: [Location(True, 10.7)] * count, "lat must be a number from -90 to 90, not True"),
        (lambda count: [Location(59.9, 10.7, confidence=True)] * count, "confidence must be a number from 0 to 1"),
        (lambda count: [Location(59.9, 10.7, formatted=5)] * count, "formatted must be text, not 5"),
        (lambda count: [Location(59.9, 10.7, extra={"id": "5"})] * count, "extra must be a tuple of (name, value)"),
        (lambda count: [Location(59.9, 10.7, extra=("ab", "cd"))] * count, "extra must be a tuple of (name, value)"),
        (lambda count: [Location(59.9, 10.7, extra=(("id", [5]),))] * count, "'id' in extra must be a text or"),
        (lambda count: [Location(59.9, 10.7, extra=(("id", 2**60),))] * count, "give it as text"),
        (
            lambda count: [Location(59.9, 10.7, confidence=90)] * count,
            "confidence must be a number from 0 to 1",
        ),
    ],
)
def test_what_a_service_of_ones_own_cannot_have_meant_is_said_and_not_kept(answer, said, cache_file):
    class Office(Minimal):
        async def locate_many(self, wire, queries):
            return answer(len(queries))

    with pytest.raises(ServiceError, match=re.escape(said)):
        pd.DataFrame({"a": ["Oslo", "Bergen"]}).geo.locate("a", service=Office())
    assert pd.DataFrame({"a": ["Oslo"]}).geo.locate("a", service=Minimal())["lat"].tolist() == [60.0]


@pytest.mark.parametrize(
    "told",
    [
        {"formatted": None}, {"reason": None}, {"service": None}, {"attribution": None}, {"formatted": "Os\ud800lo"},
        {"extra": None}, {"extra": (("id", None), ("floor", 3))}, {"extra": [["floor", Decimal("3")]]},
        {"extra": (("name", "Os\ud800lo"),)}, {"match": np.str_("city"), "formatted": np.str_("Oslo")},
    ],
)  # fmt: skip
def test_what_a_service_of_ones_own_tells_besides_is_kept_and_harms_no_file(told, cache_file):
    class Office(Minimal):
        name, extras, asked = "office", ("floor", "name"), 0

        async def locate_many(self, wire, queries):
            self.asked += len(queries)
            return [Location(60.0, 10.0, **told) for _ in queries]

    towns, office = pd.DataFrame({"a": ["Oslo", "Bergen"]}), Office()

    first = towns.geo.locate("a", service=office, details=True)
    second = towns.geo.locate("a", service=office, details=True)

    assert office.asked == 2
    pd.testing.assert_frame_equal(first, second)
    assert {file.name for file in cache_file.parent.iterdir()} <= {
        cache_file.name + end for end in ("", "-wal", "-shm")
    }


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("batch_size", 0, "a whole number of 1 or more, not 0"),
        ("batch_size", math.inf, "a whole number of 1 or more, not inf"),
        ("batch_size", 2.5, "a whole number of 1 or more, not 2.5"),
        ("max_concurrency", None, "a whole number of 1 or more, not None"),
        ("max_per_second", 0, "a number above 0, not 0"),
        ("timeout", None, "a number above 0, not None"),
        ("keep_for", 30, "a timedelta, such as timedelta(days=30), not 30"),
    ],
)
def test_limits_with_which_nothing_could_be_asked_are_refused(name, value, said):
    with pytest.raises(SettingsError, match=re.escape(f"{name} must be {said}")):
        Limits(**{"batch_size": 1, "max_concurrency": 1, name: value})


@pytest.mark.parametrize("service", [None, 3, object(), lambda addresses: [], Minimal])
def test_what_is_no_service_is_refused_with_what_can_be_one(service):
    with pytest.raises(
        SettingsError,
        match="a name \\(auto, geoapify, gazetteer, census, geoplateforme\\), a service object, a geocoder of",
    ):
        resolve(service)


def test_an_object_with_an_async_call_is_a_service():
    class Callable:
        async def __call__(self, addresses):
            return [(1.0, 2.0)] * len(addresses)

    assert isinstance(resolve(Callable()), Function)
    assert tuple(ask(Callable(), ["x"])[0]) == (1.0, 2.0)


def test_an_option_goes_to_a_named_service_only():
    assert resolve("geoapify", {"api_key": "k", "lang": "fr"}).lang == "fr"
    with pytest.raises(SettingsError, match="its options are api_key, base_url, lang"):
        resolve("geoapify", {"api_key": "k", "language": "fr"})
    with pytest.raises(SettingsError, match="a service object has its own"):
        resolve(Minimal(), {"lang": "fr"})
    with pytest.raises(SettingsError, match="For Geoapify, set GEOAPIFY_API_KEY"):
        resolve("auto", {"lang": "fr"})


def test_a_key_as_an_option_chooses_geoapify():
    assert resolve("auto", {"api_key": "k"}).name == "geoapify"
    assert resolve("auto").name == "gazetteer"


def test_the_gazetteer_says_once_that_it_knows_places_not_houses(tmp_path):
    code = (
        "import geopandas_batch\n"
        "for _ in range(3): geopandas_batch.locate(['Oslo, Norway'], cache=False)\n"
        "geopandas_batch.locate(['Bergen, Norway'], service='gazetteer', cache=False)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stderr.count("not the house") == 1
    assert "set GEOAPIFY_API_KEY" in done.stderr
