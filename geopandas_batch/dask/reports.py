"""What the tasks of a run did, told as one report, which outlives that partitions are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, cast

import pandas as pd

from geopandas_batch.frames.notes import REPORT
from geopandas_batch.frames.report import Report


class Told(dict[str, Any]):
    """A report beside a partition.

    Of what is beside frames, pandas keeps what they have in common when it puts them together. What a lost worker has
    done is done again, and told otherwise: one has bought what the other finds. So the reports of a run are the same.
    """

    def __init__(self, report: Report, run: str) -> None:
        """`run`: its token."""
        super().__init__(asdict(report))
        self.run = run

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and self.run == other.run

    __hash__ = None


def so_far(before: Report | None, answers: pd.DataFrame) -> Report:
    """What the buckets have taken up to this one. The next waits for it, so that one at a time is asked."""
    report: Report = answers.attrs[REPORT]
    return report if before is None else total([before, report])


def total(reports: Sequence[Report]) -> Report:
    """What several asking tasks did, as one run; the seconds are those of all of them."""
    attribution = sorted({credit for each in reports for credit in each.attribution})
    values: dict[str, Any] = {"service": reports[0].service, "attribution": tuple(attribution)}
    values["confidences"] = tuple(map(sum, zip(*filter(None, (each.confidences for each in reports)), strict=True)))
    values["failures"] = ()  # whose rows are those of a bucket, which nobody knows
    for field in fields(Report):
        every = [getattr(each, field.name) for each in reports]
        if field.name == "services":
            values["services"] = _together(every)
        elif isinstance(every[0], dict):
            counts: Counter[str] = Counter()
            for each in every:
                counts.update(each)
            values[field.name] = dict(counts)
        elif field.name not in values:
            values[field.name] = sum(every)
    return Report(**values)


def _together(shares: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """What each of several services did, in all tasks."""
    whole: dict[str, Counter[str]] = {}
    for each in shares:
        for name, did in each.items():
            whole.setdefault(name, Counter()).update(cast("dict[str, int]", did))
    return {name: dict(did) for name, did in whole.items()}
