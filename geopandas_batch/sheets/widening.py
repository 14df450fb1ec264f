"""New cells at the end of records, or in the place of old ones; nothing else changes by a byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from geopandas_batch.sheets.cells import quoted, rows_of
from geopandas_batch.sheets.delimited import Chunk, Delimited, spans, split_end


class Widener:
    """Puts new cells to records."""

    def __init__(self, sheet: Delimited, names: Sequence[str], *, replaced: Mapping[str, int] | None = None) -> None:
        """``replaced``: where a column of a new name stands already; its cells are written anew in their place."""
        self.sheet = sheet
        self.names = names
        self.replaced = dict(replaced or {})
        self.encoding = sheet.dialect.encoding
        self.lost = 0  # letters that the encoding does not have
        self._appended = [place for place, name in enumerate(names) if name not in self.replaced]

    def head(self) -> bytes:
        """The mark and the header with the new names; without a header, the mark alone."""
        mark = self.sheet.dialect.mark
        if not self.sheet.headed:
            return mark
        before, raw = self.sheet.head()
        width = len(spans(raw, self.sheet.dialect) or [])
        return mark + self._encoded(before + self._wide(raw, width, self.names))

    def rows(self, chunk: Chunk, frame: pd.DataFrame, keep: Sequence[bool] | None = None) -> bytes:
        """The records of a chunk with the new cells; ``keep`` says for each row whether it is wanted."""
        texts = iter(rows_of(frame, self.names, decimal=self.sheet.dialect.decimal))
        wanted = iter(keep) if keep is not None else None
        lines: list[str] = []
        for raw, width in zip(chunk.raws, chunk.widths, strict=True):
            if not width:
                if wanted is None:
                    lines.append(raw)
                continue
            cells = next(texts)
            if wanted is None or next(wanted):
                lines.append(self._wide(raw, width, cells))
        if wanted is not None and lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += self.sheet.dialect.line_end
        return self._encoded("".join(lines))

    def finish(self, draft: Path, target: Path) -> None:
        """The draft is all of it."""
        draft.replace(target)

    def _wide(self, raw: str, width: int, cells: Sequence[str]) -> str:
        dialect = self.sheet.dialect
        cells = [quoted(cell, dialect.separator, quotes=dialect.quoted) for cell in cells]
        body, end = split_end(raw)
        missing = len(self.sheet.names) - width
        if self.replaced:
            old = [*(spans(raw, dialect) or []), *([""] * missing)]
            for place, name in enumerate(self.names):
                if name in self.replaced:
                    old[self.replaced[name]] = cells[place]
            return dialect.separator.join([*old, *(cells[place] for place in self._appended)]) + end
        return dialect.separator.join([body + dialect.separator * missing, *cells]) + end

    def _encoded(self, text: str) -> bytes:
        encoding = self.sheet.dialect.encoding
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            shown = text.encode(encoding, "replace")
            self.lost += sum(a != b for a, b in zip(text, shown.decode(encoding), strict=False))
            return shown
