"""The offline geocoder: places and postcodes of the world in one data file, no key, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geopandas_batch.gazetteer.atlas import ATTRIBUTION, REVISION, read_facts, read_manifest
from geopandas_batch.locks import Lock

if TYPE_CHECKING:
    from geopandas_batch.gazetteer.geocoder import Gazetteer

__all__ = ["ATTRIBUTION", "countries", "load", "version"]

_lock = Lock()
_loaded: Gazetteer | None = None


def load() -> Gazetteer:
    """The gazetteer, mapped into memory once a process; threads and forked processes share it.

    Raises
    ------
    FileNotFoundError
        If the data files are missing: install the package again, or build them.

    Examples
    --------
    >>> from geopandas_batch.places import Query
    >>> lat, lon = load().locate_many([Query("Oslo, Norway")])[0]
    >>> round(lat), round(lon)
    (60, 11)
    """
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                from geopandas_batch.gazetteer.geocoder import Gazetteer

                _loaded = Gazetteer()
    return _loaded


def countries() -> frozenset[str]:
    """The codes of the countries that it knows.

    Examples
    --------
    >>> sorted(countries())[:3]
    ['AD', 'AE', 'AF']
    """
    return frozenset(read_facts()["countries"])


def version() -> str:
    """What changes whenever the data or the matcher may answer differently; reads the manifest only.

    Examples
    --------
    >>> data, matcher = version().split(".")
    >>> len(data)
    12
    """
    return f"{read_manifest()['version']}.{REVISION}"
