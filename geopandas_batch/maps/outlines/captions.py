"""What is written on the map: the legend, and whose data it shows."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.maps.outlines.basemap import INK, View

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Entry: TypeAlias = "tuple[str, Artist]"
"""A line of the legend: a label and the mark before it."""

OUTLINES = "Natural Earth"


def draw_legend(ax: Axes, view: View, lat: NDArray[np.float64], lon: NDArray[np.float64], entries: list[Entry]) -> None:
    """The entries, in the corner with the fewest points; the lower right one is for the credits."""
    if not entries:
        return
    x, y = (lon - view.west) / (view.east - view.west), (lat - view.south) / (view.north - view.south)
    corners: dict[Literal["lower left", "upper left", "upper right"], NDArray[np.bool_]] = {
        "lower left": (x < 0.35) & (y < 0.4),
        "upper left": (x < 0.35) & (y > 0.6),
        "upper right": (x > 0.65) & (y > 0.6),
    }
    corner = min(corners, key=lambda name: int(corners[name].sum()))
    handles = [handle for _, handle in entries]
    legend = ax.legend(handles, [""] * len(handles), loc=corner, fontsize=8, framealpha=0.85, edgecolor="none")
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set(markersize=6)
    for text, (label, _) in zip(legend.get_texts(), entries, strict=True):
        text.set(text=label, parse_math=False, color=INK)  # afterwards: names may begin with "_" or hold a "$"


def credit_line(attribution: str | Iterable[str]) -> str:
    """Each source once, with that of the outlines: licences ask for it.

    >>> credit_line(["© GeoNames, CC BY 4.0"])
    '© GeoNames, CC BY 4.0 · Natural Earth'
    """
    sources = [attribution] if isinstance(attribution, str) else [str(source) for source in attribution]
    return " · ".join(dict.fromkeys([*filter(None, sources), OUTLINES]))


def draw_credits(ax: Axes, attribution: str | Iterable[str]) -> None:
    """The credits in the lower right corner."""
    line = credit_line(attribution)
    ax.apply_aspect()
    inches = ax.get_window_extent().width / ax.figure.dpi
    ax.text(
        0.997,
        0.006,
        fill(line, max(20, int(inches * 18))),  # letters of this size in an inch: about 22
        transform=ax.transAxes,
        horizontalalignment="right",
        verticalalignment="bottom",
        fontsize=5.5,
        color=INK,
        zorder=4,
        parse_math=False,
        bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.5},
    )
