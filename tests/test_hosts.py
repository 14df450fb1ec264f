"""The call without await, and the one with it, in the hosts that can be had here.

With the tests of Stop and of Run All in ``test_loop_*.py`` they are the cells of the README's table, which
``python tests/hosts.py`` makes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from geopandas_batch.testing import FakeGeoapify

pytestmark = pytest.mark.timeout(60)

PRELUDE = """
import asyncio, pandas as pd, geopandas_batch
frame = pd.DataFrame({"address": ["Oslo, Norway", None, "Bergen, Norway", "Oslo, Norway"]})

def told(located):
    print("located", located["lat"].round(0).fillna(0).astype(int).tolist(), flush=True)
"""
TOLD = "located [60, 0, 60, 60]"
SYNC = 'told(frame.geo.locate("address", service="gazetteer"))'
ASYNC = 'told(await frame.geo.locate_async("address", service="gazetteer"))'
both = pytest.mark.parametrize("call", [SYNC, ASYNC], ids=["without await", "with await"])

MAIN = f"""
async def main():
    {SYNC}
    {ASYNC}

"""
# Each a program that makes both calls.
PROGRAMS = {
    "script": SYNC + f"\nasync def main():\n    {ASYNC}\n\nasyncio.run(main())",
    "coroutine": MAIN + "asyncio.run(main())",
    "worker thread": MAIN.replace(SYNC, f"await asyncio.to_thread(lambda: {SYNC})")
    + "import threading; thread = threading.Thread(target=asyncio.run, args=[main()]); thread.start(); thread.join()",
    "uvloop": MAIN + "import uvloop; uvloop.run(main())",
    "debug mode": MAIN + "asyncio.run(main(), debug=True)",
}


@pytest.mark.parametrize("host", PROGRAMS)
def test_both_calls_in_a_program(host: str) -> None:
    if host == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    command = [sys.executable, "-c", PRELUDE + PROGRAMS[host]]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)

    assert (ended.returncode, ended.stdout.splitlines()) == (0, [TOLD, TOLD]), ended.stderr


@pytest.fixture(params=["anyio", "asyncio"])
def under_pytest(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], list[str]]:
    """The command that runs an async test under pytest, by the plugin of anyio or by pytest-asyncio."""
    if request.param == "asyncio":
        pytest.importorskip("pytest_asyncio", reason="pytest-asyncio is not installed")
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    )

    def command(test: str) -> list[str]:
        marked = test.replace("async def main", f"@pytest.mark.{request.param}\nasync def test_it")
        (tmp_path / "test_it.py").write_text("import pytest\n" + PRELUDE + marked)
        options = ["-q", "-s", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
        return [sys.executable, "-m", "pytest", *options, str(tmp_path)]

    return command


def test_both_calls_under_pytest_with_a_loop(under_pytest: Callable[[str], list[str]]) -> None:
    ended = subprocess.run(under_pytest(MAIN), capture_output=True, text=True, timeout=50, check=False)

    assert ended.returncode == 0 and ended.stdout.count(TOLD) == 2 and "1 passed" in ended.stdout, ended.stdout


def test_both_calls_at_the_prompt_of_ipython(tmp_path: Path) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed")
    command = ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=NoColor"]

    ended = subprocess.run(
        [sys.executable, *command],
        input=f"exec({PRELUDE!r})\n{SYNC}\n{ASYNC}\n",
        env=os.environ | {"IPYTHONDIR": str(tmp_path), "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert ended.stdout.count(TOLD) == 2, ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent SIGINT alone on Windows")
def test_ctrl_c_under_pytest_with_a_loop(under_pytest: Callable[[str], list[str]]) -> None:
    """It ends the session at once, as it would without us."""
    test = f"""
import time

async def main():
    async def slow(addresses):
        print("begun", time.monotonic(), flush=True)
        await asyncio.sleep(60)

    try:
        {SYNC.replace('"gazetteer"', "slow")}
    finally:
        print("left", time.monotonic(), flush=True)
"""
    with subprocess.Popen(under_pytest(test), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        begun = next(line for line in running.stdout if line.startswith("begun"))
        os.kill(running.pid, signal.SIGINT)
        rest = running.communicate(timeout=40)[0]

    left = next(line for line in rest.splitlines() if line.startswith("left"))
    assert float(left.split()[1]) - float(begun.split()[1]) < 5  # 0.1 as a rule; the work would take 60
    assert running.returncode == 2 and "KeyboardInterrupt" in rest


class Cells:
    """A Jupyter kernel, with what the cell that runs has sent so far."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.printed = ""
        self.rows_done: list[float] = []  # as the widget of the bar has them

    def start(self, code: str) -> str:
        self.printed = ""
        self.rows_done = []
        return str(self.client.execute(textwrap.dedent(code)))

    def hear_until(self, enough: Callable[[], bool], message: str) -> None:
        """Until there is enough, or the cell is at its end."""
        while not enough():
            heard = self.client.get_iopub_msg(timeout=40)
            kind, content = heard["msg_type"], heard["content"]
            if heard["parent_header"].get("msg_id") != message:
                continue
            if kind == "stream":
                self.printed += content["text"]
            elif kind in ("comm_open", "comm_msg"):
                done = content["data"].get("state", {}).get("value")
                self.rows_done += [done] if isinstance(done, int | float) else []
            elif kind == "error":
                pytest.fail("\n".join(content["traceback"]))
            elif kind == "status" and content["execution_state"] == "idle":
                return

    def run(self, code: str) -> str:
        """What a cell prints."""
        self.hear_until(lambda: False, self.start(code))
        return self.printed


@pytest.fixture(scope="module")
def cells(kernel_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    manager_of = pytest.importorskip("jupyter_client", reason="jupyter_client is not installed").KernelManager
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    manager = manager_of()
    manager.kernel_spec.argv = kernel_command
    directory = tmp_path_factory.mktemp("ipython")
    cache = str(directory / "answers.sqlite")
    manager.start_kernel(env=os.environ | {"IPYTHONDIR": str(directory), "GEOPANDAS_BATCH_CACHE": cache})
    client = manager.blocking_client()
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(manager.shutdown_kernel, now=True)
        client.start_channels()
        cleanup.callback(client.stop_channels)
        client.wait_for_ready(timeout=60)
        yield Cells(client)


@both
def test_in_a_cell_of_jupyter(call: str, cells: Cells) -> None:
    cells.run(PRELUDE)

    assert TOLD in cells.run(call)


@both
def test_a_widget_in_jupyter_moves_while_the_cell_runs(call: str, cells: Cells, fake: FakeGeoapify) -> None:
    """Seen half-way: only then are the jobs ready, so it cannot have been drawn at the end."""
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed")
    fake.never_ready = True
    cells.run(f"""
        import pandas as pd, geopandas_batch
        from geopandas_batch.services import Geoapify
        service = Geoapify(api_key={fake.key!r}, base_url={fake.url!r}, max_per_second=1000)
        frame = pd.DataFrame({{"address": [f"{{n}} {call[:9]} Street" for n in range(20)] + [None] * 30}})
    """)
    line = call.replace('service="gazetteer"', "service=service, progress=True").replace("told", "len")

    message = cells.start(line)
    cells.hear_until(lambda: 30 in cells.rows_done, message)
    seen_half_way = list(cells.rows_done)
    fake.never_ready = False
    cells.hear_until(lambda: False, message)

    assert seen_half_way[-1] == 30
    assert cells.rows_done[-1] == 50
