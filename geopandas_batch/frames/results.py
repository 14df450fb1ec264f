"""From answers to columns, and to the report: every row gets its own, by position alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.frames.fields import LOCATED, Fields
from geopandas_batch.frames.questions import Questions
from geopandas_batch.frames.report import Failure, Report
from geopandas_batch.jobs.spending import Usage
from geopandas_batch.locator import Cache
from geopandas_batch.locator.outcomes import Outcomes
from geopandas_batch.places import MATCHES, STATUSES, Outcome, Query, Question

FAILURES = 5  # told of in a report
REMEMBERED = 20_000  # outcomes kept beside a frame, so that it can be reviewed without details: at most some 10 MB

_WRONG = [STATUSES.index("failed"), STATUSES.index("not_found")]
_WITHOUT = [STATUSES.index("failed"), STATUSES.index("skipped")]  # whose reasons are counted


def joined(
    frame: pd.DataFrame,
    asked: Questions,
    outcomes: Sequence[Outcome] | Fields,
    names: Sequence[str],
    *,
    prefix: str = "",
) -> pd.DataFrame:
    """The frame with columns of these names. The codes say which outcome is each row's own; -1 is the blank."""
    answers = outcomes if isinstance(outcomes, Fields) else Fields(outcomes)
    if (asked.codes < 0).any():
        answers = answers.and_a_blank()
    return widened(frame, {prefix + name: answers.column(name).take(asked.codes) for name in names})


def widened(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A new frame with these columns; where names have several levels, the others are empty."""
    # assign copies as lazily as the installed pandas can; writing to the result never writes to the frame.
    if frame.columns.nlevels == 1:
        return frame.assign(**columns)
    wide, below = frame.assign(), ("",) * (frame.columns.nlevels - 1)
    for name, column in columns.items():  # pandas 4 takes whole keys only, and assign takes none
        wide[(name, *below)] = column
    return wide


def strict(outcomes: Outcomes, least: float) -> Fields:
    """A match that is weaker than wanted keeps its details, and is not found."""
    outcomes.hold_back(least, ~(Fields(outcomes).numbers("confidence") >= least))
    return Fields(outcomes)


def reported(asked: Questions, answers: Fields, service: str, used: Usage, seconds: float, rows: int) -> Report:
    """What a run did."""
    rows_of = asked.rows_of
    statuses = _weighed(answers.statuses, STATUSES, rows_of)
    matches = _weighed(answers.matches, MATCHES, rows_of * (answers.statuses == LOCATED))
    cached = int(rows_of @ answers.cached)
    reasons: Counter[str] = Counter()
    for place in np.flatnonzero(np.isin(answers.statuses, _WITHOUT)).tolist():
        reasons[answers.outcome(place).reason] += int(rows_of[place])
    statuses["blank"] = rows - sum(statuses.values())
    return Report(
        service=service,
        rows=rows,
        distinct=len(asked.distinct),
        statuses=statuses,
        matches={level: count for level, count in matches.items() if count},
        cached=cached,
        seconds=seconds,
        reasons=dict(reasons.most_common()),
        attribution=tuple(sorted(filter(None, answers.credits))),
        **{name: getattr(used, name) for name in used.__slots__},
    )


def shares(asked: Questions, answers: Fields, used: Mapping[str, Usage]) -> dict[str, dict[str, float]]:
    """Of several services, what each of them found and used."""
    found: Counter[str] = Counter()
    by = answers.values(lambda stretch: [stretch.service] * len(stretch.found), attrgetter("service"))
    rows_of = asked.rows_of.tolist()
    for place in np.flatnonzero(answers.statuses == LOCATED).tolist():
        found[by[place]] += rows_of[place]
    names = dict.fromkeys([*used, *found])  # a person may have answered, too
    return {name: {"rows": found[name], **_shared(used.get(name, Usage()))} for name in names}


def _shared(used: Usage) -> dict[str, float]:
    return {name: getattr(used, name) for name in ("asked", "requests", "credits", "passed_on")}


def _weighed(each: NDArray[np.int8], known: Sequence[str], rows_of: NDArray[np.intp]) -> dict[str, int]:
    """How many rows have each of the known words."""
    counts = np.bincount(each, weights=rows_of, minlength=len(known)).astype(np.intp)
    return dict(zip(known, counts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Run:
    """How a frame was located: what a person needs to look at its rows again and to correct them."""

    address: Any
    parts: Mapping[str, Any]
    prefix: str
    cache: Cache
    names: Sequence[str]  # of the columns that it made, without the prefix
    outcomes: Mapping[Question, Outcome] | None  # None: too many to be kept in memory


def remembered(
    address: Any,
    parts: Mapping[str, Any],
    asked: Questions,
    answers: Fields,
    *,
    prefix: str,
    cache: Cache,
    names: Sequence[str],
) -> Run:
    """What is kept of a run beside its frame."""
    few = len(asked.distinct) <= REMEMBERED
    known = dict(zip(asked.distinct, cast("Sequence[Outcome]", answers.outcomes), strict=True)) if few else None
    return Run(address, parts, prefix, cache, names, known)


def highlights(asked: Questions, answers: Fields) -> dict[str, Any]:
    """Of a report: how sure the answers are, and the first rows that have none."""
    sure = answers.numbers("confidence")
    known = np.isfinite(sure)
    steps = np.clip((sure[known] * 10 + 1e-9).astype(np.intp), 0, 9)  # 0.3 is a little less
    counts = (
        np.bincount(steps, weights=asked.rows_of[known], minlength=10).astype(np.intp).tolist() if steps.size else ()
    )
    wrong = np.append(np.isin(answers.statuses, _WRONG), False)
    rows = np.flatnonzero(wrong[asked.codes])[:FAILURES].tolist() if wrong.any() else []
    found = [(row, answers.outcome(asked.codes[row])) for row in rows]
    failures = tuple(Failure(row, _said(asked, row), each.status, each.reason) for row, each in found)
    return {"confidences": tuple(counts), "failures": failures}


def _said(asked: Questions, row: int) -> str:
    """The question of a row, as text."""
    code = int(asked.codes[row])
    question = asked.distinct[code] if code < len(asked.distinct) else ""  # else the row was not asked
    return question.line if isinstance(question, Query) else ", ".join(map(str, question))
