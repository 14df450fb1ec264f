"""CSV and its kin as a stream of records. A record is kept as it was written: new cells go to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeAlias

import pandas as pd

from geopandas_batch.sheets.delimited.dialect import Dialect
from geopandas_batch.sheets.delimited.records import BLOCK, Block, blocks, opened
from geopandas_batch.sheets.delimited.widening import Widener
from geopandas_batch.sheets.naming import place_of

Asked: TypeAlias = tuple[str, ...]  # the cells of a row that were asked for


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records: as they were written, how many cells each has, and for each row the cells that were asked for."""

    raws: list[str]
    widths: list[int]  # 0 for a blank line, which is no row
    rows: list[Asked]

    @property
    def count(self) -> int:
        """Records, by which the next chunk is found."""
        return len(self.raws)


@dataclass(frozen=True)
class Delimited:
    """A delimited file that was read once from end to end, so that what is wrong with it is known before it costs."""

    file: Path
    dialect: Dialect
    header: int  # the row with the names of the columns, from 1; 0 where there is none
    names: Sequence[str]  # one a column, as written; the widest record decides how many
    rows: int
    fingerprint: str
    notes: Sequence[str] = field(default=())

    def chunks(self, columns: Sequence[str], size: int = BLOCK, *, skip: int = 0) -> Iterator[Chunk]:
        """The records after the header in portions of about ``size``, the first ``skip`` of them left out."""
        places = [place_of(self.names, name) for name in columns]
        for block in self._body(size):
            raws, records = block.raws, block.records
            if skip:
                raws, records, skip = raws[skip:], records[skip:], max(0, skip - len(raws))
            if raws:
                widths = list(map(len, records))
                yield Chunk(raws, widths, _chosen(records, widths, places))

    def head(self) -> tuple[str, str]:
        """What comes before the header, and the header, as they were written; nothing where there is none."""
        with opened(self.file, self.dialect) as stream:
            return self._head(stream) if self.header else ("", "")

    def _head(self, stream: TextIO) -> tuple[str, str]:
        before = ""
        for row, block in enumerate(blocks(stream, self.dialect, 1), 1):
            if row >= self.header and block.records[0]:
                return before, block.raws[0]
            before += block.raws[0]
        return before, ""

    def widener(self, names: Sequence[str], *, replaced: Mapping[str, int], failures: bool = False) -> Widener:
        """What puts new cells to the records, of all rows or of those that failed."""
        return Widener(self, names, replaced=replaced)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of all rows, as text."""
        return frame_of(columns, [row for chunk in self.chunks(columns) for row in chunk.rows])

    def _body(self, size: int) -> Iterator[Block]:
        with opened(self.file, self.dialect) as stream:
            if self.header:
                self._head(stream)
            yield from blocks(stream, self.dialect, size)


def frame_of(columns: Sequence[str], rows: Sequence[Asked]) -> pd.DataFrame:
    """Rows of text as a frame."""
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame({name: list(column) for name, column in zip(columns, cells, strict=True)}, dtype=object)


def _chosen(records: list[list[str]], widths: list[int], places: Sequence[int]) -> list[Asked]:
    """Some cells of each record that is a row; a short one has blanks at its end."""
    if not all(widths):
        records = [record for record in records if record]
    if not places:
        return [()] * len(records)
    if min(filter(None, widths), default=0) > max(places):
        return list(zip(*([record[place] for record in records] for place in places), strict=True))
    return [tuple(record[place] if place < len(record) else "" for place in places) for record in records]
