"""The graph of a run: who waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask
import dask.dataframe as dd
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from geopandas_batch import loop
from geopandas_batch.dask import tasks
from geopandas_batch.dask.orders import Order
from geopandas_batch.dask.reports import so_far
from geopandas_batch.services import announce
from geopandas_batch.services.traits import is_local

# Of a bucket's questions one task asks. Where many may ask side by side: enough of them for all workers; but a group of
# partitions has a piece in each, so not too many. Of other services: large ones fill their jobs better.
SIDE_BY_SIDE, IN_TURN = (8, 128), (1, 32)  # at least, where there are as many partitions; at most
PARTITIONS_A_BUCKET = 4
GROUPS = 16  # of partitions; more only where MERGED partitions each are not enough
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
    least, most = SIDE_BY_SIDE if local else IN_TURN
    buckets = min(count, max(least, -(-count // PARTITIONS_A_BUCKET)), most)
    size = min(MERGED, -(-count // GROUPS))
    layer = f"geo-{order.whom.token}"
    asking, empty = f"{layer}-order", f"{layer}-like"
    graph: dict[Any, Any] = {asking: order, empty: like}

    def add(task: str, *numbers: int, does: tuple[Any, ...]) -> Any:
        name = (f"{task}-{order.whom.token}", *numbers)
        graph[name] = does
        return name

    def merge(task: str, *numbers: int, does: Any, of: Sequence[Any]) -> list[Any]:
        """One level up a tree."""
        starts = range(0, len(of), MERGED)
        return [add(task, *numbers, start, does=(does, asking, of[start : start + MERGED])) for start in starts]

    splits = [add("geo-split", number, does=(tasks.split, asking, each.key)) for number, each in enumerate(sources)]
    questions = [add("geo-questions", number, does=(_questions, each)) for number, each in enumerate(splits)]
    groups = [
        add("geo-group", start, does=(tasks.grouped, asking, questions[start : start + size], buckets))
        for start in range(0, count, size)
    ]
    # One table of all questions, or None as soon as they are too many: what comes after it goes one way or the other.
    tables = [add("geo-few", 0, number, does=(tasks.few_of, asking, each)) for number, each in enumerate(groups)]
    height = 0
    while not height or len(tables) > 1:
        height += 1
        tables = merge("geo-few", height, does=tasks.few, of=tables)
    whole = tables[0]

    asked: list[Any] = []
    sent = []
    before = None
    for bucket in range(buckets):
        pieces = [
            add("geo-piece", number, bucket, does=(tasks.piece, each, whole, bucket))
            for number, each in enumerate(groups)
        ]
        # Up a tree, to all different questions of the bucket; and with their answers down again.
        merged: list[list[Any]] = []
        while not merged or len(pieces) > 1:
            merged.append(merge("geo-merge", bucket, len(merged), does=tasks.together, of=pieces))
            pieces = [
                add("geo-different", bucket, len(merged), number, does=(_questions, each))
                for number, each in enumerate(merged[-1])
            ]
        part = add("geo-part", bucket, does=(tasks.part, whole, pieces[0], bucket, buckets if local else 1))
        asked.append(add("geo-ask", bucket, does=(tasks.ask, asking, part, empty, before)))
        if not local:
            before = add("geo-so-far", bucket, does=(so_far, before, asked[-1]))
        answers = [asked[-1]]
        for height in range(len(merged) - 1, -1, -1):
            answers = [
                add(
                    "geo-take", bucket, height, number,
                    does=(tasks.taken, answers[number // MERGED], merged[height][number // MERGED], number % MERGED),
                )
                for number in range(len(merged[height - 1]) if height else len(groups))
            ]  # fmt: skip
        sent.append(answers)
    kept = [add("geo-kept", bucket, does=(tasks.kept, each, whole)) for bucket, each in enumerate(asked)]
    table = add("geo-table", does=(tasks.table, asking, whole, kept))
    names = []
    for number, takes in enumerate(zip(*sent, strict=True)):
        told = add("geo-told", number, does=(tasks.told, list(takes)))
        for place in range(number * size, min((number + 1) * size, count)):
            own = add("geo-own", place, does=(tasks.taken, told, groups[number], place % size))
            names.append(add("geo-answers", place, does=(tasks.gathered, asking, splits[place], table, own)))
    whole_graph = HighLevelGraph.from_collections(layer, graph, dependencies=sources[:1])
    return [Delayed(name, whole_graph, layer=layer) for name in names]


def _questions(of: Any) -> Any:
    return None if of is None else of.questions


def _same(partition: Any) -> Any:
    return partition
