"""What an import costs, and that imports go down the stairs only."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

HEAVY = ["aiohttp", "geopandas", "openpyxl", "dask", "matplotlib", "marisa_trie", "tqdm", "sqlite3", "nest_asyncio2"]


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def seconds(code: str) -> float:
    return float(run(f"import time; start = time.perf_counter()\n{code}\nprint(time.perf_counter() - start)"))


def test_the_import_loads_pandas_and_little_more():
    loaded = json.loads(run("import sys, json, geopandas_batch; print(json.dumps(sorted(sys.modules)))"))

    assert "pandas" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_import_takes_at_most_60_ms_more_than_pandas():
    """Medians, taken in turns, so that a busy machine slows both."""
    pairs = [(seconds("import pandas"), seconds("import pandas, geopandas_batch")) for _ in range(9)]

    pandas, ours = (statistics.median(column) for column in zip(*pairs, strict=True))

    assert ours - pandas < 0.060


def test_the_accessor_is_there_and_series_are_left_to_geopandas():
    out = run("import pandas as pd, geopandas_batch; print(hasattr(pd.DataFrame, 'geo'), hasattr(pd.Series, 'geo'))")

    assert out.split() == ["True", "False"]
