"""Géoplateforme: the addresses of France, by files."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Query
from geopandas_batch.services import Geoplateforme, reverse_of
from geopandas_batch.services.geoplateforme.messages import line
from geopandas_batch.testing import FakeGeoplateforme, Found


@pytest.fixture
def fake() -> Iterator[FakeGeoplateforme]:
    with FakeGeoplateforme() as double:
        yield double


def locate(fake, asked, **options) -> pd.DataFrame:
    return geopandas_batch.locate(asked, service=Geoplateforme(base_url=fake.url, **options), details=True)


def test_a_town_is_never_shown_as_a_house():
    places = {
        "8 rue du Port, Amiens": Found(49.9, 2.3, confidence=0.97),
        "rue du Port, Amiens": Found(49.9, 2.3, "street", 0.8),
        "Le Bout du Monde": Found(49.8, 2.2, "suburb", 0.7),
        "Amiens": Found(49.89, 2.29, "city", 0.96),
    }
    with FakeGeoplateforme(places=places) as fake:
        located = locate(fake, list(places))

    assert located["match"].tolist() == ["building", "street", "city", "city"]
    assert located["confidence"].tolist() == [0.97, 0.8, 0.7, 0.96]
    assert located["result_type"].tolist() == ["housenumber", "street", "locality", "municipality"]
    assert located[["lat", "lon"]].values.tolist() == [[49.9, 2.3], [49.9, 2.3], [49.8, 2.2], [49.89, 2.29]]
    assert located.attrs["attribution"] == ["Base Adresse Nationale, Licence Ouverte; Géoplateforme (IGN)"]


def test_a_runner_up_that_is_near_is_said():
    near, far = Found(48, 2, confidence=0.9, extra={"score_next": 0.8}), Found(48, 2, extra={"score_next": 0.5})
    with FakeGeoplateforme(places={"1 rue Haute": near, "2 rue Haute": far}) as fake:
        located = locate(fake, ["1 rue Haute", "2 rue Haute"])

    assert located["reason"].tolist() == ["another place is nearly as likely (score 0.90, the next 0.80)", ""]


def test_garbage_has_a_low_score_and_is_held_back_by_min_confidence():
    with FakeGeoplateforme(places={"10 Downing Street, London, UK": Found(48, 2, confidence=0.34)}) as fake:
        frame = pd.DataFrame({"address": ["10 Downing Street, London, UK"]})
        located = frame.geo.locate(
            "address", service=Geoplateforme(base_url=fake.url), details=True, min_confidence=0.5
        )

    assert located.loc[0, "status"] == "not_found"
    assert located.loc[0, "reason"] == "confidence 0.34 is below 0.5"


def test_every_kind_of_cell_keeps_its_row(fake):
    asked = [
        '1 rue "du" Bac; Orléans',
        "2 rue de l'Église\nBâtiment A\r\nOrléans",
        "(entrée B), 3 rue Haute",
        "=4+4 rue Haute",
        "Ŀ",
        "5 " + "x" * 600,
        "6 refused",
        "7 rue Haute",
    ]
    located = locate(fake, asked)

    assert located["status"].tolist() == ["located"] * 4 + ["failed"] * 3 + ["located"]
    for place in (0, 1, 2, 3, 7):
        assert tuple(located.loc[place, ["lat", "lon"]]) == fake.expected(asked[place])
    assert located["reason"].tolist()[4:7] == [
        "Géoplateforme takes no address of less than 3 letters; it was not sent",
        "longer than the 500 letters that are sent to Géoplateforme; it was not sent",
        "Géoplateforme passes over this address: it is too short, or begins with a sign",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query("8 rue du Port, 80000 Amiens, France"), "8 rue du Port, 80000 Amiens"),
        (Query("Rue de France"), "Rue de France"),
        (Query(housenumber="8", street="rue du Port", city="Amiens", postcode="80000", country="FR"),
         "8 rue du Port 80000 Amiens"),
        (Query(city="Saint-Denis", state="La Réunion", country="La Réunion"), "Saint-Denis"),
        (Query(country="France"), None),
        (Query(city="London", country="United Kingdom"), None),
    ],
)  # fmt: skip
def test_a_question_is_a_line_without_the_country(query, expected):
    found = line(query)

    assert (found if isinstance(found, str) else None) == expected


def test_filters_hold_and_are_part_of_what_is_kept():
    places = {
        "1 rue Haute": Found(48, 2, extra={"postcode": "75001", "citycode": "75101"}),
        "2 rue Haute": Found(48, 3, extra={"postcode": "01000", "citycode": "01053"}),
        "Haute": Found(48, 4, "city", extra={"postcode": "01000", "citycode": "01053"}),
    }
    with FakeGeoplateforme(places=places) as fake:
        for options, found in [
            ({}, [True, True, True]),
            ({"postcode": "75001"}, [True, False, False]),
            ({"postcode": ["75001", "01000"]}, [True, True, True]),
            ({"postcode": 1000}, [False, True, True]),
            ({"citycode": "01053", "type": "housenumber"}, [False, True, False]),
        ]:
            located = locate(fake, list(places), **options)
            assert (located["status"] == "located").tolist() == found, options
        assert len(fake.requests) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"postcode": "750"}, "postcode must be codes of five digits"),
        ({"type": "house"}, "type must be one of housenumber, street, locality, municipality"),
        ({"max_per_second": 51}, "max_per_second must be a number from 0.01 to 50"),
    ],
)
def test_what_cannot_work_is_refused(options, message):
    with pytest.raises(SettingsError, match=message):
        Geoplateforme(**options)


def test_a_postcode_that_is_a_number_has_its_zeros_back():
    assert Geoplateforme(postcode=1000).postcode == "01000"
    assert Geoplateforme(postcode=[1000, "75001"]).postcode == "01000,75001"


def test_points_have_addresses_and_the_sea_has_none(fake):
    points = pd.DataFrame({"lat": [47.9, 0.5, None, 48.1, 47.9], "lon": [1.9, 0.5, 2.0, -1.25, 1.9]})
    service = Geoplateforme(base_url=fake.url)
    located = points.geo.reverse(service=service, details=True)

    assert located["status"].tolist() == ["located", "not_found", "blank", "located", "located"]
    assert located["formatted"].tolist()[0] == "1900 rue du Point 47.900 1.900"
    assert located["formatted"].tolist()[3] == "1250 rue du Point 48.100 -1.250"
    assert located["match"].tolist()[0] == "building"
    assert located["distance"].tolist()[0] == 7.0
    assert math.isnan(located["distance"].tolist()[1])
    assert fake.files == [3]


@pytest.mark.parametrize("fault", ["shuffled", "short", "cut", "502", "swapped-ids", "altered-text"])
def test_after_a_fault_that_passes_every_point_has_its_own_address(fake, fault):
    fake.fail(fault, times=1)
    points = pd.DataFrame({"lat": [44 + step / 8 for step in range(40)], "lon": [2.5] * 40})
    located = points.geo.reverse(service=Geoplateforme(base_url=fake.url))

    assert located["formatted"].tolist() == [f"2500 rue du Point {lat:.3f} 2.500" for lat in points["lat"]]


def test_filters_are_not_for_points(fake):
    with pytest.raises(SettingsError, match="has no postcode"):
        reverse_of(Geoplateforme(base_url=fake.url, postcode="75001"))
