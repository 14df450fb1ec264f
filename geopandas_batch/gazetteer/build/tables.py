"""From the rows of the sources to the tables of the gazetteer: entities, the index of their names, postcodes."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from geopandas_batch.gazetteer.atlas import NO_REGION
from geopandas_batch.gazetteer.atlas.spelling import key
from geopandas_batch.gazetteer.reading import aliases

_CODE_NAME = re.compile(r"[A-Z0-9]{1,4}")
_KIND_OF_REGION = re.compile(
    r"(?i)\b(provincia d[aei]l?|province of|province|oblast|kray|krai|respublika|republic of|republic|region"
    r"|governorate|state of|state|prefecture|voivodeship|canton of|kanton|canton de|canton|county|district"
    r"|departamento de|departamento|department|département de la|département du|département de|municipality|область"
    r"|край|республика|автономный округ|ken|fu|to|kraj|megye|județul|lääni|län|fylke|maakond|novads|ili|ilçesi|shi|gun"
    r"|city and county of|city of|metropolitan borough of|royal borough of|london borough of|borough of)\b\.?"
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
        region: int = NO_REGION,
        district: int = NO_REGION,
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
            region=regions.get(f"{country}.{place['admin1code']}", NO_REGION),
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


def short_names(name: str) -> Iterable[str]:
    """The name of a region with and without its kind: "Kyiv Oblast" is also "Kyiv"."""
    yield name
    bare = _KIND_OF_REGION.sub(" ", name).strip(" -–")
    if bare and bare != name and len(bare) > 2:
        yield bare


def middle(entities: Entities, rows: Iterable[int]) -> tuple[float, float]:
    """The mean point of the rows, weighted by population."""
    members = list(rows)
    if len(members) == 1:
        return round(entities.lat[members[0]], 3), round(entities.lon[members[0]], 3)
    # Not numpy's sines and sums: their last digit depends on the processor, but the same inputs give the same bytes.
    axes: tuple[list[float], list[float], list[float]] = ([], [], [])
    for row in members:
        people = math.pow(10, entities.weight[row] / 30)
        lat, lon = math.radians(entities.lat[row]), math.radians(entities.lon[row])
        point = math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
        for axis, part in zip(axes, point, strict=True):
            axis.append(people * part)
    x, y, z = map(math.fsum, axes)
    return round(math.degrees(math.atan2(z, math.hypot(x, y))), 3), round(math.degrees(math.atan2(y, x)), 3)


def omissions(entities: Entities) -> set[str]:
    """Each well-known name without one of its letters, then a zero byte, the place of that letter, and the letter.

    One deletion on either side finds all names at one typing error (a letter too few, too many, wrong, or two swapped).
    """
    known, famous = weigh(15_000), weigh(300_000)
    found: set[str] = set()
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
