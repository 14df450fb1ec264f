"""A geocoder of geopy as a service: one address at a time, at a pace that its provider allows."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from geopandas_batch import pacing, settings
from geopandas_batch.errors import (
    KeyRefused,
    QueryError,
    QuotaExhausted,
    RateLimited,
    ServiceError,
    SettingsError,
    StrangeAnswer,
    Unavailable,
)
from geopandas_batch.places import Location, Query
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.wire import Wire

BATCH_SIZE = 20  # what is answered is handed on after so many, as there is no request that has several addresses
PER_SECOND = 1.0  # https://operations.osmfoundation.org/policies/nominatim/


@dataclass(frozen=True)
class Geopy:
    """Any of geopy's geocoders: ``Geopy(Nominatim(user_agent="my project"))``, or just the geocoder itself.

    Equal addresses are asked once, refusals are waited out, and the other options of `locate` work as ever. geopy has
    no batches, so each address is a request of its own: thousands of them take hours. ``match`` is "none" and
    ``confidence`` NaN, as geopy does not say how well an address was found. At DEBUG, geopy's own log has the URLs that
    it requests, with the address and, where the provider wants it so, the key.

    Parameters
    ----------
    geocoder : geopy.geocoders.base.Geocoder
        With geopy's usual adapter; those for asyncio belong to one event loop, and are refused.
    arguments : mapping, optional
        Given to each call of its ``geocode``, such as ``{"language": "fr"}``.
    max_per_second : float
        What the provider allows; Nominatim one.
    keep_for : timedelta, optional
        How long answers may stay in the cache: the terms of the provider say so. None: for good. By default not at
        all, so the same line run again asks all of it again.

    Raises
    ------
    SettingsError
        This is no geocoder of geopy, or one for asyncio.

    Examples
    --------
    >>> from geopy.geocoders import Nominatim
    >>> Geopy(Nominatim(user_agent="my project"), {"country_codes": "no"}).name
    'nominatim'
    """

    geocoder: Any = field(repr=False)
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)
    max_per_second: float = PER_SECOND
    keep_for: timedelta | None = timedelta(0)

    price = 0.0  # what the provider takes, geopy does not know

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if not is_geocoder(self.geocoder):
            raise SettingsError(f"a geocoder of geopy is needed, not {type(self.geocoder).__name__}")
        from geopy.adapters import BaseAsyncAdapter

        if isinstance(self.geocoder.adapter, BaseAsyncAdapter):
            raise SettingsError(
                f"{type(self.geocoder).__name__} was made for asyncio; make it without adapter_factory=: it is asked "
                "from a thread, so that nothing else waits for it"
            )
        settings.check_positive("max_per_second", self.max_per_second)
        _ = self.limits  # which refuse what they cannot be

    @property
    def name(self) -> str:
        """That of the geocoder, in lower case."""
        return type(self.geocoder).__name__.lower()

    @property
    def limits(self) -> Limits:
        """One request after the other."""
        return Limits(BATCH_SIZE, max_concurrency=1, max_per_second=self.max_per_second, keep_for=self.keep_for)

    @property
    def options(self) -> Mapping[str, str]:
        """The host, and what each call is given."""
        arguments = json.dumps(self.arguments, sort_keys=True, default=str)
        return {"host": str(getattr(self.geocoder, "domain", "")), "arguments": arguments}

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """As many answers as queries, in their order; from where the provider gives up, its error stands for the rest.

        The wire gives the pace and the patience; the requests are geopy's own.
        """
        answers: list[Any] = []
        for query in queries:
            try:
                answers.append(await self._located(wire, query.line))
            except QueryError as error:
                answers.append(error)
            except ServiceError as error:
                answers += [error] * (len(queries) - len(answers))
                break
        return answers

    async def _located(self, wire: Wire, address: str) -> Answer:
        traffic = wire.traffic

        async def ask() -> Answer:
            traffic.seconds_waited += await wire.pace.turn()
            traffic.requests += 1
            try:
                answer = await asyncio.to_thread(self._geocode, address)
            except RateLimited:
                wire.pace.slow_down()
                raise
            wire.pace.speed_up()
            return answer

        def before_wait(error: ServiceError, seconds: float) -> None:
            traffic.retries += 1
            traffic.seconds_waited += seconds

        try:
            return await pacing.retry(ask, lambda: wire.patience, before_wait=before_wait)
        except RateLimited as error:
            raise QuotaExhausted(
                f"{self.name} still says too fast, or that the quota is used up, after several tries. Go on later, or "
                "with a smaller max_per_second.",
                service=self.name,
                retry_after=error.retry_after,
            ) from error

    def _geocode(self, address: str) -> Answer:
        """Ask geopy. Of its errors the kind is told; their text, which may hold the URL with the key, is not."""
        from geopy import exc

        name = self.name
        try:
            found = self.geocoder.geocode(address, exactly_one=True, **self.arguments)
        except exc.GeocoderRateLimited as error:
            raise RateLimited(f"{name} says too fast", retry_after=error.retry_after, service=name) from None
        except exc.GeocoderQuotaExceeded:
            raise QuotaExhausted(f"{name} says that the quota is used up", service=name) from None
        except (exc.GeocoderAuthenticationFailure, exc.GeocoderInsufficientPrivileges):
            raise KeyRefused(f"{name} refuses the key, or this program", service=name) from None
        except exc.GeocoderQueryError:
            raise QueryError(f"{name} refused this address") from None
        except exc.GeocoderParseError:
            raise StrangeAnswer(f"the answer of {name} is not understood", retryable=True, service=name) from None
        except exc.GeocoderServiceError as error:
            kind = type(error).__name__
            raise Unavailable(f"{name} cannot be reached, or is out of order ({kind})", service=name) from None
        if found is None:
            return None
        lat, lon = float(found.latitude), float(found.longitude)
        if not (abs(lat) <= 90 and abs(lon) <= 180):  # True for NaN as well
            return QueryError(f"{name}'s answer for this address is no point on Earth")
        licence = found.raw.get("licence") if isinstance(found.raw, dict) else None
        return Location(lat, lon, str(found.address or ""), "none", math.nan, "", self.name, str(licence or ""))


def is_geocoder(service: object) -> bool:
    """Whether this is a geocoder of geopy; geopy is not imported for it."""
    base = sys.modules.get("geopy.geocoders.base")
    return base is not None and isinstance(service, base.Geocoder)
