"""Dask on one and two workers of this machine, beside plain pandas: seconds for the same rows.

Run: ``pytest tests/benchmarks/test_dask_scale.py -s``. The gazetteer answers, so the work is all here. By the
clock, two workers need two cores with nothing else to do; processor time says on a busy machine, too, who did how much.
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


def locate(frame):
    return frame.geo.locate("a", service="gazetteer", cache=False)


def told(name: str, clock: float, processors: list[float]) -> None:
    each = " + ".join(f"{used:.1f}" for used in processors)
    print(
        f"{name:15} {clock:6.1f} s by the clock {ROWS / clock:9,.0f} rows/s; {each} s of processor time: "
        f"{ROWS / max(processors):9,.0f} rows/s where each has a core"
    )


@pytest.mark.timeout(1800)
def test_one_and_two_workers_beside_pandas():
    # Inside: workers have not got this file, so it goes to them by its code and not by its name.
    def used() -> float:
        import time

        import geopandas_batch

        geopandas_batch.locate(["Oslo"], service="gazetteer", cache=False)  # the data are loaded
        return time.process_time()

    texts = [f"{n} Main Street, {TOWNS[n % len(TOWNS)]}" for n in range(DISTINCT)]
    frame = pd.DataFrame({"a": [texts[n * 7919 % DISTINCT] for n in range(ROWS)]})
    print(f"\n{ROWS:,} rows, {DISTINCT:,} different addresses, {len(os.sched_getaffinity(0))} cores")
    before, began = used(), time.perf_counter()
    expected = locate(frame)
    told("pandas", time.perf_counter() - began, [time.process_time() - before])
    shares = {}
    for workers in (1, 2):
        with (
            dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": "1"}}),
            LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):  # fmt: skip
            parts = dd.from_pandas(frame, npartitions=8)
            locate(dd.from_pandas(frame.head(1000), npartitions=4)).compute()
            before, began = client.run(used), time.perf_counter()
            found = locate(parts).compute()
            clock, after = time.perf_counter() - began, client.run(used)
        shares[workers] = [after[worker] - before[worker] for worker in after]
        told(f"Dask, {workers} worker{'s' * (workers > 1)}", clock, shares[workers])
        assert found["a"].tolist() == frame["a"].tolist()
        np.testing.assert_array_equal(found[["lat", "lon"]], expected[["lat", "lon"]])
    assert max(shares[2]) < 0.6 * sum(shares[2])  # the work is shared out
