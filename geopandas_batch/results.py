"""From answers to columns, and to the report: every row gets its own, by position alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import attrgetter
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.columns import Questions
from geopandas_batch.locator import Cache, Locator
from geopandas_batch.outcomes import Usage
from geopandas_batch.places import MATCHES, METRES, STATUSES, Outcome, Query, Question
from geopandas_batch.report import Failure, Report

BLANK = Outcome(None, "blank")
FAILURES = 5  # told of in a report
REMEMBERED = 20_000  # outcomes kept beside a frame, so that it can be reviewed without details: at most some 10 MB

Column: TypeAlias = "Callable[[_Answers], Any]"  # one value an outcome


def joined(
    frame: pd.DataFrame, asked: Questions, outcomes: Sequence[Outcome], names: Sequence[str], *, prefix: str = ""
) -> pd.DataFrame:
    """The frame with columns of these names. `codes` says for each row which outcome is its own, -1 is the blank."""
    answers = _Answers([*outcomes, BLANK] if (asked.codes < 0).any() else outcomes)
    columns = {prefix + name: _COLUMNS.get(name, _extra(name))(answers).take(asked.codes) for name in names}
    # assign copies as lazily as the installed pandas can; writing to the result never writes to the frame.
    return frame.assign(**columns)


class _Answers:
    """Outcomes, taken apart once for all columns."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = outcomes
        self.locations = [outcome.location for outcome in outcomes]
        self.statuses = [outcome.status for outcome in outcomes]

    def numbers(self, name: str, *, only_located: bool = False) -> NDArray[np.float64]:
        """A field of the locations; NaN where there is none."""
        there = np.array([place is not None for place in self.locations], bool)
        if only_located:
            there &= np.array([status == "located" for status in self.statuses], bool)
        places = compress(self.locations, there.tolist())
        numbers = np.full(len(self.locations), math.nan)
        numbers[there] = np.fromiter(map(attrgetter(name), places), np.float64)
        return numbers

    def matches(self) -> list[str]:
        """How each was matched."""
        return [place.match if place else "none" for place in self.locations]


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
    answers, rows_of = _Answers(outcomes), asked.rows_of
    statuses = _weighed(answers.statuses, STATUSES, rows_of)
    there = np.array([status == "located" for status in answers.statuses], bool)
    matches = _weighed(answers.matches(), MATCHES, rows_of * there)
    cached = int(rows_of @ np.array([outcome.cached for outcome in outcomes], np.intp))
    reasons: Counter[str] = Counter()
    for place in np.flatnonzero(~there).tolist():
        if outcomes[place].status in ("failed", "skipped"):
            reasons[outcomes[place].reason] += int(rows_of[place])
    statuses["blank"] = rows - sum(statuses.values())
    used = locator.usage - before
    credits_due = {place.attribution for place in answers.locations if place}
    return Report(
        service=locator.service.name,
        rows=rows,
        distinct=len(asked.distinct),
        statuses=statuses,
        matches={level: count for level, count in matches.items() if count},
        cached=cached,
        seconds=seconds,
        reasons=dict(reasons.most_common()),
        attribution=tuple(sorted(filter(None, credits_due))),
        **{name: getattr(used, name) for name in used.__slots__},
    )


def _weighed(each: Sequence[str], known: Sequence[str], rows_of: NDArray[np.intp]) -> dict[str, int]:
    """How many rows have each of the known words."""
    counts = np.zeros(len(known), np.intp)
    np.add.at(counts, _places(each, known), rows_of)
    return dict(zip(known, counts.tolist(), strict=True))


def _places(each: Sequence[str], known: Sequence[str]) -> NDArray[np.int8]:
    """The place of each word among those that are known."""
    number = {word: place for place, word in enumerate(known)}
    return np.array([number[word] for word in each], np.int8)


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


def _text(text: Callable[[Outcome], str | None]) -> Column:
    """Text, None where there is none."""

    def column(answers: _Answers) -> Any:
        # infer_objects: text is `str` from pandas 3 on, `object` before. The array has no index to align by.
        values = np.empty(len(answers.outcomes), object)
        values[:] = [text(outcome) for outcome in answers.outcomes]
        return pd.Series(values).infer_objects().array

    return column


def _extra(name: str) -> Column:
    """What only some services tell; numbers stay numbers."""

    def value(outcome: Outcome) -> Any:
        return dict(outcome.location.extra).get(name) if outcome.location else None

    def column(answers: _Answers) -> Any:
        if name in METRES:
            found = [value(outcome) for outcome in answers.outcomes]
            return np.array([math.nan if each is None else each for each in found], np.float64)
        return _text(value)(answers)

    return column


def _category(known: Sequence[str], each: Sequence[str]) -> Any:
    return pd.Categorical.from_codes(_places(each, known), dtype=pd.CategoricalDtype(list(known)))


_COLUMNS: Mapping[str, Column] = {
    "lat": lambda answers: answers.numbers("lat", only_located=True),
    "lon": lambda answers: answers.numbers("lon", only_located=True),
    "formatted": _text(lambda outcome: (outcome.location.formatted or None) if outcome.location else None),
    "match": lambda answers: _category(MATCHES, answers.matches()),
    "confidence": lambda answers: answers.numbers("confidence"),
    "status": lambda answers: _category(STATUSES, answers.statuses),
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
