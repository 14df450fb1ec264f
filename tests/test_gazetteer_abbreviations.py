"""Names of towns that are written short, as they stand in the tables of offices."""

from __future__ import annotations

import pytest

from geopandas_batch.gazetteer import load
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading.abbreviations import Abbreviations
from geopandas_batch.places import Query


@pytest.fixture(scope="module")
def names() -> Abbreviations:
    return Abbreviations(Atlas())


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("Mülheim a. d. Ruhr", "Mülheim, Germany"),
        ("ROTHENBURG O.D.T.", "Rothenburg ob der Tauber, Germany"),
        ("Neustadt/Weinstr.", "Neustadt an der Weinstraße, Germany"),
        ("Frankfurt/O.", "Frankfurt (Oder), Germany"),
        ("Garching b. München", "Garching, Germany"),
        ("Gorzów Wlkp.", "Gorzów Wielkopolski, Poland"),
        ("400 01 Ústí n. L.", "Ústí nad Labem, Czechia"),
        ("Fontenay s/ Bois", "Fontenay-sous-Bois, France"),
        ("Sta. Cruz de Tenerife", "Santa Cruz de Tenerife, Spain"),
        ("V. N. Gaia", "Vila Nova de Gaia, Portugal"),
    ],
)
def test_a_short_form_is_the_town(short, full):
    (found,) = load().locate_many([Query(short)])
    (as_a_part,) = load().locate_many([Query(city=short)])

    town = full.split(",")[0]
    assert town in found.formatted and found.formatted.endswith(full.split(", ")[-1])
    assert found.confidence >= 0.45
    assert town in as_a_part.formatted


@pytest.mark.parametrize(
    "text",
    [
        "123 Oak Rd., Springfield",  # not Oak Ridge
        "12 Pine Bl., Denver",  # not Pine Bluff
        "100 S. Francisco Ave., Pasadena",
        "Martin Luther King Jr. Blvd., Los Angeles",
        "Acme Co. Ltd., Leeds",
        "Muster GmbH & Co. KG",
        "C. Real de la Alhambra, s/n, Granada",
        "Curitiba/PR",
        "Lot 3/4, Karachi",
        "100 W. 23rd St., N.Y.",
    ],
)
def test_what_is_short_for_no_town_stays_as_it_is(text, names):
    assert names.write_out(text) == text


def test_a_long_text_costs_no_more_than_a_short_one(names):
    for text in ("ab'" * 100_000 + ".", "abc " * 100_000 + "d. e", "a/" * 100_000):
        assert names.write_out(text) is text
