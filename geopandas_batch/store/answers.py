"""The table of answers: what is looked up, put in, forgotten and counted. The connection is the caller's."""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

from geopandas_batch.places import MATCHES, Location, sealed
from geopandas_batch.store.keys import KEY_BYTES
from geopandas_batch.store.positions import MANY, Positions, places
from geopandas_batch.store.positions import SCHEMA as POSITIONS
from geopandas_batch.store.rows import bodies, by_credit, coder, damage_told, is_impossible
from geopandas_batch.store.statements import PIECE, PIECES, cut, listed

log = logging.getLogger("geopandas_batch")

SCHEMA = f"""
CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL,
                     UNIQUE (service, attribution));
-- In the order in which they came. until is NULL for one that may be kept for good, body where nothing was found
CREATE TABLE answer (at INTEGER PRIMARY KEY, key BLOB NOT NULL, source INTEGER NOT NULL, asked REAL NOT NULL,
                     until REAL, body BLOB);
{POSITIONS}"""
SKETCHED = 100_000  # a file with fewer answers gets a sketch: to read where they stand takes some 10 ms
KEYS_A_STATEMENT = 20_000  # in their order, so that in a small file several are on a page

# Of several at once: the keys of all are in one value, the bodies in another.
# By name: Python 3.12.0 to 3.12.3 warn of numbers, as if they were names.
_KEY = f"substr(:keys, {KEY_BYTES} * key + 1, {KEY_BYTES})"
_INSERT = f"INSERT INTO answer SELECT :at + key, {_KEY}, :source, :asked, :until, {PIECE} FROM json_each(:places)"

Found = dict[bytes, Location | None]
Sources = dict[int, tuple[str, str]]


class Answers:
    """The answers in one file, seen through one connection.

    Parameters
    ----------
    schema : str
        The name that the file has in the connection.
    moment : int
        To begin with; see `moment`.

    Attributes
    ----------
    positions : Positions
        Where they stand.
    """

    def __init__(self, schema: str = "main", moment: int = 1) -> None:
        """Nothing is read yet."""
        self._schema = schema
        self._sources: Sources = {}
        self.positions = Positions(schema, moment)

    @property
    def moment(self) -> int:
        """Up to which what was put in has been seen."""
        return self.positions.moment

    def look_up(self, db: sqlite3.Connection, keys: Sequence[bytes], *, now: float, since: int = 0) -> Found:
        """What is known and may still be used, by key; ``since``: the moment at which none of them was known."""
        with damage_told():
            self.positions.read(db)
            known = self._look_up(db, list(self.positions.possible(keys, since)), now)
            # A file beneath may be written by others, and does not say what is new.
            if self._schema == "main" and not known and len(keys) > MANY and next_place(db) <= SKETCHED:
                self.positions.sketch(db)
            return known

    def _look_up(self, db: sqlite3.Connection, keys: Sequence[bytes], now: float) -> Found:
        known: Found = {}
        schema, columns = self._schema, "answer.key, source, body"
        valid = "(until IS NULL OR until > ?)"
        for start in range(0, len(keys), KEYS_A_STATEMENT):
            part = set(keys[start : start + KEYS_A_STATEMENT])
            if waiting := self.positions.among(part):
                statement = f"SELECT {columns} FROM json_each(?) CROSS JOIN {schema}.answer ON at = value WHERE {valid}"
                self._take(db, known, part, db.execute(statement, (listed(waiting.values()), now)))
                part.difference_update(known)
            if part:
                statement = (
                    f"SELECT {columns} FROM json_each(?) CROSS JOIN {schema}.position ON place = value "
                    f"CROSS JOIN {schema}.answer USING (at) WHERE {valid}"
                )
                self._take(db, known, part, db.execute(statement, (listed(places(part)), now)))
        return known

    def _take(self, db: sqlite3.Connection, known: Found, wanted: set[bytes], rows: sqlite3.Cursor) -> None:
        unpack, parse, sources, matches, unsure = coder().unpack, coder().parse, self._sources, MATCHES, math.nan
        impossible = 0
        for key, source, body in rows:
            if key not in wanted:  # another's, by a place that was given anew
                continue
            if body is None:
                known[key] = None
                continue
            if source not in sources:
                sources.update(read_sources(db, self._schema))
            try:
                lat, lon, formatted, match, sure, reason, extra = unpack(body)
            except ValueError:
                if not is_impossible(body):
                    raise
                impossible += 1
                continue
            service, credit = sources[source]
            known[key] = sealed(
                lat, lon, formatted, matches[match], unsure if sure is None else sure, reason, service, credit,
                parse(extra) if isinstance(extra, str) else extra,
            )  # fmt: skip
        if impossible:
            log.warning(
                "%d answers in the cache are places that there cannot be, as an earlier version kept them: they are "
                "taken for unknown",
                impossible,
            )

    def put(
        self,
        db: sqlite3.Connection,
        answers: Mapping[bytes, Location | None],
        *,
        service: str,
        now: float,
        keep_for: timedelta | None,
    ) -> None:
        """Put answers in, in the place of older ones. Within a transaction, as all that writes."""
        until = None if keep_for is None else now + keep_for.total_seconds()
        self.positions.read(db)
        first = at = next_place(db)
        parts = by_credit(answers)
        for credit, part in parts.items():
            put_in(db, at, list(part), bodies(part), source_number(db, service, credit), now, until)
            at += len(part)
        self.positions.add(db, list(answers) if len(parts) == 1 else list(chain.from_iterable(parts.values())), first)

    def clear(self, db: sqlite3.Connection, *, until: float | None) -> int:
        """Forget all answers, or those that may not be kept beyond a time; how many."""
        if until is None:
            self.positions.end(db)
            db.execute("DELETE FROM position")
            return db.execute("DELETE FROM answer").rowcount
        db.execute("DELETE FROM position WHERE at IN (SELECT at FROM answer WHERE until <= ?)", (until,))
        return db.execute("DELETE FROM answer WHERE until <= ?", (until,)).rowcount


def counts(db: sqlite3.Connection, table: str = "main.answer") -> dict[str, int]:
    """How many answers there are, by service."""
    # Counted by number first: a join for each row would take four times as long.
    schema = table.partition(".")[0]
    rows = db.execute(
        f"SELECT service, SUM(n) FROM (SELECT source, COUNT(*) AS n FROM {table} GROUP BY source) "
        f"JOIN {schema}.source ON id = source GROUP BY service ORDER BY service"
    )
    return dict(rows.fetchall())


def read_sources(db: sqlite3.Connection, schema: str) -> Sources:
    """Services and credit lines, by the numbers under which they are on record."""
    rows = db.execute(f"SELECT id, service, attribution FROM {schema}.source")
    return {number: (service, attribution) for number, service, attribution in rows}


def put_in(
    db: sqlite3.Connection,
    at: int,
    keys: Sequence[bytes],
    found: Sequence[bytes],
    source: int,
    asked: float,
    until: float | None,
) -> None:
    """Put answers of one origin in, as `bodies` has packed them, from a place on."""
    for start in range(0, len(keys), PIECES):
        part = slice(start, start + PIECES)
        together, where = cut(found[part])
        row = {"at": at + start, "keys": b"".join(keys[part]), "source": source, "asked": asked, "until": until}
        db.execute(_INSERT, {**row, "together": together, "places": where})


def source_number(db: sqlite3.Connection, service: str, attribution: str) -> int:
    """The number under which this service and credit line are on record."""
    db.execute("INSERT OR IGNORE INTO source (service, attribution) VALUES (?, ?)", (service, attribution))
    return int(
        db.execute("SELECT id FROM source WHERE (service, attribution) = (?, ?)", (service, attribution)).fetchone()[0]
    )


def next_place(db: sqlite3.Connection) -> int:
    """Where the next answer will stand."""
    return int(db.execute("SELECT MAX(at) FROM answer").fetchone()[0] or 0) + 1
