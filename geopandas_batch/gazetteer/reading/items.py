"""Countries and regions in an address, and what tells that they are meant."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import is_unspaced
from geopandas_batch.gazetteer.reading import HOUSE, NOTHING, Contents, Item, Name
from geopandas_batch.gazetteer.reading.areacodes import AreaCodes, sort_areas
from geopandas_batch.gazetteer.reading.eastnames import FIRST, LAST, find_country
from geopandas_batch.gazetteer.reading.shortforms import find_local_names
from geopandas_batch.gazetteer.reading.words import AREAS, ARTICLES, STREET_AFTER, VEHICLES

_ARTICLES = frozenset(("a", "o", "la", "el", "the", "de", "of"))
# Names of several countries, by their first words: "Kinshasa, Congo", "Road Town, Virgin Islands (British)".
_SHARED = {"congo": ("CD", "CG"), "virgin": ("VG", "VI")}
_NAMES_OF_SEVERAL = frozenset(("congo", "virgin islands"))
_DEMOCRATIC = frozenset(("rd", "dr", "rdc", "drc", "dem", "democratic", "democratique", "kinshasa"))
_SHORT_CODES = ("BH", "FO", "IS", "LS", "MG", "OM", "PG", "TW")  # of three digits: "Taipei City, Taiwan 110"
_MOST_LOCAL = 5  # words of a region's name
_SIDES = frozenset(("western", "eastern", "northern", "southern", "central", "center", "centre", "islands"))
_COUNTY = frozenset(("co", "county"))  # "Ballina Co Mayo"
_EASTERN = 3  # words at the end: numbers may follow the last sign of a country
_KINDS_AND_ARTICLES = AREAS | ARTICLES
_NO_COUNTRY_AT_END = STREET_AFTER | {"island"}


class Items:
    """Finds the items of an address and marks their tokens as light."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names and codes of an atlas."""
        self._atlas = atlas
        self._codes = AreaCodes(atlas)
        self._short_codes = frozenset(map(atlas.countries.index, _SHORT_CODES))
        self._kinshasa = frozenset((atlas.countries.index("CD"),))
        self._shared = {word: frozenset(map(atlas.countries.index, countries)) for word, countries in _SHARED.items()}
        local: dict[str, list[int]] = {}
        for said, entity in find_local_names(atlas):
            local.setdefault(said, []).append(entity)
        self._local = {said: sort_areas(atlas, entities) for said, entities in local.items()}
        self._local_words = frozenset(said.split()[-1] for said in self._local)
        self._telling = self._local_words.union(self._codes.short, VEHICLES, FIRST, LAST)

    def find(self, contents: Contents) -> None:
        """Add the items of one part: codes count only where codes stand."""
        areas = [named for named in contents.names if named[2].is_area]
        if not areas and self._telling.isdisjoint(contents.words):
            return  # most parts
        end = len(contents.words)
        # Most parts hint at no script.
        if contents.hinted and (contents.words[0] in FIRST or not LAST.isdisjoint(contents.words[-_EASTERN:])):
            self._find_eastern(contents)
            areas = [named for named in contents.names if named[2].is_area]
        local = not self._local_words.isdisjoint(contents.words)
        if local:
            end = self._find_local(contents)
            areas = [area for area in areas if area[0] < end]
        words, light, short = contents.words, contents.light, self._codes.short
        article = areas and len(words) > 2 and not ARTICLES.isdisjoint(words)
        if article and any(to - at == len(words) and name.places for at, to, name in contents.names):
            # "Ciudad Autónoma de Buenos Aires" is not in Buenos Aires, but "A Coruña" is the province of Coruña, too.
            areas = [area for area in areas if area[2].countries or area[0] < 2 or words[area[0] - 1] not in ARTICLES]
        placed = self._find_at_end(contents, areas, end) if areas or light[-1] or words[-1] in short else ()
        if local and placed and end == len(words):
            self._find_local(contents)  # before the country: "PHAN THIET BINH THUAN VIETNAM"
        word = words[0]
        if (word in short or word in VEHICLES) and len(words) > 1 and not light[0] and words[1][0].isdigit():
            light[0] = True  # "CH 8001 Zürich", "A-6850 Dornbirn"
            if word in short:
                contents.items.append(self._codes.item(contents, 0))
        first, role = contents.part.start, contents.part.role
        for at, to, name in areas:
            if words[at] in _DEMOCRATIC and words[to : to + 1] == ("congo",):
                continue  # "RD" is the Dominican Republic elsewhere
            if words[at] in _SHARED and (countries := self._find_shared(contents, at, to)):
                name = msgspec.structs.replace(name, countries=countries)
            if (at, to) in placed or (not at and is_unspaced(words[at])):
                light[at:to] = [True] * (to - at)
                said = NOTHING if role == "state" else name.countries
                item = Item(first + at, first + to, said, name.regions, name.districts, code=False)
                contents.items.append(item)

    def _find_shared(self, contents: Contents, at: int, to: int) -> frozenset[int]:
        """The countries of a name that several have, in an address; none if what the index has is meant."""
        words = contents.words
        if words[at] == "congo":
            if not _DEMOCRATIC.isdisjoint(words):
                return self._kinshasa
            if at and words[at - 1] in ARTICLES:
                return NOTHING  # "République du Congo"
        of_several = " ".join(words[at:to]) in _NAMES_OF_SEVERAL and contents.part.start + at
        return self._shared[words[at]] if of_several else NOTHING

    def _find_eastern(self, contents: Contents) -> None:
        """Add the country of a part in Chinese, Korean or Japanese, and take no place for what it is called.

        Nor one elsewhere for what follows: 意大利米兰 is not Milan in Ohio. Only China is named before Taipei, too.
        """
        found = find_country(contents.words, contents.names)
        if found is None:
            return
        at, to, country = found
        start, number, above = contents.part.start, self._atlas.countries.index(country), self._atlas.country
        contents.items.append(Item(start + at, start + to, frozenset((number,)), NOTHING, NOTHING, code=False))
        contents.light[at:to] = [True] * (to - at)
        contents.names = [
            (first, last, name)
            for first, last, name in contents.names
            if last <= at
            or (first >= to and (country == "CN" or any(above[place >> 1] == number for place in name.places)))
        ]

    def _find_local(self, contents: Contents) -> int:
        """Add a region that ends the part and has a name that the index lacks: "Leeds, West Yorkshire".

        The word from which on nothing else is said.
        """
        words, light, first = contents.words, contents.light, contents.part.start
        end = len(words)
        while end and light[end - 1]:
            end -= 1
        for at in range(max(0, end - _MOST_LOCAL), end):
            found = self._local.get(" ".join(words[at:end]))
            if found is None or any(start < at and to >= end for start, to, _ in contents.names):
                continue  # "East Sussex" is in the index, and so is a town called New Visayas
            countries, regions, districts = found
            # "12 rue de Bourgogne" is a street, and "Stanley Kent" a person.
            telling = end - at > 1 or countries or regions or self._ends_with_town(contents, at, end, districts)
            if (first and not at) or (
                at
                and (first or contents.part.last)
                and telling
                and (words[at - 1] not in ARTICLES or words[0] in AREAS)
            ):
                for start, to, name in contents.names:
                    if start == at and to == end:  # what it means elsewhere
                        found = name.countries | countries, name.regions | regions, name.districts | districts
                contents.items.append(Item(first + at, first + end, *found, code=False))
                contents.names.append((at, end, Name(())))  # no town is meant by "Yorkshire" in "West Yorkshire"
                light[at:end] = [True] * (end - at)
                return at
        return len(words)

    def _find_at_end(self, contents: Contents, areas: Sequence[tuple[int, int, Name]], at: int) -> set[tuple[int, int]]:
        """Go from the word `at` towards its start as long as there are numbers, codes, regions and countries."""
        words, light, short = contents.words, contents.light, self._codes.short
        ending: dict[int, tuple[int, int, Name]] = {}  # the longest: names come in the order of their starts
        for area in areas:
            ending.setdefault(area[1], area)
        placed: set[tuple[int, int]] = set()
        behind = NOTHING  # the countries that are named behind a word
        while at:
            word = words[at - 1]
            found = ending.get(at)
            if (
                found is not None
                and self._stands_at_end(contents, found)
                and not self._codes.is_rather(contents, found)
            ):
                placed.add(found[:2])
                light[found[0] : at] = [True] * (at - found[0])
                at = found[0]
                behind = found[2].countries
                if found[2].districts and at > (not contents.part.start) and words[at - 1] in _COUNTY:
                    at -= 1
                    light[at] = True
            elif light[at - 1] and word not in short:
                at -= 1
            elif word in short and self._codes.stands(contents, at - 1) and self._codes.goes_with(word, behind):
                contents.items.append(self._codes.item(contents, at - 1))
                light[at - 1] = True
                at -= 1
            else:
                break
        if at and placed:
            self._find_kind_before(contents, at)
        return placed

    def _find_kind_before(self, contents: Contents, at: int) -> None:
        """Take no name for a town before which stands what it is: "Villa María, Provincia de Córdoba"."""
        words, light = contents.words, contents.light
        kind = self._kind_before(words, at)
        if kind < at:
            light[kind:at] = [True] * (at - kind)
            contents.names = [
                (start, to, msgspec.structs.replace(name, places=()) if start >= at and name.is_area else name)
                for start, to, name in contents.names
            ]

    def _kind_before(self, words: Sequence[str], at: int) -> int:
        """Where the word for a kind of region stands before a word: `at` if there is none."""
        kind = at - 1
        if words[kind] not in _KINDS_AND_ARTICLES:
            return at
        while kind > 0 and words[kind] in ARTICLES:
            kind -= 1
        return kind if kind >= 0 and words[kind] in AREAS else at

    def _stands_at_end(self, contents: Contents, area: tuple[int, int, Name]) -> bool:
        """Whether a name that ends a part is the country or region of what stands before it."""
        start, end, name = area
        words = contents.words
        if not start or (start == 1 and (words[0] in _ARTICLES or (words[0] in _COUNTY and contents.part.start))):
            if end == len(words) or not contents.part.number:
                return True
            # "San Martín 450" is a street. In the first part, what is read holds for other numbers, too.
            house = words[-1].isdigit() and len(words[-1]) <= HOUSE and bool(name.places)
            return not house or (contents.part.last and not self._short_codes.isdisjoint(name.countries))
        if self._kind_before(words, start) < start:
            return True
        if end - start > 1:
            # Districts share their names with towns and streets; those of two words seldom do.
            if name.countries or name.regions or not name.places:
                return True
        elif name.countries:
            # "Horn Island" is not in Iceland, and "12 Mill Rd" not in the Dominican Republic.
            return words[start] not in _NO_COUNTRY_AT_END
        elif name.regions and words[start] not in _SIDES:  # "Best Western"
            return True
        return self._ends_with_town(contents, start, end, name.districts, name.regions)

    def _ends_with_town(
        self, contents: Contents, start: int, end: int, districts: frozenset[int], regions: frozenset[int] = NOTHING
    ) -> bool:
        """Whether a town of these districts or regions stands before the word `start`: "Cromer Norfolk"."""
        district, region = self._atlas.district, self._atlas.region
        if contents.words[start - 1] in _COUNTY:
            start -= 1
        towns = [
            place >> 1
            for at, to, name in contents.names
            if to == start
            for place in name.places
            if place >> 1 < self._atlas.villages
        ]
        return any(district[town] in districts or region[town] in regions for town in towns) and not any(
            at < start and to >= end for at, to, _ in contents.names
        )
