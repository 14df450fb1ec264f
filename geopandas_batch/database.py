"""The SQLite file under the store: made for its user alone, shared by processes, threads and forked children."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geopandas_batch.errors import SettingsError

VERSION = 2
CACHE_KB = 32 * 1024
PAGES_AHEAD = 8000  # of 4 kB
BUSY_SECONDS = 60.0  # how long to wait for another process that writes

_SOURCES_AND_ANSWERS = """
CREATE TABLE source (id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribution TEXT NOT NULL,
                     UNIQUE (service, attribution));
-- lat is NULL where the service found nothing, until is NULL for an answer that may be kept for good
CREATE TABLE answer (key BLOB PRIMARY KEY, source INTEGER NOT NULL, lat REAL, lon REAL, formatted TEXT, match INTEGER,
                     confidence REAL, reason TEXT, asked REAL NOT NULL, until REAL, extra TEXT) WITHOUT ROWID;
"""
_JOBS = """
-- id is NULL while the submit is on its way, by the process that is the owner
CREATE TABLE job (number INTEGER PRIMARY KEY, scope BLOB NOT NULL, id TEXT, questions TEXT NOT NULL,
                  submitted REAL NOT NULL, owner TEXT NOT NULL, UNIQUE (scope, id));
CREATE TABLE held (key BLOB PRIMARY KEY, number INTEGER NOT NULL REFERENCES job ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX held_number ON held (number);
-- how long jobs took: the schedule of the next run, and its estimate, begin with it
CREATE TABLE took (number INTEGER PRIMARY KEY, service TEXT NOT NULL, items INTEGER NOT NULL, seconds REAL NOT NULL);
"""
# What a person has decided, by the text of the address. In files of every layout; those who do not know it leave it.
_CORRECTIONS = """
CREATE TABLE IF NOT EXISTS correction (address TEXT PRIMARY KEY, lat REAL NOT NULL, lon REAL NOT NULL,
                                       formatted TEXT NOT NULL, match TEXT NOT NULL, kind TEXT NOT NULL,
                                       service TEXT NOT NULL, attribution TEXT NOT NULL, made REAL NOT NULL)
"""
# By the layout that a file has: what makes it the layout of today.
_STEPS = {
    0: _SOURCES_AND_ANSWERS + _JOBS,
    1: "ALTER TABLE answer ADD COLUMN extra TEXT; CREATE TEMP TABLE jobs AS SELECT * FROM job;"
    "CREATE TEMP TABLE keys AS SELECT * FROM held; DROP TABLE held; DROP TABLE job;"
    + _JOBS
    + "INSERT INTO job SELECT number, scope, id, queries, submitted, '' FROM temp.jobs;"
    "INSERT OR IGNORE INTO held SELECT key, number FROM temp.keys; DROP TABLE temp.jobs; DROP TABLE temp.keys;",
    VERSION: "",
}


class Database:
    """One connection, opened when first used, for one thread at a time.

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

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """The connection; a new one after a fork, since SQLite forbids to share one."""
        with self._lock:
            if self._connection is None or self._process != os.getpid():
                self._connection, self._process = self._connect(), os.getpid()
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise self._trouble(error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, and all that is done with it or nothing; on disk when it is over."""
        with self.open() as db, _transaction(db):
            yield db

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

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
            _write_ahead(db)
            db.execute("PRAGMA synchronous = FULL")  # what was paid outlives a power cut
            # Keys are digests, so a batch touches pages all over the file. With room for these, and not written back to
            # their places after each batch, 1,000 answers cost 13 ms in place of 20 (a file of 100,000).
            db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
            db.execute(f"PRAGMA wal_autocheckpoint = {PAGES_AHEAD}")
            with _transaction(db):
                version = db.execute("PRAGMA user_version").fetchone()[0]
                for statement in _STEPS.get(version, "").split(";"):
                    db.execute(statement)
                if version in _STEPS:
                    db.execute(_CORRECTIONS)
                if version in _STEPS and version != VERSION:
                    db.execute(f"PRAGMA user_version = {VERSION}")
        except (OSError, sqlite3.Error) as error:
            raise self._trouble(error) from error
        if version not in _STEPS:
            db.close()
            raise SettingsError(
                f"the cache file {self.file} was written by a newer version of geopandas_batch (layout {version}, this "
                f"one reads {VERSION}). Upgrade, or set GEOPANDAS_BATCH_CACHE to another file."
            )
        return db

    def _trouble(self, error: Exception) -> SettingsError:
        return SettingsError(
            f"the cache file {self.file or 'in memory'} cannot be used: {error}. Set GEOPANDAS_BATCH_CACHE or cache= "
            "to another file, or pass cache=False to do without (what is paid then is not kept)."
        )


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to WAL. Where two processes meet on a new file, SQLite tells one of them "locked" without waiting."""
    import tenacity

    locked = tenacity.retry_if_exception(lambda error: getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY)
    for attempt in tenacity.Retrying(
        retry=locked,
        wait=tenacity.wait_random(0.01, 0.05),
        stop=tenacity.stop_after_delay(BUSY_SECONDS),
        reraise=True,
    ):
        with attempt:
            db.execute("PRAGMA journal_mode = WAL")


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
