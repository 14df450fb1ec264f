"""How so many questions would be asked of a service with jobs, for how much, and in what time."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import inf

from geopandas_batch.jobs import Jobs
from geopandas_batch.jobs.plans import Plan, split
from geopandas_batch.services.traits import price_of, single_price_of


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would ask."""

    known: int
    held: int
    asked: Sequence[bytes]  # keys
    beyond: AbstractSet[bytes]  # keys of what the budget is too small for
    plan: Plan | None  # None: a service without jobs
    seconds: float | None


@dataclass(frozen=True)
class Planner:
    """Plans for one service, by its limits, its prices and the jobs that were measured."""

    jobs: Jobs

    def plan(self, count: int) -> Plan:
        """How so many questions are asked, when nobody else asks at the same time."""
        service = self.jobs.service
        limits, can_ask_one = service.limits, getattr(service, "locate_one", None) is not None
        whole, singles, sizes = limits.batch_size * limits.max_concurrency, 0, list[int]()
        for start in range(0, count, whole):
            part = min(whole, count - start)
            if can_ask_one and part <= limits.single_up_to:
                singles += part
            else:
                sizes += split(
                    part, batch_size=limits.batch_size, slots=limits.max_concurrency, least=limits.least_batch
                )
        return Plan(singles, sizes, singles * single_price_of(service) + sum(sizes) * price_of(service))

    def affordable(self, count: int, budget: float | None) -> int:
        """How many of so many questions a budget allows."""
        if budget is None:
            return count
        price = min(price_of(self.jobs.service), single_price_of(self.jobs.service))
        count = min(count, int(budget / price)) if price else count
        most = max(price_of(self.jobs.service), single_price_of(self.jobs.service))
        while count and (excess := self.plan(count).credits - budget) > 0:
            count -= max(1, int(excess / most))  # not one less is needed: none of them costs more
        return count

    def seconds(self, plan: Plan) -> float | None:
        """How long that takes, by the jobs that were measured; None if that cannot be told from them."""
        limits, times = self.jobs.service.limits, self.jobs.times
        rate = limits.max_per_second or inf
        jobs = [times.forecast(size) for size in plan.jobs]
        if any(each is None for each in jobs):
            return None
        worked = sum(each or 0.0 for each in jobs) / max(1, min(limits.max_concurrency, len(jobs)))
        return max(worked, (plan.singles + 2 * len(jobs)) / rate)
