"""The table of answers as it was up to layout 3: read where it cannot be written, and brought over where it can.

It had a column for each part of an answer, and found them by an index of whole keys, or stood in their order.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from geopandas_batch.places import MATCHES, sealed
from geopandas_batch.store.answers import KEYS_A_STATEMENT, Found, read_sources
from geopandas_batch.store.exchange import merge
from geopandas_batch.store.positions import Positions
from geopandas_batch.store.rows import Row, coder, is_extra

LAST = 3  # the last layout that had it
TABLE = "older"  # its name while it is being brought over
AT_ONCE = 20_000  # rows in one transaction


def look_up(db: sqlite3.Connection, table: str, keys: Sequence[bytes], *, now: float) -> Found:
    """What is known and may still be used, by key."""
    known: Found = {}
    sources = read_sources(db, table.partition(".")[0])
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        part = keys[start : start + KEYS_A_STATEMENT]
        for key, source, lat, lon, formatted, match, confidence, reason, extra in db.execute(
            f"SELECT key, source, lat, lon, formatted, match, confidence, reason, extra FROM {table} "
            f"WHERE key IN ({','.join('?' * len(part))}) AND (until IS NULL OR until > ?)",
            (*part, now),
        ):
            if lat is not None and not _is_on_earth(lat, lon):
                continue
            sure = math.nan if confidence is None else confidence
            more = coder().parse(extra) if extra else ()
            known[key] = (
                None
                if lat is None
                else sealed(lat, lon, formatted, MATCHES[match], sure, reason, *sources[source], more)
            )
    return known


def bring_some(db: sqlite3.Connection) -> bool:
    """Bring the next answers over, within a transaction; False when all are. Who comes later goes on from there."""
    if not is_there(db):
        return False
    # They come in the order of their keys, and nobody writes before all are there.
    reached = "SELECT key FROM position CROSS JOIN answer USING (at) ORDER BY place DESC LIMIT 1"
    last = db.execute(reached).fetchone() or (b"",)
    found = (Row(*row) for row in db.execute(f"{_ROWS} WHERE key > ? ORDER BY key", last))
    rows = list(islice(filter(_is_whole, found), AT_ONCE))
    if rows:
        merge(db, Positions(), rows)
    else:
        db.execute(f"DROP TABLE {TABLE}")
    return True


def is_there(db: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether there are answers to be brought over."""
    found = db.execute(f"SELECT 1 FROM {schema}.sqlite_master WHERE type = 'table' AND name = ?", (TABLE,))
    return found.fetchone() is not None


def rows_between(
    db: sqlite3.Connection, table: str, by: str, low: object, high: object, *, backwards: bool
) -> Iterator[Row]:
    """The answers of a range of keys or of numbers, for as long as they can be read."""
    order, rows = "DESC" if backwards else "ASC", _ROWS.replace(TABLE, table)
    for row in db.execute(f"{rows} WHERE {by} >= ? AND {by} < ? ORDER BY {by} {order}", (low, high)):
        yield Row(*row)


def _is_whole(row: Row) -> bool:
    """Whether it has all that an answer needs, as it was written; else nobody could read it."""
    return row.lat is None or (
        all(isinstance(value, float) for value in (row.lat, row.lon))
        and _is_on_earth(row.lat, row.lon)
        and all(isinstance(value, str) for value in (row.formatted, row.reason))
        and row.match in range(len(MATCHES))
        and is_extra(row.extra)
    )


def _is_on_earth(lat: Any, lon: Any) -> bool:
    """Once, what a service of the user's own said was kept as it was."""
    return bool(abs(lat) <= 90 and abs(lon) <= 180)


_ROWS = (
    "SELECT key, service, attribution, lat, lon, formatted, match, confidence, reason, asked, until, extra "
    f"FROM {TABLE} JOIN source ON source.id = {TABLE}.source"
)
