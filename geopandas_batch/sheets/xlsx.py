"""Excel workbooks: new cells go into the rows of one sheet; every other part of the file stays as it is.

A library that reads a workbook and writes it again loses what it does not know: charts, pictures, pivot tables, form
controls, the values of formulas. So values are read with openpyxl, and new cells are written into the sheet's XML
(ECMA-376, part 1, 18.3).
"""

from __future__ import annotations

import datetime
import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.naming import listed, place_of
from geopandas_batch.sheets.splicing import rewritten
from geopandas_batch.sheets.xlsx_parts import Formulas, RowWriter, Styles

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_LINKS = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


@dataclass(frozen=True)
class Worksheet:
    """One sheet of a workbook."""

    file: Path
    title: str
    names: Sequence[str]
    numbers: Sequence[int]  # of the rows that hold something, as Excel counts
    header: int  # its row; 0 where there is none
    columns: Sequence[Sequence[str]]
    notes: Sequence[str]
    uncomputed: Collection[int]  # columns, from 1, with formulas that have no value

    @property
    def rows(self) -> int:
        """Rows that hold something, the header aside."""
        return len(self.numbers)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns as text; numbers as the sheet shows their zeros."""
        places = [place_of(self.names, name) for name in columns]
        if unknown := [self.names[place] for place in places if place + 1 in self.uncomputed]:
            raise SettingsError(
                f"{', '.join(map(repr, unknown))} in {self.file.name} has formulas that no program has computed yet. "
                "Open the file in Excel or LibreOffice and save it, then run this again"
            )
        return pd.DataFrame(dict(zip(columns, (self.columns[place] for place in places), strict=True)), dtype=object)

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """The workbook with new columns, beside the last one that holds something."""
        places: dict[str, int] = dict(replaced)
        for name in new.columns:
            places.setdefault(name, len(self.names) + len(set(places) - set(replaced)))
        if max(places.values(), default=0) >= _LAST_COLUMN:
            raise SettingsError(f"{self.file.name}: there is no room for more columns")
        values = {number: tuple(row) for number, row in zip(self.numbers, new.itertuples(index=False), strict=True)}
        if self.header:
            values[self.header] = tuple(str(name) for name in new.columns)
        part, styles_part = _parts(self.file, self.title)
        with zipfile.ZipFile(self.file) as book:
            styles = Styles(book.read(styles_part) if styles_part else b"")
        writer = RowWriter(values, [places[name] + 1 for name in new.columns], self.header, styles)

        def restyle(source: IO[bytes], sink: IO[bytes]) -> None:
            sink.write(styles.content())

        rewritten(self.file, target, {part: writer.run, **({styles_part: restyle} if styles_part else {})})
        return ()


def read(file: Path, *, kind: str, sheet: str | None, headed: bool) -> Worksheet:
    """One sheet of a workbook."""
    try:
        import openpyxl  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise SettingsError("workbooks need openpyxl: pip install 'geopandas-batch[sheets]'") from error
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SettingsError(
            f"{file.name} is not an XLSX workbook, or has a password: open it in Excel and save it as XLSX without one"
        ) from error
    try:
        titles = [each.title for each in book.worksheets]
        if sheet is not None and sheet not in titles:
            raise SettingsError(f"{file.name} has no sheet {sheet!r}. Its sheets are {', '.join(map(repr, titles))}.")
        chosen = book[sheet] if sheet else (book.active if book.active in book.worksheets else book.worksheets[0])
        return _read(file, chosen, headed, titles)
    finally:
        book.close()


def _read(file: Path, sheet: Any, headed: bool, titles: Sequence[str]) -> Worksheet:
    sheet.reset_dimensions()  # some programs write wrong ones
    width = 0
    rows: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(sheet.rows, 1):
        texts = [_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            width = max(width, len(texts))
            rows.append((number, texts))
    if not rows:
        raise SettingsError(f"the sheet {sheet.title!r} of {file.name} is empty. {_others(titles)}")
    header = rows.pop(0) if headed else (0, [f"#{place + 1}" for place in range(width)])
    names = header[1] + [""] * (width - len(header[1]))
    columns: list[list[str]] = [[] for _ in names]
    for _, texts in rows:
        for place, column in enumerate(columns):
            column.append(texts[place] if place < len(texts) else "")
    notes = [f"sheet {sheet.title!r}", f"columns {listed(names)}" if len(names) <= 12 else f"{len(names)} columns"]
    if len(titles) > 1:
        notes.append(_others(titles))
    formulas = Formulas()
    with zipfile.ZipFile(file) as book, book.open(_parts(file, sheet.title)[0]) as content:
        formulas.run(content)
    numbers = [number for number, _ in rows]
    return Worksheet(file, sheet.title, names, numbers, header[0], columns, notes, formulas.columns)


def _others(titles: Sequence[str]) -> str:
    return f"Its sheets are {', '.join(map(repr, titles))} (--sheet)"


def _text(cell: Any) -> str:
    """A cell as a person reads it there: the zeros before a postcode are in its format."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            value = int(value)
        zeros = re.match(r"0+", str(cell.number_format))
        return str(value).zfill(len(zeros[0])) if zeros and isinstance(value, int) else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def _parts(file: Path, title: str) -> tuple[str, str]:
    """The members of the zip that hold the sheet and the styles."""
    with zipfile.ZipFile(file) as book:
        links = _links(book, "", "")
        main = next(target for kind, target in links.values() if kind.endswith("/officeDocument"))
        folder, name = posixpath.split(main)
        links = _links(book, folder, name)
        root = ElementTree.fromstring(book.read(main))  # noqa: S314 - openpyxl has read it by then
        for sheet in [*root.iter(f"{_MAIN}sheet"), *root.iter(f"{_STRICT}sheet")]:
            if sheet.get("name") == title:
                link = next(sheet.attrib[name] for name in _LINKS if name in sheet.attrib)
                styles = next((target for kind, target in links.values() if kind.endswith("/styles")), "")
                return links[link][1], styles
    raise SettingsError(f"{file.name} does not say where its sheet {title!r} is")


def _links(book: zipfile.ZipFile, folder: str, name: str) -> dict[str, tuple[str, str]]:
    """Relations of a part by id: kind and target."""
    root = ElementTree.fromstring(book.read(posixpath.join(folder, "_rels", f"{name}.rels")))  # noqa: S314
    return {
        each.attrib["Id"]: (
            each.attrib["Type"],
            posixpath.normpath(posixpath.join("/", folder, each.attrib["Target"])).lstrip("/"),
        )
        for each in root
    }


def write(table: pd.DataFrame, target: Path, *, kind: str) -> Sequence[str]:
    """A table as a new workbook: text stays text, whatever it looks like."""
    try:
        import openpyxl
        from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise SettingsError("workbooks need openpyxl: pip install 'geopandas-batch[sheets]'") from error
    if len(table) >= _LAST_ROW:
        raise SettingsError(f"a sheet of Excel has {_LAST_ROW:,} rows, this table more: write CSV or Parquet")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("located")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return None if value is None or value != value else value
        made = WriteOnlyCell(sheet, openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value))
        made.data_type = "s"  # never "f": a text that starts with = is a text
        return made

    sheet.append([cell(str(name)) for name in table.columns])
    for row in table.itertuples(index=False, name=None):
        sheet.append([cell(value) for value in row])
    book.save(target)
    return ()
