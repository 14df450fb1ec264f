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
from geopandas_batch.services.traits import heeds_table, is_local

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


class _Graph:
    """The tasks of a run, by their names."""

    def __init__(self, order: Order, like: Any) -> None:
        """What they all need is there once: the order, and the columns of the answers."""
        self._token = order.whom.token
        self.layer = f"geo-{self._token}"
        self.order, self.like = f"{self.layer}-order", f"{self.layer}-like"
        self._tasks: dict[Any, Any] = {self.order: order, self.like: like}

    def add(self, task: str, *numbers: int, does: tuple[Any, ...]) -> Any:
        """One of the tasks of this kind; its name."""
        name = (f"{task}-{self._token}", *numbers)
        self._tasks[name] = does
        return name

    def merge(self, task: str, *numbers: int, does: Any, of: Sequence[Any]) -> list[Any]:
        """One level up a tree."""
        starts = range(0, len(of), MERGED)
        return [
            self.add(task, *numbers, start, does=(does, self.order, of[start : start + MERGED])) for start in starts
        ]

    def ends(self, names: Sequence[Any], sources: Sequence[Any]) -> list[Delayed]:
        """What comes of these tasks in the end."""
        whole = HighLevelGraph.from_collections(self.layer, self._tasks, dependencies=sources[:1])
        return [Delayed(name, whole, layer=self.layer) for name in names]


def _sampled(graph: _Graph, questions: Sequence[Any]) -> Any:
    """Some addresses of all partitions, up a tree: the table that a service is told."""
    samples = [
        graph.add("geo-sample", 0, number, does=(tasks.sampled, graph.order, each))
        for number, each in enumerate(questions)
    ]
    height = 0
    while len(samples) > 1:
        height += 1
        samples = graph.merge("geo-sample", height, does=tasks.sampled_of, of=samples)
    return samples[0]


def _asked(settled: Any, order: Order, like: Any) -> list[Delayed]:
    """The answers to the questions of each partition."""
    local = is_local(order.whom.service)
    sources = settled.to_delayed()
    count = len(sources)
    least, most = SIDE_BY_SIDE if local else IN_TURN
    buckets = min(count, max(least, -(-count // PARTITIONS_A_BUCKET)), most)
    size = min(MERGED, -(-count // GROUPS))
    graph = _Graph(order, like)
    splits = [
        graph.add("geo-split", number, does=(tasks.split, graph.order, each.key)) for number, each in enumerate(sources)
    ]
    questions = [graph.add("geo-questions", number, does=(_questions, each)) for number, each in enumerate(splits)]
    groups = [
        graph.add("geo-group", start, does=(tasks.grouped, graph.order, questions[start : start + size], buckets))
        for start in range(0, count, size)
    ]
    whole = _few(graph, groups)
    table = _sampled(graph, questions) if heeds_table(order.whom.service) else None
    asked: list[Any] = []
    sent = []
    before = None
    for bucket in range(buckets):
        different, merged = _gathered(graph, groups, whole, bucket)
        part = graph.add("geo-part", bucket, does=(tasks.part, whole, different, bucket, buckets if local else 1))
        asked.append(graph.add("geo-ask", bucket, does=(tasks.ask, graph.order, part, graph.like, table, before)))
        if not local:
            before = graph.add("geo-so-far", bucket, does=(so_far, before, asked[-1]))
        sent.append(_handed_out(graph, groups, merged, bucket, asked[-1]))
    kept = [graph.add("geo-kept", bucket, does=(tasks.kept, each, whole)) for bucket, each in enumerate(asked)]
    known = graph.add("geo-table", does=(tasks.table, graph.order, whole, kept))
    names = []
    for number, takes in enumerate(zip(*sent, strict=True)):
        told = graph.add("geo-told", number, does=(tasks.told, list(takes)))
        for place in range(number * size, min((number + 1) * size, count)):
            own = graph.add("geo-own", place, does=(tasks.taken, told, groups[number], place % size))
            names.append(graph.add("geo-answers", place, does=(tasks.gathered, graph.order, splits[place], known, own)))
    return graph.ends(names, sources)


def _few(graph: _Graph, groups: Sequence[Any]) -> Any:
    """One table of all questions, or None as soon as they are too many: what comes after goes one way or the other."""
    tables = [
        graph.add("geo-few", 0, number, does=(tasks.few_of, graph.order, each)) for number, each in enumerate(groups)
    ]
    height = 0
    while not height or len(tables) > 1:
        height += 1
        tables = graph.merge("geo-few", height, does=tasks.few, of=tables)
    return tables[0]


def _gathered(graph: _Graph, groups: Sequence[Any], whole: Any, bucket: int) -> tuple[Any, list[list[Any]]]:
    """Up a tree, to all different questions of a bucket; and the levels of the tree."""
    pieces = [
        graph.add("geo-piece", number, bucket, does=(tasks.piece, each, whole, bucket))
        for number, each in enumerate(groups)
    ]
    merged: list[list[Any]] = []
    while not merged or len(pieces) > 1:
        merged.append(graph.merge("geo-merge", bucket, len(merged), does=tasks.together, of=pieces))
        pieces = [
            graph.add("geo-different", bucket, len(merged), number, does=(_questions, each))
            for number, each in enumerate(merged[-1])
        ]
    return pieces[0], merged


def _handed_out(
    graph: _Graph, groups: Sequence[Any], merged: Sequence[Sequence[Any]], bucket: int, asked: Any
) -> list[Any]:
    """With the answers down the tree again, to those of each group."""
    answers = [asked]
    for height in range(len(merged) - 1, -1, -1):
        answers = [
            graph.add(
                "geo-take", bucket, height, number,
                does=(tasks.taken, answers[number // MERGED], merged[height][number // MERGED], number % MERGED),
            )
            for number in range(len(merged[height - 1]) if height else len(groups))
        ]  # fmt: skip
    return answers


def _questions(of: Any) -> Any:
    return None if of is None else of.questions


def _same(partition: Any) -> Any:
    return partition
