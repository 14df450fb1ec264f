"""What an import costs, and that imports go down the stairs only."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

HEAVY = [
    "aiohttp",
    "msgspec",
    "geopandas",
    "openpyxl",
    "dask",
    "matplotlib",
    "marisa_trie",
    "tqdm",
    "sqlite3",
    "nest_asyncio2",
]


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_import_loads_pandas_and_little_more():
    loaded = json.loads(run("import sys, json, geopandas_batch; print(json.dumps(sorted(sys.modules)))"))

    assert "pandas" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_import_takes_at_most_60_ms_more_than_pandas():
    """In one process, so that a busy machine slows both; the median of nine."""
    code = """
import time
start = time.perf_counter()
import pandas
middle = time.perf_counter()
import geopandas_batch
print(middle - start, time.perf_counter() - middle)
"""
    pandas, more = (
        statistics.median(column) for column in zip(*(map(float, run(code).split()) for _ in range(9)), strict=True)
    )

    # Where pandas takes more than a second, the machine has others to serve.
    assert more < 0.060 * max(1.0, pandas), f"{more * 1e3:.0f} ms over the {pandas * 1e3:.0f} ms of pandas"


def test_the_accessor_is_there_and_series_are_left_to_geopandas():
    out = run("import pandas as pd, geopandas_batch; print(hasattr(pd.DataFrame, 'geo'), hasattr(pd.Series, 'geo'))")

    assert out.split() == ["True", "False"]


def test_what_is_answered_without_a_request_loads_no_http_client():
    code = """
import sys, geopandas_batch
async def towns(addresses):
    return [(59.91, 10.75) for each in addresses]
for service in ("gazetteer", towns):
    located = geopandas_batch.locate(["Oslo, Norway"], service=service, cache=False)
    print(int(located.loc[0, "lat"]), "aiohttp" in sys.modules)
"""
    assert run(code).split() == ["59", "False", "59", "False"]
