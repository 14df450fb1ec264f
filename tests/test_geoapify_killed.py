"""Processes that are killed, and processes that work side by side: nothing is bought twice, every row is right.

Eight are killed. Fifty: ``GEOPANDAS_BATCH_KILLS=50 pytest tests/test_geoapify_killed.py`` (a minute).
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from geopandas_batch.testing import FakeGeoapify

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

KILLS = int(os.environ.get("GEOPANDAS_BATCH_KILLS", "8"))
ROOT = Path(__file__).parent.parent

# Imports once, and forks for each order (first and last number): a process of its own, begun within milliseconds.
LAUNCHER = """
import json, os, sys
import aiohttp
import pandas as pd
import geopandas_batch
from geopandas_batch.services import Geoapify

url, key, cache = sys.argv[1:]
for order in sys.stdin:
    first, last = map(int, order.split())
    child = os.fork()
    if not child:
        frame = pd.DataFrame({"a": [f"{n} Main Street" for n in range(first, last)]})
        service = Geoapify(api_key=key, base_url=url, max_per_second=200, mode="batch")
        located = frame.geo.locate("a", service=service, cache=cache, progress=False)
        report = located.geo.report
        told = {"places": located[["lat", "lon"]].values.tolist(), "lost": report.replies_lost,
                "resumed": report.jobs_resumed, "again": report.jobs_bought_again}
        with open(f"{cache}.{os.getpid()}.json", "w") as file:
            json.dump(told, file)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Launcher:
    """Runs the line in processes of their own, one at a time, on one cache file."""

    def __init__(self, fake: FakeGeoapify, cache: Path) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.cache = cache
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, fake.url, fake.key, str(cache)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    def start(self, first: int, last: int) -> int:
        """Start the line; the id of its process."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{first} {last}\n".encode())
        return self._read()

    def ends_within(self, seconds: float) -> bool:
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def end(self) -> int:
        """Wait for the end of the line; its exit code."""
        return self._read()

    def run(self, first: int, last: int) -> dict[str, Any]:
        """Run the line to its end; what it found."""
        pid = self.start(first, last)
        assert self.end() == 0
        found: dict[str, Any] = json.loads(Path(f"{self.cache}.{pid}.json").read_text())
        return found

    def _read(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


def wanted(fake: FakeGeoapify, first: int, last: int) -> list[list[float]]:
    return [list(fake.expected(f"{n} Main Street") or ()) for n in range(first, last)]


@pytest.fixture
def slow() -> Iterator[FakeGeoapify]:
    """Jobs that take long enough to be killed at any moment of their life."""
    with FakeGeoapify(seconds_per_job=0.3, seconds_per_input=0.0005, job_slots=4) as fake:
        yield fake


@pytest.fixture
def launcher(slow, tmp_path) -> Iterator[Callable[[], Launcher]]:
    made: list[Launcher] = []

    def make() -> Launcher:
        made.append(Launcher(slow, tmp_path / "answers.sqlite"))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.timeout(600)
def test_after_a_kill_at_any_moment_the_same_line_goes_on_and_buys_nothing_twice(slow, launcher):
    chance, line = random.Random(os.environ.get("GEOPANDAS_BATCH_SEED", "1")), launcher()
    lost = resumed = killed = 0
    for number in range(KILLS):
        span = (number * 400, number * 400 + 400)
        pid = line.start(*span)
        if not line.ends_within(chance.uniform(0, 0.7)):
            os.kill(pid, signal.SIGKILL)
        killed += line.end() == -signal.SIGKILL

        again = line.run(*span)

        assert again["places"] == wanted(slow, *span)
        assert again["again"] == 0
        lost, resumed = lost + again["lost"], resumed + again["resumed"]
    twice = [text for text, count in Counter(slow.inputs).items() if count > 1]
    batches = {int(str(text).split()[0]) // 100 for text in twice}
    print(
        f"{killed} of {KILLS} killed: {resumed} jobs resumed, {lost} submits lost, {len(twice)} addresses bought twice"
    )
    assert len(batches) <= lost  # the exception: a kill between the acceptance of a job and its reply, which is told
    assert killed > KILLS / 2


@pytest.mark.timeout(300)
def test_eight_processes_with_the_same_column_buy_it_once(slow, launcher):
    lines = [launcher() for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda line: line.run(0, 1500), lines))

    assert all(each["places"] == wanted(slow, 0, 1500) for each in found)
    assert len(slow.inputs) == len(set(slow.inputs)) == 1500


@pytest.mark.timeout(300)
def test_processes_whose_columns_overlap_buy_each_address_once(slow, launcher):
    spans = [(start_at, start_at + 600) for start_at in (0, 300, 600, 900)]
    lines = [launcher() for _ in spans]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda line, span: line.run(*span), lines, spans))

    assert [each["places"] for each in found] == [wanted(slow, *span) for span in spans]
    assert len(slow.inputs) == len(set(slow.inputs)) == 1500
