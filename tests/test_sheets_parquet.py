"""Parquet files: what is in them stays, and they go through in portions, whatever their size."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet as parquet
import pytest

from geopandas_batch import sheets
from geopandas_batch.errors import SettingsError
from geopandas_batch.testing import FakeGeoapify

COMMAND = [sys.executable, "-m", "geopandas_batch.cli"]


@pytest.fixture
def env(fake: FakeGeoapify, cache_file: Path) -> dict[str, str]:
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url, "PYTHONPATH": paths}


def run(env: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [*COMMAND, "locate", *arguments, "--option", "max_per_second=1000"]
    return subprocess.run(line, env=env, cwd=folder, capture_output=True, encoding="utf-8", timeout=120)


def rich(rows: int) -> pyarrow.Table:
    """A table of what CSV cannot hold, with metadata."""
    numbers = range(rows)
    columns = {
        "id": pyarrow.array([f"{n:05}" for n in numbers]),
        "place.name": pyarrow.array([f"{n} Main Street" for n in numbers]),
        "big": pyarrow.array([2**60 + n if n % 3 else None for n in numbers], pyarrow.int64()),
        "tags": pyarrow.array([[{"k": "a", "v": n}] * (n % 3) for n in numbers]),
        "kind": pyarrow.array(["a", "b"] * (rows // 2)).dictionary_encode(),
        "when": pyarrow.array([n * 1_000_000 for n in numbers], pyarrow.timestamp("us", "Europe/Oslo")),
        "price": pyarrow.array(list(numbers), pyarrow.decimal128(12, 2)),
    }
    schema = pyarrow.schema(
        [pyarrow.field(name, column.type, metadata={b"of": name.encode()}) for name, column in columns.items()],
        metadata={b"owner": b"the town"},
    )
    return pyarrow.table(list(columns.values()), schema=schema)


def test_all_that_csv_cannot_hold_stays(env, tmp_path, fake):
    file = tmp_path / "in.parquet"
    packing = {"id": "gzip", "place.name": "zstd", "big": "none"}
    parquet.write_table(rich(25_000), file, compression=packing, row_group_size=7_000)

    done = run(env, tmp_path, "in.parquet", "--address", "place.name", "-o", "out.parquet", "--details")

    assert done.returncode == 0, done.stderr
    with parquet.ParquetFile(tmp_path / "out.parquet") as out:
        group = out.metadata.row_group(0)
        found, table = out.read(), parquet.read_table(file)
        packed = {group.column(place).path_in_schema: group.column(place).compression for place in range(3)}
    assert packed == {"id": "GZIP", "place.name": "ZSTD", "big": "UNCOMPRESSED"}
    assert found.select(table.column_names).equals(table)
    assert found.select(table.column_names).schema.equals(table.schema, check_metadata=True)
    assert found.schema.field("lat").type == pyarrow.float64()
    assert found.schema.field("match").type == pyarrow.string()
    for row in (0, 9_999, 10_000, 24_999):
        assert (found["lat"][row].as_py(), found["lon"][row].as_py()) == fake.expected(f"{row} Main Street")
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out.parquet"]


def test_a_column_is_replaced_in_its_place_with_its_type(env, tmp_path, fake):
    pd.DataFrame({"lat": ["x", "y"], "place": ["Oslo", "Bergen"]}).to_parquet(tmp_path / "in.parquet")

    done = run(env, tmp_path, "in.parquet", "--address", "place", "-o", "in.parquet", "--overwrite")

    assert done.returncode == 0, done.stderr
    again = pd.read_parquet(tmp_path / "in.parquet")
    assert list(again.columns) == ["lat", "place", "lon"]
    assert again["lat"].tolist() == [fake.expected("Oslo")[0], fake.expected("Bergen")[0]]


def test_no_row_at_all(env, tmp_path):
    parquet.write_table(rich(0), tmp_path / "in.parquet")

    done = run(env, tmp_path, "in.parquet", "--address", "place.name", "-o", "out.parquet")

    assert done.returncode == 0, done.stderr
    schema = parquet.read_schema(tmp_path / "out.parquet")
    assert schema.names == [*rich(0).column_names, "lat", "lon"]
    assert schema.field("lat").type == pyarrow.float64()
    assert parquet.read_metadata(tmp_path / "out.parquet").num_rows == 0


def test_the_failures_are_in_a_file_of_their_own_with_all_columns(env, tmp_path):
    places = [f"{n} Main Street" if n % 5_000 else "zzz nowhere" for n in range(12_000)]
    pd.DataFrame({"n": range(12_000), "place": places}).to_parquet(tmp_path / "in.parquet", row_group_size=5_000)

    done = run(env, tmp_path, "in.parquet", "--address", "place", "-o", "out.parquet", "--failures", "bad.csv")

    lines = list(csv.reader((tmp_path / "bad.csv").read_text("utf-8-sig").splitlines()))
    assert done.returncode == 0, done.stderr
    assert lines[0] == ["n", "place", "status", "reason"]
    assert [line[:3] for line in lines[1:]] == [[str(n), "zzz nowhere", "not_found"] for n in (0, 5_000, 10_000)]


def test_rows_that_repeat_have_the_answers_of_the_first_in_any_order(env, tmp_path, fake):
    rng = np.random.default_rng(1)
    numbers = np.concatenate([rng.integers(0, 300, 15_000), rng.integers(150, 450, 15_000), np.arange(500, 600)])
    places = [None if n % 50 == 0 else "zzz nowhere" if n % 50 == 1 else f"{n} Main Street" for n in numbers.tolist()]
    frame = pd.DataFrame({"place": places, "code": numbers.astype(float)})
    frame.to_parquet(tmp_path / "in.parquet")

    done = run(env, tmp_path, "in.parquet", "--address", "{place}, {code}", "-o", "out.parquet", "--details", "--json")

    assert done.returncode == 0, done.stderr
    asked = {f"{place}, {n}" if place else str(n) for place, n in zip(places, numbers.tolist(), strict=True)}
    assert sorted(fake.inputs) == sorted(asked)
    out = pd.read_parquet(tmp_path / "out.parquet")
    expected = [fake.expected(f"{place}, {n}" if place else str(n)) for place, n in zip(places, numbers, strict=True)]
    found = [pair if status == "located" else None for *pair, status in out[["lat", "lon", "status"]].to_numpy()]
    assert [tuple(pair) if pair else None for pair in found] == expected
    said = json.loads(done.stdout)
    assert said["statuses"]["located"] == sum(pair is not None for pair in expected)
    assert said["statuses"]["not_found"] == sum(pair is None for pair in expected)


@pytest.mark.parametrize("rows", [1, 49_999, 50_000, 50_001, 100_000])
def test_rows_and_answers_meet_whatever_the_portions(tmp_path, rows):
    table = pyarrow.table({"n": np.arange(rows)})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=7_777)
    sheet = sheets.opened(tmp_path / "in.parquet", "parquet")
    answers = (pyarrow.table({"m": np.arange(at, min(at + 9_999, rows))}) for at in range(0, rows, 9_999))

    sheet.widen(tmp_path / "out.parquet", answers, {})

    out = parquet.read_table(tmp_path / "out.parquet")
    assert out["n"].equals(out["m"])
    assert out.num_rows == rows
    chunks = list(sheet.chunks(["n"], 10_000, skip=rows // 3))
    assert np.concatenate([chunk.frame["n"] for chunk in chunks]).tolist() == list(range(rows // 3, rows))
    assert [chunk.start for chunk in chunks] == list(range(rows // 3, rows, 10_000))


def test_too_few_answers_make_no_file(tmp_path):
    parquet.write_table(pyarrow.table({"n": np.arange(60_000)}), tmp_path / "in.parquet")

    with pytest.raises(ValueError, match="shorter"):
        sheets.opened(tmp_path / "in.parquet", "parquet").widen(
            tmp_path / "out.parquet", [pyarrow.table({"m": np.arange(50_000)})], {}
        )


def test_a_large_group_of_rows_goes_through_in_flat_memory(tmp_path):
    """A file with one group of 90 MB. In a process of its own, since the peak is of the process."""
    rng = np.random.default_rng(1)
    columns = {f"c{n}": rng.random(1_600_000) for n in range(7)}
    parquet.write_table(pyarrow.table(columns), tmp_path / "in.parquet", row_group_size=2_000_000, use_dictionary=False)
    code = """
import sys
from pathlib import Path
import pyarrow
from geopandas_batch import sheets
sheet = sheets.opened(Path(sys.argv[1]), "parquet")
answers = (pyarrow.table({"lat": [1.5] * len(chunk.frame)}) for chunk in sheet.chunks(["c0"], 10_000))
sheet.widen(Path(sys.argv[2]), answers, {})
print(pyarrow.default_memory_pool().max_memory())
"""
    command = [sys.executable, "-c", code, str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet")]
    peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert parquet.read_metadata(tmp_path / "out.parquet").num_rows == 1_600_000
    assert peak < 45e6


def test_killed_and_started_again_it_goes_on_and_pays_nothing_twice(env, tmp_path):
    places = [f"Street {n}" for n in range(30_000)]
    pd.DataFrame({"place": places}).to_parquet(tmp_path / "in.parquet", row_group_size=12_000)
    note = tmp_path / "out.parquet.part.json"
    with FakeGeoapify(seconds_per_job=0.05) as slow:
        env.update(GEOAPIFY_API_KEY=slow.key, GEOAPIFY_BASE_URL=slow.url)
        line = [*COMMAND, "locate", "in.parquet", "--address", "place", "-o", "out.parquet", "--no-cache"]
        line += ["--option", "max_per_second=1000"]
        process = subprocess.Popen(line, env=env, cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            while not note.exists() and process.poll() is None:
                time.sleep(0.01)  # until the first portion is on disk
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        committed = json.loads(note.read_text())["state"]["rows"]
        asked = len(slow.inputs)
        assert not (tmp_path / "out.parquet").exists()

        done = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8")

        assert done.returncode == 0, done.stderr
        assert f"{committed:,} rows were done before" in done.stderr
        assert len(slow.inputs) - asked == 30_000 - committed
        expected = [slow.expected(place) for place in places]
    out = pd.read_parquet(tmp_path / "out.parquet")
    assert list(zip(out["lat"], out["lon"], strict=True)) == expected
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out.parquet"]


def test_another_file_of_the_same_name_is_begun_anew(env, tmp_path):
    """The draft of the file as it was before is of no use."""
    pd.DataFrame({"place": ["Oslo", "Bergen"]}).to_parquet(tmp_path / "in.parquet")
    before = sheets.opened(tmp_path / "in.parquet", "parquet")
    pd.DataFrame({"place": ["Oslo", "Bodø"]}).to_parquet(tmp_path / "in.parquet")

    assert sheets.opened(tmp_path / "in.parquet", "parquet").fingerprint != before.fingerprint


def test_a_file_without_names_is_no_parquet(tmp_path):
    pd.DataFrame({"place": ["Oslo"]}).to_parquet(tmp_path / "in.parquet")

    with pytest.raises(SettingsError, match="their columns have names"):
        sheets.opened(tmp_path / "in.parquet", "parquet", header=0)
