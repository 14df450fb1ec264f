"""What a run over a frame would ask and cost: of one service, or of several, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from geopandas_batch.frames.estimate import Estimate, in_turn
from geopandas_batch.frames.questions import questions
from geopandas_batch.jobs.plans import check_budget
from geopandas_batch.locator import Cache
from geopandas_batch.locator.cascading import open_after
from geopandas_batch.locator.locations import shared
from geopandas_batch.locator.step import Step
from geopandas_batch.places import Question
from geopandas_batch.services import AUTO, ServiceLike, resolve
from geopandas_batch.services.cascade import Cascade, demanding
from geopandas_batch.services.traits import in_context_of, price_of, requests_of, single_price_of


def estimate(
    frame: pd.DataFrame,
    address: Any,
    parts: Mapping[str, Any],
    *,
    service: ServiceLike = AUTO,
    min_confidence: float | None = None,
    budget: float | None = None,
    cache: Cache = True,
    **service_options: Any,
) -> Estimate:
    """What `locate` with the same arguments would do and cost; nothing is sent."""
    whom = demanding(resolve(service, service_options), min_confidence)
    asked = questions(frame, address, parts)
    check_budget(budget)
    resolved = in_context_of(whom, asked.distinct)
    locator, rows, blank = shared(resolved, cache=cache), len(frame), len(frame) - int(asked.rows_of.sum())
    if not isinstance(resolved, Cascade):
        return replace(_of(locator.steps[0], asked.distinct, budget), rows=rows, blank=blank)
    left: Sequence[Question] = asked.distinct
    steps = list[Estimate]()
    for step in locator.steps:
        spent = sum(each.credits for each in steps)
        steps.append(_of(step, left, None if budget is None else max(0.0, budget - spent), at_most=bool(steps)))
        left = open_after(step, resolved, left)
    return in_turn(resolved.name, steps, rows=rows, blank=blank, known=len(asked.distinct) - len(left))


def _of(step: Step, distinct: Sequence[Question], budget: float | None, *, at_most: bool = False) -> Estimate:
    """What it would take to ask a service for these; or for those of them that are left to it."""
    service, preview = step.service, step.preview(distinct, budget=budget)
    plan, to_ask, free = preview.plan, len(preview.asked), getattr(service, "free_per_day", None)
    paid = plan.credits if plan else to_ask * price_of(service)
    if at_most:  # a few that go by themselves may cost more than many in jobs
        paid = max(paid, min(to_ask, service.limits.single_up_to) * single_price_of(service))
    return Estimate(
        service=service.name,
        distinct=len(distinct),
        cached=preview.known,
        held=preview.held,
        to_ask=to_ask,
        skipped=len(preview.beyond),
        singles=plan.singles if plan else 0,
        jobs=len(plan.jobs) if plan else 0,
        requests=plan.singles + 2 * len(plan.jobs) if plan else requests_of(service, to_ask),
        credits=paid,
        price=price_of(service),
        single_price=single_price_of(service),
        days=paid / free if free else None,
        seconds=preview.seconds,
    )
