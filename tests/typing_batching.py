"""What type checkers must see. Run by ``tests/test_typing.py``; nothing here is executed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import assert_type

from geopandas_batch.batching import Batcher, batched


@batched(max_size=500, max_wait=0.02, max_concurrency=4)
async def price(tickers: list[str]) -> dict[str, float]:
    """A mapping."""
    return dict.fromkeys(tickers, 1.0)


@batched
async def length(words: Sequence[str]) -> list[int]:
    """A list; and the function may ask for less than a list."""
    return [len(word) for word in words]


@batched(max_wait="auto")
async def find(keys: list[int]) -> list[str | None | Exception]:
    """Errors in the list are raised, so they are no answers."""
    return [None for _ in keys]


@batched()
async def lookup(keys: list[int]) -> Mapping[int, bytes | Exception]:
    """The same in a mapping."""
    return dict.fromkeys(keys, b"")


class Repository:
    """Methods."""

    @batched(max_size=100)
    async def customer(self, keys: list[int]) -> dict[int, str]:
        """With settings."""
        return dict.fromkeys(keys, "")

    @batched
    async def order(self, keys: list[str]) -> list[float]:
        """Without."""
        return [0.0 for _ in keys]

    @staticmethod
    @batched
    async def country(codes: list[str]) -> list[str]:
        """Without self."""
        return codes


async def fetch(keys: list[int]) -> Sequence[str | Exception]:
    """For a ``Batcher``."""
    return [str(key) for key in keys]


def is_transient(error: BaseException) -> bool:
    """For ``split_on_error``."""
    return isinstance(error, OSError)


async def produce() -> AsyncIterator[int]:
    """An asynchronous producer."""
    yield 1


async def main(repository: Repository) -> None:
    """Items in, answers out."""
    assert_type(price, Batcher[str, float])
    assert_type(await price("AAPL"), float)
    assert_type(price.submit("AAPL"), asyncio.Future[float])
    assert_type(await price.submit("AAPL"), float)
    assert_type(price.map(["AAPL"]), AsyncGenerator[float, None])
    assert_type([answer async for answer in price.map(["AAPL"])], list[float])
    assert_type(await length("word"), int)
    assert_type(await find(1), str | None)
    assert_type(await lookup(1), bytes)
    assert_type(await repository.customer(1), str)
    assert_type(repository.customer, Batcher[int, str])
    assert_type(await repository.order("a"), float)
    assert_type(await Repository.country("FR"), str)

    async with Batcher(fetch, max_pending=10, split_on_error=is_transient) as batcher:
        assert_type(batcher, Batcher[int, str])
        assert_type(await batcher(1), str)
        assert_type([answer async for answer in batcher.map(produce())], list[str])
        assert_type(batcher.stats.items, int)

    await price(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await repository.customer("a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Batcher(fetch, max_wait="never")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
