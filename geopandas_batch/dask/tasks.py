"""What the workers do: a partition's questions, a bucket's answers, a partition with its answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from math import inf
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import loop, notes
from geopandas_batch.dask.orders import ROWS, Order
from geopandas_batch.errors import GeocodingError
from geopandas_batch.notes import REPORT
from geopandas_batch.report import Report
from geopandas_batch.services.protocol import is_local, price_of, single_price_of

_ATTRIBUTION, _MARK = "attribution", "mark"

Places: TypeAlias = "NDArray[np.intp]"


class Split(NamedTuple):
    """The different questions of a partition by bucket; each row's place among them all; the mark of what was asked."""

    pieces: list[pd.DataFrame]
    places: Places
    mark: str


class Merged(NamedTuple):
    """The different questions of several pieces of one bucket, and for each piece the places of its own among them."""

    questions: pd.DataFrame
    places: list[Places]


def split(order: Order, partition: pd.DataFrame, buckets: int) -> Split:
    """The different questions of a partition, each in the bucket that all equal ones go to."""
    questions, codes = order.questions(partition)
    digests = pd.util.hash_pandas_object(questions[order.names], index=False).to_numpy(np.uint64)
    bucket = (digests % np.uint64(buckets)).astype(np.intp)
    by_bucket = np.argsort(bucket, kind="stable")
    places = np.empty(len(by_bucket), np.intp)
    places[by_bucket] = np.arange(len(by_bucket))
    ends = np.cumsum(np.bincount(bucket, minlength=buckets)).tolist()
    questions = questions.take(by_bucket)
    pieces = [questions.iloc[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return Split(pieces, places[codes], order.mark(partition))


def together(order: Order, pieces: Sequence[pd.DataFrame]) -> Merged:
    """The different questions of several pieces of one bucket, with their rows."""
    every = pd.concat(pieces, ignore_index=True)
    codes = every.groupby(order.names, sort=False, dropna=False).ngroup().to_numpy(np.intp)
    _, firsts = np.unique(codes, return_index=True)
    questions = every.take(firsts).reset_index(drop=True)
    questions[ROWS] = np.bincount(codes, weights=every[ROWS], minlength=len(firsts)).astype(np.intp)
    return Merged(questions, np.split(codes, np.cumsum([len(piece) for piece in pieces])[:-1]))


def ask(order: Order, questions: pd.DataFrame, like: pd.DataFrame, before: Report | None = None) -> pd.DataFrame:
    """The answers of a bucket, with what it took. `before`: what the run has taken so far, where that matters."""
    rows = questions[ROWS].to_numpy()
    # A row for each row of the user's, so that the report counts as if they were all in one frame.
    asked = questions[order.names].loc[questions.index.repeat(rows)].reset_index(drop=True)
    located = loop.run(_asked_in_turn(order, asked, before))
    report = notes.report_of(located)
    answers = located[list(like)].take(np.cumsum(rows) - rows).reset_index(drop=True).astype(like.dtypes.to_dict())
    answers.attrs = {REPORT: report}
    return answers


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


def taken(answers: pd.DataFrame, merged: Merged, number: int) -> pd.DataFrame:
    """The answers to the questions of one of the pieces."""
    return answers.take(merged.places[number])


def gathered(places: Places, mark: str, pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The answer for each row of a partition, from all buckets."""
    report = total([piece.attrs[REPORT] for piece in pieces])
    found = pd.concat([piece for piece in pieces if len(piece)] or pieces[:1])
    found = found.take(places).reset_index(drop=True)
    found.attrs = {_ATTRIBUTION: list(report.attribution), REPORT: asdict(report), _MARK: mark}
    return found


def joined(partition: pd.DataFrame, answers: pd.DataFrame, order: Order) -> pd.DataFrame:
    """A partition with its answers, by position alone."""
    told = dict(answers.attrs)
    if told.pop(_MARK) != order.mark(partition):
        raise GeocodingError(
            "a partition has other addresses now than when they were asked: what it is made from is not the same each "
            "time. Call persist() on the Dask DataFrame before locate. No answer was used"
        )
    located = partition.assign(**{order.prefix + name: answers[name].array for name in answers.columns})
    located.attrs.update(told)  # the same in all partitions, so that it outlives their being put together
    return located


def so_far(before: Report | None, answers: pd.DataFrame) -> Report:
    """What the buckets have taken up to this one. The next waits for it, so that one at a time is asked."""
    report: Report = answers.attrs[REPORT]
    return report if before is None else total([before, report])


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
