"""From two columns of a frame to points: which rows ask for the same one, and which ask for none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.frames.degrees import column_of, is_degrees
from geopandas_batch.frames.questions import Questions
from geopandas_batch.places import Outcome, Point
from geopandas_batch.places.texts import BLANK

_UNIT = 10**7  # of a degree: about a centimetre

Numbers: TypeAlias = "NDArray[np.float64]"


class Points(Sequence[Point]):
    """Points in an array of latitudes and longitudes; each is made when it is asked for.

    Examples
    --------
    >>> Points(np.array([[59.91, 10.75]]))[0]
    Point(lat=59.91, lon=10.75)
    """

    def __init__(self, degrees: Numbers) -> None:
        """Rows of latitude and longitude."""
        self.degrees = degrees

    def __len__(self) -> int:
        """How many."""
        return len(self.degrees)

    @overload
    def __getitem__(self, place: int) -> Point: ...
    @overload
    def __getitem__(self, place: slice) -> list[Point]: ...
    def __getitem__(self, place: int | slice) -> Point | list[Point]:
        """One of them, or some."""
        found = self.degrees[place].tolist()
        return list(map(Point._make, found)) if isinstance(place, slice) else Point._make(found)

    def __iter__(self) -> Iterator[Point]:
        """All of them."""
        return map(Point._make, self.degrees.tolist())


def points(frame: pd.DataFrame, lat: Hashable, lon: Hashable) -> Questions:
    """What the rows of a frame ask that have points: which address is here?

    Rows without a number in one of the columns are blank; numbers that are no point on Earth are settled at once.
    """
    columns = {"latitude": column_of(frame, lat), "longitude": column_of(frame, lon)}
    numbers = [_numbers(column) for column in columns.values()]
    blank = np.logical_or.reduce([_is_blank(column) for column in columns.values()])
    wrong = [~(np.abs(each) <= most) & ~blank for each, most in zip(numbers, (90, 180), strict=True)]
    asked = ~(blank | wrong[0] | wrong[1])
    lats, lons = (np.rint(each[asked] * _UNIT).astype(np.int64) for each in numbers)
    # Both in one number: 1.8 billion latitudes by 3.6 billion longitudes are less than 2 to the power of 63.
    together, distinct = pd.factorize((lats + 90 * _UNIT) * (360 * _UNIT + 1) + lons + 180 * _UNIT)
    codes = np.full(len(frame), -1, np.intp)
    codes[asked] = together
    north, east = np.divmod(distinct, 360 * _UNIT + 1)
    degrees = np.column_stack([north - 90 * _UNIT, east - 180 * _UNIT]) / _UNIT
    settled: list[Outcome] = []
    for name, most, rows in (("latitude", 90, wrong[0]), ("longitude", 180, wrong[1] & ~wrong[0])):
        if rows.any():
            codes[rows] = len(degrees) + len(settled)
            settled.append(Outcome(None, "failed", f"the {name} is not a number from -{most} to {most}: not asked"))
    return Questions(Points(degrees), codes, settled)


def _numbers(column: pd.Series[Any]) -> Numbers:
    if isinstance(column.dtype, pd.ArrowDtype) and column.dtype.kind == "O":  # of decimals, to_numeric drops blanks
        column = column.astype(object)
    if column.dtype == object:
        column = column.where(column.map(is_degrees))
    numbers: Numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return numbers


def _is_blank(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Missing, or text that says so."""
    blank = column.isna().to_numpy(bool, copy=True)
    if column.dtype.kind in "OTU" or isinstance(column.dtype, pd.StringDtype):
        blank |= np.array([isinstance(cell, str) and cell.strip() in BLANK for cell in column], bool)
    return blank
