"""The only HTTP: one session a loop, timeouts, status → error. The key goes into a header and nowhere else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from weakref import WeakKeyDictionary

from geopandas_batch import pacing
from geopandas_batch.errors import (
    KeyRefused,
    QuotaExhausted,
    RateLimited,
    ServiceError,
    StrangeAnswer,
    TooSlow,
    Unavailable,
)
from geopandas_batch.pacing import Patience

if TYPE_CHECKING:
    import asyncio

    import aiohttp
    from aiolimiter import AsyncLimiter

log = logging.getLogger(__name__)

# A job of 1,000 answers is about 3 MB of JSON. What is twenty times that is not an answer.
MAX_BYTES = 64 * 2**20
CONNECT_SECONDS = 5.0
SHOWN_CHARACTERS = 200

Json: TypeAlias = Any


@dataclass(slots=True)
class Traffic:
    """What went over the wire so far."""

    requests: int = 0
    retries: int = 0
    seconds_waited: float = 0.0
    replies_lost: int = 0  # requests that cost credits, whose reply was lost: each may have been paid for nothing


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # holds the key
    params: Mapping[str, str] | None = None
    body: Json = field(default=None, repr=False)  # holds addresses
    paid: bool = False


@dataclass(slots=True)
class _Line:
    """What belongs to one event loop."""

    limiter: AsyncLimiter | None
    session: aiohttp.ClientSession | None = None
    users: int = 0


@dataclass(eq=False)
class Wire:
    """The way to one service.

    The connections of an event loop are open while somebody is inside ``async with wire:``, and closed by the last
    who leaves; so nothing is left when a loop ends, and one wire serves many loops.

    Parameters
    ----------
    service : str
        Its name, for errors.
    max_per_second : float, optional
        Pace of all requests together, in each loop.
    timeout : float
        Seconds without a byte from the service until a request is given up.
    patience : Patience
        How often a request is tried again.
    """

    service: str
    max_per_second: float | None = None
    timeout: float = 15.0
    patience: Patience = field(default_factory=Patience)
    traffic: Traffic = field(default_factory=Traffic)
    _lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = field(default_factory=WeakKeyDictionary, repr=False)

    def _line(self) -> _Line:
        import asyncio

        return self._lines.setdefault(asyncio.get_running_loop(), _Line(pacing.limiter(self.max_per_second)))

    async def __aenter__(self) -> Self:
        line = self._line()
        line.users += 1
        if line.session is None:
            import aiohttp

            line.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self.timeout),
                trust_env=True,  # the proxies of the user's network
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        line = self._line()
        line.users -= 1
        if not line.users and line.session is not None:
            session, line.session = line.session, None
            await session.close()

    async def get(
        self, url: str, params: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """Status (2xx) and JSON of a request that costs nothing and may be repeated at will."""
        return await self._retried(_Request("GET", url, headers or {}, params=params))

    async def post(
        self, url: str, body: Json, *, headers: Mapping[str, str] | None = None, paid: bool = False
    ) -> tuple[int, Json]:
        """Status (2xx) and JSON. ``paid``: a lost reply may have cost credits, so it is counted."""
        return await self._retried(_Request("POST", url, headers or {}, body=body, paid=paid))

    async def _retried(self, request: _Request) -> tuple[int, Json]:
        def before_wait(error: ServiceError, seconds: float) -> None:
            self.traffic.retries += 1
            self.traffic.seconds_waited += seconds
            log.debug("%s: %s, once more in %.1f s", self.service, type(error).__name__, seconds)

        async def ask() -> tuple[int, Json]:
            try:
                return await self._once(request)
            except (TooSlow, Unavailable, StrangeAnswer) as error:
                # A 5xx is an answer: the service says that it failed. Without one, nobody knows.
                self.traffic.replies_lost += (
                    request.paid and error.sent and (error.status is None or error.status < 300)
                )
                raise

        try:
            return await pacing.retry(ask, self.patience, before_wait=before_wait)
        except RateLimited as error:
            raise QuotaExhausted(
                f"{self.service} still answers 429 after {self.patience.attempts} tries: the credits of the day are "
                "used up, or other programs use the same key at the same time. Go on tomorrow, or with a larger plan.",
                **_carried(error),
            ) from error

    async def _once(self, request: _Request) -> tuple[int, Json]:
        import aiohttp

        line, host = self._line(), request.url.split("/")[2]
        if line.session is None:
            raise RuntimeError("requests go inside `async with wire:`")
        if line.limiter is not None:
            await line.limiter.acquire()
        self.traffic.requests += 1
        try:
            # Redirects are not followed: another host must not get the key.
            async with line.session.request(
                request.method,
                request.url,
                params=request.params,
                json=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as response:
                content = await _read(response)
                status, headers = response.status, response.headers
        except aiohttp.ClientConnectorError as error:
            message = f"no connection to {self.service} ({host}): {_cause(error)}"
            raise Unavailable(message, service=self.service, sent=False) from error
        except TimeoutError as error:
            sent = not isinstance(error, aiohttp.ConnectionTimeoutError)
            seconds = self.timeout if sent else CONNECT_SECONDS
            message = f"{self.service} ({host}) did not answer within {seconds:g} s"
            raise TooSlow(message, service=self.service, sent=sent) from error
        except aiohttp.ClientPayloadError as error:
            raise StrangeAnswer(
                f"the answer of {self.service} broke off", service=self.service, retryable=True
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            # Not chained: errors of this kind can carry the request with its headers.
            message = f"the connection to {self.service} ({host}) broke: {type(error).__name__}"
            raise Unavailable(message, service=self.service) from None
        data = _decode(content)
        if status >= 300 or status < 200:
            said = _said(data, secrets=request.headers.values())
            raise self._failure(status, said, _seconds(headers.get("Retry-After")))
        if data is None:
            what = f"more than {MAX_BYTES >> 20} MB" if content is None else "not JSON"
            message = f"the answer of {self.service} is {what}"
            raise StrangeAnswer(message, service=self.service, status=status, retryable=True)
        return status, data

    def _failure(self, status: int, said: str, retry_after: float | None) -> ServiceError:
        """The error for a status that is not 2xx."""
        told: dict[str, Any] = {
            "service": self.service,
            "status": status,
            "server_message": said,
            "retry_after": retry_after,
        }
        tail = f" ({status}{': ' + said if said else ''})"
        if status in (401, 403):
            return KeyRefused(f"{self.service} refuses the key{tail}. Check that it is complete and active.", **told)
        if status == 402:
            return QuotaExhausted(f"{self.service} wants to be paid first{tail}", **told)
        if status == 429:
            return RateLimited(f"{self.service} says too fast, or out of credits{tail}", **told)
        if status == 408 or status >= 500:
            return Unavailable(f"{self.service} is out of order{tail}", **told)
        if status < 400:
            return StrangeAnswer(f"{self.service} points to another address{tail}; is base_url right?", **told)
        return ServiceError(f"{self.service} refused the request{tail}", **told)


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """The body, bounded after decompression; None if it is larger."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MAX_BYTES:
            response.close()
            return None
    return bytes(content)


def _decode(content: bytes | None) -> Json:
    """The JSON, or None where it is none."""
    try:
        return None if content is None else json.loads(content)
    except (ValueError, RecursionError):
        return None


def _said(data: Json, *, secrets: Iterable[str]) -> str:
    """The service's own message, shortened, with the key struck out should it be repeated there."""
    said = data.get("message") or data.get("error") if isinstance(data, dict) else None
    text = " ".join(said.split()) if isinstance(said, str) else ""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _cause(error: aiohttp.ClientConnectorError) -> str:
    """Why there is no connection: the system's word, or that of TLS."""
    return getattr(error, "strerror", None) or str(getattr(error, "certificate_error", "")) or "refused"


def _seconds(retry_after: str | None) -> float | None:
    """The header's seconds or date (RFC 9110, 10.2.3) as seconds from now."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _carried(error: ServiceError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("service", "status", "server_message", "retry_after")}
