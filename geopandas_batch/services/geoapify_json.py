"""Questions as Geoapify wants them, and its answers as places. Pure: no request is made here.

Whatever the service sends, each question gets its own answer or an error, never the answer of another.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from geopandas_batch.errors import QueryError, StrangeAnswer
from geopandas_batch.places import MATCHES, Location, Match, Point, Question, tidy
from geopandas_batch.replies import no_collection
from geopandas_batch.services.protocol import Answer, Unanswered
from geopandas_batch.wire import Json

NAME = "geoapify"
EXTRAS = ("result_type", "place_id", "distance", "attribution")
RAW = "raw"

# Both must be credited on the free plan, OpenStreetMap on every plan (terms of service, version 5).
CREDIT = "Powered by Geoapify"
OPEN_STREET_MAP = "© OpenStreetMap contributors"

# `result_type` on the wire → what was found. A district is not the house, and not the whole city either.
_LEVELS: Mapping[str, Match] = {
    "building": "building",
    "amenity": "building",
    "street": "street",
    "postcode": "postcode",
    "suburb": "city",
    "district": "city",
    "city": "city",
    "county": "region",
    "state": "region",
    "country": "country",
}
# `rank.match_type` says what the address was matched by: the answer is not finer than that, whatever its type.
_COARSEST: Mapping[str, Match] = {
    "match_by_street": "street",
    "match_by_postcode": "postcode",
    "match_by_city_or_disrict": "city",  # misspelt on the wire
    "match_by_city_or_district": "city",  # should they mend it
    "match_by_country_or_state": "region",
}


def question_params(question: Question) -> Mapping[str, str | float]:
    """A question as the service wants it: a text, its parts under their names, or a point."""
    if isinstance(question, Point):
        return question._asdict()
    return {"text": question.text} if question.text else question.parts


def aligned(data: Json, questions: Sequence[Question], *, raw: bool = False) -> Sequence[Answer]:
    """One answer a question. What cannot be joined with certainty fails its own row, and shifts no other."""
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list):
        raise StrangeAnswer("Geoapify's answer has no list of results", service=NAME)
    answers: list[Answer] = [Unanswered("Geoapify gave no answer for this address")] * len(questions)
    with no_collection():
        _join(results, questions, answers, raw=raw)
    return answers


def _join(results: list[Json], questions: Sequence[Question], answers: list[Answer], *, raw: bool) -> None:
    seen: set[int] = set()
    for entry in results:
        place = _place(entry, len(questions))
        if place is None:
            continue
        if place in seen:
            answers[place] = Unanswered("Geoapify answered this address twice; neither answer was used")
            continue
        seen.add(place)
        if _same(entry.get("params"), question_params(questions[place])):
            answers[place] = answer(entry.get("result"), raw=raw)
        else:
            answers[place] = Unanswered("Geoapify's answer names another address; it was not used")


def answer(result: Json, *, raw: bool = False) -> Answer:
    """One result: a location, None for no match, or the error with which this address was refused."""
    if not isinstance(result, dict):
        return Unanswered("Geoapify's answer for this address is not understood")
    if "statusCode" in result or "error" in result:
        status = result.get("statusCode")
        said = _text(result.get("message")) or _text(result.get("error")) or status
        if isinstance(status, int) and status >= 500:
            return Unanswered(f"Geoapify failed at this address: {said}")
        return QueryError(f"Geoapify refused this address: {said}")
    found = result.get("results")
    if not isinstance(found, list):
        return Unanswered("Geoapify's answer for this address is not understood")
    return _location(found[0], raw=raw) if found else None


def _location(place: Json, *, raw: bool) -> Answer:
    if not isinstance(place, dict):
        return Unanswered("Geoapify's answer for this address is not understood")
    if "lat" not in place and "lon" not in place:
        return None
    lat, lon = _number(place.get("lat"), 90.0), _number(place.get("lon"), 180.0)
    if lat is None or lon is None:
        return QueryError("Geoapify's answer for this address is no point on Earth")
    rank, source = _object(place.get("rank")), _object(place.get("datasource"))
    confidence, distance = _number(rank.get("confidence"), 1.0), _number(place.get("distance"), math.inf)
    found = _LEVELS.get(_text(place.get("result_type")), "none")
    match = max(found, _COARSEST.get(_text(rank.get("match_type")), "building"), key=MATCHES.index)
    formatted = _text(place.get("formatted"))
    if not formatted and match == "none":
        return None  # a point in mid-ocean: an answer with next to nothing in it
    return Location(
        lat,
        lon,
        formatted=formatted,
        match=match,
        confidence=math.nan if confidence is None else max(0.0, confidence),
        service=NAME,
        attribution=f"{CREDIT}, {_text(source.get('attribution')) or OPEN_STREET_MAP}",
        extra=(
            *((name, value) for name in ("result_type", "place_id") if (value := _text(place.get(name)))),
            *((("distance", distance),) if distance is not None and math.isfinite(distance) else ()),
            *(((RAW, json.dumps(place)),) if raw else ()),
        ),
    )


def _place(entry: Json, count: int) -> int | None:
    """The position that was sent as the entry's id; None if it is none of ours."""
    number = entry.get("id") if isinstance(entry, dict) else None
    text = str(number) if isinstance(number, str | int) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and int(text) < count else None


def _same(echo: Json, sent: Mapping[str, str | float]) -> bool:
    """Whether the echoed address is the one that was sent. That spaces and case are kept is not documented."""
    if echo is None or echo == sent:
        return True  # `params` is not among the keys that are always there; the id has said it
    if not isinstance(echo, dict):
        return False
    return all(
        _number(echo.get(name), 180.0) == value or _number_of(echo.get(name)) == value
        if isinstance(value, float)
        else tidy(_text(echo.get(name))).casefold() == tidy(value).casefold()
        for name, value in sent.items()
    )


def _number_of(value: Json) -> float | None:
    """A number that came back as text."""
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _number(value: Json, bound: float) -> float | None:
    """A finite number within ± the bound."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= bound  # False for NaN
    return float(value) if fine else None


def _text(value: Json) -> str:
    """A text that can be written to any file."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
