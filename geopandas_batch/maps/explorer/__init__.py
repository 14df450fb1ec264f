"""A map to drag, zoom and click, in one page that holds all it needs: it opens without a network."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Hashable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_any_real_numeric_dtype

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.degrees import column_of, degrees
from geopandas_batch.maps import outlines
from geopandas_batch.maps.outlines.basemap import BORDER, COAST, LAND, SEA, choose_view, unite
from geopandas_batch.maps.outlines.captions import credit_line
from geopandas_batch.maps.outlines.colours import UNKNOWN, groups, values_of

MOST = 50_000  # points: a browser draws so many anew, while the map is dragged, about ten times a second
COLUMNS = 20  # in a popup
LONGEST = 300  # letters of a cell
CLASSES = 5
# Matplotlib's "viridis" at 0, ¼, ½, ¾ and 1: dark is little.
VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")


class Explorer:
    """A map to drag, zoom and click. A notebook shows it; `save` makes a page for any browser.

    Attributes
    ----------
    page : str
        The whole map as HTML.
    """

    def __init__(self, page: str, rows: int, height: int) -> None:
        """Made by `explore`."""
        self.page, self._rows, self._height = page, rows, height

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the page; it needs no other file and no network. All that the popups show is in it.

        Parameters
        ----------
        file : path
            Such as ``"map.html"``. A file that is there is replaced.

        Examples
        --------
        >>> import os, tempfile
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> file = os.path.join(tempfile.mkdtemp(), "map.html")
        >>> pd.DataFrame({"lat": [59.91], "lon": [10.75]}).geo.explore().save(file)
        >>> os.path.getsize(file) > 100_000
        True
        """
        Path(file).write_text(self.page, encoding="utf-8")

    def __repr__(self) -> str:
        """What to do with it where no notebook shows it."""
        return f"<a map of {self._rows:,} rows: .save('map.html'), and open that in a browser>"

    def _repr_html_(self) -> str:
        # A frame of its own: neither its scripts nor its styles meet the notebook's. Behind it, what is read where the
        # frame is taken out, as in a notebook that is not trusted.
        return (
            f'<div style="position:relative;height:{self._height}px"><span style="position:absolute">A map of '
            f"{self._rows:,} rows. To see it, trust this notebook or run the cell again.</span>"
            f'<iframe srcdoc="{escape(self.page)}" title="map" sandbox="allow-scripts allow-popups '
            'allow-popups-to-escape-sandbox" style="position:absolute;width:100%;height:100%;border:0;background:#fff">'
            "</iframe></div>"
        )


def explore(
    frame: pd.DataFrame,
    lat: Hashable = "lat",
    lon: Hashable = "lon",
    *,
    color_by: Hashable | None = "auto",
    popup: Sequence[Hashable] | None = None,
    height: int = 480,
    title: str = "map",
) -> Explorer:
    """A map of the rows; see ``DataFrame.geo.explore`` for each argument."""
    points = degrees(frame, lat, lon)
    here = np.flatnonzero(~np.isnan(points.lat))
    if here.size > MOST:
        raise SettingsError(
            f"there are {here.size:,} points, and a page can take {MOST:,}: show a part, as in "
            f"frame.sample({MOST}).geo.explore(), or all of them with .geo.plot()"
        )
    settings.check_between("height", height, 1)
    if not isinstance(title, str):
        raise SettingsError(f"title must be text, not {title!r}")
    if isinstance(popup, str):
        raise SettingsError(f"popup must be a list of columns, such as [{popup!r}]")
    if popup is None:
        popup = [name for name in frame.columns if name not in (lat, lon, "geometry", "raw")][:COLUMNS]
    values = values_of(frame, lat, color_by)
    kinds, numbers = _coloured(None if values is None else values.iloc[here], here.size)
    view = choose_view(points.lat[here], unite(points.lon[here]), 0.1)
    data = {
        "lat": points.lat[here].round(7).tolist(),
        "lon": points.lon[here].round(7).tolist(),
        "group": numbers.tolist(),
        "groups": kinds,
        "missing": len(frame) - here.size,
        "labels": [_text(label) or "" for label in frame.index[here]],
        "columns": [str(name) for name in popup],
        "cells": [[_text(cell) for cell in column_of(frame, name).iloc[here]] for name in popup],
        "view": [float(edge) for edge in view],
        "radius": float(np.interp(np.log10(here.size + 1), [1, 4.7], [6, 2.5])),
        "colours": {"sea": SEA, "land": LAND, "border": BORDER, "coast": COAST},
        "credits": credit_line(frame.attrs.get("attribution", ())),
        "step": outlines.STEP,
        "outlines": _outlines(),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # No cell ends the script that holds it.
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    safe = safe.encode("utf-8", "replace").decode()  # half a letter in a cell is no reason to show nothing
    template = Template(files(__name__).joinpath("page.html").read_text(encoding="utf-8"))
    return Explorer(template.substitute(data=safe, title=escape(title)), len(frame), height)


def _coloured(values: pd.Series | None, count: int) -> tuple[list[tuple[str, str, int]], NDArray[np.intp]]:
    """Names, colours and sizes of the groups, and the group of each point."""
    if values is not None and is_any_real_numeric_dtype(values):
        return _classes(values.to_numpy(dtype="float64", na_value=np.nan))
    numbers = np.zeros(count, np.intp)
    kinds = []
    for place, (name, colour, chosen) in enumerate(groups(count, values)):
        numbers[chosen] = place
        kinds.append((name, colour, int(chosen.sum())))
    return kinds, numbers


def _classes(numbers: NDArray[np.float64]) -> tuple[list[tuple[str, str, int]], NDArray[np.intp]]:
    """Five classes of equal width, and one for what is blank."""
    known = numbers[np.isfinite(numbers)]
    edges = np.linspace(known.min(), known.max(), CLASSES + 1) if known.size else np.zeros(CLASSES + 1)
    place = np.where(
        np.isfinite(numbers), np.clip(np.searchsorted(edges, numbers, "right") - 1, 0, CLASSES - 1), CLASSES
    )
    names = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(edges)] + ["none"]
    sizes = np.bincount(place, minlength=CLASSES + 1).tolist()
    every = list(zip(names, (*VIRIDIS, UNKNOWN), sizes, strict=True))
    used = [number for number, size in enumerate(sizes) if size]
    return [every[number] for number in used], np.searchsorted(used, place)


def _text(cell: Any) -> str | None:
    """A cell as it is read; None where it is blank."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return None
    text = f"{cell:.10g}" if isinstance(cell, float) else str(cell)
    return (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…") or None


@cache
def _outlines() -> str:
    """Land and borders as the page reads them: deflated, in base 64.

    For each the number of lines, their first points with the numbers of their steps (int32), and all steps (int8).
    """
    with files(outlines).joinpath(outlines.FILE).open("rb") as file:
        parts = []
        for _ in ("land", "borders"):
            starts, counts, steps = (np.load(file, allow_pickle=False) for _ in range(3))
            heads = np.column_stack([starts, counts]).astype("<i4")
            parts += [np.array([len(heads)], "<i4").tobytes(), heads.tobytes(), steps.astype("i1").tobytes()]
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode()
