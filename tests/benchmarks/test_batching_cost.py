"""What an item costs, with a batch function that does nothing: ours and the peers', side by side in one run.

``python -m pytest tests/benchmarks/test_batching_cost.py --benchmark-enable``. A million items take minutes; choose
with ``-k "200000"``.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import time
import tracemalloc

import pytest

from geopandas_batch.batching import Batcher

SIZE = 1000  # items in a batch
COUNTS = (200_000, 1_000_000)


async def nothing(items):
    return items


# Bulk: a list of items in, all answers out.


async def ours_map(keys):
    async for _ in Batcher(nothing, max_size=SIZE).map(keys):
        pass


async def aiodataloader_load_many(keys):
    from aiodataloader import DataLoader

    await DataLoader(nothing, max_batch_size=SIZE).load_many(keys)


async def strawberry_load_many(keys):
    from strawberry.dataloader import DataLoader

    await DataLoader(nothing, max_batch_size=SIZE).load_many(keys)


async def batched_list(keys):
    from batched.aio import dynamically

    await dynamically(nothing, batch_size=SIZE, timeout_ms=0.0)(keys)


async def bare_tasks(keys):
    async def one(key):
        return key

    await asyncio.gather(*(asyncio.create_task(one(key)) for key in keys))


# One by one: a call for each item, and `gather`.


async def ours_submit(keys):
    batcher = Batcher(nothing, max_size=SIZE)
    await asyncio.gather(*map(batcher.submit, keys))


async def aiodataloader_load(keys):
    from aiodataloader import DataLoader

    await asyncio.gather(*map(DataLoader(nothing, max_batch_size=SIZE).load, keys))


async def strawberry_load(keys):
    from strawberry.dataloader import DataLoader

    await asyncio.gather(*map(DataLoader(nothing, max_batch_size=SIZE).load, keys))


async def ours_call(keys):
    await asyncio.gather(*map(Batcher(nothing, max_size=SIZE), keys))


async def aiodataloader_call(keys):
    from aiodataloader import DataLoader

    loader = DataLoader(nothing, max_batch_size=SIZE)

    async def call(key):
        return await loader.load(key)

    await asyncio.gather(*map(call, keys))


async def async_batcher_process(keys):
    from async_batcher.batcher import AsyncBatcher

    class Nothing(AsyncBatcher):
        async def process_batch(self, batch):
            return batch

    batcher = Nothing(max_batch_size=SIZE, concurrency=4)
    await asyncio.gather(*(batcher.process(item=key) for key in keys))
    await batcher.stop()


async def batched_call(keys):
    from batched.aio import dynamically

    await asyncio.gather(*map(dynamically(nothing, batch_size=SIZE, timeout_ms=0.0), keys))


MODULES = {"aiodataloader": "aiodataloader", "strawberry": "strawberry", "async": "async_batcher", "batched": "batched"}
BULK = (ours_map, aiodataloader_load_many, strawberry_load_many, batched_list, bare_tasks)
SINGLE = (
    ours_submit,
    aiodataloader_load,
    strawberry_load,
    ours_call,
    aiodataloader_call,
    async_batcher_process,
    batched_call,
    bare_tasks,
)


def need(way):
    module = MODULES.get(way.__name__.split("_")[0])
    if module is not None and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


def seconds(way, keys):
    """Processor time: other programs of this machine do not count."""
    gc.collect()
    started = time.process_time()
    asyncio.run(way(keys))
    return time.process_time() - started


@pytest.fixture(scope="module", params=COUNTS)
def keys(request):
    return [f"address {number}" for number in range(request.param)]


def tidy():
    """No rubbish of the way before."""
    gc.collect()


def measure(benchmark, way, keys):
    need(way)
    rounds = 3 if len(keys) < 500_000 else 1
    benchmark.pedantic(lambda: asyncio.run(way(keys)), setup=tidy, rounds=rounds)
    if benchmark.stats is not None:
        benchmark.extra_info["microseconds an item"] = round(benchmark.stats.stats.min / len(keys) * 1e6, 2)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("way", BULK)
def test_many_items_at_once(benchmark, way, keys):
    benchmark.group = f"many at once, {len(keys):,} items"
    measure(benchmark, way, keys)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("way", SINGLE)
def test_one_item_after_another(benchmark, way, keys):
    benchmark.group = f"one by one, {len(keys):,} items"
    measure(benchmark, way, keys)


def best_of(ways, keys, rounds=5):
    """In turns, so that a slow minute of the machine is one for all."""
    times = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            times[way].append(seconds(way, keys))
    return {way: min(each) for way, each in times.items()}


def test_map_costs_at_most_a_third_of_the_best_peers_bulk_call():
    for way in (aiodataloader_load_many, strawberry_load_many):
        need(way)
    keys = [f"address {number}" for number in range(COUNTS[0])]

    times = best_of((ours_map, aiodataloader_load_many, strawberry_load_many), keys)
    ours = times.pop(ours_map)

    assert ours <= 0.35 * min(times.values())
    assert ours / len(keys) <= 1.5e-6


def test_submit_and_gather_cost_no_more_than_the_peers_load_and_gather():
    for way in (aiodataloader_load, strawberry_load):
        need(way)
    keys = [f"address {number}" for number in range(COUNTS[0])]

    times = best_of((ours_submit, aiodataloader_load, strawberry_load), keys)
    ours = times.pop(ours_submit)

    assert ours <= min(times.values())


@pytest.mark.timeout(600)
def test_a_million_items_need_no_more_memory_than_a_few():
    def peak(count):
        tracemalloc.start()
        asyncio.run(ours_map(iter(range(count))))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(1_000_000) < peak(50_000) * 1.2 + 200_000
