"""How far a run is: a bar of rows, a callback of the user's, or silence."""

from __future__ import annotations

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


class Progress:
    """Counts rows by kind and shows them; to be used in a ``with`` block."""

    def __init__(self, total: int, show: ProgressLike = None, *, label: str = "locate") -> None:
        """``total``: rows. ``label``: what stands before the bar."""
        self.total = total
        self.counts: Counter[str] = Counter()
        self._tell = show if callable(show) else None
        self._bar: Any = None
        self._shown = 0  # rows
        self._next = 0.0  # when to show again
        if not callable(show) and (show or (show is None and _somebody_looks())):
            self._bar = _bar(total, label, delay=0.0 if show else DELAY)

    def advance(self, rows: int, kind: str) -> None:
        """``rows`` more are done, and what became of them."""
        self.counts[kind] += rows
        if (self._bar is not None or self._tell is not None) and time.monotonic() >= self._next:
            self._show()

    def _show(self) -> None:
        self._next = time.monotonic() + INTERVAL
        done = self.counts.total()
        if self._bar is not None:
            self._bar.set_postfix({kind.replace("_", " "): count for kind, count in self.counts.items()}, refresh=False)
            self._bar.update(done - self._shown)
        if self._tell is not None:
            self._tell(done, self.total, dict(self.counts))
        self._shown = done

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show what is done, and leave the bar as it is."""
        self._show()
        if self._bar is not None:
            self._bar.close()


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config


def _somebody_looks() -> bool:
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _bar(total: int, label: str, *, delay: float) -> Any:
    """tqdm's widget in a notebook that has widgets, else its text."""
    from importlib.util import find_spec

    from tqdm import tqdm

    if _in_notebook() and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm_notebook

        kind: type[tqdm[Any]] = tqdm_notebook
    else:
        kind = tqdm
    return kind(total=total, desc=label, unit="row", delay=delay, dynamic_ncols=True, mininterval=0)
