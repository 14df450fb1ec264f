"""Districts, regions and countries: a row for each, at the middle of its people, with its names and codes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from geopandas_batch.gazetteer.atlas import NO_REGION
from geopandas_batch.gazetteer.atlas.spelling import key
from geopandas_batch.gazetteer.build import tables
from geopandas_batch.gazetteer.reading import aliases

# Languages whose names of countries are kept even where a town has the same name; those of other languages give way.
_WIDE = frozenset(
    [
        "ar",
        "bn",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "fa",
        "fi",
        "fr",
        "he",
        "hi",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "nb",
        "nl",
        "pl",
        "pt",
        "ro",
        "ru",
        "sv",
        "th",
        "tr",
        "uk",
        "vi",
        "zh",
    ]
)


def name_districts(
    entities: tables.Entities, places: list[dict[str, Any]], towns: list[dict[str, str]], districts: dict[str, int]
) -> None:
    """Tell each place its district: the two packages agree on name and point of a place."""
    known = {
        (town["country"], town["name"], round(float(town["lat"]), 4), round(float(town["lng"]), 4)): (
            f"{town['country']}.{town['admin1']}.{town['admin2']}"
        )
        for town in towns
    }
    for row, place in enumerate(places):
        point = round(float(place["latitude"]), 4), round(float(place["longitude"]), 4)
        code = known.get((place["countrycode"], place["name"], *point), "")
        entities.district[row] = districts.get(code, NO_REGION)


def add_divisions(
    entities: tables.Entities,
    divisions: dict[str, int],
    names: dict[str, str],
    country_rows: list[dict[str, Any]],
    level: str,
    codes: dict[str, list[int]],
) -> None:
    """A row for each region or district, at the middle of its people."""
    of_place = entities.region if level == "region" else entities.district
    members: dict[int, list[int]] = defaultdict(list)
    for row in range(entities.bounds[0]):
        members[of_place[row]].append(row)
    numbers = {country["iso"]: number for number, country in enumerate(country_rows)}
    for code, number in divisions.items():
        inside = members.get(number)
        lat, lon = tables.middle(entities, inside) if inside else (0.0, 0.0)
        name = names[code]
        country = code[:2]
        row = entities.add(name, lat, lon, country=numbers[country], region=number if level == "region" else NO_REGION)
        if not inside:
            continue
        entities.weight[row] = tables.weigh(int(sum(10 ** (entities.weight[place] / 30) for place in inside)))
        shorts = (name,) if country == "US" and level == "district" else tables.short_names(name)
        for short in shorts:
            entities.call(row, short, other=short != name)
            if short.startswith("County "):
                entities.call(row, "Co " + short.removeprefix("County "))
        letters = code.rpartition(".")[2]
        if (country, level) in {("US", "region"), ("CH", "region"), ("IT", "district")} and letters.isalpha():
            codes[letters.lower()].append(row)
    entities.close()


def add_states(
    entities: tables.Entities,
    regions: dict[str, int],
    first: dict[str, str],
    codes: dict[str, list[int]],
) -> None:
    """Codes and short forms of states, written by hand."""
    by_name = {(code[:2], name): number for code, name in first.items() if (number := regions.get(code)) is not None}
    for country, pairs in aliases.STATES.items():
        for pair in pairs.split(","):
            name, short = pair.split("=")
            number = by_name.get((country, name))
            if number is None:
                continue
            row = entities.bounds[2] + number
            if short.isascii() and short.isupper() and len(short) <= 3:
                codes[short.lower()].append(row)
            else:
                entities.call(row, short)


def add_countries(
    entities: tables.Entities,
    country_rows: list[dict[str, Any]],
    names: list[tuple[str, str, str]],
    codes: dict[str, list[int]],
) -> None:
    """A row for each country, at the middle of its people, with its names in all languages."""
    members: dict[int, list[int]] = defaultdict(list)
    for row in range(entities.bounds[0]):
        members[entities.country[row]].append(row)
    of_code: dict[str, int] = {}
    english = {code: name for language, code, name in names if language == "en"}
    for number, country in enumerate(country_rows):
        inside = members.get(number)
        lat, lon = tables.middle(entities, inside) if inside else (0.0, 0.0)
        label = english.get(country["iso"], country["name"])
        row = entities.add(label, lat, lon, country=number, weight=tables.weigh(int(country["population"])))
        if not inside:
            continue  # nobody lives there: Antarctica, Bouvet Island
        of_code[country["iso"]] = row
        entities.call(row, country["name"], other=False)
        for alias in aliases.COUNTRIES.get(country["iso"], "").split("|"):
            entities.call(row, alias, other=False)
        codes[country["iso"].lower()].append(row)
        codes[country["iso3"].lower()].append(row)
    codes["uk"].append(of_code["GB"])
    for language, code, name in names:
        if code not in of_code:
            continue
        spelled = key(name)
        namesake = any(
            row < entities.bounds[1] and country_rows[entities.country[row]]["iso"] != code
            for row in entities.names.get(spelled, ())
        )
        wide = language.split("-")[0] in _WIDE
        if len(spelled) > 3 and (wide or not namesake):
            entities.call(of_code[code], name, other=not wide)
    entities.close()
