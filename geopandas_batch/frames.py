"""A frame with its answers: distinct questions out, columns back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import settings
from geopandas_batch.columns import Questions, questions
from geopandas_batch.errors import (
    GeocodingError,
    KeyRefused,
    QuotaExhausted,
    ServiceError,
    SettingsError,
    Unavailable,
    in_one_line,
)
from geopandas_batch.garbage import set_aside
from geopandas_batch.locations import shared
from geopandas_batch.locator import Cache, Locator
from geopandas_batch.outcomes import Usage, announce
from geopandas_batch.places import COORDINATES, DETAILS, Outcome
from geopandas_batch.plans import check_budget
from geopandas_batch.points import Points, points
from geopandas_batch.progress import Progress, ProgressLike
from geopandas_batch.report import Report, interrupted
from geopandas_batch.results import Answers, Run, highlights, joined, remembered, reported, shares, strict
from geopandas_batch.services import AUTO, ServiceLike, resolve, reverse_of
from geopandas_batch.services.cascade import demanding
from geopandas_batch.services.protocol import (
    AnyService,
    Nearest,
    extras_of,
    in_context_of,
)
from geopandas_batch.towns import Towns

log = logging.getLogger("geopandas_batch")

Errors: TypeAlias = Literal["raise", "coerce"]

_REPORT, _RUN, _STOPPED, _ERROR = (f"_geopandas_batch_{name}" for name in ("report", "run", "stopped", "error"))
REPORT = "geopandas_batch_report"  # in attrs, for frames that Dask puts together: these keep what all parts share
_NEVER_ASKED = Outcome(None, "skipped", "not asked: the run was stopped before")
_ENDS = (KeyRefused, QuotaExhausted, Unavailable, SettingsError)  # what no other batch will have better luck with
# What a point has besides its address: an address has no confidence, and the point is there already.
_REVERSE = tuple(name for name in DETAILS if name not in ("formatted", "confidence"))


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
    budget: float | None = None,
    progress: ProgressLike = None,
    cache: Cache = True,
    **service_options: Any,
) -> pd.DataFrame:
    """The frame with the answers as new columns; see ``DataFrame.geo.locate`` for each argument."""
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise SettingsError(f"min_confidence must be from 0 to 1, not {min_confidence!r}")
    began = time.perf_counter()
    asked = questions(frame, address, parts)
    resolved = in_context_of(demanding(resolve(service, service_options), min_confidence), asked.distinct)
    extras = [name for name in extras_of(resolved) if name != "distance"]  # from a point; an address has none
    return await _answered(
        frame,
        asked,
        resolved,
        [*COORDINATES, *(DETAILS if details else ()), *(extras if details else ())],
        errors=errors,
        prefix=prefix,
        overwrite=overwrite,
        min_confidence=min_confidence,
        budget=budget,
        progress=progress,
        cache=cache,
        source=(address, parts),
        began=began,
    )


async def reverse(
    frame: pd.DataFrame,
    lat: Hashable = "lat",
    lon: Hashable = "lon",
    *,
    service: ServiceLike = AUTO,
    details: bool = False,
    errors: Errors = "raise",
    prefix: str = "",
    overwrite: bool = False,
    budget: float | None = None,
    progress: ProgressLike = None,
    cache: Cache = True,
    **service_options: Any,
) -> pd.DataFrame:
    """The frame with the addresses of its points; see ``DataFrame.geo.reverse`` for each argument."""
    began = time.perf_counter()
    asked = points(frame, lat, lon)
    resolved = reverse_of(resolve(service, service_options))
    return await _answered(
        frame,
        asked,
        resolved,
        ["formatted", *(_REVERSE if details else ()), *(extras_of(resolved) if details else ())],
        errors=errors,
        prefix=prefix,
        overwrite=overwrite,
        budget=budget,
        progress=progress,
        cache=cache,
        label="reverse",
        began=began,
    )


async def _answered(
    frame: pd.DataFrame,
    asked: Questions,
    service: AnyService,
    names: Sequence[str],
    *,
    errors: Errors,
    prefix: str,
    overwrite: bool,
    progress: ProgressLike,
    cache: Cache,
    budget: float | None,
    min_confidence: float | None = None,
    label: str = "locate",
    source: tuple[Any, Mapping[str, Any]] | None = None,
    began: float,
) -> pd.DataFrame:
    """Ask, and put the answers into columns of these names; `source` says where the addresses are."""
    if errors not in ("raise", "coerce"):
        raise SettingsError(f"errors must be 'raise' or 'coerce', not {errors!r}")
    check_free(frame, [prefix + name for name in names], overwrite=overwrite)
    check_budget(budget)
    # One with a budget is not shared: what others ask meanwhile is not on its account.
    locator = shared(service, cache=cache) if budget is None else Locator(service, cache=cache, budget=budget)
    outcomes: list[Outcome | None] = [None] * len(asked.distinct)
    started, before, by_each = time.perf_counter(), locator.usage, locator.usages
    stopped: GeocodingError | None = None
    # A service that has many answers a moment gives them without an object for each, and there is nothing to cache.
    in_arrays = getattr(service, "reverse_all", None) if isinstance(asked.distinct, Points) else None
    near: Nearest | None = None
    forecast = locator.forecast and partial(_seconds_left, locator.forecast, outcomes)
    with set_aside(), Progress(len(frame), progress, label=label, forecast=forecast) as bar:
        weights = asked.rows_of
        rows_of = weights.tolist()
        if blank := len(frame) - sum(rows_of):
            bar.advance(blank, "blank")
        for outcome, rows in zip(asked.settled, rows_of[len(asked.distinct) :], strict=True):
            bar.advance(rows, outcome.status)

        def count(places: Sequence[int], settled: Sequence[Outcome]) -> None:
            kinds = ["cached" if outcome.cached else outcome.status for outcome in settled]
            if kinds.count(kinds[0]) == len(kinds):  # most often
                bar.advance(sum(map(rows_of.__getitem__, places)), kinds[0])
                return
            rows: Counter[str] = Counter()
            for place, kind in zip(places, kinds, strict=True):
                rows[kind] += rows_of[place]
            for kind, number in rows.items():
                bar.advance(number, kind)

        def heard(positions: NDArray[np.intp], which: NDArray[np.intp]) -> None:
            rows, there = weights[positions], which >= 0
            bar.advance(int(rows[there].sum()), "located")
            bar.advance(int(rows[~there].sum()), "not_found")

        try:
            if in_arrays is not None:
                announce(service)
                near = await in_arrays(cast(Points, asked.distinct).degrees, heard)
            else:
                stopped = await locator.fill(
                    asked.distinct,
                    outcomes,
                    on_outcomes=count,
                    stop_on=_ENDS if errors == "coerce" else (ServiceError, SettingsError),
                )
        except GeocodingError as error:  # the cache file, say: no service can mend that
            stopped, errors = error, "raise"
        except asyncio.CancelledError as stop:
            so_far = Answers([*_all(outcomes), *asked.settled])
            seconds = time.perf_counter() - started
            report = reported(asked, so_far, service.name, locator.usage - before, seconds, len(frame))
            object.__setattr__(frame, _REPORT, report)
            line = interrupted(report, kept=settings.cache_file(cache) is not None)
            object.__setattr__(frame, _STOPPED, line)
            in_one_line(stop, line)
            raise
        finally:
            if budget is not None:
                await locator.aclose()
    seconds = time.perf_counter() - started
    if near is not None:
        answers: Answers = Towns(near, service.name, locator.attribution, asked.settled)
        used = Usage(asked=len(asked.distinct))
    else:
        done = [*_all(outcomes), *asked.settled]
        if min_confidence is not None:
            done = [strict(outcome, min_confidence) for outcome in done]
        answers, used = Answers(done), locator.usage - before
    report = reported(asked, answers, service.name, used, seconds, len(frame))
    if len(by_each) > 1:
        used_by = {name: use - by_each.get(name, Usage()) for name, use in locator.usages.items()}
        report = replace(report, services=shares(asked, answers, used_by))
    joining = time.perf_counter()
    located = joined(frame, asked, answers, names, prefix=prefix)
    parts = {
        "reading the addresses": started - began,
        f"asking {report.service}" if report.asked else "looking into the cache": seconds,
        "making the columns": time.perf_counter() - joining,
    }
    report = replace(report, parts=parts, **highlights(asked, answers))
    located.attrs["attribution"] = list(report.attribution)
    located.attrs.pop(REPORT, None)  # of an earlier run, by Dask
    for each in (frame, located):
        object.__setattr__(each, _REPORT, report)  # beside the data: goes with this very object, not into files
    if source is not None:
        object.__setattr__(located, _RUN, remembered(*source, asked, answers, prefix=prefix, cache=cache))
    object.__setattr__(located, _ERROR, stopped)
    if len(frame):
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


def _all(outcomes: list[Outcome | None]) -> Sequence[Outcome]:
    """One for each question, also where a run was stopped before."""
    if None not in outcomes:
        return cast("list[Outcome]", outcomes)
    return [outcome or _NEVER_ASKED for outcome in outcomes]


def _seconds_left(forecast: Callable[[int], float | None], outcomes: list[Outcome | None]) -> float | None:
    return forecast(outcomes.count(None))


def report_of(frame: pd.DataFrame) -> Report | None:
    """What the last run on this very frame did; None if there was none."""
    report = getattr(frame, "__dict__", {}).get(_REPORT)
    if report is None and (told := frame.attrs.get(REPORT)):
        return Report(**{**told, "attribution": tuple(told["attribution"])})
    return report if isinstance(report, Report) else None


def stop_of(frame: pd.DataFrame) -> str:
    """What an interrupted run on this very frame has to say; told once."""
    return str(getattr(frame, "__dict__", {}).pop(_STOPPED, ""))


def error_of(frame: pd.DataFrame) -> GeocodingError | None:
    """What stopped the run that made this very frame, where errors were to become reasons in its rows."""
    error = getattr(frame, "__dict__", {}).get(_ERROR)
    return error if isinstance(error, GeocodingError) else None


def run_of(frame: pd.DataFrame) -> Run | None:
    """How this very frame was made by `locate`; None for a copy or a part of one, and for any other frame."""
    run = getattr(frame, "__dict__", {}).get(_RUN)
    return run if isinstance(run, Run) else None


def hand_on(frame: pd.DataFrame, changed: pd.DataFrame, run: Run | None) -> pd.DataFrame:
    """The changed frame with the report of the other one."""
    object.__setattr__(changed, _REPORT, report_of(frame))
    object.__setattr__(changed, _RUN, run)
    return changed


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
