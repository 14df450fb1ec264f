"""How what is held becomes jobs, within a budget. A refused batch is halved until the guilty question is alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

from geopandas_batch.errors import QueryError, ServiceError
from geopandas_batch.jobs import Answers, Jobs
from geopandas_batch.jobs.spending import Account
from geopandas_batch.places.lines import Wanted
from geopandas_batch.services.protocol import Answer, Unanswered
from geopandas_batch.services.traits import price_of
from geopandas_batch.store import Job

PROBES = 4  # questions of a refused batch that are tried alone
LATER = Unanswered("asked")  # in the place of an answer that its job will bring


@dataclass(eq=False)
class Submitter:
    """Puts questions that are held into jobs of one service."""

    jobs: Jobs
    account: Account

    async def submit(self, held: Job, jobs: list[Job], *, probe: bool = False) -> Answers:
        """Put what is held into jobs. A refused batch is halved until the guilty question is alone.

        Parameters
        ----------
        held : Job
            On the journal, without an id.
        jobs : list
            What was submitted is appended.
        probe : bool
            On a refusal, first find out whether single questions are accepted at all: else it is the request as a
            whole that is refused, as with a wrong filter, and to halve it would not help.
        """
        price = len(held.questions) * price_of(self.jobs.service)
        if not self.account.take(price):
            return self._let_go(held, self.account.used_up())
        try:
            jobs.append(await self.jobs.submit(held))
            return {}
        except ServiceError as error:
            self.account.give_back(price)
            answers = self._let_go(held, self.account.error_of(error, price))
            if error.status != 400:
                return answers
            if len(held.questions) == 1:
                message = f"{self.jobs.service.name.capitalize()} refused this address: {error.server_message or 400}"
                return dict.fromkeys(answers, QueryError(message))
        except BaseException:
            if self.jobs.store.release(held):  # interrupted before the reply came; the wire counts what that may cost
                self.account.give_back(price)
            raise
        wanted = Wanted(held.keys, held.questions)
        return {**answers, **await self._halves(wanted, jobs, error=answers, probe=probe)}

    async def _halves(self, wanted: Wanted, jobs: list[Job], *, error: Answers, probe: bool) -> Answers:
        """The two halves of a batch that was refused; before them, a few of its questions alone."""
        answers = dict[bytes, Answer | ServiceError]()
        count = len(wanted)
        # By chance: that all are guilty by themselves is unlikely wherever the guilty ones are.
        probes = random.sample(range(count), min(PROBES, count)) if probe and count > 2 else []
        refused = 0
        for place in probes:
            found, accepted = await self._piece(wanted.part(place, place + 1), jobs)
            answers.update(found)
            if accepted:
                break
            said = found[wanted.keys[place]]
            if not isinstance(said, QueryError):  # the service cannot be had any more: no other piece will do better
                return {**dict.fromkeys(wanted.keys, said), **answers}
            refused += 1
        if probes and refused == len(probes):
            return error
        rest = wanted.without({wanted.keys[place] for place in probes[: refused + 1]})
        middle = len(rest) // 2
        for half in (rest.part(0, middle), rest.part(middle, len(rest))):
            if half:
                answers.update((await self._piece(half, jobs))[0])
        return answers

    async def _piece(self, wanted: Wanted, jobs: list[Job]) -> tuple[Answers, bool]:
        """A part of a refused batch, and whether it was accepted (or taken by others meanwhile)."""
        claim = self.jobs.claim(wanted)
        if claim.mine is None:
            return dict(claim.known), True
        before = len(jobs)
        answers = await self.submit(claim.mine, jobs)
        # What goes into a job has its answer later: the refusal of the whole batch is not its own.
        return {**dict.fromkeys(wanted.keys, LATER), **answers}, len(jobs) > before

    def _let_go(self, held: Job, error: ServiceError) -> Answers:
        self.jobs.store.release(held)
        return dict.fromkeys(held.keys, error)
