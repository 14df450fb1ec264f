"""Services that take files: whatever comes back, a row has its own answer or says that it has none."""

from __future__ import annotations

import asyncio
import logging
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.errors import QuotaExhausted, ServiceError, SettingsError, StrangeAnswer
from geopandas_batch.services import Census, Geoplateforme, resolve
from geopandas_batch.testing import FakeCensus, FakeGeoplateforme


@dataclass
class Town:
    """A double, its service, and the addresses that it knows."""

    double: Callable[..., Any]
    service: Callable[..., Any]
    line: str

    def addresses(self, count: int, first: int = 1) -> list[str]:
        return [self.line.format(number) for number in range(first, first + count)]

    def locate(self, fake, asked: list[str], *, timeout: float = 30.0, **arguments) -> pd.DataFrame:
        service = self.service(base_url=fake.url, timeout=timeout)
        return geopandas_batch.locate(asked, service=service, details=True, **arguments)


TOWNS = {
    "census": Town(FakeCensus, Census, "{} Main Street, Salina, KS 67401"),
    "geoplateforme": Town(FakeGeoplateforme, Geoplateforme, "{} rue de l'Église, 45000 Orléans"),
}


@pytest.fixture(params=TOWNS)
def town(request) -> Town:
    return TOWNS[request.param]


@pytest.fixture
def fake(town) -> Iterator[Any]:
    with town.double() as double:
        yield double


def right(located: pd.DataFrame, fake) -> list[bool | None]:
    """Of each row, whether it has its own coordinates; None for a row without any."""
    pairs = zip(located["address"], located["lat"], located["lon"], strict=True)
    return [None if lat != lat else (lat, lon) == fake.expected(address) for address, lat, lon in pairs]


def test_2600_shuffled_rows_all_come_back_right(town, fake):
    asked = town.addresses(2500) + [f"{number} Nowhere Road, {number}" for number in range(100)]
    random.Random(1).shuffle(asked)
    located = town.locate(fake, [*asked, *asked[:300], "", None])

    again = sum("Nowhere" in each for each in asked[:300])
    assert located["status"].value_counts().to_dict() == {
        "located": 2800 - again, "not_found": 100 + again, "blank": 2, "failed": 0, "skipped": 0,
    }  # fmt: skip
    assert right(located[located["status"] == "located"], fake) == [True] * (2800 - again)
    assert sorted(fake.files) == [600, 1000, 1000]
    assert len(set(fake.inputs)) == len(fake.inputs) == 2600


def test_the_second_run_asks_nothing(town, fake):
    town.locate(fake, town.addresses(3))
    located = town.locate(fake, town.addresses(3))

    assert right(located, fake) == [True] * 3
    assert len(fake.requests) == 1
    assert located.geo.report.cached == 3


def test_an_estimate_costs_nothing_and_sends_nothing(town, fake):
    frame = pd.DataFrame({"address": town.addresses(2500)})
    estimate = frame.geo.estimate("address", service=town.service(base_url=fake.url))

    assert (estimate.to_ask, estimate.credits, estimate.requests) == (2500, 0, 3)
    assert fake.requests == []


def test_an_answer_without_end_is_refused(town, fake):
    fake.fail("oversize", size=70 * 2**20)

    with pytest.raises(StrangeAnswer, match="more than 64 MB"):
        town.locate(fake, town.addresses(1))


FAULTS = [
    *("html-200", "empty-200", "cut", "reset", "reset-after-accept", "400", "500", "502", "429-retry-after"),
    *("short", "long", "shuffled", "swapped-ids", "altered-id", "altered-text", "item-error", "extra-keys"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_that_passes_every_row_has_its_own_answer(town, fake, fault):
    fake.fail(fault, times=1)

    assert right(town.locate(fake, town.addresses(40)), fake) == [True] * 40


def test_too_fast_is_waited_out_as_long_as_the_service_says(town, fake):
    fake.fail("429-retry-after", times=1, seconds=1)
    located = town.locate(fake, town.addresses(1))

    assert right(located, fake) == [True]
    assert fake.requests[1].time - fake.requests[0].time >= 1.0


def test_who_is_always_too_fast_is_told_of_no_key_and_no_plan(town, fake):
    fake.fail("429")

    with pytest.raises(QuotaExhausted, match="others in your network may ask it, too") as caught:
        town.locate(fake, town.addresses(2))
    assert "key" not in str(caught.value)


def test_who_is_not_let_in_is_told_of_no_key(town, fake):
    fake.fail("401")

    with pytest.raises(ServiceError, match=r"refused the request \(401") as caught:
        town.locate(fake, town.addresses(2))
    assert not isinstance(caught.value, PermissionError)
    assert len(fake.requests) == 1


def test_a_file_that_takes_too_long_is_given_up(town, fake):
    fake.fail("slow", seconds=60)

    with pytest.raises(ServiceError, match=r"did not answer within 0\.2 s"):
        town.locate(fake, town.addresses(1), timeout=0.2)


def test_an_interrupted_run_goes_on_where_it_was(town, fake):
    """What a file brought is kept, before others are waited for."""
    service = town.service(base_url=fake.url, batch_size=10, max_requests=1)
    fake.fail("401", every=3)
    with pytest.raises(ServiceError) as caught:
        geopandas_batch.locate(town.addresses(30), service=service, details=True)
    assert caught.value.partial["status"].value_counts()["located"] == 20

    fake.heal()
    assert right(geopandas_batch.locate(town.addresses(30), service=service), fake) == [True] * 30
    assert len(set(fake.inputs)) == len(fake.inputs) == 30


@pytest.mark.parametrize("fault", ["swapped-ids", "altered-id", "altered-text", "item-error", "long"])
def test_a_damaged_answer_never_puts_a_value_on_the_wrong_row(town, fake, fault):
    fake.fail(fault)
    located = town.locate(fake, town.addresses(20), errors="coerce")

    assert False not in right(located, fake)
    assert set(located["status"]) <= {"located", "failed"}
    assert len(fake.requests) < 100


def test_rows_that_are_always_left_out_are_asked_alone_and_then_said(town, fake):
    fake.fail("short", items=1)
    located = town.locate(fake, town.addresses(30))

    assert right(located, fake).count(True) >= 28
    failed = located[located["status"] == "failed"]
    assert failed["reason"].str.match("(census|geoplateforme) (gave no answer for|fails at) this address").all()
    assert len(fake.requests) < 20


def test_a_row_that_spoils_its_file_is_found_and_the_others_are_answered(town):
    with town.double(poison={town.addresses(1, 3)[0]}) as fake:
        located = town.locate(fake, town.addresses(6))

    assert right(located, fake) == [None if number == 3 else True for number in range(1, 7)]
    assert located.loc[2, "status"] == "failed"
    assert "fails at this address" in located.loc[2, "reason"]


def test_a_service_that_answers_with_pages_alone_is_given_up_after_a_few_requests(town, fake):
    fake.fail("html-200")

    with pytest.raises(StrangeAnswer, match="is a web page"):
        town.locate(fake, town.addresses(8), timeout=1.0)
    assert len(fake.requests) < 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 10_001}, "batch_size must be a whole number from 1 to "),
        ({"batch_size": 2.5}, "batch_size must be a whole number from 1 to "),
        ({"batch_size": "5"}, "batch_size must be a whole number from 1 to "),
        ({"max_requests": "2"}, "max_requests must be a whole number from 1 to 8"),
        ({"max_requests": 0}, "max_requests must be a whole number from 1 to 8"),
        ({"timeout": float("nan")}, "timeout must be a number from"),
        ({"base_url": "http://example.org"}, "must be https"),
        ({"api_key": "k"}, "has no option 'api_key'; its options are base_url"),
    ],
)
def test_what_cannot_work_is_refused(town, options, message):
    with pytest.raises(SettingsError, match=message):
        resolve(town.service.name, options)


def test_the_command_line_asks_it(town, fake, tmp_path, monkeypatch):
    name = town.service.name
    monkeypatch.setenv(f"{name.upper()}_BASE_URL", fake.url)
    (tmp_path / "in.csv").write_text("id,address\n" + "".join(f'{n},"{a}"\n' for n, a in enumerate(town.addresses(5))))
    command = [sys.executable, "-m", "geopandas_batch.cli", "locate", "in.csv", "--address", "address"]
    done = subprocess.run(
        [*command, "--service", name, "--option", "batch_size=2", "-o", "out.csv"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert right(pd.read_csv(tmp_path / "out.csv"), fake) == [True] * 5
    assert sorted(fake.files) == [1, 2, 2]


def test_many_calls_for_one_address_each_are_few_files(town, fake):
    async def main():
        async with geopandas_batch.Locator(town.service(base_url=fake.url)) as locator:
            return await asyncio.gather(*(locator.locate(each) for each in town.addresses(300)))

    found = asyncio.run(main())

    assert [tuple(each) for each in found] == [fake.expected(each) for each in town.addresses(300)]
    assert fake.files == [300]


def test_with_faults_all_over_every_row_is_right_or_says_that_it_has_none(town, fake):
    """A sixth of all files has one of six faults; 1,500 rows in files of 50."""
    for fault in ("cut", "short", "swapped-ids", "altered-text", "empty-200", "html-200"):
        fake.fail(fault, share=0.03, items=7)
    asked = town.addresses(1500)
    service = town.service(base_url=fake.url, batch_size=50, max_requests=4)
    located = geopandas_batch.locate(asked, service=service, details=True, errors="coerce")
    again = geopandas_batch.locate(asked, service=service, details=True, errors="coerce")

    assert False not in right(located, fake)
    assert right(located, fake).count(True) >= 1490
    assert right(again, fake).count(True) >= right(located, fake).count(True)
    assert set(located["status"]) <= {"located", "failed"}


def test_addresses_are_not_logged(town, fake, caplog):
    caplog.set_level(logging.DEBUG)
    fake.fail("short", times=1)
    fake.fail("502", times=1)
    asked = [*town.addresses(3), "4 Refused Street, Salina, KS", "5 Nowhere Street, Salina, KS"]
    town.locate(fake, asked)

    assert "upload" in caplog.text
    assert [word for word in ("Salina", "Orléans", "Refused", "Nowhere") if word in caplog.text] == []
