"""A server that means no good, or is broken in ways that the doubles are not: whatever it sends, byte by byte."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import pandas as pd
import pytest

from geopandas_batch.errors import SettingsError, TooSlow, Unavailable
from geopandas_batch.services import Geoapify
from geopandas_batch.wire.connections import Connections, Request

KEY = "0123456789abcdef-a-key-that-must-not-show"
PLACE = {"lat": 1.5, "lon": 2.5, "formatted": "Somewhere", "result_type": "building", "rank": {"confidence": 1}}

Says: TypeAlias = Callable[[int], Iterable[bytes]]  # the number of a request, from 0 -> what is sent, piece by piece


def reply(body: object, status: str = "200 OK", *headers: str) -> bytes:
    text = json.dumps(body).encode()
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(text)}", "", ""]).encode() + text


@contextmanager
def server(says: Says, *, seconds: float = 0.0) -> Iterator[str]:
    """A server on this computer that sends what it is told, so many seconds between the pieces; its address."""
    loop = asyncio.new_event_loop()
    asked = iter(range(1_000_000))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in says(next(asked)):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(seconds)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        listening.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        loop.call_soon(loop.stop)

    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop)
        thread.join()
        loop.close()


def located(url: str, **options: object) -> pd.DataFrame:
    service = Geoapify(KEY, base_url=url, mode="single", **options)
    return pd.DataFrame({"a": ["1 Main Street"]}).geo.locate("a", service=service, details=True, cache=False)


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 400, "message": f"not with {KEY}"},
        {"results": [PLACE | {"formatted": f"/v1/geocode/search?apiKey={KEY}"}]},
    ],
    ids=["refusal", "answer"],
)
def test_a_key_that_the_service_repeats_is_struck_out(body):
    with server(lambda number: [reply(body)]) as url:
        found = located(url, raw=True)

    assert KEY not in found.to_csv()
    assert "***" in found.to_csv()


def test_a_refusal_as_long_as_a_book_is_shortened():
    with server(lambda number: [reply({"statusCode": 400, "message": 1_000_000 * "no "})]) as url:
        assert len(located(url).loc[0, "reason"]) < 300


def test_a_request_outside_is_refused_before_a_session_is_made():
    async def ask() -> None:
        async with Connections("geoapify", timeout=0.2) as connections:
            pass
        await connections.exchange(Request("GET", "http://127.0.0.1:9/v1", {}))

    with pytest.raises(RuntimeError, match="requests go inside `async with`"):
        asyncio.run(ask())


def test_who_sends_a_byte_now_and_then_does_not_hold_a_run_for_good():
    def drip(number: int) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        while True:
            yield b" "

    async def ask(url: str) -> None:
        async with Connections("geoapify", timeout=0.2) as connections:
            await connections.exchange(Request("GET", url, {}))

    with server(drip, seconds=0.01) as url, pytest.raises(TooSlow, match="did not answer to the end within 4 s"):
        asyncio.run(ask(url))


@pytest.mark.parametrize("listens", [True, False])
def test_what_shows_the_variables_of_a_traceback_shows_no_key(listens):
    """As pytest's --showlocals, IPython's Verbose and services that collect errors do."""

    async def ask(url: str) -> None:
        async with Connections("geoapify", timeout=0.2) as connections:
            await connections.exchange(Request("GET", url, {"x-api-key": KEY}))

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        with pytest.raises((TooSlow, Unavailable)) as caught:
            asyncio.run(ask(f"http://127.0.0.1:{silent.getsockname()[1]}/v1"))

    chain = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(chain.format())


def test_a_proxy_that_refuses_is_named_at_once_and_nothing_counts_as_paid(monkeypatch):
    with server(lambda number: [reply("", "407 Proxy Authentication Required")]) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("http://", "http://user:secret@"))
        with pytest.raises(Unavailable, match=r"the proxy on the way .* refuses \(407\)") as caught:
            located("https://api.example.invalid/v1")

    assert "secret" not in str(caught.value)
    assert "tries" not in str(caught.value)
    assert caught.value.partial.geo.report.replies_lost == 0


def test_a_date_that_cannot_be_is_no_reason_to_fail():
    date = "Mon, 01 Jan 2024 00:00:00 +99999999999999"
    too_fast = reply({"message": "slow"}, "429 Too Many Requests", f"Retry-After: {date}")

    with server(lambda number: [reply({"results": [PLACE]}) if number else too_fast]) as url:
        assert located(url).loc[0, "lat"] == 1.5


@pytest.mark.parametrize("name", ["lat", "lon", "distance"])
def test_a_number_without_end_fails_its_own_row_at_most(name):
    with server(lambda number: [reply({"results": [PLACE | {name: 10**400}]})]) as url:
        found = located(url)

    assert found.loc[0, "status"] == ("located" if name == "distance" else "failed")


def test_a_host_whose_name_begins_like_a_loopback_address_gets_no_key_in_the_clear():
    with pytest.raises(SettingsError, match="in the clear"):
        Geoapify(KEY, base_url="http://127.example.org/v1")
    assert Geoapify(KEY, base_url="http://127.0.0.1:8000/v1").base_url == "http://127.0.0.1:8000/v1"
