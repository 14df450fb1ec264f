"""What the names of the index stand for."""

from __future__ import annotations

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading import NOTHING, Name
from geopandas_batch.gazetteer.reading.words import NO_COUNTRY

_MOST = 50_000


class Names(dict[int, Name]):
    """What a name with a number in the index stands for; those that were met are remembered."""

    def __init__(self, atlas: Atlas, sovereign: frozenset[tuple[int, int]]) -> None:
        """`sovereign`: names in the index, and the countries whose own names they are."""
        self._atlas, self._sovereign = atlas, sovereign
        self._no_country = {number for word in NO_COUNTRY if (number := atlas.names.get(f"{word} ")) is not None}

    def __missing__(self, number: int) -> Name:
        """Look it up."""
        if len(self) >= _MOST:
            self.clear()
        atlas = self._atlas
        first, last = atlas.name_start[number], atlas.name_start[number + 1]
        if last - first == 1 and (entry := atlas.name_entity[first]) >> 1 < atlas.villages:  # most names
            name = Name((entry,), atlas.weight[entry >> 1] / 30)
        else:
            name = self._sort(number, (*atlas.name_entity[first:last],))
        self[number] = name
        return name

    def _sort(self, number: int, entries: tuple[int, ...]) -> Name:
        """The name of these places, districts, regions and countries."""
        atlas = self._atlas
        if max(entries) >> 1 < atlas.villages:
            return Name(entries, atlas.weight[entries[0] >> 1] / 30)
        places, districts, regions, countries = [], [], [], []
        for entry in entries:
            entity = entry >> 1
            if entity < atlas.villages:
                places.append(entry)
            elif entity < atlas.districts:
                districts.append(entity - atlas.villages)
            elif entity < atlas.regions:
                regions.append(entity - atlas.districts)
            elif number not in self._no_country:
                countries.append(entity - atlas.regions)
        size = 0.0
        if places:
            biggest = places[0] >> 1
            size = atlas.weight[biggest] / 30
            countries = [country for country in countries if self._means(number, country, biggest)]
        return Name(
            tuple(places),
            size,
            frozenset(regions) if regions else NOTHING,
            frozenset(districts) if districts else NOTHING,
            frozenset(countries) if countries else NOTHING,
            bool(regions or districts or countries),
        )

    def _means(self, number: int, country: int, place: int) -> bool:
        """Whether a name means the country as well as the biggest place that is called so.

        "Norfolk" is a city before it is Norfolk Island; "Georgia" and "Grenada" are countries before they are towns.
        """
        atlas = self._atlas
        return (
            atlas.weight[atlas.regions + country] >= atlas.weight[place]
            or atlas.country[place] == country
            or (number, country) in self._sovereign
        )
