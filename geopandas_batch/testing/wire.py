"""HTTP in front of the desk: routes, the key, what goes over the socket, and what does not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from geopandas_batch.testing import mishaps, rules
from geopandas_batch.testing.desk import Desk
from geopandas_batch.testing.faults import LOSSES, REFUSALS, SPOILT, Script
from geopandas_batch.testing.items import trouble
from geopandas_batch.testing.records import Job, Kind, Request

_log = logging.getLogger(__name__)

# Secrets by name; their values are never written down.
_SECRET = {"x-api-key", "authorization", "cookie"}
_ERRORS = {400: "Invalid request", 401: "Invalid apiKey", 429: "Quota exceeded"}
_FAILED = "Request failed, please try again later"

SINGLE = ("/v1/geocode/search", "/v1/geocode/reverse")
PLAIN = {f"/v1/batch{api[3:]}": api for api in SINGLE}
JOBS = ("/v1/batch", *PLAIN)


def kind_of(request: web.Request) -> Kind:
    """What a request is for."""
    if request.path in JOBS and request.method in ("POST", "GET"):
        return "submit" if request.method == "POST" else "poll"
    return "single" if request.path in SINGLE and request.method == "GET" else "other"


class Front:
    """Answers requests for a desk that come with the key."""

    def __init__(self, desk: Desk, key: str) -> None:
        """The desk is used by the server's thread alone from now on, but for what it locks."""
        self.desk, self.key = desk, key
        self._works: dict[str, asyncio.Task[None]] = {}

    async def handle(self, request: web.Request, closing: asyncio.Event) -> web.StreamResponse:
        """Answer one request, and write down what became of it."""
        kind = kind_of(request)
        script = self.desk.strike(kind)
        number = self.desk.arrive(self._record(kind, request, script))
        try:
            if script and script.fault in REFUSALS:
                response = await mishaps.refuse(request, script, closing, _refusal)
            else:
                response = await self._answer(kind, request, number)
                if script and script.fault in LOSSES:
                    await mishaps.lose(request, script, closing)
        except mishaps.HungUpError:
            return web.Response()  # the connection is gone: nothing of it is sent
        # Before anything is sent, so that a client that has its answer finds it on record.
        self.desk.note(number, status=response.status)
        if script and script.fault in SPOILT:
            return await mishaps.spoil(request, response, script)
        return response

    def _record(self, kind: Kind, request: web.Request, script: Script | None) -> Request:
        return Request(
            kind=kind,
            method=request.method,
            path=request.path,
            query={name: "***" if name == "apiKey" else value for name, value in request.query.items()},
            headers={
                name.lower(): "***" if name.lower() in _SECRET else value for name, value in request.headers.items()
            },
            key_by="header" if "x-api-key" in request.headers else "query" if "apiKey" in request.query else None,
            status=None,
            fault=script.fault if script else None,
            time=time.monotonic(),
        )

    async def _answer(self, kind: Kind, request: web.Request, number: int) -> web.Response:
        try:
            if request.headers.get("x-api-key", request.query.get("apiKey")) != self.key:
                raise rules.AnswerError(401, "Invalid apiKey")
            self.desk.check_rate()
            if kind == "submit":
                return self._submit(request, await _json(request), number)
            if kind == "poll":
                job, ready = self.desk.poll(request.path, request.query.get("id"))
                return _reply(self.desk.results(job, kind, number)) if ready else self._pending(request, job)
            if kind == "single":
                params = {name: value for name, value in request.query.items() if name != "apiKey"}
                geojson = params.get("format", "geojson") == "geojson"
                return _reply(self.desk.single(request.path, params), kind="geo+json" if geojson else "json")
            raise rules.AnswerError(404)
        except rules.AnswerError as problem:
            return _reply(trouble(problem.status, problem.message), status=problem.status)
        except Exception as error:  # a function given as places=, not_found=, refused= or poison=
            _log.error("a function given to the double raised %s", type(error).__name__)  # its text may hold an address
            return _reply(trouble(500, _FAILED), status=500)

    def _submit(self, request: web.Request, body: Any, number: int) -> web.Response:
        by_query = "apiKey" in request.query
        if api := PLAIN.get(request.path):
            shared = {name: value for name, value in request.query.items() if name not in ("apiKey", "priority")}
            rules.check_choice("type", shared.get("type"), rules.types_of(api))
            questions = rules.check_points(body) if api.endswith("reverse") else rules.check_texts(body)
            priority = rules.check_priority(request.query.get("priority"))
            job = self.desk.submit(api, request.path, questions, shared, priority, by_query)
        else:
            api, params, questions, priority = rules.check_generic(body)
            job = self.desk.submit(api, request.path, questions, params, priority, by_query)
        if self.desk.options.at_once:
            return _reply(self.desk.results(job, "submit", number))
        if job.ready > job.time:
            self._works[job.id] = asyncio.create_task(self._work(job))
        return self._pending(request, job)

    async def _work(self, job: Job) -> None:
        """What a job takes its time for. In the middle of it, when the submits of its kind are over."""
        await asyncio.sleep((job.ready - job.time) / 2)
        with contextlib.suppress(Exception):  # of a function of the user's: it is raised and told when they are fetched
            for _ in self.desk.work(job):
                await asyncio.sleep(0)
        self._works.pop(job.id, None)

    def _pending(self, request: web.Request, job: Job) -> web.Response:
        # The documented price of a key in the query: it comes back in the address to poll.
        url = f"{request.scheme}://{request.host}{job.path}?id={job.id}"
        url += f"&apiKey={self.key}" if job.key_in_url else ""
        return _reply({"id": job.id, "status": "pending", "url": url}, status=202)


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise rules.AnswerError(413, "Payload content length greater than maximum allowed") from None
    except ValueError:
        raise rules.AnswerError(400, "Invalid request payload JSON format") from None


def _reply(
    body: Any, *, status: int = 200, kind: str = "json", headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        body=(body if isinstance(body, str) else json.dumps(body)).encode(),
        headers={"Content-Type": f"application/{kind}; charset=utf-8", **(headers or {})},
    )


def _refusal(status: int, headers: Mapping[str, str]) -> web.Response:
    return _reply(trouble(status, _ERRORS.get(status, _FAILED)), status=status, headers=headers)
