"""Coordinates for the addresses of a DataFrame: one line, few requests, no key needed to start.

>>> import pandas as pd
>>> import geopandas_batch
>>> df = pd.DataFrame({"address": ["10 Downing Street, London SW1A 2AA", "Tour Eiffel, Paris"]})
>>> df.geo.locate("address", service="gazetteer").round(1)
                              address   lat  lon
0  10 Downing Street, London SW1A 2AA  51.5 -0.1
1                  Tour Eiffel, Paris  48.9  2.3
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geopandas_batch.accessor import locate
from geopandas_batch.places import Location, Point, Query

if TYPE_CHECKING:
    from geopandas_batch.batching import Batcher, batched
    from geopandas_batch.errors import (
        GeocodingError,
        KeyRefused,
        MissingKeyError,
        QueryError,
        QuotaExhausted,
        RateLimited,
        ServiceError,
        SettingsError,
        StrangeAnswer,
        TooSlow,
        Unavailable,
    )
    from geopandas_batch.frames.columns import constant
    from geopandas_batch.frames.correcting import corrections
    from geopandas_batch.frames.estimate import Estimate
    from geopandas_batch.frames.report import Report
    from geopandas_batch.locator import Locator
    from geopandas_batch.locator.locations import get_location, get_locations
    from geopandas_batch.sharing import export_cache, import_cache

__version__ = "0.1.0"

# Loaded when first used: asyncio, sqlite3 and the rest would double the time that the import takes.
_ROOMS = {
    "batching": ("Batcher", "batched"),
    "frames.columns": ("constant",),
    "frames.correcting": ("corrections",),
    "errors": (
        "GeocodingError",
        "KeyRefused",
        "MissingKeyError",
        "QueryError",
        "QuotaExhausted",
        "RateLimited",
        "ServiceError",
        "SettingsError",
        "StrangeAnswer",
        "TooSlow",
        "Unavailable",
    ),
    "frames.estimate": ("Estimate",),
    "locator.locations": ("get_location", "get_locations"),
    "locator": ("Locator",),
    "frames.report": ("Report",),
    "sharing": ("export_cache", "import_cache"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Batcher",
    "Estimate",
    "GeocodingError",
    "KeyRefused",
    "Location",
    "Locator",
    "MissingKeyError",
    "Point",
    "Query",
    "QueryError",
    "QuotaExhausted",
    "RateLimited",
    "Report",
    "ServiceError",
    "SettingsError",
    "StrangeAnswer",
    "TooSlow",
    "Unavailable",
    "batched",
    "constant",
    "corrections",
    "export_cache",
    "get_location",
    "get_locations",
    "import_cache",
    "locate",
]


def __getattr__(name: str) -> Any:
    if name == "services":
        return import_module("geopandas_batch.services")
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'geopandas_batch' has no attribute {name!r}")
    return getattr(import_module(f"geopandas_batch.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "services"])
