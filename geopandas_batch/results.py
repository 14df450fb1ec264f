"""From answers to columns, and to the report: every row gets its own, by position alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.columns import Questions
from geopandas_batch.locator import Cache
from geopandas_batch.outcomes import Usage
from geopandas_batch.places import MATCHES, METRES, STATUSES, Location, Outcome, Query, Question
from geopandas_batch.report import Failure, Report

BLANK = Outcome(None, "blank")
FAILURES = 5  # told of in a report
REMEMBERED = 20_000  # outcomes kept beside a frame, so that it can be reviewed without details: at most some 10 MB

LOCATED = STATUSES.index("located")
_WRONG = [STATUSES.index("failed"), STATUSES.index("not_found")]
_WITHOUT = [STATUSES.index("failed"), STATUSES.index("skipped")]  # whose reasons are counted

Column: TypeAlias = "Callable[[Answers], Any]"  # one value an outcome


def joined(
    frame: pd.DataFrame,
    asked: Questions,
    outcomes: Sequence[Outcome] | Answers,
    names: Sequence[str],
    *,
    prefix: str = "",
) -> pd.DataFrame:
    """The frame with columns of these names. `codes` says for each row which outcome is its own, -1 is the blank."""
    answers = outcomes if isinstance(outcomes, Answers) else Answers(outcomes)
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


class Answers:
    """Outcomes, taken apart once for all columns and the report; without Python's steps for each, where that goes."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        """One for each different question, in their order."""
        self.outcomes = outcomes
        self.locations = [outcome.location for outcome in outcomes]
        self.statuses = _places(map(attrgetter("status"), outcomes), STATUSES)
        self.there = np.fromiter(map(is_not, self.locations, repeat(None)), bool)
        self.places: list[Location] = list(filter(None, self.locations))

    def numbers(self, name: str, *, only_located: bool = False) -> NDArray[np.float64]:
        """A field of the locations; NaN where there is none."""
        numbers = np.full(len(self.locations), math.nan)
        numbers[self.there] = np.fromiter(map(attrgetter(name), self.places), np.float64)
        if only_located:
            numbers[self.statuses != LOCATED] = math.nan
        return numbers

    @property
    def matches(self) -> NDArray[np.int8]:
        """How each was matched, by number."""
        matches = np.full(len(self.locations), MATCHES.index("none"), np.int8)
        matches[self.there] = _places(map(attrgetter("match"), self.places), MATCHES)
        return matches

    @property
    def cached(self) -> NDArray[np.intp]:
        """1 for each that was known before."""
        return np.fromiter(map(attrgetter("cached"), self.outcomes), np.intp)

    @property
    def credits(self) -> set[str]:
        """What the licences of the places ask for."""
        return set(map(attrgetter("attribution"), self.places))

    def column(self, name: str) -> Any:
        """What is shown under this name, one value an outcome."""
        return _COLUMNS.get(name, _extra(name))(self)

    def outcome(self, place: int) -> Outcome:
        """One of them."""
        return self.outcomes[place]

    def and_a_blank(self) -> Answers:
        """These, and one for rows that ask nothing."""
        return Answers([*self.outcomes, BLANK])


def strict(outcome: Outcome, least: float) -> Outcome:
    """A match that is weaker than wanted keeps its details, and is not found."""
    place = outcome.location
    if place is None or place.confidence >= least:
        return outcome
    sure = "unknown" if math.isnan(place.confidence) else f"{place.confidence:.2f}"
    reason = f"confidence {sure} is below {least:g}" + (f"; {outcome.reason}" if outcome.reason else "")
    return Outcome(place, "not_found", reason, outcome.service, outcome.cached)


def reported(asked: Questions, answers: Answers, service: str, used: Usage, seconds: float, rows: int) -> Report:
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


def shares(asked: Questions, answers: Answers, used: Mapping[str, Usage]) -> dict[str, dict[str, float]]:
    """Of several services, what each of them found and used."""
    found: Counter[str] = Counter()
    rows_of = asked.rows_of.tolist()
    for place in np.flatnonzero(answers.statuses == LOCATED).tolist():
        found[answers.outcome(place).service] += rows_of[place]
    names = dict.fromkeys([*used, *found])  # a person may have answered, too
    return {name: {"rows": found[name], **_shared(used.get(name, Usage()))} for name in names}


def _shared(used: Usage) -> dict[str, float]:
    return {name: getattr(used, name) for name in ("asked", "requests", "credits", "passed_on")}


def _weighed(each: NDArray[np.int8], known: Sequence[str], rows_of: NDArray[np.intp]) -> dict[str, int]:
    """How many rows have each of the known words."""
    counts = np.bincount(each, weights=rows_of, minlength=len(known)).astype(np.intp)
    return dict(zip(known, counts.tolist(), strict=True))


def _places(each: Iterable[str], known: Sequence[str]) -> NDArray[np.int8]:
    """The place of each word among those that are known."""
    number = {word: place for place, word in enumerate(known)}
    return np.fromiter(map(number.__getitem__, each), np.int8)


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
    answers: Answers,
    *,
    prefix: str,
    cache: Cache,
) -> Run:
    """What is kept of a run beside its frame."""
    few = len(asked.distinct) <= REMEMBERED
    known = dict(zip(asked.distinct, answers.outcomes, strict=True)) if few else None
    return Run(address, parts, prefix, cache, known)


def text(values: Iterable[str | None]) -> Any:
    """Text, None where there is none; of the dtype of text, though nothing be there."""
    # infer_objects: text is `str` from pandas 3 on, `object` before. The array has no index to align by.
    array, usual = np.fromiter(values, object), pd.Series([""]).dtype
    try:
        column = pd.Series(array).infer_objects()
    except UnicodeEncodeError:  # half a letter, of a service of the user's own, that Arrow cannot hold
        whole = [each.encode("utf-8", "replace").decode() if isinstance(each, str) else each for each in array]
        column = pd.Series(np.fromiter(whole, object)).infer_objects()
    return (column.astype(usual) if column.dtype != usual and column.isna().all() else column).array


def _of_places(answers: Answers, name: str) -> Any:
    """A text of the locations; None where there is none."""
    return text((getattr(place, name) or None) if place else None for place in answers.locations)


def _extra(name: str) -> Column:
    """What only some services tell; numbers stay numbers."""

    def column(answers: Answers) -> Any:
        found = [dict(place.extra).get(name) if place else None for place in answers.locations]
        if name in METRES:
            return np.array([math.nan if each is None else each for each in found], np.float64)
        return text(cast("list[str | None]", found))

    return column


def category(known: Sequence[str], each: NDArray[np.int8]) -> Any:
    """Words by number, as pandas keeps them."""
    return pd.Categorical.from_codes(each, dtype=pd.CategoricalDtype(list(known)))


_COLUMNS: Mapping[str, Column] = {
    "lat": lambda answers: answers.numbers("lat", only_located=True),
    "lon": lambda answers: answers.numbers("lon", only_located=True),
    "formatted": lambda answers: _of_places(answers, "formatted"),
    "match": lambda answers: category(MATCHES, answers.matches),
    "confidence": lambda answers: answers.numbers("confidence"),
    "status": lambda answers: category(STATUSES, answers.statuses),
    "reason": lambda answers: text(map(attrgetter("reason"), answers.outcomes)),
    "service": lambda answers: text(outcome.service or None for outcome in answers.outcomes),
    "attribution": lambda answers: _of_places(answers, "attribution"),
}


def highlights(asked: Questions, answers: Answers) -> dict[str, Any]:
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
