"""The queues of a batcher: each event loop that uses it has one of its own, in whatever thread it runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from geopandas_batch.batching.line import Line
from geopandas_batch.batching.settings import Settings
from geopandas_batch.batching.traffic import Traffic


class Lines:
    """Finds the queue of the loop that runs where it is asked for, and makes it where there is none."""

    def __init__(self, settings: Settings) -> None:
        """None yet."""
        self._settings = settings
        # Plain dict, no lock: its single operations are atomic, and a lock that another thread holds would stay locked
        # in a forked child.
        self._by_loop: dict[asyncio.AbstractEventLoop, Line] = {}
        self._last: Line | None = None  # the one that was used last
        self.traffic = Traffic(settings, self.all)

    def here(self) -> Line:
        """The queue of the loop that runs here."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "A batcher must be used where an event loop runs. From other threads, use "
                "asyncio.run_coroutine_threadsafe(batcher(item), loop)."
            ) from None
        line = self._last
        if line is None or line.loop is not loop:
            line = self._by_loop.get(loop) or self._new(loop)
            self._last = line
        return line

    def _new(self, loop: asyncio.AbstractEventLoop) -> Line:
        for other in list(self._by_loop):
            if other.is_closed():
                self._by_loop.pop(other, None)
        return self._by_loop.setdefault(loop, Line(loop, self._settings, self.traffic))

    def all(self) -> tuple[Line, ...]:
        """Those of loops that are not known to be closed."""
        return tuple(self._by_loop.values())

    async def close(self, cancel: bool) -> None:
        """Take no more items. The end is waited for here; other loops come to theirs by themselves."""
        here = self.here()
        if not cancel:
            here.calls.check_outside()
        self._settings.closed = True
        here.close(cancel)
        for line in self.all():
            if line is not here:
                with suppress(RuntimeError):  # that loop is closed
                    line.loop.call_soon_threadsafe(line.close, cancel)
        await here.rest.wait()
