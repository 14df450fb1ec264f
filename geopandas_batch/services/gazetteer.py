"""The embedded gazetteer as a service: free, offline, at place level."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geopandas_batch import gazetteer, settings
from geopandas_batch.errors import SettingsError
from geopandas_batch.gazetteer.reverse.nearest import FARTHEST
from geopandas_batch.gazetteer.workers import WorkerDied, Workers
from geopandas_batch.places import Location, Point, Query, Question
from geopandas_batch.services.protocol import Answer, Limits, Nearest
from geopandas_batch.wire import Wire

# About a hundredth of a second's work: after that, whatever else runs on the loop has its turn.
SLICE = 100
POINTS = 5000
_CODE = 2  # capitals of a country
ALL = 50_000  # points at a time of those that are in arrays; the search lets the loop run meanwhile
FEW = 500  # addresses that are not worth the start of a process

Positions: TypeAlias = "NDArray[np.intp]"


@dataclass(frozen=True)
class Gazetteer:
    """Places, postcodes and regions of the whole world, from a file that comes with the package.

    Answers are the centre of a postcode, city, region or country, never a house: `match` and `confidence` say which and
    how sure, `uncertainty` how far (metres) an address of that place may lie from the point: nine of ten lie nearer.
    Nothing leaves this computer.

    Parameters
    ----------
    context : bool or str
        Most tables are of one country, or of a few, and many of one region. True: where four in five of the addresses
        of a table that are clear by themselves are in one country, or in some that have two of them and more, these
        settle those that are not, such as "Cambridge" or "Georgia"; and so do regions, if they are three or fewer. A
        column of postcodes is in the country that has them, if others lack some. `reason` says so where it changed the
        answer. The order of the rows makes no difference. False: each address by itself. A country code such as "DE",
        or several, "AT,CH,DE": these countries. A country with a region, as answers name it, "US/Illinois": that
        region. Who asks for single addresses knows no table: there, only a code helps. The command line reads a file
        twice for it, and Dask takes a sample of all partitions.
    processes : int
        How many processes work. More than one is worth it from some ten thousand different addresses on.

    Raises
    ------
    SettingsError
        `context` is no country or region, or `processes` no number of them.

    Examples
    --------
    >>> Gazetteer().price
    0.0
    """

    context: bool | str = True
    processes: int = 1

    name = "gazetteer"
    price = 0.0
    local = True
    notice = (
        "The embedded gazetteer answers: the centre of a postcode, city or region, not the house. "
        "For houses, set GEOAPIFY_API_KEY (free keys: https://myprojects.geoapify.com)."
    )
    extras = ("uncertainty",)
    reverse_extras = ("distance",)
    # A point is found again sooner than its answer is read from a cache.
    reverse_limits = Limits(batch_size=POINTS, max_concurrency=1, keep_for=timedelta(0))

    def __post_init__(self) -> None:
        """Refuse what is no context and no number of processes."""
        if not (isinstance(self.context, bool) or _is_context(self.context)):
            raise SettingsError(
                "context must be True (what most addresses of the table say), False (each address by itself) or a "
                "country code of two capitals such as 'DE', or several ('AT,CH,DE'), or with a region as answers name "
                f"it ('US/Illinois'), not {self.context!r}"
            )
        settings.check_between("processes", self.processes, 1)

    @property
    def limits(self) -> Limits:
        """One batch at a time, as it is this process that works; where others do, each has the next one waiting."""
        return Limits(batch_size=1000, max_concurrency=1 if self.processes == 1 else int(self.processes) + 1)

    @property
    def attribution(self) -> str:
        """What the licence of GeoNames asks for."""
        return gazetteer.ATTRIBUTION

    @property
    def options(self) -> Mapping[str, str]:
        """Its version and the context: another file or matcher may answer otherwise, so what is cached goes with it."""
        context = {"context": ",".join(sorted({*self.context.split(",")}))} if isinstance(self.context, str) else {}
        return {"version": gazetteer.version(), **context}

    def in_context(self, questions: Sequence[Question]) -> Gazetteer:
        """The service for a table with these addresses: where most of them are is settled for all."""
        if self.context is not True:
            return self
        queries = [question for question in questions if isinstance(question, Query)]
        context = gazetteer.load().context_of(queries) if queries else ""
        return replace(self, context=context or False)

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """As many answers as queries, in their order. The wire is not used."""
        context = self.context if isinstance(self.context, str) else ""
        if self.processes > 1 and len(queries) >= FEW:
            return await asyncio.to_thread(self._locate_elsewhere, queries, context)
        places = gazetteer.load()
        answers: list[Answer] = []
        for start in range(0, len(queries), SLICE):
            answers += places.locate_many(queries[start : start + SLICE], context=context)
            await asyncio.sleep(0)
        return answers

    def _locate_elsewhere(self, queries: Sequence[Query], context: str) -> Sequence[Location | None]:
        workers = _workers(int(self.processes))
        try:
            return workers.locate_many(queries, context=context)
        except WorkerDied:
            return workers.locate_many(queries, context=context)  # once more: what it was asked is lost, no more

    async def reverse_many(self, wire: Wire, points: Sequence[Point]) -> Sequence[Answer]:
        """The town or village of each point, with its ``distance`` in metres. The wire is not used."""
        places = gazetteer.load()
        answers: list[Answer] = []
        for start in range(0, len(points), POINTS):
            answers += places.reverse_many(points[start : start + POINTS])
            await asyncio.sleep(0)
        return answers

    async def reverse_all(self, degrees: NDArray[np.float64], told: Callable[[Positions, Positions], None]) -> Nearest:
        """As `reverse_many`, in arrays: no object is made for a point."""
        surroundings = gazetteer.load().surroundings
        which, metres = np.full(len(degrees), -1, np.intp), np.full(len(degrees), np.inf)
        # Half a degree of latitude after the other, so that what is searched at a time lies together.
        order = np.argsort(np.floor(degrees[:, 0] * 2) * 1000 + degrees[:, 1])
        for start in range(0, len(order), ALL):
            part = order[start : start + ALL]
            places, apart = await asyncio.to_thread(surroundings.find, degrees[part])
            which[part], metres[part] = np.where(apart > FARTHEST * 1000, -1, places), apart
            told(part, which[part])
        names, which = await asyncio.to_thread(surroundings.names, which)
        return Nearest(names, which, metres, *surroundings.reasons(np.where(which < 0, 0, metres)))


def _is_context(said: object) -> bool:
    """Whether it names countries and regions; the data are read only for the latter."""
    if not isinstance(said, str) or not gazetteer.countries().issuperset(part[:_CODE] for part in said.split(",")):
        return False
    return all(len(part) == _CODE for part in said.split(",")) or gazetteer.load().is_context(said)


@cache
def _workers(count: int) -> Workers:
    """Those of this process; they wait for the next table."""
    workers = Workers(count)
    atexit.register(workers.close)
    return workers
