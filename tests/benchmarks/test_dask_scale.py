"""Dask on one and two workers of this machine, beside plain pandas: seconds for the same rows.

Run: ``pytest tests/benchmarks/test_dask_scale.py -s``. The gazetteer answers, so the work is all here. Two workers need
two cores that have nothing else to do.
"""

from __future__ import annotations

import logging
import os
import time

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import geopandas_batch.dask  # noqa: F401 - registers ddf.geo

ROWS, DISTINCT = 200_000, 50_000
TOWNS = ("Oslo, Norway", "Springfield, IL", "Köln, Germany", "Lyon, France", "Αθήνα", "Porto, Portugal")


def seconds(work):
    began = time.perf_counter()
    located = work()
    return time.perf_counter() - began, located


@pytest.mark.timeout(1800)
def test_one_and_two_workers_beside_pandas():
    texts = [f"{n} Main Street, {TOWNS[n % len(TOWNS)]}" for n in range(DISTINCT)]
    frame = pd.DataFrame({"a": [texts[n * 7919 % DISTINCT] for n in range(ROWS)]})
    arguments = {"service": "gazetteer", "cache": False}
    frame.head(100).geo.locate("a", **arguments)  # the data are loaded
    plain, expected = seconds(lambda: frame.geo.locate("a", **arguments))
    print(f"\n{ROWS:,} rows, {DISTINCT:,} different addresses, {len(os.sched_getaffinity(0))} cores")
    print(f"pandas                  {plain:6.1f} s {ROWS / plain:10,.0f} rows/s")
    for workers in (1, 2):
        with (
            dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": "1"}}),
            LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster),
        ):  # fmt: skip
            parts = dd.from_pandas(frame, npartitions=8)
            parts.head(100, npartitions=1)
            dd.from_pandas(frame.head(1000), npartitions=2).geo.locate("a", **arguments).compute()
            took, found = seconds(lambda parts=parts: parts.geo.locate("a", **arguments).compute())
        print(f"Dask, {workers} worker{'s' * (workers > 1):17}{took:6.1f} s {ROWS / took:10,.0f} rows/s")
        assert found["a"].tolist() == frame["a"].tolist()
        np.testing.assert_array_equal(found[["lat", "lon"]], expected[["lat", "lon"]])
