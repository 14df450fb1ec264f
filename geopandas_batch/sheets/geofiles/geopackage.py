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


def add(file: Path, layer: str, features: Sequence[int], new: pd.DataFrame) -> Sequence[str] | None:
    """Put values into new columns, or into those of their names; None, and nothing is done, where that cannot be.

    A column that holds another kind of value goes, and comes anew as the last one; those are returned. That cannot be
    where a constraint or a view needs it. GDAL would make the layer anew: with other numbers for its features, and
    without the indexes, triggers, constraints and descriptions that somebody gave it.

    ``features``: the number of each row's.
    """
    kinds = {str(name): _KINDS.get(column.dtype.kind, _KINDS["O"]) for name, column in new.items()}
    with closing(sqlite3.connect(file, isolation_level=None)) as base:
        told = base.execute(f"PRAGMA table_info({_quoted(layer)})").fetchall()
        known = {name: kind.partition("(")[0].upper() for _, name, kind, *_ in told}
        keys = [name for _, name, *_, key in told if key]
        others = [name for name, kind in kinds.items() if known.get(name, kind[0]) not in kind]
        if len(keys) != 1:
            return None
        try:
            base.execute("BEGIN")
            # Those of a spatial index need functions that only GDAL has, and none has to do with these columns.
            aside = _set_aside(base, "trigger", None if others else layer)
            if others:
                aside = _set_aside(base, "index", layer) + aside
            for name in others:
                base.execute(f"ALTER TABLE {_quoted(layer)} DROP COLUMN {_quoted(name)}")
            for name in [each for each in kinds if each not in known or each in others]:
                base.execute(f"ALTER TABLE {_quoted(layer)} ADD COLUMN {_quoted(name)} {kinds[name][0]}")
            put = ", ".join(f"{_quoted(name)} = ?" for name in kinds)
            cells = (map(held, new[name].tolist()) for name in new.columns)
            base.executemany(
                f"UPDATE {_quoted(layer)} SET {put} WHERE {_quoted(keys[0])} = ?", zip(*cells, features, strict=True)
            )
            for statement in aside:
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
            return None
    return others


def _set_aside(base: sqlite3.Connection, kind: str, layer: str | None) -> list[str]:
    """Take out what a layer has of a kind (None: all layers), with what makes it anew."""
    found = base.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = ? AND tbl_name = coalesce(?, tbl_name) COLLATE NOCASE "
        "AND sql IS NOT NULL",
        (kind, layer),
    ).fetchall()
    for name, _ in found:
        base.execute(f"DROP {kind} {_quoted(name)}")
    return [statement for _, statement in found]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
