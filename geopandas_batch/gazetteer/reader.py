"""Takes an address apart: parts, tokens, names, items, postcodes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import chain, repeat

from msgspec import structs

from geopandas_batch.gazetteer.abbreviations import Abbreviations
from geopandas_batch.gazetteer.aliases import TERRITORIES
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.names import Names
from geopandas_batch.gazetteer.parts import Parts
from geopandas_batch.gazetteer.reading import NOTHING, Item, Part, Reading
from geopandas_batch.gazetteer.spelling import SHORT, cut, cut_easy, key
from geopandas_batch.places import Query

_NO_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")  # of the web or of mail
# A telephone number, with what announces it.
_PHONE = re.compile(r"(?:\b(?:tel|phone|fax|mobile)\w*[.:]*\s*)?\+\d[\d ()./-]{6,}\d", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[A-Z]{3}\b")
_CONGO = re.compile(r"([ck]ongo|конго) - ", re.IGNORECASE)  # Unicode's names of countries have "Congo - Kinshasa"
_STATES = (
    "AL|AK|AZ|AR|CA|CT|DE|FL|GA|HI|IA|ID|IL|IN|KS|KY|LA|MA|MD|ME|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|OK|OR|PA|"
    "RI|SC|SD|TN|TX|UT|VA|VT|WA|WI|WV|WY"
)
_COUNTY = re.compile(rf"(?<=\w )Co\.(?=,?\s+(?:{_STATES})\b)")  # "Butler Co., PA" is not in Colorado
_SHORT_CODES = frozenset(SHORT.values())
_ANY = repeat("any")
_NO_WORDS: frozenset[str] = frozenset()
_TOWN = round(30 * math.log10(15_000))
_MOST_TOKENS = 40  # an address is shorter; a page of text pasted into a cell is cut here


class Reader:
    """Reads addresses with the names of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        numbers = {country: number for number, country in enumerate(atlas.countries)}
        self.mothers = {
            numbers[territory]: numbers[mother]
            for mother, territories in TERRITORIES.items()
            for territory in territories
            if territory in numbers
        }
        named = ((country, key(atlas.label(atlas.regions + country))) for country in numbers.values())
        sovereign = frozenset(
            (atlas.names[name], country)
            for country, name in named
            if country not in self.mothers and name in atlas.names
        )
        self.names = Names(atlas, sovereign)
        self._parts = Parts(atlas, self.names)
        self._three_letters = frozenset(code for code in atlas.short if len(code) == 3)
        self.abbreviations = Abbreviations(atlas)

    def read_many(self, queries: Sequence[Query]) -> list[Reading]:
        """The parts, names, items and postcodes of addresses. One step is done for all of them, then the next."""
        readings = [self._split(query) for query in queries]
        self._parts.read_many(readings)
        for reading, query in zip(readings, queries, strict=True):
            if reading.items and not _SHORT_CODES.isdisjoint(reading.tokens):
                self._leave_out_words(reading, query)
            if len(reading.items) > 1:
                self._compare(reading)
            if reading.posts:
                for item in reading.items:
                    if item.code:
                        self._leave_out_foreign_rows(reading, item)
            if query.country:
                reading.stated = self._state(reading)
        return readings

    def _leave_out_words(self, reading: Reading, query: Query) -> None:
        """A word in full is no code, though it is folded as one: "Kevin Mount" is not in Montana."""
        written = re.findall(r"[^\W\d_]+", query.line.casefold())
        reading.items = [
            item
            for item in reading.items
            if not item.code or (word := reading.tokens[item.start]) not in _SHORT_CODES or word in written
        ]

    def _split(self, query: Query) -> Reading:
        """The tokens and parts of an address, of which nothing is read yet."""
        roles: Iterable[str] = _ANY
        tokens, said = cut_easy(query.text)
        if not tokens:
            roles, said = self._cut(query)
            tokens = [*chain.from_iterable(said)]
        if len(tokens) > _MOST_TOKENS:
            del tokens[_MOST_TOKENS:]
            said = _shorten(said)
        numeric = [*map(str.isdigit, tokens)]
        capitals = _NO_WORDS
        if not self._three_letters.isdisjoint(tokens) and not query.text.isupper():
            capitals = frozenset(map(str.lower, _CAPITALS.findall(query.text)))
        parts: list[Part] = []
        start, last = 0, len(tokens)
        numbered = last > 1 and tokens[1][0].isdigit()
        for role, words in zip(roles, said, strict=False):
            end = start + len(words)
            if not start and role == "any" and True in numeric[:end]:
                words = (*["0" if word.isdigit() else word for word in words],)
            inside = capitals.intersection(words) if capitals else capitals
            parts.append(Part(start, end, role, words, len(parts), end == last, inside, numbered))
            start, numbered = end, False
        return Reading(tokens, parts, numeric, bool(query.text))

    def _cut(self, query: Query) -> tuple[Iterable[str], list[tuple[str, ...]]]:
        """The roles of the parts, and their tokens."""
        text = query.text
        if text:
            if "+" in text:
                text = _PHONE.sub(",", text)
            if "://" in text or "@" in text or "www." in text:
                text = _NO_ADDRESS.sub(" ", text)
            if "Co." in text:
                text = _COUNTY.sub("County", text)
            if " - " in text:
                text = _CONGO.sub(r"\1 ", text)
            text = self.abbreviations.write_out(text)
            return _ANY, cut(text)
        # Where no town is given, it may stand in the street.
        street = "street" if query.city or query.postcode else "any"
        given = (
            (street, f"{query.housenumber} {query.street}"),
            ("city", query.city),
            ("postcode", query.postcode),
            ("state", query.state),
            ("country", query.country),
        )
        roles, said = [], []
        for role, value in given:
            if value:
                parts = cut_easy(value)[1] or cut(self._prepare(role, value))
                said += parts
                roles += [role] * len(parts)
        return roles, said

    def _prepare(self, role: str, value: str) -> str:
        """A value without what would mislead in it."""
        if role == "city":
            return self.abbreviations.write_out(value)
        return _CONGO.sub(r"\1 ", value) if role == "country" else value

    def _compare(self, reading: Reading) -> None:
        """Leave out the items that others deny."""
        codes = [item for item in reading.items if item.code]
        if codes:
            if codes[0] is not reading.items[-1]:
                self._leave_out_codes(reading)
            self._resolve_codes(reading)
        regional = territorial = False
        for item in reading.items:
            if item.regions:
                regional = True
            if not self.mothers.keys().isdisjoint(item.countries):
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
            if (mother := self.mothers.get(territory)) is not None
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
                of[first + region] in last.countries or self.mothers.get(of[first + region]) in last.countries
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

    def _state(self, reading: Reading) -> frozenset[int]:
        """The countries that the country part names; "England" names that of the region."""
        atlas = self._atlas
        given = [
            item
            for item in reading.items
            if reading.parts[-1].role == "country" and item.start >= reading.parts[-1].start
        ]
        stated = {country for item in given for country in item.countries}
        return frozenset(
            stated or {atlas.country[atlas.districts + region] for item in given for region in item.regions}
        )


def _shorten(said: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    kept, room = [], _MOST_TOKENS
    for words in said:
        if room:
            kept.append(words[:room])
            room -= len(kept[-1])
    return kept
