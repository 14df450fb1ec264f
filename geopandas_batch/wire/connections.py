"""The only door to aiohttp: one session an event loop, a request and its reply. The key goes into a header only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from geopandas_batch import settings
from geopandas_batch.encoding import Json
from geopandas_batch.errors import TooSlow, Unavailable
from geopandas_batch.pacing import Patience
from geopandas_batch.wire import replies
from geopandas_batch.wire.bodies import Form, encoded

if TYPE_CHECKING:
    import aiohttp

E = TypeVar("E", bound=BaseException)
Reply: TypeAlias = tuple[int, float | None, replies.Body]

CONNECT_SECONDS = 5.0
LONGEST = 20  # times the seconds without a byte: who sends one now and then must not hold a run for good
READ_AHEAD = 2**20  # bytes of a reply: by aiohttp's 64 kB, the answers of a job stop and go on many times
REPLY_SECONDS = 5.0  # how long who is cancelled waits for a reply that costs: it is as good as paid


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; ``kind`` is its name in logs, ``credits`` its price. See `Wire` for the rest."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # holds the key
    params: Mapping[str, str] | None = field(default=None, repr=False)  # may hold an address, as the body does
    body: Json | Form = field(default=None, repr=False)
    kind: str = "request"
    credits: float = 0.0
    salvage: Callable[[bytes], Json] | None = None
    read: Callable[[Json], Json] | None = None
    decode: Callable[[bytes], Json] | None = None
    patience: Patience | None = None


@dataclass(slots=True)
class _Open:
    """What belongs to one event loop."""

    session: aiohttp.ClientSession | None = None
    users: int = 0


class _Unbroken(asyncio.Task[Reply]):
    """Goes on for a moment when it is cancelled, by whomever: also by a loop that is about to be closed."""

    _leaving = False

    def cancel(self, msg: Any | None = None) -> bool:
        """False, as if it were done: who waits for it is told when it is."""
        if not self._leaving:
            self._leaving = True
            self.get_loop().call_later(REPLY_SECONDS, super().cancel)
        return False


@dataclass(eq=False)
class Connections:
    """Those to one service: opened by the first request, for as long as somebody is inside ``async with connections:``.

    Who leaves as the last one closes them: nothing is left when an event loop ends, and one object serves many loops.

    Parameters
    ----------
    service : str
        Its name, for errors.
    timeout : float
        Seconds without a byte until a request is given up; in all, `LONGEST` times that.
    """

    service: str
    timeout: float
    _open: WeakKeyDictionary[asyncio.AbstractEventLoop, _Open] = field(default_factory=WeakKeyDictionary, repr=False)

    def _here(self) -> _Open:
        return self._open.setdefault(asyncio.get_running_loop(), _Open())

    async def __aenter__(self) -> Self:
        self._here().users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        here = self._here()
        here.users -= 1
        if not here.users and here.session is not None:
            session, here.session = here.session, None
            await session.close()

    def _session(self) -> aiohttp.ClientSession:
        """That of this event loop. Made for the first request: what answers in this process makes none."""
        import aiohttp

        here = self._here()
        if not here.users:
            raise RuntimeError("requests go inside `async with`")
        if here.session is None:
            here.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(
                    total=LONGEST * self.timeout, sock_connect=CONNECT_SECONDS, sock_read=self.timeout
                ),
                # The proxies of the user's network. Where there are none, aiohttp would look for them twice a request,
                # each time in another thread.
                trust_env=settings.has_proxies(),
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=READ_AHEAD,
            )
            # Left to itself, aiohttp repeats a GET once when a connection breaks. Here, each try is paced and counted.
            here.session._retry_connection = False
        return here.session

    async def exchange(self, request: Request) -> Reply:
        """One request and its reply: the status, the seconds to wait that it asks for, and the body.

        Who is cancelled while it is on its way, and has to pay for it, has the reply all the same if it comes soon. He
        is cancelled as soon as he waits for anything else: so he has time to put it on disk.
        """
        if not request.credits:
            return await self._exchange(request)
        task = _Unbroken(self._exchange(request), loop=asyncio.get_running_loop())
        # A loop that is closed in the middle drops it, and asyncio need not complain of that.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        try:
            return await task
        except asyncio.CancelledError:
            if not task.done() or task.cancelled():
                raise
            if me := asyncio.current_task():
                me.uncancel()
                me.cancel()
            return task.result()

    async def _exchange(self, request: Request) -> Reply:
        import aiohttp

        session, host = self._session(), request.url.split("/")[2]
        sent_as, payload = encoded(request.body)
        body = replies.Body()
        try:
            # Redirects are not followed: another host must not get the key.
            async with session.request(
                request.method,
                request.url,
                params=request.params,
                data=payload,
                headers={**request.headers, **sent_as},
                allow_redirects=False,
            ) as response:
                status, retry_after = response.status, replies.seconds(response.headers.get("Retry-After"))
                with suppress(aiohttp.ClientPayloadError):  # it broke off, which `body` knows
                    await body.read(response)
        except aiohttp.ClientHttpProxyError as error:
            status = _bare(error).status
            message = f"the proxy on the way to {self.service} ({host}) refuses ({status}): is HTTPS_PROXY right?"
            raise Unavailable(message, service=self.service, sent=False, retryable=status >= 500) from None
        except aiohttp.ClientConnectorError as error:
            message = f"no connection to {self.service} ({host}): {replies.cause(error)}"
            raise Unavailable(message, service=self.service, sent=False) from _bare(error)
        except TimeoutError as error:
            sent = not isinstance(error, aiohttp.ConnectionTimeoutError)
            silent = not sent or isinstance(error, aiohttp.SocketTimeoutError)
            seconds = CONNECT_SECONDS if not sent else self.timeout if silent else LONGEST * self.timeout
            message = f"{self.service} ({host}) did not answer {'' if silent else 'to the end '}within {seconds:g} s"
            raise TooSlow(message, service=self.service, sent=sent) from _bare(error)
        except (aiohttp.ClientError, OSError) as error:
            # Not chained: errors of this kind can carry the request with its headers.
            message = f"the connection to {self.service} ({host}) broke: {type(_bare(error)).__name__}"
            raise Unavailable(message, service=self.service) from None
        return status, retry_after, body


def _bare(error: E) -> E:
    """The error without the frames it came through: what shows their variables would show the headers, with the key."""
    return error.with_traceback(None)
