"""What all tests share: a clean environment, a cache file of their own, the double of the service, and a loop whose
clock is stepped, so that no test sleeps and none can hang."""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
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
    os.environ.pop("PYTEST_ADDOPTS", None)  # of these tests, not of those that a test runs


@pytest.fixture(autouse=True)
def cache_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key of whoever runs the tests, and no answer of an earlier test."""
    for name in list(os.environ):
        if name.startswith(("GEOAPIFY_", "CENSUS_", "GEOPLATEFORME_", "GEOPANDAS_BATCH_SERVICE")):
            monkeypatch.delenv(name)
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


class _Selector(selectors.SelectSelector):
    """Instead of waiting, turns the clock to the next timer. Where nothing would ever happen, it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.turns = 0

    def select(self, timeout: float | None = None) -> Any:
        self.turns += 1
        events = super().select(0)
        if not events and timeout is None:
            raise AssertionError("everybody waits for ever")
        if not events and timeout is not None:
            self.now += timeout
        return events


class SteppedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._stepped = _Selector()
        super().__init__(self._stepped)

    def time(self) -> float:
        return self._stepped.now

    @property
    def turns(self) -> int:
        return self._stepped.turns


@pytest.fixture(scope="session")
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on a new stepped loop."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=SteppedLoop) as runner:
            return runner.run(coroutine)

    return run
