"""Whether the points of a table are where its towns are, or latitude and longitude are the wrong way round."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

from geopandas_batch.errors import SettingsError
from geopandas_batch.places import Query

log = logging.getLogger("geopandas_batch")

_TOWNS = 50  # the ones with most rows
_MANY = 1 / 3  # of those that are somewhere else; fewer are chance, where the gazetteer has namesakes of all
_FEW = 5  # towns that are all somewhere else than the gazetteer has them are worth a word
_NEAR = 1.0  # degrees, 111 km; by chance, the other way round one in 15,000 is as near to its town


def check(db: Any, source: Path, lat: str, lon: str) -> None:
    """Refuse the table ``raw`` where most of its towns are somewhere else, and would not be the other way round.

    Parameters
    ----------
    db
        The engine's connection.
    source : path
        As the table is called in the message.
    lat, lon : str
        The columns that were read, as SQL.

    Raises
    ------
    SettingsError
        It says how to read the table.
    """
    from geopandas_batch.gazetteer import load

    towns = db.execute(
        "SELECT city, state, country, median(lat), median(lon), count(*) AS houses FROM raw WHERE city <> '' "
        f"GROUP BY city, state, country ORDER BY houses DESC, city, state, country LIMIT {_TOWNS}"
    ).fetchall()
    queries = [Query(city=city, state=state, country=country) for city, state, country, *_ in towns]
    right, elsewhere, wrong = 0, 0, list[str]()
    for (city, _, _, north, east, _), place in zip(towns, load().locate_many(queries), strict=True):
        if place is None:
            continue
        if _apart(place.lat, place.lon, north, east) < _NEAR:
            right += 1
        elif _apart(place.lat, place.lon, east, north) < _NEAR:
            wrong.append(f"{city} is at {place.lat:.2f}, {place.lon:.2f}, and would be at {north:.2f}, {east:.2f}")
        else:
            elsewhere += 1
    if len(wrong) > max(right, elsewhere * _MANY):
        raise SettingsError(
            f"latitude and longitude of the address book {source} are the wrong way round: {wrong[0]}. "
            f"Say which is which: AddressBook(..., lat={_column(lon)}, lon={_column(lat)})"
        )
    known = right + elsewhere + len(wrong)
    # A log is kept: it names no town, of which the table may have one house.
    if wrong:
        log.warning(
            "address book %s: latitude and longitude are the wrong way round in %d of %d towns. Mend these rows",
            *(source.name, len(wrong), known),
        )
    elif not right and elsewhere >= _FEW:
        log.warning(
            "address book %s: of %d towns none is where its points are. Are these latitude and longitude, in degrees?",
            *(source.name, known),
        )


def _apart(lat: float, lon: float, north: float, east: float) -> float:
    """Degrees between two points."""
    if abs(north) > 90:
        return math.inf
    one, other, turn = math.radians(lat), math.radians(north), math.radians(east - lon)
    cosine = math.sin(one) * math.sin(other) + math.cos(one) * math.cos(other) * math.cos(turn)
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _column(sql: str) -> str:
    return repr(sql.strip('"').replace('""', '"')) if sql.startswith('"') else f"<{sql}>"
