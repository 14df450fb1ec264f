"""What is said of a run that ended before all was asked: what is done, what is kept, how to go on."""

from __future__ import annotations

from geopandas_batch.frames.report import Report


def interrupted(report: Report, *, kept: bool) -> str:
    """What a person is told who has stopped a run."""
    done = report.rows - report.statuses.get("skipped", 0)
    said = f"Stopped: {done:,} of {report.rows:,} rows done"
    if not kept:
        return f"{said}; without a cache file they are not kept."
    return f"{said} and kept. The same line goes on from there; nothing is paid twice."


def cut_short(report: Report, *, kept: bool, goes_on: bool, may_coerce: bool) -> str:
    """What is told with the error that has stopped a run, and that has the frame so far.

    ``goes_on``: what was to be asked can be asked again. ``may_coerce``: the reason can stand in the rows instead.
    """
    found = report.statuses["located"] + report.statuses["not_found"]
    where = ": they are in this error's .partial" + (", and kept" if kept else "") if found else ""
    said = f"{found:,} of {report.rows:,} rows are answered{where}."
    if kept and goes_on:
        said += " The same line run again goes on from there."
    if may_coerce:
        said += " To get the frame as it is, with the reason in each row, pass errors='coerce', details=True."
    return said
