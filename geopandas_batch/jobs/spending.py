"""What may be spent with one service, where replies that were lost count as well; and what was used up."""

from __future__ import annotations

from dataclasses import dataclass, fields

from geopandas_batch.errors import ServiceError, StrangeAnswer, TooSlow, Unavailable
from geopandas_batch.jobs.plans import Purse
from geopandas_batch.wire import Wire


class NotAskedError(ServiceError):
    """The run was stopped, or its budget used up, before this was sent."""


@dataclass(eq=False)
class Account:
    """Credits that are taken before a request leaves, and given back where it was for nothing.

    Parameters
    ----------
    purse : Purse
        Several accounts may share one.
    wire : Wire
        It repeats nothing that may have been paid beyond the budget.
    """

    purse: Purse
    wire: Wire

    def __post_init__(self) -> None:
        """Tell the wire."""
        self.wire.affords = self.affords

    def affords(self, credits: float = 0.0) -> bool:
        """Whether the budget allows so much more."""
        budget = self.purse.budget
        return budget is None or self.purse.spent + self.wire.traffic.credits_lost + credits <= budget

    def take(self, credits: float) -> bool:
        """Whether there was enough; then it is taken."""
        return self.affords(credits) and self.purse.take(credits)

    def give_back(self, credits: float) -> None:
        """They were not spent."""
        self.purse.spent -= credits

    def used_up(self) -> NotAskedError:
        """What is said to who wants more."""
        return NotAskedError(f"the budget of {self.purse.budget:,g} credits is used up", service=self.wire.service)

    def error_of(self, error: ServiceError, credits: float) -> ServiceError:
        """The error; where the way to the service failed, and the budget allows no other try, that."""
        lost = isinstance(error, TooSlow | Unavailable | StrangeAnswer)
        return self.used_up() if lost and not self.affords(credits) else error


@dataclass(frozen=True, slots=True)
class Usage:
    """What a locator has used up so far; ``later - earlier`` is what was used between."""

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

    def __add__(self, other: Usage) -> Usage:
        """Field by field."""
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, earlier: Usage) -> Usage:
        """Field by field."""
        return Usage(*(getattr(self, f.name) - getattr(earlier, f.name) for f in fields(self)))
