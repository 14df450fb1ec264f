"""What is known and what is under way: answers (the cache) and jobs (the journal).

One file for all processes of a user, readable by nobody else. Every write is on disk when the call returns, or a
warning has said that it is not (see `database`).
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from geopandas_batch.garbage import no_collection, setting_aside
from geopandas_batch.places import Location
from geopandas_batch.places.lines import Wanted
from geopandas_batch.store import exchange, journal, older
from geopandas_batch.store.answers import Answers, counts
from geopandas_batch.store.database import Database
from geopandas_batch.store.journal import Claim, Held, Job
from geopandas_batch.store.overrides import Overrides
from geopandas_batch.store.rows import Row

T = TypeVar("T")

WORTH_MOVING = 0.2  # the share of a file that must be empty before the rest is moved together

__all__ = ["Claim", "Job", "Store"]


class Store:
    """Answers and jobs in one SQLite file, or in memory.

    Parameters
    ----------
    file : Path or None
        Made if it is not there, with its folder; mode 0600. None: memory, gone with the object.
    answers : bool
        False: of a service whose answers are not kept, none is looked for.
    """

    def __init__(self, file: Path | None, *, answers: bool = True) -> None:
        """Nothing is opened before the first use."""
        self.file = file
        self._has_answers = answers
        self._base = Database(file)
        self.overrides = Overrides(self._base)
        self._turn = 0
        self._table, self._beneath = Answers(), Answers("kept")
        self._held = Held()

    def answers(self, keys: Sequence[bytes], *, since: int = 0) -> dict[bytes, Location | None]:
        """What is known and may still be used, by key; None where the service found nothing.

        ``since`` is a moment at which none of these keys was known (see `look_up`): then next to nothing is read.
        """
        return self.look_up(keys, since=since)[0]

    def look_up(self, keys: Sequence[bytes], *, since: int = 0) -> tuple[dict[bytes, Location | None], int]:
        """The same, and the moment of this look, of which a later one may say that it was ``since``.

        Of several moments, the earliest one holds for the keys of all. Moments are of this object alone.
        """
        if not self._has_answers:
            return {}, since

        def found(db: sqlite3.Connection) -> tuple[dict[bytes, Location | None], int]:
            known = self._answers(db, keys, since)
            return known, self._table.moment

        with setting_aside():
            return self._base.read(found)

    def _answers(self, db: sqlite3.Connection, keys: Sequence[bytes], since: int) -> dict[bytes, Location | None]:
        self._forget_other_files()
        now = time.time()
        table = self._base.older
        # A file beneath may be written by others, and does not say what is new.
        known = self._table.look_up(db, keys, now=now, since=0 if self._base.beneath or table else since)
        if self._base.beneath and table != "kept.answer":
            rest = [key for key in keys if key not in known]
            known.update(self._beneath.look_up(db, rest, now=now))
        if table:
            rest = [key for key in keys if key not in known]
            known.update(older.look_up(db, table, rest, now=now))
        return known

    def add_former(self, known: dict[bytes, Any], former: Mapping[bytes, bytes]) -> None:
        """Add to what is known by keys what is so by those that the same questions had before; see `Keys.former`."""
        if wanted := {key: old for key, old in former.items() if key not in known}:
            found = self.answers(list(wanted.values()))
            known.update((key, found[old]) for key, old in wanted.items() if old in found)

    def keep(
        self,
        answers: Mapping[bytes, Location | None] | Iterable[tuple[bytes, Location | None]],
        *,
        service: str,
        keep_for: timedelta | None = None,
        job: Job | None = None,
        seconds: float | None = None,
    ) -> None:
        """Put answers on disk and, in the same stroke, take the job that brought them (in ``seconds``) off."""
        now = time.time()
        found = {} if keep_for == timedelta(0) else answers if isinstance(answers, Mapping) else dict(answers)
        if not found and job is None:  # no need to wait for the file
            return

        def kept(db: sqlite3.Connection) -> None:
            if found:
                self._forget_other_files()
                self._table.put(db, found, service=service, now=now, keep_for=keep_for)
            if job is not None:
                journal.delete(db, job)
            if job is not None and seconds is not None:
                journal.note_time(db, service, len(job.questions), seconds)

        self._base.write_paid(kept, None, "what was answered is not kept", insist=job is not None)

    def claim(self, scope: bytes, wanted: Wanted, *, since: int = 0) -> Claim:
        """Hold what is neither known nor under way, so that no other process buys it at the same time.

        ``since`` is as in `answers`.
        """

        def claimed(db: sqlite3.Connection) -> Claim:
            known = self._answers(db, wanted.keys, since)
            return journal.claim(db, scope, wanted, known=known, held=self._held)

        return self._base.write(claimed, durable=False)  # a claim binds processes; no process outlives a power cut

    def release(self, job: Job) -> bool:
        """Hold it no longer; False if it was submitted after all, and so stays on the journal."""
        return self._base.write_paid(lambda db: journal.release(db, job), True, "addresses are held for longer")

    def submitted(self, job: Job, job_id: str) -> Job | None:
        """Write down the id of a job that was just accepted; None if another job has it."""
        accepted = replace(job, id=job_id, submitted=time.time())
        loss = "a job that is paid is not on record, and only this run can collect it"
        noted = self._base.write_paid(lambda db: journal.note_submit(db, accepted), True, loss, insist=True)
        return accepted if noted else None

    def jobs_holding(self, keys: Iterable[bytes]) -> list[Job]:
        """Jobs under way that will answer at least one of these keys, oldest first."""

        def found(db: sqlite3.Connection) -> list[Job]:
            self._forget_other_files()
            return journal.read_all(db, self._held.among(db, keys))

        return self._base.read(found)

    def mend(self, job: Job, scope: bytes, keys: Sequence[bytes]) -> bool:
        """Write down which keys a job of ours holds, if these are others than it has on record; whether they are."""
        if self._held.agrees(job, keys):
            return False

        def mended(db: sqlite3.Connection) -> bool:
            self._held.forget({job.number})
            return journal.mend(db, job, scope, keys)

        return self._base.write(mended)

    def holds(self, job: Job) -> bool:
        """Whether a job is still on the journal; if not, somebody else has collected it."""
        return self._base.read(lambda db: journal.holds(db, job))

    def close_job(self, job: Job) -> None:
        """Take a job off the journal whose answers are not to be had (any more)."""
        self._base.write(lambda db: journal.delete(db, job))

    def job_times(self, service: str) -> list[tuple[int, float]]:
        """Items and seconds of the last jobs, oldest first."""
        return self._base.read(lambda db: journal.times(db, service))

    def info(self) -> dict[str, int]:
        """Answers kept, by service; jobs under way as ``"(jobs under way)"``."""

        def counted(db: sqlite3.Connection) -> dict[str, int]:
            found = Counter(counts(db))
            if self._base.beneath:
                found.update(counts(db, "kept.answer"))
            if self._base.older not in ("", "kept.answer"):
                found.update(counts(db, self._base.older))
            found["(jobs under way)"] = journal.count_submitted(db)
            return dict(found)

        return self._base.read(counted)

    def clear(self, *, expired_only: bool = False) -> int:
        """Forget answers, and give the space back; how many.

        Jobs under way stay: they are paid. What a person has decided stays, too.
        """
        until = time.time() if expired_only else None
        count = self._base.change(self._ours(lambda db: self._table.clear(db, until=until)))
        self._base.read(_give_back)
        return count

    def merge(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Put in answers of another file, each as a `Row` has it, where they are newer than what is here; how many."""
        return self._base.change(self._ours(lambda db: exchange.merge(db, self._table.positions, rows)))

    def rows(self, at_once: int) -> Iterator[list[Row]]:
        """All answers that may still be used, a list at a time; nobody has to wait meanwhile."""
        now = time.time()
        first = self._base.read(self._ours(lambda db: exchange.rows_waiting(db, self._table.positions, now=now)))
        seen = {row.key for row in first}  # they may get into the index meanwhile
        yield from (first[start : start + at_once] for start in range(0, len(first), at_once))
        place = -1

        def after(db: sqlite3.Connection) -> list[tuple[int, Row | None]]:
            with no_collection():
                return exchange.rows_after(db, place, at_once, now=now)

        while found := self._base.read(self._ours(after)):
            place = found[-1][0]
            if rows := [row for _, row in found if row is not None and row.key not in seen]:
                yield rows

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._base.close()

    def _ours(self, work: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
        def done(db: sqlite3.Connection) -> T:
            self._forget_other_files()
            return work(db)

        return done

    def _forget_other_files(self) -> None:
        """What was read through an earlier connection may have been of another file."""
        if self._turn != self._base.turn:
            self._turn, self._held = self._base.turn, Held()
            self._table, self._beneath = Answers(moment=self._table.moment + 1), Answers("kept")


def _give_back(db: sqlite3.Connection) -> None:
    """Move the rest together where much is empty. Nothing is lost where there is no room or no quiet moment for it."""
    (pages,), (free,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count"))
    with suppress(sqlite3.OperationalError):
        if free > WORTH_MOVING * pages:
            db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
