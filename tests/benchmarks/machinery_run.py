"""New rows without HTTP and disk: ``machinery_run.py ADDRESSES FILE`` prints microseconds an address, by part.

A real call, with a cache file, of a service that goes Geoapify's own way but for the connection: the bytes of a request
are handed to the double in this process, and the bytes of its reply are handed back. All processor time between call
and return is counted once, under the part that is at work:

- "disk": while a transaction is open that writes answers or the journal; packing them is part of it. The look-up
  within it is not: it counts as one.
- "the double": it makes the replies, and belongs to no run.
- all other parts are the machinery: their sum is in "machinery", what has no name is in "batching and the rest".

The way through aiohttp and the socket are not here at all: see "HTTP" of `libraries_run.py`. The wire above them is
(pace, retries, logs, a look for the key in each reply), and so are garbage collection and the progress bar's counts.
"turns" is how many turns of a plain loop take a microsecond here and now, before and after the call.
"""

import json
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps

import numpy as np
import pandas as pd

from geopandas_batch import frames
from geopandas_batch.services import Geoapify
from geopandas_batch.services.geoapify import job
from geopandas_batch.store.answers import Answers
from geopandas_batch.store.database import Database
from geopandas_batch.store.keys import Keys
from geopandas_batch.testing.desk import Desk, Options
from geopandas_batch.testing.fiction import Fiction, nowhere, refusable
from geopandas_batch.testing.rules import check_generic
from geopandas_batch.wire import Wire, replies
from geopandas_batch.wire.bodies import encoded
from geopandas_batch.wire.connections import Connections

NO_MACHINERY = ("disk", "the double")
REST = "batching and the rest"
TURNS = 1_000_000


class Clock:
    """Processor time by part; within a part, another one may have its turn."""

    def __init__(self) -> None:
        self.costs = dict.fromkeys(
            ("factorize", "keys", "look-up", "JSON out", "JSON in", "columns", REST, *NO_MACHINERY), 0.0
        )
        self._part, self._since = REST, time.process_time()

    def turn(self, part: str) -> str:
        now = time.process_time()
        self.costs[self._part] += now - self._since
        before, self._part, self._since = self._part, part, now
        return before

    @contextmanager
    def counted(self, part):
        before = self.turn(part)
        try:
            yield
        finally:
            self.turn(before)

    def count(self, owner, name, part):
        """What this function does counts as this part from now on."""
        function = getattr(owner, name)

        @wraps(function)
        def counted(*arguments, **more):
            with self.counted(part):
                return function(*arguments, **more)

        setattr(owner, name, counted)


class ByHand(Connections):
    """No connection: the desk of the double is in this process."""

    desk = Desk(Options(), Fiction(None, nowhere, refusable), seed=0, poison=())

    async def _exchange(self, request):
        with clock.counted("JSON out"):
            _, payload = encoded(request.body)
        with clock.counted("the double"):
            body = replies.Body()
            status, body.content = self._reply(request, payload)
            body.whole = True
        return status, None, body

    def _reply(self, request, payload):
        if request.kind == "submit":
            api, params, questions, priority = check_generic(json.loads(payload))
            job = self.desk.submit(api, "/v1/batch", questions, params, priority, False)
            return 202, json.dumps({"id": job.id, "status": "pending"}).encode()
        job, ready = self.desk.poll("/v1/batch", request.params["id"])
        assert ready
        made = self.desk.results(job, "poll", 0).encode()
        del self.desk.jobs[job.id]
        self.desk.inputs.clear()
        return 200, made


@dataclass(frozen=True)
class Direct(Geoapify):
    """Geoapify, asked by hand."""

    wire: Wire = field(default_factory=lambda: Wire("geoapify", max_per_second=100_000), compare=False)

    def __post_init__(self):
        super().__post_init__()
        self.wire._connections = ByHand("geoapify", 15.0)

    async def submit(self, wire, questions):
        return await super().submit(self.wire, questions)

    async def collect(self, wire, job_id, questions):
        return await super().collect(self.wire, job_id, questions)


def turns():
    """Of a plain loop, in a microsecond."""
    started, number = time.process_time(), 0
    for each in range(TURNS):
        number += each & 7
    return TURNS / 1e6 / (time.process_time() - started)


addresses, file = int(sys.argv[1]), sys.argv[2]
clock = Clock()
for owner, name, part in (
    (frames, "questions", "factorize"),
    (Keys, "keys", "keys"),
    (Answers, "look_up", "look-up"),
    (job, "inputs", "JSON out"),
    (job, "decode", "JSON in"),
    (frames, "joined", "columns"),
    (Database, "write", "disk"),
):
    clock.count(owner, name, part)

service = Direct(api_key="key-of-the-double-of-32-letters.", base_url="http://localhost/v1", max_jobs=16)
frame = pd.DataFrame({"a": np.array([f"{n} Main Street, Springfield" for n in range(addresses)], object)})
# Warm: modules are loaded, the file is there, and pyarrow has the memory that the first large column of a process asks
# the system for, which takes up to 0.1 s.
pd.DataFrame({"a": [f"{n % 100} Other Street" for n in range(100_000)]}).geo.locate("a", service=service, cache=file)
speed = [turns()]
clock.turn(REST)
clock.costs = dict.fromkeys(clock.costs, 0.0)
located = frame.geo.locate("a", service=service, cache=file)
clock.turn(REST)
speed.append(turns())

expected = ByHand.desk.fiction({"text": frame["a"].iloc[-1]})
assert tuple(located[["lat", "lon"]].iloc[-1]) == (expected.lat, expected.lon)
assert located["lat"].notna().all()
costs = {part: seconds / addresses * 1e6 for part, seconds in clock.costs.items()}
machinery = sum(cost for part, cost in costs.items() if part not in NO_MACHINERY)
print(json.dumps({**costs, "machinery": machinery, "turns": sum(speed) / 2}))
