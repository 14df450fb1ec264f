"""From answers to columns, and to the report: every row gets its own, by position alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.columns import Questions
from geopandas_batch.locator import Cache, Locator
from geopandas_batch.outcomes import Usage
from geopandas_batch.places import MATCHES, STATUSES, Outcome, Query, Question
from geopandas_batch.report import Failure, Report

BLANK = Outcome(None, "blank")
FAILURES = 5  # told of in a report
REMEMBERED = 20_000  # outcomes kept beside a frame, so that it can be reviewed without details: at most some 10 MB

Column = Callable[[Sequence[Outcome], "NDArray[np.intp]"], Any]


def joined(
    frame: pd.DataFrame, asked: Questions, outcomes: Sequence[Outcome], names: Sequence[str], *, prefix: str = ""
) -> pd.DataFrame:
    """The frame with columns of these names. `codes` says for each row which outcome is its own, -1 is the blank."""
    every = [*outcomes, BLANK]
    columns = {prefix + name: _COLUMNS.get(name, _extra(name))(every, asked.codes) for name in names}
    # assign copies as lazily as the installed pandas can; writing to the result never writes to the frame.
    return frame.assign(**columns)


def strict(outcome: Outcome, least: float) -> Outcome:
    """A match that is weaker than wanted keeps its details, and is not found."""
    place = outcome.location
    if place is None or place.confidence >= least:
        return outcome
    sure = "unknown" if math.isnan(place.confidence) else f"{place.confidence:.2f}"
    reason = f"confidence {sure} is below {least:g}" + (f"; {outcome.reason}" if outcome.reason else "")
    return Outcome(place, "not_found", reason, outcome.service, outcome.cached)


def reported(
    asked: Questions, outcomes: Sequence[Outcome], locator: Locator, before: Usage, seconds: float, rows: int
) -> Report:
    """What a run did."""
    statuses: Counter[str] = Counter()
    matches: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    cached = 0
    for count, outcome in zip(asked.rows_of.tolist(), outcomes, strict=True):
        statuses[outcome.status] += count
        cached += count * outcome.cached
        if outcome.location:
            matches[outcome.location.match] += count
        elif outcome.status in ("failed", "skipped"):
            reasons[outcome.reason] += count
    statuses["blank"] = rows - statuses.total()
    used = locator.usage - before
    credits_due = {outcome.location.attribution for outcome in outcomes if outcome.location}
    return Report(
        service=locator.service.name,
        rows=rows,
        distinct=len(asked.distinct),
        statuses={status: statuses[status] for status in STATUSES},
        matches={level: matches[level] for level in MATCHES if matches[level]},
        cached=cached,
        seconds=seconds,
        reasons=dict(reasons.most_common()),
        attribution=tuple(sorted(filter(None, credits_due))),
        **{name: getattr(used, name) for name in used.__slots__},
    )


@dataclass(frozen=True, slots=True)
class Run:
    """How a frame was located: what a person needs to look at its rows again and to correct them."""

    address: Any
    parts: Mapping[str, Any]
    prefix: str
    cache: Cache
    outcomes: Mapping[Question, Outcome] | None  # None: too many to be kept in memory


def remembered(
    address: Any,
    parts: Mapping[str, Any],
    asked: Questions,
    outcomes: Sequence[Outcome],
    *,
    prefix: str,
    cache: Cache,
) -> Run:
    """What is kept of a run beside its frame."""
    few = len(asked.distinct) <= REMEMBERED
    return Run(address, parts, prefix, cache, dict(zip(asked.distinct, outcomes, strict=True)) if few else None)


def _number(of: str) -> Column:
    """A coordinate of what was located."""

    def column(outcomes: Sequence[Outcome], codes: NDArray[np.intp]) -> Any:
        taken = [outcome.location if outcome.status == "located" else None for outcome in outcomes]
        return np.array([getattr(place, of) if place else math.nan for place in taken], np.float64)[codes]

    return column


def _confidence(outcomes: Sequence[Outcome], codes: NDArray[np.intp]) -> Any:
    places = [outcome.location for outcome in outcomes]
    return np.array([place.confidence if place else math.nan for place in places], np.float64)[codes]


def _text(text: Callable[[Outcome], str | None]) -> Column:
    """Text, None where there is none."""

    def column(outcomes: Sequence[Outcome], codes: NDArray[np.intp]) -> Any:
        # infer_objects: text is `str` from pandas 3 on, `object` before. The array has no index to align by.
        values = np.empty(len(outcomes), object)
        values[:] = [text(outcome) for outcome in outcomes]
        return pd.Series(values[codes]).infer_objects().array

    return column


def _extra(name: str) -> Column:
    """What only some services tell; numbers stay numbers."""

    def value(outcome: Outcome) -> Any:
        return dict(outcome.location.extra).get(name) if outcome.location else None

    def column(outcomes: Sequence[Outcome], codes: NDArray[np.intp]) -> Any:
        if name == "distance":
            found = [value(outcome) for outcome in outcomes]
            return np.array([math.nan if each is None else each for each in found], np.float64)[codes]
        return _text(value)(outcomes, codes)

    return column


def _category(known: Sequence[str], of: Callable[[Outcome], str]) -> Column:
    def column(outcomes: Sequence[Outcome], codes: NDArray[np.intp]) -> Any:
        numbers = np.array([known.index(of(outcome)) for outcome in outcomes], np.int8)
        return pd.Categorical.from_codes(numbers[codes], dtype=pd.CategoricalDtype(list(known)))

    return column


_COLUMNS: Mapping[str, Column] = {
    "lat": _number("lat"),
    "lon": _number("lon"),
    "formatted": _text(lambda outcome: (outcome.location.formatted or None) if outcome.location else None),
    "match": _category(MATCHES, lambda outcome: outcome.location.match if outcome.location else "none"),
    "confidence": _confidence,
    "status": _category(STATUSES, lambda outcome: outcome.status),
    "reason": _text(lambda outcome: outcome.reason),
    "service": _text(lambda outcome: outcome.service or None),
    "attribution": _text(lambda outcome: (outcome.location.attribution or None) if outcome.location else None),
}


def highlights(asked: Questions, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of a report: how sure the answers are, and the first rows that have none."""
    sure = np.fromiter((each.location.confidence if each.location else math.nan for each in outcomes), np.float64)
    known = np.isfinite(sure)
    steps = np.clip((sure[known] * 10 + 1e-9).astype(np.intp), 0, 9)  # 0.3 is a little less
    counts = (
        np.bincount(steps, weights=asked.rows_of[known], minlength=10).astype(np.intp).tolist() if steps.size else ()
    )
    wrong = np.array([*(each.status in ("failed", "not_found") for each in outcomes), False], bool)
    rows = np.flatnonzero(wrong[asked.codes])[:FAILURES].tolist() if wrong.any() else []
    failures = tuple(
        Failure(row, _said(asked, row), (found := outcomes[asked.codes[row]]).status, found.reason) for row in rows
    )
    return {"confidences": tuple(counts), "failures": failures}


def _said(asked: Questions, row: int) -> str:
    """The question of a row, as text."""
    code = int(asked.codes[row])
    question = asked.distinct[code] if code < len(asked.distinct) else ""  # else the row was not asked
    return question.line if isinstance(question, Query) else ", ".join(map(str, question))
