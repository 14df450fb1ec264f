"""A cache file as a connection: made for its user alone, written ahead, brought to the layout of today."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from geopandas_batch.errors import SettingsError
from geopandas_batch.locks import Lock
from geopandas_batch.store import layout, older

log = logging.getLogger("geopandas_batch")

PAGES_AHEAD = 8000  # of 4 kB
BUSY_SECONDS = 60.0  # how long to wait for another process that writes

T = TypeVar("T")

_making = Lock()


class Beneath(NamedTuple):
    """Memory for what is new, above a file that cannot be written."""

    db: sqlite3.Connection
    readable: bool  # whether the file is attached as ``kept``
    older: str  # of that file, the table of answers that could not be brought to the layout of today; mostly empty


def make(file: Path) -> None:
    """Make a file that is not there, before SQLite sees it: at no moment can others read it; -wal and -shm inherit.

    One that is there is not opened. To close it would take away the locks that other connections of this process have
    on it, and with them all that they write from then on: https://www.sqlite.org/howtocorrupt.html, 2.2.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _making, suppress(FileExistsError):
        os.close(os.open(os.path.realpath(file), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))


def connected(file: Path | None) -> sqlite3.Connection:
    """A connection to a file that `make` has made; None: to memory. For one thread at a time.

    Raises
    ------
    SettingsError
        A newer version has written it, or another program.
    """
    # Autocommit, with transactions of the caller's own.
    db = sqlite3.connect(file or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _check_ours(db, file)
        _write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")  # what was paid outlives a power cut
        # Keys are digests, so a batch touches pages all over the file: they are not written back to their places
        # after each one. Nor is there a large cache of pages: with 32 MB in place of SQLite's 2, a look-up took an
        # eighth longer, in files of a million and of ten million answers.
        db.execute(f"PRAGMA wal_autocheckpoint = {PAGES_AHEAD}")
        newer = transacted(db, layout.bring)
        if newer is not None:
            raise SettingsError(
                f"the cache file {file} was written by a newer version of geopandas_batch (layout {newer}, this "
                f"one reads {layout.VERSION}). Upgrade, or set GEOPANDAS_BATCH_CACHE to another file."
            )
        if older.is_there(db):
            log.info("the answers in the cache file %s are brought to a new layout: a minute for some millions", file)
            while transacted(db, older.bring_some):
                pass
    except BaseException:
        db.close()
        raise
    return db


def beneath(file: Path) -> Beneath:
    """Memory above a file, as far as this can be read; its jobs and corrections are taken along."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, uri=True)
    transacted(db, layout.bring)
    # Where not even SQLite's list of what is written ahead can be made, the file is read as it stands.
    for how in ("mode=ro", "immutable=1"):
        with suppress(sqlite3.Error):
            db.execute("ATTACH ? AS kept", (f"{file.absolute().as_uri()}?{how}",))
            version = db.execute("PRAGMA kept.user_version").fetchone()[0]
            if version in (layout.VERSION, older.LAST):
                for table in ("job", "took", "correction"):
                    db.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")
                waiting = f"kept.{older.TABLE}" if older.is_there(db, "kept") else ""
                return Beneath(db, True, "kept.answer" if version == older.LAST else waiting)
        if "kept" in {name for _, name, _ in db.execute("PRAGMA database_list")}:
            db.execute("DETACH kept")
    return Beneath(db, False, "")


def transacted(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What the work returns, and all that it does or nothing.

    IMMEDIATE: a reader that turns writer in the middle would fail with "locked" at once. A function, and no ``with``: a
    Ctrl-C that comes while SQLite waits is raised right behind that call, where no ``with`` has been entered yet, and
    the transaction would stay open.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        done = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has ended it already
            db.execute("ROLLBACK")
        raise
    return done


def _check_ours(db: sqlite3.Connection, file: Path | None) -> None:
    """Before anything is written: a GeoPackage, say, that was given by mistake stays as it is."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and tables.isdisjoint(("answer", "source", "job")):
        raise SettingsError(f"{file} is a database of another program, no cache file: give another, or a new name")


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
