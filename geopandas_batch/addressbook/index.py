"""The file in which an address book is indexed: made once, beside the cache, for its user alone."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from geopandas_batch.addressbook.importing import build
from geopandas_batch.addressbook.spelling import keys
from geopandas_batch.errors import SettingsError
from geopandas_batch.progress import ProgressLike

LAYOUT = 16
_PROBE = "12-14 Saint-Étienne Straße, 5th Ave."  # its spelling is part of the index's name
_AGAIN = 0.2  # seconds until the next look whether another process has done it


def fingerprint(source: Path, columns: Mapping[str, str], encoding: str = "") -> str:
    """What changes whenever the table, the way it is read or the spelling may give another index."""
    try:
        # A folder of Parquet files is a table as well: it does not change itself when one of them does.
        whole = source.resolve()
        files = sorted(whole.rglob("*")) if whole.is_dir() else [whole]
        # Also when it was put there: what is copied, or unpacked, may have the time of another one of the same size.
        states = [
            (str(file), state.st_size, state.st_mtime_ns, state.st_ctime_ns)
            for file in files
            for state in [file.stat()]
        ]
    except OSError as error:
        raise SettingsError(f"the address book {source} cannot be read: {error.strerror}") from error
    said = [LAYOUT, *keys([_PROBE]), str(whole), *states, *_way(columns, encoding)]
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


def _way(columns: Mapping[str, str], encoding: str) -> list[object]:
    """How a table is read, where it is said."""
    return [said for said in (sorted(columns.items()), encoding) if said]


def ensure(
    source: Path,
    columns: Mapping[str, str],
    folder: Path,
    progress: ProgressLike = None,
    stop: threading.Event | None = None,
    encoding: str = "",
) -> Path:
    """The index of a table as it is now; made if it is not there, by one process while others wait for it.

    It is made in a folder of its own and moved when it is whole, so that a process that is killed leaves nothing that
    could be taken for an index; what it leaves is cleared away by the next. `stop` gives an import up.
    """
    name = re.sub(r"[^\w.-]+", "_", source.stem)[:50]  # neither a pattern, nor too long for a file
    # One that is read in another way is another one: they would take each other's index away.
    read = "".join(map(str, (source.resolve(), *_way(columns, encoding))))
    stem = f"{name}-{blake2b(read.encode(), digest_size=4).hexdigest()}"
    index = folder / f"{stem}-{fingerprint(source, columns, encoding)}.duckdb"
    try:
        if index.exists():
            return index
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{stem}.lock").touch()
    except OSError as error:
        raise SettingsError(f"no index of an address book can be made in {folder}: {error.strerror}") from error
    stop = stop or threading.Event()
    with _alone(folder / f"{stem}.lock", stop):
        if index.exists():
            return index
        for left in folder.glob(f"{stem}-*.part"):
            shutil.rmtree(left, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix=f"{stem}-", suffix=".part", dir=folder))  # nobody else's to read
        try:
            build(source, columns, part, progress, stop, encoding)
            (part / "index").chmod(0o600)
            (part / "index").replace(index)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        for old in folder.glob(f"{stem}-*.duckdb"):
            if old != index:
                with suppress(OSError):  # on Windows, where somebody still asks it
                    old.unlink()
    return index


@contextmanager
def _alone(lock: Path, stop: threading.Event) -> Iterator[None]:
    """One process at a time. The system unlocks the file when its process ends, however it does."""
    while True:
        with lock.open("ab") as file:
            # Whoever was before takes the file away at the end: then the lock is one of nothing.
            if _locked(file) and _is_at(lock, file):
                try:
                    yield
                finally:
                    with suppress(OSError):  # on Windows, where another one waits
                        lock.unlink()
                return
        if stop.wait(_AGAIN):
            raise SettingsError("the import of the address book was given up")


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _locked(file: BinaryIO) -> bool:
    """Whether the file is locked for this process now; where the file system has no locks, it is as if it were."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True
