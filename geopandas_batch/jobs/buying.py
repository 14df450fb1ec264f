"""How questions are bought of a service with jobs: nothing that is known or under way, nothing twice.

Every question goes through the journal: it is held before it is sent, so that a process that is asked the same at the
same time waits for the answer; and what is paid is found again, whoever was killed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any, TypeAlias

from geopandas_batch.errors import KeyRefused, QueryError, QuotaExhausted, ServiceError
from geopandas_batch.jobs import Answers, Jobs
from geopandas_batch.jobs.planning import Planner
from geopandas_batch.jobs.plans import Places, Purse, split_evenly
from geopandas_batch.jobs.spending import Account, NotAskedError
from geopandas_batch.jobs.submitting import LATER, Submitter
from geopandas_batch.places import Question
from geopandas_batch.places.blocks import Keyed
from geopandas_batch.places.lines import Asked, Wanted, in_full
from geopandas_batch.services.protocol import Answer, Unanswered, has
from geopandas_batch.services.traits import single_price_of
from geopandas_batch.store import Job

log = logging.getLogger("geopandas_batch")

Tries: TypeAlias = list[Iterable[bytes]]  # the keys of each job; counted where an answer is missing

SINGLES_AT_ONCE = 50  # held in one stroke; they leave at the pace of the wire
LOOK_AGAIN = 0.1  # seconds between two looks whether another process has its job
LOOKS = 50  # in vain, then it is told who is waited for
PURCHASES = 2  # of one question in one run, at most: the second when the job was gone, or the answer damaged


@dataclass(eq=False)
class Buyer:
    """Answers questions by jobs and single requests."""

    jobs: Jobs
    purse: Purse = field(default_factory=Purse)
    _slots: dict[asyncio.AbstractEventLoop, Places] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing is sent yet."""
        self._account = Account(self.purse, self.jobs.wire)
        self._submitter = Submitter(self.jobs, self._account)

    @property
    def planner(self) -> Planner:
        """How it would be done, and for how much."""
        return Planner(self.jobs)

    async def answer(self, asked: Sequence[tuple[bytes, Asked]], *, since: int = 0) -> Sequence[Answer | ServiceError]:
        """One answer a question, kept in the store. Errors stand in the list; they belong to their questions alone.

        ``since``: a moment of the store at which none was known.
        """
        name, questions = self.jobs.service.name, dict(asked)  # a key that came twice would be bought twice
        wanted = Wanted(list(questions), in_full(list(questions.values())))
        answers: Answers = {}
        refused = getattr(self.jobs.service, "refused", None)
        if refused is not None:
            answers = {wanted.keys[place]: error for place, error in refused(wanted.questions).items()}
        tries: Tries = []
        in_vain = 0  # rounds, one after the other
        async with self.jobs.wire:
            while rest := _open(wanted, answers, tries):
                found = await self._round(rest, tries, since)
                in_vain = 0 if found else in_vain + 1
                if in_vain == LOOKS:
                    log.warning("%s: another process is at %d of these addresses; waiting for it", name, len(rest))
                answers = _both(answers, found)
        order = [key for key, _ in asked]
        if isinstance(answers, Keyed) and answers.order == order:
            return answers.block
        gone = ServiceError(f"{name} took these addresses and lost them", service=name)
        return [answers.get(key, gone) for key in order]

    async def _round(self, rest: Wanted, tries: Tries, since: int) -> Answers:
        """Collect what is under way, and buy the others, side by side."""
        free = rest
        former = self.jobs.keys.former(rest.keys, rest.questions)
        held = self.jobs.holding([*rest.keys, *former.values()] if former else rest.keys)
        if held:
            held_keys = {key for job in held for key in self.jobs.keys_of(job)}
            held_keys.update([key for key, old in former.items() if old in held_keys])
            free = rest.without(held_keys)
        work = [self._resumed(job, tries) for job in held]
        plan = self.planner.plan(len(free))
        fatal: list[ServiceError] = []
        sizes = [*plan.jobs, *split_evenly(plan.singles, SINGLES_AT_ONCE)]
        for number, (size, stop) in enumerate(zip(sizes, accumulate(sizes), strict=True)):
            part = free.part(stop - size, stop)
            work.append(self._bought(part, tries, fatal, since, single=number >= len(plan.jobs)))
        results = await asyncio.gather(*work, return_exceptions=True)  # all of them end before the wire is left
        bought = list[Answers]()
        for answers in results:
            if isinstance(answers, BaseException):
                raise answers
            bought.append(answers)
        if whole := Keyed.joined(bought, rest.keys):
            return whole
        found = dict[bytes, Answer | ServiceError]()
        for answers in bought:
            found.update(answers)
        if former:
            theirs = {key: found[old] for key, old in former.items() if key not in found and old in found}
            tries.append(theirs)
            found.update(theirs)
            self.jobs.store.add_former(found, former)
        wanted = set(rest.keys)
        if found.keys() == wanted and not has(found.values(), Unanswered):  # most often
            return found
        return {key: answer for key, answer in found.items() if key in wanted and answer is not LATER}

    async def _resumed(self, job: Job, tries: Tries) -> Answers:
        answers = await self.jobs.resume(job)
        tries.append(answers)
        return answers

    async def _bought(
        self, part: Wanted, tries: Tries, fatal: list[ServiceError], since: int, *, single: bool
    ) -> Answers:
        """One part, as far as it is free when its turn comes. After a ``fatal`` error, the other parts are not sent."""
        jobs: list[Job] = []
        answers = dict[bytes, Answer | ServiceError]()
        async with self._places().one() as free_it:
            if fatal:
                left = NotAskedError(str(fatal[0]), service=self.jobs.service.name)
                left.__cause__ = fatal[0]
                return dict.fromkeys(part.keys, left)
            claim = self.jobs.claim(part, since=since)
            answers.update(claim.known)
            if claim.mine is not None:
                tries.append(claim.mine.keys)
                if single:
                    answers.update(await self._singles(claim.mine))
                else:
                    answers.update(await self._submitter.submit(claim.mine, jobs, probe=True))
            fatal += [error for error in answers.values() if isinstance(error, KeyRefused | QuotaExhausted)][:1]
            under_way = len(jobs)  # more than one, where a batch was refused and halved

            def done() -> None:
                nonlocal under_way
                under_way -= 1
                if not under_way:
                    free_it()

            both: Answers = answers
            for found in await asyncio.gather(*(self.jobs.collect(job, done=done) for job in jobs)):
                both = _both(both, found)
        for job in claim.jobs:
            both = _both(both, await self._resumed(job, tries))
        if claim.busy and not both:
            await asyncio.sleep(LOOK_AGAIN)
        return both

    async def _singles(self, held: Job) -> Answers:
        """A request for each question, side by side at the pace of the wire; each answer is on disk at once."""
        service: Any = self.jobs.service
        price = single_price_of(service)
        limits = service.limits

        async def ask(key: bytes, question: Question) -> Answer | ServiceError:
            if not self._account.take(price):
                return self._account.used_up()
            try:
                answer: Answer = await service.locate_one(self.jobs.wire, question)
            except BaseException as error:
                self._account.give_back(price)
                if isinstance(error, ServiceError):
                    return self._account.error_of(error, price)
                raise
            if isinstance(answer, QueryError) and not isinstance(answer, Unanswered):
                self._account.give_back(price)
                return answer
            self.jobs.purchases.credits += price
            if not isinstance(answer, QueryError):
                self.jobs.store.keep([(key, answer)], service=service.name, keep_for=limits.keep_for)
            return answer

        try:
            found = await asyncio.gather(*map(ask, held.keys, held.questions), return_exceptions=True)
        finally:
            self.jobs.store.release(held)  # not before all of them have ended
        answers = dict[bytes, Answer | ServiceError]()
        for key, answer in zip(held.keys, found, strict=True):
            if isinstance(answer, BaseException) and not isinstance(answer, QueryError | ServiceError):
                raise answer
            answers[key] = answer
        return answers

    def _places(self) -> Places:
        """The places for jobs, of this event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._slots:
            for closed in [each for each in list(self._slots) if each.is_closed()]:  # places hold on to their loop
                self._slots.pop(closed, None)
        return self._slots.setdefault(loop, Places(self.jobs.service.limits.max_concurrency))


def _both(answers: Answers, more: Answers) -> Answers:
    return {**answers, **more} if answers else more


def _open(wanted: Wanted, answers: Answers, tries: Tries) -> Wanted:
    """The questions that are to be asked (again)."""
    if not answers and not tries:
        return wanted
    if len(answers) == len(wanted) and (isinstance(answers, Keyed) or not has(answers.values(), Unanswered)):
        return wanted.part(0, 0)
    bought = Counter(chain.from_iterable(tries))
    return wanted.without(
        {
            key
            for key in wanted.keys
            if bought[key] >= PURCHASES or (key in answers and not isinstance(answers[key], Unanswered))
        }
    )
