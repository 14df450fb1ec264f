"""CSV and its kin as a stream of records. A record is kept as it was written: new cells go to its end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

import pandas as pd

from geopandas_batch.sheets.dialect import Dialect
from geopandas_batch.sheets.naming import place_of

if TYPE_CHECKING:
    from geopandas_batch.sheets.widening import Widener


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records: as they were written, how many cells each has, and the columns that were asked for."""

    raws: list[str]
    widths: list[int]  # 0 for a blank line, which is no row
    frame: pd.DataFrame


@dataclass(frozen=True)
class Delimited:
    """A delimited file that was read once from end to end, so that what is wrong with it is known before it costs."""

    file: Path
    dialect: Dialect
    headed: bool
    names: Sequence[str]  # one a column, as written; the widest record decides how many
    rows: int
    fingerprint: str
    notes: Sequence[str] = field(default=())

    def chunks(self, columns: Sequence[str], size: int, *, skip: int = 0) -> Iterator[Chunk]:
        """The records in portions of ``size`` rows, from row ``skip`` on; blank lines go with the rows before them."""
        places = [place_of(self.names, name) for name in columns]
        raws: list[str] = []
        widths: list[int] = []
        cells: list[list[str]] = []
        stream = self._records()
        if self.headed:
            next((record for _, record in stream if record), None)
        row = 0
        for raw, record in stream:
            row += bool(record)
            if skip and row <= skip:
                continue
            if record and len(cells) == size:
                yield Chunk(raws, widths, _frame(columns, cells))
                raws, widths, cells = [], [], []
            raws.append(raw)
            widths.append(len(record))
            if record:
                cells.append([record[place] if place < len(record) else "" for place in places])
        if raws:
            yield Chunk(raws, widths, _frame(columns, cells))

    def head(self) -> tuple[str, str]:
        """Blank lines before the header, and the header, as they were written; nothing where there is none."""
        before = ""
        for raw, record in self._records() if self.headed else ():
            if record:
                return before, raw
            before += raw
        return before, ""

    def widener(self, names: Sequence[str], *, replaced: Mapping[str, int], failures: bool = False) -> Widener:
        """What puts new cells to the records, of all rows or of those that failed."""
        from geopandas_batch.sheets.widening import Widener

        return Widener(self, names, replaced=replaced)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of all rows, as text."""
        parts = [chunk.frame for chunk in self.chunks(columns, 100_000)]
        return pd.concat(parts, ignore_index=True) if parts else _frame(columns, [])

    def _records(self) -> Iterator[tuple[str, list[str]]]:
        with opened(self.file, self.dialect) as stream:
            yield from records(stream, self.dialect)


def _frame(columns: Sequence[str], cells: list[list[str]]) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=list(columns), dtype=object)


@contextmanager
def opened(file: Path, dialect: Dialect) -> Iterator[TextIO]:
    """The text of the file after its mark, line ends as they are."""
    with file.open("rb") as binary:
        binary.seek(len(dialect.mark))
        with io.TextIOWrapper(binary, encoding=dialect.encoding, newline="") as text:
            yield text


def records(stream: TextIO, dialect: Dialect) -> Iterator[tuple[str, list[str]]]:
    """Each record as it was written, with its line end, and its cells; no cells for a blank line."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in stream:
            taken.append(line)
            yield line

    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE
    for cells in csv.reader(lines(), delimiter=dialect.separator, quoting=quoting):
        yield "".join(taken), cells
        taken.clear()


def spans(raw: str, dialect: Dialect) -> list[str] | None:
    """The cells of a record as they were written; None where a quote is not closed."""
    body, _ = split_end(raw)
    if not dialect.quoted:
        return body.split(dialect.separator)
    mark = re.escape(dialect.separator)
    cell = re.compile(f'(?:"(?:[^"]|"")*+"[^{mark}]*|(?!")[^{mark}]*)({mark}|$)', re.DOTALL)
    found: list[str] = []
    place = 0
    while match := cell.match(body, place):
        found.append(match[0].removesuffix(dialect.separator) if match[1] else match[0])
        place = match.end()
        if not match[1]:
            return found
    return None


def split_end(raw: str) -> tuple[str, str]:
    """A record without its line end, and the line end."""
    for end in ("\r\n", "\n", "\r"):
        if raw.endswith(end):
            return raw.removesuffix(end), end
    return raw, ""
