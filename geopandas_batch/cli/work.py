"""A file through a command: the answers beside its rows, where the user wants them, and how it ended."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import click
import pandas as pd

from geopandas_batch import loop, sheets
from geopandas_batch.cli.portions import PORTION, answered
from geopandas_batch.cli.run import Run
from geopandas_batch.cli.stream import in_stream
from geopandas_batch.cli.task import Target, Task
from geopandas_batch.errors import GeocodingError, SettingsError
from geopandas_batch.sheets.delimited import Delimited

SHOWN_ROWS = 20
ANSWERED, SOME_FAILED, BUDGET_USED = 0, 1, 4


def carry_out(task: Task, sheet: sheets.Sheet, kind: str, target: Target, unchanged: Callable[[], None]) -> int:
    """Ask for all rows and write what came; the exit code. ``unchanged``: refuses a file that is another one by now."""
    places = {name: place for place, name in enumerate(sheet.names)}
    replaced = {name: places[name] for name in task.wanted(target) if name in places}
    if replaced and not target.overwrite:
        names = ", ".join(map(repr, replaced))
        raise SettingsError(
            f"there {'are columns' if len(replaced) > 1 else 'is a column'} {names} already. "
            "Pass --prefix for other names, or --overwrite."
        )
    if target.failures or (kind != target.kind(kind) if target.output else not target.as_json):  # all cells are read
        getattr(sheet, "check_values", lambda: None)()
    check = getattr(sheet, "check", None)
    if target.output and target.kind(kind) == kind and check is not None:
        check(task.shown, replaced)
    elif target.output and target.kind(kind) != kind:
        sheets.check_names(target.kind(kind), [*sheet.names, *(name for name in task.shown if name not in replaced)])
    with _cache(task) as cache:
        run = Run(task, sheet, target, replaced, cache, unchanged)
        try:
            if target.output and target.kind(kind) == kind and _streams(sheet, target.output):
                in_stream(run, cast(sheets.Streamed, sheet))
            else:
                at_once(run, kind)
        except GeocodingError as error:
            raise run.explained(error) from error
        except Exception:
            unchanged()  # if it is not, no wonder
            raise
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


def at_once(run: Run, kind: str) -> None:
    """Any file into any: all rows are asked, then it is written."""
    rows = run.sheet.frame(run.task.columns)
    found: list[pd.DataFrame] = []
    columns = [*run.task.shown, *(name for name in run.task.failing if name not in run.task.shown)]

    async def main() -> None:
        starts = range(0, len(rows), PORTION)
        portions = ((start, rows.iloc[start : start + PORTION]) for start in starts)
        with run.bar(len(rows)) as bar:
            async for _, frame in answered(portions, run.ask, bar, ahead=run.ahead):
                found.append(frame[columns].astype(_plain(frame, columns)))
                run.count(frame)

    loop.run(main())
    new = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns, dtype=object)
    shown = new[list(run.task.shown)]
    if run.target.failures:  # before the output, which may take the place of the file that is read
        keep = pd.Series([status != "located" for status in new[run.task.failing[0]]], dtype=bool)
        table = sheets.table_of(run.sheet, new[run.task.failing], run.replaced)
        out = sheets.kind_of(run.target.failures)
        with sheets.written(run.target.failures, out, overwrite=run.target.overwrite) as file:
            sheets.write_delimited(table[keep.to_numpy()], file, out, new=set(run.task.failing))
            run.unchanged()
    if run.target.output:
        out = run.target.kind(kind)
        with sheets.written(run.target.output, out, overwrite=run.target.overwrite) as file:
            if out == kind and hasattr(run.sheet, "write"):
                run.notes += run.sheet.write(file, shown, run.replaced)
            else:
                marked = run.target.output != sheets.PIPE  # for Excel; programs behind a pipe want none
                run.notes += sheets.convert(run.sheet, shown, file, out, run.replaced, marked=marked)
            run.unchanged()
    elif not run.target.as_json:
        table = sheets.table_of(run.sheet, shown, run.replaced)
        click.echo(table.to_string(max_rows=SHOWN_ROWS, max_colwidth=60, show_dimensions=len(table) > SHOWN_ROWS))


def _streams(sheet: sheets.Sheet, output: str) -> bool:
    """Whether the file can be written while it is read. What goes down a pipe cannot be put together at the end."""
    return hasattr(sheet, "widener") and (isinstance(sheet, Delimited) or output != sheets.PIPE)


def _plain(frame: pd.DataFrame, columns: list[str]) -> dict[str, type]:
    """Categories as what they are made of: each portion has some of them."""
    return {name: object for name in columns if isinstance(frame[name].dtype, pd.CategoricalDtype)}
