"""From columns to points on Earth: what is blank, what is no number, what cannot be."""

from __future__ import annotations

from collections.abc import Hashable
from numbers import Number
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_any_real_numeric_dtype

from geopandas_batch.errors import SettingsError, at_rows, no_column
from geopandas_batch.places.texts import BLANK


class Degrees(NamedTuple):
    """WGS 84; both NaN where either is blank."""

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]


def column_of(frame: pd.DataFrame, name: Hashable, advice: str = "") -> pd.Series:
    """The one column of this name; `advice` for where there is none."""
    if not isinstance(name, Hashable) or name not in frame.columns:
        raise no_column(name, frame.columns, advice)
    column = frame[name]
    if isinstance(column, pd.DataFrame):
        if frame.columns.nlevels > 1:
            whole = frame.columns[frame.columns.get_loc(name)][0]
            raise SettingsError(f"{name!r} is a part of a name only; give all of it, such as {whole!r}")
        raise SettingsError(f"there are {column.shape[1]} columns named {name!r}; rename all but one")
    return column


def degrees(frame: pd.DataFrame, lat: Hashable, lon: Hashable) -> Degrees:
    """The points of a frame; an error where a coordinate is no number or not on Earth."""
    lats, lons = _degrees(frame, lat, 90), _degrees(frame, lon, 180)
    blank = np.isnan(lats) | np.isnan(lons)
    return Degrees(np.where(blank, np.nan, lats), np.where(blank, np.nan, lons))


def _degrees(frame: pd.DataFrame, name: Hashable, bound: int) -> NDArray[np.float64]:
    """The column as floats, blanks as NaN. Text that is a number is one, as it is for `geopandas.points_from_xy`."""
    column = column_of(frame, name)
    if is_any_real_numeric_dtype(column):
        numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    else:
        cells = column.astype(object)
        numbers = pd.to_numeric(cells.where(cells.map(is_degrees)), errors="coerce").to_numpy(
            dtype="float64", na_value=np.nan
        )
        blank = cells.isna() | cells.map(lambda cell: isinstance(cell, str) and cell.strip() in BLANK)
        _refuse(np.isnan(numbers) & ~blank.to_numpy(dtype=bool), f"{name!r} is not a number", "Correct or blank them.")
    beyond = f"{name!r} is not within ±{bound} degrees"
    _refuse(np.abs(numbers) > bound, beyond, "Are lat and lon swapped, or in metres of some projection?")
    return numbers


def is_degrees(cell: object) -> bool:
    """Whether a cell may be a number of degrees: True is none, nor is a whole number that no float can hold."""
    if isinstance(cell, bool | complex) or (isinstance(cell, int) and abs(cell) > 10**300):
        return False
    return isinstance(cell, (str, bytes, Number))


def _refuse(wrong: NDArray[np.bool_], what: str, remedy: str) -> None:
    rows = np.flatnonzero(wrong).tolist()
    if rows:
        raise SettingsError(f"{what} in {len(rows):,} of {wrong.size:,} rows {at_rows(rows)}. {remedy}")
