"""Rows that ask the same as others before them, in a file of columns: their answers are taken from a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import sheets
from geopandas_batch.cli.portions import PORTION
from geopandas_batch.cli.run import SAID, Run
from geopandas_batch.cli.summary import Kind
from geopandas_batch.progress import ProgressLike

KNOWN = 250_000  # answers that are kept in memory, some 100 MB with all details; then others make room

Places: TypeAlias = NDArray[np.intp]


class Portion:
    """Some rows, and where the answers of those that are known stand in the table of what was known."""

    def __init__(self, chunk: Any, asked: list[tuple[Any, ...]], places: Places, known: pd.DataFrame) -> None:
        """``places``: -1 for a row that is to be asked."""
        self.chunk, self.asked, self.places = chunk, asked, places
        self.known = known.take(places[places >= 0])
        self.repeated: Sequence[Kind] = ()
        self.found: list[Kind] = []

    @property
    def count(self) -> int:
        """Rows."""
        return int(self.chunk.count)

    def kinds(self) -> Counter[Kind]:
        """Rows by what became of them."""
        return Counter(self.found)

    def whole(self, answers: pd.DataFrame) -> pd.DataFrame:
        """An answer for each row, in their order."""
        if not len(self.known):
            return answers
        order = np.argsort(np.argsort(self.places < 0, kind="stable"), kind="stable")  # the known ones, then the asked
        return pd.concat([self.known, answers], ignore_index=True).take(order)


class Recall:
    """The portions of any file, of which only what is not known yet is asked."""

    def __init__(self, run: Run, sheet: sheets.Streamed, wideners: Sequence[sheets.Widening]) -> None:
        """A widener for each file that is written."""
        self.run, self.sheet, self.wideners = run, sheet, wideners
        said = [run.task.prefix + name for name in SAID]
        self.names = list(dict.fromkeys([*run.task.shown, *run.task.failing, *said]))
        self._places: dict[tuple[Any, ...], int] = {}
        self._table = pd.DataFrame(columns=self.names)

    def portions(self, done: int) -> Iterator[tuple[Portion, pd.DataFrame]]:
        """Each with the rows to ask."""
        for chunk in self.sheet.chunks(self.run.task.columns, PORTION, skip=done):
            asked = list(zip(*(chunk.frame[name].tolist() for name in chunk.frame), strict=True))
            try:
                places = np.fromiter((self._places.get(row, -1) for row in asked), np.intp)
            except TypeError:  # cells that are no text, of which `locate` will tell
                places = np.full(len(asked), -1, np.intp)
            yield Portion(chunk, asked, places, self._table), chunk.frame[places < 0]

    async def ask(self, frame: pd.DataFrame, progress: ProgressLike) -> pd.DataFrame:
        """The rows with their answers; where all are known, there is nothing to ask."""
        return await self.run.ask(frame, progress) if len(frame) or not self.sheet.rows else frame

    def contents(self, portion: Portion, frame: pd.DataFrame) -> list[bytes]:
        """What is written of a portion."""
        portion.repeated = self.run.kinds(portion.known) if len(portion.known) else ()
        if len(frame):
            self._keep(portion, frame)
        whole = portion.whole(frame[self.names]) if len(frame) or not portion.count else portion.known
        portion.found = self.run.kinds(whole)
        contents = [self.wideners[0].rows(portion.chunk, whole)]
        if len(self.wideners) > 1:
            wanted = [kind[0] != "located" for kind in portion.found]
            contents.append(self.wideners[1].rows(portion.chunk, whole, wanted))
        return contents

    def _keep(self, portion: Portion, frame: pd.DataFrame) -> None:
        """The answers that will be the same next time."""
        if len(self._places) >= KNOWN:
            self._places, self._table = {}, pd.DataFrame(columns=self.names)
        asked = [row for row, place in zip(portion.asked, portion.places.tolist(), strict=True) if place < 0]
        fresh: list[int] = []
        for place, (row, kind) in enumerate(zip(asked, self.run.kinds(frame), strict=True)):
            again = kind[0] == "skipped" or (kind[0] == "failed" and self.run.task.again)
            if row not in self._places and not again:
                self._places[row] = len(self._table) + len(fresh)
                fresh.append(place)
        new = frame[self.names].take(fresh)
        self._table = pd.concat([self._table, new], ignore_index=True) if len(self._table) else new
