"""New properties in GeoJSON: all else in it stays as it is."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
import pandas as pd

from geopandas_batch.sheets.cells import held

Places: TypeAlias = Callable[[], Sequence[str]]

_MARK = b"\x1e"  # before each feature of a text sequence


class _Feature(msgspec.Struct, gc=False):
    """What a feature must be, so that it can have new properties."""

    properties: dict[str, msgspec.Raw] | None = None
    geometry: msgspec.Raw = msgspec.Raw(b"null")


class _Listed(_Feature, gc=False, kw_only=True):
    """The same of one that is in no collection: there might be shapes alone as well."""

    type: Literal["Feature"]


def with_properties(content: bytes, new: pd.DataFrame, places: Places) -> Iterator[bytes] | None:
    """GeoJSON with new properties, in pieces; None where there are not as many features as rows.

    They are in a collection; or there is one alone, or one after the other, as in newline-delimited GeoJSON and in text
    sequences (RFC 8142).

    GDAL would make dates of texts, numbers of yes and no, and text of lists, and drop what it does not know.
    Features are taken apart one by one: as objects, those of a large file would be many times its size.

    ``places``: tells which properties are longitude and latitude, to make points of where there is no shape at all.
    """
    try:
        collection, features = _parts(content.removeprefix(codecs.BOM_UTF8))
        decoder = msgspec.json.Decoder(_Listed if collection is None else _Feature)
        bare = bool(features)
        for feature in features:  # all of them, whatever the first ones say
            bare &= bytes(decoder.decode(feature).geometry) == b"null"
    except msgspec.MsgspecError:
        return None
    if len(features) != len(new):
        return None
    told = _widened(features, new, places() if bare else ())
    if collection is not None:
        return _collected(collection, told)
    mark = _MARK if _MARK in content else b""
    return (mark + feature + b"\n" for feature in told)


def _parts(content: bytes) -> tuple[dict[str, msgspec.Raw] | None, Sequence[msgspec.Raw]]:
    """A collection, if there is one, and the features."""
    try:
        whole = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:  # there is more than one value
        lines = content.split(_MARK if _MARK in content else b"\n")
        return None, [msgspec.Raw(line) for line in lines if line.strip()]
    if "features" not in whole:
        return None, [msgspec.Raw(content)]
    return whole, msgspec.json.decode(whole["features"], type=list[msgspec.Raw])


def _widened(features: Sequence[msgspec.Raw], new: pd.DataFrame, places: Sequence[str]) -> Iterator[bytes]:
    names = [str(name) for name in new.columns]
    rows = zip(*(map(held, new[name].tolist()) for name in new.columns), strict=True)
    for feature, row in zip(features, rows, strict=True):
        told = json.loads(bytes(feature))
        told["properties"] = {**(told.get("properties") or {}), **dict(zip(names, row, strict=True))}
        if places:
            at = [_degrees(told["properties"].get(name)) for name in places]
            told["geometry"] = None if None in at else {"type": "Point", "coordinates": at}
        yield _written(told)


def _collected(collection: dict[str, msgspec.Raw], features: Iterator[bytes]) -> Iterator[bytes]:
    for number, (key, value) in enumerate(collection.items()):
        yield (b", " if number else b"{") + _written(key) + b": "
        if key != "features":
            yield bytes(value)
            continue
        yield b"["
        for place, feature in enumerate(features):
            yield (b",\n" if place else b"\n") + feature
        yield b"\n]"
    yield b"}\n"


def _written(value: Any) -> bytes:
    # Half a letter, which JSON allows and UTF-8 does not, is written as JSON writes it.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _degrees(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
