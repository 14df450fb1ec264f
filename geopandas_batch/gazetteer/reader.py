"""Takes an address apart: parts, tokens, names, items, postcodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from operator import not_
from typing import NamedTuple, TypeAlias

from geopandas_batch.gazetteer.aliases import TERRITORIES
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.items import Items
from geopandas_batch.gazetteer.positions import HOPELESS, weigh_position
from geopandas_batch.gazetteer.postcodes import Postcodes
from geopandas_batch.gazetteer.reading import NOTHING, Item, Name, Part, Post, Reading, Span
from geopandas_batch.gazetteer.spelling import fold, is_unspaced, join, split
from geopandas_batch.gazetteer.words import HINTS, NOISE, SCRIPTS
from geopandas_batch.places import Query

_NO_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")  # of the web or of mail
_CAPITALS = re.compile(r"\b[A-Z]{3}\b")
_MOST_TOKENS = 40  # an address is shorter; a page of text pasted into a cell is cut here
_DIGIT = re.compile("[0-9]")  # folded text has no others
_MOST_CACHED = 50_000  # names
_MOST_PARTS = 10_000

# All that the reading of a part depends on, but for its postcodes: its words (in the first part, where the houses are,
# all numbers are one), their place in the address, its role, whether it is the last part, and which of its words are in
# capitals.
_Key: TypeAlias = tuple[tuple[str, ...], int, int, str, bool, frozenset[str]]


class _Found(NamedTuple):
    """What stands in one part."""

    light: tuple[bool, ...]
    spans: tuple[Span, ...]
    items: tuple[Item, ...]
    posts: tuple[Post, ...]
    longer: tuple[tuple[int, list[tuple[int, int]]], ...]


class Reader:
    """Reads addresses with the names of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        self._items, self._postcodes = Items(atlas), Postcodes(atlas)
        self._names: dict[int, Name] = {}
        self._parts: dict[_Key, _Found | None] = {}  # None: a number in it may belong to a name
        self._met: set[int] = set()  # parts that came once: only those that come again are worth their memory
        numbers = {country: number for number, country in enumerate(atlas.countries)}
        self.mothers = {
            numbers[territory]: numbers[mother]
            for mother, territories in TERRITORIES.items()
            for territory in territories
            if territory in numbers
        }
        named = ((country, join(split(fold(atlas.label(atlas.regions + country))))) for country in numbers.values())
        self._sovereign = {
            (atlas.names[name], country)
            for country, name in named
            if country not in self.mothers and name in atlas.names
        }
        self._hints = {word: frozenset(map(numbers.__getitem__, countries)) for word, countries in HINTS.items()}
        self._scripts = [
            (first, last, frozenset(map(numbers.__getitem__, countries))) for first, last, countries in SCRIPTS
        ]

    def read(self, query: Query) -> Reading:
        """The parts, names, items and postcodes of an address."""
        reading = Reading()
        tokens, parts = reading.tokens, reading.parts
        at = 0
        for role, text in _split_query(query):
            tokens += split(text)
            if len(tokens) > at:
                del tokens[_MOST_TOKENS:]
                start, at = at, len(tokens)
                if at > start:
                    parts.append(Part(start, at, role))
        reading.numeric = [*map(str.isdigit, tokens)]
        if not self._items.three_letters.isdisjoint(tokens) and not query.text.isupper():
            reading.capitals = frozenset(map(str.lower, _CAPITALS.findall(query.text)))
        for number, part in enumerate(parts):
            self._read_part(reading, number, part)
        if len(reading.items) > 1:
            self._resolve_codes(reading)
            self._leave_out_mothers(reading)
        reading.heavy = [*accumulate(map(not_, reading.light), initial=0)]
        reading.hinted = self._hint(tokens)
        if query.country:
            reading.stated = self._state(reading)
        return reading

    def _leave_out_mothers(self, reading: Reading) -> None:
        """After the name of a territory, that of its country says nothing: "Stanley, Falkland Islands, United Kingdom".

        Where a town of the country has that name too, both stay: "Saint-Martin, France".
        """
        country = self._atlas.country
        known = {
            mother
            for item in reading.items
            if item.placed and not item.code
            for territory in item.countries
            if (mother := self.mothers.get(territory)) is not None
            and not any(
                country[place >> 1] == mother
                for span in reading.spans
                if span[:2] == item[:2]
                for place in span.name.places
            )
        }
        if known:
            out = [item for item in reading.items if item.countries and item.countries <= known]
            reading.items = [item for item in reading.items if item not in out]
            taken = {item[:2] for item in out}
            reading.spans = [span for span in reading.spans if span[:2] not in taken]

    def _read_part(self, reading: Reading, number: int, part: Part) -> None:
        """Read a part, or remember what stood in it: many addresses end alike, and many houses are in one street."""
        start, end, role = part
        tokens, words = reading.tokens, reading.tokens[start:end]
        numbers = not number and role == "any" and True in reading.numeric[:end]
        if numbers:
            words = ["0" if word.isdigit() else word for word in words]
        capitals = reading.capitals.intersection(words) if reading.capitals else reading.capitals
        key = tuple(words), number, start, role, len(reading.parts) - number == 1, capitals
        found = self._parts.get(key)
        if found is not None:
            light, spans, items, posts, longer = found
            reading.light += light
            reading.spans += spans
            reading.items += items
            reading.posts += self._postcodes.find(tokens, part) if numbers else posts
            if longer:
                reading.longer.update(longer)
            return
        spans, items, posts = len(reading.spans), len(reading.items), len(reading.posts)
        self._find_all(reading, number, part)
        mark = hash(key)
        if mark not in self._met:
            if len(self._met) > _MOST_CACHED:
                self._met.clear()
            self._met.add(mark)
        elif key not in self._parts:
            if len(self._parts) > _MOST_PARTS:
                self._parts.clear()
            self._parts[key] = (
                None
                if numbers and self._may_end_in_number(words)
                else _Found(
                    tuple(reading.light[start:end]),
                    tuple(reading.spans[spans:]),
                    tuple(reading.items[items:]),
                    tuple(reading.posts[posts:]),
                    tuple(names for names in reading.longer.items() if names[0] >= start),
                )
            )

    def _may_end_in_number(self, words: Sequence[str]) -> bool:
        """Whether a name has a number where these words have one: "Dublin 8"."""
        return any(
            next(self._atlas.names.iterkeys(join([*words[start:at]]) + digit), None) is not None
            for at, word in enumerate(words)
            if word == "0"
            for start in range(at)
            if words[start] != "0"
            for digit in "0123456789"
        )

    def _resolve_codes(self, reading: Reading) -> None:
        """A code after a region of the country it may stand for is that country: "Thunder Bay, Ontario, CA"."""
        atlas = self._atlas
        for at, code in enumerate(reading.items):
            if code.code and code.countries and code.start > 1:
                for item in reading.items:
                    inside = (
                        frozenset(atlas.country[atlas.districts + region] for region in item.regions) & code.countries
                    )
                    # "Ontario, CA" alone is the town in California.
                    if inside and item.placed and item.end == code.start and item.start > 0:
                        reading.items[at] = code._replace(countries=inside, regions=frozenset(), code=False)

    def _find_all(self, reading: Reading, number: int, part: Part) -> None:
        """The names and items of a part, as if it had never been met."""
        start, end, role = part
        tokens = reading.tokens
        light = reading.light
        light += [
            token in NOISE if token.isalpha() else token.isdigit() or _DIGIT.search(token) is not None
            for token in tokens[start:end]
        ]
        if role in {"any", "postcode", "city"} and True in light[start:]:
            reading.posts += self._postcodes.find(tokens, part)
        if role in {"street", "postcode"}:
            return
        names = self._find_names(tokens, part)
        areas = []
        for found in names:
            at, to, name = found
            if to - at > 1:
                for token in range(at, to):
                    reading.longer.setdefault(token, []).append((at, to))
            if name[4]:
                areas.append(found)
        self._items.find(reading, part, areas)
        if names and role in {"any", "city"}:
            heavy = [*accumulate(map(not_, light[start:]), initial=0)]
            for at, to, name in names:
                if name[0]:
                    position = weigh_position(reading, number, heavy, at, to)
                    if position[0] > HOPELESS:
                        reading.spans.append(Span(at, to, number, name, False, position))

    def _find_names(self, tokens: list[str], part: Part) -> list[tuple[int, int, Name]]:
        """All names of the index that are whole words of the part, in the order of their starts."""
        words = tokens[part.start : part.end]
        search = self._atlas.names.iter_prefixes_with_ids
        known = self._names
        found = []
        line = " ".join(words) + " "  # as `join` would do it
        if line.isascii():
            for at, word in enumerate(words, part.start):
                if not word.isdigit():
                    for prefix, number in search(line):
                        found.append((at, at + prefix.count(" "), known.get(number) or self.name(number)))
                line = line[len(word) + 1 :]
            return found
        line = join(words)
        ends = {0: part.start}  # token by its place in the line
        place = 0
        for at, word in enumerate(words, part.start + 1):
            place += len(word) + (not is_unspaced(word))
            ends[place] = at
        for place, at in list(ends.items())[:-1]:
            for prefix, number in search(line[place:]):
                to = ends.get(place + len(prefix))
                if to is not None and not tokens[at].isdigit():
                    found.append((at, to, self.name(number)))
        return found

    def name(self, number: int) -> Name:
        """What the name with this number in the index stands for."""
        name = self._names.get(number)
        if name is None:
            if len(self._names) > _MOST_CACHED:
                self._names.clear()
            name = self._names[number] = self._look_up(number)
        return name

    def _look_up(self, number: int) -> Name:
        atlas = self._atlas
        first, last = atlas.name_start[number], atlas.name_start[number + 1]
        entries = (atlas.name_entity[first],) if last - first == 1 else tuple(atlas.name_entity[first:last])
        if max(entries) >> 1 < atlas.villages:  # most names
            return Name(entries)
        places = tuple(entry for entry in entries if entry >> 1 < atlas.villages)
        areas = [entry >> 1 for entry in entries if entry >> 1 >= atlas.villages]
        # "Norfolk" is a city before it is Norfolk Island; "Georgia" and "Grenada" are countries before they are towns.
        biggest = places[0] >> 1 if places else None
        countries = frozenset(
            entity - atlas.regions
            for entity in areas
            if entity >= atlas.regions
            and (
                biggest is None
                or atlas.weight[entity] >= atlas.weight[biggest]
                or atlas.country[entity] == atlas.country[biggest]
                or (number, entity - atlas.regions) in self._sovereign
            )
        )
        regions = frozenset(entity - atlas.districts for entity in areas if atlas.districts <= entity < atlas.regions)
        districts = frozenset(entity - atlas.villages for entity in areas if entity < atlas.districts)
        return Name(places, regions, districts, countries, bool(regions or districts or countries))

    def _hint(self, tokens: list[str]) -> frozenset[int]:
        """Where the language of the street words or the script of the address is at home."""
        hints = self._hints
        for token in tokens:
            if token in hints:
                return hints[token]
            if not token.isascii():
                for first, last, countries in self._scripts:
                    if first <= token[0] <= last:
                        return countries
        return NOTHING

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


def _split_query(query: Query) -> list[tuple[str, str]]:
    """Each part's role and its folded text."""
    if query.text:
        text = query.text
        if "://" in text or "@" in text or "www." in text:
            text = _NO_ADDRESS.sub(" ", text)
        return [("any", part) for part in fold(text).split(",")]
    # Where no town is given, it may stand in the street.
    street = "street" if query.city or query.postcode else "any"
    given = (
        (street, f"{query.housenumber} {query.street}"),
        ("city", query.city),
        ("postcode", query.postcode),
        ("state", query.state),
        ("country", query.country),
    )
    return [(role, part) for role, value in given if value for part in fold(value).split(",")]
