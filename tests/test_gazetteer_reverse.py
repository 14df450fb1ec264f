"""From points to towns, offline."""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import key
from geopandas_batch.gazetteer.reverse import Surroundings
from geopandas_batch.gazetteer.reverse.nearest import EARTH, FARTHEST
from geopandas_batch.places import Point

# Points that everybody can look up, and the town they are in.
FAMOUS = {
    "New York City, New York, United States": [(40.7484, -73.9857), (40.6892, -74.0445), (40.7829, -73.9654)],
    "Paris, France": [(48.8584, 2.2945), (48.8867, 2.3431)],
    "London, United Kingdom": [(51.5007, -0.1246), (51.5081, -0.0759)],
    "Berlin, Germany": [(52.5163, 13.3777)],
    "Rome, Italy": [(41.8902, 12.4922)],
    "Barcelona, Spain": [(41.4036, 2.1744)],
    "Athens, Greece": [(37.9715, 23.7257)],
    "Moscow, Russia": [(55.7525, 37.6231)],
    "Agra, India": [(27.1751, 78.0421)],
    "Sydney, New South Wales, Australia": [(-33.8568, 151.2153)],
    "Rio de Janeiro, Brazil": [(-22.9519, -43.2105)],
    "Cape Town, South Africa": [(-33.9249, 18.4241)],
    "Nairobi, Kenya": [(-1.2921, 36.8219)],
    "Toronto, Ontario, Canada": [(43.6426, -79.3871)],
    "Buenos Aires, Argentina": [(-34.6037, -58.3816)],
    "Istanbul, Türkiye": [(41.0086, 28.9802)],
    "Singapore": [(1.2834, 103.8607)],
    "Oslo, Norway": [(59.9139, 10.7522)],
    "Reykjavík, Iceland": [(64.1417, -21.9266)],
    "Honolulu, Hawaii, United States": [(21.3069, -157.8583)],
    "Longyearbyen, Svalbard & Jan Mayen": [(78.2232, 15.6267)],
}
NOWHERE = {
    "north pole": (90, 0), "south pole": (-90, 0), "Gulf of Guinea": (0, 0), "Point Nemo": (-48.8767, -123.3933),
    "date line": (-30, 180), "North Pacific": (35, -179.99), "mid-Atlantic": (30, -40),
}  # fmt: skip


@pytest.fixture(scope="module")
def tree() -> Surroundings:
    pytest.importorskip("scipy")
    return Surroundings(Atlas(), tree=True)


@pytest.fixture(scope="module")
def cells() -> Surroundings:
    return Surroundings(Atlas(), tree=False)


@pytest.fixture(params=["tree", "cells"])
def surroundings(request) -> Surroundings:
    return request.getfixturevalue(request.param)


def test_famous_points_are_in_their_town(surroundings):
    points = [(Point(*pair), town) for town, pairs in FAMOUS.items() for pair in pairs]

    found = surroundings.reverse_many([point for point, _ in points])

    assert {p: place.formatted for (p, _), place in zip(points, found, strict=True)} == dict(points)
    assert {place.match for place in found} == {"city"}


# Where a larger city is just across the border.
BORDERS = {
    "Brazzaville, Congo - Brazzaville": (-4.2694, 15.2712), "Zongo, Congo - Kinshasa": (4.35, 18.6),
    "Niagara Falls, New York, United States": (43.0945, -79.0567), "Kousséri, Cameroon": (12.0769, 15.0306),
    "Nogales, Arizona, United States": (31.3404, -110.9343), "Kreuzlingen, Switzerland": (47.6505, 9.1750),
    "Brownsville, Texas, United States": (25.9017, -97.4975), "Rheinfelden, Switzerland": (47.5544, 7.7940),
    "Słubice, Poland": (52.3505, 14.5601),
}  # fmt: skip


def test_a_city_takes_no_town_beyond_the_border(surroundings):
    points = [Point(*pair) for pair in (*BORDERS.values(), (22.4445, 114.0222), (1.4382, 103.789), (1.4927, 103.7414))]

    found = [place.formatted for place in surroundings.reverse_many(points)]

    assert found[: len(BORDERS)] == list(BORDERS)
    # Yuen Long, Woodlands, Johor Bahru
    assert [name.split(", ")[-1] for name in found[len(BORDERS) :]] == ["Hong Kong SAR China", "Singapore", "Malaysia"]


def test_hardly_any_town_s_own_centre_is_abroad(tree):
    """As of islands that two countries have in the data."""
    atlas = Atlas()
    lat, lon, country = (np.asarray(c)[: atlas.villages] for c in (atlas.lat, atlas.lon, atlas.country))

    places, _ = tree.find(np.column_stack([lat, lon]) / 1e4)

    assert (country[places] != country).sum() < 120  # 194 without a look at borders, of half a million


def test_the_open_sea_and_the_poles_are_in_no_town(surroundings):
    assert surroundings.reverse_many([Point(*pair) for pair in NOWHERE.values()]) == [None] * len(NOWHERE)


def test_neighbours_across_the_date_line_are_neighbours(surroundings):
    """Taveuni in Fiji lies on both sides of it."""
    west, east, line, same = surroundings.reverse_many(
        [Point(-16.8, 179.999), Point(-16.8, -179.999), Point(-16.8, 180.0), Point(-16.8, -180.0)]
    )

    assert west.formatted == east.formatted == line.formatted == same.formatted
    assert west.formatted.endswith("Fiji")
    assert line == same


def test_the_distance_is_that_on_the_sphere(surroundings):
    at = Point(59.95, 10.9)
    (oslo,) = surroundings.reverse_many([at])
    a, b, c = math.radians(at.lat), math.radians(oslo.lat), math.radians(at.lon - oslo.lon)
    haversine = math.sin((a - b) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(c / 2) ** 2

    assert dict(oslo.extra)["distance"] == pytest.approx(2000 * EARTH * math.asin(math.sqrt(haversine)), abs=0.1)


def test_both_ways_and_brute_force_give_the_same(tree, cells):
    atlas, rng = Atlas(), np.random.default_rng(5)
    radii = tree._discs()[1] * EARTH
    everywhere = np.column_stack([np.degrees(np.arcsin(rng.uniform(-1, 1, 3000))), rng.uniform(-180, 180, 3000)])
    lat, lon = (np.asarray(c)[: atlas.villages] for c in (atlas.lat, atlas.lon))
    some = rng.integers(0, atlas.villages, 3000)
    near = np.column_stack([lat[some], lon[some]]) / 1e4 + rng.normal(0, 0.2, (3000, 2))
    points = np.vstack([everywhere, near])

    (by_tree, metres), (by_cells, same_metres) = tree.find(points), cells.find(points)

    there = metres <= FARTHEST * 1000
    assert there[3000:].mean() > 0.99
    assert 0.2 < there[:3000].mean() < 0.32  # the land of the Earth is 29 %
    np.testing.assert_array_equal(there, same_metres <= FARTHEST * 1000)
    np.testing.assert_array_equal(by_tree[there], by_cells[there])
    np.testing.assert_array_equal(metres[there], same_metres[there])
    phi, theta = np.radians(lat / 1e4), np.radians(lon / 1e4)
    for at in np.flatnonzero(there)[::60]:
        a, b = np.radians(points[at])
        square = np.sin((phi - a) / 2) ** 2 + np.cos(a) * np.cos(phi) * np.sin((theta - b) / 2) ** 2
        power = (2 * EARTH) ** 2 * square - radii**2
        assert power[by_tree[at]] == pytest.approx(power.min(), abs=1e-4)


def test_the_town_is_that_of_the_address_more_often_than_the_nearest_name_is(surroundings):
    """These were not used to choose the radius."""
    with (Path(__file__).parent / "gazetteer_dev.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"]]
    places, _ = surroundings.find(np.array([(float(row["lat"]), float(row["lon"])) for row in rows]))
    atlas = Atlas()
    countries = [atlas.countries[atlas.country[place]] for place in places.tolist()]

    def is_named(place: int, city: str) -> bool:
        number = atlas.names.get(key(city))
        entities = atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]] if number else []
        return any(entity >> 1 == place for entity in entities)

    named = [is_named(place, row["city"]) for place, row in zip(places.tolist(), rows, strict=True)]
    assert countries == [row["country"] for row in rows]
    assert np.mean(named) > 0.85  # 0.61 with the nearest name


def test_a_frame_of_points_gets_towns_without_a_key():
    frame = pd.DataFrame({"lat": [59.91, 0.0, None, 24.1, 95], "lon": [10.75, 0.0, 5.0, 9.2, 0]}, index=list("abcde"))

    found = frame.geo.reverse(details=True)

    assert found["status"].tolist() == ["located", "not_found", "blank", "located", "failed"]
    assert found["formatted"].iloc[0] == "Oslo, Norway"
    assert found["service"].iloc[0] == "gazetteer"
    assert found["match"].tolist() == ["city", "none", "none", "city", "none"]
    assert found["distance"].iloc[0] < 1000
    assert found.loc["d", "reason"] == f"the place is {found.loc['d', 'distance'] / 1000:.0f} km away"
    assert found.attrs["attribution"] == [gazetteer.ATTRIBUTION]
    assert "distance" not in found[["lat"]].assign(a="Oslo").geo.locate("a", details=True, overwrite=True)


def test_without_scipy_it_is_found_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.spatial", None)  # as if it were not installed

    found = Surroundings(Atlas()).reverse_many([Point(59.91, 10.75)] * 100)

    assert {place.formatted for place in found} == {"Oslo, Norway"}


def test_a_few_points_come_without_a_tree_and_more_with_it(tree):
    points = [Point(*pair) for pairs in FAMOUS.values() for pair in pairs] + [Point(*pair) for pair in NOWHERE.values()]
    fresh = Surroundings(Atlas())

    found = [place for point in points for place in fresh.reverse_many([point])]

    assert found == tree.reverse_many(points)
    assert len(points) > 30


def mixed(count: int) -> pd.DataFrame:
    """Points in towns, at sea and far from all, equal ones, blanks, and what is no point; in no order."""
    rng = np.random.default_rng(7)
    atlas = Atlas()
    some = rng.integers(0, atlas.villages, count)
    near = np.column_stack([np.asarray(atlas.lat)[some], np.asarray(atlas.lon)[some]]) / 1e4
    at_will = np.column_stack([np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)])
    edges = np.array(
        [*NOWHERE.values(), (-16.8, 179.99), (-16.8, -179.99), (0.0, -0.0), (91, 5), (5, 181), (None, 5)], float
    )
    points = np.vstack([near, at_will, edges, near[:100], np.full((3, 2), np.nan)])
    return pd.DataFrame(rng.permutation(points), columns=["lat", "lon"]).set_index(np.full(len(points), 7))


def test_in_arrays_as_one_by_one(monkeypatch):
    """A frame is answered without an object for each point: every column and the report are the same as with them."""
    frame = mixed(1500)

    quick = frame.geo.reverse(service="gazetteer", details=True, cache=False)
    monkeypatch.delattr("geopandas_batch.services.reverse.ReverseBatches.reverse_all")
    slow = frame.geo.reverse(service="gazetteer", details=True, cache=False)

    pd.testing.assert_frame_equal(quick, slow)
    told = [each.geo.report for each in (quick, slow)]
    assert {len(set(map(repr, pair))) for pair in zip(*(vars_of(each) for each in told), strict=True)} == {1}
    assert {"located", "not_found", "blank", "failed"} == {*quick["status"]}
    assert quick["reason"].str.startswith("the place is ").sum() > 100


def vars_of(report) -> list:
    """All that does not depend on the clock."""
    return [getattr(report, name) for name in report.__slots__ if name not in ("seconds", "parts")]


def test_rows_are_counted_as_they_are_answered():
    frame, seen = mixed(500), []

    found = frame.geo.reverse(service="gazetteer", progress=lambda done, rows, kinds: seen.append((done, rows, kinds)))

    counts = found.geo.report.statuses
    assert seen[-1] == (len(frame), len(frame), {kind: count for kind, count in counts.items() if count})


def test_no_rows_and_no_points():
    none = pd.DataFrame({"lat": [], "lon": []}).geo.reverse(service="gazetteer", details=True)
    blank = pd.DataFrame({"lat": [None, None], "lon": [1.0, 2.0]}).geo.reverse(service="gazetteer", details=True)

    assert len(none) == 0
    assert blank["status"].tolist() == ["blank", "blank"]
    assert blank["formatted"].isna().all()
    assert [*none.columns] == [*blank.columns]
