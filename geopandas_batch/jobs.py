"""The life of a remote job: submit, journal, poll, collect, resume. Knows no vendor."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from geopandas_batch.errors import ServiceError, StrangeAnswer, TooSlow
from geopandas_batch.places import Query
from geopandas_batch.services.protocol import Answer, JobService, Limits
from geopandas_batch.store import Job, Keys, Store
from geopandas_batch.wire import Wire

log = logging.getLogger(__name__)

FIRST_POLL = 0.25  # seconds, while nothing is known of the service's pace
LONGEST_POLL = 60.0  # the documentation asks for at least a minute between the polls of a large job
GROWTH = 0.25  # the next poll comes after this share of the time waited so far
SUBMIT_SECONDS = 5.0  # how long an interrupt waits for the reply to a submit: its job is as good as paid


@dataclass(slots=True)
class Purchases:
    """What was bought and found again so far."""

    jobs: int = 0
    addresses: int = 0
    resumed: int = 0
    bought_again: int = 0  # jobs that the service no longer knew


@dataclass(eq=False)
class Jobs:
    """Answers queries by jobs, and picks up jobs of earlier runs instead of buying their addresses again."""

    service: JobService
    wire: Wire
    store: Store
    keys: Keys
    purchases: Purchases = field(default_factory=Purchases)
    _lately: deque[float] = field(default_factory=lambda: deque(maxlen=20))  # seconds that jobs took

    async def answer(self, queries: Sequence[Query]) -> list[Answer | ServiceError]:
        """One answer a query, kept in the store; an error of a job of an earlier run belongs to its queries alone."""
        keys = [self.keys.key(query) for query in queries]
        answers: dict[bytes, Answer | ServiceError] = {}
        async with self.wire:
            for found in await asyncio.gather(*(self._resume(job) for job in self.store.jobs_holding(keys))):
                answers.update(found)
            rest = {key: query for key, query in zip(keys, queries, strict=True) if key not in answers}
            if rest:
                answers.update(await self._buy(list(rest.values()), list(rest)))
        return [answers[key] for key in keys]

    async def _resume(self, job: Job) -> Mapping[bytes, Answer | ServiceError]:
        """What a job on the journal has; nothing if the service no longer knows it."""
        keys = [self.keys.key(query) for query in job.queries]
        self.purchases.resumed += 1
        try:
            return await self._collect(job, keys)
        except ServiceError as error:
            if error.status == 404:
                self._give_up(job)
                return {}
            return dict.fromkeys(keys, error)

    async def _buy(self, queries: Sequence[Query], keys: Sequence[bytes]) -> Mapping[bytes, Answer]:
        job = await _unbroken(self._submit(queries, keys))
        try:
            return await self._collect(job, keys)
        except ServiceError as error:
            if error.status != 404:
                raise
        self._give_up(job)
        job = await _unbroken(self._submit(queries, keys))
        return await self._collect(job, keys)

    def _give_up(self, job: Job) -> None:
        self.store.close_job(job)
        self.purchases.bought_again += 1
        log.info("%s no longer knows a job of %d addresses; they are bought again", self.service.name, len(job.queries))

    async def _submit(self, queries: Sequence[Query], keys: Sequence[bytes]) -> Job:
        job_id = await self.service.submit(self.wire, queries)
        job = self.store.open_job(self.keys.scope, job_id, queries, keys)  # before anything else
        self.purchases.jobs += 1
        self.purchases.addresses += len(queries)
        return job

    async def _collect(self, job: Job, keys: Sequence[bytes]) -> Mapping[bytes, Answer]:
        """Poll until the job is ready; its answers are on disk when this returns."""
        started = time.monotonic()
        answers: Sequence[Answer] | None = None
        for pause in self._pauses():
            waited = time.monotonic() - started
            if waited + pause > self._limits.job_timeout:
                raise TooSlow(
                    f"a job of {len(job.queries):,} addresses at {self.service.name} is not ready after "
                    f"{waited:.0f} s. It is paid and on record: run the same line again to pick it up. "
                    "To wait longer, set job_timeout=.",
                    service=self.service.name,
                )
            await asyncio.sleep(pause)
            answers = await self.service.collect(self.wire, job.id, job.queries)
            if answers is not None:
                break
        assert answers is not None  # noqa: S101 - the schedule has no end
        if len(answers) != len(job.queries):
            raise StrangeAnswer(
                f"{self.service.name} gave {len(answers):,} answers for {len(job.queries):,} addresses",
                service=self.service.name,
            )
        self._lately.append(time.monotonic() - started)
        joined = dict(zip(keys, answers, strict=True))
        known = [(key, answer) for key, answer in joined.items() if not isinstance(answer, Exception)]
        self.store.keep(known, service=self.service.name, keep_for=self._limits.keep_for, job=job)
        return joined

    def _pauses(self) -> Iterator[float]:
        """Seconds until the next poll, for ever: first when jobs like this one were ready, then ever more rarely."""
        expected = median(self._lately) if self._lately else FIRST_POLL
        waited = 0.0
        for number in itertools.count():
            pause = expected if number == 0 else min(max(GROWTH * waited, FIRST_POLL), LONGEST_POLL)
            pause *= random.uniform(0.9, 1.1)  # noqa: S311 - so that jobs submitted together are not polled together
            waited += pause
            yield pause

    @property
    def _limits(self) -> Limits:
        return self.service.limits


async def _unbroken(submit: Coroutine[object, object, Job]) -> Job:
    """The job, on the journal. When cancelled, the submit has a moment to end: a job without its id is money lost."""
    task = asyncio.ensure_future(submit)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=SUBMIT_SECONDS)
        raise
    finally:
        if not task.cancel() and not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain of it
