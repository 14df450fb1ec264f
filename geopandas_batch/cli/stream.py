"""A file into one of its own kind: read, asked, written and committed portion by portion."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import pandas as pd

from geopandas_batch import loop, sheets
from geopandas_batch.cli.portions import answered
from geopandas_batch.cli.recall import Recall
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


async def flow(run: Run, passage: Passage, rows: int, done: int, write: Write, commit: Commit) -> None:
    """Take ``rows`` rows through, from ``done`` on."""
    committed = time.monotonic()
    with run.bar(rows) as bar:
        async for portion, frame in answered(passage.portions(done), passage.ask, bar, ahead=run.ahead):
            run.unchanged()
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
        passage = (Repeats if isinstance(sheet, Delimited) else Recall)(run, cast(Any, sheet), cast(Any, wideners))
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
            run.unchanged()
            target.check_free()
            draft.finish([widener.finish for widener in wideners[piped:]])
    if lost := set[str]().union(*(widener.lost for widener in wideners)):
        letters = " ".join(sorted(lost)[:20]) + (" …" if len(lost) > 20 else "")
        run.notes.append(f"letters of answers that {wideners[0].encoding} does not have are written as ?: {letters}")


def _to_pipe(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
