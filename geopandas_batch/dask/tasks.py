"""What the workers do: a partition's questions, a bucket's answers, a partition with its answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from math import inf
from typing import Any, cast

import numpy as np
import pandas as pd

from geopandas_batch import frames, loop
from geopandas_batch.dask.orders import DIGEST, ROWS, Order
from geopandas_batch.errors import GeocodingError
from geopandas_batch.frames import REPORT
from geopandas_batch.report import Report
from geopandas_batch.services.protocol import is_local, price_of, single_price_of

_PLACE = "place"
_ATTRIBUTION = "attribution"


def split(order: Order, partition: pd.DataFrame, buckets: int) -> list[pd.DataFrame]:
    """The different questions of a partition, each in the bucket that all equal ones go to."""
    table, _ = order.questions(partition)
    table[_PLACE] = np.arange(len(table))
    bucket = table[DIGEST].to_numpy() % np.uint64(buckets)
    return [table[bucket == number] for number in range(buckets)]


def together(order: Order, pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The different questions of several pieces of one bucket, with their rows."""
    every = pd.concat([piece[[*order.names, ROWS]] for piece in pieces], ignore_index=True)
    merged: pd.DataFrame = every.groupby(order.names, sort=False, dropna=False, as_index=False)[[ROWS]].sum()
    return merged


def ask(
    order: Order, questions: pd.DataFrame, like: pd.DataFrame, before: Report | None = None
) -> tuple[pd.DataFrame, Report]:
    """The answers of a bucket, and what it took. `before`: what the run has taken so far, where that matters."""
    rows = questions[ROWS].to_numpy()
    # A row for each row of the user's, so that the report counts as if they were all in one frame.
    asked = questions[order.names].loc[questions.index.repeat(rows)].reset_index(drop=True)
    located = loop.run(_asked_in_turn(order, asked, before))
    report = cast(Report, frames.report_of(located))  # it has just been made
    firsts = located.iloc[np.cumsum(rows) - rows].reset_index(drop=True)
    return firsts.astype({name: dtype for name, dtype in like.dtypes.items() if name != DIGEST}), report


async def _asked_in_turn(order: Order, asked: pd.DataFrame, before: Report | None) -> pd.DataFrame:
    service, left = order.whom.service, order.budget
    if is_local(service):
        left = inf  # free, so this spares nothing: it makes a locator that counts for this bucket alone
    if before is not None:
        if left is not None:
            # A lost reply may have been paid: as if it had been the dearest there is.
            dearest = max(service.limits.batch_size * price_of(service), single_price_of(service))
            left = max(0.0, left - before.credits - before.replies_lost * dearest)
        if before.requests and service.limits.max_per_second:
            await asyncio.sleep(1 / service.limits.max_per_second)  # the last request was that of another worker
    return await order.answered(asked, left)


def taken(order: Order, answered: tuple[pd.DataFrame, Report], piece: pd.DataFrame) -> pd.DataFrame:
    """The answers to the questions of one piece."""
    answers, report = answered
    found = piece[[*order.names, DIGEST, _PLACE]].merge(answers, on=order.names, how="left", validate="many_to_one")
    found = found.drop(columns=order.names)
    found.attrs[REPORT] = report
    return found


def gathered(pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The answers to the questions of a partition, in their order, from all buckets."""
    report = total([piece.attrs[REPORT] for piece in pieces])
    filled = [piece for piece in pieces if len(piece)] or pieces[:1]
    found = pd.concat(filled, ignore_index=True).sort_values(_PLACE, ignore_index=True).drop(columns=_PLACE)
    found.attrs = {_ATTRIBUTION: list(report.attribution), REPORT: asdict(report)}
    return found


def joined(partition: pd.DataFrame, answers: pd.DataFrame, order: Order) -> pd.DataFrame:
    """A partition with its answers, by position alone."""
    table, codes = order.questions(partition)
    if not np.array_equal(table[DIGEST].to_numpy(), answers[DIGEST].to_numpy()):
        raise GeocodingError(
            "a partition has other addresses now than when they were asked: what it is made from is not the same each "
            "time. Call persist() on the Dask DataFrame before locate. No answer was used"
        )
    columns = {order.prefix + name: answers[name].array.take(codes) for name in answers.columns if name != DIGEST}
    located = partition.assign(**columns)
    located.attrs.update(answers.attrs)  # the same in all partitions, so that it outlives their being put together
    return located


def so_far(before: Report | None, answered: tuple[pd.DataFrame, Report]) -> Report:
    """What the buckets have taken up to this one. The next waits for it, so that one at a time is asked."""
    return answered[1] if before is None else total([before, answered[1]])


def total(reports: Sequence[Report]) -> Report:
    """What several asking tasks did, as one run; the seconds are those of all of them."""
    attribution = sorted({credit for each in reports for credit in each.attribution})
    values: dict[str, Any] = {"service": reports[0].service, "attribution": tuple(attribution)}
    values["confidences"] = tuple(map(sum, zip(*filter(None, (each.confidences for each in reports)), strict=True)))
    values["failures"] = ()  # whose rows are those of a bucket, which nobody knows
    for field in fields(Report):
        every = [getattr(each, field.name) for each in reports]
        if field.name == "services":
            values["services"] = _together(every)
        elif isinstance(every[0], dict):
            counts: Counter[str] = Counter()
            for each in every:
                counts.update(each)
            values[field.name] = dict(counts)
        elif field.name not in values:
            values[field.name] = sum(every)
    return Report(**values)


def _together(shares: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """What each of several services did, in all tasks."""
    whole: dict[str, Counter[str]] = {}
    for each in shares:
        for name, did in each.items():
            whole.setdefault(name, Counter()).update(cast("dict[str, int]", did))
    return {name: dict(did) for name, did in whole.items()}
