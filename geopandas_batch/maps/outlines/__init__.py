"""Coasts and borders of the world, so that a map needs no network.

The data are Natural Earth's countries at 1:10 million, version 4.1.0, in the public domain
(https://www.naturalearthdata.com/about/terms-of-use/), taken from the npm package world-atlas 2.0.2 (ISC,
https://github.com/topojson/world-atlas) and simplified to about two kilometres. Borders are drawn as Natural Earth
draws them: as they are on the ground, which is no statement on whose claim is right. Lakes are not in it.

``natural_earth.npy`` is made by ``python -m geopandas_batch.maps.outlines.build``: for the land and then for the
borders three arrays, the first points and the numbers of steps of all lines (int32) and their steps (int8), in units
of `STEP`. Steps instead of positions take one byte a number where positions take four.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

FILE = "natural_earth.npy"
STEP = 0.005  # degrees: about 550 m, finer than what the simplification left

Line: TypeAlias = NDArray[np.float64]
"""One line on the paper: x (degrees east), y (degrees north) in two columns."""


@cache
def read() -> tuple[list[Line], list[Line]]:
    """The rings of the land, outer ones and holes turning opposite ways, and the borders inside the land.

    A ring does not jump at the antimeridian: the few that reach over it go on a little beyond ±180.

    >>> land, borders = read()
    >>> bool((land[0][0] == land[0][-1]).all())
    True
    """
    with files(__name__).joinpath(FILE).open("rb") as file:
        return decode(file), decode(file)


def decode(file: IO[bytes]) -> list[Line]:
    """The next three arrays of the file as lines."""
    starts, counts, steps = (np.load(file, allow_pickle=False) for _ in range(3))
    parts = np.split(steps, np.cumsum(counts)[:-1])
    return [np.cumsum(np.vstack([start, part]), axis=0) * STEP for start, part in zip(starts, parts, strict=True)]
