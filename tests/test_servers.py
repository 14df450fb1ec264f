"""Inside servers: each request asks for one address, and the batches are shared."""

from __future__ import annotations

import asyncio

import httpx
import pandas as pd
import pytest
from fastapi import FastAPI

import geopandas_batch


def test_handlers_of_a_server_share_batches(fake, geoapify):
    service = geoapify(fake, mode="batch")
    app = FastAPI()

    @app.get("/where")
    async def where(address: str):
        return tuple(await geopandas_batch.get_location(address, service=service))

    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            asked = [client.get("/where", params={"address": f"{number} Main Street"}) for number in range(200)]
            return [tuple((await reply).json()) for reply in asyncio.as_completed(asked)]

    found = asyncio.run(main())

    assert sorted(found) == sorted(fake.expected(f"{number} Main Street") for number in range(200))
    assert len(fake.inputs) == 200
    assert len(fake.submits) < 10


def test_a_synchronous_call_inside_a_handler_works_too(fake, geoapify):
    service = geoapify(fake)
    app = FastAPI()

    @app.get("/table")
    async def table():
        located = geopandas_batch.locate(["1 Main Street", None], service=service, progress=False)
        return len(located.dropna())

    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return (await client.get("/table")).json()

    assert asyncio.run(main()) == 1


@pytest.mark.parametrize("call", ["with await", "without"])
def test_a_time_limit_of_a_framework_around_a_call_ends_it_and_no_more(call):
    anyio = pytest.importorskip("anyio")
    table = pd.DataFrame({"address": ["1 Main Street"]})

    async def slow(addresses):
        await asyncio.sleep(60)

    async def main():
        with anyio.move_on_after(0.05) as scope:
            if call == "with await":
                await table.geo.locate_async("address", service=slow, cache=False)
            else:
                table.geo.locate("address", service=slow, cache=False)
        await asyncio.sleep(0)  # what was to end is over
        return scope.cancelled_caught

    assert asyncio.run(main())
    assert table.geo.report.statuses["skipped"] == 1
