"""From points to addresses."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from geopandas_batch import Locator, Point, get_location, get_locations
from geopandas_batch.errors import SettingsError
from geopandas_batch.services import Geoapify, resolve, reverse_of


def points(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"lat": rng.uniform(40, 60, count).round(6), "lon": rng.uniform(-120, 100, count).round(6)})


def test_every_point_gets_its_own_address_and_equal_points_are_asked_once(fake, geoapify):
    frame = points(1100).sample(3000, replace=True, random_state=1)

    found = frame.geo.reverse(service=geoapify(fake))

    assert found["formatted"].tolist() == [fake.expected_address(*pair) for pair in frame.itertuples(index=False)]
    pd.testing.assert_frame_equal(found[["lat", "lon"]], frame)
    assert len(fake.inputs) == len(set(fake.inputs)) == len(frame.drop_duplicates())
    assert {submit.api for submit in fake.submits} == {"/v1/geocode/reverse"}
    sizes = [len(submit.inputs) for submit in fake.submits]
    assert len(sizes) == 4
    assert max(sizes) - min(sizes) <= 1


def test_answers_are_kept_and_are_not_mixed_up_with_those_to_addresses(fake, geoapify):
    service = geoapify(fake)
    frame = points(3)
    first = frame.geo.reverse(service=service)
    requests = len(fake.requests)

    pd.testing.assert_frame_equal(frame.geo.reverse(service=service), first)
    assert len(fake.requests) == requests
    text = f"{frame.lat[0]},{frame.lon[0]}"
    pd.DataFrame({"a": [text]}).geo.locate("a", service=service)
    assert len(fake.requests) == requests + 1


def test_decimals_of_arrow_are_numbers(fake, geoapify):
    pa = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pa.decimal128(9, 6))
    frame = pd.DataFrame({"lat": pd.Series([50, None, 48.25], dtype=dtype), "lon": [10.0, 11.0, 12.0]})

    found = frame.geo.reverse(service=geoapify(fake), details=True)

    assert found["status"].tolist() == ["located", "blank", "located"]
    assert set(fake.inputs) == {(50.0, 10.0), (48.25, 12.0)}


def test_blanks_and_impossible_points_are_not_sent(fake, geoapify):
    frame = pd.DataFrame(
        {
            "lat": [50.0, None, "  ", 91, "north", 10, float("inf"), "50.5"],
            "lon": ["10", 5, 5, 5, 5, 180.5, 5, " 10.5 "],
        }
    )

    found = frame.geo.reverse(service=geoapify(fake), details=True)

    assert found["status"].tolist() == ["located", "blank", "blank", *["failed"] * 4, "located"]
    assert set(fake.inputs) == {(50.0, 10.0), (50.5, 10.5)}
    assert found.loc[3, "reason"] == "the latitude is not a number from -90 to 90: not asked"
    assert found.loc[5, "reason"] == "the longitude is not a number from -180 to 180: not asked"
    assert found.geo.report.statuses["failed"] == 4


@pytest.mark.parametrize("cell", [10**400, -(10**400), True, 1j, [59.9], {}])
def test_a_cell_that_is_no_number_fails_and_takes_no_other_row_with_it(cell):
    frame = pd.DataFrame({"lat": pd.Series([cell, 59.91], dtype=object), "lon": [10.75, 10.75]})

    found = frame.geo.reverse(service="gazetteer", details=True)

    assert found["status"].tolist() == ["failed", "located"]


@pytest.mark.parametrize("said", ["NULL", "nan", "#N/A", " - "])
def test_what_programs_write_where_there_is_nothing_is_a_blank(said):
    points = pd.DataFrame({"lat": [said, "59.91"], "lon": ["10.75", "10.75"]})

    found = points.geo.reverse(service="gazetteer", details=True)

    assert found["status"].tolist() == ["blank", "located"]
    assert points.geo.to_geodataframe().geometry.is_empty.tolist() == [True, False]


def test_a_point_at_sea_has_no_address(fake, geoapify):
    found = pd.DataFrame({"lat": [0.5], "lon": [0.5]}).geo.reverse(service=geoapify(fake), details=True)

    assert found.loc[0, "status"] == "not_found"
    assert pd.isna(found.loc[0, "formatted"])


def test_details_have_the_distance_and_no_confidence(fake, geoapify):
    found = points(2).geo.reverse(service=geoapify(fake), details=True, prefix="at_")

    assert [name for name in found if name.startswith("at_")] == [
        "at_formatted", "at_match", "at_status", "at_reason", "at_service",
        "at_result_type", "at_place_id", "at_distance", "at_attribution",
    ]  # fmt: skip
    assert found["at_distance"].dtype == np.float64
    assert found["at_match"].tolist() == ["building", "building"]


def test_a_job_of_points_is_picked_up_by_a_later_run(fake, geoapify):
    service = geoapify(fake, mode="batch", job_timeout=0.3)
    fake.never_ready = True
    points(10).geo.reverse(service=service, errors="coerce")
    fake.never_ready = False

    found = points(10).geo.reverse(service=service)

    assert found["formatted"].notna().all()
    assert len(fake.submits) == 1


def test_equal_to_a_centimetre_is_equal(fake, geoapify):
    pd.DataFrame({"lat": [50.1, 50.1 + 1e-12, 0.1 + 0.2 + 49.8], "lon": [8.0, 8.0, 8.0]}).geo.reverse(
        service=geoapify(fake)
    )

    assert len(fake.inputs) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lat": "latitude"}, "there is no column 'latitude'. Do you mean 'lat'. The columns are 'lat', 'lon'"),
        ({"service": Geoapify(api_key="x", filter="countrycode:de")}, "reverse has no filter"),
    ],
)
def test_a_wrong_argument_says_what_is_right(arguments, message):
    with pytest.raises(SettingsError, match=message):
        points(1).geo.reverse(**{"service": "gazetteer", **arguments})


def test_a_service_without_reverse_says_so():
    async def forward(addresses):
        return [None for _ in addresses]

    with pytest.raises(SettingsError, match="finds points for addresses, not addresses for points"):
        points(1).geo.reverse(service=forward)


def test_a_point_is_no_address():
    point = Point(59.91, 10.75)
    with pytest.raises(SettingsError, match="df.geo.reverse"):
        asyncio.run(get_location(point, service="gazetteer"))
    with pytest.raises(SettingsError, match="a point is no address"):
        asyncio.run(get_locations([point], service=["gazetteer", "census"]))

    assert asyncio.run(Locator(reverse_of(resolve("gazetteer"))).locate(point)).formatted == "Oslo, Norway"


def test_a_point_may_have_the_numbers_of_numpy_and_of_a_database(fake, geoapify):
    locator = Locator(reverse_of(geoapify(fake)), cache=False)

    for lat, lon in ((np.float64(52.5), np.float32(13.25)), (Decimal("52.5"), "13.25")):
        assert asyncio.run(locator.locate(Point(lat, lon))).formatted == fake.expected_address(52.5, 13.25)


@pytest.mark.parametrize("service", ["gazetteer", "geoapify"])
def test_a_point_that_is_none_is_told_and_never_sent(service, fake, geoapify):
    locator = Locator(reverse_of(geoapify(fake) if service == "geoapify" else resolve(service)), cache=False)

    for point, said in (
        (Point(91, 0), "from -90 to 90 and a longitude from -180 to 180. Are they swapped"),
        (Point(0, float("inf")), "longitude from -180 to 180"),
        (Point("north", 0), "must be numbers"),
        (Point(None, 0), "must be numbers"),
    ):
        with pytest.raises(SettingsError, match=said):
            asyncio.run(locator.locate(point))
    assert asyncio.run(locator.locate_many([Point(float("nan"), 0), None])) == [None, None]
    assert fake.requests == []


def test_a_name_is_no_service_to_be_asked_the_other_way_round():
    with pytest.raises(SettingsError, match=r"a service object, such as Geoapify\(\), not 'gazetteer'"):
        reverse_of("gazetteer")


def test_a_service_with_reverse_many_is_asked(monkeypatch):
    class Atlas:
        name = "atlas"

        def __init__(self):
            from geopandas_batch.services import Limits

            self.limits = Limits(batch_size=10, max_concurrency=2)

        async def locate_many(self, wire, queries):
            raise AssertionError

        async def reverse_many(self, wire, points):
            from geopandas_batch import Location

            return [Location(*point, formatted=f"at {point.lat:g}") for point in points]

    found = pd.DataFrame({"lat": [1.5, 2.5], "lon": [3, 4]}).geo.reverse(service=Atlas(), cache=False)

    assert found["formatted"].tolist() == ["at 1.5", "at 2.5"]
