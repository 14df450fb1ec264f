"""How far from its point an address of a town, postcode, region or country may lie.

The radius holds at least nine of ten addresses, if it is the right place: how likely that is, the confidence says. For
a town it grows with the town as a settlement does (see `reverse`); the codes of a town share its area; for a region or
country it is what holds nine of ten of its people. The constants were chosen on the addresses of the test files that
were found in the right town: 98 % of them lie within the radius of a town, 94 % within that of a postcode. The latter
had been too narrow: of three sets that were new to them, it held 79 %, now 90 %.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.gazetteer.atlas import NOWHERE, Atlas
from geopandas_batch.gazetteer.reverse import RADIUS
from geopandas_batch.gazetteer.reverse.nearest import EARTH
from geopandas_batch.locks import Lock

_TOWN, _TOWN_RADII = 1000.0, 1.2  # metres, and radii of the settlement
_CODE, _CODE_RADII = 3500.0, 2.5
# Where the postal file's points are off: GeoNames says so of India and Turkey, and addresses of the others show it.
_COARSE, _COARSE_IN = 13_000.0, ("IN", "TR", "MX", "BD", "MY")
_CODES = 25_000.0  # metres: codes with the same first digits, which the build takes only where they lie together
_PEOPLE = 0.9
_METRES = 2000 * EARTH  # in a diameter
_NEAR = math.sin(25_000 / _METRES) ** 2
_NEAR_NORTH = 2_250  # 0.0001 degrees of latitude: as far as that, and a little
_CITY = round(30 * math.log10(100_000))
_HALF = math.radians(0.0001) / 2


class Extents:
    """Tells radii in metres, rounded to 100 m."""

    def __init__(self, atlas: Atlas) -> None:
        """Nothing is computed before it is needed."""
        self._atlas = atlas
        self._lock = Lock()
        self._coarse = frozenset(map(atlas.countries.index, _COARSE_IN))
        self._codes_of: memoryview | None = None
        self._areas: dict[int, tuple[float, float]] = {}
        self._shares: dict[tuple[int, int], float] = {}
        self._people = 10 ** (np.arange(256) / 30)  # by weight
        # Of settlements in metres, by weight, which is one byte.
        self._radii = [RADIUS * 1000 * 10 ** ((weight / 30 - 4) / 3) for weight in range(256)]
        self._towns = [round(_TOWN + _TOWN_RADII * radius, -2) for radius in self._radii]

    def of_place(self, place: int) -> float:
        """The radius of a town or village."""
        return self._towns[self._atlas.weight[place]]

    def of_code(self, row: int, place: int) -> float:
        """The radius of a postcode; `place` is the town of the address, if one is known."""
        own = self._atlas.code_place[row]
        if own == NOWHERE:
            own = place
        if own < 0:
            return _CODES
        codes = self._count_codes()[own + 1] or 1
        radius = 100.0 * round((_CODE + _CODE_RADII * self._radii[self._atlas.weight[own]] / math.sqrt(codes)) / 100)
        if radius < _COARSE and self._atlas.code_country[row] in self._coarse:
            return _COARSE
        return radius if radius < _CODES else _CODES

    def of_codes(self) -> float:
        """The radius of an area of postcodes."""
        return _CODES

    def of_area(self, entity: int) -> float:
        """The radius of a district, region or country round its point."""
        return self._area(entity)[0]

    def near_middle(self, entity: int) -> float:
        """The share of the people of a district, region or country who live within 25 km of its point."""
        return self._area(entity)[1]

    def share_near(self, entity: int, place: int) -> float:
        """The share of the people of a district, region or its country who live within 25 km of a town.

        If the town is not in it: of those who live near the one or in the other.
        """
        atlas = self._atlas
        if atlas.weight[place] >= atlas.weight[entity] and place < atlas.places and self._holds(entity, place):
            return 1.0  # a commune of one town: most districts that bear the name of one
        known = self._shares.get((entity, place))
        if known is None:
            known = self._shares[entity, place] = self._measure_share(entity, place)
        return known

    def _area(self, entity: int) -> tuple[float, float]:
        known = self._areas.get(entity)
        if known is None:
            known = self._areas[entity] = self._measure(entity)
        return known

    def _count_codes(self) -> memoryview:
        """How many codes have no place, then how many each place has."""
        if self._codes_of is None:
            with self._lock:
                following = np.asarray(self._atlas.code_place) + np.uint32(1)  # 0 for nowhere
                counts = np.zeros(self._atlas.villages + 1, np.uint32)
                # Not bincount: its columns of 64 bits are new memory, and take two to four times as long at first.
                np.add.at(counts, following, np.uint32(1))
                self._codes_of = counts.data
        return self._codes_of

    def _column_of(self, entity: int) -> tuple[memoryview, int]:
        """The column that has the region or district of each place, and the number of this one in it."""
        atlas = self._atlas
        if entity >= atlas.districts:
            return atlas.region, entity - atlas.districts
        return atlas.district, entity - atlas.villages

    def _holds(self, entity: int, place: int) -> bool:
        """Whether a place is in a district or region; what is asked of a country is in it."""
        of, number = self._column_of(entity)
        return entity >= self._atlas.regions or of[place] == number

    def _inside(self, entity: int) -> NDArray[np.intp]:
        """The places in a district, region or country."""
        there = self._atlas.places_in(self._atlas.country[entity])
        if entity >= self._atlas.regions:
            return np.arange(there.start, there.stop)
        of, number = self._column_of(entity)
        inside: NDArray[np.intp] = np.flatnonzero(np.asarray(of)[there] == number) + there.start
        return inside

    def _measure(self, entity: int) -> tuple[float, float]:
        inside = self._inside(entity)
        if not len(inside):
            return _CODES, 1.0
        apart, weight = self._tell_apart(inside, entity)
        order = np.argsort(apart)
        held = np.cumsum(self._people[weight[order]])
        farthest = order[np.searchsorted(held, _PEOPLE * held[-1])]
        metres = _METRES * math.asin(math.sqrt(min(apart[farthest], 1.0)))
        radius = round(metres + self._towns[weight[farthest]], -2)
        return radius, float(self._people[weight[apart <= _NEAR]].sum() / held[-1])

    def _measure_share(self, entity: int, place: int) -> float:
        atlas = self._atlas
        is_home = self._holds(entity, place)
        if not is_home and atlas.weight[place] < _CITY:
            # Of a village outside, only its own: what is around is known by other names.
            near: float = 10 ** (atlas.weight[place] / 30)
        else:
            around = self._inside(entity if is_home else atlas.regions + atlas.country[place])
            around = around[np.abs(np.asarray(atlas.lat)[around] - atlas.lat[place]) <= _NEAR_NORTH]
            apart, weight = self._tell_apart(around, place)
            near = float(self._people[weight[apart <= _NEAR]].sum())
        inside: float = 10 ** (atlas.weight[entity] / 30)
        return min(near / inside, 1.0) if is_home else near / (near + inside)

    def _tell_apart(self, places: NDArray[np.intp], entity: int) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """How far places are from an entity, as the square of the sine of half the angle, and their weights."""
        atlas = self._atlas
        lat, lon = np.asarray(atlas.lat)[places], np.asarray(atlas.lon)[places]
        north, east = np.sin((lat - atlas.lat[entity]) * _HALF), np.sin((lon - atlas.lon[entity]) * _HALF)
        along = np.cos(lat * (2 * _HALF)) * math.cos(atlas.lat[entity] * 2 * _HALF)
        return north * north + along * east * east, np.asarray(atlas.weight)[places]
