"""Worksheet functions as PyXLL registers and runs them: on a loop of its own, called from Excel's threads."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from geopandas_batch.testing import FakeGeoapify

pytest.importorskip("pyxll")


class Sheet:
    """PyXLL's part: a loop in a thread of its own, to which Excel's calculation threads hand over their cells."""

    def __init__(self, module: Any) -> None:
        self.functions = module
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def cell(self, name: str, *values: object) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(getattr(self.functions, name)(*values), self.loop)

    def value(self, name: str, *values: object) -> Any:
        return self.cell(name, *values).result(30)

    def recalculate(self, name: str, cells: list[str]) -> list[Any]:
        """All cells at once, from four threads as Excel does; the loop has its turn when all are handed over."""
        handed_over = threading.Event()
        self.loop.call_soon_threadsafe(handed_over.wait)
        with ThreadPoolExecutor(4) as threads:
            futures = list(threads.map(lambda cell: self.cell(name, cell), cells))
        handed_over.set()
        return [future.result(60) for future in futures]


@pytest.fixture
def sheet(fake: FakeGeoapify, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sheet]:
    monkeypatch.setenv("GEOAPIFY_API_KEY", fake.key)
    monkeypatch.setenv("GEOAPIFY_BASE_URL", fake.url)
    sys.modules.pop("geopandas_batch.excel", None)
    made = Sheet(importlib.import_module("geopandas_batch.excel"))
    made.thread.start()
    yield made
    made.loop.call_soon_threadsafe(made.loop.stop)
    made.thread.join()
    made.loop.close()


def test_the_functions_are_registered_under_their_names(monkeypatch):
    import pyxll

    registered: dict[str, str] = {}

    def keep(signature: str, **options: Any) -> Any:
        registered[options["name"]] = signature
        return lambda function: function

    monkeypatch.setattr(pyxll, "xl_func", keep)
    sys.modules.pop("geopandas_batch.excel", None)
    module = importlib.import_module("geopandas_batch.excel")

    assert set(registered) == {
        "GEO.LOCATE",
        "GEO.LAT",
        "GEO.LON",
        "GEO.ADDRESS",
        "GEO.REVERSE",
        "GEO.STATUS",
    }
    assert asyncio.iscoroutinefunction(module.locate)


def test_without_pyxll_the_error_names_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyxll", None)
    sys.modules.pop("geopandas_batch.excel", None)

    with pytest.raises(ImportError, match=r'pip install "geopandas-batch\[excel\]"'):
        importlib.import_module("geopandas_batch.excel")


def test_5000_cells_are_five_jobs_and_an_unchanged_cell_is_never_asked_again(sheet, fake):
    addresses = [f"Street {number}" for number in range(5000)]

    values = sheet.recalculate("locate", addresses)
    submits = len(fake.submits)
    again = sheet.recalculate("lat", addresses)

    assert values == [[list(fake.expected(address))] for address in addresses]
    assert again == [value[0][0] for value in values]
    assert Counter(fake.inputs).most_common(1)[0][1] == 1
    assert submits == len(fake.submits) == 5


def test_cells_that_trickle_in_while_the_first_one_makes_all_ready_are_few_jobs_too(sheet, fake):
    addresses = [f"Street {number}" for number in range(3000)]

    with ThreadPoolExecutor(4) as threads:
        futures = list(threads.map(lambda address: sheet.cell("lat", address), addresses))
    values = [future.result(60) for future in futures]

    assert values == [fake.expected(address)[0] for address in addresses]
    assert len(fake.submits) <= 6  # three, and more where a busy computer holds up the threads


def test_latitude_longitude_and_address_of_a_cell(sheet, fake):
    lat, lon = fake.expected("10 Downing Street")

    assert sheet.value("locate", "10 Downing Street") == [[lat, lon]]
    assert (sheet.value("lat", "10 Downing Street"), sheet.value("lon", "10 Downing Street")) == (lat, lon)
    assert sheet.value("formatted", "10 Downing Street") == "10 Downing Street"
    assert fake.inputs == ["10 Downing Street"]


def test_the_address_at_a_point(sheet, fake):
    assert sheet.value("reverse", 52.5, 13.4) == fake.expected_address(52.5, 13.4)


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_cell_stays_blank_and_costs_nothing(blank, sheet, fake):
    values = [sheet.value(name, blank) for name in ("lat", "lon", "formatted")]

    assert values == ["", "", ""]
    assert sheet.value("locate", blank) == [["", ""]]
    assert sheet.value("reverse", blank, blank) == ""
    assert sheet.value("status", blank) == "blank: not asked"
    assert fake.requests == []


def test_a_postcode_that_is_a_number_is_asked_as_it_is_read(sheet, fake):
    sheet.value("lat", 10115.0)

    assert fake.inputs == ["10115"]


@pytest.mark.parametrize("value", [RuntimeError(), ValueError("#VALUE!"), [["Oslo"], ["Bergen"]]])
def test_an_error_in_another_cell_and_several_cells_are_no_address(value, sheet, fake):
    """A formula that needs them shows an error as any other does, and nothing is asked."""
    kind = ValueError if isinstance(value, list) else type(value)

    values = [sheet.value(name, value) for name in ("lat", "lon", "formatted")]
    [pair] = sheet.value("locate", value)

    assert {type(cell) for cell in (*values, *pair, sheet.value("reverse", value, 13.4))} == {kind}
    assert sheet.value("status", value).startswith("not asked: ")
    assert fake.requests == []


# What PyXLL makes of them: RuntimeError is #N/A, ValueError is #VALUE!.
def test_not_found_is_not_available_and_refused_is_a_wrong_value(sheet):
    assert isinstance(sheet.value("lat", "nowhere"), RuntimeError)
    assert isinstance(sheet.value("lat", "refused"), ValueError)
    assert [type(cell) for cell in sheet.value("locate", "nowhere")[0]] == [RuntimeError, RuntimeError]
    assert isinstance(sheet.value("reverse", "north", 5), ValueError)
    assert isinstance(sheet.value("reverse", 91, 5), ValueError)


def test_the_status_says_it_in_words(sheet):
    assert sheet.value("status", "Oslo").startswith("located by building, confidence 1.00")
    assert sheet.value("status", "nowhere") == "not found"
    assert "refused this address" in sheet.value("status", "refused")


def test_a_wrong_key_is_told_without_being_shown(sheet, monkeypatch):
    monkeypatch.setenv("GEOAPIFY_API_KEY", "secret-of-mine")

    said = sheet.value("status", "Oslo")

    assert said.startswith("failed: ")
    assert "secret-of-mine" not in said


def test_a_missing_key_is_told_in_the_cell(sheet, monkeypatch):
    monkeypatch.setenv("GEOAPIFY_API_KEY", "")
    monkeypatch.setenv("GEOPANDAS_BATCH_SERVICE", "geoapify")

    assert isinstance(sheet.value("lat", "Oslo"), ValueError)
    assert "GEOAPIFY_API_KEY" in sheet.value("status", "Oslo")
