"""A frame with its answers: distinct questions out, columns back. All index, NaN and dtype rules are here."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.columns import Questions, questions
from geopandas_batch.errors import GeocodingError, KeyRefused, QuotaExhausted, ServiceError, SettingsError, Unavailable
from geopandas_batch.locator import Cache, Locator, shared
from geopandas_batch.places import COORDINATES, DETAILS, MATCHES, STATUSES, Outcome
from geopandas_batch.progress import Progress, ProgressLike
from geopandas_batch.report import Report
from geopandas_batch.services import AUTO, ServiceLike

log = logging.getLogger("geopandas_batch")

Errors: TypeAlias = Literal["raise", "coerce"]

_REPORT = "_geopandas_batch_report"
_BLANK = Outcome(None, "blank")
_NEVER_ASKED = Outcome(None, "skipped", "not asked: the run was stopped before")


async def locate(
    frame: pd.DataFrame,
    address: Any,
    parts: Mapping[str, Any],
    *,
    service: ServiceLike = AUTO,
    details: bool = False,
    errors: Errors = "raise",
    prefix: str = "",
    overwrite: bool = False,
    min_confidence: float | None = None,
    progress: ProgressLike = None,
    cache: Cache = True,
    **service_options: Any,
) -> pd.DataFrame:
    """The frame with the answers as new columns; see ``DataFrame.geo.locate`` for each argument."""
    if errors not in ("raise", "coerce"):
        raise SettingsError(f"errors must be 'raise' or 'coerce', not {errors!r}")
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise SettingsError(f"min_confidence must be from 0 to 1, not {min_confidence!r}")
    names = [prefix + name for name in (COORDINATES + DETAILS if details else COORDINATES)]
    check_free(frame, names, overwrite=overwrite)
    asked = questions(frame, address, parts)
    locator = shared(service, cache=cache, **service_options)
    outcomes: list[Outcome | None] = [None] * len(asked.distinct)
    started, before = time.perf_counter(), locator.usage
    stopped: GeocodingError | None = None
    with Progress(len(frame), progress) as bar:
        rows_of = asked.rows_of.tolist()
        if blank := len(frame) - sum(rows_of):
            bar.advance(blank, "blank")

        def count(place: int, outcome: Outcome) -> None:
            bar.advance(rows_of[place], "cached" if outcome.cached else outcome.status)

        try:
            stopped = await locator.fill(
                asked.distinct,
                outcomes,
                on_outcome=count,
                stop_on=(ServiceError,) if errors == "raise" else (KeyRefused, QuotaExhausted, Unavailable),
            )
        except GeocodingError as error:  # the cache file, say: no service can mend that
            stopped, errors = error, "raise"
    seconds = time.perf_counter() - started
    done = [outcome or _NEVER_ASKED for outcome in outcomes]
    report = _reported(asked, done, locator, before, seconds, len(frame))
    located = _joined(frame, asked, done, names, prefix=prefix, min_confidence=min_confidence)
    located.attrs["attribution"] = list(report.attribution)
    for each in (frame, located):
        object.__setattr__(each, _REPORT, report)  # beside the data: goes with this very object, not into files
    log.info(report.summary)
    if stopped is not None and errors == "raise":
        found = report.statuses["located"] + report.statuses["not_found"]
        raise stopped.having(
            located,
            f"{found:,} of {report.rows:,} rows are answered: they are in this error's .partial"
            + (", and kept, so that the same line run again goes on from there" if cache else "")
            + ". To get the frame as it is, with the reason in each row, pass errors='coerce', details=True.",
        ) from stopped.__cause__
    return located


def report_of(frame: pd.DataFrame) -> Report | None:
    """What the last run on this very frame did; None if there was none."""
    report = getattr(frame, "__dict__", {}).get(_REPORT)
    return report if isinstance(report, Report) else None


def as_frame(addresses: pd.DataFrame | pd.Series[Any] | Sequence[Any]) -> tuple[pd.DataFrame, Hashable | None]:
    """A frame of what the user has, and the column of the addresses; None for a frame, which may have many."""
    if isinstance(addresses, pd.DataFrame):
        return addresses, None
    if isinstance(addresses, pd.Series):
        name = "address" if addresses.name is None else addresses.name
        return addresses.to_frame(name), name
    if isinstance(addresses, str) or not isinstance(addresses, Sequence | np.ndarray | pd.Index):
        kind = type(addresses).__name__
        raise SettingsError(f"locate takes a DataFrame, a Series or a list of addresses, not {kind}")
    return pd.DataFrame({"address": pd.Series(list(addresses), dtype=object)}), "address"


def check_free(frame: pd.DataFrame, names: Sequence[str], *, overwrite: bool) -> None:
    """Refuse to write over columns of the user's."""
    taken = [name for name in names if name in frame.columns]
    if taken and not overwrite:
        raise SettingsError(
            f"the frame has a column {', '.join(map(repr, taken))} already. Pass prefix= for other names, or "
            "overwrite=True to replace what is there."
        )


def _joined(
    frame: pd.DataFrame,
    asked: Questions,
    outcomes: Sequence[Outcome],
    names: Sequence[str],
    *,
    prefix: str,
    min_confidence: float | None,
) -> pd.DataFrame:
    """Answers to rows, by position alone: `codes` says for each row which outcome is its own, -1 is the blank."""
    if min_confidence is not None:
        outcomes = [_strict(outcome, min_confidence) for outcome in outcomes]
    every = [*outcomes, _BLANK]
    taken = [outcome.location if outcome.status == "located" else None for outcome in every]
    columns: dict[str, Any] = {
        "lat": np.array([place.lat if place else math.nan for place in taken], np.float64)[asked.codes],
        "lon": np.array([place.lon if place else math.nan for place in taken], np.float64)[asked.codes],
    }
    if len(names) > len(COORDINATES):
        places = [outcome.location for outcome in every]
        texts = {
            "formatted": [(place.formatted or None) if place else None for place in places],
            "reason": [outcome.reason for outcome in every],
            "service": [outcome.service or None for outcome in every],
        }
        columns["confidence"] = np.array([place.confidence if place else math.nan for place in places])[asked.codes]
        for name, values in texts.items():
            # infer_objects: text is `str` from pandas 3 on, `object` before. The array has no index to align by.
            columns[name] = pd.Series(np.array(values, object)[asked.codes]).infer_objects().array
        matches = [place.match if place else "none" for place in places]
        columns["match"] = _category(MATCHES, matches, asked.codes)
        columns["status"] = _category(STATUSES, [outcome.status for outcome in every], asked.codes)
    # assign copies as lazily as the installed pandas can; writing to the result never writes to the frame.
    return frame.assign(**{name: columns[name.removeprefix(prefix)] for name in names})


def _category(known: Sequence[str], values: Sequence[str], codes: NDArray[np.intp]) -> pd.Categorical[Any]:
    numbers = np.array([known.index(value) for value in values], np.int8)
    return pd.Categorical.from_codes(numbers[codes], dtype=pd.CategoricalDtype(list(known)))


def _strict(outcome: Outcome, least: float) -> Outcome:
    """A match that is weaker than wanted keeps its details, and is not found."""
    place = outcome.location
    if place is None or place.confidence >= least:
        return outcome
    sure = "unknown" if math.isnan(place.confidence) else f"{place.confidence:.2f}"
    reason = f"confidence {sure} is below {least:g}" + (f"; {outcome.reason}" if outcome.reason else "")
    return Outcome(place, "not_found", reason, outcome.service, outcome.cached)


def _reported(
    asked: Questions, outcomes: Sequence[Outcome], locator: Locator, before: Any, seconds: float, rows: int
) -> Report:
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
