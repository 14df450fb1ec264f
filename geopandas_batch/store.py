"""The only SQL: answers that are known (the cache) and jobs that are under way (the journal).

One file for all processes of a user, readable by nobody else. Every write is on disk when the call returns.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

from geopandas_batch.errors import SettingsError
from geopandas_batch.places import MATCHES, Location, Query

VERSION = 1
KEYS_A_STATEMENT = 1000  # SQLite takes 32,766 variables in one statement; from a thousand on, more win nothing
BUSY_SECONDS = 60.0  # how long to wait for another process that writes

_TABLES = """
CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL,
                     UNIQUE (service, attribution));
-- lat is NULL where the service found nothing, until is NULL for an answer that may be kept for good
CREATE TABLE answer (key BLOB PRIMARY KEY, source INTEGER NOT NULL, lat REAL, lon REAL, formatted TEXT, match INTEGER,
                     confidence REAL, reason TEXT, asked REAL NOT NULL, until REAL) WITHOUT ROWID;
CREATE TABLE job (number INTEGER PRIMARY KEY, scope BLOB NOT NULL, id TEXT NOT NULL, queries TEXT NOT NULL,
                  submitted REAL NOT NULL, UNIQUE (scope, id));
CREATE TABLE held (key BLOB NOT NULL, number INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
                   PRIMARY KEY (key, number)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was paid and not yet collected."""

    number: int
    id: str
    queries: Sequence[Query]
    submitted: float  # seconds since 1970


class Keys:
    """Turns queries into the keys of their answers, for one service with all its options."""

    def __init__(self, service: str, options: Mapping[str, str]) -> None:
        """``options``: all that can change an answer."""
        self._base = blake2b(digest_size=16)
        self._base.update(json.dumps([service, sorted(options.items())]).encode())
        self.scope = self._base.digest()

    def key(self, query: Query) -> bytes:
        """16 bytes; the same for equal queries on every computer."""
        digest = self._base.copy()
        # surrogatepass: a broken file name read into a cell must not stop a run
        digest.update("\0".join(query).encode("utf-8", "surrogatepass"))
        return digest.digest()


class Store:
    """Answers and jobs in one SQLite file, or in memory.

    Parameters
    ----------
    file : Path or None
        Made if it is not there, with its folder; mode 0600. None: memory, gone with the object.
    """

    def __init__(self, file: Path | None) -> None:
        """Nothing is opened before the first use."""
        self.file = file
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._sources: dict[int, tuple[str, str]] = {}

    def answers(self, keys: Sequence[bytes]) -> dict[bytes, Location | None]:
        """What is known and may still be used, by key; None where the service found nothing."""
        known: dict[bytes, Location | None] = {}
        with self._open() as db:
            for part in _slices(keys, KEYS_A_STATEMENT):
                rows = db.execute(
                    "SELECT key, source, lat, lon, formatted, match, confidence, reason FROM answer "
                    f"WHERE key IN ({_marks(part)}) AND (until IS NULL OR until > ?)",
                    (*part, time.time()),
                )
                for key, source, lat, lon, formatted, match, confidence, reason in rows:
                    known[key] = (
                        lat
                        if lat is None
                        else self._location(db, source, lat, lon, formatted, match, confidence, reason)
                    )
        return known

    def keep(
        self,
        answers: Iterable[tuple[bytes, Location | None]],
        *,
        service: str,
        keep_for: timedelta | None = None,
        job: Job | None = None,
    ) -> None:
        """Put answers on disk and, in the same stroke, take the job that brought them off the journal."""
        now = time.time()
        until = None if keep_for is None else now + keep_for.total_seconds()
        sources: dict[str, int] = {}  # by credit line; "" for what was not found
        with self._open() as db, _transaction(db):
            if keep_for != timedelta(0):
                rows = []
                for key, place in answers:
                    credit = place.attribution if place else ""
                    if credit not in sources:
                        sources[credit] = _source(db, service, credit)
                    rows.append((key, sources[credit], *_columns(place), now, until))
                db.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if job is not None:
                db.execute("DELETE FROM job WHERE number = ?", (job.number,))

    def open_job(self, scope: bytes, job_id: str, queries: Sequence[Query], keys: Sequence[bytes]) -> Job:
        """Write a job down that was just submitted."""
        now = time.time()
        with self._open() as db, _transaction(db):
            cursor = db.execute(
                "INSERT INTO job (scope, id, queries, submitted) VALUES (?, ?, ?, ?)",
                (scope, job_id, json.dumps(queries), now),
            )
            number = cursor.lastrowid or 0
            db.executemany("INSERT OR IGNORE INTO held VALUES (?, ?)", ((key, number) for key in keys))
        return Job(number, job_id, queries, now)

    def jobs_holding(self, keys: Sequence[bytes]) -> list[Job]:
        """Jobs under way that will answer at least one of these keys, oldest first."""
        with self._open() as db:
            numbers: set[int] = set()
            for part in _slices(keys, KEYS_A_STATEMENT):
                found = db.execute(f"SELECT DISTINCT number FROM held WHERE key IN ({_marks(part)})", part)
                numbers.update(number for (number,) in found)
            jobs = []
            for number in sorted(numbers):
                row = db.execute("SELECT id, queries, submitted FROM job WHERE number = ?", (number,)).fetchone()
                if row:
                    jobs.append(Job(number, row[0], [Query(*query) for query in json.loads(row[1])], row[2]))
        return jobs

    def close_job(self, job: Job) -> None:
        """Take a job off the journal whose answers are not to be had (any more)."""
        with self._open() as db, _transaction(db):
            db.execute("DELETE FROM job WHERE number = ?", (job.number,))

    def info(self) -> dict[str, int]:
        """Answers kept, by service; jobs under way as ``"(jobs under way)"``."""
        with self._open() as db:
            counts = dict(
                db.execute(
                    "SELECT service, COUNT(*) FROM answer JOIN source ON source.id = source GROUP BY 1 ORDER BY 1"
                ).fetchall()
            )
            counts["(jobs under way)"] = db.execute("SELECT COUNT(*) FROM job").fetchone()[0]
        return counts

    def clear(self, *, expired_only: bool = False) -> int:
        """Forget answers, and give the space back; how many. Jobs under way stay: they are paid."""
        where = "WHERE until <= ?" if expired_only else ""
        with self._open() as db:
            with _transaction(db):
                count = db.execute(f"DELETE FROM answer {where}", (time.time(),) if where else ()).rowcount
            db.execute("VACUUM")
        return count

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; a new one after a fork, since SQLite forbids to share one."""
        with self._lock:
            if self._connection is None or self._process != os.getpid():
                self._connection, self._process = self._connect(), os.getpid()
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise self._trouble(error) from error

    def _connect(self) -> sqlite3.Connection:
        try:
            if self.file is not None:
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Made by us before SQLite sees it, so that at no moment others can read it; -wal and -shm inherit.
                os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
            # Autocommit, with transactions of our own; the lock above lets one thread in at a time.
            db = sqlite3.connect(
                self.file or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")  # what was paid outlives a power cut
            with _transaction(db):
                version = db.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    for statement in _TABLES.split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {VERSION}")
        except (OSError, sqlite3.Error) as error:
            raise self._trouble(error) from error
        if version not in (0, VERSION):
            db.close()
            raise SettingsError(
                f"the cache file {self.file} was written by another version of geopandas_batch (layout {version}, this "
                f"one reads {VERSION}). Upgrade, or set GEOPANDAS_BATCH_CACHE to another file."
            )
        return db

    def _trouble(self, error: Exception) -> SettingsError:
        return SettingsError(
            f"the cache file {self.file or 'in memory'} cannot be used: {error}. Set GEOPANDAS_BATCH_CACHE or cache= "
            "to another file, or pass cache=False to do without (what is paid then is not kept)."
        )

    def _location(
        self,
        db: sqlite3.Connection,
        source: int,
        lat: float,
        lon: float,
        formatted: str,
        match: int,
        confidence: float | None,
        reason: str,
    ) -> Location:
        if source not in self._sources:
            rows = db.execute("SELECT id, service, attribution FROM source")
            self._sources = {number: (service, attribution) for number, service, attribution in rows}
        service, attribution = self._sources[source]
        sure = float("nan") if confidence is None else confidence  # SQLite keeps NaN as NULL
        return Location(lat, lon, formatted, MATCHES[match], sure, reason, service, attribution)


def _source(db: sqlite3.Connection, service: str, attribution: str) -> int:
    """The number under which this service and credit line are on record."""
    db.execute("INSERT OR IGNORE INTO source (service, attribution) VALUES (?, ?)", (service, attribution))
    return int(
        db.execute("SELECT id FROM source WHERE (service, attribution) = (?, ?)", (service, attribution)).fetchone()[0]
    )


def _columns(place: Location | None) -> tuple[float | str | int | None, ...]:
    if place is None:
        return (None,) * 6
    return place.lat, place.lon, place.formatted, MATCHES.index(place.match), place.confidence, place.reason


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. IMMEDIATE: a reader that turns writer in the middle would fail with "locked" at once."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _slices(keys: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def _marks(part: Sequence[bytes]) -> str:
    return ",".join("?" * len(part))
