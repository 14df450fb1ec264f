"""Excel workbooks: new cells go into the rows of one sheet; every other part of the file stays as it is.

A library that reads a workbook and writes it again loses what it does not know: charts, pictures, pivot tables, form
controls, the values of formulas. So new cells are written into the sheet's XML, which streams by, and so does what is
read; openpyxl knows the formats of numbers, and makes new workbooks. It reads at 15 µs a cell and keeps them all.
"""

from __future__ import annotations

import zipfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.markup import counted
from geopandas_batch.sheets.cells import held
from geopandas_batch.sheets.naming import BELOW, check_formulas, listed, place_of, placed
from geopandas_batch.sheets.splicing import rewritten, several, unmerged
from geopandas_batch.sheets.xlsx.book import Book
from geopandas_batch.sheets.xlsx.cells import Cells
from geopandas_batch.sheets.xlsx.rows import RowWriter
from geopandas_batch.sheets.xlsx.styles import Styles

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_LONGEST = 32_767  # letters in a cell


@dataclass(frozen=True)
class Worksheet:
    """One sheet of a workbook. Its cells are read when they are asked for, and by column."""

    book: Book
    title: str
    cells: Cells
    names: Sequence[str]
    numbers: Sequence[int]  # of the rows that hold something, as Excel counts
    header: int  # its row; 0 where there is none
    notes: Sequence[str]

    @property
    def rows(self) -> int:
        """Rows that hold something, the header aside."""
        return len(self.numbers)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns as text; numbers as the sheet shows their zeros, what is merged over rows in each of them."""
        places = [place_of(self.names, name) + 1 for name in columns]
        self._check_computed(places)
        found: dict[int, list[str]] = {place: [] for place in places}
        wanted = iter(self.numbers)
        number = next(wanted, None)
        over: dict[int, tuple[str, int]] = {}  # what was merged last in a column, and the last row of it
        for row, texts in self.cells.rows(found):
            if row > self.header:
                over.update((place, (texts.get(place, ""), end)) for place, end in self.cells.tall.get(row, {}).items())
            if row == number:
                for place, column in found.items():
                    text, end = over.get(place, ("", 0))
                    column.append(texts.get(place) or (text if row <= end else ""))
                number = next(wanted, None)
        return pd.DataFrame(dict(zip(columns, (found[place] for place in places), strict=True)), dtype=object)

    def check_values(self) -> None:
        """Refuse a sheet whose cells cannot all be read, before anything is asked."""
        advice = ". Only to XLSX, and without --failures, columns that are not asked may have them"
        self._check_computed(range(1, len(self.names) + 1), advice)

    def _check_computed(self, places: Iterable[int], advice: str = "") -> None:
        if unknown := [self.names[place - 1] for place in places if place in self.cells.uncomputed]:
            raise SettingsError(
                f"{listed(unknown)} in {self.book.file.name} has formulas that no program has computed yet. Open the "
                f"file in Excel or LibreOffice and save it, then run this again{advice}"
            )

    def check(self, names: Sequence[str], replaced: Mapping[str, int]) -> None:
        """Refuse columns that could not be written, before anything is asked."""
        check_formulas(self.book.file.name, names, replaced, {number - 1 for number in self.cells.formulas})
        if len(self.names) + len(set(names) - set(replaced)) > _LAST_COLUMN:
            raise SettingsError(f"{self.book.file.name}: there is no room for more columns")

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """The workbook with new columns, beside the last one that holds something."""

        def values() -> Iterator[tuple[int, Sequence[Any]]]:
            if self.header:
                yield self.header, [str(name) for name in new.columns]
            yield from zip(self.numbers, new.itertuples(index=False, name=None), strict=True)

        part, styles_part = self.cells.part, self.book.styles
        with zipfile.ZipFile(self.book.file) as archive:
            styles = Styles(archive.read(styles_part) if styles_part else b"")
        columns = [place + 1 for place in placed(list(new.columns), replaced, len(self.names))]
        writer = RowWriter(values(), columns, self.header, styles, len(self.names), self._shown(new, replaced))

        def restyle(source: IO[bytes], sink: IO[bytes]) -> None:
            sink.write(styles.content())

        rewritten(self.book.file, target, {part: writer.run, **({styles_part: restyle} if styles_part else {})})
        return unmerged(writer.parted)

    def _shown(self, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[int]:
        """The rows with something in columns that are new."""
        added = new[[name for name in new.columns if name not in replaced]]
        if added.empty:
            return []
        there = (added.notna() & (added != "")).any(axis=1).to_numpy(bool)
        return [*([self.header] if self.header else []), *np.array(self.numbers)[there].tolist()]


def read(file: Path, *, kind: str, sheet: str | None, header: int) -> Worksheet:
    """One sheet of a workbook: which rows hold something, and how columns are called."""
    _library()
    book = Book(file)
    title = book.first if sheet is None else sheet
    others = f"Its sheets are {', '.join(map(repr, book.parts))}"
    if title not in book.parts:
        raise SettingsError(f"{file.name} has no sheet {title!r}. {others}.")
    cells = Cells(book, title)
    width, named, first, numbers = 0, 0, dict[int, str](), array("L")
    for number, texts in cells.rows():
        if number < header:
            continue
        width = max(width, *texts)
        if header and not named:
            named, first = number, texts
        else:
            numbers.append(number)
    if not width:
        raise SettingsError(f"the sheet {title!r} of {file.name} is empty. {others} (--sheet)")
    names = [first.get(place, "") if header else f"#{place}" for place in range(1, width + 1)]
    notes = [f"sheet {title!r}", f"columns {listed(names)}" if len(names) <= 12 else f"{len(names)} columns"]
    if len(first) == 1 < width:
        notes.append(f"row {named} has one cell: {BELOW}")
    if len(book.parts) > 1:
        notes.append(f"{others[0].lower()}{others[1:]} (--sheet)")
    tall = [end > row for row, columns in cells.tall.items() if row > named for end in columns.values()]
    notes += several(sum(tall))
    return Worksheet(book, title, cells, names, numbers, named, notes)


def _library() -> Any:
    try:
        import openpyxl  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise SettingsError('workbooks need openpyxl: pip install "geopandas-batch[sheets]"') from error
    return openpyxl


def write(table: pd.DataFrame, target: Path, *, kind: str) -> Sequence[str]:
    """A table as a new workbook: text stays text, whatever it looks like."""
    openpyxl = _library()
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped, unused-ignore]

    if len(table) >= _LAST_ROW:
        raise SettingsError(f"a sheet of Excel has {_LAST_ROW:,} rows, this table more: write CSV or Parquet")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("located")
    sheet.freeze_panes = "A2"
    cut = 0

    def cell(value: Any) -> Any:
        nonlocal cut
        value = held(value)
        if not isinstance(value, str):
            return value
        cut += len(value) > _LONGEST
        made = WriteOnlyCell(sheet, openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value))
        made.data_type = "s"  # never "f": a text that starts with = is a text
        return made

    sheet.append([cell(str(name)) for name in table.columns])
    for row in table.itertuples(index=False, name=None):
        sheet.append([cell(value) for value in row])
    book.save(target)
    long = f"{counted(cut, 'cell was', 'cells were')} longer than the {_LONGEST:,} letters that Excel holds, and cut"
    return [long] if cut else ()
