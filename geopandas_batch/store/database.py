"""The SQLite file under the store: shared by processes, threads and forked children, whatever trouble it is in.

A file that is damaged is set aside and begun anew. One that cannot be written is read, and the memory takes what is
new: a run goes on, and its warning says what will not be there for the next.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from geopandas_batch.errors import SettingsError
from geopandas_batch.locks import Lock
from geopandas_batch.store import damage, opening

log = logging.getLogger("geopandas_batch")

T = TypeVar("T")

_told: set[Path] = set()  # of these files, this process has said that they cannot be written

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
UNWRITABLE_FILES = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
ENDINGS = (".sqlite", ".sqlite3", ".db")
SHORTLY = 0.5  # seconds
TURNS = 4  # a damaged file may turn out to stand on a full disk


class Database:
    """One connection, opened when first used, for one thread at a time.

    Parameters
    ----------
    file : Path or None
        Made if it is not there, with its folder; mode 0600. None: memory, gone with the object.

    Attributes
    ----------
    turn : int
        Grows with every new connection.
    beneath : bool
        The file cannot be written: it is attached as ``kept``, and what is new is in memory.
    older : str
        Of that file, the table of answers that could not be brought to the layout of today; mostly empty.
    """

    def __init__(self, file: Path | None) -> None:
        """Nothing is opened before the first use."""
        self.file = file
        self.turn = 0
        self.beneath = False
        self.older = ""
        self._unwritable = ""  # why
        self._number = 0
        self._lock = Lock(threading.RLock)
        self._connection: sqlite3.Connection | None = None
        self._closing: weakref.finalize[..., Database] | None = None  # else Python 3.13 warns where nobody holds us
        self._process = 0
        self._in_vain = False  # whether the last write of what is paid was

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the work returns. Where the file gives trouble that can be helped, it is done again."""
        with self._lock:
            for turn in range(TURNS):
                try:
                    return work(self._opened())
                except (OSError, sqlite3.Error) as caught:
                    error = damage.without_text(caught)
                    if turn == TURNS - 1 or not self._helped(error):
                        raise self._trouble(error) from error
        raise AssertionError("the last turn returns or raises")

    def write(
        self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True, patience: float = opening.BUSY_SECONDS
    ) -> T:
        """The same, and all that the work does or nothing; on disk when it is over.

        Not ``durable``: seen by all processes, and on disk with the next write that is. A power cut may take it back.
        ``patience``: seconds for which another process that writes is waited for.
        """

        def done(db: sqlite3.Connection) -> T:
            # Said each time: after a Ctrl-C it may still be the other one.
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            return opening.transacted(db, work)

        return self.read(done)

    def write_paid(
        self, work: Callable[[sqlite3.Connection], T], otherwise: T, loss: str, *, insist: bool = False
    ) -> T:
        """As `write`, of what is paid: trouble is told, not raised, for who has paid is to have his answers.

        Another process that holds the file for minutes is waited for once, not with each answer, unless we ``insist``.
        """
        first = not self._in_vain
        try:
            written = self.write(work, patience=opening.BUSY_SECONDS if first or insist else SHORTLY)
        except SettingsError as error:
            self._in_vain = True
            if first:
                log.warning("%s: %s", loss, error)
            return otherwise
        self._in_vain = False
        return written

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """As `write`, for what is of no use in memory: an error where the file cannot be written."""

        def done(db: sqlite3.Connection) -> T:
            if self._unwritable:
                raise SettingsError(f"the cache file {self.file} cannot be written: {self._unwritable}")
            return work(db)

        return self.write(done)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._closing is not None:
                self._closing()
            self._connection = self._closing = None

    def _opened(self) -> sqlite3.Connection:
        """The connection; a new one after a fork, since SQLite forbids to share one."""
        if self._connection is None or self._process != os.getpid():
            self._connection, self._process = None, os.getpid()
            self.beneath, self.older, self._unwritable = False, "", ""
            if self.file is not None:
                opening.make(self.file)
                self._number = damage.number_of(self.file)
            return self._kept(opening.connected(self.file))
        return self._connection

    def _kept(self, db: sqlite3.Connection) -> sqlite3.Connection:
        self._connection, self.turn = db, self.turn + 1
        self._closing = weakref.finalize(self, _close, db, self._process)
        self._closing.atexit = False  # a thread may still have the number of a paid job to write
        return db

    def _helped(self, error: OSError | sqlite3.Error) -> bool:
        """Whether there is something to go on with, now."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if self.file is None:
            return False
        if self._unwritable:  # what is beneath is of no use either
            if not self.beneath or code not in (*DAMAGED, *UNWRITABLE):
                return False
            self._opened().execute("DETACH kept")
            self.beneath = False
            log.warning("the cache file %s cannot be read any further (%s)", self.file, error)
            return True
        if code in DAMAGED:
            if code == sqlite3.SQLITE_NOTADB and self.file.suffix not in ENDINGS:
                return False  # a table of the user's, given by mistake, keeps its name
            return self._begin_anew(self.file, error)
        if code in UNWRITABLE or (isinstance(error, OSError) and error.errno in UNWRITABLE_FILES):
            return self._go_on_in_memory(self.file, error)
        return False

    def _begin_anew(self, file: Path, error: Exception) -> bool:
        self.close()
        try:
            aside = damage.set_aside(file, self._number)
        except OSError as trouble:
            return self._go_on_in_memory(file, trouble)
        if aside is None:  # another process has done it: its new file is as good for us
            return True
        log.warning("the cache file %s is damaged (%s); it is now %s, and a new one is begun", file, error, aside)
        try:
            count = damage.bring_over(aside, self.write)
        except sqlite3.Error:
            count = 0
        log.warning("%s", f"{count:,} answers of the damaged file could be read, and are kept")
        return True

    def _go_on_in_memory(self, file: Path, error: Exception) -> bool:
        """The file beneath, as far as it can be read; its jobs and corrections are taken along."""
        self.close()
        if file not in _told:
            _told.add(file)
            log.warning(
                "the cache file %s cannot be written (%s): what is answered from here on is not kept for the next "
                "run, and jobs submitted from here on cannot be picked up by it. GEOPANDAS_BATCH_CACHE or cache= names "
                "another file",
                *(file, error),
            )
        db, self.beneath, self.older = opening.beneath(file)
        self._unwritable, self._process = str(error), os.getpid()
        self._kept(db)
        return True

    def _trouble(self, error: Exception) -> SettingsError:
        return SettingsError(
            f"the cache file {self.file or 'in memory'} cannot be used: {error}. Set GEOPANDAS_BATCH_CACHE or cache= "
            "to another file, or pass cache=False to do without (what is paid then is not kept)."
        )


def _close(db: sqlite3.Connection, process: int) -> None:
    """Close what this process has opened, not what a forked child found in its memory."""
    if process == os.getpid():
        db.close()
