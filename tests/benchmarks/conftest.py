"""What the benchmarks of scale share: the double in a process of its own, whose time is not counted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

SERVE = """
import sys
from geopandas_batch.testing import FakeGeoapify
with FakeGeoapify() as fake:
    print(fake.url, fake.key, flush=True)
    sys.stdin.read()
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
