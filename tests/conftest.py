"""What all tests share: a clean environment, a cache file of their own, and the double of the service."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from geopandas_batch.services import Geoapify
from geopandas_batch.testing import FakeGeoapify


def pytest_configure() -> None:
    """Whoever runs the tests in the background has SIGINT ignored, and so would all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def cache_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key of whoever runs the tests, and no answer of an earlier test."""
    for name in ("GEOAPIFY_API_KEY", "GEOAPIFY_KEY", "GEOAPIFY_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "cache" / "answers.sqlite"
    monkeypatch.setenv("GEOPANDAS_BATCH_CACHE", str(file))
    return file


@pytest.fixture(scope="session")
def kernel_command() -> list[str]:
    """Starts a Jupyter kernel of the Python that runs the tests: Colab's own, where its package is installed."""
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    colab = find_spec("google") and find_spec("google.colab")
    return [*command, "--IPKernelApp.kernel_class=google.colab._kernel.Kernel"] if colab else command


@pytest.fixture
def fake() -> Iterator[FakeGeoapify]:
    """The double, fast and without faults."""
    with FakeGeoapify() as double:
        yield double


@pytest.fixture
def geoapify() -> Callable[..., Geoapify]:
    """Makes the service that asks a double, at a pace for tests."""

    def make(double: FakeGeoapify, **options: Any) -> Geoapify:
        return Geoapify(**{"api_key": double.key, "base_url": double.url, "max_per_second": 1000, **options})

    return make
