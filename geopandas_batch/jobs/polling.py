"""When to ask for a job again: neither often nor late, by what jobs of its size took so far."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from statistics import fmean, median

FIRST_POLL = 0.25  # seconds, while nothing is known of the service's pace
# Once the expected time is over: the next poll when the job is so much older. Most jobs end near that time.
STEPS = (1.02, 1.03, 1.04, 1.055, 1.07, *(1.08,) * 5)
WIDE_STEPS = (1.08,) * 10  # the same, where jobs alike take different times: from the shortest of them on
UNSTEADY, RECENT = 1.15, 8  # of so many, one was not ready when it was older by this than another that was
UNKNOWN_STEP = 1.4  # the same, while nothing is known; jobs that wait together share the work of finding out
LATER_STEP = 1.4  # the same, when a job takes twice its time
LONGEST = 60.0  # the documentation asks for at least a minute between the polls of a large job
PROBE = 0.85  # a job that was ready at its first poll may have been ready sooner: the next one is polled sooner
KEPT = 32
ALIKE = 1.25  # jobs whose sizes differ less than this take the same time
SOON = 0.001  # seconds: not worth a wait


@dataclass(frozen=True, slots=True)
class Sample:
    """How long a job took, between the last poll at which it was not ready and the first at which it was."""

    items: int
    pending: float
    ready: float

    @property
    def seconds(self) -> float:
        """The likely time."""
        return (self.pending + self.ready) / 2 if self.pending else self.ready * PROBE


class JobTimes:
    """How long the jobs of a service take.

    Of a job that takes about as long as its like did, in this run or by the journal, at most a tenth of its time is
    lost after it is ready (and a poll's way there and back), with at most ten polls that come too early. Where jobs
    alike take different times, polls begin at the shortest of the last ones; ten reach to its double. A job that is
    quicker than all before it is found late, and the next one is polled sooner.

    While nothing is known, the jobs that wait side by side find it out together: four of them keep both bounds up to
    seven seconds. One that is alone cannot: ten polls, each a tenth later than the one before, reach from one second to
    two and a half, and a job may take a second or an hour. Then up to two fifths of its time may be lost, of the first
    job ever, and it is polled 16 times in a minute and 19 times in two.

    Parameters
    ----------
    known : iterable of (items, seconds)
        Of earlier runs.

    Examples
    --------
    >>> times = JobTimes([(100, 2.0), (1000, 5.0)])
    >>> times.expected(400)
    3.0
    """

    def __init__(self, known: Iterable[tuple[int, float]] = ()) -> None:
        """Begin with what is known."""
        self._samples: deque[Sample] = deque((Sample(n, s, s) for n, s in known if s > 0), maxlen=KEPT)
        self._front = 0.0  # the greatest age for which a poll is planned, while nothing is known
        self._waiting = 0
        self._known: dict[int, float | None] = {}  # what is expected by the samples as they are
        self._news = set[asyncio.Future[None]]()  # of those who may come earlier when more is known, on any loop

    def note(self, sample: Sample) -> None:
        """A job has ended: who waits for another one may come earlier now."""
        self._samples.append(sample)
        self._known = {}
        for loop in {news.get_loop() for news in list(self._news)}:
            with suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(self._tell_all, loop)

    def _tell_all(self, loop: asyncio.AbstractEventLoop) -> None:
        for news in list(self._news):
            if news.get_loop() is loop:
                _tell(news)

    def expected(self, items: int) -> float | None:
        """Seconds that a job of so many items takes; None while nothing is known."""
        known = self._known  # a new one when another thread notes a sample meanwhile
        if items not in known:
            known[items] = self._expected(items)
        return known[items]

    def _expected(self, items: int) -> float | None:
        if alike := self._alike(items):
            return median(each.seconds for each in alike[-3:])
        if not (samples := list(self._samples)):
            return None
        x, y = [each.items for each in samples], [each.seconds for each in samples]
        spread = sum((n - fmean(x)) ** 2 for n in x)
        if max(x) > ALIKE * min(x):
            slope = max(0.0, sum((n - fmean(x)) * (s - fmean(y)) for n, s in zip(x, y, strict=True)) / spread)
            base = max(0.0, fmean(y) - slope * fmean(x))
            return base + slope * items or None
        # One size is known: a larger job takes at least as long, a smaller one at least its share.
        return median(y) * min(1.0, items / median(x))

    def _alike(self, items: int) -> list[Sample]:
        # A list is made of them in one step: other threads may note theirs meanwhile.
        return [each for each in list(self._samples) if max(items, each.items) <= ALIKE * min(items, each.items)]

    def _plan(self, items: int) -> tuple[float, Sequence[float]] | None:
        """The age for the first poll, and the steps after it; None while nothing is known."""
        expected = self.expected(items)
        if expected is None:
            return None
        recent = self._alike(items)[-RECENT:]
        longest_pending = max((each.pending for each in recent), default=0.0)
        soonest_ready = min((each.ready for each in recent), default=0.0)
        if longest_pending > UNSTEADY * soonest_ready:  # they differ
            return min(expected, *(each.seconds for each in recent)), WIDE_STEPS
        if longest_pending and soonest_ready > WIDE_STEPS[0] * longest_pending:  # they may be alike, to say no more
            return min(expected, WIDE_STEPS[0] * longest_pending), WIDE_STEPS
        likely = (longest_pending + soonest_ready) / 2 if longest_pending else expected
        return min(expected, likely), STEPS

    def forecast(self, items: int) -> float | None:
        """What to tell a person: rather too long than too short, and None where nobody can know.

        Where jobs of one size are known, a smaller one takes as long at most. How much longer a larger one takes, they
        do not tell.

        >>> times = JobTimes([(100, 2.0)])
        >>> times.forecast(20), times.forecast(100), times.forecast(1000)
        (2.0, 2.0, None)
        """
        samples = list(self._samples)
        sizes = [each.items for each in samples]
        if not sizes or max(sizes) > ALIKE * min(sizes):
            return self.expected(items)
        return median(each.seconds for each in samples) if items <= ALIKE * min(sizes) else None

    async def wait(self, items: int, started: float, polls: int, *, until: float = inf) -> None:
        """Wait until a job is to be polled, which was begun at ``started`` and polled so often; not after ``until``.

        Both by the loop's clock.
        """
        for left in [each for each in list(self._news) if each.get_loop().is_closed()]:  # dropped in the middle
            self._news.discard(left)
        self._waiting += 1
        may_come_earlier = not polls or self.expected(items) is None  # as soon as more is known
        loop = asyncio.get_running_loop()
        try:
            age = loop.time() - started
            target = self._target(items, age, polls) * (random.uniform(0.99, 1.01) if polls else 1.0)  # noqa: S311
            target = min(target, until - started)
            while target - (loop.time() - started) > SOON:
                target = await self._sleep(items, started, target, may_come_earlier)
        finally:
            self._waiting -= 1

    async def _sleep(self, items: int, started: float, target: float, may_come_earlier: bool) -> float:
        """Sleep until a job is to be polled, or until there is news; the age for the poll."""
        loop = asyncio.get_running_loop()
        news = loop.create_future()
        if may_come_earlier:
            self._news.add(news)  # before the look at what is known: nothing comes in between
            target = min(target, max(loop.time() - started, self.expected(items) or inf))
        timer = loop.call_at(started + target, _tell, news)
        try:
            await news
        finally:
            timer.cancel()
            self._news.discard(news)
        return target

    def _target(self, items: int, age: float, polls: int) -> float:
        """The age at which a job is to be polled."""
        if plan := self._plan(items):
            self._front = 0.0
            first, steps = plan
            step = steps[polls - 1] if 0 < polls <= len(steps) else LATER_STEP
            return max(first, min(age * step if polls else age, age + LONGEST))
        if not polls and age > FIRST_POLL:  # of an earlier run: it may have been ready for long
            return age
        # Jobs that were begun together end together: each is polled a little later than the one before.
        step = UNKNOWN_STEP ** (1 / self._waiting)
        self._front = max(FIRST_POLL, self._front * step if self._front > age else age * step)
        return min(self._front, age + LONGEST)


def _tell(news: asyncio.Future[None]) -> None:
    if not news.done():
        news.set_result(None)
