"""``batcher.stats``: what went through, and what would have served better."""

from __future__ import annotations

import asyncio
import logging
import math
import subprocess
import sys

import matplotlib as mpl
import pytest

from geopandas_batch.batching import Batcher

mpl.use("agg")


async def gather(batcher, *items):
    return await asyncio.gather(*map(batcher, items), return_exceptions=True)


def test_waiting_and_working_are_told_apart(run, double):
    batcher = Batcher(double, max_wait=0.5)

    async def main():
        batcher.submit(1)
        await asyncio.sleep(0.2)
        await batcher(2)

    run(main())
    [call] = batcher.stats.recent

    assert call.opened == 0
    assert call.spread == pytest.approx(0.2)
    assert call.waited == pytest.approx(0.5)
    assert call.queued == pytest.approx(0.4)
    assert call.place == pytest.approx(0)
    assert call.worked == pytest.approx(1)


def test_waiting_for_a_place_is_told(run, double):
    batcher = Batcher(double, max_size=1, max_concurrency=1)

    run(gather(batcher, 1, 2, 3))

    assert [call.place for call in batcher.stats.recent] == pytest.approx([0, 1, 2])
    assert [call.in_flight for call in batcher.stats.recent] == [1, 1, 1]


def test_the_reasons_why_batches_left_are_counted(run, double):
    batcher = Batcher(double, max_size=2, max_wait=0.05)

    async def main():
        await gather(batcher, 1, 2, 3)
        batcher.submit(4)
        batcher.flush()
        async for _ in batcher.map([5]):
            pass
        batcher.submit(6)
        await batcher.aclose()

    run(main())

    assert batcher.stats.reasons == {"full": 1, "wait": 1, "flush": 1, "end": 1, "close": 1}


def test_sums_and_averages(run, double):
    batcher = Batcher(double, max_size=4, max_wait=0)

    run(gather(batcher, 1, 2, 3, 3, 4, 5, 6))
    stats = batcher.stats

    assert (stats.items, stats.calls, stats.joined) == (6, 2, 1)
    assert (stats.size, stats.fill) == (3, 0.75)
    assert (stats.worked, stats.queued) == (1, 0)


def test_errors_of_calls_and_of_items_are_counted(run):
    async def function(items):
        if "batch" in items:
            raise OSError
        return [ValueError() if item == "item" else item for item in items]

    batcher = Batcher(function, max_size=2)
    run(gather(batcher, "a", "item", "batch", "b"))

    assert (batcher.stats.errors, batcher.stats.failed) == (1, 3)
    assert [call.error for call in batcher.stats.recent] == ["", "OSError"]


def test_what_is_under_way_now_is_told(run, double):
    batcher = Batcher(double, max_size=2, max_concurrency=1)

    async def main():
        asking = asyncio.ensure_future(gather(batcher, *range(5)))
        await asyncio.sleep(0.5)
        now = batcher.stats.in_flight, batcher.stats.waiting
        await asking
        return now, (batcher.stats.in_flight, batcher.stats.waiting)

    assert run(main()) == ((1, 5), (0, 0))


def test_halves_are_calls_of_their_own(run, double):
    double.bad = {3}
    batcher = Batcher(double, max_wait=0, split_on_error=True)

    run(gather(batcher, *range(4)))

    assert [call.size for call in batcher.stats.recent] == [4, 2, 2, 1, 1]
    assert batcher.stats.reasons == {"wait": 1, "half": 4}
    assert batcher.stats.failed == 1


def test_one_line_tells_it_all(run, double):
    batcher = Batcher(double, max_wait=0.05)
    before = repr(batcher.stats)

    run(gather(batcher, 1, 2))

    assert before == "<no calls yet, 0 items waiting>"
    assert repr(batcher.stats) == (
        "<2 items in 1 call, 0 joined, 0% full; an item waited 50 ms, a call took 1 s; 0 in flight, 0 waiting, "
        "0 errors>"
    )
    assert "\n" not in repr(batcher)
    assert "Doubler" in repr(batcher)


def test_notebooks_get_a_table(run, double):
    batcher = Batcher(double)
    assert batcher.stats._repr_html_().startswith("<table>")

    run(gather(batcher, 1, 2))

    assert "50 ms on average" in batcher.stats._repr_html_()


def test_the_frame_has_a_row_for_each_call(run, double):
    batcher = Batcher(double, max_size=2)
    empty = batcher.stats.frame()

    run(gather(batcher, *range(4)))
    frame = batcher.stats.frame()

    assert list(empty.columns) == list(frame.columns)
    assert frame["size"].tolist() == [2, 2]
    assert frame["worked"].sum() == 2


def test_the_plot_shows_waiting_against_working(run, double):
    batcher = Batcher(double, max_wait=0.5)
    run(gather(batcher, 1, 2))

    ax = batcher.stats.plot()
    waiting, working = (container.patches[0] for container in ax.containers)

    assert (waiting.get_x(), waiting.get_width()) == pytest.approx((0, 0.5))
    assert (working.get_x(), working.get_width()) == pytest.approx((0.5, 1))


def test_the_log_is_silent_unless_asked_and_never_holds_an_item(run, double, caplog):
    secret = "10 Downing Street"

    run(gather(Batcher(double), secret))
    silent = caplog.text
    with caplog.at_level(logging.DEBUG, "geopandas_batch.batching"):
        run(gather(Batcher(double), secret))

    assert silent == ""
    assert "1 items (wait)" in caplog.text
    assert secret not in caplog.text


def test_hooks_get_every_call(run, double):
    batcher = Batcher(double, max_size=2)
    calls = []
    batcher.stats.hooks.append(calls.append)

    run(gather(batcher, *range(4)))

    assert calls == batcher.stats.recent
    assert len(calls) == 2


def test_a_hook_that_raises_harms_nobody(run, double, caplog):
    batcher = Batcher(double)
    batcher.stats.hooks.append(lambda call: 1 / 0)

    assert run(gather(batcher, 1)) == [2]
    assert "ZeroDivisionError" in caplog.text


def test_measuring_loads_neither_pandas_nor_matplotlib():
    script = (
        "import sys, types; package = types.ModuleType('geopandas_batch'); package.__path__ = ['geopandas_batch'];"
        "import importlib.util as u; spec = u.find_spec('geopandas_batch');"
        "package.__path__ = list(spec.submodule_search_locations); sys.modules['geopandas_batch'] = package;"
        "import geopandas_batch.batching; print({'pandas', 'matplotlib', 'aiohttp', 'numpy'} & set(sys.modules))"
    )
    python = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert python.stdout.strip() == "set()"


# What would have served better.


def traffic(run, batcher, bursts, *, every, size, spread):
    """``bursts`` of ``size`` items within ``spread`` seconds, one ``every`` so many seconds."""

    async def main():
        answers = []
        for burst in range(bursts):
            for item in range(size):
                answers.append(batcher.submit((burst, item)))
                await asyncio.sleep(spread / size)
            await asyncio.sleep(every - spread)
        await asyncio.gather(*answers)

    run(main())
    return batcher.stats.suggest()


def test_from_a_few_calls_nothing_is_concluded(run, double):
    suggestion = traffic(run, Batcher(double), 2, every=1, size=5, spread=0)

    assert (suggestion.max_wait, suggestion.max_size) == (0.05, 1000)
    assert "only 2 calls" in str(suggestion)


def test_a_wait_for_nobody_is_shortened(run, double):
    double.seconds = 0.1
    suggestion = traffic(run, Batcher(double, max_wait=0.5), 20, every=2, size=50, spread=0)

    assert suggestion.max_wait == 0
    assert "20 calls instead of 20" in suggestion.reasons[0]


def test_a_wait_that_misses_the_next_items_is_lengthened(run, double):
    batcher = Batcher(double, max_wait=0.001, max_concurrency=100)
    suggestion = traffic(run, batcher, 20, every=10, size=10, spread=0.02)

    assert suggestion.max_wait in (0.02, 0.05)
    assert "20 calls instead of 200" in suggestion.reasons[0]


def test_the_suggested_wait_does_what_it_says(run, double):
    batcher = Batcher(double, max_wait=0.001, max_concurrency=100)
    suggestion = traffic(run, batcher, 20, every=10, size=10, spread=0.02)

    again = Batcher(double, max_wait=suggestion.max_wait, max_concurrency=100)
    traffic(run, again, 20, every=10, size=10, spread=0.02)

    assert again.stats.calls == 20


def test_batches_that_are_always_full_of_cheap_items_should_be_bigger(run, double):
    batcher = Batcher(double, max_size=10)
    suggestion = traffic(run, batcher, 5, every=10, size=100, spread=0)

    assert suggestion.max_size == 20
    assert "full" in suggestion.reasons[0]


def test_queues_for_a_place_ask_for_more_places(run, double):
    batcher = Batcher(double, max_size=10, max_concurrency=2)
    suggestion = traffic(run, batcher, 5, every=100, size=100, spread=0)

    assert suggestion.max_concurrency == 4


def test_a_call_whose_time_grows_with_its_size_is_better_shared_out(run):
    async def by_the_item(items):
        await asyncio.sleep(0.01 * len(items))
        return items

    async def main():
        batcher = Batcher(by_the_item, max_wait=0, max_concurrency=4)
        for count in (80, 90, 100, 110, 120, 100):
            await asyncio.gather(*map(batcher, range(count)))
        return batcher.stats.suggest()

    assert run(main()).max_size == 20


def test_settings_that_serve_well_are_kept(run, double):
    batcher = Batcher(double, max_wait=0.02)
    suggestion = traffic(run, batcher, 20, every=10, size=10, spread=0.019)

    assert (suggestion.max_wait, suggestion.max_size, suggestion.max_concurrency) == (0.02, 1000, 4)
    assert str(suggestion).endswith("These settings serve this traffic well.")


def test_without_calls_averages_are_not_numbers(double):
    stats = Batcher(double).stats

    assert all(math.isnan(value) for value in (stats.queued, stats.worked, stats.size, stats.fill))
