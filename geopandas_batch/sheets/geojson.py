"""New properties in GeoJSON: all else in it stays as it is."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec
import pandas as pd

from geopandas_batch.sheets.cells import held

Places: TypeAlias = Callable[[], Sequence[str]]


class _Feature(msgspec.Struct, gc=False):
    """What a feature must be, so that it can have new properties."""

    properties: dict[str, msgspec.Raw] | None = None
    geometry: msgspec.Raw = msgspec.Raw(b"null")


def with_properties(content: bytes, new: pd.DataFrame, places: Places) -> Iterator[bytes] | None:
    """GeoJSON with new properties, in pieces; None where it is no collection of as many features as rows.

    GDAL would make dates of texts, numbers of yes and no, and text of lists, and drop what it does not know.
    Features are taken apart one by one: as objects, those of a large file would be many times its size.

    ``places``: tells which properties are longitude and latitude, to make points of where there is no shape at all.
    """
    try:
        collection = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8), type=dict[str, msgspec.Raw])
        features = msgspec.json.decode(collection["features"], type=list[msgspec.Raw])
        decoder = msgspec.json.Decoder(_Feature)
        bare = bool(features)
        for feature in features:  # all of them, whatever the first ones say
            bare &= bytes(decoder.decode(feature).geometry) == b"null"
    except (msgspec.MsgspecError, KeyError):
        return None
    if len(features) != len(new):
        return None
    return _pieces(collection, features, new, places() if bare else ())


def _pieces(
    collection: dict[str, msgspec.Raw], features: Sequence[msgspec.Raw], new: pd.DataFrame, places: Sequence[str]
) -> Iterator[bytes]:
    names = [str(name) for name in new.columns]
    for number, (key, value) in enumerate(collection.items()):
        yield (b", " if number else b"{") + _written(key) + b": "
        if key != "features":
            yield bytes(value)
            continue
        rows = zip(*(map(held, new[name].tolist()) for name in new.columns), strict=True)
        for place, (feature, row) in enumerate(zip(features, rows, strict=True)):
            told = json.loads(bytes(feature))
            told["properties"] = {**(told.get("properties") or {}), **dict(zip(names, row, strict=True))}
            if places:
                at = [_degrees(told["properties"].get(name)) for name in places]
                told["geometry"] = None if None in at else {"type": "Point", "coordinates": at}
            yield (b",\n" if place else b"[\n") + _written(told)
        yield b"\n]" if features else b"[]"
    yield b"}\n"


def _written(value: Any) -> bytes:
    # Half a letter, which JSON allows and UTF-8 does not, is written as JSON writes it.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _degrees(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
