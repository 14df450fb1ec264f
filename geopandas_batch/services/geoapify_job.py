"""A job on the wire: its questions as they go out, its answers decoded into what is kept and nothing else.

Loaded with the first job: it needs msgspec, which skips the nine tenths of an answer that nobody asks for, in a fifth
of the time that ``json`` takes to make objects of them. A job as documented, with its answers in the order of the
questions, is decoded in one go. What has another form is left to the tolerant way, entry by entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import starmap
from typing import Any, cast

import msgspec

from geopandas_batch.bodies import Json
from geopandas_batch.garbage import no_collection
from geopandas_batch.places import Point, Question
from geopandas_batch.services import geoapify_json
from geopandas_batch.services.protocol import Answer


class _Params(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """A question: the fields of a `Query` in their order, of which the blank ones are not sent; or a point."""

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
    params: _Params


def _params(questions: Sequence[Question]) -> list[_Params]:
    if isinstance(questions[0], Point):
        return [_Params(lat=lat, lon=lon) for lat, lon in cast("Sequence[Point]", questions)]
    return list(starmap(_Params, questions))


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


class _Documented(msgspec.Struct, gc=False):
    id: str
    params: _Params
    result: _Result


class _DocumentedJob(msgspec.Struct, gc=False):
    results: list[_Documented]


_STRANGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_job = msgspec.json.Decoder(_Job)
_documented_job = msgspec.json.Decoder(_DocumentedJob)
_result = msgspec.json.Decoder(_Result)
_any = msgspec.json.Decoder()


class Delivery:
    """The body of a job."""

    def __init__(self, body: bytearray, entries: Sequence[_Documented]) -> None:
        """`entries`: what is in the body."""
        self._body, self._entries = body, entries

    def answers(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """One answer a question."""
        entries = self._entries
        same = [entry.id for entry in entries] == geoapify_json.ids(len(questions)) and [
            entry.params for entry in entries
        ] == _params(questions)
        if not same:
            return geoapify_json.aligned(_job.decode(self._body).results, questions)
        with no_collection():
            return [_answer(entry.result) for entry in entries]


def decode(body: bytearray) -> Json:
    """A `Delivery`, or the entries of a job with something that is not documented; None if this is no job."""
    try:
        return Delivery(body, _documented_job.decode(body).results)
    except _STRANGE:
        pass
    try:
        return _job.decode(body).results
    except _STRANGE:
        return None
