"""How fast to ask, and how often to ask again.

The repetition is tenacity's. The pace is our own: it is shared by the threads and loops of a process and learns from
refusals; the limiters that are kept (aiolimiter, pyrate-limiter) belong to one loop, or have a rate that is fixed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, TypeVar

from geopandas_batch.errors import RateLimited, ServiceError
from geopandas_batch.locks import Lock

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

# On "too fast" the pace falls to this share; each request that is answered makes it faster by this share.
SLOWER, RECOVERY = 0.5, 0.02
# It comes back to this share of the pace that was refused, and tries more after so many seconds.
BELOW, FORGET = 0.9, 600.0
SLOWEST = 1.0  # requests a second
TOGETHER = 0.4  # seconds: refusals within them were caused by the same pace, and count once


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up on one request.

    Parameters
    ----------
    attempts : int
        Tries in all.
    seconds : float
        No new try is begun after this time.
    limited : int
        Tries in all that may be answered with "too fast": from then on it means "out of credits".
    first_wait, longest_wait : float
        Seconds. The waits are drawn at random below a bound that doubles from the first to the longest, so that
        many clients do not come back all at once.
    """

    attempts: int = 10
    seconds: float = 45.0
    limited: int = 5
    first_wait: float = 0.5
    longest_wait: float = 4.0


# For a host from which nothing has ever come: a wrong address or a firewall is said in seconds.
FIRST_CONTACT = Patience(attempts=5, seconds=15.0)


class Pace:
    """So many requests a second, one after the other and never in a burst, for all threads and loops together.

    Parameters
    ----------
    max_per_second : float, optional
        The pace to begin with. After a refusal it is slower, and comes back slowly. None: no limit.
    up_to : float, optional
        While requests wait for their turn and none is refused, the pace grows up to this. None: it does not.

    Examples
    --------
    >>> pace = Pace(10)
    >>> pace.slow_down()
    >>> pace.per_second
    5.0
    """

    def __init__(self, max_per_second: float | None, *, up_to: float | None = None) -> None:
        """As fast as is known to be allowed."""
        self.max_per_second = max_per_second
        self.per_second = max_per_second
        self._up_to = max(up_to or 0.0, max_per_second or 0.0)
        self._refused = inf  # requests a second that were too fast
        self._pressed = False  # whether the last request had to wait for its turn
        self._next = 0.0  # when the next request may leave, in seconds of time.monotonic
        self._slowed = -inf
        self._lock = Lock()
        self._lines: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

    async def turn(self) -> float:
        """Wait for one's turn; the seconds waited."""
        if self.per_second is None:
            return 0.0
        came = time.monotonic()
        # Of each loop, one has a time for its turn and the others stand behind it: so a new pace holds for all of them.
        async with self._line():
            with self._lock:
                now = time.monotonic()
                at = max(now, self._next)
                self._pressed = at > came
                self._next = at + 1 / self.per_second
            if at > now:
                await asyncio.sleep(at - now)
        return at - came

    def _line(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._lines:
                # A lock holds on to its loop: those of closed ones are let go of.
                self._lines = {each: lock for each, lock in self._lines.items() if not each.is_closed()}
                self._lines[loop] = asyncio.Lock()
            return self._lines[loop]

    def slow_down(self) -> None:
        """The service said "too fast". Refusals of requests that were under way together count once."""
        with self._lock:
            now = time.monotonic()
            if self.per_second is not None and now - self._slowed > TOGETHER:
                self._refused = self.per_second
                self.per_second = max(SLOWER * self.per_second, min(SLOWEST, self.max_per_second or SLOWEST))
                self._slowed = now

    def speed_up(self) -> None:
        """The service answered."""
        if self.per_second is None or self.max_per_second is None:
            return
        with self._lock:
            if time.monotonic() - self._slowed > FORGET:
                self._refused = inf
            most = min(self._up_to if self._pressed else self.max_per_second, BELOW * self._refused)
            if self.per_second < most:
                self.per_second = min((1 + RECOVERY) * self.per_second, most)


async def retry(
    ask: Callable[[], Awaitable[T]],
    patience: Callable[[], Patience],
    *,
    before_wait: Callable[[ServiceError, float], None],
    paid: Callable[[], int] = lambda: 0,
) -> T:
    """What ``ask`` returns, asked again after each error that says of itself that it is retryable.

    A ``retry_after`` that the service sent is obeyed, unless it lies beyond the patience: then its error is raised
    at once. ``before_wait`` is told the error and the seconds of each wait. ``paid`` counts what the service took money
    for: while that grows, "too fast" cannot mean "out of credits". The last error says how often and how long it was
    tried.
    """
    started, paid_before = time.monotonic(), paid()
    try:
        return await ask()
    except ServiceError as error:
        if not error.retryable:
            raise
        first: ServiceError | None = error
    import tenacity  # with what is only needed by who asks again: most requests are answered at once

    limited, last_paid = 0, paid_before

    async def ask_again() -> T:
        """What was asked is the first try."""
        nonlocal first
        if first is not None:
            failed, first = first, None
            raise failed
        return await ask()

    def wait(state: RetryCallState) -> float:
        now = patience()
        jitter = tenacity.wait_random_exponential(multiplier=now.first_wait, max=now.longest_wait)
        return max(_error(state).retry_after or 0.0, jitter(state))

    def stop(state: RetryCallState) -> bool:
        nonlocal limited, last_paid
        now = patience()
        if isinstance(_error(state), RateLimited):
            limited = limited + 1 if paid() == last_paid else 1
            last_paid = paid()
        late = time.monotonic() - started + state.upcoming_sleep >= now.seconds
        return state.attempt_number >= now.attempts or limited >= now.limited or late

    def tell(state: RetryCallState) -> None:
        before_wait(_error(state), state.next_action.sleep if state.next_action else 0.0)

    retrying = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, ServiceError) and error.retryable),
        stop=stop,
        wait=wait,
        before_sleep=tell,
        reraise=True,
    )
    try:
        return await retrying(ask_again)
    except ServiceError as error:
        tries = retrying.statistics.get("attempt_number", 1)
        if tries > 1:
            error.args = (f"{error} ({tries} tries in {time.monotonic() - started:.0f} s)",)
        raise


def _error(state: RetryCallState) -> ServiceError:
    assert state.outcome is not None  # noqa: S101 - tenacity waits only after an outcome
    error = state.outcome.exception()
    assert isinstance(error, ServiceError)  # noqa: S101 - and only after an error that the policy retries
    return error
