"""One service, with its cache, its pace and its batches: all of a locator, or one of several that are asked in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import cast

from geopandas_batch.batching import Batcher
from geopandas_batch.batching.calls import is_cancelling
from geopandas_batch.errors import GeocodingError, ServiceError
from geopandas_batch.jobs import Jobs
from geopandas_batch.jobs.buying import Buyer
from geopandas_batch.jobs.planning import Preview
from geopandas_batch.jobs.plans import Purse
from geopandas_batch.jobs.spending import NotAskedError, Usage
from geopandas_batch.locator.inquiry import Inquiry, Keyed
from geopandas_batch.locator.looks import Looks
from geopandas_batch.locator.news import Told
from geopandas_batch.locator.outcomes import Outcomes
from geopandas_batch.locator.stopping import StoppedError, apart, check_stopped
from geopandas_batch.places import Location, Query, Question
from geopandas_batch.places.lines import in_full
from geopandas_batch.services import announce
from geopandas_batch.services.protocol import AnyService, Service, checked
from geopandas_batch.services.traits import options_of, price_of
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys
from geopandas_batch.wire import Wire

ROUNDS = 2  # calls of a service with jobs at once: while the last jobs of one round are waited for, the next begins


class Step:
    """Asks one service: what is known comes from the cache, the rest in batches.

    Parameters
    ----------
    service : service
    file : Path or None
        The cache.
    max_wait : float
        Seconds that the first address of a batch waits for others.
    purse : Purse
        What may be spent; several steps may share one.
    """

    def __init__(self, service: AnyService, file: Path | None, *, max_wait: float, purse: Purse) -> None:
        """Nothing is opened or sent yet."""
        self.service = service
        self.passed_on = 0  # questions that went to the next step, as this service could not be had
        self._purse = purse
        limits = service.limits
        self._keys = Keys(service.name, options_of(service))
        self._store = Store(file, answers=limits.keep_for != timedelta(0))
        self._wire = Wire(
            service.name,
            max_per_second=limits.max_per_second,
            up_to_per_second=limits.up_to_per_second,
            timeout=limits.timeout,
        )
        self._buyer: Buyer | None = None
        size, at_once = limits.batch_size, limits.max_concurrency
        if not hasattr(service, "locate_many"):
            self._buyer = Buyer(Jobs(service, self._wire, self._store, self._keys), purse)
            size, at_once = size * at_once, ROUNDS
        self._looks = Looks()
        self._asked = self._answered = 0
        self._batcher: Batcher[Keyed, Location | None] = Batcher(
            self._ask, max_size=size, max_wait=max_wait, max_concurrency=at_once, key=itemgetter(0)
        )

    @property
    def file(self) -> Path | None:
        """Where answers are kept."""
        return self._store.file

    async def locate(self, query: Question) -> Location | None:
        """Where one address is, which is no blank."""
        announce(self.service)
        if decided := self._store.overrides.among([query]):
            return decided[query]
        key = self._keys.key(query)
        known, moment = self._store.look_up([key])
        self._store.add_former(known, self._keys.former([key], [query]))
        if key in known:
            return known[key]
        self._looks.note(me := object(), moment)
        alone = apart()
        try:
            while True:
                try:
                    return await alone.run(self._batcher.submit, (key, query))
                except StoppedError:  # the batch was another's, who has stopped: what stopped him need not stop us
                    continue
        except NotAskedError as error:
            if isinstance(error.__cause__, GeocodingError):  # what the service said to others in the batch
                raise error.__cause__ from None
            raise
        finally:
            self._looks.end(me)

    async def fill(
        self,
        queries: Sequence[Question],
        outcomes: Outcomes,
        *,
        on_outcomes: Told,
        on_error: Callable[[int, Exception], None],
        stop_on: tuple[type[GeocodingError], ...],
    ) -> GeocodingError | None:
        """Put one outcome a query into what the caller has; see `Locator.fill`."""
        if any(queries):
            announce(self.service)
        pays = self._buyer is not None and self._purse.budget is not None
        beyond = self.preview(queries, budget=self._purse.left).beyond if pays else ()
        inquiry = Inquiry(
            self.service.name, self._store, self._keys, self._looks, self._batcher, queries, outcomes,
            on_outcomes=on_outcomes, on_error=on_error, stop_on=stop_on, beyond=beyond,
        )  # fmt: skip
        return await inquiry.answer()

    async def _ask(self, asked: list[Keyed]) -> Sequence[Location | None | Exception]:
        """One batch: what was answered since it was queued comes from the cache, the rest from the service."""
        check_stopped(self.service.name)
        since = self._looks.first
        # Who buys looks into the store anyway, when he holds what he is going to buy.
        known = {} if self._buyer is not None else self._store.answers([key for key, _ in asked], since=since)
        rest = [pair for pair in asked if pair[0] not in known] if known else asked
        found: Sequence[Location | None | Exception] = []
        if rest:
            try:
                found = await self._buy(rest, since)
            except GeocodingError:
                raise
            except (Exception, asyncio.CancelledError) as error:  # a service of the user's, or a fault of ours
                if isinstance(error, asyncio.CancelledError) and (self._buyer is not None or is_cancelling()):
                    raise  # it is we who are cancelled, not something that the service waited for
                name = self.service.name
                said = f": {error}" if str(error) else ""
                raise ServiceError(f"{name} raised {type(error).__name__}{said}", service=name) from error
        if not known:
            return found
        answers = iter(found)
        return [known[key] if key in known else next(answers) for key, _ in asked]

    async def _buy(self, asked: list[Keyed], since: int) -> Sequence[Location | None | Exception]:
        self._asked += len(asked)
        if self._buyer is not None:
            return await self._buyer.answer(asked, since=since)
        service = cast(Service, self.service)
        async with self._wire:
            queries = cast("Sequence[Query]", in_full([each for _, each in asked]))
            answers = await service.locate_many(self._wire, list(queries))
        found = checked(answers, len(asked), service.name)
        if (keep_for := service.limits.keep_for) != timedelta(0):
            both = zip(asked, found, strict=True)
            known = [(key, answer) for (key, _), answer in both if not isinstance(answer, Exception)]
            self._store.keep(known, service=service.name, keep_for=keep_for)
        self._answered += len(found)
        return found

    def preview(self, queries: Sequence[Question], *, budget: float | None = None) -> Preview:
        """What would be asked for these queries; nothing is sent."""
        asked, former = self._keyed(queries)
        known = self._known(asked, former, queries)
        rest = [key for key in asked if key not in known]
        holding = self._store.jobs_holding([*rest, *former.values()])
        held = {self._keys.key(each) for job in holding for each in job.questions}
        free = [key for key in rest if key not in held and former.get(key) not in held]
        if self._buyer is None:
            return Preview(len(asked.keys() & known.keys()), len(rest) - len(free), free, set(), None, None)
        planner = self._buyer.planner
        count = planner.affordable(len(free), budget)
        plan = planner.plan(count)
        seconds = planner.seconds(plan)
        return Preview(
            len(asked.keys() & known.keys()), len(rest) - len(free), free[:count], set(free[count:]), plan, seconds
        )

    def known(self, queries: Sequence[Question]) -> Mapping[Question, Location | None]:
        """What need not be asked: places, or None for what is known not to be found."""
        asked, former = self._keyed(queries)
        known = self._known(asked, former, queries)
        return {query: known[key] for key, query in asked.items() if key in known}

    def _keyed(self, queries: Sequence[Question]) -> tuple[dict[bytes, Question], dict[bytes, bytes]]:
        """The different questions, by their keys; and the keys that some of them had before."""
        asked = [query for query in queries if query]
        keys = self._keys.keys(asked)
        return dict(zip(keys, asked, strict=True)), self._keys.former(keys, asked)

    def _known(
        self, asked: Mapping[bytes, Question], former: Mapping[bytes, bytes], queries: Sequence[Question]
    ) -> dict[bytes, Location | None]:
        known = self._store.answers(list(asked))
        self._store.add_former(known, former)
        known.update((self._keys.key(query), place) for query, place in self._store.overrides.among(queries).items())
        return known

    @property
    def forecast(self) -> Callable[[int], float | None] | None:
        """How many seconds so many questions take, by the jobs that were measured; None: a service without jobs."""
        if self._buyer is None:
            return None
        planner = self._buyer.planner
        return lambda count: planner.seconds(planner.plan(count))

    @property
    def usage(self) -> Usage:
        """What was used up so far."""
        traffic, bought = self._wire.traffic, self._buyer.jobs.purchases if self._buyer else None
        return Usage(
            asked=self._asked,
            requests=traffic.requests,
            retries=traffic.retries,
            seconds_waited=traffic.seconds_waited,
            jobs=bought.jobs if bought else 0,
            polls=bought.polls if bought else 0,
            jobs_resumed=bought.resumed if bought else 0,
            jobs_bought_again=bought.bought_again if bought else 0,
            replies_lost=traffic.replies_lost + (bought.submits_lost if bought else 0),
            credits=bought.credits if bought else self._answered * price_of(self.service),
            passed_on=self.passed_on,
        )

    async def open(self) -> None:
        """Take questions again, if it was closed."""
        await self._batcher.__aenter__()

    async def aclose(self) -> None:
        """Answer what was asked, then let go of the cache file."""
        await self._batcher.aclose()
        self._store.close()
