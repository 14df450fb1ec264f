"""A file into one of its own kind: read, asked, written and committed portion by portion."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pandas as pd

from geopandas_batch import loop, sheets
from geopandas_batch.cli.portions import PORTION, answered
from geopandas_batch.cli.repeats import Repeats
from geopandas_batch.cli.run import Run
from geopandas_batch.cli.summary import Kind, Summary
from geopandas_batch.progress import ProgressLike
from geopandas_batch.sheets.delimited import Delimited
from geopandas_batch.sheets.draft import Draft

OFTEN = 1.0  # seconds between two commits of rows that cost nothing

Write: TypeAlias = Callable[[int, bytes], None]
Commit: TypeAlias = Callable[[dict[str, Any]], None]


class Portion(Protocol):
    """Some rows of a file."""

    repeated: Sequence[Kind]  # rows that were known before

    @property
    def count(self) -> int:
        """By which the next one is found."""

    def kinds(self) -> Counter[Kind]:
        """Rows by what became of them."""


class Passage(Protocol):
    """The rows of a file in portions."""

    def portions(self, done: int) -> Iterator[tuple[Any, pd.DataFrame]]:
        """Each with the rows to ask."""

    async def ask(self, frame: pd.DataFrame, progress: ProgressLike) -> pd.DataFrame:
        """The rows with their answers."""

    def contents(self, portion: Any, frame: pd.DataFrame) -> list[bytes]:
        """What is written of a portion when its rows are answered."""


class Fresh:
    """A portion of which each row is asked."""

    repeated: Sequence[Kind] = ()

    def __init__(self, chunk: Any) -> None:
        """Of a sheet."""
        self.chunk = chunk
        self.found: list[Kind] = []

    @property
    def count(self) -> int:
        """Rows."""
        return int(self.chunk.count)

    def kinds(self) -> Counter[Kind]:
        """Rows by what became of them."""
        return Counter(self.found)


class Plain:
    """The portions of any file, asked as they come."""

    def __init__(self, run: Run, sheet: sheets.Streamed, wideners: Sequence[sheets.Widening]) -> None:
        """A widener for each file that is written."""
        self.run, self.sheet, self.wideners = run, sheet, wideners

    def portions(self, done: int) -> Iterator[tuple[Fresh, pd.DataFrame]]:
        """Each with its rows."""
        for chunk in self.sheet.chunks(self.run.task.columns, PORTION, skip=done):
            yield Fresh(chunk), chunk.frame

    async def ask(self, frame: pd.DataFrame, progress: ProgressLike) -> pd.DataFrame:
        """The rows with their answers."""
        return await self.run.ask(frame, progress)

    def contents(self, portion: Fresh, frame: pd.DataFrame) -> list[bytes]:
        """What is written of a portion."""
        portion.found = self.run.kinds(frame)
        contents = [self.wideners[0].rows(portion.chunk, frame)]
        if len(self.wideners) > 1:
            wanted = [kind[0] != "located" for kind in portion.found]
            contents.append(self.wideners[1].rows(portion.chunk, frame, wanted))
        return contents


async def flow(run: Run, passage: Passage, rows: int, done: int, write: Write, commit: Commit) -> None:
    """Take ``rows`` rows through, from ``done`` on."""
    committed = time.monotonic()
    with run.bar(rows) as bar:
        async for portion, frame in answered(passage.portions(done), passage.ask, bar, ahead=run.ahead):
            for number, content in enumerate(passage.contents(portion, frame)):
                write(number, content)
            run.count(frame, portion.kinds())
            for (status, *_), count in Counter(portion.repeated).items():
                known = status in ("located", "not_found")
                run.summary.cached += count * known
                bar.advance(count, "cached" if known else status)
            done += portion.count
            if len(frame) or time.monotonic() > committed + OFTEN:
                commit({**run.summary.state(), "done": done})
                committed = time.monotonic()


def in_stream(run: Run, sheet: sheets.Streamed) -> None:
    """The file with its answers, and the file of failures; both are there when all is done, or neither."""
    task, target = run.task, run.target
    names = [task.shown, *([task.failing] if target.failures else [])]
    wideners = [
        sheet.widener(each, replaced={name: run.replaced[name] for name in each if name in run.replaced}, failures=bad)
        for each, bad in zip(names, (False, True), strict=False)
    ]
    files = [Path(name) for name in (target.output, target.failures) if name and name != sheets.PIPE]
    piped = len(wideners) - len(files)

    def through(done: int, write: Write, commit: Commit) -> None:
        passage = Repeats(run, sheet, wideners) if isinstance(sheet, Delimited) else Plain(run, sheet, wideners)
        if not done:
            for number, widener in enumerate(wideners):
                write(number, widener.head())
        loop.run(flow(run, passage, sheet.rows - run.summary.rows, done, write, commit))

    if not files:
        through(0, lambda number, content: _to_pipe(content), lambda state: None)
    else:
        fingerprint = blake2b(repr((sheet.fingerprint, names, task.says, run.replaced, "done")).encode()).hexdigest()
        with Draft(files, fingerprint) as draft:

            def write(number: int, content: bytes) -> None:
                _to_pipe(content) if number < piped else draft.write(number - piped, content)

            def commit(state: dict[str, Any]) -> None:
                if not piped:  # what went down a pipe cannot be gone on with
                    draft.commit(state)
                    run.kept = str(draft.parts[0])

            done = 0
            if draft.state and not piped:
                done = draft.state.pop("done")
                run.summary = Summary.of_state(draft.state)
                run.kept = str(draft.parts[0])
                run.notes.append(f"{run.summary.rows:,} rows were done before")
            through(done, write, commit)
            draft.finish([widener.finish for widener in wideners[piped:]])
    if lost := set[str]().union(*(widener.lost for widener in wideners)):
        letters = " ".join(sorted(lost)[:20]) + (" …" if len(lost) > 20 else "")
        run.notes.append(f"letters of answers that {wideners[0].encoding} does not have are written as ?: {letters}")


def _to_pipe(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
