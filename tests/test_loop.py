"""A coroutine run from synchronous code: in a script, inside asyncio, inside uvloop, in a worker thread."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from geopandas_batch.loop import run

pytestmark = pytest.mark.timeout(60)


def in_script(call: Callable[[], Any]) -> Any:
    return call()


def in_asyncio(call: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return call()

    return asyncio.run(main())


def in_uvloop(call: Callable[[], Any]) -> Any:
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")

    async def main() -> Any:
        return call()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def in_worker_thread(call: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def in_worker_thread_beside_a_loop(call: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return await asyncio.to_thread(call)

    return asyncio.run(main())


everywhere = pytest.mark.parametrize(
    "host", [in_script, in_asyncio, in_uvloop, in_worker_thread, in_worker_thread_beside_a_loop]
)


def fresh(script: str) -> str:
    """What a script prints in a process of its own, where nothing has been patched yet."""
    # Shown: never awaited, left open. Not: the event loop policies, which go in Python 3.16.
    flags = [
        f"-W{kind}" for kind in ("always::RuntimeWarning", "always::ResourceWarning", "ignore::DeprecationWarning")
    ]
    command = [sys.executable, *flags, "-c", textwrap.dedent(script)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


async def answer(value: Any) -> Any:
    await asyncio.sleep(0.001)
    return value


async def refuse(error: BaseException) -> None:
    await asyncio.sleep(0.001)
    raise error


# The result


@everywhere
def test_the_result_comes_back(host: Callable[..., Any]) -> None:
    assert host(lambda: run(answer(42))) == 42


@everywhere
def test_an_error_comes_out_as_it_was_raised(host: Callable[..., Any]) -> None:
    error = LookupError("no such place")
    with pytest.raises(LookupError) as caught:
        host(lambda: run(refuse(error)))
    assert caught.value is error


@everywhere
def test_a_timeout_inside_fires(host: Callable[..., Any]) -> None:
    async def hurry() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(30)

    with pytest.raises(TimeoutError):
        host(lambda: run(hurry()))


@everywhere
def test_a_task_group_works_inside(host: Callable[..., Any]) -> None:
    async def total() -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(answer(n)) for n in range(50)]
        return sum(task.result() for task in tasks)

    assert host(lambda: run(total())) == 1225


@everywhere
def test_a_second_call_works_like_the_first(host: Callable[..., Any]) -> None:
    assert host(lambda: [run(answer(1)), run(answer(2))]) == [1, 2]


@everywhere
def test_a_call_inside_a_call_works(host: Callable[..., Any]) -> None:
    async def deep(levels: int) -> str:
        await asyncio.sleep(0)
        return run(deep(levels - 1)) if levels else "the ground"

    assert host(lambda: run(deep(5))) == "the ground"


@everywhere
def test_context_variables_of_the_caller_are_seen(host: Callable[..., Any]) -> None:
    variable = contextvars.ContextVar("variable", default="the default")

    async def look() -> str:
        return variable.get()

    def call() -> str:
        variable.set("the caller's")
        return run(look())

    assert host(call) == "the caller's"


@everywhere
def test_blocking_code_can_be_moved_to_a_thread(host: Callable[..., Any]) -> None:
    assert host(lambda: run(asyncio.to_thread(lambda: "from a thread"))) == "from a thread"


# What is left behind


def belongings() -> tuple[int, int, int]:
    """Threads, open files and tasks."""
    descriptors = Path("/proc/self/fd")
    files = len(list(descriptors.iterdir())) if descriptors.exists() else 0
    try:
        tasks = len(asyncio.all_tasks())
    except RuntimeError:
        tasks = 0
    return threading.active_count(), files, tasks


@everywhere
def test_no_thread_no_socket_and_no_task_is_left(host: Callable[..., Any]) -> None:
    def call() -> tuple[Any, Any]:
        before = belongings()
        run(answer(1))
        return before, belongings()

    before, after = host(call)
    assert after == before


def test_no_timer_is_left() -> None:
    async def main() -> list[asyncio.TimerHandle]:
        loop: Any = asyncio.get_running_loop()
        run(answer(1))
        return [timer for timer in loop._scheduled if not timer.cancelled()]

    assert asyncio.run(main()) == []


def test_of_asyncio_nothing_is_patched_for_good() -> None:
    printed = fresh("""
        import asyncio, tornado.concurrent
        from geopandas_batch.loop import run

        def face():
            names = {name: getattr(asyncio, name) for name in asyncio.__all__}
            policy = type(asyncio.get_event_loop_policy())
            return names | {"policy": policy.get_event_loop, "tornado": tornado.concurrent.Future,
                            "tasks": asyncio.tasks.Task, "futures": asyncio.futures.Future}

        async def main():
            before, loop = face(), set(vars(type(asyncio.get_running_loop())))
            run(asyncio.sleep(0))
            print({name for name in before if face()[name] is not before[name]})
            print("run_forever" in set(vars(type(asyncio.get_running_loop()))) - loop)

        asyncio.run(main())
    """)
    assert printed == "set()\nFalse\n"


def test_where_no_loop_runs_nothing_is_patched() -> None:
    printed = fresh("""
        import asyncio, sys
        from geopandas_batch.loop import run

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        run(asyncio.sleep(0))
        print("nest_asyncio2" in sys.modules, asyncio.get_event_loop_policy().get_event_loop() is loop)
        loop.close()
    """)
    assert printed == "False True\n"


# The user's own async code around the call


async def tick(seen: list[float], stop: asyncio.Event) -> None:
    while not stop.is_set():
        seen.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.005)


def test_background_tasks_go_on_during_and_after_the_call() -> None:
    async def main() -> tuple[int, int]:
        seen: list[float] = []
        stop = asyncio.Event()
        ticker = asyncio.create_task(tick(seen, stop))
        run(asyncio.sleep(0.1))
        during = len(seen)
        await asyncio.sleep(0.1)
        stop.set()
        await ticker
        return during, len(seen) - during

    during, after = asyncio.run(main())
    assert during > 3
    assert after > 3


def test_the_calling_task_is_the_current_one_again() -> None:
    async def main() -> bool:
        before = asyncio.current_task()
        run(answer(1))
        return asyncio.current_task() is before

    assert asyncio.run(main())


def test_a_timeout_around_later_code_works_after_the_call() -> None:
    async def main() -> None:
        run(answer(1))
        async with asyncio.timeout(0.01):
            await asyncio.sleep(30)

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_the_first_call_survives_handles_queued_behind_it() -> None:
    printed = fresh("""
        import asyncio
        from geopandas_batch.loop import run

        ran = []

        async def main():
            for number in range(20):
                asyncio.get_running_loop().call_soon(ran.append, number)
            first = asyncio.create_task(call())
            for number in range(20, 40):
                asyncio.get_running_loop().call_soon(ran.append, number)
            await first
            await asyncio.sleep(0)

        async def call():
            run(asyncio.sleep(0.01))

        asyncio.run(main())
        print(ran == list(range(40)))
    """)
    assert printed == "True\n"


def test_steps_in_a_context_that_is_entered_wait_in_order_and_none_is_lost() -> None:
    steps: list[str] = []

    async def step(name: str) -> None:
        steps.append(f"{name} begins")
        await asyncio.sleep(0)
        steps.append(f"{name} ends")

    async def call(shared: contextvars.Context, others: list[asyncio.Task[None]]) -> None:
        others += [asyncio.create_task(step(name), context=shared) for name in "BC"]
        run(asyncio.sleep(0.01))
        steps.append("A ends")

    async def main() -> None:
        shared = contextvars.copy_context()
        others: list[asyncio.Task[None]] = []
        await asyncio.create_task(call(shared, others), context=shared)
        await asyncio.gather(*others)

    asyncio.run(main())
    assert steps == ["A ends", "B begins", "C begins", "B ends", "C ends"]


def test_twenty_calls_overlap() -> None:
    async def call(number: int) -> Any:
        return run(answer(number))

    async def main() -> list[Any]:
        return await asyncio.gather(*map(call, range(20)))

    assert asyncio.run(main()) == list(range(20))


def test_too_many_overlapping_calls_are_told_to_await() -> None:
    async def call(number: int) -> Any:
        return run(answer(number))

    async def main() -> list[Any]:
        return await asyncio.gather(*map(call, range(80)), return_exceptions=True)

    errors = [result for result in asyncio.run(main()) if isinstance(result, Exception)]
    assert {type(error) for error in errors} == {RuntimeError}
    assert "await df.geo.locate_async" in str(errors[0])


def test_a_coroutine_that_is_refused_is_closed() -> None:
    refused = [answer(number) for number in range(80)]

    async def call(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return run(coroutine)

    async def main() -> None:
        await asyncio.gather(*map(call, refused), return_exceptions=True)

    asyncio.run(main())
    assert {inspect.getcoroutinestate(coroutine) for coroutine in refused} == {inspect.CORO_CLOSED}


def test_after_too_many_calls_the_loop_takes_calls_again() -> None:
    async def call(number: int) -> Any:
        return run(answer(number))

    async def main() -> list[Any]:
        await asyncio.gather(*map(call, range(80)), return_exceptions=True)
        return await asyncio.gather(*map(call, range(20)))

    assert asyncio.run(main()) == list(range(20))


def test_a_cancelled_caller_cancels_the_work() -> None:
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0)
            cleaned.append("the work")

    async def call() -> None:
        run(work())

    async def main() -> bool:
        caller = asyncio.create_task(call())
        asyncio.get_running_loop().call_later(0.01, caller.cancel)
        await asyncio.wait({caller})
        return caller.cancelled()

    assert asyncio.run(main())
    assert cleaned == ["the work"]


def test_a_timeout_around_the_call_ends_it() -> None:
    async def main() -> None:
        async with asyncio.timeout(0.5):
            run(asyncio.sleep(30))

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_after_a_timeout_around_the_call_its_task_goes_on() -> None:
    async def main() -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                run(asyncio.sleep(30))
        return await asyncio.sleep(0, "went on")

    assert asyncio.run(main()) == "went on"


def test_a_cancelled_caller_can_clean_up() -> None:
    cleaned: list[str] = []

    async def call() -> None:
        try:
            run(asyncio.sleep(30))
        finally:
            cleaned.append(await asyncio.sleep(0, "the caller"))

    async def main() -> bool:
        caller = asyncio.create_task(call())
        asyncio.get_running_loop().call_later(0.01, lambda: caller.cancel())
        await asyncio.wait({caller})
        return caller.cancelled()

    assert asyncio.run(main())
    assert cleaned == ["the caller"]


def test_a_timeout_that_ends_while_calls_above_hold_the_caller_up_is_told_by_the_call() -> None:
    """Of calls that overlap, the first returns last: its work is done, and the timeout around it not yet over."""

    async def first() -> str:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                run(asyncio.sleep(0.01))
        return await asyncio.sleep(0, "went on")

    async def second() -> None:
        run(asyncio.sleep(0.4))

    async def main() -> str:
        return (await asyncio.gather(first(), second()))[0]

    assert asyncio.run(main()) == "went on"


def test_a_cancellation_that_the_work_does_not_obey_is_told_by_the_call() -> None:
    async def work() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(30)

    async def main() -> bool:
        caller = asyncio.create_task(call())
        asyncio.get_running_loop().call_later(0.01, lambda: caller.cancel())
        await asyncio.wait({caller}, timeout=10)
        return caller.cancelled()

    async def call() -> None:
        run(work())

    assert asyncio.run(main())


def test_a_cancellation_beside_an_error_of_the_work_is_not_lost() -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            raise KeyError

    async def call() -> None:
        with contextlib.suppress(KeyError):
            run(work())
        await asyncio.sleep(30)

    async def main() -> bool:
        caller = asyncio.create_task(call())
        asyncio.get_running_loop().call_later(0.01, lambda: caller.cancel())
        await asyncio.wait({caller}, timeout=10)
        return caller.cancelled()

    assert asyncio.run(main())


def test_a_cancellation_beside_a_timeout_is_not_lost() -> None:
    async def call() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                run(asyncio.sleep(30))
        await asyncio.sleep(30)

    async def main() -> bool:
        caller = asyncio.create_task(call())
        asyncio.get_running_loop().call_later(0.02, lambda: caller.cancel())
        await asyncio.wait({caller}, timeout=10)
        return caller.cancelled()

    assert asyncio.run(main())


def test_stopping_the_loop_gets_out_of_the_call() -> None:
    async def call() -> None:
        loop.call_soon(loop.stop)
        run(asyncio.sleep(30))

    loop = asyncio.new_event_loop()
    caller = loop.create_task(call())
    loop.run_forever()
    loop.run_until_complete(asyncio.sleep(0))  # the work takes its cancellation
    left = asyncio.all_tasks(loop)
    loop.close()
    assert isinstance(caller.exception(), RuntimeError)
    assert left == set()


def test_three_thousand_calls_in_one_callback_leave_the_queue_as_it_was() -> None:
    async def main() -> tuple[int, int]:
        loop: Any = asyncio.get_running_loop()
        for _ in range(5):
            loop.call_soon(int)
        before = len(loop._ready)
        for _ in range(3000):
            run(asyncio.sleep(0))
        return before, len(loop._ready)

    before, after = asyncio.run(main())
    assert after <= before


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@pytest.mark.parametrize("coroutine", [answer, asyncio.sleep])
def test_an_eager_task_factory_is_fine(coroutine: Callable[..., Coroutine[Any, Any, Any]]) -> None:
    async def main() -> tuple[Any, bool]:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        before = asyncio.current_task()
        result = run(coroutine(0))
        return result, asyncio.current_task() is before

    assert asyncio.run(main())[1]


def test_a_callback_of_tornado_can_call() -> None:
    ioloop = pytest.importorskip("tornado.ioloop")

    async def main() -> Any:
        result = asyncio.get_running_loop().create_future()
        ioloop.IOLoop.current().add_callback(lambda: result.set_result(run(answer("from the callback"))))
        return await result

    assert asyncio.run(main()) == "from the callback"


def test_after_a_call_the_loop_is_as_it_was_and_others_were_never_touched(caplog: pytest.LogCaptureFixture) -> None:
    methods = ("run_forever", "run_until_complete", "_run_once", "_check_running")

    async def main() -> tuple[type, type, type]:
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = 0.02
        before = type(loop)

        async def inside() -> type:
            assert type(loop) is not before
            run(asyncio.sleep(0))  # a call inside the call leaves it for the one around it
            return type(loop)

        inner = run(inside())
        after = type(loop)
        loop.call_soon(time.sleep, 0.05)
        await asyncio.sleep(0.01)
        return before, inner, after

    found = [getattr(asyncio.SelectorEventLoop, name) for name in methods]
    before, inner, after = asyncio.run(main(), debug=True)

    assert before is after and inner is not before
    assert [getattr(asyncio.SelectorEventLoop, name) for name in methods] == found
    assert "_nest_patched" not in {name for base in before.__mro__ for name in vars(base)}
    assert any("sleep" in line and "took" in line for line in caplog.messages)  # slow callbacks are told of again


def test_debug_mode_still_tracks_where_coroutines_come_from() -> None:
    async def main() -> tuple[int, int]:
        before = sys.get_coroutine_origin_tracking_depth()
        run(answer(1))
        await asyncio.sleep(0)
        return before, sys.get_coroutine_origin_tracking_depth()

    before, after = asyncio.run(main(), debug=True)
    assert after == before > 0


# Loops that others have changed


@pytest.mark.parametrize("package", ["nest_asyncio", "nest_asyncio2"])
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="nest_asyncio 1.x breaks Python 3.14")
def test_a_loop_that_the_user_patched_works_and_defers(package: str) -> None:
    pytest.importorskip(package, reason=f"{package} is not installed")
    printed = fresh(f"""
        import asyncio, contextvars, {package}
        from geopandas_batch.loop import run

        async def call():
            {package}.apply()
            other = asyncio.create_task(asyncio.sleep(0, "other"), context=shared)
            return run(asyncio.sleep(0.01, "call")), await other

        shared = contextvars.copy_context()
        loop = asyncio.new_event_loop()
        print(loop.run_until_complete(loop.create_task(call(), context=shared)))
        loop.close()
    """)
    assert printed == "('call', 'other')\n"


@pytest.mark.skipif(sys.version_info < (3, 14), reason="nest_asyncio 1.x works until Python 3.13")
def test_nest_asyncio_1_is_refused_where_it_breaks_asyncio() -> None:
    pytest.importorskip("nest_asyncio", reason="nest_asyncio is not installed")
    printed = fresh("""
        import asyncio, nest_asyncio
        from geopandas_batch.loop import run

        async def main():
            nest_asyncio.apply()
            try:
                run(asyncio.sleep(0))
            except RuntimeError as error:
                print(error)

        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
    """)
    assert "Restart without it" in printed


class ForeignLoop(asyncio.SelectorEventLoop):
    """As of a GUI toolkit: inherits from asyncio's, but ``call_soon`` keeps another queue than ``_ready``."""

    def call_soon(self, *args: Any, **kwargs: Any) -> asyncio.Handle:  # type: ignore[override]
        return super().call_soon(*args, **kwargs)


def test_a_loop_with_a_queue_of_its_own_gets_a_thread() -> None:
    async def where() -> threading.Thread:
        return threading.current_thread()

    async def call() -> threading.Thread:
        return run(where())

    with asyncio.Runner(loop_factory=ForeignLoop) as runner:
        assert runner.run(call()) is not threading.current_thread()


def test_without_a_thread_to_be_had_the_error_says_await() -> None:
    async def main() -> None:
        size = threading.stack_size(2**46)  # more than there is address space
        try:
            run(answer(1))
        finally:
            threading.stack_size(size)

    with (
        asyncio.Runner(loop_factory=ForeignLoop) as runner,
        pytest.raises(RuntimeError, match=r"await df\.geo\.locate_async"),
    ):
        runner.run(main())


def test_importing_the_module_does_not_import_the_patch() -> None:
    assert fresh("import sys, geopandas_batch.loop; print('nest_asyncio2' in sys.modules)") == "False\n"
