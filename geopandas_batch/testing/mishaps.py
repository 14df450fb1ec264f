"""Scripted trouble on the socket: what is answered in place of the answer, or done to it on its way."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import struct
from collections.abc import Callable, Mapping
from typing import NoReturn, TypeAlias

from aiohttp import web

from geopandas_batch.testing.faults import Script

_PAGE = "<!doctype html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_PADDING = b" " * 2**16

# The service's own way to say an error: a status, and headers to send with it.
Refusal: TypeAlias = Callable[[int, Mapping[str, str]], web.Response]


class HungUpError(Exception):
    """The connection was closed in place of an answer."""


async def refuse(request: web.Request, script: Script, closing: asyncio.Event, said: Refusal) -> web.Response:
    """The faults that strike before anything is accepted."""
    if script.fault == "hang":
        await closing.wait()
    if script.fault in ("hang", "reset"):
        reset(request)
    if script.fault == "502":
        return page("502 Bad Gateway", status=502)
    if script.fault == "html-200":
        return page("Sign in to continue")
    if script.fault == "empty-200":
        return web.Response()
    # Whole seconds: HTTP has no other form of a waiting time (RFC 9110, section 10.2.3).
    headers = {"Retry-After": str(math.ceil(script.seconds))} if script.fault == "429-retry-after" else {}
    return said(int(script.fault[:3]), headers)


async def lose(request: web.Request, script: Script, closing: asyncio.Event) -> None:
    """The faults that strike after the request was accepted, and before anything is sent."""
    if script.fault == "reset-after-accept":
        reset(request)
    if script.fault == "slow":
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), script.seconds)
            reset(request)


async def spoil(request: web.Request, response: web.Response, script: Script) -> web.StreamResponse:
    """Send the answer cut in half, or after a lot of white space (before JSON that is allowed), or something else."""
    if script.fault == "other-json":
        return web.json_response({"ok": True}, status=response.status)
    body = response.body if isinstance(response.body, bytes) else b""
    stream = web.StreamResponse(status=response.status, headers={"Content-Type": response.headers["Content-Type"]})
    if script.fault == "cut":
        stream.content_length = len(body)
    await stream.prepare(request)
    if script.fault == "cut":
        await stream.write(body[: len(body) // 2])
        if request.transport:
            request.transport.close()  # what was written is sent first
        return stream
    for _ in range(script.size // len(_PADDING)):
        await stream.write(_PADDING)
    await stream.write(b" " * (script.size % len(_PADDING)) + body)
    return stream


def page(text: str, *, status: int = 200) -> web.Response:
    """A page of HTML."""
    return web.Response(status=status, text=_PAGE.format(text), content_type="text/html")


def reset(request: web.Request) -> NoReturn:
    """Close the connection with a TCP reset: no linger, nothing more is sent."""
    if transport := request.transport:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    raise HungUpError
