"""One address, asked by itself."""

from __future__ import annotations

import math

from geopandas_batch.gazetteer import load
from geopandas_batch.gazetteer.ranking.evidence import kilometres
from geopandas_batch.places import Location, Query


def find(text: str) -> Location | None:
    """What the gazetteer answers."""
    (answer,) = load().locate_many([Query(text)])
    return answer


def error(text: str, lat: float, lon: float) -> float:
    """How many km off that is; infinite where there is none."""
    answer = find(text)
    return math.inf if answer is None else kilometres(lat, lon, *answer)
