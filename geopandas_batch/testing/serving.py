"""A web server in a thread of its own, with its own event loop: for callers of any kind."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Self

from aiohttp import web

_BODY_LIMIT = 64 * 2**20  # bytes of a request; the service's own limit is not documented
_START_SECONDS = (
    30.0  # a loaded machine may take seconds to start a thread; half a minute means that something is wrong
)

# Answers a request; gets the event that is set when the server closes, so that it can give up waiting.
Handler = Callable[[web.Request, asyncio.Event], Awaitable[web.StreamResponse]]


class Server:
    """Serves on the loopback between ``start`` and ``stop``, each of which may be called again.

    The first start takes a free port, later ones take the same: as a service that is down for a while.
    """

    def __init__(self, handler: Handler) -> None:
        """Nothing runs before ``start``."""
        self.port = 0
        self._handler = handler
        self._life = threading.Lock()
        self._thread: threading.Thread | None = None
        self._close: Callable[[], object] | None = None

    def start(self) -> None:
        """Start, and wait until it serves."""
        with self._life:
            if self._thread is None:
                started: Future[int] = Future()
                # A daemon: the interpreter waits for other threads before it calls what atexit has.
                thread = threading.Thread(target=self._serve, args=(started,), name="FakeGeoapify", daemon=True)
                thread.start()
                self.port = started.result(_START_SECONDS)
                self._thread = thread
                atexit.register(self.stop)

    def stop(self) -> None:
        """Close all connections, and wait until the thread has ended."""
        with self._life:
            if self._thread and self._close:
                self._close()
                self._thread.join()
                self._thread = self._close = None
                atexit.unregister(self.stop)

    def _serve(self, started: Future[int]) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _main(self, started: Future[int]) -> None:
        loop, closing = asyncio.get_running_loop(), asyncio.Event()
        self._close = lambda: loop.call_soon_threadsafe(closing.set)
        app = web.Application(client_max_size=_BODY_LIMIT)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handler(request, closing)

        app.router.add_route("*", "/{path:.*}", handle)
        # A client that hangs up ends its handler, so that requests that are never answered do not pile up.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            started.set_result(runner.addresses[0][1])
            await closing.wait()
        finally:
            await runner.cleanup()


class Served:
    """What serves between ``start`` and ``stop``, and in a ``with`` block."""

    _server: Server

    def start(self) -> Self:
        """Start to serve; nothing happens if it serves already. Returns itself. A second start keeps the address."""
        self._server.start()
        return self

    def stop(self) -> None:
        """End the server, its connections and its thread; nothing happens if it does not serve. The records stay."""
        self._server.stop()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        """Stop."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start, without holding up the event loop."""
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop, without holding up the event loop."""
        await asyncio.to_thread(self.stop)

    def _base(self, path: str) -> str:
        if not self._server.port:
            name = type(self).__name__
            raise RuntimeError(f"the double has no address before it is started: use `with {name}() as fake:`")
        return f"http://127.0.0.1:{self._server.port}{path}"
