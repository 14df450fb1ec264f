"""The embedded gazetteer as a service: free, offline, at place level."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from geopandas_batch import gazetteer
from geopandas_batch.places import Point, Query
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.wire import Wire

# About a hundredth of a second's work: after that, whatever else runs on the loop has its turn.
SLICE = 100
POINTS = 5000


@dataclass(frozen=True)
class Gazetteer:
    """Places, postcodes and regions of the whole world, from a file that comes with the package.

    Answers are the centre of a postcode, city, region or country, never a house; `match` and `confidence` say which
    and how sure. Nothing leaves this computer.

    Examples
    --------
    >>> Gazetteer().price
    0.0
    """

    name = "gazetteer"
    price = 0.0
    local = True
    notice = (
        "The embedded gazetteer answers: the centre of a postcode, city or region, not the house. "
        "For houses, set GEOAPIFY_API_KEY (free keys: https://myprojects.geoapify.com)."
    )
    extras = ("distance",)
    limits = Limits(batch_size=1000, max_concurrency=1)  # one: it is this process that works
    # A point is found again sooner than its answer is read from a cache.
    reverse_limits = Limits(batch_size=POINTS, max_concurrency=1, keep_for=timedelta(0))

    @property
    def attribution(self) -> str:
        """What the licence of GeoNames asks for."""
        return gazetteer.ATTRIBUTION

    @property
    def options(self) -> Mapping[str, str]:
        """Its version: another file or matcher may answer otherwise, so what is cached goes with it."""
        return {"version": gazetteer.version()}

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """As many answers as queries, in their order. The wire is not used."""
        places = gazetteer.load()
        answers: list[Answer] = []
        for start in range(0, len(queries), SLICE):
            answers += places.locate_many(queries[start : start + SLICE])
            await asyncio.sleep(0)
        return answers

    async def reverse_many(self, wire: Wire, points: Sequence[Point]) -> Sequence[Answer]:
        """The town or village of each point, with its ``distance`` in metres. The wire is not used."""
        places = gazetteer.load()
        answers: list[Answer] = []
        for start in range(0, len(points), POINTS):
            answers += places.reverse_many(points[start : start + POINTS])
            await asyncio.sleep(0)
        return answers
