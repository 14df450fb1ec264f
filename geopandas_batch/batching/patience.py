"""How long the first item of a batch waits for others, learnt from how items arrive."""

from __future__ import annotations

TURN = 0.0001  # seconds; items closer than this came in one turn of the loop and meet without any waiting
START = 0.05  # seconds; the time of a call before one was seen
LONGEST = 1.0  # seconds; nobody wants to wait longer for a batch to leave, however long a call takes


class Patience:
    """Waits while items keep coming, and never longer than a call takes.

    The usual gap between items is estimated as TCP estimates its round trip (RFC 6298: smoothed mean plus four times
    the smoothed deviation). When no item came for that long, none is expected. The bound is that of Dooly, Goldman and
    Scott, "On-line analysis of the TCP acknowledgment delay problem" (J. ACM 48, 2001): who waits at most as long as
    the thing costs that waiting may save, pays at most twice what a prophet would pay.
    """

    __slots__ = ("call", "deviation", "gap", "last")

    def __init__(self) -> None:
        """Nothing learnt: leave at the end of the turn."""
        self.gap = 0.0
        self.deviation = 0.0
        self.last = 0.0
        self.call = START

    @property
    def limit(self) -> float:
        """Seconds that the first item of a batch waits at most."""
        return min(self.call, LONGEST)

    @property
    def quiet(self) -> float:
        """Seconds without an item after which none is expected."""
        return min(self.gap + 4 * self.deviation, self.limit)

    def came(self, now: float, alone: bool) -> None:
        """An item has come. One that comes ``alone``, with nothing in the air, says nothing about a crowd."""
        gap, self.last = now - self.last, now
        if alone or gap < TURN or gap > self.limit:
            return
        if not self.gap:
            self.gap, self.deviation = gap, gap / 2
        else:
            self.deviation += (abs(gap - self.gap) - self.deviation) / 4
            self.gap += (gap - self.gap) / 8

    def vain(self) -> None:
        """A batch waited and nobody came."""
        self.gap /= 2
        self.deviation /= 2
        if self.quiet < TURN:
            self.gap = self.deviation = 0.0

    def took(self, seconds: float) -> None:
        """A call is over."""
        self.call += (seconds - self.call) / 8
