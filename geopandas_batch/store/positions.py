"""Where in its table the answer to a key stands. The connection is the caller's.

Keys are digests: the thousand keys of a batch belong to a thousand pages of the index, and to write these takes longer
than all else. So keys wait for their turn. Each batch puts into the index those keys of the last `TURNS` batches that
lie in one part of their range, side by side, on few pages. After `TURNS` batches, each key has had its turn. The keys
of a batch that waits stand in the file in one piece. Who opens the file reads these, and knows by the numbers of the
batches which ones have had their turn. An answer that was replaced goes when its key has its turn.

Who has looked for keys and comes again need only see what was added since: the last batches are at hand. And of a file
that was small when many keys were looked for in vain, a sketch says of nearly all new keys that they are not there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.store.keys import KEY_BYTES
from geopandas_batch.store.rows import keys_in
from geopandas_batch.store.sketch import Sketch
from geopandas_batch.store.statements import FEW, insert

SCHEMA = """
-- place is the first half of a key, less a bit, so that SQLite compares numbers. The answer has the whole key
CREATE TABLE position (place INTEGER PRIMARY KEY, at INTEGER NOT NULL);
-- The keys of the last batches, and where the answer to the first one stands. No keys: none waits any longer
CREATE TABLE waiting (number INTEGER PRIMARY KEY AUTOINCREMENT, first INTEGER NOT NULL, keys BLOB NOT NULL);
"""
TURNS = 128  # a thousand keys of each are some 18 MB in the memory, and 34 with those before that are remembered
MANY = 4096  # keys that do not wait: they come to several on a page by themselves
_EACH = 256 // TURNS  # values of the first byte of a key


class _Batch(NamedTuple):
    """The keys of a batch in the order of their turns, the places of their answers, and which have each turn."""

    keys: list[bytes]
    ats: list[int]
    ends: list[int]

    @classmethod
    def of(cls, together: bytes, keys: Sequence[bytes], first: int) -> Self:
        turns = _turns(together)
        order = np.argsort(turns, kind="stable")
        ends = np.bincount(turns, minlength=TURNS).cumsum().tolist()
        return cls([keys[place] for place in order.tolist()], (order + first).tolist(), [0, *ends])


class Positions:
    """The keys of the last batches, and the way to all others.

    Attributes
    ----------
    moment : int
        Grows with every batch that is read, by whomever it was added.
    """

    def __init__(self, schema: str = "main", moment: int = 1) -> None:
        """Nothing is read yet."""
        self.moment = moment
        # Where the answers stand to the keys that were added since a moment, and since a later one: at least those of
        # the last `TURNS` batches, if they have been seen. So what waits is there, and more than is added while a
        # question waits for its own.
        self._recent = [(moment, dict[bytes, int]())]
        self._schema = schema
        self._last = 0  # the last batch that was read; their numbers begin with 1
        self._batches: dict[int, _Batch] = {}  # the last ones, by their numbers
        self._own: tuple[int, bytes, Sequence[bytes]] = (0, b"", ())  # the last one of ours: its number and its keys
        self._sketch: Sketch | None = None  # of all keys in the file

    def read(self, db: sqlite3.Connection) -> None:
        """See what has come, from whichever process: once for each use, before anything is written.

        What is written in a transaction is seen by the next use, as that of others is; it may be taken back.
        """
        statement = f"SELECT number, first, keys FROM {self._schema}.waiting WHERE number > ? ORDER BY number"
        for number, first, blob in db.execute(statement, (self._last,)):
            last, together, keys = self._own
            if number == last and blob == together:
                self._own = (0, b"", ())
            else:
                keys = keys_in(blob)
            if not keys or number > self._last + 1:
                # What was missed is gone: all before it has had its turn, and nobody knows what was new.
                self._recent, self._batches, self._sketch = [(self.moment + 1, {})], {}, None
            elif self.moment - self._recent[-1][0] >= TURNS:
                self._recent = [self._recent[-1], (self.moment, {})]
            self.moment += 1
            if keys:
                self._batches[number] = batch = _Batch.of(blob, keys, first)
                self._recent[-1][1].update(zip(batch.keys, batch.ats, strict=True))
                self._batches.pop(number - TURNS, None)
                if self._sketch is not None:
                    self._sketch.add(blob)
            self._last = number  # now that all of it is taken in: a second Ctrl-C may come anywhere

    def sketch(self, db: sqlite3.Connection) -> None:
        """Read which keys are in the file, once it has been read what has come: see `possible`."""
        if self._sketch is None:
            sketch = Sketch()
            # After what waits: from there, keys go into the index, and never the other way.
            for keys, _, _ in self._batches.values():
                sketch.add(b"".join(keys))
            sketch.add_places([place for (place,) in db.execute(f"SELECT place FROM {self._schema}.position")])
            self._sketch = sketch

    def possible(self, keys: Sequence[bytes], since: int) -> Collection[bytes]:
        """Of these keys, those that may be in the file; ``since``: the moment at which none of them was."""
        if self._sketch is not None and len(keys) > FEW:
            keys = self._sketch.among(keys)
        added = self.added_since(since, keys)
        return keys if added is None else added

    def added_since(self, moment: int, keys: Iterable[bytes]) -> set[bytes] | None:
        """Of these keys, those that were added since a moment, and maybe before; None: nobody knows any longer."""
        if moment < self._recent[0][0]:
            return None
        found = set[bytes]()
        for begun, recent in reversed(self._recent):
            found |= recent.keys() & keys
            if begun <= moment:
                break
        return found

    def among(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        """Where the answers to these keys stand, of those that wait, and of others that were added not long ago."""
        found = dict[bytes, int]()
        for _, recent in self._recent:  # what was replaced comes before what stands in its place
            if there := recent.keys() & keys:
                found.update((key, recent[key]) for key in there)
        return found

    def all_waiting(self) -> dict[bytes, int]:
        """The same, of all that wait."""
        found = dict[bytes, int]()
        for number, (keys, ats, ends) in self._batches.items():
            # Turns come round: after that of the last batch, up to the one with which this batch began.
            after, before = self._last % TURNS + 1, number % TURNS
            for low, high in [(after, before)] if after <= before else [(after, TURNS), (0, before)]:
                mine = slice(ends[low], ends[high])
                found.update(zip(keys[mine], ats[mine], strict=True))
        return found

    def _turn(self, number: int) -> dict[bytes, int]:
        """What has its turn with a batch, of those before it: from where they stand, not one by one among all."""
        turn, found = number % TURNS, dict[bytes, int]()
        for before, (keys, ats, ends) in self._batches.items():
            if before > number - TURNS:
                mine = slice(ends[turn], ends[turn + 1])
                found.update(zip(keys[mine], ats[mine], strict=True))
        return found

    def add(self, db: sqlite3.Connection, keys: Sequence[bytes], first: int) -> None:
        """Take in a batch whose answers stand from ``first`` on, and give others their turn. Within a transaction."""
        if not keys:
            return
        for key, at in self.among(keys).items():
            _delete(db, key, at)
        if len(keys) > MANY:
            _enter(db, {**self.all_waiting(), **dict(zip(keys, count(first), strict=False))})
            self.end(db)
            return
        together = b"".join(keys)
        number = db.execute("INSERT INTO waiting (first, keys) VALUES (?, ?)", (first, together)).lastrowid or 0
        own = np.flatnonzero(_turns(together) == number % TURNS).tolist()
        _enter(db, {**self._turn(number), **{keys[place]: first + place for place in own}})
        self._own = number, together, keys
        db.execute("DELETE FROM waiting WHERE number <= ?", (number - TURNS,))

    def add_new(self, db: sqlite3.Connection, keys: Sequence[bytes], first: int) -> bool:
        """Take in keys at once, if all are new; else none, and False. Without a look at each before."""
        _enter(db, self.all_waiting())
        self.end(db)
        db.execute("SAVEPOINT before")
        try:
            insert(db, "INSERT INTO position", sorted(zip(places(keys), count(first), strict=False)))
        except sqlite3.IntegrityError:
            db.execute("ROLLBACK TO before")
            return False
        finally:
            db.execute("RELEASE before")
        return True

    def end(self, db: sqlite3.Connection) -> None:
        """Say to all processes that no key waits any longer, and that they may not know of all that is new."""
        number = db.execute("INSERT INTO waiting (first, keys) VALUES (0, x'')").lastrowid
        db.execute("DELETE FROM waiting WHERE number < ?", (number,))


def places(keys: Iterable[bytes]) -> list[int]:
    """The numbers under which the keys are in the index."""
    together = b"".join(keys)
    if len(together) <= FEW * KEY_BYTES:
        return [int.from_bytes(together[start : start + 8]) >> 1 for start in range(0, len(together), KEY_BYTES)]
    found: list[int] = (np.frombuffer(together, ">u8")[::2] >> 1).tolist()
    return found


def _turns(together: bytes) -> NDArray[np.uint8]:
    """The turn of each key."""
    return np.frombuffer(together, np.uint8)[::KEY_BYTES] // _EACH


def _enter(db: sqlite3.Connection, added: Mapping[bytes, int]) -> None:
    """Put keys into the index; the answers that were there are gone."""
    rows = sorted(zip(places(added), added.values(), strict=True))
    before = db.total_changes
    insert(db, "INSERT OR IGNORE INTO position", rows)
    if db.total_changes - before == len(rows):
        return
    for key, place, at in zip(added, places(added), added.values(), strict=True):
        (old,) = db.execute("SELECT at FROM position WHERE place = ?", (place,)).fetchone()
        if old != at:
            _delete(db, key, old)
            db.execute("UPDATE position SET at = ? WHERE place = ?", (at, place))


def _delete(db: sqlite3.Connection, key: bytes, at: int) -> None:
    # Of an answer that was forgotten, the place in the table may be another's by now.
    db.execute("DELETE FROM answer WHERE at = ? AND key = ?", (at, key))
