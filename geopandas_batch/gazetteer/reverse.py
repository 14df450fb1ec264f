"""The place to which a point belongs.

A settlement is a disc round its centre. Its area grows with the population to the power of 2/3 (Nordbeck, Urban
allometric growth, Geografiska Annaler B 53, 1971, p. 54-67), so its radius with the power of 1/3. A point belongs to
the place for which ``distance² - radius²`` is least (a power diagram): in a big city that is the city, not the hamlet
or the quarter whose centre happens to be nearest, while a town just outside keeps its own. Of the radii for 10,000
inhabitants that were tried on ``tests/addresses.csv``, 1.4 km names the city of the address most often (89 %) without
a wrong country; the plain nearest place names it for 68 %.

All is done on unit vectors, so poles and date line are points like any other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.locks import Lock
from geopandas_batch.places import Location, Point

ATTRIBUTION = "GeoNames (geonames.org), CC BY 4.0"

EARTH = 6371.0088  # km, mean radius (IUGG)
RADIUS = 1.4  # km, of a settlement of 10,000
FARTHEST = 100.0  # km: farther away, a point is at sea, on the ice or in the desert, and belongs to no place
FAR = 25.0  # km: from here on, the reason says how far the place is
_REACHES = (12.0, 25.0, 50.0, FARTHEST + 3)  # km: cells without scipy; a power hides at most 2 km at the farthest
_BIG = 2.2  # km: one place in thirty has a larger radius, and only those must be looked for farther away
_PAIRS = 1_000_000  # of a point and a place held at a time, without scipy

Numbers: TypeAlias = "NDArray[np.float64]"
Places: TypeAlias = "NDArray[np.intp]"


class Surroundings:
    """Finds the places to which points belong.

    Parameters
    ----------
    atlas : Atlas
    tree : bool, optional
        Whether to search with SciPy's tree. None: if it is installed. Both ways give the same answers.

    Examples
    --------
    >>> from geopandas_batch.gazetteer import load
    >>> load().reverse_many([Point(40.6892, -74.0445)])[0].formatted
    'New York City, New York, United States'
    """

    def __init__(self, atlas: Atlas, *, tree: bool | None = None) -> None:
        """Nothing is built before the first point."""
        self._atlas = atlas
        self._wants_tree = tree
        self._lock = Lock()
        self._built: tuple[Places, _Tree | _Cells] | None = None

    def reverse_many(self, points: Sequence[Point]) -> list[Location | None]:
        """The place of each point, in their order; None where there is none within `FARTHEST`."""
        if not points:
            return []
        places, metres = self.find(np.array(points, np.float64))
        atlas, known = self._atlas, dict[int, tuple[float, float, str]]()
        answers: list[Location | None] = []
        for place, distance in zip(places.tolist(), metres.tolist(), strict=True):
            if distance > FARTHEST * 1000:
                answers.append(None)
                continue
            if place not in known:
                known[place] = atlas.lat[place] / 1e4, atlas.lon[place] / 1e4, atlas.describe(place)
            lat, lon, formatted = known[place]
            reason = _reason(distance / 1000) if distance > FAR * 1000 else ""
            extra = (("distance", distance),)
            answers.append(Location(lat, lon, formatted, "city", math.nan, reason, "gazetteer", ATTRIBUTION, extra))
        return answers

    def find(self, points: Numbers) -> tuple[Places, Numbers]:
        """The number of the place in the atlas, and the metres to its centre, for rows of latitude and longitude.

        Where nothing is within `FARTHEST`, the metres are more than that, and the place is not to be used.
        """
        if self._built is None:
            with self._lock:
                if self._built is None:
                    self._built = self._build()
        places, search = self._built
        at = _vectors(points[:, 0], points[:, 1])
        found = search.nearest(at)
        apart = at - search.centres[found]
        chord = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        metres = np.round(2000 * EARTH * np.arcsin(np.minimum(chord / 2, 1)), 1)
        return places[found], np.where(found < 0, np.inf, metres)

    def names(self, places: Places) -> tuple[list[str], Places]:
        """The names of these places, each once, and which of them each has; -1 stays -1."""
        there = np.zeros(self._atlas.villages + 1, bool)
        there[places] = True  # -1 is the last one
        distinct = np.flatnonzero(there[:-1])
        number = np.full(len(there), -1, np.intp)
        number[distinct] = np.arange(len(distinct))
        return [self._atlas.describe(place) for place in distinct.tolist()], number[places]

    @staticmethod
    def reasons(metres: Numbers) -> tuple[list[str], Places]:
        """What is to be said of places so far away, each reason once, and which of them each has."""
        kilometres, why = np.unique(np.where(metres > FAR * 1000, np.round(metres / 1000), -1), return_inverse=True)
        return [_reason(each) if each > 0 else "" for each in kilometres.tolist()], why

    def _build(self) -> tuple[Places, _Tree | _Cells]:
        atlas = self._atlas
        count = atlas.villages  # places and villages; what comes behind are areas
        lat, lon, weight = (np.asarray(column)[:count] for column in (atlas.lat, atlas.lon, atlas.weight))
        # Of places at one and the same point, the most populous; then the first.
        order = np.lexsort((-weight.astype(int), lon, lat))
        first = np.append(True, (np.diff(lat[order]) != 0) | (np.diff(lon[order]) != 0))
        places = np.sort(order[first])
        centres = _vectors(lat[places] / 1e4, lon[places] / 1e4)
        radii = RADIUS * np.cbrt((10 ** (weight[places] / 30) - 1) / 10_000) / EARTH
        if self._wants_tree is not False:
            try:
                return places, _Tree(centres, radii)
            except ModuleNotFoundError:
                if self._wants_tree:
                    raise
        return places, _Cells(centres, radii)


class _Tree:
    """By SciPy's k-d tree.

    The least ``distance² - radius²`` is the nearest neighbour in four dimensions, when each place is lifted by the
    root of ``largest radius² - radius²``: the same answer, without a list of candidates that may be too short. One
    tree for large radii and one for small: lifted less, most places are told apart sooner.
    """

    def __init__(self, centres: Numbers, radii: Numbers) -> None:
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


class _Cells:
    """Without SciPy: places sorted into cubes; a point looks into the 27 cubes round it, then into larger ones."""

    def __init__(self, centres: Numbers, radii: Numbers) -> None:
        self.centres = centres
        self._squares = radii**2
        self._tiers = [
            (float(radii[chosen].max()), [_Grid(centres, chosen, reach) for reach in _REACHES])
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


class _Grid:
    """Places by cube; cubes are as wide as the reach, so that all within reach are in the 27 round a point."""

    def __init__(self, centres: Numbers, places: Places, reach: float) -> None:
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


def _reason(kilometres: float) -> str:
    return f"the place is {kilometres:.0f} km away"


def _tiers(radii: Numbers) -> list[Places]:
    """Places with large radii, and with small ones."""
    big = radii > _BIG / EARTH
    return [np.flatnonzero(big), np.flatnonzero(~big)]


def _vectors(lat: Any, lon: Any) -> Numbers:
    """Points of the unit sphere for degrees."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])
