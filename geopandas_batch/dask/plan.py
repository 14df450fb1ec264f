"""The graph of a run: who waits for whom."""

from __future__ import annotations

from typing import Any

import dask
import dask.dataframe as dd
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from geopandas_batch import loop
from geopandas_batch.dask import tasks
from geopandas_batch.dask.orders import Order
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
    meta = frame._meta.assign(**{order.prefix + name: like[name].array for name in like.columns})
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
    splits = [
        add("geo-split", number, does=(tasks.split, asking, source.key, buckets))
        for number, source in enumerate(sources)
    ]
    found = []
    before = None
    for bucket in range(buckets):
        pieces = [add("geo-piece", number, bucket, does=(_piece, each, bucket)) for number, each in enumerate(splits)]
        # Up a tree, to all different questions of the bucket; and with their answers down again.
        merged: list[list[Any]] = []
        while not merged or len(pieces) > 1:
            height, below = len(merged), pieces
            merged.append([
                add("geo-merge", bucket, height, start, does=(tasks.together, asking, below[start : start + MERGED]))
                for start in range(0, len(below), MERGED)
            ])  # fmt: skip
            pieces = [
                add("geo-different", bucket, height, number, does=(getattr, each, "questions"))
                for number, each in enumerate(merged[-1])
            ]
        answers = [add("geo-ask", bucket, does=(tasks.ask, asking, pieces[0], empty, before))]
        if not local:
            before = add("geo-so-far", bucket, does=(tasks.so_far, before, answers[0]))
        for height in range(len(merged) - 1, -1, -1):
            answers = [
                add(
                    "geo-take", bucket, height, number,
                    does=(tasks.taken, answers[number // MERGED], merged[height][number // MERGED], number % MERGED),
                )
                for number in range(len(merged[height - 1]) if height else len(splits))
            ]  # fmt: skip
        found.append(answers)
    names = []
    for number, takes in enumerate(zip(*found, strict=True)):
        places, mark = (add(f"geo-{name}", number, does=(getattr, splits[number], name)) for name in ("places", "mark"))
        names.append(add("geo-answers", number, does=(tasks.gathered, places, mark, list(takes))))
    whole = HighLevelGraph.from_collections(layer, graph, dependencies=sources[:1])
    return [Delayed(name, whole, layer=layer) for name in names]


def _piece(split: tasks.Split, bucket: int) -> Any:
    return split.pieces[bucket]


def _same(partition: Any) -> Any:
    return partition
