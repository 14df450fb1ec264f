"""The table of jobs: what is paid, or about to be, and not yet collected. The connection is the caller's."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from geopandas_batch.encoding import as_json
from geopandas_batch.places import Location, Point, Query, Question
from geopandas_batch.places.lines import Lines, Wanted
from geopandas_batch.store import owner
from geopandas_batch.store.keys import KEY_BYTES
from geopandas_batch.store.rows import damage_told, keys_in

SCHEMA = """
-- id is NULL while the submit is on its way, by the process that is the owner. The long columns are the last, so that
-- the others are read without them. A key takes 16 bytes. A number is never given twice.
CREATE TABLE job (number INTEGER PRIMARY KEY AUTOINCREMENT, scope BLOB NOT NULL, id TEXT, submitted REAL NOT NULL,
                  owner TEXT NOT NULL, keys BLOB NOT NULL, questions TEXT NOT NULL, UNIQUE (scope, id));
"""
TIMES = """
-- how long jobs took: the schedule of the next run, and its estimate, begin with it
CREATE TABLE took (number INTEGER PRIMARY KEY, service TEXT NOT NULL, items INTEGER NOT NULL, seconds REAL NOT NULL);
"""
_KEYS_OF = "SELECT keys FROM job WHERE number = ?"
# A submit is over sooner, with all its tries. It bounds what is left by a process whose end cannot be seen.
SUBMIT_SECONDS = 600.0
JOB_TIMES_KEPT = 64  # for each service


@dataclass(frozen=True, slots=True)
class Job:
    """A job on the journal: paid and not yet collected, or (without an id) about to be submitted."""

    number: int
    id: str
    questions: Sequence[Question]
    submitted: float  # seconds since 1970
    keys: Sequence[bytes] = ()  # of the questions, where they are known


@dataclass(slots=True)
class Claim:
    """What may be bought, and what need not be."""

    known: dict[bytes, Location | None]
    jobs: list[Job]  # under way; whoever wants may collect them
    mine: Job | None = None  # what nobody holds, now held for the caller
    busy: bool = False  # some are just being submitted by another process, or in another thread
    lost: list[Job] = field(default_factory=list)  # their process ended in the middle of the submit


class Held:
    """Which job holds which keys; those of a job never change, so they are read once."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._keys: dict[int, Sequence[bytes]] = {}
        self._all: set[bytes] = set()  # of all jobs
        self._own: tuple[bytes, Sequence[bytes]] = (b"", ())  # what was held last by us, together and one by one

    def among(self, db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[int, Collection[bytes]]:
        """The keys that a job holds, by its number, oldest first."""
        numbers = [number for (number,) in db.execute("SELECT number FROM job ORDER BY number")]
        if gone := self._keys.keys() - set(numbers):
            self.forget(gone)
        for number in numbers:
            # None: another process has taken it off since the look before.
            if number not in self._keys and (row := db.execute(_KEYS_OF, (number,)).fetchone()):
                own = self._own[1] if row[0] == self._own[0] else keys_in(row[0])
                self._all.update(own)  # before they are its own: what is interrupted here is done again
                self._keys[number] = own
        if not (wanted := self._all.intersection(keys)):  # most often
            return {}
        return {number: both for number in numbers if (both := wanted.intersection(self._keys.get(number, ())))}

    def agrees(self, job: Job, keys: Collection[bytes]) -> bool:
        """Whether a job that was read holds these keys, in whatever order."""
        return set(self._keys.get(job.number, keys)) == set(keys)

    def forget(self, gone: Set[int]) -> None:
        """Jobs that are no longer there, or are to be read again."""
        left = {number: keys for number, keys in self._keys.items() if number not in gone}
        if len(self._all) == sum(map(len, self._keys.values())):
            self._all.difference_update(*map(self._keys.__getitem__, gone & self._keys.keys()))
        else:  # two hold the same
            self._all = set().union(*left.values())
        self._keys = left

    def note(self, together: bytes, keys: Sequence[bytes]) -> None:
        """What is about to be held by us, so that it need not be taken apart when it is read."""
        self._own = together, keys


def claim(
    db: sqlite3.Connection,
    scope: bytes,
    wanted: Wanted,
    *,
    known: dict[bytes, Location | None],
    held: Held,
) -> Claim:
    """Hold what is neither known nor under way, so that no other process buys it at the same time."""
    claim, taken = Claim(known, []), set(known)
    for number, keys in held.among(db, wanted.keys).items():
        job, holder = read(db, number) or (Job(number, "", [], 0.0), "")
        if job.id:
            claim.jobs.append(job)
        elif owner.runs(holder) and job.submitted > time.time() - SUBMIT_SECONDS:
            claim.busy = True
        else:
            delete(db, job)
            claim.lost.append(job)
            continue
        taken.update(keys)
    free = wanted.without(taken) if taken else wanted
    if free:
        now, questions, together = time.time(), free.questions, b"".join(free.keys)
        rows = questions.rows if isinstance(questions, Lines) else questions
        held.note(together, free.keys)
        cursor = db.execute(
            "INSERT INTO job (scope, submitted, owner, keys, questions) VALUES (?, ?, ?, ?, ?)",
            (scope, now, owner.me(), together, as_json(list(rows)).decode()),
        )
        claim.mine = Job(cursor.lastrowid or 0, "", questions, now, free.keys)
    return claim


def read(db: sqlite3.Connection, number: int) -> tuple[Job, str] | None:
    """A job on the journal, and the process that submitted it; None if it is no longer there."""
    row = db.execute("SELECT id, questions, submitted, owner FROM job WHERE number = ?", (number,)).fetchone()
    if row is None:
        return None
    with damage_told():
        return Job(number, row[0] or "", _questions(row[1]), row[2]), row[3]


def is_sound(row: tuple[Any, ...]) -> bool:
    """Whether all columns of a job are as they were written."""
    try:
        _, scope, job_id, submitted, holder, keys, questions = row
        count = len(_questions(questions))
    except ValueError:
        return False
    texts = all(isinstance(each, str) for each in (holder, job_id or ""))
    blobs = all(isinstance(each, bytes) for each in (scope, keys))
    return texts and blobs and isinstance(submitted, float) and len(keys) == count * KEY_BYTES


def _questions(text: str) -> list[Question]:
    """Raises ValueError where the text is not what was written."""
    found = json.loads(text) if isinstance(text, str) else None
    if not isinstance(found, list) or not all(map(_is_question, found)):
        raise ValueError("the questions of a job")
    return [Point(*each) if len(each) == len(Point._fields) else Query(*each) for each in found]


def _is_question(each: Any) -> bool:
    kinds = set(map(type, each)) if isinstance(each, list) else set()
    return (kinds == {str} and len(each) == len(Query._fields)) or (
        bool(kinds) and kinds <= {int, float} and len(each) == len(Point._fields)
    )


def read_all(db: sqlite3.Connection, numbers: Iterable[int]) -> list[Job]:
    """Those of these jobs that were submitted and are still on the journal."""
    found = [read(db, number) for number in numbers]  # None: collected by others meanwhile
    return [each[0] for each in found if each and each[0].id]


def holds(db: sqlite3.Connection, job: Job) -> bool:
    """Whether a job is still on the journal."""
    return db.execute("SELECT 1 FROM job WHERE number = ?", (job.number,)).fetchone() is not None


def count_submitted(db: sqlite3.Connection) -> int:
    """How many jobs are under way."""
    (count,) = db.execute("SELECT COUNT(*) FROM job WHERE id IS NOT NULL").fetchone()
    return int(count)


def note_submit(db: sqlite3.Connection, job: Job) -> bool:
    """Write down the id of a job that was just accepted, and when that was; False if another job has it."""
    done = db.execute(
        "UPDATE OR IGNORE job SET id = ?, submitted = ? WHERE number = ?", (job.id, job.submitted, job.number)
    )
    return bool(done.rowcount) or db.execute("SELECT 1 FROM job WHERE number = ?", (job.number,)).fetchone() is None


def mend(db: sqlite3.Connection, job: Job, scope: bytes, keys: Sequence[bytes]) -> bool:
    """Write down which keys a job of this scope holds; False if there is none."""
    row = b"".join(keys), job.number, scope
    return db.execute("UPDATE job SET keys = ? WHERE number = ? AND scope = ?", row).rowcount > 0


def release(db: sqlite3.Connection, job: Job) -> bool:
    """Take a job off that was not submitted; False if it was."""
    return db.execute("DELETE FROM job WHERE number = ? AND id IS NULL", (job.number,)).rowcount > 0


def delete(db: sqlite3.Connection, job: Job) -> None:
    """Take a job off."""
    db.execute("DELETE FROM job WHERE number = ?", (job.number,))


def times(db: sqlite3.Connection, service: str) -> list[tuple[int, float]]:
    """Items and seconds of the last jobs, oldest first."""
    return db.execute("SELECT items, seconds FROM took WHERE service = ? ORDER BY number", (service,)).fetchall()


def note_time(db: sqlite3.Connection, service: str, items: int, seconds: float) -> None:
    """Write down how long a job took, and forget the oldest of these notes."""
    db.execute("INSERT INTO took (service, items, seconds) VALUES (?, ?, ?)", (service, items, seconds))
    db.execute(
        "DELETE FROM took WHERE service = ? AND number NOT IN "
        "(SELECT number FROM took WHERE service = ? ORDER BY number DESC LIMIT ?)",
        (service, service, JOB_TIMES_KEPT),
    )
