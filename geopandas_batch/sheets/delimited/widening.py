"""New cells at the end of records, or in the place of old ones; nothing else changes by a byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geopandas_batch.sheets.cells import quoted, rows_of
from geopandas_batch.sheets.delimited.records import spans

if TYPE_CHECKING:
    from geopandas_batch.sheets.delimited import Chunk, Delimited


class New(NamedTuple):
    """The new cells of a row, as they are written."""

    end: str  # behind the last cell of the row, with the separators
    inside: Mapping[int, str]  # by column, in the place of old ones


NOTHING = New("", {})


class Widener:
    """Puts new cells to records."""

    def __init__(self, sheet: Delimited, names: Sequence[str], *, replaced: Mapping[str, int] | None = None) -> None:
        """``replaced``: where a column of a new name stands already; its cells are written anew in their place."""
        self.sheet = sheet
        self.names = names
        self.replaced = dict(replaced or {})
        self.encoding = sheet.dialect.encoding
        self.lost: set[str] = set()  # letters of new cells that the encoding does not have

    def head(self) -> bytes:
        """The mark and the header with the new names; without a header, the mark alone."""
        mark = self.sheet.dialect.mark
        if not self.sheet.header:
            return mark
        before, raw = self.sheet.head()
        width = len(spans(raw, self.sheet.dialect) or [])
        return mark + self._encoded(before + self._wide(raw, width, self._new(self.names)))

    def cells(self, frame: pd.DataFrame) -> list[New]:
        """The new cells of rows, ready to be written."""
        return [self._new(texts) for texts in rows_of(frame, self.names, decimal=self.sheet.dialect.decimal)]

    def rows(self, chunk: Chunk, cells: Sequence[New], keep: Sequence[bool] | None = None) -> bytes:
        """The records of a chunk with the new cells of its rows; ``keep`` says for each row whether it is wanted."""
        raws, widths = chunk.raws, chunk.widths
        if keep is not None:
            rows = [(raw, width) for raw, width in zip(raws, widths, strict=True) if width]
            kept = [(*row, new) for row, new, wanted in zip(rows, cells, keep, strict=True) if wanted]
            lines = [self._wide(raw, width, new) for raw, width, new in kept]
            if lines and not lines[-1].endswith(("\n", "\r")):
                lines[-1] += self.sheet.dialect.line_end
        elif set(widths) == {len(self.sheet.names)} and not self.replaced:  # most files, and half the time for these
            lines = [
                (body := raw.rstrip("\r\n")) + new.end + raw[len(body) :] for raw, new in zip(raws, cells, strict=True)
            ]
        else:
            rest = iter(cells)
            lines = [
                self._wide(raw, width, next(rest)) if width else raw for raw, width in zip(raws, widths, strict=True)
            ]
        return self._encoded("".join(lines))

    def finish(self, draft: Path, target: Path) -> None:
        """The draft is all of it."""
        draft.replace(target)

    def _new(self, texts: Sequence[str]) -> New:
        dialect, end, inside = self.sheet.dialect, "", {}
        for name, text in zip(self.names, texts, strict=True):
            cell = self._writable(quoted(text, dialect.separator, quotes=dialect.quoted))
            if name in self.replaced:
                inside[self.replaced[name]] = cell
            else:
                end += dialect.separator + cell
        return New(end, inside or NOTHING.inside)

    def _wide(self, raw: str, width: int, new: New) -> str:
        body = raw.rstrip("\r\n")  # one line end: a second one would be a record of its own
        missing = len(self.sheet.names) - width
        if not new.inside:
            return f"{body}{self.sheet.dialect.separator * missing}{new.end}{raw[len(body) :]}"
        cells = [*(spans(raw, self.sheet.dialect) or []), *([""] * missing)]
        for place, cell in new.inside.items():
            cells[place] = cell
        return self.sheet.dialect.separator.join(cells) + new.end + raw[len(body) :]

    def _writable(self, text: str) -> str:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            shown = text.encode(self.encoding, "replace").decode(self.encoding)
            self.lost.update(a for a, b in zip(text, shown, strict=False) if a != b)
            return shown
        return text

    def _encoded(self, text: str) -> bytes:
        return text.encode(self.encoding)
