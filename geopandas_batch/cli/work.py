"""A file through a command: the answers beside its rows, where the user wants them, and how it ended."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import click
import pandas as pd

from geopandas_batch import loop, sheets
from geopandas_batch.cli.run import AHEAD, PORTION, answered
from geopandas_batch.cli.summary import Summary
from geopandas_batch.cli.task import Target, Task
from geopandas_batch.errors import GeocodingError, SettingsError
from geopandas_batch.frames import report_of
from geopandas_batch.locations import shared
from geopandas_batch.progress import Progress, ProgressLike
from geopandas_batch.sheets.delimited import Delimited
from geopandas_batch.sheets.draft import Draft

SHOWN_ROWS = 20
ANSWERED, SOME_FAILED, BUDGET_USED = 0, 1, 4


def carry_out(task: Task, sheet: sheets.Sheet, kind: str, target: Target) -> int:
    """Ask for all rows and write what came; the exit code."""
    places = {name: place for place, name in enumerate(sheet.names)}
    replaced = {name: places[name] for name in task.wanted(target) if name in places}
    if replaced and not target.overwrite:
        names = ", ".join(map(repr, replaced))
        raise SettingsError(f"there is a column {names} already. Pass --prefix for other names, or --overwrite.")
    if target.output and target.kind(kind) != kind:
        sheets.check_names(target.kind(kind), [*sheet.names, *(name for name in task.shown if name not in replaced)])
    with _cache(task) as cache:
        run = _Run(task, sheet, target, replaced, cache)
        try:
            if target.output and target.kind(kind) == kind and _streams(sheet, target.output):
                run.in_stream(cast(sheets.Streamed, sheet))
            else:
                run.at_once(kind)
        except GeocodingError as error:
            raise run.explained(error) from error
    run.tell()
    if task.budget is not None and run.summary.statuses["skipped"]:
        return BUDGET_USED
    return SOME_FAILED if run.summary.statuses["failed"] or run.summary.statuses["skipped"] else ANSWERED


@contextmanager
def _cache(task: Task) -> Iterator[Any]:
    """The user's cache; without it one for this run alone, so that the same address is not paid twice in one file."""
    if task.cached:
        yield True
        return
    with tempfile.TemporaryDirectory(prefix="geopandas_batch-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "answers.sqlite"


class _Run:
    """One file on its way."""

    def __init__(
        self, task: Task, sheet: sheets.Sheet, target: Target, replaced: dict[str, int], cache: bool | Path
    ) -> None:
        self.task, self.sheet, self.target, self.replaced, self.cache = task, sheet, target, replaced, cache
        self.summary = Summary(task.service.name)
        self.notes: list[str] = []
        self.kept = ""  # where unfinished work is
        self._spent = 0.0  # credits, of a budget

    def in_stream(self, sheet: sheets.Streamed) -> None:
        """A file into one of its own kind: written portion by portion."""
        names = [self.task.shown, *([self.task.failing] if self.target.failures else [])]
        wideners = [
            sheet.widener(each, replaced=_among(each, self.replaced), failures=number > 0)
            for number, each in enumerate(names)
        ]
        files = [Path(name) for name in (self.target.output, self.target.failures) if name and name != sheets.PIPE]
        piped = len(wideners) - len(files)
        fingerprint = blake2b(repr((sheet.fingerprint, names, self.task.says, self.replaced)).encode()).hexdigest()
        if not files:
            self._stream(sheet, wideners, lambda number, content: _to_pipe(content), lambda state: None)
            return

        with Draft(files, fingerprint) as draft:

            def write(number: int, content: bytes) -> None:
                _to_pipe(content) if number < piped else draft.write(number - piped, content)

            def commit(state: dict[str, Any]) -> None:
                if not piped:  # what went down a pipe cannot be gone on with
                    draft.commit(state)
                    self.kept = str(draft.parts[0])

            if draft.state and not piped:
                self.summary = Summary.of_state(draft.state)
                self.kept = str(draft.parts[0])
                self.notes.append(f"{self.summary.rows:,} rows were done before")
            self._stream(sheet, wideners, write, commit)
            draft.finish([widener.finish for widener in wideners[piped:]])

    def _stream(
        self,
        sheet: sheets.Streamed,
        wideners: list[sheets.Widening],
        write: Callable[[int, bytes], None],
        commit: Callable[[dict[str, Any]], None],
    ) -> None:
        done = self.summary.rows
        if not done:
            for number, widener in enumerate(wideners):
                write(number, widener.head())

        async def main() -> None:
            portions = ((chunk, chunk.frame) for chunk in sheet.chunks(self.task.columns, PORTION, skip=done))
            with self._bar(sheet.rows - done) as bar:
                async for chunk, frame in answered(portions, self._ask, bar, ahead=self._ahead):
                    write(0, wideners[0].rows(chunk, frame))
                    if len(wideners) > 1:
                        write(1, wideners[1].rows(chunk, frame, self._unanswered(frame)))
                    self._count(frame)
                    commit(self.summary.state())

        loop.run(main())
        if lost := sum(widener.lost for widener in wideners):
            self.notes.append(f"{lost:,} letters of answers are not in {wideners[0].encoding}: written as ?")

    def at_once(self, kind: str) -> None:
        """Any file into any: all rows are asked, then it is written."""
        rows = self.sheet.frame(self.task.columns)
        found: list[pd.DataFrame] = []
        columns = [*self.task.shown, *(name for name in self.task.failing if name not in self.task.shown)]

        async def main() -> None:
            starts = range(0, len(rows), PORTION)
            portions = ((start, rows.iloc[start : start + PORTION]) for start in starts)
            with self._bar(len(rows)) as bar:
                async for _, frame in answered(portions, self._ask, bar, ahead=self._ahead):
                    found.append(frame[columns].astype(_plain(frame, columns)))
                    self._count(frame)

        loop.run(main())
        new = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns, dtype=object)
        shown = new[list(self.task.shown)]
        if self.target.output:
            out = self.target.kind(kind)
            with sheets.written(self.target.output, out) as file:
                if out == kind and hasattr(self.sheet, "write"):
                    self.notes += self.sheet.write(file, shown, self.replaced)
                else:
                    self.notes += sheets.convert(self.sheet, shown, file, out, self.replaced)
        elif not self.target.as_json:
            table = sheets.table_of(self.sheet, shown, self.replaced)
            click.echo(table.to_string(max_rows=SHOWN_ROWS, max_colwidth=60, show_dimensions=len(table) > SHOWN_ROWS))
        if self.target.failures:
            keep = pd.Series(self._unanswered(new), dtype=bool)
            table = sheets.table_of(self.sheet, new[self.task.failing], self.replaced)
            with sheets.written(self.target.failures, "csv") as file:
                sheets.write_delimited(table[keep.to_numpy()], file, "csv")

    async def _ask(self, frame: pd.DataFrame, progress: ProgressLike) -> pd.DataFrame:
        left = None if self.task.budget is None else max(0.0, self.task.budget - self._spent)
        return await self.task.answer(frame, progress, self.cache, left)

    @property
    def _ahead(self) -> int:
        """With a budget, a portion must know what the one before it has left."""
        return AHEAD if self.task.budget is None else 1

    @contextmanager
    def _bar(self, rows: int) -> Iterator[Progress]:
        """The bar; and what is used up while it is there."""
        locator = shared(self.task.service, cache=self.cache)
        before, used, seconds, started = locator.usage, self.summary.usage, self.summary.seconds, time.perf_counter()

        def measure() -> None:
            if self.task.budget is None:  # else each portion has a locator of its own, and says what it used
                self.summary.usage = used - (before - locator.usage)
            self.summary.seconds = seconds + time.perf_counter() - started

        self._measure = measure
        with Progress(rows, None if self.target.progress else False, label=self.task.label) as bar:
            yield bar
        measure()

    def _count(self, frame: pd.DataFrame) -> None:
        report = report_of(frame)
        assert report is not None  # noqa: S101 - each run has one
        self.summary.add(report, with_usage=self.task.budget is not None)
        self._spent += report.credits
        self._measure()

    def _unanswered(self, frame: pd.DataFrame) -> list[bool]:
        return [status != "located" for status in frame[self.task.failing[0]].tolist()]

    def explained(self, error: GeocodingError) -> GeocodingError:
        """The error with what a user of the command line can do; the advice for pandas users goes."""
        if error.partial is None:
            return error
        cause = re.sub(r" [\d,]+ of [\d,]+ rows are answered: they are in this error's .partial.*", "", str(error))
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


def _streams(sheet: sheets.Sheet, output: str) -> bool:
    """Whether the file can be written while it is read. What goes down a pipe cannot be put together at the end."""
    return hasattr(sheet, "widener") and (isinstance(sheet, Delimited) or output != sheets.PIPE)


def _among(names: Sequence[str], places: Mapping[str, int]) -> dict[str, int]:
    return {name: place for name, place in places.items() if name in names}


def _to_pipe(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _plain(frame: pd.DataFrame, columns: list[str]) -> dict[str, type]:
    """Categories as what they are made of: each portion has some of them."""
    return {name: object for name in columns if isinstance(frame[name].dtype, pd.CategoricalDtype)}
