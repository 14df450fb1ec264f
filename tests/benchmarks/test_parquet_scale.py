"""One and ten million rows of a Parquet file through the command line: rows a second, and memory that does not grow.

Run: ``pytest tests/benchmarks/test_parquet_scale.py -s``. Processor time is that of the command; the double is another
process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from geopandas_batch.testing import FakeGeoapify

DISTINCT = 50_000
AT_ONCE = 500_000  # rows of the file, made at a time


def written(file: Path, rows: int) -> Path:
    rng, writer = np.random.default_rng(1), None
    for start in range(0, rows, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, rows))
        columns = {
            "id": np.arange(numbers.start, numbers.stop),
            "address": [f"Street {n}, Town" for n in rng.integers(0, DISTINCT, len(numbers)).tolist()],
            "note": [f"some note {n}" for n in numbers],
        }
        table = pyarrow.table(columns)
        writer = writer or pyarrow.parquet.ParquetWriter(file, table.schema)
        writer.write_table(table)
    writer.close()
    return file


@pytest.mark.timeout(3600)
def test_ten_million_rows_need_no_more_memory_than_one_million(tmp_path, cache_file):
    peaks, out = {}, tmp_path / "out.parquet"
    for rows in (1_000_000, 10_000_000):
        file = written(tmp_path / f"{rows}.parquet", rows)
        with FakeGeoapify() as fake:
            paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
            env = {**os.environ, "GEOAPIFY_API_KEY": fake.key, "GEOAPIFY_BASE_URL": fake.url, "PYTHONPATH": paths}
            line = [sys.executable, "-m", "geopandas_batch.cli", "locate", str(file), "--address", "address"]
            line += ["-o", str(out), "--no-cache", "--quiet", "--option", "max_per_second=1000"]
            line += ["--option", "mode=batch"]  # else a handful at the end of a portion costs twice
            began = time.perf_counter()
            process = subprocess.Popen(line, env=env)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds, processor = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
            assert (process.returncode, fake.credits) == (0, DISTINCT / 2)
        peaks[rows] = usage.ru_maxrss / 1024
        each = processor / rows * 1e6
        print(f"\n{rows:,} rows: {rows / seconds:,.0f} rows/s, {each:.1f} µs of processor time, {peaks[rows]:.0f} MB")
        with pyarrow.parquet.ParquetFile(out) as located:
            assert located.metadata.num_rows == rows
            assert sum(batch["lat"].null_count for batch in located.iter_batches(columns=["lat"])) == 0
        file.unlink()
        out.unlink()

    assert peaks[10_000_000] < min(600, 1.3 * peaks[1_000_000])
