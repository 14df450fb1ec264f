"""CSV and its kin as a stream of records. A record is kept as it was written: new cells go to its end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

import pandas as pd

from geopandas_batch.sheets.dialect import Dialect
from geopandas_batch.sheets.naming import place_of

if TYPE_CHECKING:
    from geopandas_batch.sheets.widening import Widener

BLOCK = 4096  # lines read at a time

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


@dataclass(frozen=True, slots=True)
class Block:
    """Some records: as they were written, each with its line end; their cells, none for a blank line."""

    raws: list[str]
    records: list[list[str]]
    lines: int  # of the file; a record may have several


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
        from geopandas_batch.sheets.widening import Widener

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


@contextmanager
def opened(file: Path, dialect: Dialect) -> Iterator[TextIO]:
    """The text of the file after its mark, line ends as they are."""
    with file.open("rb") as binary:
        binary.seek(len(dialect.mark))
        with io.TextIOWrapper(binary, encoding=dialect.encoding, newline="") as text:
            yield text


def blocks(stream: TextIO, dialect: Dialect, size: int = BLOCK) -> Iterator[Block]:
    """The records of a file, some ``size`` lines at a time; a record that goes on behind them is taken whole.

    Raises
    ------
    csv.Error
        It cannot be read; the text says in which line.
    """
    before = 0
    while lines := list(islice(stream, size)):
        raws, records = _read(lines, stream, dialect, before)
        before += len(lines)
        yield Block(raws, records, len(lines))


def _read(lines: list[str], stream: TextIO, dialect: Dialect, before: int) -> tuple[list[str], list[list[str]]]:
    """The records in some lines. Lines that the last record goes on with are added to these."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE
    count, ends = len(lines), [0]
    if not dialect.quoted or spans(lines[-1], dialect) is not None:
        with suppress(csv.Error):
            records = list(csv.reader(lines, delimiter=dialect.separator, quoting=quoting))
            if len(records) == count:  # a record a line, and the last one is whole: as most blocks are
                return lines, records
    records = []
    reader = csv.reader(chain(tuple(lines), _added(stream, lines)), delimiter=dialect.separator, quoting=quoting)
    try:
        for record in reader:
            records.append(record)
            ends.append(reader.line_num)
            if ends[-1] >= count:
                break
    except csv.Error as error:
        raise csv.Error(f"line {before + ends[-1] + 1:,}: {error}") from error
    if len(records) == len(lines):
        return lines, records
    return ["".join(lines[start:end]) for start, end in pairwise(ends)], records


def _added(stream: TextIO, lines: list[str]) -> Iterator[str]:
    for line in stream:
        lines.append(line)
        yield line


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
