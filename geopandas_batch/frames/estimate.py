"""What a run would do and cost, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from geopandas_batch.frames.markup import counted, rows

_SUMS = ("singles", "jobs", "requests", "credits")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would do and cost. Nothing was sent for it.

    Attributes
    ----------
    service : str
        Who would be asked.
    rows, blank, distinct : int
        Rows of the frame; those without an address; different addresses (or points) in the others.
    cached, held : int
        Different addresses whose answer is known, and those that a job under way will answer: both cost nothing.
    to_ask : int
        Different addresses that would be sent.
    skipped : int
        Different addresses for which the budget is too small.
    singles, jobs : int
        How: addresses that go as requests of their own, and jobs.
    requests : int
        At least: a single request for each single, a submit and one poll for each job, a request for each file.
    credits : float
        What that costs: each single ``single_price``, each address in a job ``price``.
    price, single_price : float
        Credits for one address in a job (the priority that is really sent), and for one by itself.
    days : float or None
        How long the credits of the free plan last for it, in days; None where the service has no such plan.
    seconds : float or None
        Expected time, from the jobs that were measured on this computer; None where none of such a size was.
    steps : tuple of Estimate
        Of several services, one after the other: each by itself. What goes on to the next is not known before, so that
        all numbers from the second one on, and the sums, are what it is at most.

    Examples
    --------
    >>> print(Estimate("geoapify", rows=3, distinct=2, cached=2))
    geoapify: 3 rows, 2 different addresses, 2 of them known: nothing to ask, nothing to pay
    """

    service: str
    rows: int = 0
    blank: int = 0
    distinct: int = 0
    cached: int = 0
    held: int = 0
    to_ask: int = 0
    skipped: int = 0
    singles: int = 0
    jobs: int = 0
    requests: int = 0
    credits: float = 0.0
    price: float = 0.0
    single_price: float = 0.0
    days: float | None = None
    seconds: float | None = None
    steps: tuple[Estimate, ...] = ()

    def __str__(self) -> str:
        """What a person wants to know, a line each."""
        known = [f"{count:,} of them {word}" for count, word in ((self.cached, "known"), (self.held, "paid")) if count]
        first = ", ".join(
            [
                f"{self.service}: {rows(self.rows)}",
                counted(self.distinct, "different address", "different addresses"),
                *known,
            ]
        )
        if not self.to_ask and not self.skipped:
            return f"{first}: nothing to ask, nothing to pay"
        lines = self._lines()
        width = max(10, *(len(name) + 2 for name, _ in lines))
        return "\n".join([first, *(f"  {name:{width}}{value}" for name, value in lines)])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))  # at IPython's prompt

    def _repr_html_(self) -> str:
        first, *_ = str(self).splitlines()
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
            for name, value in (self._lines() if self.to_ask or self.skipped else [])
        )
        return f"<div>{escape(first)}</div><table>{rows}</table>"

    def _lines(self) -> list[tuple[str, str]]:
        if self.steps:
            return [
                *map(_line, self.steps, [""] + ["at most "] * len(self.steps)),
                ("credits", f"at most {self.credits:,.10g}"),
            ]
        lines = [("to ask", f"{_addresses(self.to_ask)}{self._how()}")]
        if self.skipped:
            lines.append(("skipped", f"{_addresses(self.skipped)}, beyond the budget"))
        if self.requests:
            lines.append(("requests", f"{self.requests:,} or more"))
        days = f", {_days(self.days)} on the free plan" if self.days else ""
        lines.append(("credits", f"{self.credits:,.10g}{days}"))
        if self.seconds is not None:
            lines.append(("time", _span(self.seconds)))
        elif self.jobs:
            lines.append(("time", "not known: no job of such a size was measured yet"))
        return lines

    def _how(self) -> str:
        how = []
        if self.jobs:
            how.append(f"{counted(self.jobs, 'job', 'jobs')} at {_credits(self.price)} an address")
        if self.singles:
            how.append(f"{counted(self.singles, 'single request', 'single requests')} at {_credits(self.single_price)}")
        return f" ({', '.join(how)})" if how else ""


def in_turn(service: str, steps: Sequence[Estimate], *, rows: int, blank: int, known: int) -> Estimate:
    """What it would take at most to ask several services, one after the other.

    ``known``: different addresses that are known to be found well enough by one of them.
    """
    seconds = [each.seconds for each in steps if each.to_ask]
    sums = {name: sum(getattr(each, name) for each in steps) for name in ("held", "to_ask", *_SUMS)}
    return Estimate(
        service=service,
        rows=rows,
        blank=blank,
        distinct=steps[0].distinct,
        cached=known,
        skipped=steps[-1].skipped,
        price=sum(each.price for each in steps),
        single_price=sum(each.single_price for each in steps),
        seconds=None if None in seconds else sum(each or 0.0 for each in seconds),
        steps=tuple(steps),
        **sums,
    )


def _line(step: Estimate, most: str) -> tuple[str, str]:
    """A service among several."""
    if not step.to_ask:
        return step.service, "nothing to ask"
    requests = f", {step.requests:,} or more requests" if step.requests and not most else ""
    return step.service, f"{most}{_addresses(step.to_ask)}{step._how()}{requests}, {most}{_credits(step.credits)}"


def _addresses(count: int) -> str:
    return counted(count, "address", "addresses")


def _credits(count: float) -> str:
    return counted(count, "credit", "credits")


def _days(days: float) -> str:
    return "less than a day" if days < 1 else f"{days:,.1f} days"


def _span(seconds: float) -> str:
    """A time as one says it: it is no exact number.

    >>> _span(0.4), _span(90), _span(7000)
    ('about 1 s', 'about 90 s', 'about 1 h 57 min')
    """
    if seconds < 120:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min"
