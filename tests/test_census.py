"""The US Census: rows in any order, three columns or eight, and answers that are none."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import ServiceError, SettingsError, StrangeAnswer
from geopandas_batch.places import Query
from geopandas_batch.services import Census, resolve
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


def test_2600_shuffled_rows_all_come_back_right(fake):
    asked = addresses(2500) + [f"{number} Nowhere Road, Salina, KS" for number in range(100)]
    random.Random(1).shuffle(asked)
    located = locate(fake, [*asked, *asked[:300], "", None])

    assert located["status"].value_counts().to_dict() == {
        "located": 2500 + sum("Main" in each for each in asked[:300]),
        "not_found": 100 + sum("Nowhere" in each for each in asked[:300]),
        "blank": 2, "failed": 0, "skipped": 0,
    }  # fmt: skip
    assert right(located[located["status"] == "located"], fake) == [True] * int((located["status"] == "located").sum())
    assert sorted(fake.files) == [600, 1000, 1000]
    assert len(set(fake.inputs)) == len(fake.inputs) == 2600


def test_the_second_run_asks_nothing(fake):
    locate(fake, addresses(3))
    located = locate(fake, addresses(3))

    assert right(located, fake) == [True] * 3
    assert len(fake.requests) == 1
    assert located.geo.report.cached == 3


FAULTS = [
    *("html-200", "empty-200", "cut", "reset", "reset-after-accept", "400", "500", "502", "429-retry-after"),
    *("short", "long", "shuffled", "swapped-ids", "altered-id", "altered-text", "item-error", "extra-keys"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_that_passes_every_row_has_its_own_answer(fake, fault):
    fake.fail(fault, times=1)

    assert right(locate(fake, addresses(40)), fake) == [True] * 40


@pytest.mark.parametrize("fault", ["swapped-ids", "altered-id", "altered-text", "item-error", "long"])
def test_a_damaged_answer_never_puts_a_value_on_the_wrong_row(fake, fault):
    fake.fail(fault)
    located = locate(fake, addresses(20), errors="coerce")

    assert False not in right(located, fake)
    assert set(located["status"]) <= {"located", "failed"}
    assert len(fake.requests) < 100


def test_rows_that_are_always_left_out_are_asked_alone_and_then_said(fake):
    fake.fail("short", items=1)
    located = locate(fake, addresses(30))

    assert right(located, fake).count(True) >= 28
    failed = located[located["status"] == "failed"]
    assert failed["reason"].str.match("census (gave no answer for|fails at) this address").all()
    assert len(fake.requests) < 20


def test_a_row_that_spoils_its_file_is_found_and_the_others_are_answered():
    with FakeCensus(poison={addresses(1, 17)[0]}) as fake:
        located = locate(fake, addresses(40))

    assert right(located, fake) == [None if number == 17 else True for number in range(1, 41)]
    assert located.loc[16, "status"] == "failed"
    assert "fails at this address" in located.loc[16, "reason"]


def test_a_service_that_answers_with_pages_alone_is_given_up_after_a_few_requests(fake):
    fake.fail("html-200")

    with pytest.raises(StrangeAnswer, match="is a web page"):
        locate(fake, addresses(8), timeout=1.0)
    assert len(fake.requests) < 30


def test_too_fast_is_waited_out_as_long_as_the_service_says(fake):
    fake.fail("429-retry-after", times=1, seconds=1)
    located = locate(fake, addresses(1))

    assert right(located, fake) == [True]
    assert fake.requests[1].time - fake.requests[0].time >= 1.0


def test_a_file_that_takes_too_long_is_given_up(fake):
    fake.fail("slow", seconds=60)

    with pytest.raises(ServiceError, match=r"did not answer within 0\.2 s"):
        locate(fake, addresses(1), timeout=0.2)


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


def test_who_is_not_let_in_is_told_of_no_key(fake):
    fake.fail("401")

    with pytest.raises(ServiceError, match=r"census refused the request \(401\)") as caught:
        locate(fake, addresses(2))
    assert not isinstance(caught.value, PermissionError)
    assert len(fake.requests) == 1


def test_an_estimate_costs_nothing_and_sends_nothing(fake):
    frame = pd.DataFrame({"address": addresses(2500)})
    estimate = frame.geo.estimate("address", service=Census(base_url=fake.url))

    assert (estimate.to_ask, estimate.credits, estimate.requests) == (2500, 0, 3)
    assert fake.requests == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 10_001}, "batch_size must be from 1 to 10,000"),
        ({"batch_size": 2.5}, "batch_size must be from 1 to 10,000"),
        ({"max_requests": 0}, "max_requests must be from 1 to 8"),
        ({"timeout": float("nan")}, "timeout must be from"),
        ({"base_url": "http://example.org"}, "must be https"),
        ({"api_key": "k"}, "its options are base_url, benchmark, vintage, batch_size, max_requests, timeout"),
    ],
)
def test_what_cannot_work_is_refused(options, message):
    with pytest.raises(SettingsError, match=message):
        resolve("census", options)


def test_the_command_line_asks_it(fake, tmp_path, monkeypatch):
    monkeypatch.setenv("CENSUS_BASE_URL", fake.url)
    (tmp_path / "in.csv").write_text("id,address\n" + "".join(f'{n},"{a}"\n' for n, a in enumerate(addresses(5))))
    command = [sys.executable, "-m", "geopandas_batch.cli", "locate", "in.csv", "--address", "address"]
    done = subprocess.run(
        [*command, "--service", "census", "--option", "batch_size=2", "-o", "out.csv"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert right(pd.read_csv(tmp_path / "out.csv"), fake) == [True] * 5
    assert sorted(fake.files) == [1, 2, 2]


def test_many_calls_for_one_address_each_are_few_files(fake):
    async def main():
        async with geopandas_batch.Locator(Census(base_url=fake.url)) as locator:
            return await asyncio.gather(*(locator.locate(each) for each in addresses(300)))

    found = asyncio.run(main())

    assert [tuple(each) for each in found] == [fake.expected(each) for each in addresses(300)]
    assert fake.files == [300]
