"""Whom to ask: the services by name, and what else can be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import iscoroutinefunction
from typing import Any, TypeAlias, TypeGuard, cast

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError
from geopandas_batch.services.addressbook import AddressBook
from geopandas_batch.services.census import Census
from geopandas_batch.services.function import AddressFunction, Function
from geopandas_batch.services.gazetteer import Gazetteer
from geopandas_batch.services.geoapify import Geoapify
from geopandas_batch.services.geoplateforme import Geoplateforme
from geopandas_batch.services.geopy import Geopy, is_geocoder
from geopandas_batch.services.protocol import Answer, AnyService, JobService, Limits, Service
from geopandas_batch.services.reverse import reverse_of

__all__ = [
    "AddressBook",
    "Answer",
    "AnyService",
    "Census",
    "Function",
    "Gazetteer",
    "Geoapify",
    "Geoplateforme",
    "Geopy",
    "JobService",
    "Limits",
    "Service",
    "resolve",
    "reverse_of",
]

NAMED: Mapping[str, Callable[..., AnyService]] = {
    "geoapify": Geoapify,
    "gazetteer": Gazetteer,
    "census": Census,
    "geoplateforme": Geoplateforme,
}
AUTO = "auto"

ServiceLike: TypeAlias = str | AnyService | AddressFunction


def resolve(service: ServiceLike = AUTO, options: Mapping[str, Any] | None = None) -> AnyService:
    """The service that is meant.

    Parameters
    ----------
    service : str, service or async function
        ``"auto"``: Geoapify if there is a key (as an option or in the environment), else the gazetteer.
    options : mapping, optional
        For a service given by name: its settings, such as ``lang="fr"``.

    Returns
    -------
    Service or JobService

    Raises
    ------
    SettingsError
        There is no such service, or it has no such option; the text lists those that are.

    Examples
    --------
    >>> resolve("gazetteer", {"context": False})
    Gazetteer(context=False, processes=1)
    """
    options = dict(options or {})
    if isinstance(service, str):
        if service == AUTO:
            has_key = options.get("api_key") or settings.read(*settings.GEOAPIFY_KEYS)
            service = "geoapify" if has_key else "gazetteer"
        if service not in NAMED:
            raise SettingsError(f"there is no service {service!r}; there are {', '.join([AUTO, *NAMED])}")
        maker = NAMED[service]
        known = [field.name for field in fields(maker)]  # type: ignore[arg-type]
        if unknown := [name for name in options if name not in known]:
            has = f"its options are {', '.join(known)}" if known else "it has no options"
            hint = ". For Geoapify, set GEOAPIFY_API_KEY or pass service='geoapify'" if service == "gazetteer" else ""
            raise SettingsError(f"{service} has no option {', '.join(map(repr, unknown))}; {has}{hint}")
        return maker(**options)
    if options:
        raise SettingsError(
            f"{', '.join(map(repr, options))}: options go with a service given by name; a service object has its own"
        )
    if _is_service(service):
        return service
    if is_geocoder(service):
        return Geopy(service)
    if iscoroutinefunction(service) or iscoroutinefunction(getattr(service, "__call__", None)):  # noqa: B004
        return Function(cast(AddressFunction, service))
    raise SettingsError(
        f"service must be a name ({', '.join([AUTO, *NAMED])}), a service object, a geocoder of geopy or an "
        f"async function that takes a list of addresses, not {type(service).__name__}"
    )


def _is_service(service: object) -> TypeGuard[AnyService]:
    if isinstance(service, type):  # the class, without the brackets that make a service of it
        return False
    asks = hasattr(service, "locate_many") or (hasattr(service, "submit") and hasattr(service, "collect"))
    return asks and hasattr(service, "name") and isinstance(getattr(service, "limits", None), Limits)
