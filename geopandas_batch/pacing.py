"""How fast to ask, and how often to ask again.

The pace is aiolimiter's leaky bucket, the repetition is tenacity's: both are kept, and small.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from geopandas_batch.errors import ServiceError

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter
    from tenacity import RetryCallState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up on one request.

    Parameters
    ----------
    attempts : int
        Tries in all.
    seconds : float
        No new try is begun after this time.
    first_wait, longest_wait : float
        Seconds. The waits are drawn at random below a bound that doubles from the first to the longest, so that
        many clients do not come back all at once.
    """

    attempts: int = 5
    seconds: float = 30.0
    first_wait: float = 0.5
    longest_wait: float = 8.0


def limiter(max_per_second: float | None) -> AsyncLimiter | None:
    """A pace without bursts: one request, then 1/rate seconds until the next."""
    if max_per_second is None:
        return None
    from aiolimiter import AsyncLimiter

    # A bucket that holds one. With the whole rate as its size, five would go in the same instant.
    return AsyncLimiter(1, 1 / max_per_second)


async def retry(
    ask: Callable[[], Awaitable[T]], patience: Patience, *, before_wait: Callable[[ServiceError, float], None]
) -> T:
    """What ``ask`` returns, asked again after each error that says of itself that it is retryable.

    A ``retry_after`` that the service sent is obeyed, unless it lies beyond the patience: then its error is raised
    at once. ``before_wait`` is told the error and the seconds of each wait.
    """
    import tenacity

    jitter = tenacity.wait_random_exponential(multiplier=patience.first_wait, max=patience.longest_wait)

    def wait(state: RetryCallState) -> float:
        return max(_error(state).retry_after or 0.0, jitter(state))

    def tell(state: RetryCallState) -> None:
        before_wait(_error(state), state.next_action.sleep if state.next_action else 0.0)

    retrying = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, ServiceError) and error.retryable),
        stop=tenacity.stop_after_attempt(patience.attempts) | tenacity.stop_before_delay(patience.seconds),
        wait=wait,
        before_sleep=tell,
        reraise=True,
    )
    return await retrying(ask)


def _error(state: RetryCallState) -> ServiceError:
    assert state.outcome is not None  # noqa: S101 - tenacity waits only after an outcome
    error = state.outcome.exception()
    assert isinstance(error, ServiceError)  # noqa: S101 - and only after an error that the policy retries
    return error
