"""Where addresses are, for all who ask in this process: they share locators, and so requests."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, overload

from geopandas_batch import settings
from geopandas_batch.locator import Cache, Locator
from geopandas_batch.places import Location, Query
from geopandas_batch.services import AUTO, Cascade, ServiceLike, resolve
from geopandas_batch.services.protocol import AnyService


@lru_cache(maxsize=32)
def _of_process(service: AnyService, file: Path | None) -> Locator:
    return Locator(service, cache=file or False)


def shared(service: ServiceLike = AUTO, *, cache: Cache = True, **service_options: Any) -> Locator:
    """The locator of this process for a service and a cache, so that all who ask at the same time share batches.

    With ``cache=False``, or a service that cannot be told from others (it has no hash): one of the caller's own.
    """
    file = settings.cache_file(cache)
    resolved = resolve(service, service_options)
    if isinstance(resolved, Cascade):
        steps = [step for each in resolved.services for step in shared(each, cache=cache).steps]
        return Locator.through(cast(AnyService, resolved), steps)
    if cache is False or type(resolved).__hash__ is None:
        return Locator(resolved, cache=file or False)
    return _of_process(cast(Any, resolved), file)


async def get_location(
    address: str | Query | None, *, service: ServiceLike = AUTO, cache: Cache = True, **service_options: Any
) -> Location | None:
    """Where one address is; calls made at about the same time share one request.

    Parameters
    ----------
    address : str, Query or None
        Blank or None is never sent and costs nothing.
    service : str, service, async function, or a list of these
        ``"auto"``: Geoapify if there is a key (an address costs half a credit there), else the embedded gazetteer. A
        list: what one did not find well enough goes to the next.
    cache : bool or path
        True: the cache of this user. A path: another file. False: nothing is read or kept.
    **service_options
        For a service given by name: its settings, such as ``lang="fr"``.

    Returns
    -------
    Location or None
        None: not found, or blank. ``lat, lon = location``.

    Raises
    ------
    SettingsError, MissingKeyError
        An argument is wrong, or there is no key. Nothing was sent.
    QueryError
        The service refused this address.
    ServiceError
        The service cannot be had; the text says what to do.

    Examples
    --------
    >>> import asyncio
    >>> location = asyncio.run(get_location("350 Fifth Avenue New York, NY 10118", service="gazetteer"))
    >>> location.match
    'postcode'
    """
    return await shared(service, cache=cache, **service_options).locate(address)


@overload
async def get_locations(
    addresses: Iterable[str | Query | None],
    *,
    service: ServiceLike = AUTO,
    cache: Cache = True,
    return_exceptions: Literal[False] = False,
    **service_options: Any,
) -> list[Location | None]: ...
@overload
async def get_locations(
    addresses: Iterable[str | Query | None],
    *,
    service: ServiceLike = AUTO,
    cache: Cache = True,
    return_exceptions: bool,
    **service_options: Any,
) -> list[Location | None | Exception]: ...
async def get_locations(
    addresses: Iterable[str | Query | None],
    *,
    service: ServiceLike = AUTO,
    cache: Cache = True,
    return_exceptions: bool = False,
    **service_options: Any,
) -> list[Any]:
    """Where many addresses are: as many answers, in their order.

    Parameters
    ----------
    addresses : iterable of str, Query or None
        Equal ones are asked once, blank ones never.
    service, cache, **service_options
        As in `get_location`.
    return_exceptions : bool
        As in ``asyncio.gather``. False: when all is done, the first error is raised; what was answered is in the
        cache. True: errors stand in the list at the place of their address.

    Returns
    -------
    list of Location, None or exception
        None: not found, or blank.

    Raises
    ------
    SettingsError, MissingKeyError
        As in `get_location`; or one address was given, not a list.
    QueryError, ServiceError
        As in `get_location`, without `return_exceptions`.

    Examples
    --------
    >>> import asyncio
    >>> oslo, nothing = asyncio.run(get_locations(["Oslo, Norway", ""], service="gazetteer"))
    >>> oslo.match, nothing
    ('city', None)
    """
    locator = shared(service, cache=cache, **service_options)
    return await locator.locate_many(addresses, return_exceptions=return_exceptions)
