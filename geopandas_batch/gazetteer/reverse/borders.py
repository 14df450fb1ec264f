"""How far a town reaches where a border is near: not to the middle of a town abroad.

Brazzaville is 7 km from Kinshasa, which is larger by far and would take all of it; and so with Yuen Long and Shenzhen,
Brownsville and Matamoros. What a place of another country would lose its centre to is made smaller.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.gazetteer.reverse.nearest import EARTH, Grid, Numbers, Places

_CELLS = 4  # a degree of latitude: 28 km, more than any town reaches
_SHARE = 0.75  # of the square of the distance between two towns; so each has at least the eighth of the way before it
_LEAST = 0.01  # of the inhabitants: the Vatican does not halve Rome
_TIERS = ((1.0, 4.0), (4.0, 20.0))  # km: radii that are looked at together; smaller ones are of villages


def within_borders(radii: Numbers, centres: Numbers, lat: Numbers, lon: Numbers, country: NDArray[Any]) -> Numbers:
    """The radii, as parts of the Earth's, of places with these centres in these countries."""
    near = _at_borders(lat, lon, country)
    squares = radii**2
    # The area of a town grows with its inhabitants to the power of 2/3, and the square of the radius so as well.
    least = squares * _LEAST ** (2 / 3)
    for low, high in _TIERS:
        towns = near[(radii[near] > low / EARTH) & (radii[near] <= high / EARTH)]
        for part, start, pairs in Grid(centres, near, high).pairs(centres[towns]):
            town = np.repeat(towns[part], np.diff(np.append(start, len(pairs))))
            foreign = (country[town] != country[pairs]) & (radii[pairs] ** 2 >= least[town])
            town, other = town[foreign], pairs[foreign]
            apart = centres[town] - centres[other]
            most = np.einsum("ij,ij->i", apart, apart) * _SHARE + radii[other] ** 2
            np.minimum.at(squares, town, most)
    return np.sqrt(squares)


def _at_borders(lat: Numbers, lon: Numbers, country: NDArray[Any]) -> Places:
    """The places that have one of another country in their cell or beside it."""
    across = 360 * _CELLS
    cells = ((lat + 91) * _CELLS).astype(np.intp) * across + ((lon + 180) * _CELLS).astype(np.intp) % across
    owner = np.full(182 * _CELLS * across, -1, np.int16)
    owner[cells] = country  # the last one's
    mixed = np.zeros(len(owner), bool)
    mixed[cells[owner[cells] != country]] = True
    there = np.flatnonzero(owner >= 0)
    border = mixed[there]
    for step in (1, across - 1, across, across + 1):
        for beside in (there - step, (there + step) % len(owner)):
            border |= mixed[beside] | ((owner[beside] >= 0) & (owner[beside] != owner[there]))
    mixed[there] = border
    return np.flatnonzero(mixed[cells])
