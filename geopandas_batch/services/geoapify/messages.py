"""Questions as Geoapify wants them, and its answers as places. Pure: no request is made here.

Whatever the service sends, each question gets its own answer or an error, never the answer of another.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from geopandas_batch.errors import QueryError, StrangeAnswer
from geopandas_batch.garbage import no_collection
from geopandas_batch.places import MATCHES, RAW, Extra, Match, Point, Query, Question, sealed
from geopandas_batch.places.texts import tidy
from geopandas_batch.services.protocol import Answer, Unanswered
from geopandas_batch.wire import Json, replies

NAME = "geoapify"
EXTRAS = ("result_type", "place_id", "distance", "attribution")

_JOB_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_CUT_ID = re.compile(rb'"id":\s*"([0-9a-f]{32})"')

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


@lru_cache(maxsize=8)
def ids(count: int) -> list[str]:
    """The ids under which so many questions are sent: their positions."""
    return list(map(str, range(count)))


def job_id(data: Json) -> str:
    """The id of a job that was taken."""
    found = _object(data).get("id")
    if not isinstance(found, str) or not _JOB_ID.fullmatch(found):
        raise StrangeAnswer("Geoapify took a job and gave no id for it", service=NAME)
    return found


def salvaged(beginning: bytes) -> Json:
    """The id of a job whose reply broke off: it stands at the beginning, and the job is paid."""
    found = _CUT_ID.search(beginning)
    return {"id": found[1].decode()} if found else None


def aligned(data: Json, questions: Sequence[Question], *, raw: bool = False) -> Sequence[Answer]:
    """One answer a question. What cannot be joined with certainty fails its own row, and shifts no other.

    ``data``: the reply as JSON, or its entries as `job.decode` has them.
    """
    results = data.get("results") if isinstance(data, dict) else data
    if not isinstance(results, list):
        raise StrangeAnswer("Geoapify's answer has no list of results", service=NAME)
    answers: list[Answer] = [Unanswered("Geoapify gave no answer for this address")] * len(questions)
    seen: set[int] = set()
    with no_collection():
        for entry in results:
            number, echo, result = _parts(entry)
            place = _place(number, len(questions))
            if place is None:
                continue
            if place in seen:
                answers[place] = Unanswered("Geoapify answered this address twice; neither answer was used")
                continue
            seen.add(place)
            if not _same(echo, questions[place]):
                answers[place] = Unanswered("Geoapify's answer names another address; it was not used")
            else:
                answers[place] = answer(result, raw=raw) if isinstance(entry, dict) else entry.answer
    return answers


def _parts(entry: Json) -> tuple[Json, Json, Json]:
    """The id, the question and the result of an entry, which may be anything."""
    if isinstance(entry, dict):
        return entry.get("id"), entry.get("params"), entry.get("result")
    return getattr(entry, "id", None), getattr(entry, "params", None), None


def answer(result: Json, *, raw: bool = False) -> Answer:
    """One result: a location, None for no match, or the error with which this address was refused."""
    if not isinstance(result, dict):
        return Unanswered("Geoapify's answer for this address is not understood")
    if "statusCode" in result or "error" in result:
        status = result.get("statusCode")
        said = _text(replies.said(result)) or status
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
    rank, source = _object(place.get("rank")), _object(place.get("datasource"))
    return located(
        _number(place.get("lat")),
        _number(place.get("lon")),
        formatted=_text(place.get("formatted")),
        result_type=_text(place.get("result_type")),
        place_id=_text(place.get("place_id")),
        distance=_number(place.get("distance")),
        confidence=_number(rank.get("confidence")),
        match_type=_text(rank.get("match_type")),
        credit=_text(source.get("attribution")),
        more=((RAW, json.dumps(place)),) if raw else (),
    )


def located(
    lat: float | None,
    lon: float | None,
    formatted: str,
    result_type: str,
    place_id: str,
    distance: float | None,
    confidence: float | None,
    match_type: str,
    credit: str,
    more: Extra = (),
) -> Answer:
    """What the fields of a result mean; a number is None where there is none."""
    if lat is None or lon is None or not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        return QueryError("Geoapify's answer for this address is no point on Earth")
    level = match(result_type, match_type)
    if not formatted and level == "none":
        return None  # a point in mid-ocean: an answer with next to nothing in it
    extra: Extra = more
    if distance is not None and math.isfinite(distance):
        extra = (("distance", distance), *extra)
    if place_id:
        extra = (("place_id", place_id), *extra)
    if result_type:
        extra = (("result_type", result_type), *extra)
    sure = math.nan if confidence is None or not abs(confidence) <= 1.0 else max(0.0, confidence)
    return sealed(lat, lon, formatted, level, sure, "", NAME, attribution(credit), extra)


@lru_cache(maxsize=256)
def match(result_type: str, match_type: str) -> Match:
    """The coarser of what was found and what it was found by."""
    return max(_LEVELS.get(result_type, "none"), _COARSEST.get(match_type, "building"), key=MATCHES.index)


@lru_cache(maxsize=256)
def attribution(source: str) -> str:
    """The credit line of an answer."""
    return f"{CREDIT}, {source or OPEN_STREET_MAP}"


def _place(number: Json, count: int) -> int | None:
    """The position that was sent as the entry's id; None if it is none of ours."""
    text = number if isinstance(number, str) else str(number) if isinstance(number, int) else ""
    place = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else count
    return place if place < count else None


def _same(echo: Json, question: Question) -> bool:
    """Whether the echoed address is the one that was sent. That spaces and case are kept is not documented."""
    if echo is None:
        return True  # `params` is not among the keys that are always there; the id has said it
    if not isinstance(echo, dict):
        return False
    if isinstance(question, Query) and question.text and echo.get("text") == question.text:
        return True
    sent = question_params(question)
    return all(
        _number(echo.get(name)) == value or _number_of(echo.get(name)) == value
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


def _number(value: Json) -> float | None:
    """A number as JSON has it; one that is too large for any use is infinite."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _text(value: Json) -> str:
    """A text that can be written to any file."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
