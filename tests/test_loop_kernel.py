"""Calls in the cells of a real Jupyter kernel, with what a front end sends meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import textwrap
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ipykernel = pytest.importorskip("ipykernel", reason="ipykernel is not installed")
jupyter_client = pytest.importorskip("jupyter_client", reason="jupyter_client is not installed")

pytestmark = pytest.mark.timeout(120)

PRELUDE = """
import asyncio, contextlib
from geopandas_batch.loop import run

open_requests, finished = set(), []

async def serve(reader, writer):
    open_requests.add(writer)
    await reader.read()  # until the client closes
    open_requests.discard(writer)
    writer.close()

server = await asyncio.start_server(serve, "127.0.0.1", 0)
address = server.sockets[0].getsockname()

async def request(number):
    _, writer = await asyncio.open_connection(*address)
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

async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)
"""


class Kernel:
    """A kernel, and what it has sent so far, by the message that it answers."""

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self.client = client
        self.replies: dict[str, Any] = {}
        self.printed: dict[str, str] = defaultdict(str)
        self.idle: set[str] = set()

    def send(self, code: str) -> str:
        """Put a cell into the queue. One that fails does not empty the queue: the next one may be in it already."""
        return str(self.client.execute(textwrap.dedent(code), stop_on_error=False))

    def request(self, kind: str, channel: str = "control", **content: Any) -> str:
        message = self.client.session.msg(kind, content)
        getattr(self.client, f"{channel}_channel").send(message)
        return str(message["header"]["msg_id"])

    def reply(self, message: str, channel: str = "shell") -> Any:
        while message not in self.replies:
            answer = getattr(self.client, f"get_{channel}_msg")(timeout=60)
            self.replies[answer["parent_header"]["msg_id"]] = answer["content"]
        return self.replies[message]

    def hear(self) -> None:
        """Take one message of those that go to everybody."""
        heard = self.client.get_iopub_msg(timeout=60)
        cause = heard["parent_header"].get("msg_id", "")
        if heard["msg_type"] == "stream":
            self.printed[cause] += heard["content"]["text"]
        elif heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle":
            self.idle.add(cause)

    def wait_for(self, message: str, text: str) -> None:
        """Until the cell has printed the text."""
        while text not in self.printed[message]:
            self.hear()

    def output(self, message: str) -> str:
        """All that the cell prints."""
        while message not in self.idle:
            self.hear()
        return self.printed[message]

    def run(self, code: str) -> str:
        """What a cell prints that must succeed."""
        message = self.send(code)
        reply = self.reply(message)
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return self.output(message).rstrip("\n")


def specified(command: list[str], directory: Path) -> dict[str, Any]:
    """What a kernel manager needs to start this kernel, whatever else is installed."""
    folder = directory / "kernels" / "tested"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "tested", "language": "python"}))
    specs = jupyter_client.kernelspec.KernelSpecManager(kernel_dirs=[str(directory / "kernels")])
    return {"kernel_name": "tested", "kernel_spec_manager": specs}


@contextlib.contextmanager
def started(command: list[str], directory: Path) -> Iterator[Kernel]:
    manager = jupyter_client.KernelManager(**specified(command, directory))
    manager.start_kernel(env=os.environ | {"IPYTHONDIR": str(directory / "ipython")})
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        kernel = Kernel(manager, client)
        kernel.run(PRELUDE)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def shared(kernel_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(kernel_command, tmp_path_factory.mktemp("shared")) as kernel:
        yield kernel


@pytest.fixture
def kernel(shared: Kernel) -> Kernel:
    """The one kernel for all tests that leave it as it was."""
    shared.run("finished.clear(); tasks = len(asyncio.all_tasks())")
    return shared


@pytest.fixture
def own_kernel(kernel_command: list[str], tmp_path: Path) -> Iterator[Kernel]:
    """For tests that change it for good."""
    with started(kernel_command, tmp_path) as kernel:
        yield kernel


def test_a_cell_without_await_gets_the_result(kernel: Kernel) -> None:
    assert kernel.run("print(run(asyncio.sleep(0.01, 42)))") == "42"


def test_a_cell_with_await_gets_the_result(kernel: Kernel) -> None:
    assert kernel.run("await asyncio.sleep(0); print(run(asyncio.sleep(0.01, 42))); await asyncio.sleep(0)") == "42"


# Run All: the cells behind are in the queue while the first one runs.


def queue_cells_behind_a_call(kernel: Kernel) -> tuple[list[str], list[str]]:
    """Four cells and three questions, of which all but the first cell arrive during its call."""
    kernel.run("""
        arrivals = []

        async def wait_for_arrivals():
            print("begun", flush=True)
            await asyncio.sleep(0.5)  # the work; the front end goes on sending
    """)
    first = kernel.send("run(wait_for_arrivals()); print('A', flush=True); arrivals.append('A')")
    kernel.wait_for(first, "begun")
    cells = [first, *(kernel.send(f"arrivals.append('{name}')") for name in "BCD")]
    client = kernel.client
    questions = [client.complete("asyncio.Ta"), client.inspect("asyncio.sleep"), client.kernel_info()]
    return cells, questions


def test_cells_queued_behind_a_call_run_after_it_in_order(kernel: Kernel) -> None:
    cells, questions = queue_cells_behind_a_call(kernel)
    for message in cells + questions:
        assert kernel.reply(message)["status"] == "ok"
    assert kernel.run("print(*arrivals)") == "A B C D"


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="nest_asyncio 1.x breaks Python 3.14")
def test_cells_are_not_lost_where_the_user_applied_nest_asyncio(own_kernel: Kernel) -> None:
    pytest.importorskip("nest_asyncio", reason="nest_asyncio is not installed")
    own_kernel.run("import nest_asyncio; nest_asyncio.apply()")
    cells, questions = queue_cells_behind_a_call(own_kernel)
    for message in cells + questions:
        assert own_kernel.reply(message)["status"] == "ok"
    assert own_kernel.run("print(*arrivals)") == "A B C D"


# Stop


@pytest.fixture(params=["run(work())", "await asyncio.sleep(0); run(work())"], ids=["without await", "with await"])
def cell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stop(kernel: Kernel, cell: str) -> dict[str, Any]:
    message = kernel.send(cell)
    kernel.wait_for(message, "begun")
    kernel.manager.interrupt_kernel()
    return dict(kernel.reply(message))


def test_stop_ends_the_cell_with_a_keyboard_interrupt(kernel: Kernel, cell: str) -> None:
    assert stop(kernel, cell)["ename"] == "KeyboardInterrupt"


def test_stop_is_obeyed_at_once(kernel: Kernel, cell: str) -> None:
    message = kernel.send(cell)
    kernel.wait_for(message, "begun")
    pressed = time.monotonic()
    kernel.manager.interrupt_kernel()
    kernel.reply(message)
    assert time.monotonic() - pressed < 2  # 0.1 as a rule; the work would take 60


def test_stop_keeps_what_is_finished_and_leaves_no_task_and_no_connection(kernel: Kernel, cell: str) -> None:
    stop(kernel, cell)
    kernel.run("await until(lambda: not open_requests)")  # the server's side hears of it a little later
    left = kernel.run("print(*finished, '| tasks', len(asyncio.all_tasks()) - tasks)")
    assert left == "0 1 2 3 4 | tasks 0"


def test_stop_that_comes_as_a_message_ends_the_cell_too(
    kernel: Kernel, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a front end sends it that cannot send signals to the kernel, which is what VS Code does with remote ones."""
    monkeypatch.setattr(kernel.manager.kernel_spec, "interrupt_mode", "message")

    assert stop(kernel, cell)["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(len(asyncio.all_tasks()) - tasks)") == "0"


def test_after_stop_the_next_call_works(kernel: Kernel, cell: str) -> None:
    stop(kernel, cell)
    assert kernel.run("print(run(asyncio.sleep(0.01, 42)))") == "42"


# What goes wrong


@pytest.mark.parametrize("cell", ["mine()", "await frame.geo.locate_async('town', service='none')"])
def test_an_error_shows_the_lines_of_the_caller_and_what_to_do(kernel: Kernel, cell: str) -> None:
    kernel.run("""
        import pandas as pd, geopandas_batch
        frame = pd.DataFrame({"town": ["Oslo"]})

        def mine():
            return frame.geo.locate("town", service="none")
    """)
    told = kernel.reply(kernel.send(cell))["traceback"]

    assert told[0] == f"line 1: {cell}"
    assert [line.partition(", ")[2] for line in told[1:-1]] in (
        [],
        ['mine: return frame.geo.locate("town", service="none")'],
    )
    assert told[-1].startswith("SettingsError: there is no service 'none'; there are auto, geoapify, gazetteer")


def test_an_error_in_a_service_of_the_users_shows_where_it_came_from(kernel: Kernel) -> None:
    kernel.run("""
        import geopandas_batch

        async def mine(addresses):
            return [places[address] for address in addresses]

        places = {}
    """)
    told = kernel.reply(kernel.send("geopandas_batch.locate(['Oslo'], service=mine, progress=False)"))["traceback"]

    assert told[0] == "line 1: geopandas_batch.locate(['Oslo'], service=mine, progress=False)"
    assert told[1] == "    line 4, mine: return [places[address] for address in addresses]"
    assert told[-1].startswith("ServiceError: mine raised KeyError: 'Oslo'")


# The user's own tasks


LOCATE = """
import pandas as pd, geopandas_batch
from geopandas_batch.services import Geoapify
from geopandas_batch.testing import FakeGeoapify

fake = FakeGeoapify(never_ready=True).start()
frame = pd.DataFrame({"address": [f"{number} Main Street" for number in range(1500)]})
service = Geoapify(api_key=fake.key, base_url=fake.url, max_per_second=1000)

async def told():
    async with asyncio.timeout(60):
        while len(fake.inputs) < 1500:
            await asyncio.sleep(0.01)
    print("bought", flush=True)
"""


def test_stop_in_an_awaited_locate_is_told_in_one_line_too(own_kernel: Kernel) -> None:
    own_kernel.run(LOCATE)
    line = "await frame.geo.locate_async('address', service=service)"
    running = own_kernel.send(f"telling = asyncio.get_running_loop().create_task(told()); {line}")
    own_kernel.wait_for(running, "bought")
    own_kernel.manager.interrupt_kernel()

    (told,) = own_kernel.reply(running)["traceback"]
    assert "Stopped: 0 of 1,500 rows done and kept." in told
    own_kernel.run("fake.stop()")


@pytest.mark.parametrize("cell", ["{}", "await asyncio.sleep(0); {}"])
def test_stop_in_the_middle_of_locate_and_the_same_line_again_buys_nothing_twice(own_kernel: Kernel, cell: str) -> None:
    own_kernel.run(LOCATE)
    line = cell.format("located = frame.geo.locate('address', service=service)")
    running = own_kernel.send(f"telling = asyncio.get_running_loop().create_task(told()); {line}")
    own_kernel.wait_for(running, "bought")
    own_kernel.manager.interrupt_kernel()
    stopped = own_kernel.reply(running)

    own_kernel.run("fake.never_ready = False")
    again = own_kernel.run("print(frame.geo.report.statuses['skipped'])")
    own_kernel.run(line)
    right = own_kernel.run("""
        rows = [tuple(row) for row in located[["lat", "lon"]].to_numpy()]
        print(rows == [fake.expected(address) for address in frame["address"]])
        print(len(fake.inputs), len(set(fake.inputs)), located.geo.report.jobs_resumed == len(fake.submits))
        fake.stop()
    """)

    assert stopped["ename"] == "KeyboardInterrupt"
    assert stopped["traceback"] == [
        "KeyboardInterrupt: Stopped: 0 of 1,500 rows done and kept. The same line goes on from there; nothing is paid "
        "twice."
    ]
    assert again == "1500"
    assert right.split() == ["True", "1500", "1500", "True"]


def test_background_tasks_go_on_during_a_call(kernel: Kernel) -> None:
    kernel.run("""
        ticks = []

        async def tick():
            while True:
                ticks.append(1)
                await asyncio.sleep(0.01)

        ticker = asyncio.create_task(tick())
    """)
    during = kernel.run("before = len(ticks); run(asyncio.sleep(0.2)); print(len(ticks) - before); ticker.cancel()")
    assert int(during) > 3


def test_a_hundred_first_calls_with_handles_queued_behind_them_do_not_end_the_kernel(own_kernel: Kernel) -> None:
    own_kernel.run("""
        kind = type(asyncio.get_running_loop())
        pristine = set(vars(kind))

        def forget_the_patch():
            for name in set(vars(kind)) - pristine:
                delattr(kind, name)

        async def stand_in_front_of_a_queue():
            def queue():
                front.set_result(None)  # the cell goes on in the next turn of the loop, and behind it:
                for _ in range(6):
                    loop.call_soon(int)

            loop = asyncio.get_running_loop()
            front = loop.create_future()
            loop.call_soon(queue)
            await front
    """)
    for _ in range(100):
        own_kernel.run("await stand_in_front_of_a_queue(); run(asyncio.sleep(0.001)); forget_the_patch()")
    assert own_kernel.manager.is_alive()


@pytest.mark.skipif(int(ipykernel.__version__.split(".")[0]) < 7, reason="ipykernel 7 knows the cell of each task")
def test_each_task_prints_to_its_own_cell(kernel: Kernel) -> None:
    first = kernel.send("""
        async def report():
            while True:
                print("background", flush=True)
                await asyncio.sleep(0.01)

        reporter = asyncio.create_task(report())
    """)
    second = kernel.send("""
        async def call():
            print("work", flush=True)
            await asyncio.sleep(0.1)

        run(call())
        reporter.cancel()
    """)
    assert kernel.output(second) == "work\n"
    assert set(kernel.output(first).split()) == {"background"}


def test_anyio_works_inside_a_call(kernel: Kernel) -> None:
    pytest.importorskip("anyio", reason="anyio is not installed")
    printed = kernel.run("""
        import anyio

        async def structured():
            with anyio.move_on_after(0.01) as scope:
                await anyio.sleep(60)
            return scope.cancelled_caught, await anyio.to_thread.run_sync(lambda: 42)

        print(run(structured()))
    """)
    assert printed == "(True, 42)"


# Subshells, and the end


def test_a_subshell_calls_while_the_main_shell_is_in_a_call(kernel: Kernel) -> None:
    if "kernel subshells" not in kernel.reply(kernel.client.kernel_info()).get("supported_features", []):
        pytest.skip("this ipykernel has no subshells")
    created = kernel.reply(kernel.request("create_subshell_request"), channel="control")
    kernel.run("answers = []")
    main = kernel.send("print('begun', flush=True); run(until(lambda: answers)); print('ended')")
    kernel.wait_for(main, "begun")
    message = kernel.client.session.msg("execute_request", {"code": "answers.append(run(asyncio.sleep(0, 42)))"})
    message["header"]["subshell_id"] = created["subshell_id"]
    kernel.client.shell_channel.send(message)
    assert kernel.reply(main)["status"] == "ok"
    kernel.request("delete_subshell_request", subshell_id=created["subshell_id"])


def test_the_kernel_shuts_down_during_a_call(own_kernel: Kernel) -> None:
    kernel_process = own_kernel.manager.provisioner.process
    own_kernel.wait_for(own_kernel.send("run(work())"), "begun")
    own_kernel.client.shutdown()
    assert kernel_process.wait(timeout=20) == 0


# A notebook, one cell after the other, as nbconvert and papermill run it

CELLS = [
    """
    import aiohttp, asyncio, tqdm.auto
    from aiohttp import web
    from geopandas_batch.loop import run

    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    ticker = asyncio.create_task(tick())
    """,
    """
    polls = []

    async def submit(request):
        return web.json_response({"id": "1"})

    async def collect(request):
        polls.append(1)
        return web.json_response({"state": "done" if len(polls) > 3 else "pending"})

    async def never(request):
        await asyncio.sleep(60)

    app = web.Application()
    app.add_routes([web.post("/", submit), web.get("/1", collect), web.get("/never", never)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = site._server.sockets[0].getsockname()
    url = f"http://{url[0]}:{url[1]}"
    """,
    """
    async def job():
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=20)) as session, asyncio.timeout(20):
            async with session.post("/", json=["Paris"]) as response:
                number = (await response.json())["id"]
            while True:
                async with session.get(f"/{number}") as response:
                    if (await response.json())["state"] == "done":
                        return "located"
                await asyncio.sleep(0.01)

    before = len(ticks)
    assert run(job()) == "located"
    assert len(ticks) > before
    """,
    """
    async def too_slow():
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=0.05)) as session:
            await session.get("/never")

    try:
        run(too_slow())
    except TimeoutError:
        print("too slow")
    """,
    """
    async def wrong(number):
        raise LookupError(number)

    async def group():
        async with asyncio.TaskGroup() as tasks:
            for number in range(3):
                tasks.create_task(wrong(number))

    try:
        run(group())
    except* LookupError as group:
        print(len(group.exceptions), "lost")
    """,
    """
    async def with_bar():
        for _ in tqdm.auto.tqdm(range(3)):
            await asyncio.wait_for(asyncio.sleep(0.01), 20)

    run(with_bar())
    """,
    """
    async def inner():
        await asyncio.sleep(0)
        return 42

    async def outer():
        return run(inner())

    assert run(outer()) == 42
    """,
    """
    await asyncio.sleep(0)
    assert run(inner()) == await inner()
    """,
    """
    before = len(ticks)
    await asyncio.sleep(0.1)
    assert len(ticks) > before
    ticker.cancel()
    await runner.cleanup()
    """,
]


def test_a_notebook_runs_from_top_to_bottom(kernel_command: list[str], tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in CELLS])
    manager = jupyter_client.AsyncKernelManager(**specified(kernel_command, tmp_path))
    nbclient.NotebookClient(notebook, km=manager, timeout=60).execute()
    printed = [output.text for cell in notebook.cells for output in cell.outputs if output.get("name") == "stdout"]
    assert printed == ["too slow\n", "3 lost\n"]
