"""The first look at a delimited file, from end to end: what is wrong with it is known before anything costs."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import chain
from pathlib import Path

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.delimited import Delimited
from geopandas_batch.sheets.delimited.dialect import SAMPLE, Dialect, decimal_of, encoding_of, separator_of
from geopandas_batch.sheets.delimited.records import Block, blocks, opened, spans
from geopandas_batch.sheets.naming import BELOW

_SHOWN = 200  # records that are looked at for the decimal mark
_TOLD = 3  # lines that are named
_BLOCK = 1 << 20
# Encodings in which every text that was read is written as the same bytes; others are tried out.
_EXACT = re.compile(r"utf-(8|16|32).*|cp125\d|iso8859-\d+|ascii|mac-.*")
_PACKED = (b"PK\x03\x04", b"PAR1")  # how a workbook and a Parquet file begin
_GZIP = b"\x1f\x8b"


def scan(
    file: Path,
    *,
    usual: str = ",",
    header: int = 1,
    encoding: str | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    quotes: bool = True,
) -> Delimited:
    """Read a delimited file once.

    Parameters
    ----------
    file : Path
    usual : str
        The separator that such files mostly have.
    header : int
        The row that names the columns, from 1, or the first one after it that is not blank. 0: none does.
    encoding, separator, decimal : str, optional
        None: found out.
    quotes : bool
        False: quotes are letters.

    Raises
    ------
    SettingsError
        It is no table, or cannot be read or written back as it is.
    """
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise SettingsError(f"the separator is one letter such as , ; | or a tab, not {separator!r}")
    with file.open("rb") as stream:
        begins = stream.read(4)
        if begins.startswith(_GZIP):
            raise SettingsError(f"{file.name} is packed by gzip. Unpack it, and hand it over by a pipe as -")
        if begins in _PACKED:
            raise SettingsError(f"{file.name} is no text. A workbook? Pass --from xlsx, --from ods or --from parquet")
    name, mark = encoding_of(file, encoding)
    dialect = Dialect(name, mark, separator or usual, quotes, decimal or ".")
    try:
        with opened(file, dialect) as stream:
            sample = stream.read(SAMPLE)
            if separator is None:
                dialect = replace(dialect, separator=separator_of(sample, usual=usual, header=header))
            dialect = replace(dialect, line_end=_line_end(sample))
        if decimal is None:
            dialect = replace(dialect, decimal=_decimal(file, dialect))
        return _counted(file, dialect, header, told=separator is not None)
    except UnicodeError as error:
        place = f" (byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise SettingsError(f"{file.name} is not {name}{place}. Pass --encoding") from error


def _line_end(sample: str) -> str:
    match = re.search(r"\r\n|\n|\r", sample)
    return match[0] if match else "\n"


def _decimal(file: Path, dialect: Dialect) -> str:
    try:
        with opened(file, dialect) as stream:
            first = next(blocks(stream, dialect, _SHOWN), None)
    except csv.Error:  # told with its line when all is counted
        return "."
    return decimal_of(chain.from_iterable(first.records if first else ()), dialect.separator)


@dataclass(slots=True)
class _Count:
    """What was seen on the way."""

    header: int
    above: int = 0  # records before the header, so far
    names: list[str] = field(default_factory=list)
    rows: int = 0
    widest: int = 0
    lines: int = 0
    odd: list[int] = field(default_factory=list)  # the first lines whose records have another number of cells
    odds: int = 0
    longer: int = 0

    def add(self, block: Block) -> None:
        widths = set(map(len, block.records))
        if self.names and widths == {len(self.names)}:  # as it should be: nothing to look at one by one
            self.rows += len(block.records)
            self.widest = max(self.widest, len(self.names))
            self.lines += block.lines
            return
        for raw, record in zip(block.raws, block.records, strict=True):
            self._look(raw, record)

    def _look(self, raw: str, record: list[str]) -> None:
        line = self.lines + 1
        self.lines += _lines_of(raw)
        if self.above < self.header - 1:
            self.above += 1
            return
        if not record:
            return
        self.widest = max(self.widest, len(record))
        if not self.names:
            self.names = record
            self.rows += not self.header
            return
        self.rows += 1
        if len(record) != len(self.names):
            self.odds += 1
            self.longer += len(record) > len(self.names)
            if len(self.odd) < _TOLD:
                self.odd.append(line)

    @property
    def columns(self) -> list[str]:
        names = self.names if self.header else [f"#{place + 1}" for place in range(len(self.names))]
        return [*names, *([""] * (self.widest - len(names)))]


def _lines_of(raw: str) -> int:
    return max(1, raw.count("\n") or raw.count("\r"))


def _counted(file: Path, dialect: Dialect, header: int, *, told: bool) -> Delimited:
    """``told``: the user says what is between cells."""
    count = _Count(header)
    check = _EXACT.fullmatch(dialect.encoding) is None
    again = blake2b(dialect.mark)
    last = ""
    with opened(file, dialect) as stream:
        try:
            for block in blocks(stream, dialect):
                count.add(block)
                last = block.raws[-1]
                if check:
                    again.update("".join(block.raws).encode(dialect.encoding))
        except csv.Error as error:
            raise SettingsError(
                f"{file.name}, {error}. A quote that is opened and not closed? Mend it, or pass --no-quotes if quotes "
                "are letters in this file"
            ) from error
    if not count.names:
        raise SettingsError(f"{file.name} is empty" + (f" from row {header} on" if header > 1 else ""))
    if dialect.quoted and spans(last, dialect) is None:
        raise SettingsError(
            f"{file.name}, line {count.lines - _lines_of(last) + 1:,}: a quote is opened and never closed. Mend it, or "
            "pass --no-quotes if quotes are letters in this file"
        )
    if header and len(count.names) == 1 and count.longer and not told:
        raise SettingsError(
            f"{file.name} has one cell in its header and more in line {count.odd[0]:,}. Addresses with commas in them? "
            'Put each in quotes ("10 Downing Street, London"), or pass --separator tab to take lines as they are. If '
            "the names of columns are further down, pass --header-row"
        )
    if check and _digest(file).digest() != again.digest():
        raise SettingsError(f"{file.name} has bytes that {dialect.encoding} would write otherwise: pass --encoding")
    fingerprint = _digest(file)
    fingerprint.update(repr((dialect, header)).encode())
    notes = [str(dialect)]
    if header and len([name for name in count.names if name.strip()]) == 1 < count.widest:
        notes.append(f"the header has one cell: {BELOW}")
    if count.odds:
        lines = ", ".join(f"{number:,}" for number in count.odd) + (", …" if count.odds > _TOLD else "")
        first = "the header" if header else "the first"
        have = "row has" if count.odds == 1 else "rows have"
        notes.append(f"{count.odds:,} {have} more or fewer cells than {first}, from line {lines}: kept in line")
    return Delimited(file, dialect, header, count.columns, count.rows, fingerprint.hexdigest(), notes)


def _digest(file: Path) -> blake2b:
    digest = blake2b()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest
