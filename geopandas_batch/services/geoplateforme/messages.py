"""Questions as Géoplateforme wants them, and its rows as places. Pure: no request is made here."""

from __future__ import annotations

import math
from collections.abc import Mapping

from geopandas_batch.errors import QueryError
from geopandas_batch.places import Extra, Location, Match, Point, Query
from geopandas_batch.services import files
from geopandas_batch.services.protocol import Answer

NAME = "geoplateforme"
CREDIT = "Base Adresse Nationale, Licence Ouverte; Géoplateforme (IGN)"
NEAR = 0.15  # a runner-up that is so near makes an answer doubtful, as clients have it
SHORTEST = 3  # letters; the server passes over shorter questions, and those that begin with neither letter nor digit

# What was found → how fine it is. A place with a name (lieu-dit) is neither a house nor a street.
LEVELS: Mapping[str, Match] = {
    "housenumber": "building",
    "street": "street",
    "locality": "city",
    "municipality": "city",
}
# In the Base Adresse Nationale: the country and its overseas departments, with their codes.
HOME = frozenset({"france", "fr", "fra", "guadeloupe", "gp", "martinique", "mq", "guyane", "gf", "mayotte", "yt"}) | {
    "réunion", "reunion", "la réunion", "re",
}  # fmt: skip


def line(query: Query) -> str | QueryError:
    """A question as one line without the country; or why it is none for France."""
    text = query.text
    if text:
        before, comma, last = text.rpartition(",")
        text = before if comma and last.strip().casefold() in HOME else text
    else:
        if query.country and query.country.casefold() not in HOME:
            return QueryError(f"Géoplateforme knows addresses in France only, not in {query.country}; it was not sent")
        text = " ".join(filter(None, (query.housenumber, query.street, query.postcode, query.city)))
    start = next((place for place, letter in enumerate(text) if letter.isalnum()), len(text))
    text = text[start:].strip()
    if len(text) < SHORTEST:
        return QueryError(f"Géoplateforme takes no address of less than {SHORTEST} letters; it was not sent")
    if len(text) > files.LONGEST:
        return QueryError(f"longer than the {files.LONGEST} letters that are sent to Géoplateforme; it was not sent")
    return text


def answer(row: Mapping[str, str], point: Point | None = None) -> Answer:
    """What a row says; of a point, the address is where it says, else at the point."""
    status = row["result_status"]
    if status == "not-found":
        return None
    if status == "skipped":
        return QueryError("Géoplateforme passes over this address: it is too short, or begins with a sign")
    names = ("latitude", "longitude") if point is None else ("result_latitude", "result_longitude")
    where = files.degrees(*(row.get(name, "") for name in names)) or point
    if status != "ok" or where is None:  # "error", "aborted", or none that is known
        return files.Damaged("has no place")
    kind, extra = row["result_type"], list[tuple[str, str | float]]()
    for name, cell in (
        ("result_type", kind),
        ("place_id", row.get("result_id")),
        ("citycode", row.get("result_citycode")),
    ):
        if cell:
            extra.append((name, cell))
    metres = _number(row.get("result_distance", ""))
    if point is not None and not math.isnan(metres):
        extra.append(("distance", metres))
    score = _number(row.get("result_score", "")) if point is None else math.nan
    told: Extra = tuple(extra)
    return Location(
        *where,
        formatted=row.get("result_label", ""),
        match=LEVELS.get(kind, "none"),
        confidence=min(max(score, 0.0), 1.0) if score == score else math.nan,
        reason=_doubt(score, _number(row.get("result_score_next", ""))),
        service=NAME,
        attribution=CREDIT,
        extra=told,
    )


def _doubt(score: float, following: float) -> str:
    if not score - following < NEAR:  # True for NaN as well
        return ""
    return f"another place is nearly as likely (score {score:.2f}, the next {following:.2f})"


def _number(text: str) -> float:
    """The number in a cell; NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
