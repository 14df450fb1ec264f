"""Whom to ask: the services by name, and what else can be one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from inspect import iscoroutinefunction
from typing import Any, TypeAlias, TypeGuard, cast

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError, meant
from geopandas_batch.places import PARTS
from geopandas_batch.services.addressbook import AddressBook
from geopandas_batch.services.cascade import Cascade
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
    "Cascade",
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

log = logging.getLogger("geopandas_batch")

NAMED: Mapping[str, Callable[..., AnyService]] = {
    "geoapify": Geoapify,
    "gazetteer": Gazetteer,
    "census": Census,
    "geoplateforme": Geoplateforme,
}
AUTO = "auto"
# What else is said where services' options are, so that a slip is known for what it is.
_ARGUMENTS = (
    "address", *PARTS, "lat", "lon", "service", "details", "errors", "prefix", "overwrite", "min_confidence", "budget",
    "progress", "cache",
)  # fmt: skip

OneService: TypeAlias = str | AnyService | AddressFunction
ServiceLike: TypeAlias = OneService | Cascade | Sequence[OneService]


def resolve(service: ServiceLike = AUTO, options: Mapping[str, Any] | None = None) -> AnyService:
    """The service that is meant.

    Parameters
    ----------
    service : str, service, async function, or a list of these
        ``"auto"``: Geoapify if there is a key (as an option or in the environment), else the gazetteer. A list, or
        names with commas between: a `Cascade`.
    options : mapping, optional
        For a service given by name: its settings, such as ``lang="fr"``. In a list, each goes to those that have it.

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
    >>> resolve(["census", "gazetteer"]).name
    'census, then gazetteer'
    """
    options = dict(options or {})
    if isinstance(service, str) and "," in service:
        service = [name.strip() for name in service.split(",")]
    if isinstance(service, list | tuple):
        service = Cascade(service)
    if isinstance(service, Cascade):
        return _all(service, options)
    if isinstance(service, str):
        return _of_name(service, options)
    if options:
        raise SettingsError(
            f"{', '.join(map(repr, options))}: options go with a service given by name; a service object has its own"
            + meant(next(iter(options)), _ARGUMENTS)
        )
    if _is_service(service):
        return service
    if is_geocoder(service):
        return Geopy(service)
    if iscoroutinefunction(service) or iscoroutinefunction(getattr(service, "__call__", None)):  # noqa: B004
        return Function(cast(AddressFunction, service))
    raise SettingsError(
        f"service must be a name ({', '.join([AUTO, *NAMED])}), a service object, a geocoder of geopy, an "
        f"async function that takes a list of addresses, or a list of these, not {_described(service)}"
    )


_announced: set[str] = set()


def announce(service: AnyService) -> None:
    """Say once per process what everybody should know of this service's answers."""
    notice = str(getattr(service, "notice", ""))
    if notice and service.name not in _announced:
        _announced.add(service.name)
        log.warning(notice)


def _described(service: object) -> str:
    """What is no service, in words."""
    if isinstance(service, type):
        return f"the class {service.__name__} (its brackets are missing)"
    return "a function that is not async" if callable(service) else type(service).__name__


def _of_name(service: str, options: Mapping[str, Any]) -> AnyService:
    """A service by its name, with these options; an error that lists those it has, where one is another's."""
    name, maker, known = _named(service, options)
    if unknown := [each for each in options if each not in known]:
        if unknown[0] in _ARGUMENTS:
            raise SettingsError(f"{unknown[0]}= does not go with this call: leave it out")
        key = ". For Geoapify, set GEOAPIFY_API_KEY or pass service='geoapify'" if name == "gazetteer" else ""
        hint = meant(unknown[0], [*known, *_ARGUMENTS]) or key
        raise SettingsError(
            f"{name} has no option {', '.join(map(repr, unknown))}; its options are {', '.join(known)}{hint}"
        )
    return maker(**options)


def _named(name: str, options: Mapping[str, Any]) -> tuple[str, Callable[..., AnyService], Sequence[str]]:
    """The service of a name: its own name, what makes it, and its options."""
    if name == AUTO:
        has_key = options.get("api_key") or settings.read(*settings.GEOAPIFY_KEYS)
        name = "geoapify" if has_key else "gazetteer"
    if name not in NAMED:
        raise SettingsError(f"there is no service {name!r}; there are {', '.join([AUTO, *NAMED])}{meant(name, NAMED)}")
    maker = NAMED[name]
    return name, maker, [each.name for each in fields(maker)]  # type: ignore[arg-type]


def _all(cascade: Cascade, options: Mapping[str, Any]) -> AnyService:
    """A cascade of services, or the one that it has; each option goes to the services by name that have it."""
    if any(isinstance(each, Cascade | list | tuple) for each in cascade.services):
        raise SettingsError("a list of services cannot hold another list")
    known = {each: _named(each, options)[2] for each in cascade.services if isinstance(each, str)}
    if unknown := [name for name in options if not any(name in has for has in known.values())]:
        told = [f"those of {name} are {', '.join(has)}" for name, has in known.items()]
        raise SettingsError(
            f"no service in the list has an option {', '.join(map(repr, unknown))}; "
            + ("; ".join(told) or "service objects have their own, and none is given by name")
            + meant(unknown[0], [*(name for has in known.values() for name in has), *_ARGUMENTS])
        )
    services = tuple(
        resolve(each, {name: value for name, value in options.items() if name in known[each]})
        if isinstance(each, str)
        else resolve(each)
        for each in cascade.services
    )
    return cast(AnyService, replace(cascade, services=services)) if len(services) > 1 else services[0]


def _is_service(service: object) -> TypeGuard[AnyService]:
    if isinstance(service, type):  # the class, without the brackets that make a service of it
        return False
    asks = hasattr(service, "locate_many") or (hasattr(service, "submit") and hasattr(service, "collect"))
    return asks and hasattr(service, "name") and isinstance(getattr(service, "limits", None), Limits)
