"""What benchmarks share: the double in a process of its own, whose time is not counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

SERVE = """
import json, sys
from geopandas_batch.testing import FakeGeoapify
with FakeGeoapify(**json.loads(sys.argv[1])) as fake:
    print(fake.url, fake.key, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Its address and key; ``DOUBLE`` in the module says how it is made."""
    settings = json.dumps(getattr(request.module, "DOUBLE", {}))
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, key = process.stdout.readline().split()
        yield url, key
        process.communicate(timeout=60)
