"""OpenDocument spreadsheets: new cells go into the rows of one sheet; every other byte of the file stays."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.naming import BELOW, check_formulas, listed, place_of, placed
from geopandas_batch.sheets.ods.cells import Reader
from geopandas_batch.sheets.ods.parts import TableWriter, cell
from geopandas_batch.sheets.splicing import rewritten, several, unmerged

_CONTENT = "content.xml"


@dataclass(frozen=True)
class OpenSheet:
    """One sheet of an OpenDocument spreadsheet."""

    file: Path
    title: str
    names: Sequence[str]
    places: Sequence[tuple[int, int]]  # of each written row with content: which it is, and the rows that it stands for
    header: int
    columns: Sequence[Sequence[str]]
    styles: Mapping[str, bytes]
    formulas: Collection[int]  # columns
    notes: Sequence[str]

    @property
    def rows(self) -> int:
        """Rows that hold something, the header aside."""
        return len(self.columns[0]) if self.columns else 0

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns as the sheet shows them."""
        return pd.DataFrame({name: self.columns[place_of(self.names, name)] for name in columns}, dtype=object)

    def check(self, names: Sequence[str], replaced: Mapping[str, int]) -> None:
        """Refuse columns that could not be written, before anything is asked."""
        check_formulas(self.file.name, names, replaced, self.formulas)

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """The spreadsheet with new columns, beside the last one that holds something."""
        rows = iter(new.itertuples(index=False, name=None))
        values: dict[int, tuple[object, ...]] = {}
        for order, (place, repeat) in enumerate(self.places):
            if order == 0 and self.header:
                values[place] = tuple(str(name) for name in new.columns)
                repeat -= 1
            for _ in range(repeat):  # rows that are written once are equal, and so are their answers
                values.setdefault(place, next(rows))
        columns = placed(list(new.columns), replaced, len(self.names))
        writer = TableWriter(self.title, values, columns, self.styles, len(self.names))
        rewritten(self.file, target, {_CONTENT: writer.run})
        return unmerged(writer.parted)


def read(file: Path, *, kind: str, sheet: str | None, header: int) -> OpenSheet:
    """One sheet of an OpenDocument spreadsheet."""
    try:
        with zipfile.ZipFile(file) as book, book.open(_CONTENT) as content:
            reader = Reader(sheet, header)
            reader.run(content)
    except (zipfile.BadZipFile, KeyError) as error:
        raise SettingsError(f"{file.name} is not an OpenDocument spreadsheet, or has a password") from error
    titles = ", ".join(map(repr, reader.titles))
    if reader.chosen is None:
        raise SettingsError(f"{file.name} has no sheet {sheet!r}. Its sheets are {titles}.")
    if not reader.rows:
        raise SettingsError(f"the sheet {reader.chosen!r} of {file.name} is empty. Its sheets are {titles} (--sheet)")
    width = max(len(texts) for _, _, texts in reader.rows)
    expanded = [texts for _, repeat, texts in reader.rows for _ in range(repeat)]
    first = expanded.pop(0) if header else [f"#{place + 1}" for place in range(width)]
    names = first + [""] * (width - len(first))
    columns = [[texts[place] if place < len(texts) else "" for texts in expanded] for place in range(width)]
    notes = [f"sheet {reader.chosen!r}", f"columns {listed(names)}" if width <= 12 else f"{width} columns"]
    if header and len(list(filter(None, first))) == 1 < width:
        notes.append(f"the header has one cell: {BELOW}")
    if len(reader.titles) > 1:
        notes.append(f"its sheets are {titles} (--sheet)")
    notes += several(reader.tall)
    places = [(place, repeat) for place, repeat, _ in reader.rows]
    styles = {name: written for name, written in reader.styles.items() if name in reader.used}
    return OpenSheet(file, reader.chosen, names, places, header, columns, styles, reader.formulas, notes)


def write(table: pd.DataFrame, target: Path, *, kind: str) -> Sequence[str]:
    """A table as a new spreadsheet: text stays text, whatever it looks like."""
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", mime, zipfile.ZIP_STORED)  # first and as it is, so that a program can tell by a look
        book.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
            f'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            "</manifest:manifest>",
        )
        with book.open(_CONTENT, "w", force_zip64=True) as content:
            content.write(
                f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces} office:version="1.2">'
                '<office:body><office:spreadsheet><table:table table:name="located">'.encode()
            )
            header = tuple(str(name) for name in table.columns)
            for row in (header, *table.itertuples(index=False, name=None)):
                content.write(b"<table:table-row>" + b"".join(cell(value) for value in row) + b"</table:table-row>")
            content.write(
                b"</table:table></office:spreadsheet></office:body></office:document-content>",
            )
    return ()
