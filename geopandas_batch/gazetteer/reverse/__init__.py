"""The place to which a point belongs.

A settlement is a disc round its centre. Its area grows with the population to the power of 2/3 (Nordbeck, Urban
allometric growth, Geografiska Annaler B 53, 1971, p. 54-67), so its radius with the power of 1/3. A point belongs to
the place for which ``distance² - radius²`` is least (a power diagram): in a big city that is the city, not the hamlet
or the quarter whose centre happens to be nearest, while a town just outside keeps its own, and so does one beyond a
border (see `borders`). Of the radii for 10,000 inhabitants that were tried on ``tests/addresses.csv``, 1.4 km names the
city of the address most often (89 %) without a wrong country; the plain nearest place names it for 68 %.

All is done on unit vectors, so poles and date line are points like any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.gazetteer.atlas import ATTRIBUTION, Atlas
from geopandas_batch.gazetteer.reverse.borders import within_borders
from geopandas_batch.gazetteer.reverse.nearest import EARTH, FARTHEST, Cells, Numbers, Places, Scan, Tree, unit_vectors
from geopandas_batch.locks import Lock
from geopandas_batch.places import Location, Point

RADIUS = 1.4  # km, of a settlement of 10,000
FAR = 25.0  # km: from here on, the reason says how far the place is
# So many points are looked up before anything is built: at 10 to 30 ms each, sooner than a tree is there (0.8 to 1.3 s
# with the import of SciPy).
_FEW = 16


class Surroundings:
    """Finds the places to which points belong.

    Parameters
    ----------
    atlas : Atlas
    tree : bool, optional
        Whether to search with SciPy's tree. None: if it is installed, once there are more than a few points. All ways
        give the same answers.

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
        self._few = _FEW if tree is None else 0  # points that are still looked up without
        self._scan: tuple[Places, Scan] | None = None
        self._built: tuple[Places, Tree | Cells] | None = None

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
        places, search = self._search(len(points))
        at = unit_vectors(points[:, 0], points[:, 1])
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

    def _search(self, points: int) -> tuple[Places, Tree | Cells | Scan]:
        """The numbers of places, and what finds the nearest of them for so many points."""
        if self._built is None:
            with self._lock:
                self._few -= points
                if self._few >= 0:
                    self._scan = self._scan or self._build_scan()
                    return self._scan
                self._built, self._scan = self._built or self._build(), None
        return self._built

    def _build_scan(self) -> tuple[Places, Scan]:
        # Of places at one and the same point, the most populous has the largest radius; then the first is found.
        centres, radii, _ = self._discs()
        return np.arange(len(radii)), Scan(centres, radii)

    def _build(self) -> tuple[Places, Tree | Cells]:
        centres, radii, points = self._discs()
        # Of places at one and the same point, the most populous; then the first.
        order = np.lexsort((-radii, points))
        first = np.append(True, np.diff(points[order]) != 0)
        places = np.sort(order[first])
        centres, radii = centres[places], radii[places]
        if self._wants_tree is not False:
            try:
                return places, Tree(centres, radii)
            except ModuleNotFoundError:
                if self._wants_tree:
                    raise
        return places, Cells(centres, radii)

    def _discs(self) -> tuple[Numbers, Numbers, NDArray[np.int64]]:
        """Centres and radii of places and villages, and a number for each point; what comes behind are areas."""
        atlas = self._atlas
        columns = (atlas.lat, atlas.lon, atlas.weight, atlas.country)
        lat, lon, weight, country = (np.asarray(column)[: atlas.villages] for column in columns)
        north, east = lat / 1e4, lon / 1e4
        centres = unit_vectors(north, east)
        radii = within_borders(_radii(weight), centres, north, east, country)
        return centres, radii, lat.astype(np.int64) * 10**7 + lon


def _radii(weight: NDArray[Any]) -> Numbers:
    return RADIUS * np.cbrt((10 ** (weight / 30) - 1) / 10_000) / EARTH


def _reason(kilometres: float) -> str:
    return f"the place is {kilometres:.0f} km away"
