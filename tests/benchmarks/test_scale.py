"""What a row costs from ten thousand to a million: processor time for each different address, and memory.

Run: ``pytest tests/benchmarks/test_scale.py -s --benchmark-disable``. Each size is measured in a process of its own, so
that nothing is warm that would not be; the double is another process, and its time is not counted. Four rows have the
same address each. "New" is with the cache file, whose part (the journal and the answers) is measured by itself besides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROWS_EACH = 4
SIZES = (10_000, 100_000, 1_000_000)  # rows
NEW = (10_000, 100_000)  # different addresses

SERVE = """
import sys
from geopandas_batch.testing import FakeGeoapify
with FakeGeoapify() as fake:
    print(fake.url, fake.key, flush=True)
    sys.stdin.read()
"""

MEASURE = """
import json, resource, sys, time
from pathlib import Path

import numpy as np
import pandas as pd

from geopandas_batch.columns import questions
from geopandas_batch.garbage import set_aside
from geopandas_batch.inquiry import LOOK_UP
from geopandas_batch.outcomes import outcome_of
from geopandas_batch.places import Location
from geopandas_batch.results import joined
from geopandas_batch.services import Geoapify
from geopandas_batch.services.protocol import options_of
from geopandas_batch.store import Keys, Store

work, url, key, distinct, rows, file = sys.argv[1:]
distinct, rows = int(distinct), int(rows)
service = Geoapify(api_key=key, base_url=url, max_per_second=100_000)
texts = np.array([f"{n} Main Street, Springfield" for n in range(distinct)], object)
order = np.concatenate([np.arange(distinct), np.random.default_rng(1).integers(0, distinct, rows - distinct)])
frame = pd.DataFrame({"a": texts[order]})
costs = {}


def timed(stage, function):
    started = time.process_time()
    result = function()
    costs[stage] = (time.process_time() - started) / distinct * 1e6
    return result


def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def stages():
    asked = timed("columns to questions", lambda: questions(frame, "a", {}))
    keys = Keys(service.name, options_of(service))
    digests = timed("keys", lambda: list(map(keys.key, asked.distinct)))
    place = ("1 Main Street, Springfield", "building", 0.9, "", "geoapify", "Powered by Geoapify, OpenStreetMap")
    extra = (("result_type", "building"), ("place_id", "51" * 28))
    found = [(digest, Location(59.9, n / distinct, *place, extra)) for n, digest in enumerate(digests)]
    store = Store(Path(file))

    def keep():
        for start in range(0, distinct, 1000):
            store.keep(found[start : start + 1000], service=service.name)

    timed("answers to the cache file", keep)
    known = {}

    def look_up():
        for start in range(0, distinct, LOOK_UP):
            known.update(store.answers(digests[start : start + LOOK_UP]))

    timed("answers from the cache file", look_up)
    outcomes = timed("outcomes", lambda: [outcome_of(known[digest], "geoapify", cached=True) for digest in digests])
    timed("outcomes to two columns", lambda: joined(frame, asked, outcomes, ["lat", "lon"]))
    store.close()


def run():
    warm = pd.DataFrame({"a": ["1 Other Street"]}).geo.locate("a", service=service)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
    before, started = peak(), time.perf_counter()
    located = timed("in all", lambda: frame.geo.locate("a", service=service))
    assert located["lat"].notna().all()
    costs["MB"] = peak() - before
    costs["seconds"] = time.perf_counter() - started


stages() if work == "stages" else run()
print(json.dumps(costs))
"""


@pytest.fixture
def served() -> Iterator[tuple[str, str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, key = process.stdout.readline().split()
        yield url, key
        process.communicate(timeout=60)


def measured(work: str, served: tuple[str, str], distinct: int, rows: int, file: Path) -> dict[str, Any]:
    environment = {**os.environ, "GEOPANDAS_BATCH_CACHE": str(file)}
    command = [sys.executable, "-c", MEASURE, work, *served, str(distinct), str(rows), str(file)]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def slope(sizes: list[int], costs: list[float]) -> float:
    """The exponent with which a cost in all grows; 1 is in proportion to the size."""
    return 1 + float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def told(title: str, sizes: list[int], found: list[dict[str, Any]]) -> None:
    print(f"\n{title}: µs of processor time a different address\n{'':30}" + "".join(f"{size:>12,}" for size in sizes))
    for name in found[0]:
        costs = [each[name] for each in found]
        more = f"   grows as n^{slope(sizes, costs):.2f}" if name not in ("MB", "seconds") else ""
        print(f"{name:30}" + "".join(f"{cost:12.2f}" for cost in costs) + more)


def test_all_known(served, tmp_path):
    distinct = [rows // ROWS_EACH for rows in SIZES]
    parts, runs = [], []
    for count, rows in zip(distinct, SIZES, strict=True):
        file = tmp_path / f"{rows}.sqlite"
        parts.append(measured("stages", served, count, rows, file))
        runs.append(measured("run", served, count, rows, file))
    told("stages", distinct, parts)
    told("all known", distinct, runs)

    assert runs[-1]["in all"] * distinct[-1] / 1e6 < 5  # seconds of one core
    assert runs[-1]["MB"] < 600
    assert slope(distinct, [each["in all"] for each in runs]) < 1.15  # n log n over this range: 1.1


def test_all_new(served, tmp_path):
    runs = [measured("run", served, count, count, tmp_path / f"{count}.sqlite") for count in NEW]
    told("all new", list(NEW), runs)

    assert slope(list(NEW), [each["in all"] for each in runs]) < 1.15
