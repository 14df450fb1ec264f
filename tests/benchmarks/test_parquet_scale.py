"""Millions of rows of a Parquet file through the command line: rows a second, and memory that does not grow.

Run: ``pytest tests/benchmarks/test_parquet_scale.py -s``. ``GEOPANDAS_BATCH_ROWS=10_000_000`` before it: so many rows
with as many addresses; else a million. Processor time is that of the command; the double is another process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from geopandas_batch.testing import FakeGeoapify

DISTINCT = 50_000
NEW = int(os.environ.get("GEOPANDAS_BATCH_ROWS", "1_000_000"))
AT_ONCE = 500_000  # rows of the file, made at a time
TOWNS = ("Oslo, Norway", "Springfield, IL", "Köln, Germany", "Lyon, France", "Αθήνα", "Porto, Portugal")


def written(file: Path, rows: int, address: Callable[[range], list[str]]) -> Path:
    writer = None
    for start in range(0, rows, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, rows))
        columns = {
            "id": np.arange(numbers.start, numbers.stop),
            "address": address(numbers),
            "note": [f"some note {n}" for n in numbers],
        }
        table = pyarrow.table(columns)
        writer = writer or pyarrow.parquet.ParquetWriter(file, table.schema)
        writer.write_table(table)
    writer.close()
    return file


def locating(file: Path, out: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    line = [sys.executable, "-m", "geopandas_batch.cli", "locate", str(file), "--address", "address", "-o", str(out)]
    return subprocess.Popen([*line, "--quiet", *options], env={**os.environ, **environment, "PYTHONPATH": paths})


def ended(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Seconds of its processor time, and the most MB that it had."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


@pytest.mark.timeout(3600)
def test_ten_million_rows_need_no_more_memory_than_one_million(tmp_path, cache_file):
    peaks, out, rng = {}, tmp_path / "out.parquet", np.random.default_rng(1)

    def address(numbers: range) -> list[str]:
        return [f"Street {n}, Town" for n in rng.integers(0, DISTINCT, len(numbers)).tolist()]

    for rows in (1_000_000, 10_000_000):
        file = written(tmp_path / f"{rows}.parquet", rows, address)
        with FakeGeoapify() as fake:
            options = ["--no-cache", "--option", "max_per_second=1000"]
            options += ["--option", "mode=batch"]  # else a handful at the end of a portion costs twice
            began = time.perf_counter()
            process = locating(file, out, *options, GEOAPIFY_API_KEY=fake.key, GEOAPIFY_BASE_URL=fake.url)
            processor, peaks[rows] = ended(process)
            seconds = time.perf_counter() - began
            assert (process.returncode, fake.credits) == (0, DISTINCT / 2)
        each = processor / rows * 1e6
        print(f"\n{rows:,} rows: {rows / seconds:,.0f} rows/s, {each:.1f} µs of processor time, {peaks[rows]:.0f} MB")
        with pyarrow.parquet.ParquetFile(out) as located:
            assert located.metadata.num_rows == rows
            assert sum(batch["lat"].null_count for batch in located.iter_batches(columns=["lat"])) == 0
        file.unlink()
        out.unlink()

    assert peaks[10_000_000] < min(600, 1.3 * peaks[1_000_000])


@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("service", ["gazetteer", "geoapify"])
def test_all_new_rows_are_gone_on_with_after_a_kill(tmp_path, cache_file, service):
    """Killed with two of five rows answered: the same line goes on, in the same memory, and pays for nothing twice."""
    with FakeGeoapify() as fake:
        kill_and_go_on(tmp_path, cache_file, service, fake)
        paid = NEW / 2 if service == "geoapify" else 0
        print(f"{fake.credits:,.0f} credits, {paid:,.0f} for each address once")
        assert paid <= fake.credits <= paid + 4 * 500  # the replies to submits may have been lost with the process


def kill_and_go_on(tmp_path: Path, cache_file: Path, service: str, fake: FakeGeoapify) -> None:
    file = written(tmp_path / "in.parquet", NEW, lambda rows: [f"{n} Main Street, {TOWNS[n % 6]}" for n in rows])
    out, note = tmp_path / "out.parquet", tmp_path / "out.parquet.part.json"
    paced = ["--option", "max_per_second=1000", "--option", "mode=batch"]
    options = ["--service", service, *(paced if service == "geoapify" else [])]
    environment = {"GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url}

    began = time.perf_counter()
    first = locating(file, out, *options, **environment)
    while not note.exists() or json.loads(note.read_text())["state"]["done"] < 0.4 * NEW:
        assert first.poll() is None
        time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    killed = time.perf_counter() - began
    before, peak_before = ended(first)
    done = json.loads(note.read_text())["state"]["done"]
    assert not out.exists()

    second = locating(file, out, *options, **environment)
    after, peak_after = ended(second)
    print(
        f"\n{service}: {NEW:,} rows, all new. Killed after {done:,} and {killed:,.0f} s, peak {peak_before:,.0f} MB; "
        f"done after {time.perf_counter() - began - killed:,.0f} s more, peak {peak_after:,.0f} MB; {before:,.0f} + "
        f"{after:,.0f} s of processor time, {(before + after) / NEW * 1e6:.1f} µs a row; cache file "
        f"{cache_file.stat().st_size / NEW:,.0f} bytes a row"
    )
    assert second.returncode == 0
    with pyarrow.parquet.ParquetFile(out) as located:
        assert located.metadata.num_rows == NEW
        ids = 0
        for batch in located.iter_batches(columns=["id", "address", "lat"]):
            assert batch["lat"].null_count == 0
            numbers = batch["id"].to_numpy()
            np.testing.assert_array_equal(numbers, np.arange(ids, ids + len(numbers)))
            ids += len(numbers)
    assert max(peak_before, peak_after) < 600
