"""What went through a batcher: how long items waited and worked, how full batches were."""

from __future__ import annotations

import html
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import TYPE_CHECKING

from geopandas_batch.batching.record import Call, Ledger
from geopandas_batch.batching.suggestion import Suggestion, suggest

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from geopandas_batch.batching.line import Line
    from geopandas_batch.batching.settings import Settings

log = logging.getLogger("geopandas_batch.batching")

KEPT = 10_000  # calls, about 2 MB


class Traffic:
    """What went through a batcher.

    Attributes
    ----------
    hooks : list of callable
        Each is called with every ``Call`` when it is over, in the thread and event loop of the call. Empty by default.
        The logger ``geopandas_batch.batching`` writes the same at DEBUG. No item is ever in it.

    Examples
    --------
    >>> import asyncio
    >>> from geopandas_batch.batching import Batcher
    >>> async def squares(numbers):
    ...     return [number**2 for number in numbers]
    >>> async def main():
    ...     async with Batcher(squares, max_size=2) as square:
    ...         await asyncio.gather(*map(square, [1, 2, 2, 3]))
    ...     return square.stats
    >>> stats = asyncio.run(main())
    >>> stats.items, stats.joined, stats.calls, stats.fill, dict(stats.reasons)
    (3, 1, 2, 0.75, {'full': 1, 'wait': 1})
    """

    def __init__(self, settings: Settings, lines: Callable[[], Sequence[Line]]) -> None:
        """``lines``: the queues as they are now."""
        self.hooks: list[Callable[[Call], object]] = []
        self._settings = settings
        self._lines = lines
        self._recent: deque[Call] = deque(maxlen=KEPT)
        self._ledgers: dict[int, Ledger] = {}

    def ledger(self) -> Ledger:
        """The sums of this thread. (The number of an ended thread is used again, and so is its ledger.)"""
        return self._ledgers.setdefault(threading.get_ident(), Ledger())

    def record(self, call: Call, ledger: Ledger) -> None:
        """Add a call."""
        ledger.items += call.size
        ledger.calls += 1
        ledger.errors += bool(call.error)
        ledger.failed += call.failed
        ledger.queued += call.queued * call.size
        ledger.worked += call.worked
        ledger.reasons[call.reason] += 1
        self._recent.append(call)
        if log.isEnabledFor(logging.DEBUG):
            log.debug(
                "%d items (%s): waited %.4f s, worked %.4f s, %d in flight%s",
                *(call.size, call.reason, call.waited, call.worked, call.in_flight),
                f", {call.error}" if call.error else "",
            )
        for hook in tuple(self.hooks):
            try:
                hook(call)
            except Exception:
                log.exception("A hook of batcher.stats raised.")

    def _sum(self, name: str) -> float:
        return float(sum(getattr(ledger, name) for ledger in tuple(self._ledgers.values())))

    @property
    def items(self) -> int:
        """Items asked; one that was asked again in a half counts again."""
        return int(self._sum("items"))

    @property
    def joined(self) -> int:
        """Callers who shared the slot of an equal item."""
        return int(self._sum("joined"))

    @property
    def calls(self) -> int:
        """Calls that are over."""
        return int(self._sum("calls"))

    @property
    def errors(self) -> int:
        """Calls that raised or were cancelled."""
        return int(self._sum("errors"))

    @property
    def failed(self) -> int:
        """Items that got an error."""
        return int(self._sum("failed"))

    @property
    def reasons(self) -> Counter[str]:
        """Calls by why they left."""
        return sum((ledger.reasons for ledger in tuple(self._ledgers.values())), Counter())

    @property
    def queued(self) -> float:
        """Seconds that an item waited, on average; NaN before the first call."""
        return self._sum("queued") / self.items if self.items else float("nan")

    @property
    def worked(self) -> float:
        """Seconds that a call took, on average; NaN before the first call."""
        return self._sum("worked") / self.calls if self.calls else float("nan")

    @property
    def size(self) -> float:
        """Items in a call, on average; NaN before the first call."""
        return self.items / self.calls if self.calls else float("nan")

    @property
    def fill(self) -> float:
        """How full calls were, on average, from 0 to 1."""
        return self.size / self._settings.max_size

    @property
    def in_flight(self) -> int:
        """Calls under way now, in all event loops."""
        return sum(not task.done() for line in self._lines() for task in tuple(line.calls.tasks))

    @property
    def waiting(self) -> int:
        """Items queued or under way now, in all event loops."""
        return sum(line.pending for line in self._lines())

    @property
    def recent(self) -> list[Call]:
        """The last calls (10,000 at most), in the order in which they ended."""
        return list(self._recent)

    def suggest(self) -> Suggestion:
        """Settings that would have served the recent calls better, and why."""
        return suggest(self.recent, self._settings)

    def frame(self) -> pd.DataFrame:
        """The recent calls: a row each, a column for each attribute of ``Call``."""
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("stats.frame() needs pandas: pip install pandas") from error
        columns = list(Call.__dataclass_fields__)
        return pd.DataFrame([asdict(call) for call in self.recent], columns=columns)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the recent calls as a timeline: waiting (light) against working (dark), one line each."""
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError("stats.plot() needs matplotlib: pip install matplotlib") from error
        if ax is None:
            _, ax = plt.subplots(figsize=(8, 3))
        calls = sorted(self.recent, key=lambda call: call.opened + call.waited)
        rows = range(len(calls))
        start = min((call.opened for call in calls), default=0.0)
        opened = [call.opened - start for call in calls]
        sent = [call.opened - start + call.waited for call in calls]
        ax.barh(rows, [call.waited for call in calls], left=opened, height=0.8, color="#c6dbef", label="waiting")
        ax.barh(rows, [call.worked for call in calls], left=sent, height=0.8, color="#2171b5", label="working")
        ax.set(xlabel="seconds", ylabel="call", title=f"{self.items:,} items in {self.calls:,} calls")
        ax.invert_yaxis()
        ax.legend(loc="best")
        return ax

    def __repr__(self) -> str:
        """All in one line."""
        if not self.calls:
            return f"<no calls yet, {self.waiting} items waiting>"
        calls = "1 call" if self.calls == 1 else f"{self.calls} calls"
        return (
            f"<{self.items} items in {calls}, {self.joined} joined, {self.fill:.0%} full; an item waited "
            f"{_seconds(self.queued)}, a call took {_seconds(self.worked)}; {self.in_flight} in flight, "
            f"{self.waiting} waiting, {self.errors} errors>"
        )

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        recent = self.recent
        rows = {
            "items": f"{self.items:,} in {self.calls:,} calls; {self.joined:,} more joined an equal one",
            "calls": f"{self.size:,.1f} items on average ({self.fill:.0%} of {self._settings.max_size:,})",
            "left because": ", ".join(f"{reason} {count:,}" for reason, count in self.reasons.most_common()) or "-",
            "an item waited": f"{_seconds(self.queued)} on average, the longest {_seconds(_most(recent, 'waited'))}",
            "a call took": f"{_seconds(self.worked)} on average, the longest {_seconds(_most(recent, 'worked'))}",
            "in flight": f"{self.in_flight} calls now; {fmean([c.in_flight for c in recent] or [0]):.1f} on average",
            "errors": f"{self.errors:,} calls, {self.failed:,} items",
        }
        cells = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in rows.items())
        return f"<table>{cells}</table>"


def _most(calls: Sequence[Call], name: str) -> float:
    return max((getattr(call, name) for call in calls), default=float("nan"))


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
