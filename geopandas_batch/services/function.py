"""Any async function that takes addresses and returns places, as a service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from geopandas_batch.errors import QueryError, StrangeAnswer
from geopandas_batch.places import Location, Query
from geopandas_batch.services.protocol import Answer, Limits, listed
from geopandas_batch.wire import Wire

AddressFunction: TypeAlias = Callable[[list[str]], Awaitable[Sequence[Any]]]


@dataclass(frozen=True)
class Function:
    """Your own batch function: a list of addresses in, as many answers out, in the same order.

    An answer is a `Location`, a pair ``(lat, lon)``, None for "not found", or an exception for "refused". Nothing is
    cached: only you know when the function would answer otherwise.

    Parameters
    ----------
    function : callable
        ``async def f(addresses: list[str]) -> list``. Other answers than these, or not as many as addresses, end the
        run with a `StrangeAnswer`, and none of them is used.

    Examples
    --------
    >>> async def capital(addresses):
    ...     return [(59.91, 10.75) if address == "Norway" else None for address in addresses]
    >>> Function(capital).name
    'capital'
    """

    function: AddressFunction

    attribution = ""
    price = 0.0
    limits = Limits(batch_size=1000, max_concurrency=4, keep_for=timedelta(0))

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    @property
    def options(self) -> Mapping[str, str]:
        """None: nothing is cached."""
        return {}

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """Call the function. The wire is not used."""
        answers = await self.function([query.line for query in queries])
        return [self._answer(answer) for answer in listed(answers, self.name)]

    def _answer(self, answer: Any) -> Answer:
        if answer is None or isinstance(answer, Location | QueryError):
            return answer
        if isinstance(answer, Exception):
            return QueryError(str(answer) or type(answer).__name__)
        try:
            lat, lon = map(float, [answer] if isinstance(answer, str) else answer)  # "12" is no pair of numbers
            return Location(lat, lon, service=self.name)
        except (TypeError, ValueError) as error:
            raise StrangeAnswer(
                f"{self.name} must return a Location, (lat, lon), None or an exception for each address ({error})",
                service=self.name,
            ) from None
