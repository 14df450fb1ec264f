"""What the countries, regions and codes of an address say against each other."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import structs

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading import NOTHING, Item, Reading

_TOWN = round(30 * math.log10(15_000))


class Contradictions:
    """Leaves out what can hardly be meant beside the rest."""

    def __init__(self, atlas: Atlas, mothers: Mapping[int, int]) -> None:
        """Use an atlas; `mothers` maps territories to their countries."""
        self._atlas, self._mothers = atlas, mothers

    def resolve(self, reading: Reading) -> None:
        """Leave out the items that others deny, and rows of postcodes that are not where a code before them says."""
        if len(reading.items) > 1:
            self._compare(reading)
        if reading.posts:
            for item in reading.items:
                if item.code:
                    self._leave_out_foreign_rows(reading, item)

    def _compare(self, reading: Reading) -> None:
        codes = [item for item in reading.items if item.code]
        if codes:
            if codes[0] is not reading.items[-1]:
                self._leave_out_codes(reading)
            self._resolve_codes(reading)
        regional = territorial = False
        for item in reading.items:
            if item.regions:
                regional = True
            if not self._mothers.keys().isdisjoint(item.countries):
                territorial = True
        if territorial:
            self._leave_out_mothers(reading)
        if regional:
            self._leave_out_namesakes(reading)

    def _leave_out_mothers(self, reading: Reading) -> None:
        """After the name of a territory, that of its country says nothing: "Stanley, Falkland Islands, United Kingdom".

        Where a town of the country has that name too, both stay: "Saint-Martin, France".
        """
        country = self._atlas.country
        known = {
            mother
            for item in reading.items
            if not item.code
            for territory in item.countries
            if (mother := self._mothers.get(territory)) is not None
            and not any(
                country[place >> 1] == mother for span in reading.spans if span.are(item) for place in span.name.places
            )
        }
        if known:
            out = [item for item in reading.items if item.countries and item.countries <= known]
            reading.items = [item for item in reading.items if item not in out]
            reading.spans = [span for span in reading.spans if not any(map(span.are, out))]

    def _leave_out_codes(self, reading: Reading) -> None:
        """A word before a country or region in which it is no code is none: "Wa, Ghana", but not "TX, Paris"."""
        out: list[Item] = []
        for named in reading.items:
            if not named.code and (named.countries or named.regions):
                out += [
                    code
                    for code in reading.items
                    if code.code and code.end <= named.start and self._denies(reading, code, named)
                ]
        if out:
            reading.items = [item for item in reading.items if item not in out]

    def _denies(self, reading: Reading, code: Item, named: Item) -> bool:
        """Whether a country or region that is named behind a code has no such code, and is no town where it is one."""
        countries, atlas = named.countries, self._atlas
        of = atlas.country
        if (not countries and code.start) or countries & code.countries:
            return False
        for region in code.regions:
            if of[atlas.districts + region] in countries:
                return False
        for district in code.districts:
            if of[atlas.villages + district] in countries:
                return False
        return not any(
            atlas.region[place >> 1] in code.regions or of[place >> 1] in code.countries
            for span in reading.spans
            if span.are(named)
            for place in span.name.places
        )

    def _leave_out_foreign_rows(self, reading: Reading, code: Item) -> None:
        """A postcode behind the code of a country or region is one of there: "CH-1201" is not in Denmark."""
        country, first = self._atlas.country, self._atlas.districts
        for at, post in enumerate(reading.posts):
            if post.start == code.end and len(post.rows) > 1:
                there = code.countries.union([country[first + region] for region in code.regions])
                rows = {where: row for where, row in post.rows.items() if where in there}
                if rows:
                    reading.posts[at] = structs.replace(post, rows=rows)

    def _leave_out_namesakes(self, reading: Reading) -> None:
        """A region before a country in which it is not says nothing: Jamaica's St. James is not that of Barbados."""
        last: Item | None = None
        for item in reading.items:
            if not item.regions and item.countries and not item.code and (last is None or item.start > last.start):
                last = item
        if last is None:
            return
        of, first = self._atlas.country, self._atlas.districts
        reading.items = [
            item
            for item in reading.items
            if item.countries
            or not item.regions
            or item.code
            or item.start > last.start
            or any(
                of[first + region] in last.countries or self._mothers.get(of[first + region]) in last.countries
                for region in item.regions
            )
        ]

    def _resolve_codes(self, reading: Reading) -> None:
        """A code after a region of the country it may stand for is that country: "Thunder Bay, Ontario, CA"."""
        atlas = self._atlas
        for at, code in enumerate(reading.items):
            if code.code and code.countries and code.start:
                for item in reading.items:
                    inside = (
                        frozenset(atlas.country[atlas.districts + region] for region in item.regions) & code.countries
                    )
                    # "Ontario, CA" alone is the town in California.
                    if inside and item.end == code.start and item.start > 0:
                        reading.items[at] = structs.replace(code, countries=inside, regions=NOTHING, code=False)
                        break
                else:
                    if code.regions and self._is_of_town(reading, code):
                        reading.items[at] = structs.replace(code, regions=NOTHING)

    def _is_of_town(self, reading: Reading, code: Item) -> bool:
        """Whether a town before a code lies in its country, and none of that name in its region: "Managua, NI"."""
        country, region, weight = self._atlas.country, self._atlas.region, self._atlas.weight
        there = False
        for span in reading.spans:
            if span.end == code.start and span.alone:
                for entry in span.name.places:
                    place = entry >> 1
                    if region[place] in code.regions:
                        return False
                    there = there or (not entry & 1 and country[place] in code.countries and weight[place] >= _TOWN)
        return there
