"""What is known and what is under way: answers (the cache) and jobs (the journal).

One file for all processes of a user, readable by nobody else. Every write is on disk when the call returns.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path

from geopandas_batch import owner
from geopandas_batch.database import Database
from geopandas_batch.garbage import no_collection
from geopandas_batch.overrides import Overrides
from geopandas_batch.places import MATCHES, Extra, Location, Point, Query, Question
from geopandas_batch.replies import encoded

KEYS_A_STATEMENT = 1000  # SQLite takes 32,766 variables in one statement; from a thousand on, more win nothing
# A submit is over sooner, with all its tries. It bounds what is left by a process whose end cannot be seen.
SUBMIT_SECONDS = 600.0
JOB_TIMES_KEPT = 64  # for each service
_NUMBERS = {match: number for number, match in enumerate(MATCHES)}


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


class Keys:
    """Turns questions into the keys of their answers, for one service with all its options."""

    def __init__(self, service: str, options: Mapping[str, str]) -> None:
        """``options``: all that can change an answer."""
        self._base = blake2b(digest_size=16)
        self._base.update(json.dumps([service, sorted(options.items())]).encode())
        self.scope = self._base.digest()

    def key(self, question: Question) -> bytes:
        """16 bytes; the same for equal questions on every computer."""
        digest = self._base.copy()
        # surrogatepass: a broken file name read into a cell must not stop a run
        texts = question if isinstance(question, Query) else map(str, question)
        digest.update("\0".join(texts).encode("utf-8", "surrogatepass"))
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
        self._base = Database(file)
        self.overrides = Overrides(self._base)
        self._sources: dict[int, tuple[str, str]] = {}

    def answers(self, keys: Sequence[bytes]) -> dict[bytes, Location | None]:
        """What is known and may still be used, by key; None where the service found nothing."""
        with self._base.open() as db, no_collection():
            return self._answers(db, keys)

    def _answers(self, db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Location | None]:
        known: dict[bytes, Location | None] = {}
        unpack, now = _coder()[1], time.time()
        for part in _slices(keys, KEYS_A_STATEMENT):
            rows = db.execute(
                "SELECT key, source, lat, lon, formatted, match, confidence, reason, extra FROM answer "
                f"WHERE key IN ({_marks(part)}) AND (until IS NULL OR until > ?)",
                (*part, now),
            )
            for key, source, lat, lon, formatted, match, confidence, reason, extra in rows:
                if lat is None:
                    known[key] = None
                    continue
                if source not in self._sources:
                    self._read_sources(db)
                sure = math.nan if confidence is None else confidence  # SQLite keeps NaN as NULL
                more = unpack(extra) if extra else ()
                known[key] = Location(lat, lon, formatted, MATCHES[match], sure, reason, *self._sources[source], more)
        return known

    def keep(
        self,
        answers: Iterable[tuple[bytes, Location | None]],
        *,
        service: str,
        keep_for: timedelta | None = None,
        job: Job | None = None,
        seconds: float | None = None,
    ) -> None:
        """Put answers on disk and, in the same stroke, take the job that brought them (in ``seconds``) off."""
        now = time.time()
        until = None if keep_for is None else now + keep_for.total_seconds()
        answers = list(answers) if keep_for != timedelta(0) else []
        with self._base.transaction() as db:
            if answers:
                credits = {place.attribution if place else "" for _, place in answers}  # "": nothing was found
                sources = {credit: _source_number(db, service, credit) for credit in credits}
                rows = (
                    (key, sources[place.attribution], *_columns(place), now, until, _packed(place.extra))
                    if place
                    else (key, sources[""], None, None, None, None, None, None, now, until, None)
                    for key, place in answers
                )
                db.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if job is not None:
                db.execute("DELETE FROM job WHERE number = ?", (job.number,))
            if job is not None and seconds is not None:
                note = (service, len(job.questions), seconds)
                db.execute("INSERT INTO took (service, items, seconds) VALUES (?, ?, ?)", note)
                db.execute(
                    "DELETE FROM took WHERE service = ? AND number NOT IN "
                    "(SELECT number FROM took WHERE service = ? ORDER BY number DESC LIMIT ?)",
                    (service, service, JOB_TIMES_KEPT),
                )

    def claim(self, scope: bytes, wanted: Mapping[bytes, Question]) -> Claim:
        """Hold what is neither known nor under way, so that no other process buys it at the same time."""
        with self._base.transaction() as db:
            claim = Claim(self._answers(db, list(wanted)), [])
            held: dict[int, list[bytes]] = {}
            for part in _slices(list(wanted), KEYS_A_STATEMENT):
                for key, number in db.execute(f"SELECT key, number FROM held WHERE key IN ({_marks(part)})", part):
                    held.setdefault(number, []).append(key)
            taken = set(claim.known)
            for number in sorted(held):
                job, holder = _job(db, number) or (Job(number, "", [], 0.0), "")
                if job.id:
                    claim.jobs.append(job)
                elif owner.runs(holder) and job.submitted > time.time() - SUBMIT_SECONDS:
                    claim.busy = True
                else:
                    db.execute("DELETE FROM job WHERE number = ?", (number,))
                    claim.lost.append(job)
                    continue
                taken.update(held[number])
            free = {key: question for key, question in wanted.items() if key not in taken}
            if free:
                now, questions = time.time(), list(free.values())
                cursor = db.execute(
                    "INSERT INTO job (scope, questions, submitted, owner) VALUES (?, ?, ?, ?)",
                    (scope, encoded(questions).decode(), now, owner.me()),
                )
                claim.mine = Job(cursor.lastrowid or 0, "", questions, now, list(free))
                db.executemany("INSERT INTO held VALUES (?, ?)", ((key, cursor.lastrowid) for key in free))
        return claim

    def release(self, job: Job) -> bool:
        """Hold it no longer; False if it was submitted after all, and so stays on the journal."""
        with self._base.transaction() as db:
            return db.execute("DELETE FROM job WHERE number = ? AND id IS NULL", (job.number,)).rowcount > 0

    def submitted(self, job: Job, job_id: str) -> Job:
        """Write down the id of a job that was just accepted."""
        now = time.time()
        with self._base.transaction() as db:
            db.execute("UPDATE job SET id = ?, submitted = ? WHERE number = ?", (job_id, now, job.number))
        return replace(job, id=job_id, submitted=now)

    def jobs_holding(self, keys: Sequence[bytes]) -> list[Job]:
        """Jobs under way that will answer at least one of these keys, oldest first."""
        with self._base.open() as db:
            numbers: set[int] = set()
            for part in _slices(keys, KEYS_A_STATEMENT):
                found = db.execute(f"SELECT DISTINCT number FROM held WHERE key IN ({_marks(part)})", part)
                numbers.update(number for (number,) in found)
            found_jobs = [_job(db, number) for number in sorted(numbers)]  # None: collected by others meanwhile
        return [each[0] for each in found_jobs if each and each[0].id]

    def holds(self, job: Job) -> bool:
        """Whether a job is still on the journal; if not, somebody else has collected it."""
        with self._base.open() as db:
            return db.execute("SELECT 1 FROM job WHERE number = ?", (job.number,)).fetchone() is not None

    def close_job(self, job: Job) -> None:
        """Take a job off the journal whose answers are not to be had (any more)."""
        with self._base.transaction() as db:
            db.execute("DELETE FROM job WHERE number = ?", (job.number,))

    def job_times(self, service: str) -> list[tuple[int, float]]:
        """Items and seconds of the last jobs, oldest first."""
        with self._base.open() as db:
            rows = db.execute("SELECT items, seconds FROM took WHERE service = ? ORDER BY number", (service,))
            return [(items, seconds) for items, seconds in rows]

    def info(self) -> dict[str, int]:
        """Answers kept, by service; jobs under way as ``"(jobs under way)"``."""
        with self._base.open() as db:
            counts = dict(
                db.execute(
                    "SELECT service, COUNT(*) FROM answer JOIN source ON source.id = source GROUP BY 1 ORDER BY 1"
                ).fetchall()
            )
            counts["(jobs under way)"] = db.execute("SELECT COUNT(*) FROM job WHERE id IS NOT NULL").fetchone()[0]
        return counts

    def clear(self, *, expired_only: bool = False) -> int:
        """Forget answers, and give the space back; how many.

        Jobs under way stay: they are paid. What a person has decided stays, too.
        """
        where = "WHERE until <= ?" if expired_only else ""
        with self._base.transaction() as db:
            count = db.execute(f"DELETE FROM answer {where}", (time.time(),) if where else ()).rowcount
        with self._base.open() as db:
            db.execute("VACUUM")
        return count

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._base.close()

    def _read_sources(self, db: sqlite3.Connection) -> None:
        """The services and credit lines, by their numbers."""
        rows = db.execute("SELECT id, service, attribution FROM source")
        self._sources = {number: (service, attribution) for number, service, attribution in rows}


def _source_number(db: sqlite3.Connection, service: str, attribution: str) -> int:
    """The number under which this service and credit line are on record."""
    db.execute("INSERT OR IGNORE INTO source (service, attribution) VALUES (?, ?)", (service, attribution))
    return int(
        db.execute("SELECT id FROM source WHERE (service, attribution) = (?, ?)", (service, attribution)).fetchone()[0]
    )


def _columns(place: Location) -> tuple[float, float, str, int, float, str]:
    return place.lat, place.lon, place.formatted, _NUMBERS[place.match], place.confidence, place.reason


@cache
def _coder() -> tuple[Callable[[Extra], bytes], Callable[[str], Extra]]:
    """To and from JSON; loaded with the first answer that needs it."""
    import msgspec

    return msgspec.json.Encoder().encode, msgspec.json.Decoder(Extra).decode


def _packed(extra: Extra) -> str | None:
    return _coder()[0](extra).decode() if extra else None


def _job(db: sqlite3.Connection, number: int) -> tuple[Job, str] | None:
    """A job on the journal, and the process that submitted it; None if it is no longer there."""
    row = db.execute("SELECT id, questions, submitted, owner FROM job WHERE number = ?", (number,)).fetchone()
    if row is None:
        return None
    questions = [Point(*each) if len(each) == len(Point._fields) else Query(*each) for each in json.loads(row[1])]
    return Job(number, row[0] or "", questions, row[2]), row[3]


def _slices(keys: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def _marks(part: Sequence[bytes]) -> str:
    return ",".join("?" * len(part))
