"""The graph of a run: who waits for whom."""

from __future__ import annotations

from typing import Any

import dask
import dask.dataframe as dd
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from geopandas_batch import loop
from geopandas_batch.dask import tasks
from geopandas_batch.dask.orders import DIGEST, Order
from geopandas_batch.outcomes import announce
from geopandas_batch.services.protocol import is_local

BUCKETS = 32  # at most: the pieces of a partition are so many, and a worker holds one bucket at a time
PARTITIONS_A_BUCKET = 4  # of a service that is asked one bucket after the other: large ones fill its jobs better
MERGED = 16  # pieces that are put together at a time


def located(frame: dd.DataFrame, order: Order) -> dd.DataFrame:
    """The Dask DataFrame with the columns that this order asks for."""
    loop.run(order.check(frame._meta.iloc[:0].copy()))
    announce(order.whom.service)  # here, where it is read; workers say it in their logs
    like = order.like()
    # The partitions are settled now: later, reading fewer columns could make fewer partitions of them.
    steady = frame.map_partitions(_same, meta=frame._meta, enforce_metadata=False, transform_divisions=False)
    settled = steady.optimize(fuse=False)
    asked = _asked(settled, order, like)
    with dask.config.set({"dataframe.convert-string": False}):  # text is as in pandas
        answers = dd.from_delayed(asked, meta=like, divisions=settled.divisions)
    meta = frame._meta.assign(**{order.prefix + name: like[name].array for name in like.columns if name != DIGEST})
    result: dd.DataFrame = settled.map_partitions(
        tasks.joined, answers, order, meta=meta, transform_divisions=False, align_dataframes=False
    )
    return result


def _asked(settled: Any, order: Order, like: Any) -> list[Delayed]:
    """The answers to the questions of each partition."""
    local = is_local(order.whom.service)
    sources = settled.to_delayed()
    count = len(sources)
    buckets = min(BUCKETS, count if local else -(-count // PARTITIONS_A_BUCKET))
    layer = f"geo-{order.whom.token}"
    graph: dict[Any, Any] = {f"{layer}-order": order, f"{layer}-like": like}

    def add(task: str, *numbers: int, does: tuple[Any, ...]) -> Any:
        name = (f"{task}-{order.whom.token}", *numbers)
        graph[name] = does
        return name

    asking, empty = f"{layer}-order", f"{layer}-like"
    pieces = [
        add("geo-split", number, does=(tasks.split, asking, source.key, buckets))
        for number, source in enumerate(sources)
    ]
    found = []
    before = None
    for bucket in range(buckets):
        parts = [add("geo-piece", number, bucket, does=(_item, piece, bucket)) for number, piece in enumerate(pieces)]
        level, merged = 0, parts
        while level == 0 or len(merged) > 1:
            merged = [
                add("geo-merge", bucket, level, start, does=(tasks.together, asking, merged[start : start + MERGED]))
                for start in range(0, len(merged), MERGED)
            ]
            level += 1
        asked = add("geo-ask", bucket, does=(tasks.ask, asking, merged[0], empty, before))
        found.append([
            add("geo-take", number, bucket, does=(tasks.taken, asking, asked, part))
            for number, part in enumerate(parts)
        ])  # fmt: skip
        if not local:
            before = add("geo-so-far", bucket, does=(tasks.so_far, before, asked))
    names = [
        add("geo-answers", number, does=(tasks.gathered, list(takes)))
        for number, takes in enumerate(zip(*found, strict=True))
    ]
    whole = HighLevelGraph.from_collections(layer, graph, dependencies=sources[:1])
    return [Delayed(name, whole, layer=layer) for name in names]


def _item(sequence: Any, place: int) -> Any:
    return sequence[place]


def _same(partition: Any) -> Any:
    return partition
