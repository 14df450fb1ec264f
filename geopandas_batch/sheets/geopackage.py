"""New columns in a layer of a GeoPackage, which is a database of SQLite: all else in it stays as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pandas as pd

from geopandas_batch.sheets.cells import held

# What a column is declared as, by what is to go into it; first what a new one is.
_KINDS = {"f": ("REAL", "DOUBLE", "FLOAT"), "i": ("INTEGER", "INT"), "b": ("BOOLEAN",), "O": ("TEXT",)}


def is_view(file: Path, layer: str) -> bool:
    """Whether a layer shows the columns of others and can have none of its own."""
    with closing(sqlite3.connect(file)) as base:
        views = base.execute("SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ? COLLATE NOCASE", (layer,))
        return views.fetchone() is not None


def add(file: Path, layer: str, features: Sequence[int], new: pd.DataFrame) -> bool:
    """Put values into new columns, or into those of their names; False, and nothing is done, where that cannot be.

    It can where the columns of these names, if there are any, hold the same kind of value. GDAL would make the layer
    anew: with other numbers for its features, and without the indexes, triggers, constraints and descriptions that
    somebody gave it.

    ``features``: the number of each row's.
    """
    kinds = {str(name): _KINDS.get(column.dtype.kind, _KINDS["O"]) for name, column in new.items()}
    with closing(sqlite3.connect(file, isolation_level=None)) as base:
        told = base.execute(f"PRAGMA table_info({_quoted(layer)})").fetchall()
        known = {name: kind.partition("(")[0].upper() for _, name, kind, *_ in told}
        keys = [name for _, name, *_, key in told if key]
        if len(keys) != 1 or any(known.get(name, kind[0]) not in kind for name, kind in kinds.items()):
            return False
        try:
            base.execute("BEGIN")
            for name in [each for each in kinds if each not in known]:
                base.execute(f"ALTER TABLE {_quoted(layer)} ADD COLUMN {_quoted(name)} {kinds[name][0]}")
            # Those of a spatial index need functions that only GDAL has, and none has to do with these columns.
            mine = "type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
            triggers = base.execute(f"SELECT name, sql FROM sqlite_master WHERE {mine}", (layer,)).fetchall()
            for name, _ in triggers:
                base.execute(f"DROP TRIGGER {_quoted(name)}")
            put = ", ".join(f"{_quoted(name)} = ?" for name in kinds)
            cells = (map(held, new[name].tolist()) for name in new.columns)
            base.executemany(
                f"UPDATE {_quoted(layer)} SET {put} WHERE {_quoted(keys[0])} = ?", zip(*cells, features, strict=True)
            )
            for _, statement in triggers:
                base.execute(statement)
            base.execute(
                "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
                "WHERE table_name = ? COLLATE NOCASE",
                (layer,),
            )
            base.execute("COMMIT")
        except sqlite3.Error:
            if base.in_transaction:
                base.execute("ROLLBACK")
            return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
