"""One file on its way: what is asked for it, what was used up, how it went."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import click
import pandas as pd

from geopandas_batch import sheets
from geopandas_batch.cli.portions import AHEAD
from geopandas_batch.cli.summary import Kind, Summary
from geopandas_batch.cli.task import Target, Task
from geopandas_batch.errors import GeocodingError, KeyRefused, QuotaExhausted
from geopandas_batch.frames.notes import error_of, report_of
from geopandas_batch.locator.locations import shared
from geopandas_batch.progress import Progress, ProgressLike

SAID = ("status", "match", "reason", "service")  # of each row, whatever columns are shown


class Run:
    """One file on its way."""

    def __init__(
        self,
        task: Task,
        sheet: sheets.Sheet,
        target: Target,
        replaced: dict[str, int],
        cache: bool | Path,
        unchanged: Callable[[], None],
    ) -> None:
        """``replaced``: new columns that stand there already, and where; ``cache``: as `locate` takes it."""
        self.unchanged = unchanged  # refuses a file that is another one by now
        self.task, self.sheet, self.target, self.replaced, self.cache = task, sheet, target, replaced, cache
        self.summary = Summary(task.service.name)
        self.notes: list[str] = []
        self.kept = ""  # where unfinished work is
        self.spent = 0.0  # credits, of a budget
        # A budget gives each portion a locator of its own, and points in arrays go past it: reports say what it took.
        in_arrays = task.label == "reverse" and hasattr(task.service, "reverse_all")
        self._by_reports = task.budget is not None or in_arrays

    async def ask(self, frame: pd.DataFrame, progress: ProgressLike) -> pd.DataFrame:
        """The rows with their answers."""
        left = None if self.task.budget is None else max(0.0, self.task.budget - self.spent)
        answers = await self.task.answer(frame, progress, self.cache, left)
        error = error_of(answers)
        if isinstance(error, KeyRefused | QuotaExhausted):  # the next portion would be told the same
            raise error.having(answers, "")
        return answers

    @property
    def ahead(self) -> int:
        """With a budget, a portion must know what the one before it has left."""
        return AHEAD if self.task.budget is None else 1

    @contextmanager
    def bar(self, rows: int) -> Iterator[Progress]:
        """The bar; and what is used up while it is there."""
        locator = shared(self.task.service, cache=self.cache)
        before, used, seconds, started = locator.usage, self.summary.usage, self.summary.seconds, time.perf_counter()

        def measure() -> None:
            if not self._by_reports:
                self.summary.usage = used - (before - locator.usage)
            self.summary.seconds = seconds + time.perf_counter() - started

        self._measure = measure
        with Progress(rows, None if self.target.progress else False, label=self.task.label) as bar:
            yield bar
        measure()

    def count(self, frame: pd.DataFrame, kinds: Mapping[Kind, int] | None = None) -> None:
        """Rows that were asked; ``kinds``: of these and of others that are done with them."""
        report = report_of(frame)
        if report is not None:
            self.summary.add_report(report, with_usage=self._by_reports)
            self.spent += report.credits
        self.summary.add_rows(Counter(self.kinds(frame)) if kinds is None else kinds)
        self._measure()

    def kinds(self, frame: pd.DataFrame) -> list[Kind]:
        """What became of each row."""
        columns = [frame[self.task.prefix + name].tolist() for name in SAID]
        return [
            (what, how, why if what in ("failed", "skipped") else "", who if what == "located" else "")
            for what, how, why, who in zip(*columns, strict=True)
        ]

    def explained(self, error: GeocodingError) -> GeocodingError:
        """The error with what a user of the command line can do; the advice for pandas users goes."""
        if error.partial is None:
            return error
        cause = re.sub(r" ([\d,]+ of [\d,]+ rows are answered[:.].*)?$", "", str(error))
        kept = f" {self.summary.rows:,} of {self.sheet.rows:,} rows are done, in {self.kept}." if self.kept else ""
        cause = cause if cause.endswith(".") else f"{cause}."
        again = " What was answered is kept: run the same line again to go on." if self.task.cached or kept else ""
        explained = copy(error)
        explained.args = (f"{cause}{kept}{again}",)
        return explained

    def tell(self) -> None:
        """How it went: for a person on stderr; for a program on stdout, where that is free."""
        if self.target.as_json:
            said = self.summary.as_json(output=self.target.output, failures=self.target.failures, notes=self.notes)
            click.echo(json.dumps(said), err=self.target.output == sheets.PIPE)
        elif not self.target.quiet:
            for note in self.notes:
                click.echo(note, err=True)
            click.echo(str(self.summary), err=True)
