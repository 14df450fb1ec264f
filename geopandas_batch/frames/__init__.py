"""A frame with its answers: distinct questions out, columns back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import settings
from geopandas_batch.errors import KeyRefused, QuotaExhausted, ServiceError, SettingsError, Unavailable, in_one_line
from geopandas_batch.frames.asking import Asking
from geopandas_batch.frames.endings import cut_short, interrupted
from geopandas_batch.frames.notes import REPORT, note
from geopandas_batch.frames.points import points
from geopandas_batch.frames.questions import Questions, questions
from geopandas_batch.frames.results import highlights, joined, remembered
from geopandas_batch.frames.review import copied
from geopandas_batch.jobs.plans import check_budget
from geopandas_batch.locator import Cache
from geopandas_batch.places import COORDINATES, DETAILS
from geopandas_batch.progress import ProgressLike
from geopandas_batch.services import AUTO, ServiceLike, resolve, reverse_of
from geopandas_batch.services.cascade import demanding
from geopandas_batch.services.protocol import AnyService
from geopandas_batch.services.traits import in_context_of, shown_of

log = logging.getLogger("geopandas_batch")

Errors: TypeAlias = Literal["raise", "coerce"]

_ENDS = (KeyRefused, QuotaExhausted, Unavailable, SettingsError)  # what no other batch will have better luck with
_ALL = (ServiceError, SettingsError)  # what stops a run that is to raise
_MANY = (Sequence, np.ndarray, pd.Index, pd.api.extensions.ExtensionArray)  # the last: what `unique` gives back
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
    _asked: Questions | None = None,
    **service_options: Any,
) -> pd.DataFrame:
    """The frame with the answers as new columns; see ``DataFrame.geo.locate`` for each argument.

    ``_asked``, which is no option of the user's: what the rows ask, where that is known.
    """
    settings.check_yes_or_no("details", details)
    began = time.perf_counter()
    whom = demanding(resolve(service, service_options), min_confidence)  # first: adress= is no option
    asked = questions(frame, address, parts) if _asked is None else _asked
    resolved = in_context_of(whom, asked.distinct)
    extras = [name for name in shown_of(resolved, details=details) if name != "distance"]  # an address has none
    return await _answered(
        frame,
        asked,
        resolved,
        [*COORDINATES, *(DETAILS if details else ()), *extras],
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
    _times: NDArray[np.intp] | None = None,
    **service_options: Any,
) -> pd.DataFrame:
    """The frame with the addresses of its points; see ``DataFrame.geo.reverse``.

    ``_times``, which is no option of the user's: how many of his rows each row stands for in the report.
    """
    settings.check_yes_or_no("details", details)
    began = time.perf_counter()
    resolved = reverse_of(resolve(service, service_options))
    asked = replace(points(frame, lat, lon), times=_times)
    return await _answered(
        frame,
        asked,
        resolved,
        ["formatted", *(_REVERSE if details else ()), *shown_of(resolved, details=details)],
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
    if not isinstance(prefix, str):
        raise SettingsError(f"prefix must be text, such as 'home_', not {prefix!r}")
    settings.check_yes_or_no("overwrite", overwrite)  # "no" would be a yes
    check_free(frame, [prefix + name for name in names], overwrite=overwrite)
    check_budget(budget)
    keeps = settings.cache_file(cache) is not None
    # As the rows are now: while the answers are waited for, the frame may be sorted, cut or changed in place.
    as_asked = copied(frame)
    asking = Asking(asked, service, rows=asked.rows, cache=cache, budget=budget, min_confidence=min_confidence)
    read = time.perf_counter() - began
    try:
        answers = await asking.answers(stop_on=_ENDS if errors == "coerce" else _ALL, progress=progress, label=label)
    except asyncio.CancelledError as stop:
        report = asking.report()
        line = interrupted(report, kept=keeps)
        note(frame, report=report, stopped=line)
        in_one_line(stop, line)
        raise
    report = asking.report(answers)
    joining = time.perf_counter()
    located = joined(as_asked, asked, answers, names, prefix=prefix)
    parts = {
        "reading the addresses": read,
        f"asking {report.service}" if report.asked else "looking into the cache": report.seconds,
        "making the columns": time.perf_counter() - joining,
    }
    report = replace(report, parts=parts, **highlights(asked, answers))
    located.attrs["attribution"] = list(report.attribution)
    located.attrs.pop(REPORT, None)  # of an earlier run, by Dask
    note(frame, report=report)
    run = None if source is None else remembered(*source, asked, answers, prefix=prefix, cache=cache, names=names)
    note(located, report=report, run=run, error=asking.stopped)
    if len(frame):
        log.info(report.summary)
    if asking.stopped is not None and (errors == "raise" or asking.broken):
        of_service = isinstance(asking.stopped, ServiceError)
        told = cut_short(report, kept=keeps, goes_on=of_service, may_coerce=not asking.broken)
        raise asking.stopped.having(located, told) from asking.stopped.__cause__
    return located


def as_frame(addresses: pd.DataFrame | pd.Series[Any] | Sequence[Any]) -> tuple[pd.DataFrame, Hashable | None]:
    """A frame of what the user has, and the column of the addresses; None for a frame, which may have many."""
    if isinstance(addresses, pd.DataFrame):
        return addresses, None
    if isinstance(addresses, pd.Series):
        name = "address" if addresses.name is None else addresses.name
        return addresses.to_frame(name), name
    if isinstance(addresses, str | bytes | bytearray) or not isinstance(addresses, _MANY):
        kind = type(addresses)
        maker = kind.__module__.partition(".")[0]  # others have a DataFrame, too
        told = kind.__name__ if maker == "builtins" else f"{kind.__name__} of {maker}"
        advice = ". Pass what its .to_pandas() gives" if hasattr(addresses, "to_pandas") else ""
        raise SettingsError(f"locate takes a DataFrame or Series of pandas, or a list of addresses, not {told}{advice}")
    return pd.DataFrame({"address": pd.Series(list(addresses), dtype=object)}), "address"


def check_free(frame: pd.DataFrame, names: Sequence[str], *, overwrite: bool) -> None:
    """Refuse to write over columns of the user's."""
    taken = [name for name in names if name in frame.columns]
    if taken and not overwrite:
        raise SettingsError(
            f"the frame has {'columns' if taken[1:] else 'a column'} {', '.join(map(repr, taken))} already. "
            "Pass prefix= for other names, or overwrite=True to replace what is there."
        )
