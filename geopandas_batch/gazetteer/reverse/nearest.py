"""The nearest of many discs on the sphere, by three ways that give the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

EARTH = 6371.0088  # km, mean radius (IUGG)
FARTHEST = 100.0  # km: farther away, a point is at sea, on the ice or in the desert, and belongs to no place
_REACHES = (12.0, 25.0, 50.0, FARTHEST + 3)  # km: of cells; a power hides at most 2 km at the farthest
_BIG = 2.2  # km: one place in thirty has a larger radius, and only those must be looked for farther away
_PAIRS = 1_000_000  # of a point and a place held at a time, in cells

Numbers: TypeAlias = "NDArray[np.float64]"
Places: TypeAlias = "NDArray[np.intp]"


def unit_vectors(lat: Any, lon: Any) -> Numbers:
    """Points of the unit sphere for degrees."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


class Scan:
    """Looks at each place: there at once, where a tree or cells take a second to build, and slow for each point."""

    def __init__(self, centres: Numbers, radii: Numbers) -> None:
        """Centres on the unit sphere, and radii as parts of that of the Earth."""
        self.centres = centres
        self._squares = radii**2

    def nearest(self, at: Numbers) -> Places:
        """The place of each point."""
        # The square of the distance is 2 - 2 cos.
        return np.array([np.argmin(-2 * (self.centres @ each) - self._squares) for each in at], np.intp)


class Tree:
    """By SciPy's k-d tree.

    The least ``distance² - radius²`` is the nearest neighbour in four dimensions, when each place is lifted by the
    root of ``largest radius² - radius²``: the same answer, without a list of candidates that may be too short. One
    tree for large radii and one for small: lifted less, most places are told apart sooner.
    """

    def __init__(self, centres: Numbers, radii: Numbers) -> None:
        """See `Scan`; without SciPy, a `ModuleNotFoundError`."""
        from scipy.spatial import cKDTree

        self.centres = centres
        self._tiers: list[tuple[Places, float, Any]] = []
        for chosen in _tiers(radii):
            largest = radii[chosen].max()
            lift = np.sqrt(largest**2 - radii[chosen] ** 2)
            tree = cKDTree(np.column_stack([centres[chosen], lift]), leafsize=32)  # a quarter faster than 16
            self._tiers.append((chosen, largest**2, tree))

    def nearest(self, at: Numbers) -> Places:
        """The place of each point."""
        # Neighbours one after the other find their part of the tree in the processor's cache: three times as fast.
        order = np.argsort(np.floor(at * 200) @ np.array([401.0**2, 401.0, 1.0]))
        asked = np.column_stack([at[order], np.zeros(len(at))])
        found, powers = np.full(len(at), -1, np.intp), np.full(len(at), np.inf)
        for chosen, square, tree in self._tiers:
            distance, number = tree.query(asked)
            power = distance**2 - square
            better = power < powers
            found[better], powers[better] = chosen[number[better]], power[better]
        places = np.empty_like(found)
        places[order] = found
        return places


class Cells:
    """Without SciPy: places sorted into cubes; a point looks into the 27 cubes round it, then into larger ones."""

    def __init__(self, centres: Numbers, radii: Numbers) -> None:
        """See `Scan`."""
        self.centres = centres
        self._squares = radii**2
        self._tiers = [
            (float(radii[chosen].max()), [Grid(centres, chosen, reach) for reach in _REACHES])
            for chosen in _tiers(radii)
        ]

    def nearest(self, at: Numbers) -> Places:
        """The place of each point; -1 where none is near."""
        places = np.full(len(at), -1, np.intp)
        powers = np.full(len(at), np.inf)
        for largest, grids in self._tiers:
            rest = np.arange(len(at))
            for grid in grids:
                for part, start, pairs in grid.pairs(at[rest]):
                    asked = rest[part]
                    counts = np.diff(np.append(start, len(pairs)))
                    apart = self.centres[pairs] - np.repeat(at[asked], counts, axis=0)
                    power = np.einsum("ij,ij->i", apart, apart) - self._squares[pairs]
                    least = np.minimum.reduceat(power, start)
                    first = np.minimum.reduceat(
                        np.where(power == np.repeat(least, counts), np.arange(len(pairs)), len(pairs)), start
                    )
                    better = least < powers[asked]
                    powers[asked[better]] = least[better]
                    places[asked[better]] = pairs[first[better]]
                # What was not looked at is farther than the reach, and so has a power of more than this.
                rest = rest[powers[rest] > grid.size**2 - largest**2]
        return places


class Grid:
    """Places by cube; cubes are as wide as the reach, so that all within reach are in the 27 round a point."""

    def __init__(self, centres: Numbers, places: Places, reach: float) -> None:
        """Of all centres, those of these places; kilometres."""
        self.size = reach / EARTH
        self._across = int(2 / self.size) + 5
        cells = self._number(self._cell(centres[places]))
        order = np.argsort(cells, kind="stable")
        self._places, self._cells = places[order], cells[order]
        # Cubes in a row along the last axis follow each other: nine rows of three instead of 27.
        side = np.arange(-1, 2)
        self._rows = np.stack(np.meshgrid(side, side, [0], indexing="ij"), -1).reshape(-1, 3)

    def _cell(self, at: Numbers) -> NDArray[np.int64]:
        return np.floor((at + 1) / self.size).astype(np.int64) + 2

    def _number(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        x, y, z = np.moveaxis(cell, -1, 0)
        number: NDArray[np.int64] = (x * self._across + y) * self._across + z
        return number

    def pairs(self, at: Numbers) -> Iterator[tuple[Places, Places, Places]]:
        """Numbers of points with neighbours, where the places of each begin, and the places, some points at a time."""
        middle = self._number(self._cell(at)[:, None, :] + self._rows)  # of each row of three
        begin = np.searchsorted(self._cells, middle - 1, "left")
        counts = np.searchsorted(self._cells, middle + 1, "right") - begin
        of_point = counts.sum(axis=1)
        near = np.flatnonzero(of_point)
        batch = np.cumsum(of_point[near]) // _PAIRS
        for part in np.split(near, np.flatnonzero(np.diff(batch)) + 1) if len(near) else []:
            length = counts[part].ravel()
            ends = np.cumsum(length)
            rows = np.repeat(begin[part].ravel() - (ends - length), length) + np.arange(ends[-1])
            start = np.cumsum(of_point[part]) - of_point[part]
            yield part, start, self._places[rows]


def _tiers(radii: Numbers) -> list[Places]:
    """Places with large radii, and with small ones."""
    big = radii > _BIG / EARTH
    return [np.flatnonzero(big), np.flatnonzero(~big)]
