"""What stands in one part of an address: names, items, postcodes. Parts that were met before are remembered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from operator import not_
from typing import NamedTuple, TypeAlias

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.items import Items
from geopandas_batch.gazetteer.positions import HOPELESS, weigh_position
from geopandas_batch.gazetteer.postcodes import Postcodes
from geopandas_batch.gazetteer.reading import Item, Name, Part, Post, Reading, Span
from geopandas_batch.gazetteer.spelling import is_unspaced, join
from geopandas_batch.gazetteer.words import NOISE

_DIGIT = re.compile("[0-9]")  # folded text has no others
_MOST_CACHED = 50_000  # names
_MOST_PARTS = 10_000

# All that the reading of a part depends on, but for its postcodes: its words (in the first part, where the houses are,
# all numbers are one), their place in the address, its role, whether it is the last part, which of its words are in
# capitals, and of a first word whether a number follows ("DE, 10115 Berlin").
_Key: TypeAlias = tuple[tuple[str, ...], int, int, str, bool, frozenset[str], bool]


class _Found(NamedTuple):
    """What stands in one part."""

    light: tuple[bool, ...]
    spans: tuple[Span, ...]
    items: tuple[Item, ...]
    posts: tuple[Post, ...]
    longer: tuple[tuple[int, list[tuple[int, int]]], ...]


class Parts:
    """Reads parts with the names of an atlas."""

    def __init__(self, atlas: Atlas, sovereign: frozenset[tuple[int, int]]) -> None:
        """`sovereign`: names in the index, and the countries whose own names they are."""
        self._atlas, self._sovereign = atlas, sovereign
        self._items, self._postcodes = Items(atlas), Postcodes(atlas)
        self._names: dict[int, Name] = {}
        self._parts: dict[_Key, _Found | None] = {}  # None: a number in it may belong to a name
        self._met: set[int] = set()  # parts that came once: only those that come again are worth their memory
        self.three_letters = self._items.three_letters

    def read(self, reading: Reading, number: int, part: Part) -> None:
        """Read a part, or remember what stood in it: many addresses end alike, and many houses are in one street."""
        start, end, role = part
        tokens, words = reading.tokens, reading.tokens[start:end]
        numbers = not number and role == "any" and True in reading.numeric[:end]
        if numbers:
            words = ["0" if word.isdigit() else word for word in words]
        capitals = reading.capitals.intersection(words) if reading.capitals else reading.capitals
        numbered = end == 1 and tokens[1:2] != [] and tokens[1][0].isdigit()
        key = tuple(words), number, start, role, len(reading.parts) - number == 1, capitals, numbered
        found = self._parts.get(key)
        if found is not None:
            reading.light += found.light
            reading.spans += found.spans
            reading.items += found.items
            reading.posts += self._postcodes.find(tokens, part) if numbers else found.posts
            if found.longer:
                reading.longer.update(found.longer)
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
