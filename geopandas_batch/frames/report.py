"""What a run did, in numbers and in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from geopandas_batch.frames import markup
from geopandas_batch.places import STATUSES

REASONS = 5  # told in full; the others are counted


class Failure(NamedTuple):
    """A row without an answer."""

    row: int  # its position
    address: str
    status: str
    reason: str


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
        What that took; polls ask whether a job is ready.
    seconds_waited : float
        For the pace and before another try, of all requests together; they wait side by side.
    jobs_resumed, jobs_bought_again : int
        Jobs of an earlier run or another process that were picked up; jobs that the service no longer knew.
    replies_lost : int
        Requests whose reply was lost on the way, and submits of a process that was killed: each may have been paid
        for nothing.
    credits : float
        What was paid, in the service's credits. Where another thread or task asks the same service at the same time,
        they share batches, and what it asked and paid is in ``asked``, ``requests`` and ``credits``, too; a call with
        ``budget=`` shares none, and has its own alone.
    passed_on : int
        Of several services: different addresses that went to the next one, as a service could not be had, had no
        credits left, or was beyond the budget. The reasons are in the rows.
    seconds : float
        From the first question to the last answer.
    reasons : dict
        Why rows failed or were skipped, with their number, the most frequent first.
    confidences : tuple of int
        Rows that have a place, by its confidence: ten steps of a tenth. Empty where the service tells none.
    failures : tuple of (row, address, status, reason)
        The first rows that were not found or failed; all of them are in ``located.geo.failures()``. Notebooks show
        the address, the text only which row it is.
    services : dict
        Of several services, one after the other: for each its located ``rows``, the different addresses ``asked`` of
        it, ``requests``, ``credits`` and ``passed_on``. Empty for one service.
    parts : dict
        Seconds of reading the addresses, answering, and making the columns.
    attribution : tuple of str
        The credits that the licences of the data ask for wherever the answers are shown.

    Examples
    --------
    >>> import geopandas_batch
    >>> report = geopandas_batch.locate(["Oslo, Norway", "Xyzzyq"], service="gazetteer", cache=False).geo.report
    >>> report.matches, report.failures[0].reason
    ({'city': 1}, 'no match')
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
    passed_on: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    confidences: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()
    services: dict[str, dict[str, float]] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    attribution: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One line."""
        known = [f"{self.distinct:,} different", f"{markup.rows(self.cached)} cached", f"{self.asked:,} asked"]
        return summary(self.service, self.rows, self.statuses, [*known, *took(self)], self.seconds)

    @property
    def slowest(self) -> str:
        """Which part took longest; empty where nothing was measured."""
        if not self.parts:
            return ""
        part = max(self.parts, key=self.parts.__getitem__)
        # Requests wait side by side: in all, that may be more than the time on the clock.
        waited = f" (requests waited {self.seconds_waited:,.1f} s in all)" if self.seconds_waited >= 0.1 else ""
        took, total = self.parts[part], sum(self.parts.values())
        times = f"{took:,.1f} of {total:,.1f} s" if total >= 0.1 else f"{1000 * took:.0f} of {1000 * total:.0f} ms"
        return f"{part}, {times}{waited}"

    def __str__(self) -> str:
        """The summary, how the rows were found, why not, what took longest and the credits due to others."""
        lines = [self.summary, *(f"{name}: {', '.join(did)}" for name, did in self._shares().items())]
        if self.matches:
            lines.append("matched by: " + ", ".join(f"{level} {count:,}" for level, count in self.matches.items()))
        if self.confidences:
            steps = [f"{low / 10:.1f} {count:,}" for low, count in enumerate(self.confidences) if count]
            lines.append("confidence from: " + ", ".join(steps))
        lines += [f"{markup.rows(count)}: {reason}" for reason, count in self._reasons()]
        # By position: the text may go into a log, where addresses do not belong.
        alike: dict[tuple[str, str], list[str]] = {}
        for each in self.failures:
            alike.setdefault((each.status, each.reason), []).append(str(each.row))
        for (status, reason), which in alike.items():
            lines.append(f"row{'s' * (len(which) > 1)} {', '.join(which)}: {_of_failure(status, reason)}")
        if self.slowest:
            lines.append(f"slowest part: {self.slowest}")
        lines += [f"data: {credit}" for credit in self.attribution]
        return "\n".join(lines)

    def _shares(self) -> dict[str, list[str]]:
        """What each of several services did, in words."""
        return {
            name: [
                f"{markup.rows(int(did['rows']))} located",
                *(f"{what.replace('_', ' ')} {did[what]:,.10g}" for what in did if what != "rows" and did[what]),
            ]
            for name, did in self.services.items()
        }

    def _reasons(self) -> list[tuple[str, int]]:
        every = list(self.reasons.items())
        rest = every[REASONS:]
        return every[:REASONS] + ([(f"{len(rest):,} other reasons", sum(n for _, n in rest))] if rest else [])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))  # at IPython's prompt

    def _repr_html_(self) -> str:
        statuses = {name.replace("_", " "): count for name, count in self.statuses.items()}
        tenths = reversed(list(enumerate(self.confidences)))
        confidences = {f"{tenth / 10:.1f} to {(tenth + 1) / 10:.1f}": count for tenth, count in tenths}
        pictures = (
            markup.bars("rows", statuses, self.rows),
            markup.bars("matched by", self.matches, self.rows),
            markup.bars("confidence", confidences, self.rows),
        )
        failures = [
            (str(row), escape(address), escape(status.replace("_", " ")), escape(reason))
            for row, address, status, reason in self.failures
        ]
        tables = (
            markup.table((), [(f"<b>{name}</b>", escape(text)) for name, text in self._effort().items()]),
            markup.table(("row", "address", "status", "reason"), failures),
        )
        return "".join(
            [
                f"<div><b>{escape(self.summary)}</b></div>",
                markup.side_by_side(pictures),
                markup.side_by_side(tables),
                *(f"<div>{markup.rows(count)}: {escape(reason)}</div>" for reason, count in self._reasons()),
                *(f"<div style='opacity:.7'>data: {escape(line)}</div>" for line in self.attribution),
            ]
        )

    def _effort(self) -> dict[str, str]:
        """What it took, as far as it was anything."""
        requests = f"{self.requests:,}" + (f", {self.retries:,} of them again" if self.retries else "")
        jobs = [
            f"{count:,} {what}"
            for count, what in (
                (self.jobs, "bought"),
                (self.jobs_resumed, "picked up"),
                (self.jobs_bought_again, "gone, so bought again"),
            )
            if count
        ]
        return {
            "addresses": f"{self.distinct:,} different, {self.asked:,} asked",
            "known before": markup.rows(self.cached),
            **{name: ", ".join(did) for name, did in self._shares().items()},
            **({"requests": requests} if self.requests else {}),
            **({"jobs": ", ".join(jobs)} if jobs else {}),
            **({"replies lost": f"{self.replies_lost:,}, which may have been paid"} if self.replies_lost else {}),
            "credits": f"{self.credits:,.10g}",
            "slowest part": self.slowest or f"all of it, {self.seconds:,.1f} s",
        }


def summary(service: str, rows: int, statuses: Mapping[str, int], effort: Iterable[str], seconds: float) -> str:
    """How a run went, in one line."""
    others = [f", {statuses[name]:,} {name.replace('_', ' ')}" for name in STATUSES[1:] if statuses.get(name)]
    found = f"{service}: {statuses.get('located', 0):,} of {rows:,} rows located{''.join(others)}"
    return f"{found} ({', '.join(effort)}; {seconds:.1f} s)"


def took(used: Any) -> list[str]:
    """What was used up, as far as it was anything; of a `Report`, or of anything with such fields."""
    said = []
    if used.requests:
        said.append(markup.counted(used.requests, "request", "requests"))
    if used.credits:
        said.append(markup.counted(used.credits, "credit", "credits"))
    if used.replies_lost:
        said.append(markup.counted(used.replies_lost, "lost reply", "lost replies") + " that may have been paid")
    if used.passed_on:
        said.append(f"{used.passed_on:,} passed on by a service that could not be had")
    return said


def _of_failure(status: str, reason: str) -> str:
    return ": ".join(filter(None, (status.replace("_", " "), reason)))
