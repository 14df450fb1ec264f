"""The US Census: rows in any order, three columns or eight, and answers that are none."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import ServiceError
from geopandas_batch.places import Query
from geopandas_batch.services import Census
from geopandas_batch.services.american import cells
from geopandas_batch.testing import FakeCensus, Found


@pytest.fixture
def fake() -> Iterator[FakeCensus]:
    with FakeCensus() as double:
        yield double


def addresses(count: int, first: int = 1) -> list[str]:
    return [f"{number} Main Street, Salina, KS 67401" for number in range(first, first + count)]


def right(located: pd.DataFrame, fake: FakeCensus) -> list[bool]:
    """Of each row, whether it has its own coordinates; None for a row without any."""
    pairs = zip(located["address"], located["lat"], located["lon"], strict=True)
    return [None if lat != lat else (lat, lon) == fake.expected(address) for address, lat, lon in pairs]


def locate(fake: FakeCensus, asked: list[str], **arguments) -> pd.DataFrame:
    options = {name: arguments.pop(name) for name in ("batch_size", "timeout", "vintage") if name in arguments}
    return geopandas_batch.locate(asked, service=Census(base_url=fake.url, **options), details=True, **arguments)


def test_a_tie_is_said_and_not_kept(fake):
    for _ in range(2):  # another time, it may be settled
        located = locate(fake, ["1 Refused Street, Salina, KS"])
        assert located.loc[0, "status"] == "failed"
        assert "several places fit equally well" in located.loc[0, "reason"]
    assert len(fake.requests) == 2


def test_a_place_along_a_street_is_never_shown_as_a_house():
    places = {"2 Elm Street, Hays, KS": Found(38.8, -99.3, match_type="other", formatted="2 ELM ST, HAYS, KS, 67601")}
    with FakeCensus(places=places) as fake:
        located = locate(fake, ["1 Main Street, Salina, KS", "2 Elm Street, Hays, KS"])

    assert located["match"].tolist() == ["street", "street"]
    assert located["confidence"].tolist() == [0.9, 0.7]
    assert located["reason"].tolist() == ["", "matched with changes (Non_Exact)"]
    assert located["match_type"].tolist() == ["Exact", "Non_Exact"]
    assert located.loc[1, ["lat", "lon", "formatted"]].tolist() == [38.8, -99.3, "2 ELM ST, HAYS, KS, 67601"]
    assert located.attrs["attribution"] == ["U.S. Census Bureau"]


def test_a_benchmark_may_be_given_by_its_number():
    assert Census(benchmark=4, vintage=410).options == Census(benchmark="4", vintage="410").options


def test_areas_are_text_with_their_zeros(fake):
    located = locate(fake, addresses(1), vintage="Current_Current")

    assert located.loc[0, ["state_fips", "county_fips", "tract", "block"]].tolist() == ["20", "169", "000100", "1009"]
    with pytest.raises(ServiceError, match="refused the request"):
        locate(fake, addresses(1), vintage="Current_Previous")


def test_every_kind_of_cell_keeps_its_row(fake):
    asked = [
        '1 "Old" Main Street, Salina, KS',
        "2 Main\nStreet,\r\nSalina, KS",
        "3 Peñuelas Street, Salina, KS",
        "4 Main Street; Salina, KS\0",
        "=5+5 Main Street, Salina, KS",
        "東京都千代田区",
        "6 " + "x" * 600,
        "7 Main Street, Salina, KS",
    ]
    located = locate(fake, asked)

    assert right(located, fake) == [True, True, True, True, True, None, None, True]
    assert located["reason"].tolist()[5:7] == [
        "the Census needs a street with a house number, in Latin letters; it was not sent",
        "longer than the 500 letters that are sent to the Census; it was not sent",
    ]


def test_parts_go_into_their_cells_and_what_is_abroad_is_not_sent(fake):
    frame = pd.DataFrame({
        "nr": [350, 1, 5], "road": ["Fifth Avenue", "Calle Luna", "Karl Johans gate"],
        "town": ["New York", "San Juan", "Oslo"], "state": ["New York", None, None], "zip": ["10118", "00901", "0154"],
        "land": ["USA", "Puerto Rico", "Norway"],
    })  # fmt: skip
    parts = {"housenumber": "nr", "street": "road", "city": "town", "postcode": "zip", "country": "land"}
    located = frame.geo.locate(**parts, state="state", service=Census(base_url=fake.url), details=True)

    assert fake.inputs == ["350 Fifth Avenue New York NY 10118", "1 Calle Luna San Juan PR 00901"]
    assert located["status"].tolist() == ["located", "located", "failed"]
    assert located.loc[2, "reason"].startswith("the Census knows the United States and their islands only, not Norway")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("350 Fifth Avenue New York NY 10118", ("350 Fifth Avenue New York NY 10118", "", "", "")),
        ("350 Fifth Ave, New York NY 10118-0001", ("350 Fifth Ave", "New York", "NY", "10118-0001")),
        ("350 Fifth Ave, New York 10118", ("350 Fifth Ave", "New York", "", "10118")),
        ("350 Fifth Ave, New York, New York 10118", ("350 Fifth Ave", "New York", "NY", "10118")),
        ("1600 Penn Ave NW, Washington, D.C. 20500, U.S.A.", ("1600 Penn Ave NW", "Washington", "DC", "20500")),
        ("1 A St, Suite 2, Austin, TX, 78701", ("1 A St, Suite 2", "Austin", "TX", "78701")),
        ("5 Elm St, Kansas City, West Virginia", ("5 Elm St", "Kansas City", "WV", "")),
        ("1 X St, Winston Salem North Carolina", ("1 X St", "Winston Salem", "NC", "")),
        (", ,1 Main St,, 78701 ,", ("1 Main St", "", "", "78701")),
    ],
)
def test_a_line_is_taken_apart_at_its_commas(line, expected):
    assert tuple(cells(Query(line))) == expected
