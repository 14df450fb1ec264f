"""A job on the wire: its questions as they go out, its answers decoded into what is kept and nothing else.

Loaded with the first job: it needs msgspec, which skips the nine tenths of an answer that nobody asks for, in a fifth
of the time that ``json`` takes to make objects of them. A job as documented, with its answers in the order of the
questions, is decoded in one go. What has another form is left to the tolerant way, entry by entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import repeat, starmap
from typing import Any, Generic, TypeVar, cast

import msgspec

from geopandas_batch.bodies import Json
from geopandas_batch.garbage import setting_aside
from geopandas_batch.places import Location, Point, Query, Question, sealed
from geopandas_batch.services import geoapify_json
from geopandas_batch.services.protocol import Answer


class _Line(msgspec.Struct, gc=False):
    """A question in one line of text."""

    text: str


class _Params(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Any question: the fields of a `Query` in their order, of which the blank ones are not sent; or a point."""

    text: str = ""
    housenumber: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""
    lat: float | None = None
    lon: float | None = None


class _Input(msgspec.Struct, gc=False):
    id: str
    params: _Line | _Params


def _params(questions: Sequence[Question]) -> list[_Line] | list[_Params]:
    if isinstance(questions[0], Point):
        return [_Params(lat=lat, lon=lon) for lat, lon in cast("Sequence[Point]", questions)]
    texts = [query.text for query in cast("Sequence[Query]", questions)]
    return list(map(_Line, texts)) if all(texts) else list(starmap(_Params, questions))


def inputs(questions: Sequence[Question]) -> Sequence[Json]:
    """The questions of a job, each under its position; all of them points, or none."""
    return list(map(_Input, geoapify_json.ids(len(questions)), _params(questions)))


class _Rank(msgspec.Struct, frozen=True, gc=False):
    confidence: float | None = None
    match_type: str = ""


class _Source(msgspec.Struct, frozen=True, gc=False):
    attribution: str = ""


class _Place(msgspec.Struct, gc=False):
    lat: float
    lon: float
    rank: _Rank = _Rank()
    datasource: _Source = _Source()
    formatted: str = ""
    result_type: str = ""
    place_id: str = ""
    distance: float | None = None


class _Result(msgspec.Struct, gc=False):
    results: tuple[_Place, ...]  # required: an error has none
    error: msgspec.UnsetType = msgspec.UNSET  # nor has a result one of these
    statusCode: msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - as it is on the wire


def _answer(result: _Result) -> Answer:
    """What it says of its address."""
    if not result.results:
        return None
    place = result.results[0]
    rank = place.rank
    return geoapify_json.located(
        place.lat, place.lon, place.formatted, place.result_type, place.place_id, place.distance,
        rank.confidence, rank.match_type, place.datasource.attribution,
    )  # fmt: skip


def _answers(results: Sequence[_Result]) -> Sequence[Answer]:
    """What many say of their addresses."""
    places = [result.results[0] for result in results if result.results]
    found = _located(places) if places else []
    if found is None:
        return list(map(_answer, results))
    if len(places) == len(results):
        return found
    rest = iter(found)
    return [next(rest) if result.results else None for result in results]


def _located(places: Sequence[_Place]) -> list[Location] | None:
    """The same as `geoapify_json.located`, in columns; None where one of them is not as most are."""
    lats, lons = [place.lat for place in places], [place.lon for place in places]
    formatted, ids = [place.formatted for place in places], [place.place_id for place in places]
    types, ranks = [place.result_type for place in places], [place.rank for place in places]
    sure = [rank.confidence for rank in ranks]
    if "" in formatted or "" in ids or "" in types or None in sure or {place.distance for place in places} != {None}:
        return None
    known = cast("list[float]", sure)
    if min(lats) < -90 or max(lats) > 90 or min(lons) < -180 or max(lons) > 180 or min(known) < 0 or max(known) > 1:
        return None
    first = {each: ("result_type", each) for each in set(types)}
    extras = zip(map(first.__getitem__, types), zip(repeat("place_id"), ids, strict=False), strict=False)
    matches = map(geoapify_json.match, types, [rank.match_type for rank in ranks])
    credits = map(geoapify_json.attribution, [place.datasource.attribution for place in places])
    return list(
        map(sealed, lats, lons, formatted, matches, known, repeat(""), repeat(geoapify_json.NAME), credits, extras)
    )


class Entry(msgspec.Struct):
    """One result, with what was asked. Each part is decoded by itself, so that a strange one spoils no other."""

    id: Any = None
    params: Any = None
    result: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def answer(self) -> Answer:
        """What it says of its address."""
        with suppress(*_STRANGE):
            return _answer(_result.decode(self.result))
        try:
            return geoapify_json.answer(_any.decode(self.result))
        except _STRANGE:  # it was skipped over until now
            return geoapify_json.answer(None)


class _Job(msgspec.Struct):
    results: list[Entry]


P = TypeVar("P")


class _Documented(msgspec.Struct, Generic[P], gc=False):
    id: str
    params: P
    result: _Result


class _DocumentedJob(msgspec.Struct, Generic[P], gc=False):
    results: list[_Documented[P]]


_STRANGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_job = msgspec.json.Decoder(_Job)
_documented = {kind: msgspec.json.Decoder(_DocumentedJob[kind]) for kind in (_Line, _Params)}  # type: ignore[valid-type]
_result = msgspec.json.Decoder(_Result)
_any = msgspec.json.Decoder()


class Delivery:
    """The body of a job with these questions."""

    def __init__(self, body: bytes, questions: Sequence[Question]) -> None:
        """Raises an error of msgspec's where it is not as documented."""
        self._body, self._questions, self._params = body, questions, _params(questions)
        self._entries = _documented[type(self._params[0])].decode(body).results

    def answers(self) -> Sequence[Answer]:
        """One answer a question."""
        entries, ids = self._entries, geoapify_json.ids(len(self._questions))
        if [entry.id for entry in entries] != ids or [entry.params for entry in entries] != self._params:
            return geoapify_json.aligned(_job.decode(self._body).results, self._questions)
        with setting_aside():
            return _answers([entry.result for entry in entries])


def decode(body: bytes, questions: Sequence[Question]) -> Json:
    """A `Delivery`, or the entries of a job with something that is not documented; None if this is no job."""
    try:
        return Delivery(body, questions)
    except _STRANGE:
        pass
    try:
        return _job.decode(body).results
    except _STRANGE:
        return None
