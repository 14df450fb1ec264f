"""The postal file: a point for each postcode, the villages that only it knows, and local names of regions."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from geopandas_batch.gazetteer.atlas import NO_REGION, NOWHERE
from geopandas_batch.gazetteer.atlas.spelling import code_key, fold, key
from geopandas_batch.gazetteer.build.tables import Entities, variants

# Countries whose postal file names towns and villages, each with a point of its own: they fill the gaps between the
# places of 500 inhabitants and more. Elsewhere it names city blocks, colonies or post offices.
VILLAGES = frozenset(
    countries
    for line in (
        "AD AT AU BE BG CH CZ DE DK EE ES FI FR GB HR HU IE IS",
        "IT LI LT LU LV MT NL NO NZ PL PT RO SE SI SK UA US ZA",
    )
    for countries in line.split()
)
_NO_VILLAGE = re.compile(
    r"\d|\bgmbh\b|\bag\b|cedex|\bzona\b|\bbox\b|posta|\bbank\b|industri|\buniversit|\bcorp|\binc\b"
)
_MEASURED = 3  # accuracy of a point that is no guess
# A village is left out if a place of its name is this near (km): it is that place. Postcodes of the outback cover
# stretches of land, so their points lie far from their towns.
_NAMESAKE, _NAMESAKE_OUTBACK, _TOGETHER = 40, 300, 25


class Near:
    """The nearest place of a country; exact enough at the scale of a town."""

    def __init__(self, entities: Entities) -> None:
        """Sort the places by country."""
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


class Row(NamedTuple):
    """A row of the postal file."""

    lat: float
    lon: float
    town: str
    state: str
    accuracy: int  # GeoNames: 1 estimated, 3 and 4 a place of the gazetteer, 5 and 6 a centroid; 0 not said


@dataclass(slots=True)
class Post:
    """One postcode of one country: its rows in the file."""

    rows: list[Row] = field(default_factory=list)

    @property
    def point(self) -> tuple[float, float]:
        """The median of the rows that are no guesses, if there are any: a row that is far off does not pull it."""
        rows = [row for row in self.rows if row.accuracy >= _MEASURED] or self.rows
        return median(row.lat for row in rows), median(row.lon for row in rows)

    @property
    def towns(self) -> list[str]:
        """Its towns, the most frequent first."""
        counts = Counter(row.town for row in self.rows)
        return sorted(counts, key=lambda town: (-counts[town], town))


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
                fields = (
                    row["latitude"],
                    row["longitude"],
                    row["city"].strip(),
                    row["state"].strip(),
                    int(row["accuracy"]),
                )
                posts[country, code].rows.append(Row(*fields))
    codes = Counter(country for country, _ in posts)
    return {at: posts[at] for at in sorted(posts) if codes[at[0]] > 2}


def add_villages(entities: Entities, posts: dict[tuple[str, str], Post], countries: dict[str, int]) -> None:
    """Towns that only the postal file knows: the median of their points, the region of the nearest place."""
    named: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for (country, _), post in posts.items():
        if country in VILLAGES:
            for row in post.rows:
                if row.town and row.accuracy >= _MEASURED and not _NO_VILLAGE.search(fold(row.town)):
                    named[country, key(row.town), row.state, row.town].append(row)
    near = Near(entities)
    fresh: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
    for (country, spelled, _, town), rows in sorted(named.items()):
        number = countries[country]
        reach = _NAMESAKE_OUTBACK if country == "AU" else _NAMESAKE
        for cluster in split_apart(rows):
            lat, lon = median(row.lat for row in cluster), median(row.lon for row in cluster)
            if not any(
                entities.country[other] == number
                and distance(lat, lon, entities.lat[other], entities.lon[other]) < reach
                for other in entities.names.get(spelled, ())
            ):
                fresh[number].append((town, lat, lon))
    for number, villages in sorted(fresh.items()):
        nearest = near.find(number, [village[1] for village in villages], [village[2] for village in villages])
        for (town, lat, lon), place in zip(villages, nearest, strict=True):
            if any(
                other >= entities.bounds[0] and distance(lat, lon, entities.lat[other], entities.lon[other]) < 10
                for other in entities.names.get(key(town), ())
                if entities.country[other] == number
            ):
                continue
            village = entities.add(
                town,
                round(lat, 5),
                round(lon, 5),
                country=number,
                region=entities.region[place],
                district=entities.district[place],
            )
            entities.call(village, town, other=False)
            for variant in variants(town):
                entities.call(village, variant)


def split_apart(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of one name in groups that lie together: a region has several villages called "Neustadt"."""
    groups: list[list[Row]] = []
    for row in sorted(rows):
        for group in groups:
            if distance(row.lat, row.lon, group[0].lat, group[0].lon) < _TOGETHER:
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


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
            for town in post.towns[:3]
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
        if place != NOWHERE and entities.region[place] != NO_REGION:
            for row in post.rows:
                if row.state:
                    votes[at[0], row.state][entities.region[place]] += 1
    return {
        at: ranked[0][0]
        for at, counter in sorted(votes.items())
        if (ranked := counter.most_common(1)) and ranked[0][1] >= 0.6 * sum(counter.values())
    }


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres between two points of a neighbourhood (plate carrée at the mean latitude)."""
    width = math.cos(math.radians((lat + other_lat) / 2)) * ((lon - other_lon + 180) % 360 - 180)
    return 111.2 * math.hypot(lat - other_lat, width)
