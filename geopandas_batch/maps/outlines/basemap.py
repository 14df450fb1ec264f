"""The sheet of paper: which part of the world is shown, and land, coasts and borders drawn on it."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.maps.outlines import STEP, Line, read

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

SEA, LAND, COAST, BORDER, GRID, INK = "#f5f8fa", "#ebe9e3", "#a6acb1", "#c9c6bf", "#8a939b", "#555b61"

LEAST = 0.5  # degrees of latitude, 55 km: within a town, what counts is where the points are to each other
ALONE = 4.0  # the same of one place: 440 km, so that most often there is a coast or border by which to know it
_SAME = 0.001  # degrees, about 100 m
RATIOS = (0.8, 2.1)  # width to height of the picture, but for the whole world
POLAR = 80  # degrees of latitude: nearer to a pole the stretch grows without end


class View(NamedTuple):
    """The part of the world that is shown, in degrees. `east` may be beyond 180."""

    west: float = -180
    east: float = 180
    south: float = -60  # without Antarctica, unless there is something to show
    north: float = 85

    @property
    def stretch(self) -> float:
        """How much longer a degree of latitude is drawn than one of longitude: true at the mean latitude."""
        return 1 / cos(radians(min(abs(self.south + self.north) / 2, POLAR)))

    @property
    def ratio(self) -> float:
        """Width to height of the picture."""
        return (self.east - self.west) / (self.north - self.south) / self.stretch


def unite(lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """The longitudes from 0 to 360 where this brings the points of both sides of the antimeridian together.

    >>> unite(np.array([178.0, -179.0])).tolist()
    [178.0, 181.0]
    >>> unite(np.array([-122.0, 140.0, 10.0])).tolist()
    [-122.0, 140.0, 10.0]
    """
    turned = lon % 360
    return turned if lon.size and np.ptp(lon) > 180 > np.ptp(turned) else lon


def choose_view(lat: NDArray[np.float64], lon: NDArray[np.float64], margin: float) -> View:
    """The points and `margin` times their extent on each side, `LEAST` (or `ALONE`) high, of a shape within `RATIOS`.

    >>> choose_view(np.array([50.0, 60.0]), np.array([0.0, 20.0]), 0.1)
    View(west=-2.0, east=22.0, south=49.0, north=61.0)
    """
    if not lat.size:
        return View()
    middle = [(axis.min() + axis.max()) / 2 for axis in (lat, lon)]
    stretch = View(south=middle[0], north=middle[0]).stretch
    height, width = (float(np.ptp(axis)) * (1 + 2 * margin) for axis in (lat, lon))
    least = LEAST if max(np.ptp(lat), np.ptp(lon)) > _SAME else ALONE
    width = max(width, least * stretch, height * stretch * RATIOS[0])
    if width > 300 and lon.min() >= -180 and lon.max() <= 180:  # nearly the whole world: cut where everybody cuts it
        south, north = middle[0] - height / 2, middle[0] + height / 2
        return View(south=max(-90.0, min(View().south, south)), north=min(90.0, max(View().north, north)))
    width = min(width, 360.0)
    height = min(max(height, least, width / stretch / RATIOS[1]), 180.0)
    west, south = middle[1] - width / 2, float(np.clip(middle[0] - height / 2, -90, 90 - height))
    return View(float(west), float(west + width), south, south + height)


def draw(ax: Axes, view: View) -> None:
    """Draw land, coasts and borders, and set limits, aspect, and ticks in degrees."""
    from matplotlib.patches import PathPatch
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    land, borders = read()
    thin = 0.3 if view.east - view.west > 100 else 0.5  # or the fjords become black
    for turn in (-360, 0, 360):
        if view.west < 180 + turn and view.east > -180 + turn:
            for lines, style in (
                (_path(land, turn, seam=True), {"facecolor": LAND, "edgecolor": LAND, "linewidth": 0.2}),
                (_path(borders, turn), {"facecolor": "none", "edgecolor": BORDER, "linewidth": 0.5}),
                (_path(land, turn), {"facecolor": "none", "edgecolor": COAST, "linewidth": thin}),
            ):
                # Not add_patch, and out of the layout: both walk through the whole world point by point, in seconds.
                ax.add_artist(PathPatch(lines, zorder=0.5, in_layout=False, **style))
    ax.set(xlim=(view.west, view.east), ylim=(view.south, view.north), facecolor=SEA)
    ax.set_aspect(view.stretch)
    for axis, letters in ((ax.xaxis, "EW"), (ax.yaxis, "NS")):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 6, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _, letters=letters: _degrees(value, letters)))
    ax.tick_params(labelsize=7, labelcolor=INK, length=0)
    ax.grid(color=GRID, linewidth=0.3, alpha=0.35, zorder=0.6)
    ax.set_axisbelow(True)
    ax.spines[:].set(color=COAST, linewidth=0.6)


def _path(lines: list[Line], turn: float, *, seam: bool = False) -> Path:
    """The lines as one path; without the seam, where a ring runs along the antimeridian or the foot of the map."""
    from matplotlib.path import Path

    points = np.vstack(lines)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    codes[np.cumsum([0, *map(len, lines[:-1])])] = Path.MOVETO
    if not seam:
        edge = (np.abs(np.abs(points) - np.array([180, 90])) < STEP / 2).any(axis=1)
        codes[1:][edge[1:] & edge[:-1]] = Path.MOVETO
    return Path(points + np.array([turn, 0]), codes)


def _degrees(value: float, letters: str) -> str:
    """A label: 12.5°E, 181 as 179°W; the equator, Greenwich and the antimeridian belong to neither side."""
    value = round(float(value + 180) % 360 - 180, 6)
    letter = "" if value in (0, -180) else letters[value < 0]
    return f"{abs(value):g}°{letter}"
