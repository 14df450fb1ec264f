"""What a file costs: rows a second beside asking row by row, memory by size, and a kill in the middle.

Run: ``pytest tests/benchmarks/test_sheets_cost.py -s``. Figures go to the terminal; what is promised is asserted.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from geopandas_batch.testing import FakeGeoapify

COMMAND = [sys.executable, "-m", "geopandas_batch.cli", "locate"]
DISTINCT = 50_000  # addresses in files of a million rows and more
ROUND_TRIP = 0.05  # seconds: a service across the net


def written(file: Path, rows: int, distinct: int) -> Path:
    with file.open("w") as stream:
        stream.write("id;address;note\n")
        stream.writelines(f"{row:08};Street {row % distinct}, Town;some note {row}\n" for row in range(rows))
    return file


@pytest.fixture
def start(tmp_path: Path, cache_file: Path) -> Callable[..., subprocess.Popen[bytes]]:
    def run(fake: FakeGeoapify, file: Path, *options: str) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
        env = {**os.environ, "GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url, "PYTHONPATH": paths}
        line = [*COMMAND, str(file), "--address", "address", "-o", str(tmp_path / "out.csv"), "--json"]
        fast = ["--option", "max_per_second=1000", "--quiet", *options]
        return subprocess.Popen([*line, *fast], env=env, stdout=subprocess.PIPE)

    return run


def peak_of(process: subprocess.Popen[bytes]) -> float:
    """MB of memory at most, as the kernel has kept it; waits for the end."""
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, said
    return usage.ru_maxrss / 1024


@pytest.mark.timeout(3600)
def test_ten_million_rows_need_no_more_memory_than_one_million(start, tmp_path):
    peaks = {}
    for rows in (1_000_000, 10_000_000):
        file = written(tmp_path / f"{rows}.csv", rows, DISTINCT)
        with FakeGeoapify() as fake:
            began = time.perf_counter()
            peaks[rows] = peak_of(start(fake, file, "--no-cache"))
            seconds = time.perf_counter() - began
            assert fake.credits == DISTINCT / 2
        print(f"\n{rows:,} rows: {rows / seconds:,.0f} rows/s, {peaks[rows]:.0f} MB at most")
        with (tmp_path / "out.csv").open() as stream:
            assert sum(line.count(";") == 4 and line[-2].isdigit() for line in stream) == rows
        file.unlink()
        (tmp_path / "out.csv").unlink()

    assert peaks[10_000_000] < min(500, 1.15 * peaks[1_000_000])


@pytest.mark.timeout(1200)
def test_a_workbook_of_300_000_rows(start, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book, rows = openpyxl.Workbook(write_only=True), 300_000
    sheet = book.create_sheet("Kunden")
    sheet.append(["id", "address", "PLZ", "Ort", "Umsatz", "Notiz"])
    for row in range(rows):
        sheet.append([row, f"Street {row % DISTINCT}, Town", row % 99999, "Town", row * 1.5, f"note {row}"])
    book.save(tmp_path / "in.xlsx")
    with FakeGeoapify() as fake:
        began = time.perf_counter()
        peak = peak_of(start(fake, tmp_path / "in.xlsx", "-o", str(tmp_path / "out.xlsx")))
        seconds = time.perf_counter() - began

    print(f"\n{rows:,} rows of a workbook: {rows / seconds:,.0f} rows/s, {peak:.0f} MB at most")
    assert peak < 500
    again = openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True).active
    last = next(again.iter_rows(min_row=rows + 1, values_only=True))
    assert last[:6] == (
        rows - 1,
        f"Street {(rows - 1) % DISTINCT}, Town",
        (rows - 1) % 99999,
        "Town",
        449998.5,
        "note 299999",
    )
    assert all(isinstance(value, float) for value in last[6:])


def test_a_file_is_faster_than_row_by_row(start, tmp_path):
    rows = 4000
    file = written(tmp_path / "in.csv", rows, rows)
    with FakeGeoapify(seconds_per_job=1.0) as fake:
        began = time.perf_counter()
        peak_of(start(fake, file))
        ours = rows / (time.perf_counter() - began)
        host = urlsplit(fake.url).netloc
        connection = http.client.HTTPConnection(host)
        began, done = time.perf_counter(), 0
        with file.open() as stream:
            for row in list(csv.DictReader(stream, delimiter=";"))[:100]:
                connection.request(
                    "GET", f"/v1/geocode/search?text={quote(row['address'])}", headers={"x-api-key": fake.key}
                )
                json.load(connection.getresponse())
                done += 1
        connection.close()
        theirs = done / (time.perf_counter() - began + done * ROUND_TRIP)

    print(f"\none file: {ours:,.0f} rows/s; row by row with {ROUND_TRIP:g} s on the way: {theirs:,.0f} rows/s")
    assert ours > theirs


def test_100_000_rows_killed_in_the_middle_are_all_there_and_paid_once(start, tmp_path):
    rows = 100_000
    file = written(tmp_path / "in.csv", rows, rows)
    note = tmp_path / "out.csv.part.json"
    with FakeGeoapify(seconds_per_job=0.2) as fake:
        process = start(fake, file)
        while process.poll() is None and (not note.exists() or json.loads(note.read_text())["state"]["rows"] < 40_000):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        before = len(fake.inputs)
        peak_of(start(fake, file))

        print(f"\nkilled after {before:,} addresses; {fake.credits:,.0f} credits in all, {rows / 2:,.0f} are the least")
        assert len(set(fake.inputs)) == rows
        # A job whose reply was on its way when the process was killed is bought again: four at most are.
        assert len(fake.inputs) <= rows + 4 * 1000
    with (tmp_path / "out.csv").open() as stream:
        assert sum(bool(row["lat"]) for row in csv.DictReader(stream, delimiter=";")) == rows
