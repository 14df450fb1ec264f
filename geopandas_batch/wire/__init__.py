"""The only HTTP: paced, tried again where that may help, and a typed error for what a service says."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from geopandas_batch import pacing
from geopandas_batch.encoding import Json
from geopandas_batch.errors import RateLimited, ServiceError, StrangeAnswer, TooSlow, Unavailable
from geopandas_batch.locks import Lock
from geopandas_batch.pacing import Pace, Patience
from geopandas_batch.wire import replies
from geopandas_batch.wire.bodies import Form
from geopandas_batch.wire.connections import Connections, Request

log = logging.getLogger(__name__)

__all__ = ["Form", "Json", "Traffic", "Wire"]


@dataclass(slots=True)
class Traffic:
    """What went over the wire so far."""

    requests: int = 0
    retries: int = 0
    seconds_waited: float = 0.0  # for a turn, and before another try; requests wait side by side
    replies: int = 0  # of whatever status
    paid: int = 0  # requests with a price that were answered
    replies_lost: int = 0  # requests that cost credits, whose reply was lost: each may have been paid for nothing
    credits_lost: float = 0.0  # what these may have cost


@dataclass(eq=False)
class Wire:
    """The way to one service.

    Requests are made inside ``async with wire:``, in any event loop (see `Connections`).

    Parameters
    ----------
    service : str
        Its name, for errors.
    max_per_second : float, optional
        Pace of all requests together: it slows down when the service says "too fast".
    up_to_per_second : float, optional
        What that pace may grow to while nothing is refused.
    timeout : float
        Seconds without a byte from the service until a request is given up; in all, twenty times that.
    patience : Patience
        How often a request is tried again, once the service has answered at all.
    """

    service: str
    max_per_second: float | None = None
    up_to_per_second: float | None = None
    timeout: float = 15.0
    patience: Patience = field(default_factory=Patience)
    traffic: Traffic = field(default_factory=Traffic)
    pace: Pace = field(init=False, repr=False)
    affords: Callable[[], bool] = field(default=lambda: True, repr=False)  # to repeat what was lost, and may be paid
    _connections: Connections = field(init=False, repr=False)
    _counting: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        """One pace for all loops."""
        self.pace = Pace(self.max_per_second, up_to=self.up_to_per_second)
        self._connections = Connections(self.service, self.timeout)

    async def __aenter__(self) -> Self:
        await self._connections.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connections.__aexit__(kind, error, trace)

    async def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        kind: str = "get",
        credits: float = 0.0,
        decode: Callable[[bytes], Json] | None = None,
    ) -> tuple[int, Json]:
        """Status (2xx) and JSON of a request that may be repeated.

        Parameters
        ----------
        url, params, headers
            As they go out; a key belongs into the headers.
        kind, credits
            Its name in logs, and its price.
        decode : callable, optional
            Gets the body of a reply with status 200 and gives back what it is to be taken for; None where it is not of
            the form that is expected, which is then decoded as any JSON.
        """
        request = Request("GET", url, headers or {}, params=params, kind=kind, credits=credits, decode=decode)
        return await self._retried(request)

    async def post(
        self,
        url: str,
        body: Json,
        *,
        headers: Mapping[str, str] | None = None,
        kind: str = "post",
        credits: float = 0.0,
        salvage: Callable[[bytes], Json] | None = None,
        read: Callable[[Json], Json] | None = None,
    ) -> tuple[int, Json]:
        """Status (2xx) and JSON.

        Parameters
        ----------
        url, body, headers
            As they go out; a key belongs into the headers.
        kind : str
            Its name in logs.
        credits : float
            What it costs: where there is a price, a lost reply may have been paid, and is counted.
        salvage : callable, optional
            Gets the beginning of a successful reply that broke off; gives back what is to be taken for its JSON, or
            None if that is not enough.
        read : callable, optional
            Gets the JSON of a success and gives back what is to be returned in its place; raises a `StrangeAnswer`
            where it is not the service's: then the reply counts as lost.
        """
        request = Request("POST", url, headers or {}, body=body, kind=kind, credits=credits, salvage=salvage, read=read)
        return await self._retried(request)

    async def upload(
        self, url: str, form: Form, *, decode: Callable[[bytes], Json], patience: Patience, kind: str = "upload"
    ) -> Json:
        """What is made of the answer to a file: of a service that needs no key, asks no price and may be asked again.

        Parameters
        ----------
        url, form
            As they go out.
        decode : callable
            Gets the body of a reply with status 200, whole; raises a `StrangeAnswer` where it is not what it should be,
            which is tried again if it says so.
        patience : Patience
            How often: a file may take minutes.
        kind : str
            Its name in logs.
        """
        request = Request("POST", url, {}, body=form, kind=kind, decode=decode, patience=patience)
        _, data = await self._retried(request)
        return data

    async def _retried(self, request: Request) -> tuple[int, Json]:
        def before_wait(error: ServiceError, seconds: float) -> None:
            with self._counting:
                self.traffic.retries += 1
                self.traffic.seconds_waited += seconds
            log.debug(
                "%s: %s failed (%s), once more in %.1f s",
                *(self.service, request.kind, type(error).__name__, seconds),
                extra={"event": "retry", "service": self.service, "kind": request.kind, "seconds": seconds},
            )

        async def ask() -> tuple[int, Json]:
            try:
                return await self._once(request)
            except RateLimited:
                self.pace.slow_down()
                raise
            except (TooSlow, Unavailable, StrangeAnswer) as error:
                # A 5xx is an answer: the service says that it failed. Without one, nobody knows.
                if error.sent and (error.status is None or error.status < 300):
                    self._note_lost(request)
                    error.retryable = error.retryable and (not request.credits or self.affords())
                raise

        try:
            return await pacing.retry(
                ask, lambda: self._patience(request), before_wait=before_wait, paid=lambda: self.traffic.paid
            )
        except RateLimited as error:
            raise replies.exhausted(error, with_key=bool(request.headers)) from error

    def _patience(self, request: Request) -> Patience:
        patience = request.patience or self.patience
        return patience if self.traffic.replies else min(patience, pacing.FIRST_CONTACT, key=_seconds)

    def _note_lost(self, request: Request) -> None:
        """A reply did not come; was it paid?"""
        if request.credits:
            with self._counting:
                self.traffic.replies_lost += 1
                self.traffic.credits_lost += request.credits

    async def _once(self, request: Request) -> tuple[int, Json]:
        waited = await self.pace.turn()
        with self._counting:
            self.traffic.requests += 1
            self.traffic.seconds_waited += waited
        started = time.monotonic()
        outcome: str | int = "no reply"
        try:
            status, retry_after, body = await self._connections.exchange(request)
            outcome = status
        except asyncio.CancelledError:
            self._note_lost(request)
            raise
        finally:
            log.debug(
                "%s: %s → %s in %.3f s",
                *(self.service, request.kind, outcome, time.monotonic() - started),
                extra={
                    "event": "request",
                    "service": self.service,
                    "kind": request.kind,
                    "status": outcome,
                    "seconds": time.monotonic() - started,
                    "credits": request.credits,
                },
            )
        self.traffic.replies += 1
        body.strike_out(request.headers.values(), shortest=replies.NO_WORD if status < 300 else 1)
        data = request.decode(body.content) if status == 200 and body.whole and request.decode is not None else None
        data = body.json if data is None else data
        if not 200 <= status < 300:
            raise replies.failure(self.service, status, replies.said(data), retry_after, with_key=bool(request.headers))
        if data is None and request.salvage is not None:
            data = request.salvage(body.content)
        if data is None:
            what = f"is more than {replies.MAX_BYTES >> 20} MB" if body.too_large else "is not JSON"
            message = f"the answer of {self.service} {what if body.whole or body.too_large else 'broke off'}"
            raise StrangeAnswer(message, service=self.service, status=status, retryable=True)
        if request.read is not None:
            data = request.read(data)
        self.pace.speed_up()
        self.traffic.paid += request.credits > 0
        return status, data


def _seconds(patience: Patience) -> float:
    return patience.seconds
