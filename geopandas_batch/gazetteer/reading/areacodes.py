"""Codes of countries and regions: which words are such codes, and where they stand for them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading import HOUSE, NOTHING, Contents, Item, Name
from geopandas_batch.gazetteer.reading.shortforms import find_regions
from geopandas_batch.gazetteer.reading.words import AREAS, ARTICLES, STREET_AFTER

_FULL_WORD = 4  # letters; shorter words may be codes
_LARGE = round(30 * math.log10(100_000))  # a city that may be called as it is at home: "KOELN DEU"
_NUMBER = "no"  # in many languages
_BEHIND_TOWN = frozenset(("city", "cedex"))


class AreaCodes:
    """Tells codes from other words.

    Attributes
    ----------
    short : dict
        The entities that each code stands for.
    """

    def __init__(self, atlas: Atlas) -> None:
        """Use the codes of an atlas, and short forms of its regions."""
        self._atlas = atlas
        self.short = {code: [*entities] for code, entities in atlas.short.items()}
        for short, entity in find_regions(atlas):
            self.short.setdefault(short, []).append(entity)
        self._sorted = {code: sort_areas(atlas, entities) for code, entities in self.short.items()}

    def stands(self, contents: Contents, at: int) -> bool:
        """Whether a code stands where codes stand: not all alone, unless a number follows.

        Three letters of a country are a code in capitals, or alone in the last part: "mar" is the sea.
        """
        words, part = contents.words, contents.part
        word = words[at]
        if (
            part.role == "any"
            and part.start + at == 0
            and not (part.numbered or (words[1:2] and words[1][0].isdigit()) or (len(words) == 1 and not part.last))
        ):
            return False
        if at and word in ARTICLES and words[at - 1] in AREAS:
            return False  # "Departamento de Antioquia"
        if word == _NUMBER and _is_of_house(words[at + 1 : at + 2], first=not part.number):
            return False  # "H.No 12" is not in Norway
        if part.role == "any" and word in STREET_AFTER:
            # "Wall St" is not in São Tomé, and "12 Elm Ct" not in Connecticut, but "12 Elm St Hartford CT" is.
            if min(self.short[word]) < self._atlas.regions:
                return _is_no_street(words, at, last=part.last)
            return part.last and not any(map(str.isdigit, words[:at])) and self._is_of_town(contents, at)
        if len(word) < _FULL_WORD - 1 or part.role != "any" or min(self.short[word]) < self._atlas.regions:
            return True
        if (part.last and len(words) == 1) or word in part.capitals:
            return True
        return part.last and self._is_of_town(contents, at)

    def _is_of_town(self, contents: Contents, at: int) -> bool:
        """Whether the name before a country's code is that of a town there, or its own: "WARSAW PL", "PRAHA 5 CZE"."""
        above, weight, countries = self._atlas.country, self._atlas.weight, self._sorted[contents.words[at]][0]
        words, end = contents.words, at
        while end and (words[end - 1].isdigit() or words[end - 1] in _BEHIND_TOWN):
            end -= 1
        return any(
            end <= to <= at
            and (
                not countries.isdisjoint(name.countries)
                or any(
                    above[place >> 1] in countries and (not place & 1 or weight[place >> 1] >= _LARGE)
                    for place in name.places
                )
            )
            for _, to, name in contents.names
        )

    def goes_with(self, word: str, behind: frozenset[int]) -> bool:
        """Whether a code is one in the countries that are named behind it: there is none in "Estado de Bolivia"."""
        if not behind:
            return True
        above = self._atlas.country
        return any(
            (entity - self._atlas.regions if entity >= self._atlas.regions else above[entity]) in behind
            for entity in self.short[word]
        )

    def is_rather(self, contents: Contents, area: tuple[int, int, Name]) -> bool:
        """Whether a short word is a code before it is the name of a district: "BO" in Bolivia, "WA 98368"."""
        word = contents.words[area[0]]
        alone = contents.part.start > 0 and area[1] - area[0] == contents.light.count(False) == 1
        return alone and len(word) < _FULL_WORD and word in self.short and not area[2].countries

    def item(self, contents: Contents, at: int) -> Item:
        """A code as an item; one that was given as country or state is as good as a name."""
        role = contents.part.role
        countries, regions, districts = self._sorted[contents.words[at]]
        if role == "country":
            regions = districts = NOTHING
        elif role == "state":
            countries = NOTHING
        at += contents.part.start
        return Item(at, at + 1, countries, regions, districts, code=role in {"any", "city"})


def sort_areas(atlas: Atlas, entities: Sequence[int]) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """The countries, the regions and the districts among them."""
    return (
        frozenset(entity - atlas.regions for entity in entities if entity >= atlas.regions),
        frozenset(entity - atlas.districts for entity in entities if atlas.districts <= entity < atlas.regions),
        frozenset(entity - atlas.villages for entity in entities if entity < atlas.districts),
    )


def _is_no_street(words: Sequence[str], at: int, *, last: bool) -> bool:
    """Whether a word that may be short for a kind of street is a state: alone, before a ZIP, after a town."""
    if not at or (len(words) == at + 2 and len(words[-1]) >= _FULL_WORD and words[-1].isdigit()):
        return True
    before = words[:at]
    return last and (not any(map(str.isdigit, before)) or not STREET_AFTER.isdisjoint(before))


def _is_of_house(behind: Sequence[str], *, first: bool) -> bool:
    """Whether the word behind another is the number of a house; what is read in a first part holds for all numbers."""
    return any(word.isdigit() and (first or len(word) <= HOUSE) for word in behind)
