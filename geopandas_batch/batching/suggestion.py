"""What settings would have served the traffic of a batcher better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, fmean, linear_regression, median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from geopandas_batch.batching.record import Call
    from geopandas_batch.batching.settings import Settings

ENOUGH = 5  # calls; from fewer nothing is concluded
WAITS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds; values that people choose
GAIN = 0.8  # a change must cost at most this part of what is, or it is not worth a line of the reader's time
POINTS = 20  # the items of a call are replayed as at most so many arrivals, evenly from its first to its last


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Settings for a ``Batcher``, and why.

    Attributes
    ----------
    max_wait : float or "auto"
        Seconds.
    max_size, max_concurrency : int
        Items in a call; calls under way at once.
    reasons : tuple of str
        A sentence for each change, or the one why there is none.
    """

    max_wait: float | str
    max_size: int
    max_concurrency: int
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """For reading."""
        wait = f'"{self.max_wait}"' if isinstance(self.max_wait, str) else f"{self.max_wait:g}"
        head = f"max_wait={wait}, max_size={self.max_size}, max_concurrency={self.max_concurrency}"
        return "\n".join((head, *(f"- {reason}" for reason in self.reasons)))


class Cost(NamedTuple):
    """Seconds that a call takes: ``fixed + each * items``."""

    fixed: float
    each: float


class Replay(NamedTuple):
    """What the same arrivals would have come to."""

    calls: int
    waited: float  # seconds, of all items together
    fixed: float  # seconds of a call that are saved with it

    @property
    def price(self) -> float:
        """Seconds waited, and seconds spent for having a call at all: what waiting costs against what it saves."""
        return self.waited + self.calls * self.fixed


def suggest(calls: Sequence[Call], settings: Settings) -> Suggestion:
    """See ``Traffic.suggest``."""
    wait: float | str = "auto" if settings.max_wait is None else settings.max_wait
    now = Suggestion(wait, settings.max_size, settings.max_concurrency, ())
    whole = [call for call in calls if call.reason != "half" and not call.error]
    if len(whole) < ENOUGH:
        reason = f"There were only {len(whole)} calls without an error; from {ENOUGH} on there is something to learn."
        return Suggestion(now.max_wait, now.max_size, now.max_concurrency, (reason,))
    cost = _cost(whole)
    better_wait, why_wait = _wait(whole, settings, cost)
    better_size, why_size = _size(whole, settings, cost)
    better_concurrency, why_concurrency = _concurrency(whole, settings)
    reasons = tuple(why for why in (why_wait, why_size, why_concurrency) if why)
    return Suggestion(
        now.max_wait if better_wait is None else better_wait,
        better_size or now.max_size,
        better_concurrency or now.max_concurrency,
        reasons or ("These settings serve this traffic well.",),
    )


def _cost(calls: Sequence[Call]) -> Cost:
    """Fitted to the calls; all of it fixed where the sizes do not differ."""
    try:
        each, fixed = linear_regression([call.size for call in calls], [call.worked for call in calls])
    except StatisticsError:  # all of one size
        each, fixed = 0.0, median(call.worked for call in calls)
    if each < 0:
        return Cost(median(call.worked for call in calls), 0.0)
    return Cost(max(fixed, 0.0), each)


def _wait(calls: Sequence[Call], settings: Settings, cost: Cost) -> tuple[float | None, str]:
    """Replay the arrivals with other waits. Only batches that could have waited otherwise say something."""
    if settings.max_wait is None or not any(call.reason == "wait" for call in calls):
        return None, ""
    arrivals = sorted(arrival for call in calls for arrival in _arrivals(call))
    was = _replay(arrivals, settings.max_wait, settings.max_size, cost)
    replays = {wait: _replay(arrivals, wait, settings.max_size, cost) for wait in WAITS}
    best = min(replays, key=lambda wait: replays[wait].price)
    new = replays[best]
    if new.price > GAIN * was.price:
        return None, ""
    items = sum(call.size for call in calls)
    return best, (
        f"max_wait={best:g}: {new.calls} calls instead of {was.calls}, and an item would have waited "
        f"{1000 * new.waited / items:.1f} ms for others, instead of {1000 * was.waited / items:.1f}."
    )


def _arrivals(call: Call) -> Iterator[tuple[float, float]]:
    points = min(call.size, POINTS)
    for point in range(points):
        yield call.opened + call.spread * point / max(points - 1, 1), call.size / points


def _replay(arrivals: Sequence[tuple[float, float]], wait: float, max_size: int, cost: Cost) -> Replay:
    """Batches that leave when full or ``wait`` after their first item."""
    calls, waited = 0, 0.0
    batch: list[tuple[float, float]] = []
    size = 0.0

    def leave(at: float) -> None:
        nonlocal calls, waited, size
        calls += 1
        waited += sum((at - time) * count for time, count in batch)
        batch.clear()
        size = 0.0

    for time, count in arrivals:
        if batch and time > batch[0][0] + wait:
            leave(batch[0][0] + wait)
        batch.append((time, count))
        size += count
        if size >= max_size:
            leave(time)
    if batch:
        leave(batch[0][0] + wait)
    return Replay(calls, waited, cost.fixed)


def _size(calls: Sequence[Call], settings: Settings, cost: Cost) -> tuple[int | None, str]:
    full = sum(call.reason == "full" for call in calls) / len(calls)
    usual = fmean(call.size for call in calls)
    fixed = cost.fixed / (cost.fixed + cost.each * usual) if cost.fixed else 0.0
    if full > 0.5 and fixed > 0.2:
        # With a tenth of the time fixed, bigger batches save next to nothing more.
        ideal = 9 * cost.fixed / cost.each if cost.each else 2.0 * settings.max_size
        size = _round(min(max(ideal, 2.0 * settings.max_size), 10.0 * settings.max_size))
        return size, (
            f"max_size={size}: {full:.0%} of the batches were full, and {fixed:.0%} of a call's time does not "
            "depend on its size. Only if the other side takes so many."
        )
    alone = fmean(call.in_flight for call in calls) < 1.5
    share = _round(max(usual / settings.max_concurrency, 1.0))
    if settings.max_concurrency > 1 and alone and fixed < 0.2 and cost.each and share < usual / 2:
        return share, (
            f"max_size={share}: {1 - fixed:.0%} of a call's time grows with its size, and its places "
            "were hardly used at the same time. Smaller batches would work side by side."
        )
    return None, ""


def _concurrency(calls: Sequence[Call], settings: Settings) -> tuple[int | None, str]:
    place, worked = fmean(call.place for call in calls), fmean(call.worked for call in calls)
    if place < worked / 4 or max(call.in_flight for call in calls) < settings.max_concurrency:
        return None, ""
    places = settings.max_concurrency * 2
    return places, (
        f"max_concurrency={places}: batches waited {place:.4f} s for one of the {settings.max_concurrency} places, and "
        f"worked {worked:.4f} s. Only if the other side takes so many at once."
    )


def _round(value: float) -> int:
    """One of 1, 2, 5, 10, 20, 50, …: the nearest from below."""
    step = 1
    while step * 10 <= value:
        step *= 10
    return step * (5 if value >= 5 * step else 2 if value >= 2 * step else 1)
