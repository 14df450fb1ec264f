"""What stands in an address: names of places, and the items that say where they are (country, region, postcode)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from geopandas_batch.gazetteer.aliases import TERRITORIES
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.spelling import fold, is_unspaced, join, split
from geopandas_batch.gazetteer.words import HINTS, NOISE, SCRIPTS
from geopandas_batch.places import Query, tidy

# Full codes of which the postal file has the first half only: Great Britain, Ireland, Canada, the Netherlands, Argentina.
_HALVES = (
    ("GB", re.compile(r"([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}")),
    ("IE", re.compile(r"([a-z]\d[\dw])[a-z\d]{4}")),
    ("CA", re.compile(r"([a-z]\d[a-z])\d[a-z]\d")),
    ("NL", re.compile(r"(\d{4})[a-z]{2}")),
    ("AR", re.compile(r"[a-z](\d{4})(?:[a-z]{3})?")),
)
_NO_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")  # of the web or of mail
_MOST_TOKENS = 40  # an address is shorter; a page of text pasted into a cell is cut here


class Name(NamedTuple):
    """What a name in the index stands for. Places are entity numbers times two, plus one for a second name."""

    places: list[int]
    regions: frozenset[int]
    districts: frozenset[int]
    countries: frozenset[int]
    first: bool  # a first name of the country, not one of a rare language


class Span(NamedTuple):
    """A name of places in the text: tokens `start` to `end` of one part."""

    start: int
    end: int
    part: int
    name: Name
    corrected: bool = False


class Item(NamedTuple):
    """A word that says in which country or region the place is; it may have several meanings ("Georgia", "CA")."""

    start: int
    end: int
    countries: frozenset[int]
    regions: frozenset[int]
    districts: frozenset[int]
    code: bool
    placed: bool  # stands where countries and regions stand: alone, or at the end of a part


class Post(NamedTuple):
    """A postcode in the text: the rows of the postal file by country."""

    start: int
    end: int
    rows: dict[int, int]
    weak: bool  # may as well be the number of a house
    full: int  # the country whose full code this is, by its form alone; else -1


@dataclass(slots=True)
class Reading:
    """An address taken apart."""

    tokens: list[str] = field(default_factory=list)
    parts: list[tuple[int, int, str]] = field(default_factory=list)  # where each part starts and ends, and its role
    heavy: list[int] = field(default_factory=list)  # how many tokens before each say more than a number or an item
    spans: list[Span] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    longer: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # by token: the longer names it is in
    hinted: frozenset[int] = frozenset()  # countries where the words or the script of the address are at home


class Reader:
    """Reads addresses with the names of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._names: dict[int, Name] = {}
        numbers = {country: number for number, country in enumerate(atlas.countries)}
        self.mothers = {
            numbers[territory]: numbers[mother]
            for mother, territories in TERRITORIES.items()
            for territory in territories
            if territory in numbers
        }
        self._numbers = numbers
        self._hints = {word: frozenset(numbers[country] for country in countries) for word, countries in HINTS.items()}
        self._scripts = [
            (first, last, frozenset(numbers[country] for country in countries)) for first, last, countries in SCRIPTS
        ]

    def read(self, query: Query) -> Reading:
        """The parts, names, items and postcodes of an address."""
        reading = Reading()
        tokens = reading.tokens
        for role, text in self._parts(query):
            words = split(text)[: _MOST_TOKENS - len(tokens)]
            if words:
                reading.parts.append((len(tokens), len(tokens) + len(words), role))
                tokens.extend(words)
        reading.heavy = [0] * (len(tokens) + 1)
        light = [False] * len(tokens)
        for number in range(len(reading.parts)):
            self._read_part(reading, number, light)
        seen = 0
        for at, is_light in enumerate(light):
            reading.heavy[at] = seen
            seen += not is_light
        reading.heavy[-1] = seen
        reading.hinted = self._hint(tokens)
        return reading

    def _hint(self, tokens: list[str]) -> frozenset[int]:
        """Where the language of the street words or the script of the address is at home."""
        for token in tokens:
            if token in self._hints:
                return self._hints[token]
            if not token.isascii():
                for first, last, countries in self._scripts:
                    if first <= token[0] <= last:
                        return countries
        return frozenset()

    def _parts(self, query: Query) -> Iterable[tuple[str, str]]:
        """Each part's role and its folded text."""
        if query.text:
            text = tidy(query.text)
            if "://" in text or "@" in text or "www." in text:
                text = _NO_ADDRESS.sub(" ", text)
            for text in fold(text).split(","):
                yield "any", text
            return
        named = query.city or query.postcode
        for role, value in (
            ("street" if named else "any", f"{query.housenumber} {query.street}"),
            ("city", query.city),
            ("postcode", query.postcode),
            ("state", query.state),
            ("country", query.country),
        ):
            for text in fold(tidy(value)).split(","):
                yield role, text

    def _read_part(self, reading: Reading, number: int, light: list[bool]) -> None:
        start, end, role = reading.parts[number]
        tokens = reading.tokens
        found = self._find_names(tokens, start, end)
        if role in {"any", "postcode", "city"}:
            self._find_posts(reading, start, end, role)
        for at in range(start, end):
            token = tokens[at]
            light[at] = token in NOISE if token.isalpha() else any(map(str.isdigit, token))
        if role in {"street", "postcode"}:
            return
        for at, to, _ in found:
            if to - at > 1:
                for token in range(at, to):
                    reading.longer.setdefault(token, []).append((at, to))
        if role in {"any", "city"}:
            reading.spans.extend(Span(at, to, number, name) for at, to, name in found if name.places)
        self._find_items(reading, start, end, role, found, light)

    def _find_names(self, tokens: list[str], start: int, end: int) -> list[tuple[int, int, Name]]:
        """All names of the index that are whole words of the part."""
        part = tokens[start:end]
        line = join(part)
        bounds: dict[int, int] = {}
        starts: list[int] = []
        at = 0
        for token_number, token in enumerate(part, start):
            starts.append(at)
            bounds[at] = token_number
            at += len(token) if is_unspaced(token) else len(token) + 1
        bounds[at] = end
        found = []
        search = self._atlas.names.iter_prefixes_with_ids
        for token_number, at in enumerate(starts, start):
            if part[token_number - start].isdigit():
                continue
            for prefix, name in search(line[at:]):
                to = bounds.get(at + len(prefix))
                if to is not None:
                    found.append((token_number, to, self.name(name)))
        return found

    def name(self, number: int) -> Name:
        """What the name with this number in the index stands for."""
        name = self._names.get(number)
        if name is None:
            if len(self._names) > 50_000:
                self._names.clear()
            name = self._names[number] = self._look_up(number)
        return name

    def _look_up(self, number: int) -> Name:
        atlas = self._atlas
        entries = atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]].tolist()
        places, regions, districts, countries = [], [], [], []
        first = False
        for entry in entries:
            entity = entry >> 1
            if entity < atlas.villages:
                places.append(entry)
            elif entity < atlas.districts:
                districts.append(entity - atlas.villages)
            elif entity < atlas.regions:
                regions.append(entity - atlas.districts)
            else:
                countries.append(entity - atlas.regions)
                first |= not entry & 1
        # "Norfolk" is a city before it is Norfolk Island, but "Georgia" is a country before it is a town.
        most = atlas.weight[places[0] >> 1] if places else 0
        countries = [
            country
            for country in countries
            if atlas.weight[atlas.regions + country] >= most or atlas.country[places[0] >> 1] == country
        ]
        return Name(places, frozenset(regions), frozenset(districts), frozenset(countries), first)

    def _find_items(
        self, reading: Reading, start: int, end: int, role: str, found: list[tuple[int, int, Name]], light: list[bool]
    ) -> None:
        """Countries, regions and codes of the part; those at its end are light."""
        tokens, short = reading.tokens, self._atlas.short
        # The longest name that ends at a token.
        ending: dict[int, tuple[int, int, Name]] = {}
        for span in found:
            name = span[2]
            if (name.countries or name.regions or name.districts) and span[1] not in ending:
                ending[span[1]] = span
        placed = set()
        at = end
        while at > start:
            if light[at - 1] and tokens[at - 1] not in short:
                at -= 1
                continue
            span_here = ending.get(at)
            if span_here is not None and (span_here[2].countries or span_here[2].regions or span_here[0] == start):
                placed.add(span_here[:2])
                light[span_here[0] : at] = [True] * (at - span_here[0])
                at = span_here[0]
                continue
            token = tokens[at - 1]
            if token in short and (
                at - 1 > start or role != "any" or start > 0 or self._before_number(tokens, at, end)
            ):
                self._add_code(reading, at - 1, role)
                light[at - 1] = True
                at -= 1
                continue
            break
        if tokens[start] in short and end - start > 1 and tokens[start + 1][:1].isdigit() and not light[start]:
            # "CH 8001 Zürich"
            self._add_code(reading, start, role)
            light[start] = True
        for at, to, name in found:
            if name.countries or name.regions or name.districts:
                is_placed = (at, to) in placed or (at == start and is_unspaced(tokens[at]))
                if is_placed and at == start:
                    light[at:to] = [True] * (to - at)
                countries = name.countries if is_placed else frozenset[int]()
                if role == "state":
                    countries = frozenset()
                if countries or name.regions or name.districts:
                    item = Item(at, to, countries, name.regions, name.districts, False, is_placed)  # noqa: FBT003
                    reading.items.append(item)

    def _before_number(self, tokens: list[str], at: int, end: int) -> bool:
        return at < end and tokens[at][:1].isdigit()

    def _add_code(self, reading: Reading, at: int, role: str) -> None:
        atlas = self._atlas
        countries, regions, districts = set(), set(), set()
        for entity in atlas.short[reading.tokens[at]]:
            if entity >= atlas.regions:
                countries.add(entity - atlas.regions)
            elif entity >= atlas.districts:
                regions.add(entity - atlas.districts)
            else:
                districts.add(entity - atlas.villages)
        if role == "country":
            regions, districts = set(), set()
        elif role == "state":
            countries = set()
        reading.items.append(
            Item(at, at + 1, frozenset(countries), frozenset(regions), frozenset(districts), True, True)  # noqa: FBT003
        )

    def _find_posts(self, reading: Reading, start: int, end: int, role: str) -> None:
        tokens = reading.tokens
        for at in range(start, end):
            token = tokens[at]
            if len(token) > 10:
                continue
            following = tokens[at + 1] if at + 1 < end else ""
            if token.isalpha() and not following[:1].isdigit():
                continue
            has_digit = any(map(str.isdigit, token))
            pair = token + following if following and len(token) + len(following) <= 9 else ""
            if not has_digit and not (pair and len(token) <= 3 and following.isdigit()):
                continue
            rows: dict[int, int] = {}
            to, full = at + 1, -1
            if has_digit and len(token) > 1:
                self._look_up_code(token, rows)
                full = self._look_up_half(token, rows)
            if pair and any(map(str.isdigit, following)):
                known = len(rows)
                half = self._look_up_half(pair, rows)
                self._look_up_code(pair, rows)
                full = half if half >= 0 else full
                to = at + 2 if len(rows) > known or half >= 0 else to
            elif pair and len(following) == 2 and self._look_up_half(pair, rows) >= 0:
                to = at + 2
            if rows:
                weak = at == 0 and role == "any" and len(token) < 5 and to == at + 1 and full < 0
                reading.posts.append(Post(at, to, rows, weak, full))

    def _look_up_code(self, code: str, rows: dict[int, int]) -> None:
        atlas = self._atlas
        number = atlas.codes.get(code)
        if number is not None:
            for row in range(atlas.code_start[number], atlas.code_start[number + 1]):
                rows[atlas.code_country[row]] = row
        if len(code) >= 5 and code.isdigit():
            number = atlas.codes.get(code[: 3 if len(code) < 7 else 4] + "*")
            if number is not None:
                for row in range(atlas.code_start[number], atlas.code_start[number + 1]):
                    # A country's own code comes before the area it is in.
                    rows.setdefault(atlas.code_country[row], -row - 1)

    def _look_up_half(self, code: str, rows: dict[int, int]) -> int:
        """Look up the half of a full code that the file has; the country if the form tells it alone, else -1."""
        atlas = self._atlas
        for country, form in _HALVES:
            whole = form.fullmatch(code)
            number = atlas.codes.get(whole[1]) if whole else None
            if number is not None:
                for row in range(atlas.code_start[number], atlas.code_start[number + 1]):
                    if atlas.codes is not None and atlas.code_country[row] == self._numbers[country]:
                        rows[self._numbers[country]] = row
                        return self._numbers[country] if country in {"GB", "CA", "IE"} else -1
        return -1
