"""What is noted beside a frame: it goes with this very object, and into no file, copy or part of it."""

from __future__ import annotations

import pandas as pd

from geopandas_batch.errors import GeocodingError
from geopandas_batch.frames.report import Report
from geopandas_batch.frames.results import Run

_REPORT, _RUN, _STOPPED, _ERROR = (f"_geopandas_batch_{name}" for name in ("report", "run", "stopped", "error"))
REPORT = "geopandas_batch_report"  # in attrs, for frames that Dask puts together: these keep what all parts share


def note(
    frame: pd.DataFrame,
    *,
    report: Report | None = None,
    run: Run | None = None,
    stopped: str | None = None,
    error: GeocodingError | None = None,
) -> None:
    """Note what a run did; what is not given is left as it is."""
    for name, value in ((_REPORT, report), (_RUN, run), (_STOPPED, stopped), (_ERROR, error)):
        if value is not None:
            object.__setattr__(frame, name, value)


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
    note(changed, report=report_of(frame), run=run)
    return changed
