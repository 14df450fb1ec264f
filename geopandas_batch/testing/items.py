"""How a place looks on the wire: the keys, nesting and spelling that Geoapify documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from geopandas_batch.testing.fiction import LANDS, PARTS, Found, Land, digest, land, line

Json: TypeAlias = dict[str, Any]

DATASOURCE = {
    "sourcename": "openstreetmap",
    "attribution": "© OpenStreetMap contributors",
    "license": "Open Database License",
    "url": "https://www.openstreetmap.org/copyright",
}
# From the coarsest to the finest; an answer of one level has the address keys of this level and of those before it.
LEVELS = ("country", "state", "county", "city", "district", "suburb", "postcode", "street", "building")
DEPTH = {level: depth for depth, level in enumerate(LEVELS)} | {"amenity": len(LEVELS) - 1, "unknown": 0}
STREET, BUILDING = DEPTH["street"], DEPTH["building"]
_NUMBER = re.compile(r"\b\d+[a-z]?\b", re.IGNORECASE)


def _seconds(offset: str) -> int:
    hours, minutes = offset.split(":")
    return int(hours) * 3600 + int(hours[0] + minutes) * 60


def _timezone(where: Land) -> Json:
    standard, summer = where.offsets
    return {
        "name": where.timezone,
        "offset_STD": standard,
        "offset_STD_seconds": _seconds(standard),
        "offset_DST": summer,
        "offset_DST_seconds": _seconds(summer),
    }


TIMEZONES = {where: _timezone(where) for where in LANDS}


def plus_code(lat: float, lon: float) -> str:
    """The Open Location Code of a point, ten digits: a square of 1/8000 degree (github.com/google/open-location-code).

    >>> plus_code(48.18515935, 11.50395619013508)
    '8FWH5GP3+3H'
    """
    up, right, code = min(int((lat + 90) * 8000), 180 * 8000 - 1), int((lon + 180) % 360 * 8000), ""
    for _ in range(5):
        code = "23456789CFGHJMPQRVWX"[up % 20] + "23456789CFGHJMPQRVWX"[right % 20] + code
        up, right = up // 20, right // 20
    return f"{code[:8]}+{code[8:]}"


def query(params: Mapping[str, Any]) -> Json:
    """The ``query`` that every answer echoes: what was asked, and how it was understood (in lower case)."""
    if "lat" in params:
        lat, lon = float(params["lat"]), float(params["lon"])
        return {"lon": lon, "lat": lat, "plus_code": plus_code(lat, lon)}
    if text := params.get("text"):
        return {"text": text, "parsed": parse(text)}
    parts = {part: params[part] for part in PARTS if params.get(part)}
    parsed = {part: str(value).lower() for part, value in parts.items()}
    return {"text": line(params), **parts, "parsed": parsed | {"expected_type": expected_type(parts)}}


def parse(text: str) -> Json:
    """A plain reading of "number street, city, ..., country": enough to look like the service's."""
    first, *others = (piece.strip() for piece in text.lower().split(","))
    number = _NUMBER.search(first)
    street = " ".join(first.replace(number[0], "", 1).split()) if number else first
    found = {"housenumber": number and number[0], "street": street, "city": others and others[0]}
    parsed = {part: value for part, value in (found | {"country": others[1:] and others[-1]}).items() if value}
    return parsed | {"expected_type": expected_type(parsed)}


def expected_type(parts: Mapping[str, Any]) -> str:
    """What kind of place these parts ask for."""
    if "housenumber" in parts:
        return "building"
    return next((part for part in ("street", "city", "postcode", "state", "country") if part in parts), "unknown")


def item(found: Found, params: Mapping[str, Any]) -> Json:
    """One place that was found, flat, with all keys that a place of its kind has."""
    text = line(params)
    seed, where, depth = digest(text), land(text), DEPTH.get(found.result_type, 0)
    answer: Json = {"datasource": DATASOURCE, "country": where.country, "country_code": where.code}
    if depth >= DEPTH["state"]:
        answer["state"] = where.state
    if depth >= DEPTH["city"]:
        answer["city"] = where.city
    if depth >= DEPTH["postcode"]:
        answer["postcode"] = postcode = str(10000 + int.from_bytes(seed[9:11]))
    if depth >= STREET:
        answer["street"] = street = f"Street {int.from_bytes(seed[11:14])}"
    if depth >= BUILDING:
        answer["housenumber"] = str(seed[14] + 1)
    head = f"{answer.get('housenumber', '')} {street}".strip() if depth >= STREET else answer.get("city", where.country)
    tail = f"{postcode} {where.city}, {where.country}" if depth >= STREET else where.country
    answer |= {
        "lon": found.lon,
        "lat": found.lat,
        "result_type": found.result_type,
        "formatted": found.formatted or (f"{head}, {tail}" if head != tail else head),
        "address_line1": head,
        "address_line2": tail,
        "timezone": TIMEZONES[where],
        "plus_code": plus_code(found.lat, found.lon),
        "rank": reverse_rank(seed) if "lat" in params else rank(found, depth, seed),
        "place_id": seed.hex(),
        "bbox": box(found, depth),
    }
    answer["plus_code_short"] = f"{answer['plus_code'][4:]} {where.city}, {where.country}"
    if "lat" in params:
        answer["distance"] = 0
    return answer | dict(found.extra)


def rank(found: Found, depth: int, seed: bytes) -> Json:
    """How sure the answer is; the levels finer than the answer are absent, as in the vendor's examples."""
    sure = found.confidence
    levels = {"confidence_city_level": 1 if sure == 1 else sure}
    if depth >= STREET:
        levels["confidence_street_level"] = sure
    if depth >= BUILDING:
        levels["confidence_building_level"] = sure
    return {**reverse_rank(seed), "confidence": sure, **levels, "match_type": found.match_type}


def reverse_rank(seed: bytes) -> Json:
    """What a reverse answer has for a rank: no confidence and no match type."""
    return {"importance": seed[15] / 256, "popularity": seed[16] / 25.6}


def box(found: Found, depth: int) -> Json:
    """A box around the place; half a degree wide for a country's, 0.0002 for a house's: it only has to be there."""
    half = 0.0001 if depth >= BUILDING else 0.25
    return {"lon1": found.lon - half, "lat1": found.lat - half, "lon2": found.lon + half, "lat2": found.lat + half}


def sea(params: Mapping[str, Any]) -> Json:
    """What the service says of a point in mid-ocean: an item that is there and holds next to nothing."""
    lat, lon = float(params["lat"]), float(params["lon"])
    return {"lon": lon, "lat": lat, "distance": 0, "result_type": "unknown", "rank": {"popularity": 0}}


def feature(answer: Json) -> Json:
    """The same as a GeoJSON feature: the box is an array, and longitude comes first."""
    corners = answer.get("bbox")
    return {
        "type": "Feature",
        "properties": {name: value for name, value in answer.items() if name != "bbox"},
        "geometry": {"type": "Point", "coordinates": [answer["lon"], answer["lat"]]},
    } | ({"bbox": [corners[name] for name in ("lon1", "lat1", "lon2", "lat2")]} if corners else {})


def collection(found: Found | None, params: Mapping[str, Any]) -> Json:
    """The answer to one question, in the form asked for: ``format`` json, or geojson by default."""
    answers = [item(found, params)] if found else [sea(params)] if "lat" in params else []
    if params.get("format") == "json":
        return {"results": answers, "query": query(params)}
    return {"type": "FeatureCollection", "features": [feature(answer) for answer in answers], "query": query(params)}


def flat(found: Found | None, params: Mapping[str, Any]) -> Json:
    """The answer to one question of a plain job: the query, and where there is an answer its keys beside it."""
    asked = query(params)
    if found:
        return {"query": asked, **item(found, params)}
    if "lat" in params:
        return {"query": asked, **sea(params)}
    # Both forms fit the documentation; which one a text gets depends on the text.
    return {"query": asked if digest(line(params))[17] % 2 else {"text": asked["text"]}}


def trouble(status: int, message: str | None = None) -> Json:
    """The body of an error, and an error inside a job's results."""
    reasons = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
    body = {"statusCode": status, "error": reasons.get(status, "Internal Server Error")}
    return body if message is None else body | {"message": message}
