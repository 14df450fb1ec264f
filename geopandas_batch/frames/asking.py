"""The different questions of a table, put to a service: their answers, how far that is, and what it took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.errors import GeocodingError
from geopandas_batch.frames.fields import Fields
from geopandas_batch.frames.points import Points
from geopandas_batch.frames.questions import Questions
from geopandas_batch.frames.report import Report
from geopandas_batch.frames.results import reported, shares, strict
from geopandas_batch.frames.towns import Towns
from geopandas_batch.garbage import set_aside
from geopandas_batch.jobs.spending import Usage
from geopandas_batch.locator import Cache, Locator
from geopandas_batch.locator.locations import shared
from geopandas_batch.locator.outcomes import Outcomes, told
from geopandas_batch.places import Outcome
from geopandas_batch.progress import Progress, ProgressLike
from geopandas_batch.services import announce
from geopandas_batch.services.protocol import AnyService, Nearest

_NEVER_ASKED = Outcome(None, "skipped", "not asked: the run was stopped before")


class Asking:
    """One run. With a budget, its locator is not shared: what others ask meanwhile is not on its account.

    Attributes
    ----------
    stopped : GeocodingError or None
        What ended the run before all was asked.
    broken : bool
        Whether that was no word of the service, such as a cache file that cannot be used.
    """

    def __init__(
        self,
        asked: Questions,
        service: AnyService,
        *,
        rows: int,
        cache: Cache,
        budget: float | None,
        min_confidence: float | None,
    ) -> None:
        """Nothing is asked yet."""
        self.stopped: GeocodingError | None = None
        self.broken = False
        self._asked, self._service, self._rows, self._least = asked, service, rows, min_confidence
        self._own = budget is not None
        self._locator = Locator(service, cache=cache, budget=budget) if self._own else shared(service, cache=cache)
        self._outcomes = Outcomes(len(asked.distinct))
        self._weights = asked.rows_of
        self._near: Nearest | None = None
        self._began = self._ended = time.perf_counter()
        self._before, self._before_by_each = self._locator.usage, self._locator.usages

    async def answers(self, *, stop_on: tuple[type[GeocodingError], ...], progress: ProgressLike, label: str) -> Fields:
        """One answer a question, and behind them those of rows that need not be asked."""
        forecast = self._seconds_left if self._locator.forecast else None
        with set_aside(), Progress(self._rows, progress, label=label, forecast=forecast) as bar:
            self._count_settled(bar)
            try:
                await self._ask(bar, stop_on)
            except GeocodingError as error:  # the cache file, say: no service can mend that
                self.stopped, self.broken = error, True
            finally:
                self._ended = time.perf_counter()
                if self._own:
                    await self._locator.aclose()
        if self._near is not None:
            return Towns(self._near, self._service.name, self._locator.attribution, self._asked.settled)
        return Fields(self._so_far) if self._least is None else strict(self._so_far, self._least)

    async def _ask(self, bar: Progress, stop_on: tuple[type[GeocodingError], ...]) -> None:
        # A service that has many answers a moment gives them without an object for each, and there is nothing to cache.
        in_arrays = getattr(self._service, "reverse_all", None)
        if in_arrays is not None and isinstance(self._asked.distinct, Points):
            announce(self._service)

            def heard(positions: NDArray[np.intp], which: NDArray[np.intp]) -> None:
                rows, there = self._weights[positions], which >= 0
                bar.advance(int(rows[there].sum()), "located")
                bar.advance(int(rows[~there].sum()), "not_found")

            self._near = await in_arrays(self._asked.distinct.degrees, heard)
            return

        count = partial(self._count, bar)
        self.stopped = await self._locator.fill(
            self._asked.distinct, self._outcomes, on_outcomes=count, stop_on=stop_on
        )

    def report(self, answers: Fields | None = None) -> Report:
        """What the run did; without its answers, those that were there when it was interrupted."""
        in_arrays = self._near is not None
        used = Usage(asked=len(self._asked.distinct)) if in_arrays else self._locator.usage - self._before
        seconds = self._ended - self._began
        answers = Fields(self._so_far) if answers is None else answers
        report = reported(self._asked, answers, self._service.name, used, seconds, self._rows)
        if len(before := self._before_by_each) > 1:
            used_by = {name: use - before.get(name, Usage()) for name, use in self._locator.usages.items()}
            report = replace(report, services=shares(self._asked, answers, used_by))
        return report

    @property
    def _so_far(self) -> Outcomes:
        """One for each question, also where the run was stopped before."""
        return self._outcomes.ended(_NEVER_ASKED, self._asked.settled)

    def _count_settled(self, bar: Progress) -> None:
        if blank := self._rows - int(self._weights.sum()):
            bar.advance(blank, "blank")
        behind = self._weights[len(self._asked.distinct) :].tolist()
        for outcome, rows in zip(self._asked.settled, behind, strict=True):
            bar.advance(rows, outcome.status)

    def _count(self, bar: Progress, places: Sequence[int]) -> None:
        """Rows, not questions."""
        where = slice(places.start, places.stop) if isinstance(places, range) else places
        rows = np.bincount(self._outcomes.kinds[where], self._weights[where])
        for kind in np.flatnonzero(rows).tolist():
            bar.advance(int(rows[kind]), told(kind))

    def _seconds_left(self) -> float | None:
        forecast = self._locator.forecast
        return forecast(self._outcomes.left) if forecast else None
