"""What may be given for an address, and the question that is meant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Point, Query, Question
from geopandas_batch.places.lines import Lines
from geopandas_batch.places.texts import BLANK, PartedQuery, has_parted, tidy, tidy_up


def as_query(address: object) -> Question:
    """The question that is meant; a blank one for None and for what pandas has in empty cells."""
    if isinstance(address, Point):
        return _on_earth(address)
    if isinstance(address, Query):
        return address if type(address) is PartedQuery else _of_texts(address)
    if isinstance(address, str):
        text = tidy(address)
        if text in BLANK:
            return Query()
        return Query(text) if type(text) is str else PartedQuery.of(Query(text))
    if address is None or type(address).__name__ in ("NAType", "NaTType"):
        return Query()
    if isinstance(address, float) and math.isnan(address):
        return Query()
    raise SettingsError(f"an address must be text, not {type(address).__name__}")


def several(addresses: object) -> list[object]:
    """What was given for many addresses, one by one."""
    # Of one address, the letters or the parts would be asked, and paid for, one by one.
    if isinstance(addresses, str | Query) or not isinstance(addresses, Iterable):
        raise SettingsError("several addresses are a list: one by itself goes to get_location, or Locator.locate")
    # Of a table or a mapping, the names would be.
    if isinstance(addresses, Mapping) or hasattr(addresses, "columns"):
        raise SettingsError(f"several addresses are a list, such as a column of this {type(addresses).__name__}")
    return list(addresses)


def as_lines(addresses: Sequence[object]) -> Lines | None:
    """The questions that many texts are, with one look at all of them; None where one is blank, parted or no text."""
    if set(map(type, addresses)) != {str}:
        return None
    texts = cast("list[str]", list(addresses))
    tidy_up(texts)
    return None if not BLANK.isdisjoint(texts) or has_parted(texts) else Lines(texts)


def _on_earth(point: Point) -> Question:
    """The point in Python's numbers; a blank where one of them is missing."""
    try:
        lat, lon = map(float, point)  # of NumPy, or the decimals of a database
    except (TypeError, ValueError):
        raise SettingsError("the latitude and the longitude of a Point must be numbers") from None
    if math.isnan(lat) or math.isnan(lon):
        return Query()
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise SettingsError("a Point has a latitude from -90 to 90 and a longitude from -180 to 180. Are they swapped?")
    return Point(lat, lon)


def _of_texts(query: Query) -> Query:
    """The query as it is asked."""
    for name, value in zip(Query._fields, query, strict=True):
        if not isinstance(value, str):
            raise SettingsError(f"the {name} of a Query must be text, not {type(value).__name__}")
    query = PartedQuery.of(map(tidy, query))
    if query.text and query.parts:  # which no service would be sent
        raise SettingsError("a Query has the address in one line, text=, or in its parts, not both at once")
    return query
