"""Calls in JupyterLab itself, in a real browser: Run All, Stop, and what stands on the screen meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import aiohttp
import pytest

from geopandas_batch.testing import FakeGeoapify

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed"),
    pytest.mark.skipif(find_spec("ipywidgets") is None, reason="ipywidgets is not installed"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
PATIENCE = 90.0  # seconds, for each thing that the browser is to show on a machine that is busy

PRELUDE = """\
import pandas as pd, geopandas_batch
from geopandas_batch.services import Geoapify
service = Geoapify(api_key={key!r}, base_url={url!r}, max_per_second=1000)
frame = pd.DataFrame({{"address": [f"{{n}} {street}" for n in range(20)] + [None] * 30}})
towns = pd.DataFrame({{"town": ["Oslo, Norway", "Bergen, Norway"]}})
"""
SYNC = 'towns.geo.locate("town", service="gazetteer")["lat"].round(0).tolist()'
ASYNC = '(await towns.geo.locate_async("town", service="gazetteer"))["lat"].round(0).tolist()'
SLOW = 'located = frame.geo.locate("address", service=service)'
FOUND = {"text/plain": "[60.0, 60.0]"}


class Lab:
    """A page of the browser, driven by the protocol of its developer tools."""

    def __init__(self, runner: asyncio.Runner, socket: Any) -> None:
        self.runner, self.socket, self.number = runner, socket, 0

    def ask(self, method: str, **parameters: Any) -> Any:
        return self.runner.run(self._ask(method, parameters))

    async def _ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": parameters})
        while True:
            heard = await self.socket.receive_json(timeout=PATIENCE)
            if heard.get("id") == self.number:
                return heard["result"]

    def value(self, script: str) -> Any:
        """What a script gives; None where it fails, as while the page is being made."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def until(self, what: str, condition: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < end, f"{what} was not to be seen; the page reads: {self.text()}"
            time.sleep(0.05)
        return found

    def open(self, url: str) -> None:
        self.ask("Emulation.setFocusEmulationEnabled", enabled=True)  # else no notebook is the one at work
        self.ask("Page.navigate", url=url)
        status = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
        self.until("a notebook with a kernel", lambda: self.value(f"{status} == 'idle' && {kernel} == 'idle'"))

    def command(self, name: str) -> None:
        commands = "window.jupyterapp.commands"
        self.until(f"a way to {name}", lambda: self.value(f"{commands}.isEnabled('notebook:{name}')"))
        self.value(f"void {commands}.execute('notebook:{name}')")

    def cell(self, number: int) -> Any:
        """A cell as it would be saved."""
        page = "window.jupyterapp.shell.currentWidget.content"
        return json.loads(self.value(f"JSON.stringify({page}.widgets[{number}].model.toJSON())"))

    def text(self) -> str:
        """What a person reads; the bar's spaces are as wide as a figure."""
        return str(self.value("document.querySelector('.jp-Notebook')?.innerText") or "").replace("\u2007", " ")

    def ran(self, number: int) -> Callable[[], bool]:
        busy = f"document.querySelectorAll('.jp-InputPrompt')[{number}].textContent.includes('*')"
        return lambda: self.cell(number)["execution_count"] is not None and self.value(busy) is False


@contextlib.contextmanager
def ended_at_last(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def waited_for(file: Path) -> str:
    end = time.monotonic() + PATIENCE
    while not (file.exists() and (text := file.read_text())):
        assert time.monotonic() < end, f"{file.name} was not written"
        time.sleep(0.05)
    return text


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    profile = tmp_path_factory.mktemp("profile")
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    where = ["--remote-debugging-port=0", f"--user-data-dir={profile}", "--window-size=1200,1000"]
    with (
        ended_at_last(["chromium", "--headless", "--no-sandbox", "--disable-gpu", *quiet, *where, "about:blank"]),
        asyncio.Runner() as runner,
    ):
        port = waited_for(profile / "DevToolsActivePort").split()[0]
        with urlopen(f"http://127.0.0.1:{port}/json/list") as pages:
            url = next(page["webSocketDebuggerUrl"] for page in json.load(pages) if page["type"] == "page")
        session = runner.run(_session())
        yield Lab(runner, runner.run(_connected(session, url)))
        runner.run(session.close())


async def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession()


async def _connected(session: aiohttp.ClientSession, url: str) -> Any:
    return await session.ws_connect(url, max_msg_size=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """JupyterLab on the folder of the notebooks, with no setting of whoever runs the tests."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(folder / ".jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"IPYTHONDIR": str(folder / ".ipython"), "GEOPANDAS_BATCH_CACHE": str(folder / "answers.sqlite")}
    said = [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--allow-root"]
    lab = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", *said]
    with ended_at_last(lab, cwd=folder, env=os.environ | own):
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/api"):
                break
            assert time.monotonic() < end, "JupyterLab did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/lab/tree"


@pytest.fixture
def lab(browser: Lab, server: str, folder: Path, fake: FakeGeoapify, request: pytest.FixtureRequest) -> Lab:
    """A notebook with the cells of the test, open in the browser."""
    marker = request.node.get_closest_marker("parametrize")
    cells = request.node.callspec.params["cells"] if marker else []
    prelude = PRELUDE.format(key=fake.key, url=fake.url, street=request.node.originalname)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in [prelude, *cells]])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    name = f"{request.node.originalname}.ipynb"
    nbformat.write(notebook, folder / name)
    fake.never_ready = True
    browser.open(f"{server}/{name}?reset")
    return browser


@pytest.mark.parametrize("cells", [[SYNC, ASYNC, SLOW, SYNC, "located['lat'].notna().sum()"]], ids=[""])
def test_run_all_runs_all_and_the_bar_moves_meanwhile(lab: Lab, cells: list[str], fake: FakeGeoapify) -> None:
    lab.command("run-all-cells")
    lab.until("the bar", lambda: "30 of 50 rows" in lab.text() and "blank 30" in lab.text())
    waiting = [lab.cell(number)["execution_count"] for number in (4, 5)]
    fake.never_ready = False  # only now can the jobs end
    lab.until("the end of the last cell", lab.ran(5))

    assert waiting == [None, None]
    assert "50 of 50 rows" in lab.text()
    assert [lab.cell(number)["execution_count"] for number in range(6)] == [1, 2, 3, 4, 5, 6]
    assert [lab.cell(number)["outputs"][-1]["data"] for number in (1, 2, 4)] == [FOUND] * 3
    assert "20" in lab.cell(5)["outputs"][-1]["data"]["text/plain"]


@pytest.mark.parametrize("cells", [[SLOW, "located['lat'].notna().sum()"]], ids=[""])
def test_stop_ends_the_cell_with_one_line_and_the_same_line_again_buys_nothing_twice(
    lab: Lab, cells: list[str], fake: FakeGeoapify
) -> None:
    lab.command("run-all-cells")
    lab.until("the bar", lambda: "30 of 50 rows" in lab.text() and len(fake.inputs) == 20)
    pressed = time.monotonic()
    lab.command("interrupt-kernel")
    lab.until("the end of the cell", lab.ran(1))
    took = time.monotonic() - pressed
    stopped = [each for each in lab.cell(1)["outputs"] if each["output_type"] == "error"]
    fake.never_ready = False
    lab.command("run-all-cells")
    lab.until("the end of the last cell", lab.ran(2))

    assert took < 5  # 0.1 as a rule
    (told,) = stopped[0]["traceback"]
    assert told.startswith("KeyboardInterrupt: Stopped: 30 of 50 rows done and kept.")
    assert "20" in lab.cell(2)["outputs"][-1]["data"]["text/plain"]
    assert sorted(fake.inputs) == sorted(set(fake.inputs))
