"""``df.geo``: what a person types in a notebook cell."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import pandas as pd

from geopandas_batch.accessor.drawings import Drawings
from geopandas_batch.accessor.findings import Findings
from geopandas_batch.accessor.locating import Locating
from geopandas_batch.accessor.reversing import Reversing

P = ParamSpec("P")
T = TypeVar("T")


@pd.api.extensions.register_dataframe_accessor("geo")
class GeoAccessor(Locating, Reversing, Findings, Drawings):
    """Coordinates for the addresses of a DataFrame.

    Examples
    --------
    >>> import pandas as pd
    >>> import geopandas_batch
    >>> df = pd.DataFrame({"address": ["Oslo, Norway", "", "Bergen, Norway"]})
    >>> df.geo.locate("address", service="gazetteer").round(1)
              address   lat   lon
    0    Oslo, Norway  59.9  10.7
    1                   NaN   NaN
    2  Bergen, Norway  60.4   5.3
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """Called by pandas."""
        self._frame = frame


def _for_any_table(
    method: Callable[Concatenate[GeoAccessor, P], T],
) -> Callable[[Callable[..., T]], Callable[Concatenate[pd.DataFrame | pd.Series[Any] | Sequence[Any], P], T]]:
    """For a function that takes a table and the method's arguments: editors and type checkers are told them all."""

    def told(function: Callable[..., T]) -> Any:
        own, (_, *others) = signature(function), signature(method).parameters.values()
        cast(Any, function).__signature__ = own.replace(parameters=[own.parameters["addresses"], *others])
        return function

    return told


@_for_any_table(GeoAccessor.locate)
def locate(
    addresses: pd.DataFrame | pd.Series[Any] | Sequence[Any],
    address: Hashable | Sequence[Hashable] | None = None,
    **arguments: Any,
) -> pd.DataFrame:
    """What ``df.geo.locate`` gives, for a frame, a series or a list of addresses.

    Editors and type checkers know its arguments; ``df.geo`` they take for a column.

    Parameters
    ----------
    addresses : DataFrame, Series or sequence of str
        A series keeps its index; its addresses are in a column of its name, else in ``address``.
    address, **arguments
        As in `GeoAccessor.locate`. For a series or a list, `address` is not needed.

    Returns
    -------
    DataFrame
        A new frame, with ``lat`` and ``lon``, float64, degrees, WGS 84.

    Raises
    ------
    SettingsError, KeyRefused, QuotaExhausted, Unavailable, TooSlow, StrangeAnswer
        As `GeoAccessor.locate`; also where `addresses` is one text, or no table.

    Examples
    --------
    >>> locate(["Oslo, Norway", None], service="gazetteer").round(1)
            address   lat   lon
    0  Oslo, Norway  59.9  10.7
    1          None   NaN   NaN
    """
    from geopandas_batch import frames

    frame, column = frames.as_frame(addresses)
    result: pd.DataFrame = GeoAccessor(frame).locate(column if address is None else address, **arguments)
    return result
