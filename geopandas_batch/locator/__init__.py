"""One question, one answer: from the cache, else from a batch that leaves with the questions of others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias, cast, overload

from geopandas_batch import settings
from geopandas_batch.errors import GeocodingError, SettingsError
from geopandas_batch.jobs.plans import Purse
from geopandas_batch.jobs.spending import NotAskedError, Usage
from geopandas_batch.locator import cascading
from geopandas_batch.locator.addresses import as_lines, as_query, several
from geopandas_batch.locator.news import Told
from geopandas_batch.locator.outcomes import Outcomes
from geopandas_batch.locator.step import Step
from geopandas_batch.places import Location, Outcome, Point, Question
from geopandas_batch.services import AUTO, Cascade, ServiceLike, resolve
from geopandas_batch.services.protocol import AnyService
from geopandas_batch.services.reverse import takes_points
from geopandas_batch.services.traits import attribution_of

MAX_WAIT = 0.05  # seconds: not felt at a prompt, and long enough for all cells of a sheet to ask

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
        There is no such service or option, or the budget is no number of credits.
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
        services = self.service.services if isinstance(self.service, Cascade) else [self.service]
        file, purse = settings.cache_file(cache), Purse(budget)  # one purse for all of them
        self.steps: Sequence[Step] = [Step(each, file, max_wait=max_wait, purse=purse) for each in services]

    @classmethod
    def through(cls, cascade: AnyService, steps: Sequence[Step]) -> Self:
        """One that asks these, which others may ask as well, in their order."""
        made = cls.__new__(cls)
        made.service, made.steps = cascade, steps
        return made

    def __repr__(self) -> str:
        """The service, and where answers are kept."""
        return f"Locator({self.service!r}, cache={str(self.steps[0].file or False)!r})"

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
        SettingsError
            It is no address; a point that is not on Earth, or one that goes to a service which finds points.
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
        query = self._question(address)
        if not query:
            return None
        if isinstance(self.service, Cascade):
            return await cascading.locate(self.steps, self.service, query)
        return await self.steps[0].locate(query)

    @overload
    async def locate_many(
        self, addresses: Iterable[str | Question | None], *, return_exceptions: Literal[False] = False
    ) -> list[Location | None]: ...
    @overload
    async def locate_many(
        self, addresses: Iterable[str | Question | None], *, return_exceptions: bool
    ) -> list[Location | None | Exception]: ...
    async def locate_many(
        self, addresses: Iterable[str | Question | None], *, return_exceptions: bool = False
    ) -> list[Any]:
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
        SettingsError
            One address was given, not a list; or as in `locate`.
        QueryError, ServiceError
            As in `locate`, without `return_exceptions`; also for what was not asked, as a budget did not allow it.

        Examples
        --------
        >>> import asyncio
        >>> found = asyncio.run(Locator("gazetteer", cache=False).locate_many(["Oslo, Norway", "", "qwertzuiop"]))
        >>> [location and location.formatted for location in found]
        ['Oslo, Norway', None, None]
        """
        given = several(addresses)
        queries: Sequence[Question] = as_lines(given) or [*map(self._question, given)]
        outcomes = Outcomes(len(queries))
        errors: dict[int, Exception] = {}
        await self.fill(queries, outcomes, on_error=errors.__setitem__)
        for place in outcomes.skipped:  # which is not "not found"
            skipped = cast(Outcome, outcomes[place])
            errors.setdefault(place, NotAskedError(skipped.reason, service=skipped.service))
        if errors and not return_exceptions:
            raise errors[min(errors)]
        answers: list[Any] = [*outcomes.locations]
        for place, error in errors.items():
            answers[place] = error
        return answers

    def _question(self, address: object) -> Question:
        question = as_query(address)
        if isinstance(question, Point) and not takes_points(self.service):
            raise SettingsError(
                "a point is no address: ask df.geo.reverse, or a service from geopandas_batch.services.reverse_of"
            )
        return question

    async def fill(
        self,
        queries: Sequence[Question],
        outcomes: Outcomes,
        *,
        on_outcomes: Told = lambda places: None,
        on_error: Callable[[int, Exception], None] = lambda place, error: None,
        stop_on: tuple[type[GeocodingError], ...] = (),
    ) -> GeocodingError | None:
        """Put one outcome a query into what the caller has, so that whatever happens, what is known is there.

        Parameters
        ----------
        queries : sequence of Query
            Equal ones share one question. Blank ones are not sent.
        outcomes : Outcomes
            As many as the queries; filled in place, out of order.
        on_outcomes : callable
            Told positions whose outcomes are there now, as many as there are at a time.
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
        return await self.steps[0].fill(queries, outcomes, on_outcomes=on_outcomes, on_error=on_error, stop_on=stop_on)

    @property
    def forecast(self) -> Callable[[int], float | None] | None:
        """How many seconds so many questions take, where that can be known: of one service with jobs."""
        return self.steps[0].forecast if len(self.steps) == 1 else None

    @property
    def usage(self) -> Usage:
        """What was used up so far."""
        return sum((step.usage for step in self.steps), Usage())

    @property
    def usages(self) -> dict[str, Usage]:
        """That of each service, by its name."""
        used: dict[str, Usage] = {}
        for step in self.steps:
            used[step.service.name] = used.get(step.service.name, Usage()) + step.usage
        return used

    @property
    def attribution(self) -> str:
        """The credit that the licence of the service's data asks for."""
        return attribution_of(self.service)

    async def aclose(self) -> None:
        """Answer what was asked, then let go of the cache file; ``async with`` opens it again."""
        for step in self.steps:
            await step.aclose()

    async def __aenter__(self) -> Self:
        """The locator itself; open, if it was closed."""
        for step in self.steps:
            await step.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()
