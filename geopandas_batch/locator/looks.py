"""When those who wait for answers looked into the store and found none: a second look is for what came since."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable


class Looks:
    """The looks of all who wait for answers of one service."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._moments: dict[Hashable, int] = {}

    def note(self, who: Hashable, moment: int) -> None:
        """Somebody begins to wait."""
        self._moments[who] = moment

    def end(self, who: Hashable) -> None:
        """He waits no more."""
        self._moments.pop(who, None)

    @property
    def first(self) -> int:
        """Of all who wait now; 0 is before everything."""
        return min(self._moments.values(), default=0)


class Trail:
    """The looks of one caller, whose questions are answered in their order."""

    def __init__(self, looks: Looks) -> None:
        """None yet; each is one of all."""
        self._looks = looks
        self._own: deque[tuple[int, object]] = deque()  # up to which question each was, and who waits

    def note(self, stop: int, moment: int) -> None:
        """A look for the questions before this one."""
        self._own.append((stop, who := object()))
        self._looks.note(who, moment)

    def end(self, place: int) -> None:
        """The questions before this one are answered."""
        while self._own and self._own[0][0] <= place:
            self._looks.end(self._own.popleft()[1])
