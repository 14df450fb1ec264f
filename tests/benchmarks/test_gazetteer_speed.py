"""How many addresses a second, and how soon the first: python -m pytest tests/benchmarks/test_gazetteer_speed.py."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.geocoder import Gazetteer
from geopandas_batch.places import Query

TESTS = Path(__file__).parent.parent


def queries(number: int) -> list[Query]:
    """Distinct addresses: those of the test files with other house numbers."""
    rows = []
    for name in ("addresses.csv", "gazetteer_dev.csv"):
        with (TESTS / name).open(encoding="utf-8", newline="") as file:
            rows += [row["address"] for row in csv.DictReader(file) if row["lat"]]
    return [
        Query(f"{at // len(rows) + 1} {rows[at % len(rows)]}" if at >= len(rows) else rows[at]) for at in range(number)
    ]


@pytest.mark.benchmark(group="gazetteer")
def test_addresses_a_second(benchmark: BenchmarkFixture) -> None:
    asked = queries(5_000)
    gazetteer.load().locate_many(asked[:500])

    answers = benchmark.pedantic(gazetteer.load().locate_many, args=(asked,), rounds=3)

    benchmark.extra_info["addresses a second"] = round(len(asked) / benchmark.stats.stats.min)
    assert sum(answer is not None for answer in answers) > 0.95 * len(asked)


@pytest.mark.benchmark(group="gazetteer")
def test_first_answer(benchmark: BenchmarkFixture) -> None:
    answers = benchmark.pedantic(lambda: Gazetteer().locate_many([Query("Oslo, Norway")]), rounds=5)

    assert answers[0] is not None


def test_memory_added() -> None:
    """Resident memory of a process that has answered all test addresses stays below 200 MB above the bare imports."""
    pytest.importorskip("resource")
    code = (
        "import csv, resource, sys; import numpy, marisa_trie; from geopandas_batch import gazetteer\n"
        "from geopandas_batch.places import Query\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "rows = [row['address'] for row in csv.DictReader(open('tests/addresses.csv', encoding='utf-8'))]\n"
        "gazetteer.load().locate_many([*map(Query, rows)])\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=TESTS.parent, check=True, timeout=60
    )

    assert float(done.stdout) < 200
