"""Worksheet functions for Excel, through PyXLL: every cell asks for its own address, all cells in few requests.

List this module under ``modules`` in ``pyxll.cfg``. PyXLL runs the functions on its own event loop; a recalculation
of 5,000 cells is five or six requests, and a cell that did not change is not asked again.

A cell shows ``#N/A`` where nothing was found and ``#VALUE!`` where the address or the service failed;
``=GEO.STATUS(address)`` says why in words. A blank address is a blank cell, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from geopandas_batch import cells

try:
    import pyxll  # type: ignore[import-not-found, unused-ignore]
except ImportError as missing:
    raise ImportError('geopandas_batch.excel needs PyXLL: pip install "geopandas-batch[excel]"') from missing

F = TypeVar("F", bound=Callable[..., Any])


def _worksheet(function: F, signature: str, name: str, **options: Any) -> F:
    """PyXLL's own decorator, with the types that it has where it is installed."""
    registered: F = pyxll.xl_func(signature, name=name, category="Geocoding", **options)(function)
    return registered


locate = _worksheet(cells.locate, "var address: var[][]", name="GEO.LOCATE", auto_resize=True)
lat = _worksheet(cells.lat, "var address: var", name="GEO.LAT")
lon = _worksheet(cells.lon, "var address: var", name="GEO.LON")
formatted = _worksheet(cells.formatted, "var address: var", name="GEO.ADDRESS")
reverse = _worksheet(cells.reverse, "var lat, var lon: var", name="GEO.REVERSE")
status = _worksheet(cells.status, "var address: string", name="GEO.STATUS")
