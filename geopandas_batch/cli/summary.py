"""What a run of the command line did, over all portions of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from geopandas_batch.frames import markup
from geopandas_batch.frames.report import Report, summary, took
from geopandas_batch.jobs.spending import Usage
from geopandas_batch.places import STATUSES

Kind: TypeAlias = tuple[str, str, str, str]  # what became of a row: status, match level, why it failed, who found it
_REASONS = 1000  # different ones that are counted: a service may put the address into its message


@dataclass(slots=True)
class Summary:
    """Counts rows; grows by portions."""

    service: str = ""
    rows: int = 0
    cached: int = 0
    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    matches: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)  # who found how many rows
    attribution: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Summary:
        """As ``state`` gave it, for a run that goes on."""
        counters = {name: Counter(state[name]) for name in ("statuses", "matches", "reasons", "services")}
        return cls(**{**state, **counters, "usage": Usage(**state["usage"])})

    def state(self) -> dict[str, Any]:
        """All of it, in types that JSON has."""
        usage = {name: getattr(self.usage, name) for name in Usage.__slots__}
        return {**{name: getattr(self, name) for name in self.__slots__}, "usage": usage}

    def add_rows(self, kinds: Mapping[Kind, int]) -> None:
        """More rows are done: how many of each kind."""
        for (status, match, reason, service), rows in kinds.items():
            self.rows += rows
            self.statuses[status] += rows
            if status == "located":
                self.matches[match] += rows
                self.services[service] += rows
            elif reason:
                known = reason in self.reasons or len(self.reasons) < _REASONS
                self.reasons[reason if known else "other reasons"] += rows

    def add_report(self, report: Report, *, with_usage: bool = False) -> None:
        """What it took; ``with_usage`` where nobody else counts what was used."""
        if with_usage:
            spent = {name: getattr(report, name, 0) for name in Usage.__slots__}
            self.usage = self.usage - (Usage() - Usage(**spent))
        self.service = report.service
        self.cached += report.cached
        self.attribution = sorted({*self.attribution, *report.attribution})

    def as_json(self, **more: Any) -> dict[str, Any]:
        """For programs."""
        state = self.state()
        usage = state.pop("usage")
        state["statuses"] = {status: self.statuses[status] for status in STATUSES}
        state["reasons"] = dict(self.reasons.most_common())
        return {**state, **usage, **more}

    def __str__(self) -> str:
        """For a person: rows by what became of them, what it took, why rows failed, whom to credit."""
        asked = markup.counted(self.usage.asked, "address", "addresses")
        effort = [f"{markup.rows(self.cached)} cached", f"{asked} asked", *took(self.usage)]
        lines = [summary(self.service, self.rows, self.statuses, effort, self.seconds)]
        if self.matches:
            lines.append("matched by: " + ", ".join(f"{level} {count:,}" for level, count in self.matches.items()))
        if len(self.services) > 1:
            lines.append("found by: " + ", ".join(f"{name} {count:,}" for name, count in self.services.most_common()))
        lines += [f"{markup.rows(count)}: {reason}" for reason, count in self.reasons.most_common(10)]
        lines += [f"data: {credit}" for credit in self.attribution]
        return "\n".join(lines)
