"""How far a run is: a bar of rows, a callback of the user's, or silence."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeAlias

# True: a bar. False: silence. None: a bar where somebody looks.
# A function: told (rows done, rows in all, rows by kind).
ProgressLike: TypeAlias = bool | None | Callable[[int, int, dict[str, int]], None]

# A run that is over sooner shows no bar.
DELAY = 0.5
INTERVAL = 0.1  # seconds between two looks of the bar: rows are counted far faster than anybody reads
STILL = 1.0  # seconds between two looks while nothing is counted: the clock goes on
KINDS = ("located", "cached", "not found", "blank", "failed", "skipped")
# No time is told from an average before so many seconds, and this part of the rows.
KNOWN_AFTER, KNOWN_PART = 2.0, 0.05


class Progress:
    """Counts rows by kind and shows them; to be used in a ``with`` block."""

    def __init__(
        self,
        total: int,
        show: ProgressLike = None,
        *,
        label: str = "locate",
        forecast: Callable[[], float | None] | None = None,
    ) -> None:
        """What is counted, and for whom.

        Parameters
        ----------
        total : int
            Rows.
        show : bool, function or None
        label : str
            What stands before the bar.
        forecast : callable, optional
            Tells the seconds that the rest will take, None while nobody knows. Without it, by what the rows took that
            were neither cached nor blank.
        """
        self.total = total
        self.counts: Counter[str] = Counter()
        self._tell = show if callable(show) else None
        self._left = _TimeLeft(forecast)
        self._bar: Any = None
        self._wanted = not callable(show) and bool(show or (show is None and _somebody_looks()))
        self._label = label
        self._shown = -1  # rows
        self._started = time.monotonic()
        self._begin = self._started if show else self._started + DELAY  # when the bar is to be seen
        self._next = 0.0  # when to show again
        self._timer: asyncio.TimerHandle | None = None
        self._trouble: Exception | None = None  # of the callback, while nobody could be told of it

    def advance(self, rows: int, kind: str) -> None:
        """``rows`` more are done, and what became of them."""
        self.counts[kind.replace("_", " ")] += rows
        if (self._wanted or self._tell is not None) and time.monotonic() >= self._next:
            self._show()

    def _show(self) -> None:
        now, done = time.monotonic(), self.counts.total()
        self._next = now + INTERVAL
        if self._wanted and now >= self._begin:
            self._draw(done, self._left.words(self.counts, self.total, now - self._started))
        if self._tell is not None and done != self._shown:
            self._tell(done, self.total, {kind.replace(" ", "_"): count for kind, count in self.counts.items()})
        self._shown = done

    def _draw(self, done: int, left: str) -> None:
        if self._bar is None:
            self._bar = _bar(self.total, self._label, done)
            self._bar.start_t -= time.monotonic() - self._started
        said = [f"{kind} {self.counts[kind]:,}" for kind in KINDS if self.counts[kind]]
        self._bar.n = done
        self._bar.set_postfix_str(", ".join([*said, left] if left else said), refresh=False)
        self._bar.refresh()

    def _look(self) -> None:
        """Show what was counted since the last look; and now and then the clock alone."""
        news = self.counts.total() != self._shown
        if time.monotonic() >= self._next + (0.0 if news else STILL):
            try:
                self._show()
            except Exception as error:  # a callback of the user's; told when the run is over
                self._trouble, self._tell = error, None
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._look)

    def __enter__(self) -> Self:
        """Itself. On an event loop, it also shows what no later row brings to light."""
        if self._wanted or self._tell is not None:
            with contextlib.suppress(RuntimeError):  # no loop runs here
                self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show what is done, and leave the bar as it is."""
        if self._timer is not None:
            self._timer.cancel()
        self._left.over = True
        if self._wanted or self._tell is not None:
            self._show()
        if self._bar is not None:
            self._bar.close()
        if self._trouble is not None and error is None:
            raise self._trouble


class _TimeLeft:
    """How long the rest will take: told only where it is known.

    Rows come in bursts, a job at a time. So a forecast counts down, and a later one may shorten it: what is left of a
    job that has begun is less than the forecast for a new one. When its time is over and rows are left, it was wrong,
    and nothing is told until there is a new one.
    """

    def __init__(self, forecast: Callable[[], float | None] | None) -> None:
        self.over = False
        self._forecast = forecast
        self._until: float | None = None
        self._seen = -1

    def words(self, counts: Counter[str], total: int, elapsed: float) -> str:
        done = counts.total()
        if self.over or done >= total:
            return ""
        seconds = self._from_average(counts, total, elapsed) if self._forecast is None else self._counted_down(done)
        return f"about {_words(seconds)} left" if seconds is not None else ""

    def _counted_down(self, done: int) -> float | None:
        now = time.monotonic()
        if done != self._seen or self._until is None:
            self._seen = done
            seconds = self._forecast() if self._forecast else None
            if seconds is not None:
                over = self._until is None or now > self._until
                self._until = now + seconds if over or self._until is None else min(self._until, now + seconds)
        return None if self._until is None or now > self._until else self._until - now

    @staticmethod
    def _from_average(counts: Counter[str], total: int, elapsed: float) -> float | None:
        free = counts["cached"] + counts["blank"] + counts["skipped"]
        worked = counts.total() - free
        if elapsed < KNOWN_AFTER or worked < KNOWN_PART * (total - free):
            return None
        return elapsed * (total - counts.total()) / worked


def _words(seconds: float) -> str:
    """As a person says it.

    >>> [_words(each) for each in (0.4, 42, 200, 9000)]
    ['1 s', '42 s', '3 min', '2.5 h']
    """
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config


def _in_marimo() -> bool:
    marimo: Any = sys.modules.get("marimo")
    return marimo is not None and marimo.running_in_notebook()


def _somebody_looks() -> bool:
    return _in_notebook() or _in_marimo() or (sys.stderr is not None and sys.stderr.isatty())


class _MarimoBar:
    """marimo's own bar, driven as tqdm's is; tqdm's text would not be shown there before the cell has ended."""

    def __init__(self, total: int, label: str) -> None:
        marimo: Any = sys.modules["marimo"]
        self._context = marimo.status.progress_bar(total=total, title=label, show_rate=False, show_eta=False)
        self._bar = self._context.__enter__()
        self.start_t = 0.0  # of no use here
        self.n = self._drawn = 0
        self._rows, self._said = f"of {total:,} rows", ""

    def set_postfix_str(self, said: str, refresh: bool) -> None:
        self._said = said

    def refresh(self) -> None:
        self._bar.update(self.n - self._drawn, subtitle=", ".join([f"{self.n:,} {self._rows}", self._said]))
        self._drawn = self.n

    def close(self) -> None:
        self._context.__exit__(None, None, None)


def _bar(total: int, label: str, done: int) -> Any:
    """tqdm's widget in a notebook that has widgets, marimo's bar there, else text. When to draw is known here alone."""
    if _in_marimo():
        return _MarimoBar(total, label)
    from importlib.util import find_spec

    from tqdm import tqdm

    if _in_notebook() and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm_notebook

        kind: type[tqdm[Any]] = tqdm_notebook
    else:
        kind = tqdm
    looks = (
        "{l_bar}{bar}| {n:,} of {total:,} rows [{elapsed}{postfix}]"  # tqdm's own time left is that of a steady flow
    )
    return kind(initial=done, total=total, desc=label, bar_format=looks, dynamic_ncols=True, mininterval=0)
