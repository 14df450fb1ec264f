"""Addresses as exports have them: codes of countries behind towns, kinds of regions before them, old counties."""

from __future__ import annotations

import math

import pytest

from geopandas_batch.gazetteer import load
from geopandas_batch.gazetteer.evidence import kilometres
from geopandas_batch.places import Location, Query


def find(text: str) -> Location | None:
    (answer,) = load().locate_many([Query(text)])
    return answer


def error(text: str, lat: float, lon: float) -> float:
    answer = find(text)
    return math.inf if answer is None else kilometres(lat, lon, *answer)


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("MARSEILLE FRA", 43.30, 5.37),
        ("GRAZ AUT", 47.07, 15.44),
        ("GREZZANA ITA", 45.52, 11.01),
        ("Wrocław PL", 51.11, 17.03),
        ("Heredia, CR", 10.00, -84.12),
        ("Alajuela (CR)", 10.02, -84.21),
        ("Crema (CR)", 45.36, 9.69),
        ("Plzeň, ČR", 49.75, 13.38),
        ("Managua, NI", 12.13, -86.25),
        ("Omagh, NI", 54.60, -7.30),
        ("Berlin, DE", 52.52, 13.40),
        ("Haifa, IL", 32.81, 34.99),
        ("Missoula, MT 59801", 46.87, -114.0),
    ],
)
def test_the_code_behind_a_town_is_that_of_its_country_or_state(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize("text", ["Kevin Mount", "Rosa Pl", "12 Warszawa Pl", "Playa Mar", "Anna Saint"])
def test_a_word_is_no_code_where_no_town_of_there_stands_before_it(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Villa María, Provincia de Córdoba", -32.41, -63.24),
        ("Villa María Provincia de Córdoba", -32.41, -63.24),
        ("Tandil, Pcia. de Bs. As.", -37.32, -59.13),
        ("Linares, Prov. Jaén", 38.10, -3.64),
        ("Cabimas, Edo. Zulia", 10.40, -71.45),
        ("Rionegro, Departamento de Antioquia", 6.15, -75.37),
        ("Fasano, prov. Brindisi", 40.84, 17.36),
        ("Ruwais, Abu Dhabi Emirate", 24.11, 52.73),
        ("Naperville, DuPage Co., IL", 41.79, -88.15),
        ("Kenmare, Co. Kerry", 51.88, -9.58),
        ("Tullamore, Co Offaly", 53.27, -7.49),
        ("Swords, Co. Dublin", 53.46, -6.22),
    ],
)
def test_a_region_after_its_kind_is_no_town(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Tenby, Sir Benfro", 51.67, -4.70),
        ("Llangefni, Ynys Môn", 53.26, -4.31),
        ("Ryde, IOW", 50.73, -1.16),
        ("Figueres, Gerona", 42.27, 2.96),
        ("Balaguer, Lérida", 41.79, 0.81),
        ("Gällivare, Lappland", 67.13, 20.66),
        ("Lillehammer, Oppland", 61.12, 10.47),
        ("Harstad, Troms og Finnmark", 68.80, 16.54),
        ("Srinagar, J&K", 34.09, 74.80),
        ("Whyalla, South Aust", -33.03, 137.56),
        ("Whakatane BOP", -37.96, 176.98),
        ("Rize Merkez", 41.02, 40.52),
        ("Bouaké, RCI", 7.69, -5.03),
    ],
)
def test_regions_are_known_by_short_former_and_foreign_names(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
