"""What type checkers must see of the geocoding. Run by ``tests/test_typing.py``; nothing here is executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

import pandas as pd

import geopandas_batch
from geopandas_batch import Location, Locator, Query
from geopandas_batch.accessor import GeoAccessor
from geopandas_batch.services import Cascade, Gazetteer, Geoapify, Limits
from geopandas_batch.services.protocol import Answer
from geopandas_batch.wire import Wire


async def branches(addresses: list[str]) -> list[tuple[float, float] | None]:
    """Any async function is a service."""
    return [None for _ in addresses]


class TownHall:
    """And any object of this form."""

    name = "town hall"
    limits = Limits(batch_size=50, max_concurrency=4)

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> list[Answer]:
        """Nobody is at home."""
        return [None for _ in queries]


def show(done: int, rows: int, kinds: dict[str, int]) -> None:
    """For ``progress``."""


def frames(df: pd.DataFrame) -> None:
    """Frames in, frames out; the arguments are those of ``df.geo.locate``."""
    assert_type(geopandas_batch.locate(df, "address", details=True), pd.DataFrame)
    geopandas_batch.locate(["Oslo", "Bergen"], service=branches, progress=show, cache="answers.sqlite")
    geopandas_batch.locate(df, "address", service=TownHall(), min_confidence=0.8, errors="coerce")
    geopandas_batch.locate(df, "address", service=["census", branches, Gazetteer(), Geoapify("key")], budget=100)
    geopandas_batch.locate(df, "address", service=Cascade(["census", branches], coarsest="street"), lang="fr")
    geopandas_batch.locate(df, street="road", country=geopandas_batch.constant("France"))
    assert_type(GeoAccessor(df).locate(["street", "town"]), pd.DataFrame)
    assert_type(GeoAccessor(df).estimate("address").credits, float)

    geopandas_batch.locate(df, "address", details="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    geopandas_batch.locate(df, "address", errors="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Cascade(["census"], coarsest="house")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def addresses(df: pd.DataFrame) -> None:
    """One address, one location; errors are among the answers only where they were asked for."""
    assert_type(await geopandas_batch.get_location("Oslo"), Location | None)
    assert_type(await geopandas_batch.get_locations(["Oslo", None]), list[Location | None])
    both = await geopandas_batch.get_locations(["Oslo"], return_exceptions=True, service="gazetteer")
    assert_type(both, list[Location | None | Exception])
    async with Locator("gazetteer", max_wait=0.05) as locator:
        found = await locator.locate("Oslo")
        assert_type(await locator.locate_many(["Oslo"]), list[Location | None])
    if found is not None:
        lat, lon = found
        assert_type((lat, lon), tuple[float, float])
    assert_type(await GeoAccessor(df).locate_async("address"), pd.DataFrame)
