"""Rows that ask the same as others before them, in a file of text: answered from memory, ready to be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from geopandas_batch.cli.portions import PORTION
from geopandas_batch.cli.run import Run
from geopandas_batch.cli.summary import Kind
from geopandas_batch.progress import ProgressLike
from geopandas_batch.sheets.delimited import Asked, Chunk, Delimited, frame_of
from geopandas_batch.sheets.delimited.widening import NOTHING, New, Widener

KNOWN = 100_000  # answers that are kept in memory, twice over: at most some 100 MB
LONGEST = 1000  # letters of what was asked; longer ones are not kept


class Answered(NamedTuple):
    """What becomes of a row."""

    shown: New
    failing: New  # for the file of failures
    kind: Kind


class Known:
    """Answers by what was asked, so that a row that repeats is not taken through the whole house again.

    A file of millions of rows often has few addresses. Those that did not come up for long make room.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._young: dict[Asked, Answered] = {}
        self._old: dict[Asked, Answered] = {}

    def among(self, rows: list[Asked]) -> dict[Asked, Answered]:
        """Those of the rows."""
        found: dict[Asked, Answered] = {}
        for asked in set(rows):
            answer = self._young.get(asked)
            if answer is None and (answer := self._old.get(asked)) is not None:
                self.keep(asked, answer)
            if answer is not None:
                found[asked] = answer
        return found

    def keep(self, asked: Asked, answer: Answered) -> None:
        """One that will be the same next time."""
        if sum(map(len, asked)) <= LONGEST:
            if len(self._young) >= KNOWN:
                self._old, self._young = self._young, {}
            self._young[asked] = answer


class Portion:
    """Some rows, and which of them are known."""

    def __init__(self, chunk: Chunk, known: Known) -> None:
        """The known ones are looked up once: they may have made room when the others are answered."""
        self.chunk = chunk
        self.found = known.among(chunk.rows)
        found = self.found
        self.repeated = [found[asked].kind for asked in chunk.rows if asked in found] if found else []
        self.asked = [asked for asked in chunk.rows if asked not in found] if found else chunk.rows

    @property
    def count(self) -> int:
        """Records, by which the next portion is found."""
        return self.chunk.count

    @property
    def answers(self) -> list[Answered]:
        """One a row, as soon as all are found."""
        return [self.found[asked] for asked in self.chunk.rows]

    def kinds(self) -> Counter[Kind]:
        """Rows by what became of them."""
        return Counter([answer.kind for answer in self.answers])


class Repeats:
    """The portions of a delimited file, of which only what is not known yet is asked."""

    def __init__(self, run: Run, sheet: Delimited, wideners: Sequence[Widener]) -> None:
        """A widener for each file that is written."""
        self.run, self.sheet, self.wideners = run, sheet, wideners
        self.known = Known()

    def portions(self, done: int) -> Iterator[tuple[Portion, pd.DataFrame]]:
        """Each with the rows to ask, from the record ``done`` on."""
        columns = self.run.task.columns
        for chunk in self.sheet.chunks(columns, PORTION, skip=done):
            portion = Portion(chunk, self.known)
            yield portion, frame_of(columns, portion.asked)

    async def ask(self, frame: pd.DataFrame, progress: ProgressLike) -> pd.DataFrame:
        """The rows with their answers; where all are known, there is nothing to ask."""
        return await self.run.ask(frame, progress) if len(frame) else frame

    def contents(self, portion: Portion, frame: pd.DataFrame) -> list[bytes]:
        """What is written of a portion when its rows are answered."""
        self._take(portion, frame)
        answers = portion.answers
        contents = [self.wideners[0].rows(portion.chunk, [answer.shown for answer in answers])]
        if len(self.wideners) > 1:
            wanted = [answer.kind[0] != "located" for answer in answers]
            contents.append(self.wideners[1].rows(portion.chunk, [answer.failing for answer in answers], wanted))
        return contents

    def _take(self, portion: Portion, frame: pd.DataFrame) -> None:
        """The answers of rows that were asked: each made ready once, however many rows have it."""
        if not portion.asked:
            return
        rows = dict(zip(reversed(portion.asked), range(len(frame) - 1, -1, -1), strict=True))
        different = frame.iloc[list(rows.values())]
        shown, *failing = (widener.cells(different) for widener in self.wideners)
        for place, (asked, kind) in enumerate(zip(rows, self.run.kinds(different), strict=True)):
            why = failing[0][place] if failing and kind[0] != "located" else NOTHING
            portion.found[asked] = answer = Answered(shown[place], why, kind)
            if kind[0] != "skipped" and not (kind[0] == "failed" and self.run.task.again):
                self.known.keep(asked, answer)
