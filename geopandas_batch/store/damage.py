"""A damaged cache file: set aside, and what can still be read of it brought over."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from geopandas_batch.store import exchange, journal, older
from geopandas_batch.store.keys import KEY_BYTES
from geopandas_batch.store.positions import Positions
from geopandas_batch.store.rows import Row, is_sound

log = logging.getLogger("geopandas_batch")

RANGES = 4096  # each read from both ends: a page that is gone takes only its own rows along
ANSWER_BYTES = 40  # at least
MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#the_database_header has all of the header
ROWS = 20_000  # in one transaction

Read = Callable[..., Iterator[Row]]
Write = Callable[[Callable[[sqlite3.Connection], object]], object]


def number_of(file: Path) -> int:
    """The file system's number of a file: tells whether a name still means the same file; 0 if there is none."""
    try:
        return file.stat().st_ino
    except OSError:
        return 0


def set_aside(file: Path, number: int) -> Path | None:
    """Give a file another name; None if somebody else was faster, so that the name means another file by now."""
    aside = file.with_name(f"{file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    if number_of(file) != number:
        return None
    try:
        file.rename(aside)
    except FileNotFoundError:
        return None
    if number_of(aside) != number:  # a new one came in between
        with suppress(FileExistsError):
            os.link(aside, file)
            aside.unlink()
        return None
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{file}{ending}").rename(f"{aside}{ending}")
    return aside


def bring_over(aside: Path, write: Write) -> int:
    """Put what can be read of a damaged file into the new one; how many answers that were."""
    count = 0
    _mend_header(aside)
    _cut_to_pages(aside)
    with closing(sqlite3.connect(aside, isolation_level=None)) as db:
        db.execute("PRAGMA cell_size_check = ON")
        db.execute("PRAGMA writable_schema = ON")  # else nothing is read of a file that is shorter than it says
        for rows in _batches(_answers(db)):
            write(partial(_merge, rows))
            count += len(rows)
        for table in ("job", "correction"):
            for row in _rows(db, table):
                if table != "job" or journal.is_sound(row):
                    write(partial(_insert, table, row))
    return count


def without_text(error: OSError | sqlite3.Error) -> OSError | sqlite3.Error:
    """A text that is not UTF-8, as damage: the error of `sqlite3` quotes it, and it may be addresses."""
    if not str(error).startswith("Could not decode to UTF-8"):
        return error
    damage = sqlite3.DatabaseError("a text in it is not UTF-8")
    damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return damage


def _mend_header(file: Path) -> None:
    """Give a file whose first 100 bytes are not SQLite's those of an empty one, of its own length."""
    with file.open("r+b") as content, closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
        if content.read(len(MAGIC)) == MAGIC:
            return
        empty.execute("CREATE TABLE any (thing)")
        header = bytearray(empty.serialize()[:100])
        header[18:20] = 2, 2  # it has a file with what is written ahead
        header[28:32] = (file.stat().st_size // int.from_bytes(header[16:18], "big")).to_bytes(4, "big")
        content.seek(0)
        content.write(header)


def _cut_to_pages(file: Path) -> None:
    """Take off the rest of a page at the end: SQLite would take what is missing of it for zeros, and of the answers."""
    with file.open("r+b") as content:
        size = int.from_bytes(content.read(18)[16:18], "big") or 1
        size = 65536 if size == 1 else size
        content.truncate(file.stat().st_size // size * size)


def _merge(rows: list[Row], db: sqlite3.Connection) -> None:
    exchange.merge(db, Positions(), rows)


def _insert(table: str, row: tuple[object, ...], db: sqlite3.Connection) -> None:
    # A row that is not whole, or is there again already, stays out.
    db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(row))})", row)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _answers(db: sqlite3.Connection) -> Iterator[Row]:
    for table in ("answer", older.TABLE):
        columns = {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")}
        read: Read
        if "body" in columns:
            read, edges = exchange.rows_between, _numbers(db, table)
        elif columns:
            by, edges = _ranges(db, table)
            read = partial(older.rows_between, table=table, by=by)
        else:
            continue
        for low, high in pairwise(edges):
            for backwards in (False, True):
                try:
                    yield from filter(is_sound, read(db, low=low, high=high, backwards=backwards))
                except (sqlite3.Error, UnicodeDecodeError):
                    continue  # once more, from the other end
                break


def _ranges(db: sqlite3.Connection, table: str) -> tuple[str, list[Any]]:
    """Of a table of before, the column by which answers stand in it, and the edges of ranges of it."""
    try:
        db.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError:  # there are no numbers in files that were made without them
        digits = range(0, 1 << 16, (1 << 16) // RANGES)
        return f"{table}.key", [*(first.to_bytes(2, "big") for first in digits), b"\xff" * (KEY_BYTES + 1)]
    return f"{table}.rowid", _numbers(db, table)


def _numbers(db: sqlite3.Connection, table: str) -> list[Any]:
    """The edges of ranges of the numbers of answers."""
    try:
        most = db.execute(f"SELECT MAX({table}.rowid) FROM {table} NOT INDEXED").fetchone()[0] or 0
    except sqlite3.Error:  # the last page is gone; a number may have been given anew a few times
        (pages,), (size,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        most = 4 * pages * size // ANSWER_BYTES
    return [*range(0, most, most // RANGES + 1), most + 1]


def _rows(db: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    numbers: list[int] = []
    with suppress(sqlite3.Error):
        numbers.extend(number for (number,) in db.execute(f"SELECT rowid FROM {table} NOT INDEXED"))
    for number in numbers:  # one by one: behind a row that cannot be read there may be others
        with suppress(sqlite3.Error, UnicodeDecodeError):
            yield from db.execute(f"SELECT * FROM {table} WHERE rowid = ?", (number,))
