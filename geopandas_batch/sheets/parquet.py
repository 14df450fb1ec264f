"""Parquet files: the columns that are there stay, type by type, with the file's own metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.naming import listed, place_of


@dataclass(frozen=True)
class Parquet:
    """One file, its columns read when they are asked for."""

    file: Path
    names: Sequence[str]
    rows: int
    notes: Sequence[str]

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns, in the types that pandas has for them."""
        table = _library().read_table(self.file, columns=[self.names[place_of(self.names, name)] for name in columns])
        return pd.DataFrame({name: table.column(place).to_pandas() for place, name in enumerate(columns)})

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """All columns as they are in the file, and the new ones."""
        import pyarrow  # type: ignore[import-untyped, unused-ignore]

        table = _library().read_table(self.file)
        for name in new.columns:
            kind = pyarrow.float64() if pd.api.types.is_float_dtype(new[name].dtype) else pyarrow.string()
            column = pyarrow.array(new[name], kind, from_pandas=True)
            if name in replaced:
                table = table.set_column(replaced[name], name, column)
            else:
                table = table.append_column(name, column)
        _library().write_table(table, target)
        return ()


def _library() -> Any:
    try:
        import pyarrow.parquet  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise SettingsError("Parquet files need pyarrow: pip install pyarrow") from error
    return pyarrow.parquet


def read(file: Path, *, kind: str, sheet: str | None, headed: bool) -> Parquet:
    """The file's schema; its columns are read when they are asked for."""
    if sheet is not None or not headed:
        raise SettingsError("--sheet and --no-header are not for Parquet files: their columns have names")
    library = _library()
    import pyarrow

    try:
        schema = library.read_schema(file)
        rows = library.read_metadata(file).num_rows
    except pyarrow.ArrowInvalid as error:
        raise SettingsError(f"{file.name} is not a Parquet file: {error}") from error
    return Parquet(file, schema.names, rows, [f"columns {listed(schema.names)}"])


def write(table: pd.DataFrame, target: Path, *, kind: str) -> Sequence[str]:
    """A table as a new file."""
    _library()
    table.to_parquet(target, index=False)
    return ()
