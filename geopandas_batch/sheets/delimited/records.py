"""The records of a delimited file, as they were written and as they are read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Literal, TextIO

from geopandas_batch.sheets.delimited.dialect import Dialect

BLOCK = 4096  # lines read at a time


@dataclass(frozen=True, slots=True)
class Block:
    """Some records: as they were written, each with its line end; their cells, none for a blank line."""

    raws: list[str]
    records: list[list[str]]
    lines: int  # of the file; a record may have several


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
    body = raw.removesuffix("\n").removesuffix("\r")
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
