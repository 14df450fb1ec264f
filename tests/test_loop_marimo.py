"""Calls in the cells of real marimo notebooks: as a script, exported, as an app, and in the editor with Stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pandas as pd
import pytest

import geopandas_batch
from geopandas_batch.testing import FakeGeoapify

pytest.importorskip("marimo", reason="marimo is not installed")
psutil = pytest.importorskip("psutil", reason="psutil, which comes with marimo, is not installed")

pytestmark = pytest.mark.timeout(60)

# Above the five addresses that go as single requests: the call submits a job and polls it.
CITIES = ["Oslo", "Bergen", "Paris", "Lyon", "Rome", "Milan", "Vienna", "Graz", "Lisbon", "Porto", "Prague", "Brno"]

NOTEBOOK = f"""
import marimo

app = marimo.App()


@app.cell
def _():
    import geopandas_batch, pandas
    frame = pandas.DataFrame({{"address": {CITIES}}})
    return (frame,)


@app.cell
def _(frame):
    frame.geo.locate("address", service="geoapify", cache=False).to_pickle("without await")
    return


@app.cell
async def _(frame):
    (await frame.geo.locate_async("address", service="geoapify", cache=False)).to_pickle("with await")
    return


@app.cell
async def _(frame):
    import asyncio
    await asyncio.sleep(0)
    frame.geo.locate("address", service="geoapify", cache=False).to_pickle("beside await")
    return


if __name__ == "__main__":
    app.run()
"""


def environment(directory: Path, **more: str) -> dict[str, str]:
    """For a process that finds this package, and no settings of whoever runs the tests."""
    package = str(Path(geopandas_batch.__file__).parents[1])
    names = ("GEOAPIFY_API_KEY", "GEOAPIFY_KEY", "GEOAPIFY_BASE_URL", "MARIMO_OUTPUT_MAX_BYTES")
    own = {f"XDG_{kind}_HOME": str(directory / kind.lower()) for kind in ("CONFIG", "STATE", "CACHE", "DATA")}
    own |= {"GEOPANDAS_BATCH_CACHE": str(directory / "answers.sqlite"), "PYTHONUNBUFFERED": "1"}
    own["PYTHONPATH"] = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return {name: value for name, value in os.environ.items() if name not in names} | own | more


# The right results, wherever the notebook runs


@pytest.fixture
def settings(tmp_path: Path, fake: FakeGeoapify) -> dict[str, str]:
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    return environment(tmp_path, GEOAPIFY_API_KEY=fake.key, GEOAPIFY_BASE_URL=fake.url)


def rows(file: Path) -> list[tuple[float, float]]:
    return list(pd.read_pickle(file)[["lat", "lon"]].itertuples(index=False, name=None))


def check_results(directory: Path, fake: FakeGeoapify) -> None:
    expected = [fake.expected(city) for city in CITIES]
    located = {name: rows(directory / name) for name in ("without await", "with await", "beside await")}
    assert located == dict.fromkeys(located, expected)


@pytest.mark.parametrize(
    "command",
    [["notebook.py"], ["-m", "marimo", "export", "html", "notebook.py", "--output", "notebook.html"]],
    ids=["script", "export"],
)
def test_cells_get_the_results(
    command: list[str], tmp_path: Path, settings: dict[str, str], fake: FakeGeoapify
) -> None:
    subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=settings, check=True, timeout=50, stdin=subprocess.DEVNULL
    )
    check_results(tmp_path, fake)


def test_cells_of_an_app_get_the_results(tmp_path: Path, settings: dict[str, str], fake: FakeGeoapify) -> None:
    with served("run", tmp_path, settings) as page:
        page.hear_all()  # of the run that begins when the page opens
    check_results(tmp_path, fake)


# A page in a browser, as the server sees it


@dataclass
class Heard:
    """What one run of cells has told."""

    cell: str | None = None
    number: str | None = None
    printed: str = ""
    shown: str = ""  # what the cell has for its output, as HTML
    errors: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False


class Page:
    """A page that is open on a notebook. It has one cell to type in, so that names may be defined again and again."""

    def __init__(self, runner: asyncio.Runner, session: aiohttp.ClientSession) -> None:
        self.runner = runner
        self.session = session
        self.heard = Heard()

    def open(self) -> None:
        self.socket = self.runner.run(self.session.ws_connect("/ws?session_id=s_tested", max_msg_size=0))

    def close(self) -> None:
        self.runner.run(self.session.close())

    def post(self, path: str, **body: Any) -> None:
        async def post() -> None:
            headers = {"Marimo-Session-Id": "s_tested"}
            async with self.session.post(f"/api/kernel/{path}", json=body, headers=headers) as response:
                response.raise_for_status()

        self.runner.run(post())

    def hear(self) -> str:
        """Take one message; its kind."""
        message = self.runner.run(self.socket.receive_json(timeout=40))
        kind, told = message["op"], message["data"]
        if kind == "cell-op":
            if told["status"] == "queued" and self.heard.cell in (None, told["cell_id"]):
                self.heard.number = told["run_id"]
            console = told["console"] or []
            for output in [console] if isinstance(console, dict) else console:
                self.heard.printed += output["data"] if output["channel"] == "stdout" else ""
            if told["output"] and told["output"]["channel"] == "marimo-error":
                self.heard.errors += told["output"]["data"]
            elif told["output"]:
                self.heard.shown = str(told["output"]["data"])
        self.heard.ended = self.heard.ended or (kind == "completed-run" and told["run_id"] == self.heard.number)
        return str(kind)

    def hear_all(self) -> Heard:
        """All that the run tells until it ends."""
        while not self.heard.ended:
            self.hear()
        return self.heard

    def wait_for(self, text: str) -> None:
        """Until the cell has printed the text."""
        while text not in self.heard.printed:
            self.hear()
            assert not self.heard.ended, self.heard

    def send(self, code: str, cell: str = "cell") -> None:
        self.heard = Heard(cell)
        self.post("run", cellIds=[cell], codes=[textwrap.dedent(code)])

    def run(self, code: str, cell: str = "cell") -> str:
        """What a cell prints that must succeed."""
        self.send(code, cell)
        heard = self.hear_all()
        assert not heard.errors, heard
        return heard.printed.rstrip("\n")


@contextlib.contextmanager
def served(mode: str, directory: Path, settings: dict[str, str]) -> Iterator[Page]:
    """A page that is open on a server of its own. Both are ended with the block, and the server's kernel with them."""
    options = ["--headless", "--no-token", "--no-skew-protection", "--host", "127.0.0.1"]
    options += ["--skip-update-check"] if mode == "edit" else []
    server = psutil.Popen(
        [sys.executable, "-m", "marimo", mode, *options, "notebook.py"],
        cwd=directory,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    try:
        line = next((line for line in server.stdout if "http://" in line), None)
        assert line, "marimo ended before it listened"
        with asyncio.Runner() as runner:
            page = Page(runner, runner.run(begin_session("http://" + line.split("http://")[1].strip())))
            try:
                open_patiently(page)
                yield page
            finally:
                page.close()
    finally:
        processes = [server, *server.children(recursive=True)]
        server.terminate()
        for process in psutil.wait_procs(processes, timeout=10)[1]:
            process.kill()  # a kernel that is in the middle of a call, after a test that failed
        server.stdout.close()


async def begin_session(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url)


def open_patiently(page: Page) -> None:
    """The server tells its address a moment before it listens there."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return page.open()
        except aiohttp.ClientConnectorError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


# The editor

PRELUDE = """
import asyncio
import geopandas_batch, pandas
from geopandas_batch.loop import run
from geopandas_batch.services import Geoapify

open_requests, finished, before = set(), [], set()

async def serve(reader, writer):
    open_requests.add(writer)
    await reader.read()  # until the client closes
    open_requests.discard(writer)
    writer.close()

server = await asyncio.start_server(serve, "127.0.0.1", 0)
port = server.sockets[0].getsockname()[1]

async def request(number):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await asyncio.sleep(0 if number < 5 else 60)
        finished.append(number)
    finally:
        writer.close()
        await writer.wait_closed()

async def work():
    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(request(number))
        while len(finished) < 5 or len(open_requests) < 7:
            await asyncio.sleep(0)
        print("begun", flush=True)

def left():
    return {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before - {asyncio.current_task()}}

async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)
"""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    directory = tmp_path_factory.mktemp("editor")
    (directory / "notebook.py").write_text("import marimo\n\napp = marimo.App()\n")
    with served("edit", directory, environment(directory)) as page:
        page.post("instantiate", objectIds=[], values=[], autoRun=True)
        page.run(PRELUDE, cell="prelude")
        yield page


@pytest.fixture
def page(editor: Page) -> Page:
    """The one page for all tests, which leave it as it was."""
    editor.run("await asyncio.sleep(0); finished.clear(); before.clear(); before.update(asyncio.all_tasks())")
    return editor


@pytest.fixture(params=["run(work())", "await asyncio.sleep(0); run(work())"], ids=["without await", "with await"])
def cell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stop(page: Page, cell: str) -> Heard:
    page.send(cell)
    page.wait_for("begun")
    page.post("interrupt")
    return page.hear_all()


def test_stop_ends_the_cell(page: Page, cell: str) -> None:
    assert [error["type"] for error in stop(page, cell).errors] == ["interruption"]


def test_stop_is_obeyed_at_once(page: Page, cell: str) -> None:
    page.send(cell)
    page.wait_for("begun")
    pressed = time.monotonic()
    page.post("interrupt")
    page.hear_all()
    assert time.monotonic() - pressed < 1  # 0.1 as a rule; the work would take 60


def test_stop_keeps_what_is_finished_and_leaves_no_task_and_no_connection(page: Page, cell: str) -> None:
    stop(page, cell)
    # The server's side hears of it a little later. Work that went on would take 60 seconds, and until() waits 20.
    page.run("await until(lambda: not open_requests and not left() & {'serve'})")
    assert page.run("await asyncio.sleep(0); print(*finished, '| tasks', *left())") == "0 1 2 3 4 | tasks"


def test_after_stop_the_next_call_works(page: Page, cell: str) -> None:
    stop(page, cell)
    assert page.run(cell.replace("run(work())", "print(run(asyncio.sleep(0.01, 42)))")) == "42"


def test_the_bar_moves_while_the_cell_runs(page: Page, fake: FakeGeoapify) -> None:
    fake.never_ready = True
    page.send(f"""
        bar_frame = pandas.DataFrame({{"a": [f"{{n}} Side Street" for n in range(20)] + [None] * 30}})
        bar_service = Geoapify(api_key={fake.key!r}, base_url={fake.url!r}, max_per_second=1000)
        bar_frame.geo.locate("a", service=bar_service, cache=False);
    """)
    while "30 of 50 rows, blank 30" not in page.heard.shown:
        page.hear()
    fake.never_ready = False
    heard = page.hear_all()

    assert not heard.errors
    assert "50 of 50 rows, located 20, blank 30" in heard.shown


@pytest.mark.parametrize("cell", ["{}", "await asyncio.sleep(0); {}"], ids=["without await", "with await"])
def test_stop_in_the_middle_of_locate_and_the_same_line_again_buys_nothing_twice(
    page: Page, cell: str, tmp_path: Path, fake: FakeGeoapify
) -> None:
    fake.never_ready = True
    service = f"Geoapify(api_key={fake.key!r}, base_url={fake.url!r}, max_per_second=1000)"
    frame = "pandas.DataFrame({'address': [f'{number} Main Street' for number in range(1500)]})"
    cache, file = str(tmp_path / "answers.sqlite"), str(tmp_path / "located")
    line = f"{frame}.geo.locate('address', service={service}, cache={cache!r}).to_pickle({file!r})"

    page.send(cell.format(line))
    wait_for_inputs(fake, 1500)
    page.post("interrupt")
    stopped = page.hear_all()
    fake.never_ready = False
    page.run(cell.format(line))

    assert [error["type"] for error in stopped.errors] == ["interruption"]
    assert rows(tmp_path / "located") == [fake.expected(f"{number} Main Street") for number in range(1500)]
    assert len(fake.inputs) == len(set(fake.inputs)) == 1500


def wait_for_inputs(fake: FakeGeoapify, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(fake.inputs) < count:
        assert time.monotonic() < deadline, len(fake.inputs)
        time.sleep(0.01)
