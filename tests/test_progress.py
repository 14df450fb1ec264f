"""The bar: what it shows while rows come in bursts, and when it is silent."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re

import pandas as pd
import pytest

from geopandas_batch.progress import DELAY, Progress


class Screen(io.StringIO):
    """A terminal: what is written there, a line for each time the bar was drawn."""

    def isatty(self):
        return True

    def drawn(self):
        return [line.rstrip() for line in self.getvalue().split("\r") if "rows" in line]

    def play(self, main):
        with contextlib.redirect_stderr(self):  # here, since pytest puts its own in place after the fixtures
            return asyncio.run(main())


@pytest.fixture
def screen():
    return Screen()


async def until(true):
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def test_what_comes_at_once_is_drawn_though_nothing_follows(screen):
    async def main():
        with Progress(50, True) as bar:
            bar.advance(20, "cached")
            bar.advance(10, "not_found")
            await until(lambda: any("30 of 50" in line for line in screen.drawn()))

    screen.play(main)
    assert screen.drawn()[-1].endswith("cached 20, not found 10]")


def test_a_run_that_hangs_shows_its_bar_after_the_delay_and_a_short_one_shows_none(screen):
    async def main():
        with Progress(50) as bar:
            bar.advance(30, "blank")
            began = asyncio.get_running_loop().time()
            await until(screen.drawn)
            return asyncio.get_running_loop().time() - began

    async def short():
        with Progress(1) as bar:
            bar.advance(1, "located")

    screen.play(short)
    assert screen.getvalue() == ""
    assert screen.play(main) > DELAY / 2
    assert "30 of 50" in screen.drawn()[0]


def test_no_task_and_no_timer_is_left(screen):
    async def main():
        with Progress(50, True):
            await asyncio.sleep(0)
        running = asyncio.get_running_loop()
        return [timer for timer in running._scheduled if not timer.cancelled()]

    assert screen.play(main) == []


def test_a_forecast_counts_down_between_the_bursts_and_is_not_told_before_it_is_known(screen):
    known = []

    async def main():
        with Progress(40, True, forecast=lambda: known[-1] if known else None) as bar:
            await until(screen.drawn)
            first = screen.drawn()[-1]
            known.append(300.0)
            bar.advance(10, "located")
            await until(lambda: "left" in screen.drawn()[-1])
            known.append(400.0)  # what is left of a job that has begun is less than this
            bar.advance(10, "located")
            await until(lambda: "20 of 40" in screen.drawn()[-1])
            second = screen.drawn()[-1]
            known.append(9.0)
            bar.advance(10, "located")
            await until(lambda: "30 of 40" in screen.drawn()[-1])
            await until(lambda: "about 8 s left" in screen.drawn()[-1])  # the clock alone
            known.append(1.0)
            bar.advance(1, "located")
            await until(lambda: "31 of 40" in screen.drawn()[-1] and "left" not in screen.drawn()[-1])  # it took longer
            bar.advance(9, "located")
        return first, second

    first, second = screen.play(main)
    assert "left" not in first and "about 5 min left" in second
    assert screen.drawn()[-1].endswith("located 40]")


def test_a_callback_hears_the_last_count_and_its_error_ends_the_run(screen):
    seen = []

    async def main():
        with Progress(3, lambda *told: seen.append(told)) as bar:
            bar.advance(1, "not_found")
            bar.advance(2, "located")
            await until(lambda: seen and seen[-1][0] == 3)

    screen.play(main)
    assert seen[-1] == (3, 3, {"not_found": 1, "located": 2})

    async def broken():
        with Progress(3, lambda *_: 1 / 0) as bar:
            bar._next = float("inf")  # nothing is told at once
            bar.advance(1, "located")
            bar._next = 0.0
            await until(lambda: bar._trouble)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(broken())


def test_locate_tells_the_time_left_once_jobs_were_measured(fake, geoapify, screen):
    fake.seconds_per_job = 1.0
    frame = pd.DataFrame({"address": [f"{number} Main Street" for number in range(4000)]})
    service = geoapify(fake)

    screen.play(lambda: frame.geo.locate_async("address", service=service, progress=True))

    assert re.search(r"100%.* 4,000 of 4,000 rows \[\d\d:\d\d, located 4,000\]", screen.drawn()[-1])
    others = frame.assign(address=frame["address"].str.replace("Main", "Side"))
    screen.truncate(0)
    screen.play(lambda: others.geo.locate_async("address", service=service, progress=True))
    assert "0 of 4,000" in screen.drawn()[1] and "about 1 s left" in screen.drawn()[1]  # by the jobs of the run before


def test_silence_where_nobody_looks_and_where_it_is_asked_for(screen, capsys):
    async def hang(show):
        with Progress(2, show) as bar:
            bar.advance(1, "located")
            await asyncio.sleep(DELAY * 1.2)

    screen.play(lambda: hang(False))
    assert screen.getvalue() == ""
    asyncio.run(hang(None))  # pytest's own is no terminal
    assert capsys.readouterr().err == ""
