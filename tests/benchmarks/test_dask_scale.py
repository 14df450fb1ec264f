"""Dask on one and two workers of this machine, beside plain pandas: from Parquet files to Parquet files.

Run: ``pytest tests/benchmarks/test_dask_scale.py -s``. The gazetteer answers, so the work is all here. By the clock,
two workers need two cores with nothing else to do. What two cores can do at best is in the last line: two processes,
each with plain pandas and half of the addresses, which know nothing of each other. ``GEOPANDAS_BATCH_ROUNDS=5``: all
of it so often in turn, for medians. Then both ways in which answers get to partitions, by the processor time of two
workers, with a service that answers at once.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import cloudpickle
import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster, wait

import geopandas_batch.dask
from geopandas_batch.dask import orders
from geopandas_batch.places import Location, Query
from geopandas_batch.services.protocol import Limits

ROWS, DISTINCT, FILES = 400_000, 200_000, 16
ROUNDS = int(os.environ.get("GEOPANDAS_BATCH_ROUNDS", "1"))
WAYS = {"one table": 10**9, "each its own": 0}  # up to how many addresses are few
SIZES = ((10**4, 10**3, 8), (10**4, 10**4, 8), (10**5, 10**4, 16), (10**5, 10**5, 16))  # rows, addresses, partitions
SIZES += ((10**6, 10**4, 64), (10**6, 5 * 10**4, 64), (10**6, 2 * 10**5, 64))
TOWNS = ("Oslo, Norway", "Springfield, IL", "Köln, Germany", "Lyon, France", "Αθήνα", "Porto, Portugal")
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers have not got this file


class AtOnce:
    """As quick as a service on all workers can be, so that what is measured is the way of the answers."""

    name, local, limits = "at once", True, Limits(batch_size=10_000, max_concurrency=1)

    async def locate_many(self, wire: Any, queries: Sequence[Query]) -> list[Location]:
        return [Location(59.9, 10.7) for _ in queries]


def located(source: str, target: str) -> None:
    pd.read_parquet(source).geo.locate("a", service="gazetteer", cache=False).to_parquet(target)


def used() -> float:
    geopandas_batch.locate(["Oslo"], service="gazetteer", cache=False)  # the data are loaded
    return time.process_time()


def by_dask(client: Client, source: str, target: str) -> None:
    with client.as_current():
        dd.read_parquet(source).geo.locate("a", service="gazetteer", cache=False).to_parquet(target)


def side_by_side(client: Client, halves: list[str], target: str) -> None:
    client.gather([client.submit(located, half, f"{target}.{n}", pure=False) for n, half in enumerate(halves)])


@contextmanager
def workers(count: int, folder: Path) -> Iterator[Client]:
    settings = {"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": "1"}, "temporary-directory": str(folder)}
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


@pytest.mark.timeout(3600)
def test_one_and_two_workers_beside_pandas(tmp_path):
    texts = [f"{n} Main Street, {TOWNS[n % len(TOWNS)]}" for n in range(DISTINCT)]
    numbers = np.arange(ROWS) * 7919 % DISTINCT
    frame = pd.DataFrame({"row": np.arange(ROWS), "a": [texts[n] for n in numbers]})
    source, halves = tmp_path / "source", [str(tmp_path / f"half{n}.parquet") for n in (0, 1)]
    source.mkdir()
    for number, part in enumerate(np.array_split(np.arange(ROWS), FILES)):
        frame.iloc[part].to_parquet(source / f"{number:02}.parquet")
    for half, mine in zip(halves, (numbers < DISTINCT // 2, numbers >= DISTINCT // 2), strict=True):
        frame[mine].to_parquet(half)
    print(f"\n{ROWS:,} rows, {DISTINCT:,} different addresses, {len(os.sched_getaffinity(0))} cores")

    with ExitStack() as stack:
        one, two = (stack.enter_context(workers(count, tmp_path)) for count in (1, 2))
        whole, out = str(source), str(tmp_path / "out")
        ways: dict[str, tuple[Client | None, Callable[[str], Any]]] = {
            "pandas": (None, partial(located, whole)),
            "Dask, 1 worker": (one, partial(by_dask, one, whole)),
            "Dask, 2 workers": (two, partial(by_dask, two, whole)),
            "2 x pandas": (two, partial(side_by_side, two, halves)),
        }
        clocks: dict[str, list[float]] = {name: [] for name in ways}
        shares: dict[str, list[list[float]]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, (client, work) in ways.items():
                before = client.run(used) if client else {"": used()}
                own, began = time.process_time(), time.perf_counter()
                work(f"{out}.{name}")
                clocks[name].append(time.perf_counter() - began)
                own = time.process_time() - own
                after = client.run(time.process_time) if client else {"": time.process_time()}
                each = [after[worker] - before[worker] for worker in after]
                shares[name].append(each)
                print(
                    f"{name:16} {clocks[name][-1]:6.1f} s by the clock; processor time"
                    f" {' + '.join(f'{used:.1f}' for used in each)} s" + (f", and {own:.1f} s here" if client else ""),
                    flush=True,
                )
    first = median(clocks["Dask, 1 worker"])
    for name, seconds in clocks.items():
        print(f"{name:16} {ROWS / median(seconds):9,.0f} rows/s, {first / median(seconds):.2f} times one worker")

    expected = pd.read_parquet(f"{out}.pandas")
    for name in ("Dask, 1 worker", "Dask, 2 workers"):
        found = pd.read_parquet(f"{out}.{name}").sort_values("row", ignore_index=True)
        assert found[["row", "a"]].to_numpy().tolist() == expected[["row", "a"]].to_numpy().tolist()
        np.testing.assert_array_equal(found[["lat", "lon"]], expected[["lat", "lon"]])
    assert all(max(each) < 0.6 * sum(each) for each in shares["Dask, 2 workers"])  # the work is shared out


def partition(number: int, rows: int, distinct: int) -> pd.DataFrame:
    numbers = np.random.default_rng(number).integers(0, distinct, rows)
    return pd.DataFrame({"a": pd.array([f"{n} Main Street, Springfield" for n in numbers], "string[pyarrow]")})


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("details", [False, True], ids=["coordinates", "details"])
def test_both_ways_of_the_answers(tmp_path, monkeypatch, details):
    print()
    with workers(2, tmp_path) as client, client.as_current():
        for rows, distinct, count in SIZES:
            meta = partition(0, 1, 1).iloc[:0]
            parts = dd.from_map(
                partition, list(range(count)), rows=rows // count, distinct=distinct, meta=meta
            ).persist()
            wait(parts)
            taken: dict[str, list[float]] = {way: [] for way in WAYS}
            for way in [*WAYS] * max(2, ROUNDS):
                monkeypatch.setattr(orders, "FEW", WAYS[way])
                before = sum(client.run(time.process_time).values())
                found = parts.geo.locate("a", service=AtOnce(), cache=False, details=details).persist()
                wait(found)
                taken[way].append(sum(client.run(time.process_time).values()) - before)
            assert all(len(parts) == rows // count for parts in client.compute(found.to_delayed(), sync=True))
            each = "; ".join(f"{way} {median(seconds):5.2f} s" for way, seconds in taken.items())
            print(f"{rows:9,} rows in {count:2} partitions, up to {distinct:7,} addresses: {each}", flush=True)
