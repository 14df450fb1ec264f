"""What a run did, in numbers and in one line."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from geopandas_batch.places import STATUSES


@dataclass(frozen=True, slots=True)
class Report:
    """What the last run on a frame did.

    Attributes
    ----------
    service : str
        Who was asked.
    rows, distinct : int
        Rows of the frame; different addresses in them, blanks aside.
    statuses : dict
        Rows by status: located, not_found, blank, failed, skipped.
    matches : dict
        Located rows by match level, finest first.
    cached : int
        Rows whose answer was known before.
    asked : int
        Different addresses that were sent to the service.
    requests, retries, jobs, polls : int
        What that took; polls ask whether a job is ready. Where other code asks the same service at the same time, its
        requests are counted too.
    seconds_waited : float
        For the pace and before another try, of all requests together; they wait side by side.
    jobs_resumed, jobs_bought_again : int
        Jobs of an earlier run or another process that were picked up; jobs that the service no longer knew.
    replies_lost : int
        Requests whose reply was lost on the way, and submits of a process that was killed: each may have been paid
        for nothing.
    credits : float
        What was paid, in the service's credits.
    seconds : float
    reasons : dict
        Why rows failed or were skipped, with their number, the most frequent first.
    attribution : tuple of str
        The credits that the licences of the data ask for wherever the answers are shown.
    """

    service: str
    rows: int = 0
    distinct: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    matches: dict[str, int] = field(default_factory=dict)
    cached: int = 0
    asked: int = 0
    requests: int = 0
    retries: int = 0
    seconds_waited: float = 0.0
    jobs: int = 0
    polls: int = 0
    jobs_resumed: int = 0
    jobs_bought_again: int = 0
    replies_lost: int = 0
    credits: float = 0.0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    attribution: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One line."""
        found = self.statuses.get("located", 0)
        others = [
            f"{count:,} {status.replace('_', ' ')}"
            for status in STATUSES
            if status != "located" and (count := self.statuses.get(status, 0))
        ]
        effort = [f"{self.distinct:,} different", f"{self.cached:,} rows cached", f"{self.asked:,} asked"]
        if self.requests:
            effort.append(f"{self.requests:,} requests")
        if self.credits:
            effort.append(f"{self.credits:,g} credits")
        if self.replies_lost:
            effort.append(f"{self.replies_lost:,} lost replies that may have been paid")
        return (
            f"{self.service}: {found:,} of {self.rows:,} rows located"
            + "".join(f", {other}" for other in others)
            + f" ({', '.join(effort)}; {self.seconds:.1f} s)"
        )

    def __str__(self) -> str:
        """The summary, the match levels, the reasons and the credits due to others, a line each."""
        lines = [self.summary]
        if self.matches:
            lines.append("matched by: " + ", ".join(f"{level} {count:,}" for level, count in self.matches.items()))
        lines += [f"{count:,} rows: {reason}" for reason, count in self.reasons.items()]
        lines += [f"data: {credit}" for credit in self.attribution]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        found = {
            **{f"rows {status.replace('_', ' ')}": f"{count:,}" for status, count in self.statuses.items() if count},
            **{f"matched by {level}": f"{count:,}" for level, count in self.matches.items()},
            "rows known before": f"{self.cached:,}",
            "addresses asked": f"{self.asked:,}",
            "requests": f"{self.requests:,}, {self.retries:,} of them again; waited {self.seconds_waited:,.1f} s",
            "jobs": f"{self.jobs:,} bought, {self.jobs_resumed:,} picked up, {self.jobs_bought_again:,} gone",
            "replies lost": f"{self.replies_lost:,}",
            "credits": f"{self.credits:,.10g}",
            "time": f"{self.seconds:,.1f} s",
            **{reason: f"{count:,} rows" for reason, count in self.reasons.items()},
        }
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
            for name, value in found.items()
        )
        credit = "".join(f"<div>data: {escape(line)}</div>" for line in self.attribution)
        return f"<div>{escape(self.summary)}</div><table>{rows}</table>{credit}"


def interrupted(report: Report, *, kept: bool) -> str:
    """What is to be said when a person has stopped a run: what is done, what is kept, how to go on."""
    done = report.rows - report.statuses.get("skipped", 0)
    said = f"Stopped: {done:,} of {report.rows:,} rows are done"
    if not kept:
        return f"{said}; with cache=False they are not kept."
    return f"{said} and kept. Run the same line again to go on: nothing is paid twice, jobs under way are picked up."
