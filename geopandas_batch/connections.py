"""The only door to aiohttp: one session an event loop, a request and its reply. The key goes into a header only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self
from weakref import WeakKeyDictionary

from geopandas_batch import replies
from geopandas_batch.bodies import Form, Json, encoded
from geopandas_batch.errors import TooSlow, Unavailable
from geopandas_batch.pacing import Patience

if TYPE_CHECKING:
    import asyncio

    import aiohttp

CONNECT_SECONDS = 5.0


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
    decode: Callable[[bytearray], Json] | None = None
    patience: Patience | None = None


@dataclass(slots=True)
class _Open:
    """What belongs to one event loop."""

    session: aiohttp.ClientSession | None = None
    users: int = 0


@dataclass(eq=False)
class Connections:
    """Those to one service, open while somebody is inside ``async with connections:``.

    Who leaves as the last one closes them: nothing is left when an event loop ends, and one object serves many loops.

    Parameters
    ----------
    service : str
        Its name, for errors.
    timeout : float
        Seconds without a byte until a request is given up.
    """

    service: str
    timeout: float
    _open: WeakKeyDictionary[asyncio.AbstractEventLoop, _Open] = field(default_factory=WeakKeyDictionary, repr=False)

    def _here(self) -> _Open:
        import asyncio

        return self._open.setdefault(asyncio.get_running_loop(), _Open())

    async def __aenter__(self) -> Self:
        here = self._here()
        here.users += 1
        if here.session is None:
            import aiohttp

            here.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self.timeout),
                trust_env=True,  # the proxies of the user's network
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # Left to itself, aiohttp repeats a GET once when a connection breaks. Here, each try is paced and counted.
            here.session._retry_connection = False
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        here = self._here()
        here.users -= 1
        if not here.users and here.session is not None:
            session, here.session = here.session, None
            await session.close()

    async def exchange(self, request: Request) -> tuple[int, float | None, replies.Body]:
        """One request and its reply: the status, the seconds to wait that it asks for, and the body."""
        import aiohttp

        here, host = self._here(), request.url.split("/")[2]
        sent_as, payload = encoded(request.body)
        if here.session is None:
            raise RuntimeError("requests go inside `async with`")
        body = replies.Body()
        try:
            # Redirects are not followed: another host must not get the key.
            async with here.session.request(
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
        except aiohttp.ClientConnectorError as error:
            message = f"no connection to {self.service} ({host}): {replies.cause(error)}"
            raise Unavailable(message, service=self.service, sent=False) from error
        except TimeoutError as error:
            sent = not isinstance(error, aiohttp.ConnectionTimeoutError)
            seconds = self.timeout if sent else CONNECT_SECONDS
            message = f"{self.service} ({host}) did not answer within {seconds:g} s"
            raise TooSlow(message, service=self.service, sent=sent) from error
        except (aiohttp.ClientError, OSError) as error:
            # Not chained: errors of this kind can carry the request with its headers.
            message = f"the connection to {self.service} ({host}) broke: {type(error).__name__}"
            raise Unavailable(message, service=self.service) from None
        return status, retry_after, body
