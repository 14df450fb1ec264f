"""How a place looks on the wire: the keys, nesting and spelling that Geoapify documents.

Answers are made as JSON text: that of a place is a template, built once for each land and level and then filled in.
To build and encode its thirty keys anew for each input takes about half as much time again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii as quote
from operator import itemgetter
from typing import Any, TypeAlias

from geopandas_batch.testing.fiction import PARTS, Found, Land, digest, land, line

Json: TypeAlias = dict[str, Any]

DATASOURCE = {
    "sourcename": "openstreetmap",
    "attribution": "© OpenStreetMap contributors",
    "license": "Open Database License",
    "url": "https://www.openstreetmap.org/copyright",
}
# From the coarsest to the finest; an answer of one level has the address keys of this level and of those before it.
LEVELS = ("country", "state", "county", "city", "district", "suburb", "postcode", "street", "building")
DEPTH = {level: depth for depth, level in enumerate(LEVELS)} | {"amenity": len(LEVELS) - 1}
_NUMBER = re.compile(r"\b\d+[a-z]?\b", re.IGNORECASE)
_HOLE = re.compile(r'"%%\((\w+)\)s"')
_PAIRS = [high + low for high in "23456789CFGHJMPQRVWX" for low in "23456789CFGHJMPQRVWX"]


def plus_code(lat: float, lon: float) -> str:
    """The Open Location Code of a point, ten digits: a square of 1/8000 degree (github.com/google/open-location-code).

    >>> plus_code(48.18515935, 11.50395619013508)
    '8FWH5GP3+3H'
    """
    up, right = min(int((lat + 90) * 8000), 180 * 8000 - 1), int((lon + 180) % 360 * 8000)
    pairs = [_PAIRS[up // size % 20 * 20 + right // size % 20] for size in (160_000, 8000, 400, 20, 1)]
    return "".join(pairs[:4]) + "+" + pairs[4]


def encode(value: Any) -> str:
    """JSON text; for small mappings of texts, which is what is echoed, in a fraction of the time of ``json.dumps``."""
    if type(value) is str:
        return quote(value)
    if type(value) is dict:
        return "{" + ", ".join([f"{quote(name)}: {encode(each)}" for name, each in value.items()]) + "}"
    return json.dumps(value)


def split(text: str) -> tuple[str, str, str]:
    """House number (or nothing), street, and the rest of "10 Downing Street, London"."""
    first, _, rest = text.partition(",")
    if number := _NUMBER.search(first):
        return number[0], " ".join((first[: number.start()] + first[number.end() :]).split()), rest.strip()
    return "", first.strip(), rest.strip()


def query(params: Mapping[str, Any]) -> Json:
    """The ``query`` that every answer echoes: what was asked, and how it was understood (in lower case)."""
    if "lat" in params:
        lat, lon = float(params["lat"]), float(params["lon"])
        return {"lon": lon, "lat": lat, "plus_code": plus_code(lat, lon)}
    if text := params.get("text"):
        number, street, rest = split(text.lower())
        given = {"housenumber": number, "street": street, "city": rest.partition(",")[0]}
        return {"text": text, "parsed": _parsed(given)}
    parts = {part: params[part] for part in PARTS if params.get(part)}
    return {"text": line(params), **parts, "parsed": _parsed({part: text.lower() for part, text in parts.items()})}


def _parsed(given: Mapping[str, str]) -> Json:
    parts = {part: text for part, text in given.items() if text}
    levels = (
        ("housenumber", "building"),
        *((part, part) for part in ("street", "city", "postcode", "state", "country")),
    )
    return {**parts, "expected_type": next((level for part, level in levels if part in parts), "unknown")}


@cache
def timezone(where: Land) -> Json:
    """The time zone of a land, as far as the documentation requires."""
    standard, summer = where.offsets
    hours = {name: offset.split(":") for name, offset in (("STD", standard), ("DST", summer))}
    seconds = {name: int(hour) * 3600 + int(hour[0] + minute) * 60 for name, (hour, minute) in hours.items()}
    return {
        "name": where.timezone,
        "offset_STD": standard,
        "offset_STD_seconds": seconds["STD"],
        "offset_DST": summer,
        "offset_DST_seconds": seconds["DST"],
    }


@lru_cache(256)
def template(where: Land, result_type: str, reverse: bool) -> tuple[str, Callable[[Json], Any]]:
    """The JSON text of a place of a land, with ``%s`` where places of its level differ; and what takes these values."""
    depth = DEPTH.get(result_type, 0)
    address = {"state": where.state, "city": where.city, "postcode": where.postcode, "street": "%(street)s"}
    fine = depth >= DEPTH["street"]
    rank: Json = {"importance": 0.00001, "popularity": 4.5}
    if not reverse:
        rank |= {"confidence": "%(confidence)s", "confidence_city_level": "%(confidence)s"}
        # The levels finer than the answer are absent, as in the vendor's examples.
        rank |= {"confidence_street_level": "%(confidence)s"} if fine else {}
        rank |= {"confidence_building_level": "%(confidence)s"} if depth == DEPTH["building"] else {}
        rank |= {"match_type": "%(match_type)s"}
    place = {
        "datasource": DATASOURCE,
        "country": where.country,
        "country_code": where.code,
        **{level: value for level, value in address.items() if depth >= DEPTH[level]},
        **({"housenumber": "%(number)s"} if depth == DEPTH["building"] else {}),
        "lon": "%(lon)s",
        "lat": "%(lat)s",
        **({"distance": 0} if reverse else {}),
        "result_type": result_type,
        "formatted": "%(formatted)s",
        "address_line1": "%(line1)s",
        "address_line2": "%(line2)s",
        "timezone": timezone(where),
        "plus_code": "%(code)s",
        "plus_code_short": "%(short)s",
        "rank": rank,
        "place_id": "%(place_id)s",
    }
    if not fine:  # a box half a degree wide: it only has to be there
        place["bbox"] = {"lon1": "%(west)s", "lat1": "%(south)s", "lon2": "%(east)s", "lat2": "%(north)s"}
    text = json.dumps(place)
    return _HOLE.sub("%s", text.replace("%", "%%")), itemgetter(*_HOLE.findall(text.replace("%", "%%")))


def address_of(found: Found, params: Mapping[str, Any]) -> str:
    """The address as the service writes it: as it was asked; for a point, a made-up one."""
    if found.formatted or "lat" not in params:
        return found.formatted or line(params)
    text = line(params)
    seed, where = digest(text), land(text)
    return f"{int.from_bytes(seed[9:12])} Main Street, {where.postcode} {where.city}, {where.country}"


def place(found: Found, params: Mapping[str, Any]) -> str:
    """The JSON text of one place that was found, flat, with all keys that a place of its kind has."""
    asked, formatted = line(params), address_of(found, params)
    where, code = land(asked), plus_code(found.lat, found.lon)
    number, street, rest = split(formatted)
    lat, lon = found.lat, found.lon
    text, values = template(where, found.result_type, "lat" in params)
    made = text % values(
        {
            "street": quote(street or "Main Street"),
            "number": quote(number or "1"),
            "lon": repr(lon),
            "lat": repr(lat),
            "formatted": quote(formatted),
            "line1": quote(formatted.partition(",")[0]),
            "line2": quote(rest or where.country),
            "code": quote(code),
            "short": quote(f"{code[4:]} {where.city}, {where.country}"),
            "confidence": repr(found.confidence),
            "match_type": quote(found.match_type),
            "place_id": quote(digest(asked).hex()),
            "west": lon - 0.25,
            "south": lat - 0.25,
            "east": lon + 0.25,
            "north": lat + 0.25,
        }
    )
    return json.dumps({**json.loads(made), **found.extra}) if found.extra else made


def sea(params: Mapping[str, Any]) -> str:
    """What the service says of a point in mid-ocean: an item that is there and holds next to nothing."""
    lat, lon = float(params["lat"]), float(params["lon"])
    return json.dumps({"lon": lon, "lat": lat, "distance": 0, "result_type": "unknown", "rank": {"popularity": 0}})


def feature(made: str) -> str:
    """The same as a GeoJSON feature: the box is an array, and longitude comes first."""
    properties = json.loads(made)
    point = f'{{"type": "Point", "coordinates": [{properties["lon"]!r}, {properties["lat"]!r}]}}'
    box = ""
    if corners := properties.pop("bbox", None):
        made, box = json.dumps(properties), f', "bbox": {json.dumps(list(corners.values()))}'
    return f'{{"type": "Feature", "properties": {made}, "geometry": {point}{box}}}'


def collection(found: Found | None, params: Mapping[str, Any]) -> str:
    """The answer to one question, in the form asked for: ``format`` json, or geojson by default."""
    answer = place(found, params) if found else sea(params) if "lat" in params else ""
    if params.get("format") == "json":
        return f'{{"results": [{answer}], "query": {encode(query(params))}}}'
    features = feature(answer) if answer else ""
    return f'{{"type": "FeatureCollection", "features": [{features}], "query": {encode(query(params))}}}'


def flat(found: Found | None, params: Mapping[str, Any]) -> str:
    """The answer to one question of a plain job: the query, and where there is an answer its keys beside it."""
    asked = query(params)
    if answer := place(found, params) if found else sea(params) if "lat" in params else "":
        return f'{{"query": {encode(asked)}, {answer[1:]}'
    # Both forms fit the documentation; which one a text gets depends on the text.
    return json.dumps({"query": asked if digest(line(params))[17] % 2 else {"text": asked["text"]}})


def trouble(status: int, message: str | None = None) -> Json:
    """The body of an error, and an error inside a job's results."""
    reasons = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Request Entity Too Large"}
    reasons |= {429: "Too Many Requests", 500: "Internal Server Error"}
    body = {"statusCode": status, "error": reasons.get(status, "Error")}
    return body if message is None else body | {"message": message}
