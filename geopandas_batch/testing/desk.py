"""The service behind the wire: it takes jobs and questions, counts what they cost, and answers. No HTTP in here."""

from __future__ import annotations

import heapq
import json
import random
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from geopandas_batch.testing import items, rules
from geopandas_batch.testing.faults import DAMAGES, Script, damage
from geopandas_batch.testing.fiction import Choice, Fiction, Refused, chosen, line
from geopandas_batch.testing.records import Input, Job, Kind, Request, as_input

# The oldest are forgotten beyond these, so that a long run does not fill the memory; the counters go on.
REQUESTS_KEPT = 100_000
INPUTS_KEPT = 2_000_000
AT_A_TIME = 20  # results that are made in one go: about 0.5 ms

Question = tuple[Any, Mapping[str, Any]]


@dataclass(slots=True, kw_only=True, eq=False)  # two doubles are never the same
class Options:
    """What may be changed while the double runs; documented at :class:`~geopandas_batch.testing.FakeGeoapify`."""

    pending: int = 0
    seconds_per_job: float = 0.0
    seconds_per_input: float = 0.0
    job_slots: int | None = None
    at_once: bool = False
    never_ready: bool = False
    expire: bool = False
    max_per_second: float | None = None
    quota: float | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse a number that makes no sense: a test with it would prove nothing."""
        least = 1 if name == "job_slots" else 0
        if name in Options.__slots__ and value is not None and value < least:
            raise ValueError(f"{name}={value}: it is {least} or more")
        object.__setattr__(self, name, value)


class Desk:
    """Jobs, credits and records. Changed by the server's thread only; read by any, under the lock."""

    def __init__(self, options: Options, fiction: Fiction, *, seed: int, poison: Choice) -> None:
        """The options are looked up anew for each request."""
        self.options, self.fiction, self.poison = options, fiction, poison
        self.chance = random.Random(seed)  # noqa: S311 - repeatable is what it must be
        self.credits = 0.0
        self.polls = 0
        self.lock = threading.RLock()
        self.scripts: list[Script] = []
        self.requests: dict[int, Request] = {}
        self.jobs: dict[str, Job] = {}
        self.inputs: deque[Input] = deque(maxlen=INPUTS_KEPT)
        self._arrived = 0
        self._recent: deque[float] = deque()
        self._busy: list[float] = []  # when each slot will be free
        self._held = 0

    def arrive(self, request: Request) -> int:
        """Write a request down; the number under which its answer is written down later."""
        with self.lock:
            self._arrived += 1
            self.requests[self._arrived] = request
            if len(self.requests) > REQUESTS_KEPT:
                del self.requests[next(iter(self.requests))]
            return self._arrived

    def note(self, number: int, **news: Any) -> None:
        """Write down what became of a request, which keeps its place in the order of arrival."""
        with self.lock:
            if number in self.requests:
                self.requests[number] = replace(self.requests[number], **news)

    def strike(self, kind: Kind, *, damages: bool = False) -> Script | None:
        """The first script that this request, or this delivery of results, meets."""
        with self.lock:
            scripts = (script for script in self.scripts if (script.fault in DAMAGES) == damages)
            return next((script for script in scripts if script.strikes(kind, self.chance)), None)

    def check_rate(self) -> None:
        """Refuse what goes beyond ``max_per_second`` requests in any one second; what is refused does not count."""
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if self.options.max_per_second is not None and len(self._recent) >= self.options.max_per_second:
            raise rules.AnswerError(429, "Quota exceeded")
        self._recent.append(now)

    def _charge(self, price: float, inputs: list[Input]) -> None:
        if self.options.quota is not None and self.credits + price > self.options.quota:
            raise rules.AnswerError(429, "Quota exceeded")
        with self.lock:
            self.credits += price
            self.inputs.extend(inputs)

    def single(self, api: str, params: Mapping[str, Any]) -> str:
        """Answer one question; one credit."""
        rules.check_question(api, params)
        found = self.fiction(params)
        if isinstance(found, Refused):
            raise rules.AnswerError(found.status, found.message)
        self._charge(1, [as_input(params)])
        return items.collection(found, params)

    def submit(
        self,
        api: str,
        path: str,
        questions: list[Question],
        params: Mapping[str, Any],
        priority: float,
        key_in_url: bool,
    ) -> Job:
        """Accept a job, and charge it; or refuse all of it for one poisonous text."""
        for place, (_, question) in enumerate(questions):
            if chosen(self.poison, line(question)):
                raise rules.AnswerError(400, f'"inputs[{place}]" is not allowed')
        self._charge(len(questions) * priority, [as_input(question) for _, question in questions])
        now = time.monotonic()
        while self._busy and (
            self.options.job_slots is None or len(self._busy) > self.options.job_slots or self._busy[0] <= now
        ):
            heapq.heappop(self._busy)
        full = self.options.job_slots is not None and len(self._busy) >= self.options.job_slots
        start = heapq.heappop(self._busy) if full else now
        ready = start + self.options.seconds_per_job + self.options.seconds_per_input * len(questions)
        heapq.heappush(self._busy, ready)
        job_id = f"{self.chance.getrandbits(128):032x}"
        job = Job(job_id, api, path, questions, params, priority, key_in_url, now, ready)
        with self.lock:
            self.jobs[job_id] = job
            self._held += len(questions)
            while self._held > INPUTS_KEPT and len(self.jobs) > 1:
                self._held -= len(self.jobs.pop(next(iter(self.jobs))).questions)
        return job

    def poll(self, path: str, job_id: str | None) -> tuple[Job, bool]:
        """The job, and whether it is ready."""
        with self.lock:
            self.polls += 1
            job = self.jobs.get(rules.check_job_id(job_id))
            if job is None or job.path != path or self.options.expire:
                raise rules.AnswerError(404)
            job.polls += 1
            if self.options.never_ready or job.pending < self.options.pending or time.monotonic() < job.ready:
                job.pending += 1
                return job, False
            return job, True

    def work(self, job: Job) -> Iterator[None]:
        """Make the results of a job in the time that it takes, a few at a time, so that others are served meanwhile."""
        made: list[str] = []
        for start in range(0, len(job.questions), AT_A_TIME):
            made += [self._result(job, *each) for each in job.questions[start : start + AT_A_TIME]]
            yield
        job.results = made

    def _result(self, job: Job, given: Any, question: Mapping[str, Any]) -> str:
        return self._generic(job, given, question) if job.path == "/v1/batch" else self._plain(job, question)

    def results(self, job: Job, kind: Kind, number: int) -> str:
        """The finished job as it is delivered to a request, with the damage that was scripted."""
        generic = job.path == "/v1/batch"
        made, job.results = job.results or [self._result(job, *each) for each in job.questions], None
        listed = f"[{', '.join(made)}]"
        if script := self.strike(kind, damages=True):
            self.note(number, fault=script.fault)
            listed = json.dumps(damage(script, json.loads(listed), self.chance))
        if not generic:
            return listed
        shared = f'"params": {json.dumps(job.params)}, ' if job.params else ""
        return f'{{"api": "{job.api}", {shared}"id": "{job.id}", "results": {listed}}}'

    def _generic(self, job: Job, given: Any, question: Mapping[str, Any]) -> str:
        params = {**job.params, **question}
        echo = f'"params": {items.encode(question)}' if given is None else _echo(given, question)
        try:
            rules.check_question(job.api, params)
            found = self.fiction(params)
            if isinstance(found, Refused):
                raise rules.AnswerError(found.status, found.message)
        except rules.AnswerError as error:
            return f'{{{echo}, "result": {json.dumps(items.trouble(error.status, error.message))}}}'
        return f'{{{echo}, "result": {items.collection(found, params)}}}'

    def _plain(self, job: Job, question: Mapping[str, Any]) -> str:
        found = self.fiction({**job.params, **question})
        if isinstance(found, Refused):
            return json.dumps({"query": items.query(question), **items.trouble(found.status, found.message)})
        return items.flat(found, question)


def _echo(given: Any, question: Mapping[str, Any]) -> str:
    return f'"id": {json.dumps(given)}, "params": {items.encode(question)}'
