"""From the rows of the sources to the tables of the gazetteer: entities, the index of their names, postcodes."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from geopandas_batch.gazetteer import aliases
from geopandas_batch.gazetteer.spelling import code_key, fold, key

# Countries whose postal file names towns and villages, each with a point of its own: they fill the gaps between the
# places of 500 inhabitants and more. Elsewhere it names city blocks, colonies or post offices.
VILLAGES = frozenset(
    "AD AT AU BE BG CH CZ DE DK EE ES FI FR GB HR HU IE IS IT LI LT LU LV MT NL NO NZ PL PT RO SE SI SK UA US ZA".split()
)
NOWHERE = 0xFFFFFFFF  # no place belongs to this postcode
_NO_VILLAGE = re.compile(
    r"\d|\bgmbh\b|\bag\b|cedex|\bzona\b|\bbox\b|posta|\bbank\b|industri|\buniversit|\bcorp|\binc\b"
)
_CODE_NAME = re.compile(r"[A-Z0-9]{1,4}")
_KIND_OF_REGION = re.compile(
    r"(?i)\b(provincia d[ei]l?|provincia de|province of|province|oblast|kray|krai|respublika|republic of|republic|region"
    r"|governorate|state of|state|prefecture|voivodeship|canton of|kanton|canton de|canton|county|district|departamento de"
    r"|departamento|department|département de la|département du|département de|municipality|область|край|республика|автономный округ"
    r"|ken|fu|to|kraj|megye|județul|lääni|län|fylke|maakond|novads|ili|ilçesi|shi|gun|city and county of|city of"
    r"|metropolitan borough of|royal borough of|borough of|london borough of)\b\.?"
)
_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe"}
)


@dataclass(slots=True)
class Entities:
    """All that an answer can be: places, villages, districts, regions and countries, one row each, in this order."""

    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    weight: list[int] = field(default_factory=list)
    country: list[int] = field(default_factory=list)
    region: list[int] = field(default_factory=list)
    district: list[int] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    names: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    bounds: list[int] = field(default_factory=list)

    def add(
        self,
        label: str,
        lat: float,
        lon: float,
        *,
        weight: int = 0,
        country: int = 0,
        region: int = 0xFFFF,
        district: int = 0xFFFF,
    ) -> int:
        """A new row; its number."""
        for column, value in zip(
            (self.label, self.lat, self.lon, self.weight, self.country, self.region, self.district),
            (label, lat, lon, weight, country, region, district),
            strict=True,
        ):
            column.append(value)  # type: ignore[attr-defined]
        return len(self.label) - 1

    def call(self, entity: int, name: str, *, other: bool = True) -> None:
        """The entity answers to this name too; `other` if it is not its first name."""
        spelled = key(name)
        if spelled:
            known = self.names[spelled]
            known[entity] = min(known.get(entity, 1), int(other))

    def close(self) -> None:
        """The rows of this kind are all there."""
        self.bounds.append(len(self.label))


def weigh(population: int) -> int:
    """The population as one byte: 30 times its decimal logarithm."""
    return min(255, round(30 * math.log10(population + 1)))


class Near:
    """The nearest place of a country; exact enough at the scale of a town."""

    def __init__(self, entities: Entities) -> None:
        rows: dict[int, list[int]] = defaultdict(list)
        for row, country in enumerate(entities.country):
            rows[country].append(row)
        self._rows = {country: np.array(members) for country, members in rows.items()}
        self._lat, self._lon = np.array(entities.lat), np.array(entities.lon)

    def find(self, country: int, lats: list[float], lons: list[float]) -> list[int]:
        """The row of the nearest place for each point; -1 where the country has none."""
        rows = self._rows.get(country)
        if rows is None:
            return [-1] * len(lats)
        found: list[int] = []
        lat, lon = self._lat[rows], self._lon[rows]
        for at in range(0, len(lats), 2000):
            here, there = np.array(lats[at : at + 2000])[:, None], np.array(lons[at : at + 2000])[:, None]
            squares = (here - lat) ** 2 + ((there - lon) * np.cos(np.radians(here))) ** 2
            found.extend(rows[np.argmin(squares, axis=1)].tolist())
        return found


def spellings(place: dict[str, Any]) -> Iterable[str]:
    """The alternate names worth keeping: no codes of airports, no machine transliterations in small letters."""
    name = place["name"]
    for other in place["alternatenames"]:
        latin = other.isascii()
        if latin and (other == other.lower() or _CODE_NAME.fullmatch(other)) and other != name:
            continue
        if len(other) < 2 or len(other) > 60 or "http" in other:
            continue
        yield other


def variants(name: str) -> Iterable[str]:
    """Other ways to write a name: without the part in brackets, each half of a double name, umlauts written out."""
    if "(" in name:
        yield name.split("(")[0]
    if "/" in name or " - " in name:
        yield from re.split(r"/| - ", name)
    written_out = name.translate(_UMLAUTS)
    if written_out != name:
        yield written_out


def add_places(
    entities: Entities, places: list[dict[str, Any]], countries: dict[str, int], regions: dict[str, int]
) -> None:
    """Places of 500 inhabitants and more; the list is in the order of the rows."""
    for place in places:
        country = place["countrycode"]
        row = entities.add(
            place["name"],
            float(place["latitude"]),
            float(place["longitude"]),
            weight=weigh(int(place["population"])),
            country=countries[country],
            region=regions.get(f"{country}.{place['admin1code']}", 0xFFFF),
        )
        entities.call(row, place["name"], other=False)
        for name in (place["name"], *variants(place["name"])):
            entities.call(row, name)
        for other in spellings(place):
            entities.call(row, other)
            if country in {"DE", "AT", "CH", "DK", "NO", "SE", "FI"}:
                for variant in variants(other):
                    entities.call(row, variant)
    cities = {(name, country): others.split("|") for name, country, others in aliases.CITIES}
    best: dict[tuple[str, str], int] = {}
    for row, place in enumerate(places):
        for name in (place["name"], *place["alternatenames"]):
            at = (name, place["countrycode"])
            if at in cities and (at not in best or entities.weight[row] > entities.weight[best[at]]):
                best[at] = row
    for at, row in best.items():
        for other in cities[at]:
            entities.call(row, other, other=False)


@dataclass(slots=True)
class Post:
    """One postcode of one country: the points and the towns that the file gives it."""

    lats: list[float] = field(default_factory=list)
    lons: list[float] = field(default_factory=list)
    towns: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, lat: float, lon: float, town: str, state: str) -> None:
        """One row of the file."""
        self.lats.append(lat)
        self.lons.append(lon)
        self.towns[town, state] += 1

    @property
    def point(self) -> tuple[float, float]:
        """The median: a row that is far off does not pull it."""
        return median(self.lats), median(self.lons)


def gather_posts(rows: Iterable[dict[str, Any]], countries: dict[str, int]) -> dict[tuple[str, str], Post]:
    """The postal file by (country, code key), in sorted order.

    Left out: the Emirates, whose "codes" are numbers of buildings, and countries with one or two codes for all.
    """
    posts: dict[tuple[str, str], Post] = defaultdict(Post)
    for row in rows:
        country = row["country_code"]
        if country != "AE" and country in countries:
            code = code_key(row["postal_code"])
            if code:
                posts[country, code].add(row["latitude"], row["longitude"], row["city"].strip(), row["state"].strip())
    codes = Counter(country for country, _ in posts)
    return {at: posts[at] for at in sorted(posts) if codes[at[0]] > 2}


def add_villages(entities: Entities, posts: dict[tuple[str, str], Post], countries: dict[str, int]) -> None:
    """Towns that only the postal file knows: the median of their points, with region and district of the nearest place."""
    points: dict[tuple[str, str, str, str], tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for (country, _), post in posts.items():
        if country in VILLAGES:
            for lat, lon, (town, state) in zip(post.lats, post.lons, post.towns.elements(), strict=True):
                if town and not _NO_VILLAGE.search(fold(town)):
                    lats, lons = points[country, key(town), state, town]
                    lats.append(lat)
                    lons.append(lon)
    near = Near(entities)
    fresh: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
    for (country, spelled, _, town), (lats, lons) in sorted(points.items()):
        lat, lon = median(lats), median(lons)
        number = countries[country]
        if not any(
            entities.country[other] == number and distance(lat, lon, entities.lat[other], entities.lon[other]) < 15
            for other in entities.names.get(spelled, ())
        ):
            fresh[number].append((town, lat, lon))
    for number, villages in sorted(fresh.items()):
        nearest = near.find(number, [village[1] for village in villages], [village[2] for village in villages])
        for (town, lat, lon), place in zip(villages, nearest, strict=True):
            if any(
                row >= entities.bounds[0] and distance(lat, lon, entities.lat[row], entities.lon[row]) < 10
                for row in entities.names.get(key(town), ())
                if entities.country[row] == number
            ):
                continue
            row = entities.add(
                town,
                round(lat, 5),
                round(lon, 5),
                country=number,
                region=entities.region[place],
                district=entities.district[place],
            )
            entities.call(row, town, other=False)
            for variant in variants(town):
                entities.call(row, variant)


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres between two points of a neighbourhood (plate carrée at the mean latitude)."""
    width = math.cos(math.radians((lat + other_lat) / 2)) * ((lon - other_lon + 180) % 360 - 180)
    return 111.2 * math.hypot(lat - other_lat, width)


def locate_posts(
    entities: Entities, posts: dict[tuple[str, str], Post], countries: dict[str, int]
) -> dict[tuple[str, str], tuple[float, float, int]]:
    """Point and place of each postcode: the place of its name within 30 km, else the nearest place within 30 km."""
    located: dict[tuple[str, str], tuple[float, float, int]] = {}
    nameless: dict[str, list[str]] = defaultdict(list)
    for at, post in posts.items():
        lat, lon = post.point
        number = countries[at[0]]
        namesakes = [
            row
            for (town, _), _ in sorted(post.towns.items(), key=lambda item: (-item[1], item[0]))[:3]
            for row in entities.names.get(key(town), ())
            if row < entities.bounds[1]
            and entities.country[row] == number
            and distance(lat, lon, entities.lat[row], entities.lon[row]) < 30
        ]
        if namesakes:
            located[at] = lat, lon, max(namesakes, key=lambda row: (entities.weight[row], -row))
        else:
            nameless[at[0]].append(at[1])
            located[at] = lat, lon, NOWHERE
    near = Near(entities)
    for country, codes in nameless.items():
        points = [located[country, code] for code in codes]
        rows = near.find(countries[country], [point[0] for point in points], [point[1] for point in points])
        for code, (lat, lon, _), row in zip(codes, points, rows, strict=True):
            if row >= 0 and distance(lat, lon, entities.lat[row], entities.lon[row]) < 30:
                located[country, code] = lat, lon, row
    return located


def add_areas(
    located: dict[tuple[str, str], tuple[float, float, int]],
) -> dict[tuple[str, str], tuple[float, float, int]]:
    """Postal areas, written "101*": the first figures, where nine in ten of their codes lie within 25 km of the middle.

    They stand in for codes that the file lacks: those of single buildings and of post office boxes.
    """
    members: dict[tuple[str, str], list[tuple[float, float, int]]] = defaultdict(list)
    for (country, code), point in located.items():
        if code.isdigit() and len(code) >= 5:
            members[country, code[: 3 if len(code) < 7 else 4] + "*"].append(point)
    areas = {}
    for at, points in members.items():
        lat, lon = (median(point[axis] for point in points) for axis in (0, 1))
        close = [point for point in points if distance(lat, lon, point[0], point[1]) < 25]
        if len(close) >= 0.9 * len(points):
            areas[at] = lat, lon, Counter(point[2] for point in close).most_common(1)[0][0]
    return areas


def vote_regions(
    entities: Entities, posts: dict[tuple[str, str], Post], place_of: Callable[[tuple[str, str]], int]
) -> dict[tuple[str, str], int]:
    """The region for which the postal file uses a name ("Bayern"), by the places of its postcodes."""
    votes: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for at, post in posts.items():
        place = place_of(at)
        if place != NOWHERE and entities.region[place] != 0xFFFF:
            for (_, state), count in post.towns.items():
                if state:
                    votes[at[0], state][entities.region[place]] += count
    return {
        at: ranked[0][0]
        for at, counter in sorted(votes.items())
        if (ranked := counter.most_common(1)) and ranked[0][1] >= 0.6 * sum(counter.values())
    }


def short_names(name: str) -> Iterable[str]:
    """The name of a region with and without its kind: "Kyiv Oblast" is also "Kyiv"."""
    yield name
    bare = _KIND_OF_REGION.sub(" ", name).strip(" -–")
    if bare and bare != name and len(bare) > 2:
        yield bare


def middle(entities: Entities, rows: Iterable[int]) -> tuple[float, float]:
    """The mean point of the rows, weighted by population."""
    members = list(rows)
    people = 10.0 ** (np.array([entities.weight[row] for row in members]) / 30)
    lat = np.radians([entities.lat[row] for row in members])
    lon = np.radians([entities.lon[row] for row in members])
    x, y, z = (
        float((people * part).sum()) for part in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
    )
    return round(math.degrees(math.atan2(z, math.hypot(x, y))), 3), round(math.degrees(math.atan2(y, x)), 3)


def omissions(entities: Entities) -> set[str]:
    """Each well-known name without one of its letters, then a zero byte, the place of that letter, and the letter.

    One deletion on either side finds all names at one typing error (a letter too few, too many, wrong, or two swapped).
    """
    known, famous = weigh(15_000), weigh(100_000)
    found = set()
    for name, named in entities.names.items():
        if len(name) < 6 or not (name.isascii() or "\u0400" <= name[0] < "\u0500") or any(map(str.isdigit, name)):
            continue
        if any(
            (entities.weight[row] >= (famous if other else known) and row < entities.bounds[0])
            or (row >= entities.bounds[2] and not other)
            for row, other in named.items()
        ):
            found.update(f"{name[:at]}{name[at + 1 :]}\0{at:02}{name[at]}" for at in range(len(name) - 1))
    return found
