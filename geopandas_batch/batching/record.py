"""What is kept of each call of a batch function."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Reason = Literal["full", "wait", "flush", "end", "room", "close", "half"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the batch function. Times are seconds.

    Attributes
    ----------
    opened : float
        When the first item came, by the clock of the event loop.
    spread : float
        From the first item to the last.
    size : int
        Items asked.
    failed : int
        Items that got an error.
    reason : str
        Why the batch left: ``full``; ``wait`` (its time was over); ``flush``; ``end`` (of a producer); ``room``
        (``max_pending`` reached); ``close``; ``half`` (of a batch that failed).
    waited : float
        From the first item to the call.
    queued : float
        What an item waited, on average.
    place : float
        What part of ``waited`` was for one of the ``max_concurrency`` places.
    worked : float
        In the call.
    in_flight : int
        Calls under way when it started, this one included.
    error : str
        The name of the class of the exception that the call raised; empty if none.
    """

    opened: float
    spread: float
    size: int
    failed: int
    reason: Reason
    waited: float
    queued: float
    place: float
    worked: float
    in_flight: int
    error: str


@dataclass(slots=True)
class Ledger:
    """Sums of the calls made in one thread, so that no lock is needed."""

    items: int = 0
    joined: int = 0
    calls: int = 0
    errors: int = 0
    failed: int = 0
    queued: float = 0.0
    worked: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
