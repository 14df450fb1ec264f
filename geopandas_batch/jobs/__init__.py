"""The life of a remote job: submit, journal, poll, collect, resume. Knows no vendor."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from geopandas_batch.errors import ServiceError, StrangeAnswer, TooSlow
from geopandas_batch.jobs.polling import SOON, JobTimes, Sample
from geopandas_batch.places.blocks import keyed
from geopandas_batch.places.lines import Wanted
from geopandas_batch.services.protocol import Answer, JobService, Unanswered, checked, has
from geopandas_batch.services.traits import price_of
from geopandas_batch.store import Claim, Job, Store
from geopandas_batch.store.keys import Keys
from geopandas_batch.wire import Wire

log = logging.getLogger(__name__)

Answers: TypeAlias = Mapping[bytes, Answer | ServiceError]

HEAD_START = 0.1  # seconds for which the answers of a job wait, at most, while the next jobs are submitted
GONE = (404, 410)
A_DAY = 86_400.0  # seconds; results are kept as long. What is said of older ones is not documented: any refusal will do


@dataclass(slots=True)
class Purchases:
    """What was bought and found again so far."""

    jobs: int = 0
    polls: int = 0
    resumed: int = 0
    bought_again: int = 0  # jobs that the service no longer knew
    submits_lost: int = 0  # by a process that ended before the reply came: each may have been paid
    credits: float = 0.0


@dataclass(eq=False)
class Jobs:
    """Submits jobs and collects them, whoever submitted them."""

    service: JobService
    wire: Wire
    store: Store
    keys: Keys
    purchases: Purchases = field(default_factory=Purchases)
    _times: JobTimes | None = None
    _submits: set[asyncio.Task[Job]] = field(default_factory=set)  # on their way, of all loops

    @property
    def times(self) -> JobTimes:
        """How long jobs take: at first, as the journal says."""
        if self._times is None:
            self._times = JobTimes(self.store.job_times(self.service.name))
        return self._times

    def keys_of(self, job: Job) -> Sequence[bytes]:
        """The keys of a job's questions, in their order."""
        return job.keys or [self.keys.key(question) for question in job.questions]

    def holding(self, keys: Collection[bytes]) -> list[Job]:
        """Jobs under way that will answer at least one of these questions, oldest first.

        Where the keys of one are not those of its questions, they are damaged, and are written anew. Else what it does
        not answer would be waited for until it is gone, and that could be never.
        """
        found = self.store.jobs_holding(keys)
        if wrong := [job for job in found if self.store.mend(job, self.keys.scope, self.keys_of(job))]:
            log.warning("%d jobs were on record for other addresses than they have: that is mended", len(wrong))
            return self.store.jobs_holding(keys)
        return found

    def claim(self, part: Wanted, *, since: int = 0) -> Claim:
        """Hold what of it is neither known nor under way; ``since`` is as in `Store.answers`."""
        claim = self.store.claim(self.keys.scope, part, since=since)
        self.purchases.submits_lost += len(claim.lost)
        if claim.lost:
            log.info("%d jobs may have been paid by a process that ended during the submit", len(claim.lost))
        return claim

    async def submit(self, held: Job) -> Job:
        """Submit what is held for us; its id is on disk before anything else happens."""
        task = asyncio.ensure_future(self._submit(held))
        self._submits.add(task)
        task.add_done_callback(self._submits.discard)
        return await task

    async def _submit(self, held: Job) -> Job:
        job_id = await self.service.submit(self.wire, held.questions)
        self.purchases.jobs += 1
        self.purchases.credits += len(held.questions) * price_of(self.service)
        job = self.store.submitted(held, job_id)
        if job is None:  # the answers of the one would be taken for those of the other
            raise StrangeAnswer(f"{self.service.name} gave the id {job_id!r} to two jobs", service=self.service.name)
        self._tell("submitted", job)
        return job

    async def resume(self, job: Job) -> Answers:
        """What a job on the journal has; nothing if the service no longer knows it."""
        self.purchases.resumed += 1
        self._tell("resumed", job)
        return await self.collect(job)

    async def collect(self, job: Job, *, done: Callable[[], None] = lambda: None) -> Answers:
        """The answers, put on disk; nothing if there are none to be had here: the journal says who else has them.

        ``done`` is called when the service is done with it, so that the next job need not wait until they are on disk.
        """
        keys = self.keys_of(job)
        try:
            answers, seconds = await self._awaited(job, done)
        except ServiceError as error:
            is_old = time.time() - job.submitted > A_DAY
            if isinstance(error, StrangeAnswer):
                # What is cut, a web page or a redirection says nothing of the job: a network may want a login first.
                if is_old or not (error.retryable or error.status not in (None, 200)):
                    self.store.close_job(job)  # the same would come again for a day
            elif error.status in GONE or (is_old and type(error) is ServiceError and error.status is not None):
                self.store.close_job(job)
                self.purchases.bought_again += 1
                log.info("%s no longer knows a job of %d; it is bought again", self.service.name, len(job.questions))
                return {}
            return dict.fromkeys(keys, error)
        if answers is None:
            return {}
        joined = known = keyed(keys, answers)
        if has(answers, Exception):
            known = {key: answer for key, answer in joined.items() if not isinstance(answer, Exception)}
        name, keep_for = self.service.name, self.service.limits.keep_for
        self.store.keep(known, service=name, keep_for=keep_for, job=job, seconds=seconds)
        self._tell("collected", job)
        return joined

    async def _awaited(self, job: Job, done: Callable[[], None]) -> tuple[Sequence[Answer] | None, float]:
        """The answers and the seconds that the job took; None if another process has collected it meanwhile."""
        clock, size = asyncio.get_running_loop().time, len(job.questions)
        begun, timeout = clock(), self.service.limits.job_timeout
        # Of a job of an earlier run, the age is known by the clock on the wall, which may have been set since.
        started = begun - max(0.0, time.time() - job.submitted)
        polls, pending, asked = 0, 0.0, 0.0

        def ready() -> None:
            done()
            if begun - started < 1.0:  # else it was ready long ago, for all we know
                self.times.note(Sample(size, pending, asked))

        while True:
            await self.times.wait(size, started, polls, until=begun + timeout)
            # Looked up, not asked: what another process has collected is there already. If it is not, as what the
            # service refuses or with a file that was lost, it is still paid, and to be had for the asking.
            if polls and not self.store.holds(job) and self._is_known(job):
                return None, 0.0
            asked = clock() - started
            answers = await self._delivered(job, ready)
            self.purchases.polls += 1
            if answers is not None:
                return answers, Sample(size, pending, asked).seconds
            polls, pending = polls + 1, asked
            waited = clock() - begun
            if waited >= timeout - SOON:
                raise TooSlow(
                    f"a job of {size:,} addresses at {self.service.name} is not ready after {waited:.1f} s. "
                    "It is paid and on record: run the same line again to pick it up. "
                    "To wait longer, set job_timeout=.",
                    service=self.service.name,
                )

    def _is_known(self, job: Job) -> bool:
        keys = self.keys_of(job)
        return len(self.store.answers(keys)) == len(set(keys))

    async def _delivered(self, job: Job, ready: Callable[[], None]) -> Sequence[Answer] | None:
        """One poll; ``ready`` is told as soon as there are answers.

        What is delivered damaged is fetched once more: that costs nothing.
        """
        answers: Sequence[Answer] = ()
        for last in (False, True):
            try:
                delivery = await self.service.collect(self.wire, job.id, job.questions)
                if delivery is None:
                    return None
                if not last:
                    ready()
                    await self._let_others_leave()
                answers = delivery() if callable(delivery) else delivery
            except StrangeAnswer as error:
                if last or error.retryable:  # retried already, and often
                    raise
                continue
            if not has(answers, Unanswered):
                break
        return checked(answers, len(job.questions), self.service.name)

    async def _let_others_leave(self) -> None:
        """Submits come first: what is done with answers is done while the service works on the next jobs."""
        loop = asyncio.get_running_loop()
        until = loop.time() + HEAD_START
        for _ in range(2):  # who gets the place that has become free begins to submit in the next turn of the loop
            await asyncio.sleep(0)
        while (left := until - loop.time()) > 0 and (
            submits := [task for task in list(self._submits) if task.get_loop() is loop]
        ):
            await asyncio.wait(submits, timeout=left)

    def _tell(self, event: str, job: Job) -> None:
        log.debug(
            "%s: job of %d %s",
            *(self.service.name, len(job.questions), event),
            extra={"event": f"job {event}", "service": self.service.name, "items": len(job.questions)},
        )
