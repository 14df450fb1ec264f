"""Frames as maps: a GeoDataFrame for the tools of GeoPandas, and a picture that needs no network."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from math import inf
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_any_real_numeric_dtype

from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.degrees import Degrees, degrees
from geopandas_batch.maps.outlines.basemap import INK, View, choose_view, draw, unite
from geopandas_batch.maps.outlines.captions import Entry, draw_credits, draw_legend
from geopandas_batch.maps.outlines.colours import UNKNOWN, groups, values_of

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes import Axes

CRS = "EPSG:4326"  # WGS 84

MANY = 5000  # points: more are drawn as one image in SVG and PDF, which would take megabytes otherwise


def to_geodataframe(frame: pd.DataFrame, lat: Hashable = "lat", lon: Hashable = "lon") -> geopandas.GeoDataFrame:
    """The frame as a GeoDataFrame of points; see ``DataFrame.geo.to_geodataframe``."""
    with _extra():
        import geopandas
        import shapely
    if "geometry" in frame.columns:
        raise SettingsError("there is a column 'geometry' already. Rename or drop it: the points need that name")
    points = degrees(frame, lat, lon)
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
    """A picture of where the rows are; see ``DataFrame.geo.plot`` for each argument."""
    points = degrees(frame, lat, lon)
    if not (isinstance(margin, Real) and 0 <= margin < inf):
        raise SettingsError(f"margin must be 0 or more, a part of the extent of the points; it is {margin!r}")
    if ax is not None and not hasattr(ax, "add_artist"):
        raise SettingsError(f"ax must be one Axes of Matplotlib; it is a {type(ax).__name__}. Pick one of them")
    if ax is not None and figsize is not None:
        raise SettingsError("figsize is for a new figure, and ax has one already. Leave one of them out")
    values = values_of(frame, lat, color_by)
    here = ~np.isnan(points.lat)
    shown = Degrees(points.lat[here], unite(points.lon[here]))
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
        ax.set_title(title, loc="left", color=INK, parse_math=False)
    return ax


@contextmanager
def _extra() -> Iterator[None]:
    """A library of the extra `maps` that is missing is a setting to put right."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise SettingsError(f'maps need {missing.name}: pip install "geopandas-batch[maps]"') from missing


def _choose_size(view: View) -> tuple[float, float]:
    """Width and height of a figure in inches: 40 square inches of map, and room for the title and the degrees."""
    width = (40 * view.ratio) ** 0.5
    return width, width / view.ratio + 0.6


def _draw_points(ax: Axes, points: Degrees, values: pd.Series | None) -> list[Entry]:
    """Draw them, smaller the more there are, later groups on top. Returns what the legend is to say."""
    count = len(points.lat)
    size = float(np.interp(np.log10(count + 1), [1, 5], [6.5, 1.5]))  # points of type, across
    if values is not None and is_any_real_numeric_dtype(values):
        _draw_scale(ax, points, values, size)
        return []
    entries: list[Entry] = []
    for name, colour, chosen in groups(count, values):
        (dots,) = ax.plot(points.lon[chosen], points.lat[chosen], "o", color=colour, markersize=size, zorder=3)
        dots.set(markeredgecolor="white", markeredgewidth=size / 12, rasterized=count > MANY)
        entries.append((f"{name} ({chosen.sum():,})", dots))
    return entries


def _draw_scale(ax: Axes, points: Degrees, values: pd.Series, size: float) -> None:
    """Points coloured by number, blanks grey, and the scale beside the map."""
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    known = numbers[np.isfinite(numbers)]
    low, high = (known.min(), known.max()) if known.size else (0, 1)
    dots = ax.scatter(points.lon, points.lat, size**2, numbers, vmin=low, vmax=high, plotnonfinite=True, zorder=3)
    dots.set(cmap=dots.get_cmap().with_extremes(bad=UNKNOWN), rasterized=len(points.lat) > MANY)
    dots.set(edgecolor="white", linewidth=size / 12)
    if known.size:
        scale = ax.figure.colorbar(dots, ax=ax, shrink=0.6, pad=0.02, label=str(values.name))
        scale.ax.yaxis.label.set(color=INK, fontsize=8, parse_math=False)
        scale.outline.set_visible(False)
        scale.ax.tick_params(labelsize=7, labelcolor=INK, length=0)
