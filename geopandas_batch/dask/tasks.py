"""What the workers do: the questions of a partition, the answers to some, a partition with its answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import chain
from math import inf
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import loop, settings
from geopandas_batch.dask.orders import ROWS, Order
from geopandas_batch.dask.reports import Told, total
from geopandas_batch.dask.turns import turn
from geopandas_batch.errors import GeocodingError
from geopandas_batch.frames.notes import REPORT, report_of
from geopandas_batch.frames.report import Report
from geopandas_batch.places import Query
from geopandas_batch.places.samples import sample
from geopandas_batch.services import AnyService
from geopandas_batch.services.traits import in_context_of, is_local, price_of, single_price_of

_ATTRIBUTION, _MARK = "attribution", "mark"
_looking_up = threading.Lock()  # pandas builds the table of an index at the first look, and threads share the index

Places: TypeAlias = "NDArray[np.intp]"


class Split(NamedTuple):
    """The different questions of a partition, the place of each row's among them, and the mark of what was asked."""

    questions: pd.DataFrame
    places: Places
    mark: str


class Merged(NamedTuple):
    """The different questions of several pieces, and for each piece the places of its own among them."""

    questions: pd.DataFrame
    places: list[Places]


class Group(NamedTuple):
    """The different questions of some partitions, those of a bucket together; and as of `Merged`."""

    questions: pd.DataFrame
    places: list[Places]
    ends: list[int]  # where a bucket's questions begin, and after the last one


class Table(NamedTuple):
    """All answers of a run, by what was asked."""

    asked: pd.Index[Any]
    answers: pd.DataFrame


def split(order: Order, partition: pd.DataFrame) -> Split:
    """The different questions of a partition."""
    questions, places = order.questions(partition)
    return Split(questions, places, order.mark(partition))


def grouped(order: Order, pieces: Sequence[pd.DataFrame], buckets: int) -> Group:
    """The different questions of some partitions, each in the bucket that all equal ones go to."""
    merged = _merged(order, pieces)
    digests = pd.util.hash_pandas_object(merged.questions[order.names], index=False).to_numpy(np.uint64)
    bucket = (digests % np.uint64(buckets)).astype(np.intp)
    by_bucket = np.argsort(bucket, kind="stable")
    moved = np.empty(len(by_bucket), np.intp)
    moved[by_bucket] = np.arange(len(by_bucket))
    ends = np.cumsum(np.bincount(bucket, minlength=buckets)).tolist()
    questions = merged.questions.take(by_bucket).reset_index(drop=True)
    return Group(questions, [moved[places] for places in merged.places], [0, *ends])


def few(order: Order, tables: Sequence[pd.DataFrame | None]) -> pd.DataFrame | None:
    """All different questions of these, if they are few; else None."""
    known = [table for table in tables if table is not None and len(table) <= order.few]
    if len(known) < len(tables):
        return None
    whole = known[0]
    for each in known[1:]:  # one by one, to give up early
        whole = _merged(order, [whole, each]).questions
        if len(whole) > order.few:
            return None
    return whole


def few_of(order: Order, group: Group) -> pd.DataFrame | None:
    """The same of one group, where it is: too many are not sent to anybody."""
    return few(order, [group.questions])


def piece(group: Group, whole: pd.DataFrame | None, bucket: int) -> pd.DataFrame | None:
    """The questions of a group in one bucket; None where there is a table of all."""
    return None if whole is not None else group.questions.iloc[group.ends[bucket] : group.ends[bucket + 1]]


def together(order: Order, pieces: Sequence[pd.DataFrame | None]) -> Merged | None:
    """The different questions of several pieces of one bucket, with their rows."""
    there = [each for each in pieces if each is not None]
    return _merged(order, there) if there else None


def _merged(order: Order, pieces: Sequence[pd.DataFrame]) -> Merged:
    if len(pieces) == 1:
        return Merged(pieces[0], [np.arange(len(pieces[0]))])
    every = pd.concat(pieces, ignore_index=True)
    codes = every.groupby(order.names, sort=False, dropna=False).ngroup().to_numpy(np.intp)
    _, firsts = np.unique(codes, return_index=True)
    questions = every.take(firsts).reset_index(drop=True)
    questions[ROWS] = np.bincount(codes, weights=every[ROWS], minlength=len(firsts)).astype(np.intp)
    return Merged(questions, np.split(codes, np.cumsum([len(piece) for piece in pieces])[:-1]))


def part(whole: pd.DataFrame | None, questions: pd.DataFrame | None, number: int, shares: int) -> pd.DataFrame:
    """What one asking task asks: its share of all questions if these are few, else those of its bucket."""
    if whole is None:
        return cast("pd.DataFrame", questions)
    start, end = (len(whole) * min(each, shares) // shares for each in (number, number + 1))
    return whole.iloc[start:end].reset_index(drop=True)


def sampled(order: Order, questions: pd.DataFrame) -> list[Query]:
    """Some of the addresses of a partition."""
    return order.sample(questions)


def sampled_of(order: Order, samples: Sequence[list[Query]]) -> list[Query]:
    """The sample of several partitions together."""
    return sample(chain.from_iterable(samples))


def ask(
    order: Order,
    questions: pd.DataFrame,
    like: pd.DataFrame,
    table: Sequence[Query] | None = None,
    before: Report | None = None,
) -> pd.DataFrame:
    """The answers to questions, with what it took.

    `table`: a sample of all addresses; `before`: what the run has taken so far; None where it does not matter.
    """
    try:
        service = order.whom.service if table is None else in_context_of(order.whom.service, table)
        with turn(service) if len(questions) else nullcontext():
            located = loop.run(_asked_in_turn(order, questions, service, before))
    except GeocodingError as error:
        raise _whole(order, questions, before, error) from error.__cause__
    report = report_of(located)
    answers = located[list(like)].astype(like.dtypes.to_dict())
    answers.attrs = {REPORT: report}
    return answers


def _whole(order: Order, questions: pd.DataFrame, before: Report | None, error: GeocodingError) -> GeocodingError:
    """An error of a task that asks as one of the whole computation: in the user's words, with what is done before."""
    partial = error.partial
    if partial is not None:
        names = {name: order.called(name) for name in order.names}
        free = not set(names.values()) & {*partial.columns, ROWS}
        partial = partial.rename(columns=names) if free else partial
        partial.insert(len(names), ROWS, questions[ROWS].array)
        error.partial = partial
    done = before.statuses["located"] + before.statuses["not_found"] if before else 0
    if not done:
        return error
    kept = ", and kept" if settings.cache_file(order.arguments["cache"]) is not None else ""
    return error.having(partial, f"Of this computation, {done:,} other rows were answered before{kept}.")


async def _asked_in_turn(order: Order, asked: pd.DataFrame, service: AnyService, before: Report | None) -> pd.DataFrame:
    left = order.budget
    if is_local(service):
        left = inf  # free, so this spares nothing: it makes a locator that counts for this bucket alone
    if before is not None:
        if left is not None:
            # A lost reply may have been paid: as if it had been the dearest there is.
            dearest = max(service.limits.batch_size * price_of(service), single_price_of(service))
            left = max(0.0, left - before.credits - before.replies_lost * dearest)
        if len(asked) and before.requests and service.limits.max_per_second:
            await asyncio.sleep(1 / service.limits.max_per_second)  # the last request was that of another worker
    return await order.answered(asked, service, left)


def kept(answers: pd.DataFrame, whole: pd.DataFrame | None) -> pd.DataFrame | None:
    """Answers that go to all partitions."""
    return None if whole is None else answers


def table(order: Order, whole: pd.DataFrame | None, answers: Sequence[pd.DataFrame | None]) -> Table | None:
    """All answers with their questions, for every partition to look its own up; None where they are too many."""
    return None if whole is None else Table(_index(order, whole), cast("pd.DataFrame", told(answers)))


def taken(answers: pd.DataFrame | None, merged: Merged | Group | None, number: int) -> pd.DataFrame | None:
    """The answers to the questions of one of the pieces."""
    return None if answers is None or merged is None else answers.take(merged.places[number])


def told(pieces: Sequence[pd.DataFrame | None]) -> pd.DataFrame | None:
    """All answers of several asking tasks, one piece after the other; and what these did, together."""
    there = [each for each in pieces if each is not None]
    if not there:
        return None
    found = pd.concat([each for each in there if len(each)] or there[:1], ignore_index=True)
    found.attrs = {REPORT: total([each.attrs[REPORT] for each in there])}
    return found


def gathered(order: Order, split: Split, everything: Table | None, own: pd.DataFrame | None) -> pd.DataFrame:
    """The answer for each row of a partition: looked up among all, or those that were sent for its own questions."""
    answers, places = own, split.places
    if everything is not None:
        answers = everything.answers
        own_questions = _index(order, split.questions)
        with _looking_up:
            places = everything.asked.get_indexer(own_questions)[places]
        if (places < 0).any():
            raise GeocodingError("an address of a partition is not among those that were asked. No answer was used")
    answers = cast("pd.DataFrame", answers)
    report: Report = answers.attrs[REPORT]
    found = answers.take(places).reset_index(drop=True)
    found.attrs = {_ATTRIBUTION: list(report.attribution), REPORT: Told(report, order.whom.token), _MARK: split.mark}
    return found


def _index(order: Order, questions: pd.DataFrame) -> pd.Index[Any]:
    first, *more = order.names
    return pd.MultiIndex.from_frame(questions[order.names]) if more else pd.Index(questions[first], dtype=object)


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
