"""The table of answers: what is looked up, put in, counted and handed on. The connection is the caller's."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from geopandas_batch.places import MATCHES, Extra, Location, sealed

SCHEMA = """
CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL,
                     UNIQUE (service, attribution));
-- Answers stand in the order in which they came, and the keys, which are digests, in an index beside them: of pages all
-- over the file, a batch changes only the small ones. Files that were made WITHOUT ROWID are as good, and slower.
-- lat is NULL where the service found nothing, until is NULL for an answer that may be kept for good
CREATE TABLE answer (key BLOB PRIMARY KEY, source INTEGER NOT NULL, lat REAL, lon REAL, formatted TEXT, match INTEGER,
                     confidence REAL, reason TEXT, asked REAL NOT NULL, until REAL, extra TEXT);
"""
KEY_BYTES = 16
KEYS_A_STATEMENT = 1000  # SQLite takes 32,766 variables in one statement; from a thousand on, more win nothing
_NUMBERS = {match: number for number, match in enumerate(MATCHES)}

Answers = dict[bytes, Location | None]
Sources = dict[int, tuple[str, str]]


class Row(NamedTuple):
    """An answer with all that is known of it, as it goes from one file into another."""

    key: bytes
    service: str
    attribution: str
    lat: float | None
    lon: float | None
    formatted: str | None
    match: int | None
    confidence: float | None
    reason: str | None
    asked: float
    until: float | None
    extra: str | None


def look_up(
    db: sqlite3.Connection, keys: Sequence[bytes], sources: Sources, *, now: float, schema: str = "main"
) -> Answers:
    """What is known and may still be used, by key; ``sources`` is filled up where it does not suffice."""
    known: Answers = {}
    unpack = _coder()[1]
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        part = keys[start : start + KEYS_A_STATEMENT]
        rows = db.execute(
            f"SELECT key, source, lat, lon, formatted, match, confidence, reason, extra FROM {schema}.answer "
            f"WHERE key IN ({','.join('?' * len(part))}) AND (until IS NULL OR until > ?)",
            (*part, now),
        )
        for key, source, lat, lon, formatted, match, confidence, reason, extra in rows:
            if lat is None:
                known[key] = None
                continue
            if source not in sources:
                sources.update(_sources(db, schema))
            sure = math.nan if confidence is None else confidence  # SQLite keeps NaN as NULL
            more = unpack(extra) if extra else ()
            known[key] = sealed(lat, lon, formatted, MATCHES[match], sure, reason, *sources[source], more)
    return known


def put(
    db: sqlite3.Connection,
    answers: Sequence[tuple[bytes, Location | None]],
    *,
    service: str,
    now: float,
    keep_for: timedelta | None,
) -> None:
    """Put answers in, in the place of older ones."""
    until = None if keep_for is None else now + keep_for.total_seconds()
    credits = {place.attribution if place else "" for _, place in answers}  # "": nothing was found
    sources = {credit: _source_number(db, service, credit) for credit in credits}
    # Put together without a call for each row.
    rows = (
        (
            key, sources[place.attribution], place.lat, place.lon, place.formatted, _NUMBERS[place.match],
            place.confidence, place.reason, now, until, _packed(place.extra) if place.extra else None,
        )
        if place is not None
        else (key, sources[""], None, None, None, None, None, None, now, until, None)
        for key, place in answers
    )  # fmt: skip
    db.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def merge(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    """Put in what is newer than what is there, each as a `Row` has it; how many that were."""
    before = db.total_changes
    sources = {source: _source_number(db, *source) for source in {row[1:3] for row in rows}}
    new = db.total_changes - before
    db.executemany(
        "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
        "(source, lat, lon, formatted, match, confidence, reason, asked, until, extra) = "
        "(excluded.source, excluded.lat, excluded.lon, excluded.formatted, excluded.match, excluded.confidence, "
        "excluded.reason, excluded.asked, excluded.until, excluded.extra) WHERE excluded.asked > answer.asked",
        ((row[0], sources[row[1:3]], *row[3:]) for row in rows),
    )
    return db.total_changes - before - new


def rows_after(db: sqlite3.Connection, key: bytes, count: int, *, now: float) -> list[Row]:
    """The next answers by key that may still be used."""
    # The statement holds no lock once it is read to its end, so that a long export is in nobody's way.
    found = db.execute(
        f"{_ROWS} WHERE key > ? AND (until IS NULL OR until > ?) ORDER BY key LIMIT ?", (key, now, count)
    )
    return [Row(*row) for row in found]


def rows_between(db: sqlite3.Connection, by: str, low: object, high: object, *, backwards: bool) -> Iterator[Row]:
    """The answers of a range of keys or of numbers, for as long as they can be read."""
    order = "DESC" if backwards else "ASC"
    for row in db.execute(f"{_ROWS} WHERE {by} >= ? AND {by} < ? ORDER BY {by} {order}", (low, high)):
        yield Row(*row)


def counts(db: sqlite3.Connection, schema: str = "main") -> dict[str, int]:
    """How many answers there are, by service."""
    # Counted by number first: a join for each row would take four times as long.
    rows = db.execute(
        f"SELECT service, SUM(n) FROM (SELECT source, COUNT(*) AS n FROM {schema}.answer GROUP BY source) "
        f"JOIN {schema}.source ON id = source GROUP BY service ORDER BY service"
    )
    return dict(rows.fetchall())


def is_sound(row: Row) -> bool:
    """Whether a row from elsewhere is one that `put` could have written."""
    if not (isinstance(row.key, bytes) and len(row.key) == KEY_BYTES and _is_number(row.asked)):
        return False
    if not (row.until is None or _is_number(row.until)):
        return False
    if row.lat is None:
        return (row.lon, row.formatted, row.match, row.confidence, row.reason, row.extra) == (None,) * 6
    return (
        _is_number(row.lat, 90)
        and _is_number(row.lon, 180)
        and _is_text(row.formatted)
        and _is_text(row.reason)
        and isinstance(row.match, int)
        and 0 <= row.match < len(MATCHES)
        and (row.confidence is None or (_is_number(row.confidence) and 0 <= row.confidence <= 1))
        and is_extra(row.extra)
    )


_ROWS = (
    "SELECT key, service, attribution, lat, lon, formatted, match, confidence, reason, asked, until, extra "
    "FROM answer JOIN source ON source.id = answer.source"
)


def _is_number(value: Any, most: float = math.inf) -> bool:
    return isinstance(value, float) and math.isfinite(value) and abs(value) <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def is_extra(text: Any) -> bool:
    """Whether it is what `put` writes of a place's extra, or nothing."""
    try:
        return text is None or (isinstance(text, str) and bool(_coder()[1](text)))
    except ValueError:
        return False


def _sources(db: sqlite3.Connection, schema: str) -> Sources:
    rows = db.execute(f"SELECT id, service, attribution FROM {schema}.source")
    return {number: (service, attribution) for number, service, attribution in rows}


def _source_number(db: sqlite3.Connection, service: str, attribution: str) -> int:
    """The number under which this service and credit line are on record."""
    db.execute("INSERT OR IGNORE INTO source (service, attribution) VALUES (?, ?)", (service, attribution))
    return int(
        db.execute("SELECT id FROM source WHERE (service, attribution) = (?, ?)", (service, attribution)).fetchone()[0]
    )


@cache
def _coder() -> tuple[Callable[[Extra], bytes], Callable[[str], Extra]]:
    """To and from JSON; loaded with the first answer that needs it."""
    import msgspec

    return msgspec.json.Encoder().encode, msgspec.json.Decoder(Extra).decode


def _packed(extra: Extra) -> str:
    return _coder()[0](extra).decode()
