"""A job on the wire: its questions as they go out, its answers decoded into what is kept and nothing else.

Loaded with the first job: it needs msgspec, which skips the nine tenths of an answer that nobody asks for, in a fifth
of the time that ``json`` takes to make objects of them. A job as documented, with its answers in the order of the
questions, is decoded in one go. What has another form is left to the tolerant way, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from itertools import starmap
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec
import numpy as np

from geopandas_batch.encoding import Json
from geopandas_batch.garbage import setting_aside
from geopandas_batch.places import MATCHES, Point, Question
from geopandas_batch.places.blocks import Block
from geopandas_batch.places.lines import texts_of
from geopandas_batch.services.geoapify import messages
from geopandas_batch.services.protocol import Answer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


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
    texts = texts_of(questions)
    return list(map(_Line, texts)) if texts else list(starmap(_Params, questions))


def inputs(questions: Sequence[Question]) -> Sequence[Json]:
    """The questions of a job, each under its position; all of them points, or none."""
    return list(map(_Input, messages.ids(len(questions)), _params(questions)))


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
    return messages.located(
        place.lat, place.lon, place.formatted, place.result_type, place.place_id, place.distance,
        rank.confidence, rank.match_type, place.datasource.attribution,
    )  # fmt: skip


def _answers(results: Sequence[_Result]) -> Sequence[Answer]:
    """What many say of their addresses."""
    places = [result.results[0] for result in results if result.results]
    block = _block(places) if places else None
    if block is None:
        return list(map(_answer, results))
    if len(places) == len(results):
        return block
    rest = iter(block)
    return [next(rest) if result.results else None for result in results]


def _block(places: Sequence[_Place]) -> Block | None:
    """The same as `messages.located`, in columns; None where one of them is not as most are."""
    formatted, ids = [place.formatted for place in places], [place.place_id for place in places]
    types, ranks = [place.result_type for place in places], [place.rank for place in places]
    sure, metres = [rank.confidence for rank in ranks], [place.distance for place in places]
    if not (all(formatted) and all(ids) and all(types)) or None in sure or metres.count(None) < len(metres):
        return None
    lat = np.array([place.lat for place in places], np.float64)
    lon = np.array([place.lon for place in places], np.float64)
    confidence = np.array(sure, np.float64)
    if not ((abs(lat) <= 90).all() and (abs(lon) <= 180).all() and (confidence >= 0).all() and (confidence <= 1).all()):
        return None
    # Numbers of levels, the larger the coarser, as in `messages.match`.
    found = np.array(_mapped(_level_of_type, types), np.int8)
    at_best = np.array(_mapped(_level_of_match, [rank.match_type for rank in ranks]), np.int8)
    return Block(
        messages.NAME,
        lat,
        lon,
        confidence,
        np.maximum(found, at_best),
        formatted,
        _mapped(messages.attribution, [place.datasource.attribution for place in places]),
        {"result_type": _mapped(str, types), "place_id": ids},  # of equal types, one is kept
    )


def _level_of_type(result_type: str) -> int:
    return MATCHES.index(messages.match(result_type, ""))


def _level_of_match(match_type: str) -> int:
    return MATCHES.index(messages.match("building", match_type))


def _mapped(function: Callable[[K], V], values: Iterable[K]) -> list[V]:
    """The function of each; called once for all that are equal."""
    return list(map(_Known(function).__getitem__, values))


class _Known(dict[K, V]):
    """What a function gives for each, as far as it was asked for."""

    def __init__(self, function: Callable[[K], V]) -> None:
        self._function = function

    def __missing__(self, each: K) -> V:
        found = self[each] = self._function(each)
        return found


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
            return messages.answer(_any.decode(self.result))
        except _STRANGE:  # it was skipped over until now
            return messages.answer(None)


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


class Delivery(NamedTuple):
    """One answer a question."""

    answers: Sequence[Answer]


def decode(body: bytes, questions: Sequence[Question]) -> Json:
    """A `Delivery`, or the entries of a job with something that is not documented; None if this is no job."""
    with suppress(*_STRANGE), setting_aside():
        if answers := _in_order(body, questions):
            return Delivery(answers)
    with suppress(*_STRANGE):
        return _job.decode(body).results
    return None


def _in_order(body: bytes, questions: Sequence[Question]) -> Sequence[Answer]:
    """The answers of a job that is as documented and has them in the order of the questions; else none.

    At once: what was decoded is still near at hand, and its memory is free for the next job.
    """
    texts = texts_of(questions)
    entries: list[_Documented[Any]] = _documented[_Line if texts else _Params].decode(body).results
    if texts:  # sooner than to make the same of the questions
        same = [entry.params.text for entry in entries] == texts
    else:
        same = [entry.params for entry in entries] == _params(questions)
    if not same or [entry.id for entry in entries] != messages.ids(len(questions)):
        return []
    return _answers([entry.result for entry in entries])
