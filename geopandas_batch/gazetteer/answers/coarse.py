"""Answers where neither a place nor a postcode is found: the region, else the country."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence, Set

import numpy as np
from msgspec import structs

from geopandas_batch.gazetteer.answers.landscapes import Landscapes
from geopandas_batch.gazetteer.answers.wording import Found, make_location
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import join
from geopandas_batch.gazetteer.ranking.rivals import choose_region
from geopandas_batch.gazetteer.reading import NOTHING, Item, Reading, Span
from geopandas_batch.gazetteer.reading.words import KINDS, NO_PLACE, ORIGINS, STATES_BY_CODE
from geopandas_batch.gazetteer.reverse.extents import Extents
from geopandas_batch.places import Match, Query

# The confidence of the middle of an area, if all its people live within 25 km of it. Where the address says more than
# the area, that is a village which is not known, and villages are far from the middle. Fitted as in `confidence`.
_WHOLE, _SAYS_MORE = 0.8, 0.6
_PERSON = 0.5  # at most: a country's name behind others may be that of a person
_FAR_BIGGER = 39  # twenty times as many people
_BIG_DISTRICT = round(30 * math.log10(300_000))
_PEOPLED = round(30 * math.log10(1_000))
_BIG_REGION = round(30 * math.log10(1_000_000))


class Coarse:
    """Finds regions and countries."""

    def __init__(self, atlas: Atlas, extents: Extents, mothers: dict[int, int]) -> None:
        """Use an atlas; `mothers` maps territories to their countries."""
        self._atlas, self._extents, self._mothers = atlas, extents, mothers
        self._landscapes = Landscapes(atlas, extents)
        self._region_of_district: dict[int, int] = {}

    def by_district(self, reading: Reading) -> Found | None:
        """A district, if it is the only one of its name where the address says it is: "Praha 1", "Cook County, IL"."""
        atlas = self._atlas
        items = self._leave_out_names(reading)
        # "Mexico" is a region there, too.
        regions = {region for item in items if item.code or not item.countries for region in item.regions}
        countries = {country for item in items if not item.code for country in item.countries}
        for item in items:
            if not item.districts or (not item.code and (item.countries or item.regions)):
                continue
            numbers = [
                number
                for number in item.districts
                if (not countries or self._lies_in(atlas.country[atlas.villages + number], countries))
                and (item.code or not regions or self._region_of(number) in regions)
                # "(MI)" after an Italian street is Milan, not Michigan.
                and (not item.code or atlas.country[atlas.villages + number] in reading.hinted)
            ]
            said = countries or regions or item.code or item.end - item.start > 1
            numbers.sort(key=lambda number: -atlas.weight[atlas.villages + number])
            if numbers and (said or self._is_known_alone(reading, numbers[0])) and self._is_meant(numbers):
                entity = atlas.villages + numbers[0]
                return self._area(entity, atlas.describe(entity), "region", whole=not reading.heavy[-1])
        return None

    def is_landscape(self, reading: Reading, span: Span) -> bool:
        """Whether the part in which a name stands is an island or landscape, and no place of that name is meant."""
        words = reading.contents[span.part].words
        if len(words) == span.end - span.start:
            return len(reading.parts) == 1 and self._landscapes.is_meant(join(words))
        return self._landscapes.find(join(words)) is not None  # "Vancouver Island, BC"

    def by_landscape(self, reading: Reading, *, whole: bool = False) -> Found | None:
        """An island or landscape, if its name is all of a part and means no other place, or country or region agree.

        With `whole`, only if nothing else is said.
        """
        for contents in reversed(reading.contents):
            part = contents.part
            words = [word for word in contents.words if not word.isdigit()]
            said = join(words)
            found = self._landscapes.find(said)
            if found is None:
                continue
            others = [item for item in reading.items if not part.start <= item.start < part.end]
            if not all(self._lies_in(found.country, item.countries) or found.regions & item.regions for item in others):
                continue
            if not others and not self._landscapes.is_meant(said):
                continue
            heavy = reading.heavy
            says_more = heavy[part.start] > 0 or heavy[-1] > heavy[part.end]
            if whole and (says_more or reading.posts):
                continue
            confidence = _SAYS_MORE * found.near**2 if says_more else _WHOLE * found.near
            location = make_location(found.lat, found.lon, found.label, "region", confidence, uncertainty=found.radius)
            return Found(location, found.country)
        return None

    def _is_known_alone(self, reading: Reading, district: int) -> bool:
        """Whether a district's name is the whole text, no town has it, and it is big: "Hérault", but not "light"."""
        big = self._atlas.weight[self._atlas.villages + district] >= _BIG_DISTRICT
        return big and len(reading.tokens) == 1 and not reading.spans

    def _is_meant(self, districts: Sequence[int]) -> bool:
        """Whether the first of the districts of a name is the only one, or has far more people: Cook County, IL."""
        weight, first = self._atlas.weight, self._atlas.villages
        return len(districts) == 1 or weight[first + districts[0]] - weight[first + districts[1]] > _FAR_BIGGER

    def _is_thing(self, reading: Reading, query: Query) -> bool:
        """Whether the last word is written small behind capitals: "Denver Broncos jersey" is no address."""
        last = query.text.rpartition(" ")[2]
        ending = (item.end - item.start for item in reading.items if item.end == len(reading.tokens))
        if last in KINDS or any(words > 1 for words in ending):  # "Moscow oblast", "Московская область"
            return False
        return last.islower() and last.isalpha() and len(reading.parts) == 1 and any(map(str.isupper, query.text))

    def _words(self, reading: Reading) -> list[str]:
        """The words that are no number and no item: of "REF 2024/AB/77" they say of no place."""
        light = [each for contents in reading.contents for each in contents.light]
        return [token for token, each in zip(reading.tokens, light, strict=True) if not each]

    def _leave_out_names(self, reading: Reading) -> list[Item]:
        """The items without the names of regions abroad before a code: "Lima, MI" is a Lima that is not known.

        Without all of them if they are the words of a person's name: "Carolina Herrera".
        """
        items = reading.items
        if len(items) < 2:
            return items
        where = self._countries_of(items[-1])
        if items[-1].code:
            return [item for item in items if item.code or item.countries or where & self._countries_of(item)]
        named = len(reading.parts) > 1 or True in reading.numeric or any(item.countries for item in items)
        return items if named or all(where & self._countries_of(item) for item in items) else []

    def _countries_of(self, item: Item) -> set[int]:
        """The countries in which an item may be."""
        of, atlas = self._atlas.country, self._atlas
        return (
            set(item.countries)
            | {of[atlas.districts + region] for region in item.regions}
            | {of[atlas.villages + district] for district in item.districts}
        )

    def _region_of(self, district: int) -> int:
        """The region in which the places of a district lie."""
        region = self._region_of_district.get(district)
        if region is None:
            inside = np.flatnonzero(np.asarray(self._atlas.district)[: self._atlas.places] == district)
            region = self._region_of_district[district] = self._atlas.region[int(inside[0])] if len(inside) else -1
        return region

    def by_area(self, reading: Reading, query: Query) -> Found | None:
        """The region, else the country: honest about what it is."""
        atlas = self._atlas
        items = self._leave_out_names(reading)
        if not ORIGINS.isdisjoint(reading.tokens[:1]) or self._is_thing(reading, query):
            return None
        whole = not reading.heavy[-1] and len(items) == len(reading.items)
        words = self._words(reading)
        only_forms = bool(words) and NO_PLACE.issuperset(words)
        codes = [
            item
            for item in items
            if item.code and not only_forms
            # "Müller & Söhne KG" is not in Kyrgyzstan, nor "88121-AX/2" in Åland.
            if item.regions or item.districts or self._is_apart(reading, item)
            if self._is_written_as_code(reading.tokens[item.start], query, whole=whole)
            if not any(post.start <= item.start < post.end for post in reading.posts)  # "AB-12-CD"
        ]
        names = [self._in_context(item, reading.around.countries) for item in items if not item.code]
        if len(names) > 1:  # "Urb. La Trinidad, Caracas 1080, Edo. Miranda" is in no Trinidad
            home = self._countries_of(names[-1])
            names = [item for item in names if not item.countries or home & self._countries_of(item)]
        countries = {country for item in names for country in item.countries}
        # "Fritsch AG" is not in Antigua, nor "Danske Maskiner AS" in Samoa.
        apart = [item for item in codes if True in reading.numeric or self._is_apart(reading, item)]
        may_be = countries or {country for item in apart for country in item.countries}
        regions = [
            (item.start, atlas.districts + region)
            for item in names
            if not item.countries or len(items) > 1
            if len(items) > 1 or self._is_alone(reading, item)
            for region in item.regions
            if not may_be or self._lies_in(atlas.country[atlas.districts + region], may_be)
        ] or [
            (item.start, atlas.districts + region)
            for item in codes
            for region in self._states(item)
            if not countries or atlas.country[atlas.districts + region] in countries
        ]
        if regions:
            region, share, reason = choose_region(atlas, regions)
            return self._area(region, atlas.describe(region), "region", whole=whole, share=share, reason=reason)
        last = {country for item in names if item.end == len(reading.tokens) for country in item.countries}
        if len(may_be) > 1 and len(last) == 1:
            may_be = last  # the embassy of Brazil in East Timor is in East Timor
        if len(may_be) == 1:
            country = atlas.regions + may_be.pop()
            # "Gérard Maurice" is no address.
            most = _SAYS_MORE if len(reading.parts) > 1 or True in reading.numeric else _PERSON
            return self._area(country, atlas.label(country), "country", whole=whole, most=most)
        return None

    def _states(self, item: Item) -> list[int]:
        """The regions that a code means: states before others, and before countries."""
        of, atlas = self._atlas.country, self._atlas
        states = [each for each in item.regions if atlas.countries[of[atlas.districts + each]] in STATES_BY_CODE]
        return states or ([] if item.countries else [*item.regions])

    def _lies_in(self, country: int, countries: Set[int]) -> bool:
        """Whether a country, or the one that it belongs to, is among these: Jan Mayen is in Norway."""
        return country in countries or self._mothers.get(country) in countries

    def _is_alone(self, reading: Reading, item: Item) -> bool:
        """Whether an item is all of its part, or so big that it is hardly a person's name: "O'Brien, Patrick"."""
        alone = any(item.are(part) for part in reading.parts)
        weight, districts = self._atlas.weight, self._atlas.districts
        least = _PEOPLED if alone else _BIG_REGION
        return any(weight[districts + region] >= least for region in item.regions)

    def _is_apart(self, reading: Reading, item: Item) -> bool:
        """Whether nothing but numbers is in the part of an item, and other parts are before it."""
        part = next(part for part in reading.parts if part.start <= item.start < part.end)
        return part.number > 0 and reading.heavy[part.start] == reading.heavy[part.end]

    def _is_written_as_code(self, token: str, query: Query, *, whole: bool) -> bool:
        """Whether a code may stand for a region: in capitals, beside other words; "ok" and "no" are no places."""
        return not whole and (bool(query.state) or re.search(rf"\b{token.upper()}\b", query.line) is not None)

    def _in_context(self, item: Item, around: frozenset[int]) -> Item:
        """Among addresses of the United States, "Georgia" is the state."""
        here = {region for region in item.regions if self._atlas.country[self._atlas.districts + region] in around}
        if not here or not around.isdisjoint(item.countries):
            return item
        return structs.replace(item, countries=NOTHING, regions=frozenset(here))

    def _area(
        self,
        entity: int,
        formatted: str,
        match: Match,
        *,
        whole: bool,
        most: float = _SAYS_MORE,
        share: float = 1.0,
        reason: str = "",
    ) -> Found:
        """The answer that is an area; `share`: of the people of all areas that may be meant."""
        atlas, radius, near = self._atlas, self._extents.of_area(entity), self._extents.near_middle(entity)
        confidence = share * (_WHOLE * near if whole else min(most, _SAYS_MORE * near**2))
        lat, lon = atlas.lat[entity], atlas.lon[entity]
        location = make_location(lat, lon, formatted, match, confidence, uncertainty=radius, reason=reason)
        return Found(location, atlas.country[entity])
