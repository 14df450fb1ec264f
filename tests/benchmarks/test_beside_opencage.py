"""A file beside opencage-cli, which asks row by row with up to 20 workers: both of the same double.

Run: ``pytest tests/benchmarks/test_beside_opencage.py -s`` (with the extra ``bench``). opencage-cli speaks TLS and
another protocol, so a small server stands between: it asks the single endpoint of the double and writes the answer as
OpenCage does. Both services are ROUND_TRIP away; a job of the double takes a second besides.
"""

from __future__ import annotations

import asyncio
import csv
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from geopandas_batch.testing import FakeGeoapify

pytest.importorskip("opencage_cli", reason="opencage-cli is not installed")
trustme = pytest.importorskip("trustme", reason="trustme is not installed")

ROWS, THEIR_ROWS, WORKERS = 2000, 400, 20  # the most workers that it has
SESSION = web.AppKey("session", aiohttp.ClientSession)
ROUND_TRIP = 0.05  # seconds
# It trusts what certifi has; here, the authority that signed for localhost.
THEIRS = """
import certifi, sys
certifi.where = lambda: sys.argv[1]
from opencage_cli.command_line import main
main(sys.argv[2:])
"""


@pytest.fixture
def fake() -> Iterator[FakeGeoapify]:
    with FakeGeoapify(seconds_per_job=1.0 + 2 * ROUND_TRIP) as double:
        yield double


@pytest.fixture
def opencage(fake: FakeGeoapify, tmp_path: Path) -> Iterator[str]:
    """Host and port of the server between; it runs until the end of the test."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    started, ends = threading.Event(), []

    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(ROUND_TRIP)
        params = {"text": request.query["q"], "format": "json", "limit": "1"}
        session = request.app[SESSION]
        async with session.get(f"{fake.url}/geocode/search", params=params, headers={"x-api-key": fake.key}) as reply:
            found = (await reply.json())["results"]
        results = [
            {"geometry": {"lat": each["lat"], "lng": each["lon"]}, "formatted": each["formatted"], "components": {}}
            for each in found
        ]
        return web.json_response({"results": results, "status": {"code": 200, "message": "OK"}})

    async def serve() -> None:
        app, end = web.Application(), asyncio.Event()
        app.router.add_get("/geocode/v1/json", answer)
        async with aiohttp.ClientSession() as app[SESSION]:
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
            ends.extend([runner.addresses[0][1], asyncio.get_running_loop(), end])
            started.set()
            await end.wait()
            await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(30)
    port, loop, end = ends
    yield f"localhost:{port}"
    loop.call_soon_threadsafe(end.set)
    thread.join(30)


def written(file: Path, rows: int) -> Path:
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([["id", "address"], *([n, f"Street {n}, Town"] for n in range(rows))])
    return file


def timed(command: list[str], **environment: str) -> float:
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    began = time.perf_counter()
    subprocess.run(command, env={**os.environ, "PYTHONPATH": paths, **environment}, check=True, timeout=250)
    return time.perf_counter() - began


def test_a_file_beside_opencage_cli(fake: FakeGeoapify, opencage: str, tmp_path: Path) -> None:
    file, ours = written(tmp_path / "in.csv", ROWS), tmp_path / "ours.csv"
    their_file, theirs = written(tmp_path / "less.csv", THEIR_ROWS), tmp_path / "theirs.csv"
    command = [
        sys.executable,
        "-m",
        "geopandas_batch.cli",
        "locate",
        str(file),
        "--address",
        "address",
        "-o",
        str(ours),
    ]
    seconds = timed([*command, "--quiet"], GEOAPIFY_API_KEY=fake.key, GEOAPIFY_BASE_URL=fake.url)
    command = [
        sys.executable,
        "-c",
        THEIRS,
        str(tmp_path / "ca.pem"),
        "forward",
        "--input",
        str(their_file),
        "--output",
    ]
    options = ["--headers", "--input-columns", "2", "--add-columns", "lat,lng", "--api-domain", opencage, "--quiet"]
    beside = timed(
        [*command, str(theirs), *options, "--workers", str(WORKERS)], OPENCAGE_GEOCODING_API_KEY="0123456789abcdef" * 2
    )

    read = [list(csv.DictReader(path.open())) for path in (ours, theirs)]
    assert [len(rows) for rows in read] == [ROWS, THEIR_ROWS]
    assert all(float(a["lat"]) == float(b["lat"]) for a, b in zip(*read, strict=False))
    print(f"\nours: {ROWS / seconds:,.0f} rows/s; opencage-cli, {WORKERS} workers: {THEIR_ROWS / beside:,.0f} rows/s")
    assert ROWS / seconds > THEIR_ROWS / beside
