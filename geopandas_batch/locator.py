"""One question, one answer: from the cache, else from a batch that leaves with the questions of others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeAlias, cast

from geopandas_batch import cascading, settings
from geopandas_batch.batching import Batcher
from geopandas_batch.buying import Buyer, NotAskedError
from geopandas_batch.errors import (
    GeocodingError,
    ServiceError,
    StrangeAnswer,
)
from geopandas_batch.inquiry import Inquiry, Keyed, StoppedError, Told, check_stopped
from geopandas_batch.jobs import Jobs
from geopandas_batch.outcomes import Preview, announce, as_query
from geopandas_batch.outcomes import Usage as Usage
from geopandas_batch.places import Location, Outcome, Query, Question
from geopandas_batch.plans import Purse
from geopandas_batch.services import AUTO, Cascade, ServiceLike, resolve
from geopandas_batch.services.protocol import AnyService, Service, attribution_of, options_of, price_of
from geopandas_batch.store import Keys, Store
from geopandas_batch.wire import Wire

log = logging.getLogger("geopandas_batch")

MAX_WAIT = 0.05  # seconds: not felt at a prompt, and long enough for all cells of a sheet to ask
ROUNDS = 2  # calls of a service with jobs at once: while the last jobs of one round are waited for, the next begins

Cache: TypeAlias = bool | str | os.PathLike[str]


class Locator:
    """Asks one service for one address at a time, in few requests.

    Calls made at about the same time leave as one batch; equal addresses are asked once; what is known is not asked
    again. A locator may be used from any event loop and thread.

    Parameters
    ----------
    service : str, service, async function, or a list of these
        ``"auto"``: Geoapify if there is a key, else the embedded gazetteer. See ``geopandas_batch.services``. A list:
        what one did not find well enough goes to the next; see ``services.Cascade``.
    cache : bool or path
        True: the cache of this user. A path: another file. False: nothing is kept beyond this object.
    max_wait : float
        Seconds that the first address of a batch waits for others.
    budget : float, optional
        Credits that this object may spend in all, with a service that has a price.
    **service_options
        For a service given by name: its settings, such as ``lang="fr"``.

    Raises
    ------
    SettingsError
        There is no such service or option.
    MissingKeyError
        The service needs a key.

    Examples
    --------
    >>> import asyncio
    >>> async def main():
    ...     async with Locator("gazetteer", cache=False) as locator:
    ...         return await asyncio.gather(locator.locate("Oslo, Norway"), locator.locate("Bergen, Norway"))
    >>> [location.formatted for location in asyncio.run(main())]
    ['Oslo, Norway', 'Bergen, Norway']
    """

    def __init__(
        self,
        service: ServiceLike = AUTO,
        *,
        cache: Cache = True,
        max_wait: float = MAX_WAIT,
        budget: float | None = None,
        **service_options: Any,
    ) -> None:
        """Nothing is opened or sent yet."""
        self.service: AnyService = resolve(service, service_options)
        self.steps: Sequence[Locator] = ()  # of a cascade: one for each service
        self.passed_on = 0  # questions that went to the next service of a cascade, as this one could not be had
        self.max_wait = max_wait
        self._purse = Purse(budget)
        if isinstance(self.service, Cascade):
            made = [Locator(each, cache=cache, max_wait=max_wait) for each in self.service.services]
            self._begin(made)
            return
        limits = self.service.limits
        self._keys = Keys(self.service.name, options_of(self.service))
        self._store = Store(settings.cache_file(cache), answers=limits.keep_for != timedelta(0))
        self._wire = Wire(
            self.service.name,
            max_per_second=limits.max_per_second,
            up_to_per_second=limits.up_to_per_second,
            timeout=limits.timeout,
        )
        self._buyer: Buyer | None = None
        size, at_once = limits.batch_size, limits.max_concurrency
        if not hasattr(self.service, "locate_many"):
            self._buyer = Buyer(Jobs(self.service, self._wire, self._store, self._keys), self._purse)
            size, at_once = size * at_once, ROUNDS
        self._asked = self._answered = 0
        self._batcher: Batcher[Keyed, Location | None] = Batcher(
            self._ask, max_size=size, max_wait=max_wait, max_concurrency=at_once
        )

    @classmethod
    def through(cls, cascade: AnyService, steps: Sequence[Locator]) -> Self:
        """One that asks these, which others may ask as well, in their order."""
        made = cls.__new__(cls)
        made.service, made.max_wait, made._purse, made.passed_on = cascade, steps[0].max_wait, Purse(), 0
        made._begin(steps)
        return made

    def _begin(self, steps: Sequence[Locator]) -> None:
        self.steps, self._buyer = steps, None
        self._keys, self._store = steps[0]._keys, steps[0]._store
        if self._purse.budget is not None:  # one for all of them
            for step in steps:
                step._pay_from(self._purse)

    def _pay_from(self, purse: Purse) -> None:
        self._purse = purse
        if self._buyer is not None:
            self._buyer.purse = purse

    def __repr__(self) -> str:
        """The service, and where answers are kept."""
        return f"Locator({self.service!r}, cache={str(self._store.file) if self._store.file else False!r})"

    async def locate(self, address: str | Question | None) -> Location | None:
        """Where an address is; with a service from ``services.reverse_of``, which address a `Point` has.

        Parameters
        ----------
        address : str, Query, Point or None
            Blank or None is never sent and costs nothing.

        Returns
        -------
        Location or None
            None: not found, or blank. ``lat, lon = location``.

        Raises
        ------
        QueryError
            The service refused this address.
        ServiceError
            The service cannot be had; the text says what to do.

        Examples
        --------
        >>> import asyncio
        >>> lat, lon = asyncio.run(Locator("gazetteer", cache=False).locate("Oslo, Norway"))
        >>> round(lat), round(lon)
        (60, 11)
        """
        query = as_query(address)
        if not query:
            return None
        if isinstance(self.service, Cascade):
            return await cascading.locate(self.steps, self.service, query)
        announce(self.service)
        if decided := self._store.overrides.among([query]):
            return decided[query]
        key = self._keys.key(query)
        known = self._store.answers([key])
        if key in known:
            return known[key]
        while True:
            try:
                return await self._batcher((key, query))
            except StoppedError:  # the batch was another's, who has stopped: what stopped him need not stop us
                continue
            except NotAskedError as error:
                if isinstance(error.__cause__, GeocodingError):  # what the service said to others in the batch
                    raise error.__cause__ from None
                raise

    async def locate_many(
        self, addresses: Iterable[str | Question | None], *, return_exceptions: bool = False
    ) -> list[Location | None | Exception]:
        """As many answers as addresses, in their order.

        Parameters
        ----------
        addresses : iterable of str, Query or None
        return_exceptions : bool
            As in ``asyncio.gather``. False: when all is done, the first error is raised; what was answered is in the
            cache. True: errors stand in the list at the place of their address.

        Returns
        -------
        list of Location, None or exception
            None: not found, or blank.

        Raises
        ------
        QueryError, ServiceError
            As in `locate`, without `return_exceptions`.

        Examples
        --------
        >>> import asyncio
        >>> found = asyncio.run(Locator("gazetteer", cache=False).locate_many(["Oslo, Norway", "", "qwertzuiop"]))
        >>> [location and location.formatted for location in found]
        ['Oslo, Norway', None, None]
        """
        queries = [as_query(address) for address in addresses]
        outcomes: list[Outcome | None] = [None] * len(queries)
        errors: dict[int, Exception] = {}
        await self.fill(queries, outcomes, on_error=errors.__setitem__)
        if errors and not return_exceptions:
            raise errors[min(errors)]
        return [errors.get(place) or (outcome.location if outcome else None) for place, outcome in enumerate(outcomes)]

    async def fill(
        self,
        queries: Sequence[Question],
        outcomes: list[Outcome | None],
        *,
        on_outcomes: Told = lambda places, outcomes: None,
        on_error: Callable[[int, Exception], None] = lambda place, error: None,
        stop_on: tuple[type[GeocodingError], ...] = (),
    ) -> GeocodingError | None:
        """Put one outcome a query into a list of the caller's, so that whatever happens, what is known is there.

        Parameters
        ----------
        queries : sequence of Query
            Equal ones share one question. Blank ones are not sent.
        outcomes : list
            As long as the queries; filled in place, out of order.
        on_outcomes : callable
            Told positions and their outcomes, as many as there are at a time.
        on_error : callable
            Told a position, and the error behind its outcome.
        stop_on : tuple of GeocodingError
            Errors after which the rest is not asked but ``skipped``. What is in the air is waited for: it is paid.

        Returns
        -------
        GeocodingError or None
            What stopped it.
        """
        if isinstance(self.service, Cascade):
            descent = cascading.Descent(self.steps, self.service, queries, outcomes, on_outcomes, on_error, stop_on)
            return await descent.answer()
        if any(queries):
            announce(self.service)
        pays = self._buyer is not None and self._purse.budget is not None
        beyond = self.preview(queries, budget=self._purse.left).beyond if pays else ()
        inquiry = Inquiry(
            self.service.name, self._store, self._keys, self._batcher, queries, outcomes,
            on_outcomes=on_outcomes, on_error=on_error, stop_on=stop_on, beyond=beyond,
        )  # fmt: skip
        return await inquiry.answer()

    async def _ask(self, asked: list[Keyed]) -> Sequence[Location | None | Exception]:
        """One batch: what was answered since it was queued comes from the cache, the rest from the service."""
        check_stopped(self.service.name)
        answers: dict[bytes, Location | None | Exception] = {}
        if self._buyer is None:  # who buys looks into the store anyway, when he holds what he is going to buy
            answers.update(self._store.answers([key for key, _ in asked]))
        rest = [pair for pair in asked if pair[0] not in answers] if answers else asked
        if rest:
            try:
                found = await self._buy(rest)
            except GeocodingError:
                raise
            except Exception as error:  # a service of the user's, or a fault of ours
                name = self.service.name
                raise ServiceError(f"{name} raised {type(error).__name__}: {error}", service=name) from error
            answers.update(zip((key for key, _ in rest), found, strict=True))
        return [answers[key] for key, _ in asked]

    async def _buy(self, asked: list[Keyed]) -> Sequence[Location | None | Exception]:
        self._asked += len(asked)
        if self._buyer is not None:
            return await self._buyer.answer(asked)
        service = cast(Service, self.service)
        async with self._wire:
            found = await service.locate_many(self._wire, [cast(Query, query) for _, query in asked])
        if len(found) != len(asked):
            raise StrangeAnswer(
                f"{service.name} gave {len(found):,} answers for {len(asked):,} addresses; none was used, since "
                "nobody knows which belongs to which",
                service=service.name,
            )
        known = [
            (key, answer) for (key, _), answer in zip(asked, found, strict=True) if not isinstance(answer, Exception)
        ]
        self._store.keep(known, service=service.name, keep_for=service.limits.keep_for)
        self._answered += len(found)
        return found

    def preview(self, queries: Sequence[Question], *, budget: float | None = None) -> Preview:
        """What would be asked for these queries; nothing is sent.

        Parameters
        ----------
        queries : sequence of Query or Point
        budget : float, optional
            Credits.

        Returns
        -------
        Preview
            How many are known or under way, what would be asked, in which jobs, and what the budget is too small for.
            Of a cascade: of its first service, as nobody knows what will be left to the next.
        """
        if self.steps:
            return self.steps[0].preview(queries, budget=budget)
        keys = [self._keys.key(query) for query in queries if query]
        known = self._known(keys, queries)
        rest = list(dict.fromkeys(key for key in keys if key not in known))
        held = {self._keys.key(each) for job in self._store.jobs_holding(rest) for each in job.questions}
        free = [key for key in rest if key not in held]
        if self._buyer is None:
            return Preview(len(set(keys) & known.keys()), len(rest) - len(free), free, set(), None, None)
        count = self._buyer.affordable(len(free), budget)
        plan = self._buyer.plan(count)
        seconds = self._buyer.seconds(plan)
        return Preview(
            len(set(keys) & known.keys()), len(rest) - len(free), free[:count], set(free[count:]), plan, seconds
        )

    def known(self, queries: Sequence[Question]) -> Mapping[Question, Location | None]:
        """What need not be asked: places, or None for what is known not to be found. Of one service, not a cascade."""
        keys = {query: self._keys.key(query) for query in queries if query}
        known = self._known(list(keys.values()), queries)
        return {query: known[key] for query, key in keys.items() if key in known}

    def _known(self, keys: Sequence[bytes], queries: Sequence[Question]) -> dict[bytes, Location | None]:
        known = self._store.answers(keys)
        known.update((self._keys.key(query), place) for query, place in self._store.overrides.among(queries).items())
        return known

    @property
    def forecast(self) -> Callable[[int], float | None] | None:
        """How many seconds so many questions take, by the jobs that were measured; None: a service without jobs."""
        buyer = self._buyer
        return None if buyer is None else lambda count: buyer.seconds(buyer.plan(count))

    @property
    def usage(self) -> Usage:
        """What was used up so far."""
        if self.steps:
            return sum((step.usage for step in self.steps), Usage())
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

    @property
    def usages(self) -> dict[str, Usage]:
        """Of a cascade, that of each service by its name; empty for one service."""
        used: dict[str, Usage] = {}
        for step in self.steps:
            used[step.service.name] = used.get(step.service.name, Usage()) + step.usage
        return used

    @property
    def attribution(self) -> str:
        """The credit that the licence of the service's data asks for."""
        return attribution_of(self.service)

    async def aclose(self) -> None:
        """Answer what was asked, then let go of the cache file."""
        for step in self.steps:
            await step.aclose()
        if not self.steps:
            await self._batcher.aclose()
            self._store.close()

    async def __aenter__(self) -> Self:
        """The locator itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()
