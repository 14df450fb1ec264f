"""Frames as maps: a GeoDataFrame for the tools of GeoPandas, and a picture that needs no network."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from numbers import Number
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_any_real_numeric_dtype

from geopandas_batch.errors import SettingsError
from geopandas_batch.outlines.basemap import INK, View, choose_view, draw, unite
from geopandas_batch.outlines.captions import Entry, draw_credits, draw_legend
from geopandas_batch.places import MATCHES

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes import Axes

CRS = "EPSG:4326"  # WGS 84
NAMED = 5  # positions in a message

# Okabe and Ito (2008), https://jfly.uni-koeln.de/color/: for colour-blind eyes too. Blue is exact, red is coarse.
COLOURS = dict(zip(MATCHES, ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#777777"), strict=True))
PLAIN, UNKNOWN = COLOURS["building"], COLOURS["none"]
TAB10 = [f"tab:{hue}" for hue in ("blue", "orange", "green", "red", "purple", "brown", "pink", "olive", "cyan", "gray")]
MANY = 5000  # points: more are drawn as one image in SVG and PDF, which would take megabytes otherwise


class Points(NamedTuple):
    """Degrees, WGS 84; both NaN where either is blank."""

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]


def to_geodataframe(frame: pd.DataFrame, lat: Hashable = "lat", lon: Hashable = "lon") -> geopandas.GeoDataFrame:
    """The frame as a GeoDataFrame of points, for the tools of GeoPandas.

    Parameters
    ----------
    frame : DataFrame
        Stays as it is.
    lat, lon : column name
        Degrees, WGS 84. A row in which either is blank gets an empty point, as in `geopandas.tools.geocode`.

    Returns
    -------
    GeoDataFrame
        The same rows, order, index and columns, and ``geometry``, the active one, in EPSG:4326.

    Raises
    ------
    SettingsError
        When a column is missing, ``geometry`` is there already, a coordinate is not a number or lies outside ±90
        (`lat`) or ±180 (`lon`), or GeoPandas is not installed. The text says what to do.

    Examples
    --------
    >>> frame = pd.DataFrame({"city": ["Oslo", "Atlantis"], "lat": [59.91, None], "lon": [10.75, None]})
    >>> to_geodataframe(frame)["geometry"].to_list()
    [<POINT (10.75 59.91)>, <POINT EMPTY>]
    """
    with _extra():
        import geopandas
        import shapely
    if "geometry" in frame.columns:
        raise SettingsError("There is a column 'geometry' already. Rename or drop it: the points need that name.")
    points = _points(frame, lat, lon)
    geometry = np.full(len(frame), shapely.Point(), dtype=object)
    here = ~np.isnan(points.lat)
    geometry[here] = shapely.points(points.lon[here], points.lat[here])
    located = geopandas.GeoDataFrame(pd.DataFrame(frame).copy(), geometry=geometry, crs=CRS)
    located.attrs = dict(frame.attrs)
    return located


def plot(
    frame: pd.DataFrame,
    lat: Hashable = "lat",
    lon: Hashable = "lon",
    *,
    color_by: Hashable | None = "auto",
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    margin: float = 0.1,
    title: str | None = None,
) -> Axes:
    """A picture of where the rows are, over coasts and borders. No network is needed.

    Parameters
    ----------
    frame : DataFrame
        Stays as it is. The credits in ``frame.attrs["attribution"]`` are written into the corner.
    lat, lon : column name
        Degrees, WGS 84. A row in which either is blank is not drawn, but counted in the legend.
    color_by : column name, "auto" or None
        Numbers give a scale of colours (grey where blank), anything else a colour for each of the most frequent
        values. ``"auto"``: the column ``match`` if there is one, with the prefix of `lat`. None: one colour.
    ax : Axes, optional
        Where to draw; a new figure of pyplot if not given.
    figsize : (float, float), optional
        Inches, of the new figure. Without it, of the shape of the map.
    margin : float
        Free space on each side, as a part of the extent of the points.
    title : str, optional
        Above the map.

    Returns
    -------
    Axes
        x in degrees east, y in degrees north. Points on both sides of the antimeridian are shown together, x up to 360.

    Raises
    ------
    SettingsError
        When a column is missing, a coordinate is not a number or out of range, `margin` is negative, `ax` is not one
        Axes or comes with `figsize`, or Matplotlib is not installed.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> frame = pd.DataFrame({"lat": [59.91, 48.86], "lon": [10.75, 2.35], "match": ["city", "street"]})
    >>> ax = plot(frame, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['street (1)', 'city (1)']
    """
    points = _points(frame, lat, lon)
    if not (np.isfinite(margin) and margin >= 0):
        raise SettingsError(f"margin must be 0 or more, a part of the extent of the points; it is {margin!r}.")
    if ax is not None and not hasattr(ax, "add_artist"):
        raise SettingsError(f"ax must be one Axes of Matplotlib; it is a {type(ax).__name__}. Pick one of them.")
    if ax is not None and figsize is not None:
        raise SettingsError("figsize is for a new figure, and ax has one already. Leave one of them out.")
    values = _values(frame, lat, color_by)
    here = ~np.isnan(points.lat)
    shown = Points(points.lat[here], unite(points.lon[here]))
    view = choose_view(*shown, margin)
    with _extra():
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=figsize or _choose_size(view), layout="constrained")
        draw(ax, view)
        entries = _draw_points(ax, shown, None if values is None else values[here])
        if not here.all():
            (nothing,) = ax.plot([], [], "o", markerfacecolor="none", markeredgecolor=UNKNOWN)
            entries.append((f"not on the map ({(~here).sum():,})", nothing))
        draw_legend(ax, view, *shown, entries)
        draw_credits(ax, frame.attrs.get("attribution", ()))
    if title is not None:
        ax.set_title(title, loc="left", color=INK)
    return ax


@contextmanager
def _extra() -> Iterator[None]:
    """A library of the extra `maps` that is missing is a setting to put right."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise SettingsError(f'Maps need {missing.name}. Install it: pip install "geopandas-batch[maps]"') from missing


def _column(frame: pd.DataFrame, name: Hashable) -> pd.Series:
    if name not in frame.columns:
        raise SettingsError(f"There is no column {name!r}. There are: {', '.join(map(repr, frame.columns))}.")
    column = frame[name]
    if isinstance(column, pd.DataFrame):
        raise SettingsError(f"There are {column.shape[1]} columns {name!r}. Rename all but one.")
    return column


def _points(frame: pd.DataFrame, lat: Hashable, lon: Hashable) -> Points:
    lats, lons = _degrees(frame, lat, 90), _degrees(frame, lon, 180)
    blank = np.isnan(lats) | np.isnan(lons)
    return Points(np.where(blank, np.nan, lats), np.where(blank, np.nan, lons))


def _degrees(frame: pd.DataFrame, name: Hashable, bound: int) -> NDArray[np.float64]:
    """The column as floats, blanks as NaN. Text that is a number is one, as it is for `geopandas.points_from_xy`."""
    column = _column(frame, name)
    if is_any_real_numeric_dtype(column):
        numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    else:
        cells = column.astype(object)
        real = cells.map(lambda cell: isinstance(cell, (str, Number)) and not isinstance(cell, bool | complex))
        numbers = pd.to_numeric(cells.where(real), errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        blank = cells.isna() | cells.map(lambda cell: isinstance(cell, str) and not cell.strip())
        _refuse(np.isnan(numbers) & ~blank.to_numpy(dtype=bool), f"{name!r} is not a number", "Correct or blank them.")
    beyond = f"{name!r} is not within ±{bound} degrees"
    _refuse(np.abs(numbers) > bound, beyond, "Are lat and lon swapped, or in metres of some projection?")
    return numbers


def _refuse(wrong: NDArray[np.bool_], what: str, remedy: str) -> None:
    """Name the rows by position, which is always unique; never by content, which may be private."""
    rows = np.flatnonzero(wrong)
    if rows.size:
        named = ", ".join(map(str, rows[:NAMED])) + (", …" if rows.size > NAMED else "")
        raise SettingsError(f"{what} in {rows.size:,} of {wrong.size:,} rows (positions for iloc: {named}). {remedy}")


def _values(frame: pd.DataFrame, lat: Hashable, color_by: Hashable | None) -> pd.Series | None:
    """What to colour by, if anything."""
    if color_by is None:
        return None
    if color_by != "auto":
        return _column(frame, color_by)
    beside = str(lat).removesuffix("lat") + "match"
    return _column(frame, beside) if beside in frame.columns else None


def _choose_size(view: View) -> tuple[float, float]:
    """Width and height of a figure in inches: 40 square inches of map, and room for the title and the degrees."""
    width = (40 * view.ratio) ** 0.5
    return width, width / view.ratio + 0.6


def _draw_points(ax: Axes, points: Points, values: pd.Series | None) -> list[Entry]:
    """Draw them, smaller the more there are, later groups on top. Returns what the legend is to say."""
    count = len(points.lat)
    size = float(np.interp(np.log10(count + 1), [1, 5], [6.5, 1.5]))  # points of type, across
    if values is not None and is_any_real_numeric_dtype(values):
        _draw_scale(ax, points, values, size)
        return []
    entries: list[Entry] = []
    for name, colour, chosen in _groups(count, values):
        (dots,) = ax.plot(points.lon[chosen], points.lat[chosen], "o", color=colour, markersize=size, zorder=3)
        dots.set(markeredgecolor="white", markeredgewidth=size / 12, rasterized=count > MANY)
        entries.append((f"{name} ({chosen.sum():,})", dots))
    return entries


def _draw_scale(ax: Axes, points: Points, values: pd.Series, size: float) -> None:
    """Points coloured by number, blanks grey, and the scale beside the map."""
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    known = numbers[np.isfinite(numbers)]
    low, high = (known.min(), known.max()) if known.size else (0, 1)
    dots = ax.scatter(points.lon, points.lat, size**2, numbers, vmin=low, vmax=high, plotnonfinite=True, zorder=3)
    dots.set(cmap=dots.get_cmap().with_extremes(bad=UNKNOWN), rasterized=len(points.lat) > MANY)
    dots.set(edgecolor="white", linewidth=size / 12)
    if known.size:
        scale = ax.figure.colorbar(dots, ax=ax, shrink=0.6, pad=0.02, label=str(values.name))
        scale.ax.yaxis.label.set(color=INK, fontsize=8)
        scale.outline.set_visible(False)
        scale.ax.tick_params(labelsize=7, labelcolor=INK, length=0)


def _groups(count: int, values: pd.Series | None) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Names, colours and which points: levels of match from fine to coarse, other values from many to few."""
    if values is None:
        names = pd.Series("on the map", index=range(count))
    else:
        names = values.astype(object).where(values.notna(), "none").map(str)
    frequency = names.value_counts()
    if values is None:
        colours = dict.fromkeys(frequency.index, PLAIN)
    elif set(frequency.index) <= set(COLOURS):
        colours = {name: colour for name, colour in COLOURS.items() if name in frequency.index}
    else:
        kept = list(frequency.index)
        if len(kept) > len(TAB10):
            kept, rare = kept[: len(TAB10) - 1], kept[len(TAB10) - 1 :]
            kept.append(f"{len(rare):,} others")
            names = names.mask(names.isin(rare), kept[-1])
        colours = dict(zip(kept, TAB10, strict=False))
    for name, colour in colours.items():
        yield name, colour, (names == name).to_numpy(dtype=bool)
