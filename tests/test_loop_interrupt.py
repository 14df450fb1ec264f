"""Ctrl-C during a call: real processes, real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import IO

import pytest

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent SIGINT alone on Windows"),
]

# What the scripts share. `work` says when it has begun; what it finishes, it writes to a list of the caller.
PRELUDE = """
import asyncio, os, signal, sys, threading, time
from geopandas_batch.loop import run

def say(*words):
    print(*words, flush=True)

finished, begun, cleaned = [], [], []

async def request(number):
    try:
        begun.append(number)
        await asyncio.sleep(0 if number < 5 else 60)
        finished.append(number)
    finally:
        await asyncio.sleep(0)  # a cleanup that needs the loop
        cleaned.append(number)

async def work():
    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(request(number))
        while len(cleaned) < 5:
            await asyncio.sleep(0)
        say("begun")

async def stuck():
    try:
        say("begun")
        await asyncio.sleep(60)
    finally:
        say("cleaning")
        await asyncio.sleep(60)

def interrupted(call):
    before = signal.getsignal(signal.SIGINT)
    try:
        call()
    except KeyboardInterrupt:
        say("KeyboardInterrupt")
    say("handler", "restored" if signal.getsignal(signal.SIGINT) == before else "lost")
"""

# The hosts of a call: each runs `call`, a function without arguments.
HOSTS = {
    "script": "call()",
    "asyncio": """
async def main():
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    call()
    say("tasks", len(asyncio.all_tasks() - before))

asyncio.new_event_loop().run_until_complete(main())
""",
    "debug mode": """
async def main():
    before = asyncio.all_tasks()
    call()
    say("tasks", len(asyncio.all_tasks() - before))

loop = asyncio.new_event_loop()
loop.set_debug(True)
loop.slow_callback_duration = 3600
loop.run_until_complete(main())
""",
    "uvloop": """
import uvloop

async def main():
    before = asyncio.all_tasks()
    call()
    say("tasks", len(asyncio.all_tasks() - before))

uvloop.new_event_loop().run_until_complete(main())
""",
}


@pytest.fixture(params=list(HOSTS))
def host(request: pytest.FixtureRequest) -> str:
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    return HOSTS[request.param]


@contextlib.contextmanager
def process(*parts: str) -> Iterator[subprocess.Popen[str]]:
    """A script that is going on. Ended on the way out, by its id."""
    script = PRELUDE + "\n".join(textwrap.dedent(part) for part in parts)
    command = [sys.executable, "-W", "always::RuntimeWarning", "-W", "ignore::DeprecationWarning", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().rstrip("\n")


def rest(running: subprocess.Popen[str]) -> list[str]:
    """What the script still prints, until it has ended without a word of complaint."""
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    return out.splitlines()


def interrupt(running: subprocess.Popen[str]) -> None:
    os.kill(running.pid, signal.SIGINT)


def test_the_first_interrupt_cancels_the_work_and_waits_for_its_cleanup(host: str) -> None:
    call = """
        def call():
            interrupted(lambda: run(work()))
            say("finished", *finished)
            say("cleaned", sorted(cleaned) == sorted(begun))
    """
    with process(call, host) as running:
        assert line(running.stdout) == "begun"
        interrupt(running)
        printed = rest(running)
    assert printed[:4] == ["KeyboardInterrupt", "handler restored", "finished 0 1 2 3 4", "cleaned True"]
    assert printed[4:] in ([], ["tasks 0"])


def test_an_interrupt_is_obeyed_within_half_a_second(host: str) -> None:
    call = """
        pressed, ended = [], []

        async def timed():
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(time.monotonic())

        def press():
            pressed.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        def call():
            threading.Timer(0.05, press).start()
            interrupted(lambda: run(timed()))
            say(ended[0] - pressed[0])
    """
    with process(call, host) as running:
        printed = rest(running)
    assert float(printed[2]) < 0.5


def test_after_an_interrupt_the_next_call_works(host: str) -> None:
    call = """
        def call():
            interrupted(lambda: run(work()))
            say(run(asyncio.sleep(0, "and on it goes")))
    """
    with process(call, host) as running:
        assert line(running.stdout) == "begun"
        interrupt(running)
        assert "and on it goes" in rest(running)


def test_the_second_interrupt_does_not_wait_for_the_cleanup(host: str) -> None:
    with process("def call(): interrupted(lambda: run(stuck()))", host) as running:
        assert line(running.stdout) == "begun"
        interrupt(running)
        assert line(running.stdout) == "cleaning"
        interrupt(running)
        assert line(running.stdout) == "KeyboardInterrupt"
        assert line(running.stdout) == "handler restored"
        running.communicate(timeout=30)
    assert running.returncode == 0


@pytest.mark.parametrize("factory", ["asyncio.new_event_loop", "uvloop.new_event_loop"])
def test_under_a_runner_its_own_handler_stays_and_the_work_is_cancelled(factory: str) -> None:
    module = factory.partition(".")[0]
    pytest.importorskip(module, reason=f"{module} is not installed")
    script = f"""
        import {module}

        async def main():
            try:
                run(work())
            finally:
                say("cleaned", sorted(cleaned) == sorted(begun))

        try:
            with asyncio.Runner(loop_factory={factory}) as runner:
                runner.run(main())
        except KeyboardInterrupt:
            say("KeyboardInterrupt of the runner")
    """
    with process(script) as running:
        assert line(running.stdout) == "begun"
        interrupt(running)
        assert rest(running) == ["cleaned True", "KeyboardInterrupt of the runner"]


def test_a_program_with_a_handler_of_its_own_keeps_it() -> None:
    script = """
        def handler(*_):
            say("the program's handler")
            raise KeyboardInterrupt

        async def main():
            signal.signal(signal.SIGINT, handler)
            interrupted(lambda: run(work()))
            say("cleaned", sorted(cleaned) == sorted(begun))

        asyncio.new_event_loop().run_until_complete(main())
    """
    with process(script) as running:
        assert line(running.stdout) == "begun"
        interrupt(running)
        assert rest(running) == ["the program's handler", "KeyboardInterrupt", "handler restored", "cleaned True"]


def test_an_interrupt_in_a_call_inside_a_call_cleans_up_both() -> None:
    script = """
        async def outer():
            async with asyncio.TaskGroup() as group:
                group.create_task(request(99))
                await asyncio.sleep(0)
                group.create_task(inner())

        async def inner():
            run(work())

        async def main():
            before = asyncio.all_tasks()
            interrupted(lambda: run(outer()))
            say("cleaned", sorted(cleaned) == sorted(begun), "tasks", len(asyncio.all_tasks() - before))

        asyncio.new_event_loop().run_until_complete(main())
    """
    with process(script) as running:
        assert line(running.stdout) == "begun"
        interrupt(running)
        assert rest(running) == ["KeyboardInterrupt", "handler restored", "cleaned True tasks 0"]


def test_an_interrupt_before_the_first_step_closes_the_coroutine_where_no_loop_runs() -> None:
    script = """
        class Policy(asyncio.DefaultEventLoopPolicy):
            def new_event_loop(self):
                signal.raise_signal(signal.SIGINT)

        asyncio.set_event_loop_policy(Policy())
        interrupted(lambda: run(work()))
    """
    with process(script) as running:
        assert rest(running) == ["KeyboardInterrupt", "handler restored"]


def test_an_interrupt_before_the_first_step_cancels_the_task_where_a_loop_runs() -> None:
    script = """
        def factory(loop, coroutine, **options):
            signal.raise_signal(signal.SIGINT)
            return asyncio.Task(coroutine, loop=loop, **options)

        async def main():
            asyncio.get_running_loop().set_task_factory(factory)
            interrupted(lambda: run(work()))
            say("tasks", len(asyncio.all_tasks()))

        asyncio.new_event_loop().run_until_complete(main())
    """
    with process(script) as running:
        assert rest(running) == ["KeyboardInterrupt", "handler restored", "tasks 1"]


def test_an_interrupt_that_comes_too_late_to_cancel_is_not_swallowed() -> None:
    script = """
        async def late():
            signal.raise_signal(signal.SIGINT)  # the last thing that happens in this task

        async def main():
            interrupted(lambda: run(late()))

        asyncio.new_event_loop().run_until_complete(main())
    """
    with process(script) as running:
        assert rest(running) == ["KeyboardInterrupt", "handler restored"]


def test_four_hundred_interrupts_at_random_moments_leave_no_task() -> None:
    script = """
        import random

        async def batch():
            await asyncio.gather(*(asyncio.sleep(0.001 * (number % 4)) for number in range(10)))

        async def ticker():
            while True:
                ticks.append(1)
                await asyncio.sleep(0.001)

        async def main():
            background = asyncio.create_task(ticker())
            before, interrupts = asyncio.all_tasks(), 0
            for attempt in range(400):
                alarm = threading.Timer(random.Random(attempt).random() * 0.004, os.kill, (os.getpid(), signal.SIGINT))
                try:
                    alarm.start()
                    run(batch())
                    while True:  # a late one is not to hit the next attempt
                        time.sleep(0.001)
                except KeyboardInterrupt:
                    interrupts += 1
                    alarm.join()
            left, then = len(asyncio.all_tasks() - before), len(ticks)
            await asyncio.sleep(0.05)
            say("interrupts", interrupts, "tasks", left, "ticking", len(ticks) > then)
            background.cancel()

        ticks = []
        asyncio.new_event_loop().run_until_complete(main())
    """
    with process(script) as running:
        assert rest(running) == ["interrupts 400 tasks 0 ticking True"]


LOCATE = """
import asyncio, sys, threading, time, pandas as pd, geopandas_batch
from geopandas_batch.services import Geoapify
from geopandas_batch.testing import FakeGeoapify

with FakeGeoapify(never_ready=True) as fake:
    service = Geoapify(api_key=fake.key, base_url=fake.url, max_per_second=1000)
    frame = pd.DataFrame({"address": [f"{number} Main Street" for number in range(100)] + [None]})

    def tell():
        while len(fake.inputs) < 100:
            time.sleep(0.01)
        print("bought", flush=True)

    threading.Thread(target=tell, daemon=True).start()
    frame.geo.locate("address", service=service)
"""


def test_a_script_that_locates_ends_as_after_any_ctrl_c_and_says_how_to_go_on() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LOCATE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None and running.stdout.readline() == "bought\n"
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)

    assert running.returncode == -signal.SIGINT
    assert said.splitlines()[-1] == (
        "KeyboardInterrupt: Stopped: 1 of 101 rows done and kept. The same line goes on from there; nothing is paid "
        "twice."
    )
    assert said.count("Traceback") == 1 and "CancelledError" not in said


# IPython in a terminal: a cell without await finds no loop, a cell with await stands in one.


@pytest.mark.parametrize("cell", ["call()", "call(); await asyncio.sleep(0)"], ids=["without await", "with await"])
def test_ctrl_c_at_the_prompt_of_ipython(cell: str, tmp_path: object) -> None:
    pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")
    pytest.importorskip("IPython", reason="IPython is not installed")
    script = PRELUDE + textwrap.dedent("""
        def call():
            try:
                run(work())
            finally:
                say("ended", len(finished), sorted(cleaned) == sorted(begun))
    """)
    prompt = r"In \[\d+\]: "
    arguments = ["-m", "IPython", "--simple-prompt", "--no-banner", "--no-confirm-exit", "--colors=NoColor"]
    environment = os.environ | {"IPYTHONDIR": str(tmp_path), "PROMPT_SCRIPT": script, "TERM": "dumb"}
    terminal = pexpect.spawn(sys.executable, arguments, env=environment, encoding="utf-8", timeout=30)
    try:
        terminal.expect(prompt)
        terminal.sendline("import os; exec(os.environ['PROMPT_SCRIPT'])")
        terminal.expect(prompt)
        terminal.sendline(cell)
        terminal.expect("begun")
        terminal.sendintr()
        terminal.expect("ended 5 True")
        terminal.expect("KeyboardInterrupt")
        terminal.expect(prompt)
        terminal.sendline("run(asyncio.sleep(0, 6 * 7))")
        terminal.expect("42")
    finally:
        terminal.close(force=True)
