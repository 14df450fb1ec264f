"""Parquet files: the columns that are there stay, type by type, with the file's own metadata; in flat memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.naming import listed, place_of
from geopandas_batch.sheets.parquet.parts import Answers, Failures, table_of

BUFFER = 1 << 20  # bytes of a column at a time; Arrow would take the columns of a whole group of rows
# Arrow's names for what is read and what is to be written; it reads LZO and does not write it.
_KNOWN = {"UNCOMPRESSED": "NONE", "LZ4_RAW": "LZ4", "LZO": "SNAPPY"}
ROWS = 50_000  # in memory at a time; a group of rows in a file that we write has no more


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: where they begin, and the columns that were asked for."""

    start: int
    frame: pd.DataFrame

    @property
    def count(self) -> int:
        """Rows, by which the next chunk is found."""
        return len(self.frame)


@dataclass(frozen=True)
class Parquet:
    """One file, its columns read when they are asked for."""

    file: Path
    names: Sequence[str]
    rows: int
    fingerprint: str
    notes: Sequence[str]

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns, in the types that pandas has for them."""
        with _library().ParquetFile(self.file) as source:
            return _frame(source.read(self._named(columns)), self._named(columns), columns)

    def chunks(self, columns: Sequence[str], size: int, *, skip: int = 0) -> Iterator[Chunk]:
        """The rows in portions of ``size``, from row ``skip`` on."""
        named = self._named(columns)
        for number, table in enumerate(self.tables(named, size, skip=skip)):
            yield Chunk(skip + number * size, _frame(table, named, columns))

    def tables(self, columns: Sequence[str] | None, size: int, *, skip: int = 0) -> Iterator[Any]:
        """The rows as Arrow tables of ``size`` rows, from row ``skip`` on; all columns where none are named."""
        with _library().ParquetFile(self.file, buffer_size=BUFFER, pre_buffer=False) as source:
            if not self.rows:  # Arrow tells nothing of a table without rows
                empty = source.schema_arrow.empty_table()
                yield empty if columns is None else empty.select(columns)
                return
            first = 0
            while first < source.num_row_groups and skip >= source.metadata.row_group(first).num_rows:
                skip -= source.metadata.row_group(first).num_rows
                first += 1
            groups = range(first, source.num_row_groups)
            batches = source.iter_batches(min(size, ROWS), row_groups=groups, columns=columns)
            yield from portions(batches, size, skip=skip)

    def _named(self, columns: Sequence[str]) -> list[str]:
        return [self.names[place_of(self.names, name)] for name in columns]

    def widener(self, names: Sequence[str], *, replaced: Mapping[str, int], failures: bool = False) -> Any:
        """What turns answers into the content of a draft: of the file with new columns, or of its failures as CSV."""
        return Failures(self, names, replaced) if failures else Answers(self, names, replaced)

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """All columns as they are in the file, and the new ones."""
        self.widen(target, [table_of(new)], replaced)
        return ()

    def widen(self, target: Path, answers: Iterable[Any], replaced: Mapping[str, int]) -> None:
        """The file with the columns of ``answers``: Arrow tables of any size, in the order of the rows."""
        library = _library()
        with library.ParquetFile(self.file) as source:
            metadata, schema = source.metadata, source.schema_arrow
        writer: Any = None
        try:
            for old, new in zip(self.tables(None, ROWS), portions(answers, ROWS), strict=True):
                table = old
                for field, column in zip(new.schema, new.columns, strict=True):
                    if field.name in replaced:
                        table = table.set_column(replaced[field.name], field, column)
                    else:
                        table = table.append_column(field, column)
                table = table.replace_schema_metadata(_metadata(schema, replaced))
                if writer is None:
                    writer = library.ParquetWriter(
                        target, table.schema, compression=_packing(metadata, new.column_names)
                    )
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def portions(tables: Iterable[Any], size: int, *, skip: int = 0) -> Iterator[Any]:
    """The same rows as tables of ``size`` rows, whatever the sizes that they come in; one at least, if there is any."""
    import pyarrow  # type: ignore[import-untyped, unused-ignore]

    waiting: list[Any] = []
    count = 0
    for each in tables:
        table = each if isinstance(each, pyarrow.Table) else pyarrow.table(each)
        left_out = min(skip, table.num_rows)
        skip -= left_out
        waiting.append(table.slice(left_out))
        count += table.num_rows - left_out
        while count > size:  # the last one may be full
            whole = pyarrow.concat_tables(waiting)
            yield whole.slice(0, size)
            waiting, count = [whole.slice(size)], count - size
    if waiting:
        yield pyarrow.concat_tables(waiting)


def _frame(table: Any, named: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """The columns, each under the name by which it was asked for."""
    # Left to itself, pyarrow makes floats of whole numbers among which one is missing: 2.0, and another id.
    whole = {f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}

    def keep(kind: Any) -> Any:
        return pd.api.types.pandas_dtype(whole[str(kind)]) if str(kind) in whole else None

    cells = {name: table.column(name) for name in named}
    return pd.DataFrame(
        {
            asked: cells[name].to_pandas(types_mapper=keep if cells[name].null_count else None)
            for asked, name in zip(columns, named, strict=True)
        }
    )


def _metadata(schema: Any, replaced: Mapping[str, int]) -> dict[bytes, bytes]:
    """What the file says of itself; what pandas has noted there of a column that is replaced is no longer true."""
    metadata = dict(schema.metadata or {})
    if replaced and b"pandas" in metadata:
        noted = json.loads(metadata[b"pandas"])
        noted["columns"] = [each for each in noted["columns"] if each.get("field_name") not in replaced]
        metadata[b"pandas"] = json.dumps(noted).encode()
    return metadata


def _packing(metadata: Any, fields: Sequence[str]) -> dict[str, str]:
    """How the columns are compressed in the file; new ones as most of the old ones."""
    groups = [metadata.row_group(0)] if metadata.num_row_groups else []
    leaves = [group.column(place) for group in groups for place in range(group.num_columns)]
    packing = {leaf.path_in_schema: _KNOWN.get(leaf.compression, leaf.compression) for leaf in leaves}
    usual = Counter(packing.values()).most_common(1)[0][0] if packing else "SNAPPY"
    return {**dict.fromkeys(fields, usual), **packing}


def _library() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise SettingsError('Parquet files need pyarrow: pip install "geopandas-batch[sheets]"') from error
    return pyarrow.parquet


def read(file: Path, *, kind: str, sheet: str | None, header: int) -> Parquet:
    """The file's schema; its columns are read when they are asked for."""
    if sheet is not None or header != 1:
        raise SettingsError("--sheet, --no-header and --header-row are not for Parquet files: their columns have names")
    library = _library()
    import pyarrow

    try:
        with library.ParquetFile(file) as source:
            names, metadata = source.schema_arrow.names, source.metadata
    except pyarrow.ArrowInvalid as error:
        raise SettingsError(f"{file.name} is not a Parquet file: {error}") from error
    state = file.stat()
    told = repr((state.st_size, state.st_mtime_ns, metadata.to_dict()))
    digest = blake2b(told.encode()).hexdigest()
    return Parquet(file, names, metadata.num_rows, digest, [f"columns {listed(names)}"])


def write(table: pd.DataFrame, target: Path, *, kind: str) -> Sequence[str]:
    """A table as a new file."""
    _library()
    table.to_parquet(target, index=False)
    return ()
