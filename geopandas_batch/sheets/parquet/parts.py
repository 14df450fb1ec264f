"""What a Parquet file is made of while it is under way: answers portion by portion, and the failures among its rows.

A Parquet file cannot be gone on with once its writer is gone. So the draft holds the answers alone, each portion an
Arrow stream of its own, and the file is put together of its source and these when the last row is answered.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geopandas_batch.sheets.cells import rows_of
from geopandas_batch.sheets.draft import written

if TYPE_CHECKING:
    from geopandas_batch.sheets.parquet import Chunk, Parquet

MARK = "\ufeff"  # by which Excel knows UTF-8


class Answers:
    """The new columns as the content of a draft, and the file of which they become a part."""

    encoding = "UTF-8"
    lost: Set[str] = frozenset()  # letters that cannot be written

    def __init__(self, sheet: Parquet, names: Sequence[str], replaced: Mapping[str, int]) -> None:
        """``replaced``: where a column of a new name stands already."""
        self.sheet, self.names, self.replaced = sheet, list(names), replaced

    def head(self) -> bytes:
        """Nothing: each portion says what it is."""
        return b""

    def rows(self, chunk: Chunk, frame: pd.DataFrame) -> bytes:
        """One portion."""
        import pyarrow.ipc  # type: ignore[import-untyped, unused-ignore]

        table, sink = table_of(frame[self.names]), io.BytesIO()
        packed = pyarrow.ipc.IpcWriteOptions(compression="lz4")
        with pyarrow.ipc.new_stream(sink, table.schema, options=packed) as stream:
            stream.write_table(table)
        return sink.getvalue()

    def finish(self, draft: Path, target: Path) -> None:
        """The whole file, from a draft that has an answer for each row."""
        with written(str(target), "parquet") as file:
            self.sheet.widen(file, _streams(draft), self.replaced)
        draft.unlink()


class Failures:
    """The rows without an answer, with all their columns and the reason, as CSV."""

    encoding = "UTF-8"
    lost: Set[str] = frozenset()

    def __init__(self, sheet: Parquet, names: Sequence[str], replaced: Mapping[str, int]) -> None:
        """As of `Answers`."""
        self.sheet, self.names, self.replaced = sheet, list(names), replaced
        self._tables: Iterator[Any] | None = None

    def head(self) -> bytes:
        """The header."""
        new = [name for name in self.names if name not in self.replaced]
        return (MARK + _lines([[*self.sheet.names, *new]])).encode()

    def rows(self, chunk: Chunk, frame: pd.DataFrame, keep: Sequence[bool]) -> bytes:
        """Those of a portion that are wanted."""
        if self._tables is None:
            self._tables = self.sheet.tables(None, len(frame), skip=chunk.start)
        table = next(self._tables)
        if not any(keep):
            return b""
        old = [table.column(place).to_pandas() for place in range(table.num_columns)]
        columns = pd.DataFrame(dict(enumerate(old)))
        new = frame[self.names].reset_index(drop=True)
        for name in self.names:
            columns[self.replaced.get(name, name)] = new[name]
        kept = columns[pd.Series(keep, dtype=bool)]
        return _lines(rows_of(kept, list(kept.columns))).encode("utf-8", "replace")

    def finish(self, draft: Path, target: Path) -> None:
        """The draft is all of it."""
        draft.replace(target)


def table_of(new: pd.DataFrame) -> Any:
    """Answers as an Arrow table: numbers and text."""
    import pyarrow

    kinds = [
        pyarrow.float64() if pd.api.types.is_float_dtype(new[name].dtype) else pyarrow.string() for name in new.columns
    ]
    plain = [
        new[name].astype(object) if isinstance(new[name].dtype, pd.CategoricalDtype) else new[name] for name in new
    ]
    columns = [pyarrow.array(column, kind, from_pandas=True) for column, kind in zip(plain, kinds, strict=True)]
    return pyarrow.table(columns, names=list(new.columns))


def _streams(file: Path) -> Iterator[Any]:
    """The portions of a draft, one after the other."""
    import pyarrow.ipc

    with pyarrow.OSFile(str(file)) as source:
        while source.tell() < source.size():
            yield pyarrow.ipc.open_stream(source).read_all()


def _lines(rows: Sequence[Sequence[str]]) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue()
