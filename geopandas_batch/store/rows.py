"""An answer as a row: packed as it stands in the table, and with all columns as it goes from one file into another."""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import chain, repeat
from operator import itemgetter
from typing import Annotated, Any, NamedTuple

import numpy as np

from geopandas_batch.places import MATCHES, Extra, Location
from geopandas_batch.places.blocks import Block, Keyed
from geopandas_batch.store.keys import KEY_BYTES

_NUMBERS = {match: number for number, match in enumerate(MATCHES)}

# lat, lon, formatted, match (its number), confidence (None for NaN, which is no equal of itself), reason and extra,
# which of a row from elsewhere is still JSON
Body = tuple[float, float, str, int, float | None, str, Extra | str]


# Rows by what those of one job have in common; under None, those of all jobs of which there are fewer than so many.
Parts = dict[tuple[Any, ...] | None, list[tuple[Any, ...]]]
FEW = 8


class Row(NamedTuple):
    """An answer with all that is known of it, as it goes from one file into another."""

    key: bytes
    service: str
    attribution: str
    lat: float | None
    lon: float | None
    formatted: str | None
    match: int | None
    confidence: float | None
    reason: str | None
    asked: float
    until: float | None
    extra: str | None


def bodies(answers: Mapping[bytes, Location | None]) -> list[bytes]:
    """What the service has found, each in one piece, empty for nothing."""
    if isinstance(answers, Keyed):
        return _packed(answers.block)
    there = [place for place in answers.values() if place is not None]
    sure = [place.confidence for place in there]
    columns = (
        [place.lat for place in there],
        [place.lon for place in there],
        [place.formatted for place in there],
        [_NUMBERS[place.match] for place in there],
        [each if each == each else None for each in sure],
        [place.reason for place in there],
        [place.extra for place in there],
    )
    packed = map(coder().pack, zip(*columns, strict=True))
    if len(there) == len(answers):
        return list(packed)
    return [b"" if place is None else next(packed) for place in answers.values()]


def _packed(block: Block) -> list[bytes]:
    lat, lon, match, sure = (each.tolist() for each in (block.lat, block.lon, block.match, block.confidence))
    if np.isnan(block.confidence).any():
        sure = [each if each == each else None for each in sure]
    columns = lat, lon, block.formatted, match, sure, repeat("", len(block)), block.extras
    return list(map(coder().pack, zip(*columns, strict=True)))


def bodies_of(rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """The same, of answers as a `Row` has them."""
    pack = coder().pack
    for _, _, _, lat, lon, formatted, match, confidence, reason, _, _, extra in rows:
        yield b"" if lat is None else pack((lat, lon, formatted, match, confidence, reason, extra or ()))


_ORIGIN = itemgetter(*map(Row._fields.index, ("service", "attribution", "asked", "until")))


def by_credit(answers: Mapping[bytes, Location | None]) -> Mapping[str, Mapping[bytes, Location | None]]:
    """The answers by the credit line of their places; "": nothing was found."""
    if isinstance(answers, Keyed):
        credits = set(answers.block.attribution)
    else:
        credits = {place.attribution if place else "" for place in answers.values()}
    if len(credits) == 1:
        return {credits.pop(): answers}
    parts: dict[str, dict[bytes, Location | None]] = {credit: {} for credit in credits}
    for key, place in answers.items():
        parts[place.attribution if place else ""][key] = place
    return parts


def by_origin(rows: Iterable[tuple[Any, ...]]) -> Parts:
    """The rows in their parts."""
    all_parts: Parts = {}
    for row in rows:
        all_parts.setdefault(_ORIGIN(row), []).append(row)
    parts = {origin: part for origin, part in all_parts.items() if len(part) >= FEW}
    if len(parts) < len(all_parts):
        parts[None] = [row for part in all_parts.values() if len(part) < FEW for row in part]
    return parts


def keys_of(parts: Parts) -> list[bytes]:
    """The keys of all, in their order."""
    return [row[0] for row in chain.from_iterable(parts.values())]


def keys_in(together: Any) -> tuple[bytes, ...]:
    """Keys that are in one piece; what is none of ours is told as damage."""
    with damage_told():
        if not isinstance(together, bytes):
            raise ValueError("no keys")
        return struct.unpack(f"{KEY_BYTES}s" * (len(together) // KEY_BYTES), together)


def row_of(
    key: bytes, service: str, attribution: str, asked: float, until: float | None, body: bytes | None
) -> Row | None:
    """The way back; None where the place is one that there cannot be.

    Raises
    ------
    ValueError
        The body is not what `bodies` has made.
    """
    if body is None:
        return Row(key, service, attribution, None, None, None, None, None, None, asked, until, None)
    try:
        lat, lon, formatted, match, confidence, reason, extra = coder().unpack(body)
    except ValueError:
        if not is_impossible(body):
            raise
        return None
    more = (extra if isinstance(extra, str) else coder().text(extra).decode()) if extra else None
    return Row(key, service, attribution, lat, lon, formatted, match, confidence, reason, asked, until, more)


def is_impossible(body: bytes) -> bool:
    """Whether a body is whole, but of no place: once, what a service of the user's own said was kept as it was."""
    try:
        coder().unpack_any(body)
    except ValueError:
        return False
    return True


def is_sound(row: Row) -> bool:
    """Whether a row from elsewhere is one that the store could have written."""
    if not (isinstance(row.key, bytes) and len(row.key) == KEY_BYTES and _is_number(row.asked)):
        return False
    if not (row.until is None or _is_number(row.until)):
        return False
    if row.lat is None:
        return (row.lon, row.formatted, row.match, row.confidence, row.reason, row.extra) == (None,) * 6
    return (
        _is_number(row.lat, 90)
        and _is_number(row.lon, 180)
        and _is_text(row.formatted)
        and _is_text(row.reason)
        and isinstance(row.match, int)
        and 0 <= row.match < len(MATCHES)
        and (row.confidence is None or (_is_number(row.confidence) and 0 <= row.confidence <= 1))
        and is_extra(row.extra)
    )


def is_extra(text: Any) -> bool:
    """Whether it is a place's extra as a row has it, or nothing."""
    try:
        return text is None or (isinstance(text, str) and bool(coder().parse(text)))
    except ValueError:
        return False


class Coder(NamedTuple):
    """Ways to and from bytes."""

    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Body]  # a ValueError also for what is not on Earth
    unpack_any: Callable[[bytes], Body]
    text: Callable[[Extra], bytes]  # to and from JSON
    parse: Callable[[str], Extra]


@cache
def coder() -> Coder:
    """Loaded with the first answer."""
    import msgspec
    from msgspec import Meta

    # In bounds, which takes 20 ns more for an answer; NaN is in none.
    lat, lon, sure = (Annotated[float, Meta(ge=low, le=high)] for low, high in ((-90, 90), (-180, 180), (0, 1)))
    possible = tuple[lat, lon, str, int, sure | None, str, Extra | str]  # type: ignore[valid-type]
    return Coder(
        msgspec.msgpack.Encoder(enc_hook=_plain).encode,
        msgspec.msgpack.Decoder(possible).decode,
        msgspec.msgpack.Decoder(Body).decode,
        msgspec.json.Encoder(enc_hook=_plain).encode,
        msgspec.json.Decoder(Extra).decode,
    )


def _plain(value: Any) -> float | str:
    """NumPy's numbers and texts, which a service of the user's may answer with."""
    return str(value) if isinstance(value, str) else float(value)


def _is_number(value: Any, most: float = math.inf) -> bool:
    return isinstance(value, float) and math.isfinite(value) and abs(value) <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


@contextmanager
def damage_told() -> Iterator[None]:
    """What was packed and is not what it was: SQLite sees no damage within a value."""
    try:
        yield
    except (ValueError, LookupError, struct.error) as error:
        trouble = sqlite3.DatabaseError(f"what was packed cannot be read: {error}")
        trouble.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise trouble from error
