"""Answers that go from one file into another: taken in where they are newer, and handed on, as a `Row` has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from operator import itemgetter
from typing import Any

from geopandas_batch.store.answers import KEYS_A_STATEMENT, next_place, put_in, source_number
from geopandas_batch.store.positions import Positions, places
from geopandas_batch.store.rows import Row, bodies_of, by_origin, damage_told, keys_of, row_of
from geopandas_batch.store.statements import insert, listed

_ASKED = Row._fields.index("asked")
_TIMES = itemgetter(*map(Row._fields.index, ("asked", "until")))
_ROW = "answer.key, service, attribution, asked, until, body"


def merge(db: sqlite3.Connection, positions: Positions, rows: Sequence[tuple[Any, ...]]) -> int:
    """Put in what is newer than what is there, each as a `Row` has it; how many that were."""
    newest: dict[bytes, tuple[Any, ...]] = {}
    for row in rows:
        if (other := newest.get(row[0])) is None or other[_ASKED] < row[_ASKED]:
            newest[row[0]] = row
    positions.read(db)
    first = at = next_place(db)
    parts = by_origin(newest.values())
    if not positions.add_new(db, keys_of(parts), first):
        for key, asked in _asked(db, positions, list(newest)):
            if key in newest and newest[key][_ASKED] <= asked:
                del newest[key]
        parts = by_origin(newest.values())
        positions.add(db, keys_of(parts), first)
    sources = {source: source_number(db, *source) for source in {row[1:3] for row in newest.values()}}
    for origin, part in parts.items():
        found = list(bodies_of(part))
        if origin is not None:
            service, credit, asked, until = origin
            put_in(db, at, [row[0] for row in part], found, sources[service, credit], asked, until)
        else:
            values = (
                (number, row[0], sources[row[1:3]], *_TIMES(row), body or None)
                for number, row, body in zip(count(at), part, found, strict=False)
            )
            insert(db, "INSERT INTO answer", values)
        at += len(part)
    return len(newest)


def rows_after(db: sqlite3.Connection, place: int, most: int, *, now: float) -> list[tuple[int, Row | None]]:
    """The next answers in the order of the index that may still be used, as `row_of`, and their places there."""
    # The statement holds no lock once it is read to its end, so that a long export is in nobody's way.
    found = db.execute(
        f"SELECT place, {_ROW} FROM position CROSS JOIN answer USING (at) JOIN source ON source.id = answer.source "
        "WHERE place > ? AND (until IS NULL OR until > ?) ORDER BY place LIMIT ?",
        (place, now, most),
    )
    rows = found.fetchall()
    own = places(row[1] for row in rows)
    with damage_told():
        return [
            (place, row_of(*row) if place == number else None)  # another's, by a place that was given anew
            for (place, *row), number in zip(rows, own, strict=True)
        ]


def rows_waiting(db: sqlite3.Connection, positions: Positions, *, now: float) -> list[Row]:
    """The answers that are not in the index yet."""
    positions.read(db)
    waiting, found = positions.all_waiting(), list[Any]()
    ats = list(set(waiting.values()))  # one that has expired and is gone may stand where another does by now
    for start in range(0, len(ats), KEYS_A_STATEMENT):
        part = ats[start : start + KEYS_A_STATEMENT]
        found += db.execute(
            f"SELECT at, {_ROW} FROM json_each(?) CROSS JOIN answer ON at = value "
            "JOIN source ON source.id = answer.source WHERE until IS NULL OR until > ?",
            (listed(part), now),
        )
    with damage_told():
        rows = [row_of(key, *row) for at, key, *row in found if waiting.get(key) == at]
    return [row for row in rows if row is not None]


def rows_between(db: sqlite3.Connection, low: int, high: int, *, backwards: bool) -> Iterator[Row]:
    """The answers of a part of the table, for as long as they can be read."""
    order = "DESC" if backwards else "ASC"
    rows = f"SELECT {_ROW} FROM answer JOIN source ON source.id = answer.source"
    for row in db.execute(f"{rows} WHERE at >= ? AND at < ? ORDER BY at {order}", (low, high)):
        with suppress(ValueError):  # what was packed is damaged
            if (whole := row_of(*row)) is not None:
                yield whole


def _asked(db: sqlite3.Connection, positions: Positions, keys: Sequence[bytes]) -> Iterator[tuple[bytes, float]]:
    """When those were asked that are known."""
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        part = keys[start : start + KEYS_A_STATEMENT]
        if waiting := positions.among(part):
            yield from db.execute(
                "SELECT answer.key, asked FROM json_each(?) CROSS JOIN answer ON at = value",
                (listed(waiting.values()),),
            )
        yield from db.execute(
            "SELECT answer.key, asked FROM json_each(?) CROSS JOIN position ON place = value "
            "CROSS JOIN answer USING (at)",
            (listed(places(part)),),
        )
