"""What the doubles share that take addresses as CSV files: the server, the faults, the records."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
import unicodedata
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping

from aiohttp import web

from geopandas_batch.testing import mishaps, uploads
from geopandas_batch.testing.desk import INPUTS_KEPT, REQUESTS_KEPT
from geopandas_batch.testing.faults import DAMAGES, LOSSES, REFUSALS, SPOILT, Fault, Script, struck_by, turned
from geopandas_batch.testing.fiction import Choice, Fiction, Found, Land, Places, Refused, chosen, nowhere, refusable
from geopandas_batch.testing.records import Request
from geopandas_batch.testing.serving import Served, Server

_log = logging.getLogger(__name__)


class FileDouble(Served, ABC):
    """A service on this machine that takes files; what each one knows and how it answers is in its class."""

    file_field: str  # its name
    land: Land  # where made-up places are

    def __init__(
        self,
        *,
        places: Places | None = None,
        not_found: Choice = nowhere,
        refused: Choice = refusable,
        poison: Choice = (),
        max_per_second: float | None = None,
        seconds_per_file: float = 0.0,
        seed: int = 0,
    ) -> None:
        """See the classes."""
        self.max_per_second, self.seconds_per_file = max_per_second, seconds_per_file
        if isinstance(places, Mapping):
            places = {self._known_as(text): place for text, place in places.items()}
        self._fiction = Fiction(places, self._choice(not_found), self._choice(refused), within=self.land)
        self._poison = self._choice(poison)
        self._chance = random.Random(seed)  # noqa: S311 - repeatable is what it must be
        self._scripts: list[Script] = []
        self._requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self._inputs: deque[str] = deque(maxlen=INPUTS_KEPT)
        self._files: deque[int] = deque(maxlen=REQUESTS_KEPT)
        self._recent: deque[float] = deque()
        self._lock = threading.RLock()
        self._server = Server(self._handle)

    @property
    def requests(self) -> list[Request]:
        """All requests that were answered, or met a fault, in their order; those with files are of the kind submit."""
        with self._lock:
            return list(self._requests)

    @property
    def inputs(self) -> list[str]:
        """Every address that was answered, in order, as it was understood: ``len(set(inputs)) == len(inputs)``."""
        with self._lock:
            return list(self._inputs)

    @property
    def files(self) -> list[int]:
        """The rows of each file that was answered."""
        with self._lock:
            return list(self._files)

    def expected(self, text: str) -> tuple[float, float] | None:
        """Where the double says that an address is.

        Parameters
        ----------
        text : str
            Case, accents, commas and spaces make no difference.

        Returns
        -------
        (float, float) or None
            Latitude and longitude; None where it is not found or refused.
        """
        place = self._place(text)
        return (place.lat, place.lon) if isinstance(place, Found) else None

    def fail(
        self,
        fault: Fault,
        *,
        times: int | None = None,
        every: int | None = None,
        share: float | None = None,
        seconds: float = 1.0,
        items: int | None = None,
        size: int = 64 * 2**20,
    ) -> None:
        """Script a fault for files; the faults and the arguments of :meth:`FakeGeoapify.fail`.

        "altered-text" changes the address that comes back, "extra-keys" adds a column, "item-error" makes rows that are
        no answer: columns that are shifted, or the status "error".

        Raises
        ------
        ValueError
            For a fault that there is not, or a script that could never strike.
        """
        with self._lock:
            self._scripts.append(Script(fault, "any", times, every, share, seconds, items, size))

    def heal(self) -> None:
        """Forget all scripted faults."""
        with self._lock:
            self._scripts.clear()

    # What each double says for itself.

    @abstractmethod
    def _answers(self, path: str, upload: uploads.Upload) -> tuple[list[list[str]], int]:
        """The rows of the answer, and how many of them are its head."""

    @abstractmethod
    def _error(self, status: int, message: str, headers: Mapping[str, str]) -> web.Response: ...

    @abstractmethod
    def _row_error(self, row: list[str]) -> list[str]: ...

    @abstractmethod
    def _written(self, rows: list[list[str]]) -> web.Response: ...

    @staticmethod
    def _known_as(text: str) -> str:
        """One form for an address, whatever is between its words, and without accents."""
        spelt = unicodedata.normalize("NFKD", text.casefold())
        letters = (each if each.isalnum() else " " for each in spelt if not unicodedata.combining(each))
        return " ".join("".join(letters).split())

    # What they share.

    def _choice(self, choice: Choice) -> Choice:
        return {self._known_as(text) for text in choice} if isinstance(choice, (set, list, tuple)) else choice

    def _place(self, text: str) -> Found | Refused | None:
        return self._fiction({"text": self._known_as(text)})

    def _accept(self, text: str) -> None:
        if chosen(self._poison, self._known_as(text)):
            raise uploads.RefusedError(500, "")
        self._accepted.append(text)

    def _strike(self, *, damages: bool) -> Script | None:
        with self._lock:
            scripts = (script for script in self._scripts if (script.fault in DAMAGES) == damages)
            return next((script for script in scripts if script.strikes("submit", self._chance)), None)

    async def _handle(self, request: web.Request, closing: asyncio.Event) -> web.StreamResponse:
        script = self._strike(damages=False)
        response: web.Response | None = None
        try:
            if script and script.fault in REFUSALS:
                response = await mishaps.refuse(
                    request, script, closing, lambda status, headers: self._error(status, "", headers)
                )
            else:
                response = await self._answer(request)
                if script and script.fault in LOSSES:
                    await mishaps.lose(request, script, closing)
        except mishaps.HungUpError:
            return web.Response()  # the connection is gone: nothing of it is sent
        finally:
            self._note(request, script, response)
        if script and script.fault in SPOILT:
            return await mishaps.spoil(request, response, script)
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            self._check_rate()
            upload = await uploads.read(request, self.file_field)
            self._accepted: list[str] = []
            rows, head = self._answers(request.path, upload)
            with self._lock:
                self._inputs += self._accepted
                self._files.append(len(rows) - head)
            if script := self._strike(damages=True):
                rows = [*rows[:head], *self._damaged(script, rows[head:])]
            if self.seconds_per_file:
                await asyncio.sleep(self.seconds_per_file)
            return self._written(rows)
        except uploads.RefusedError as refused:
            headers = {"retry-after": "1"} if refused.status == 429 else {}
            return self._error(refused.status, refused.message, headers)
        except Exception as error:  # a function given to the double
            _log.error("a function given to the double raised %s", type(error).__name__)  # its text may hold an address
            return self._error(500, "", {})

    def _check_rate(self) -> None:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if self.max_per_second is not None and len(self._recent) >= self.max_per_second:
            raise uploads.RefusedError(429, "Too many requests")
        self._recent.append(now)

    def _damaged(self, script: Script, rows: list[list[str]]) -> list[list[str]]:
        """The rows with the fault in them: the first cell is the id, the second the address."""
        struck = struck_by(script, len(rows), self._chance)
        match script.fault:
            case "short":
                return [row for place, row in enumerate(rows) if place not in struck]
            case "long":
                return rows + [rows[place] for place in sorted(struck)]
            case "shuffled":
                return turned(rows)
            case "swapped-ids":
                ids = turned([row[0] for row in rows])
                return [[number, *row[1:]] for number, row in zip(ids, rows, strict=True)]
        change = {
            "altered-id": lambda row: [f"{row[0]}x", *row[1:]],
            "altered-text": lambda row: [row[0], f"{row[1]} bis", *row[2:]],
            "extra-keys": lambda row: [*row, "new"],
            "item-error": self._row_error,
        }[script.fault]
        return [change(row) if place in struck else row for place, row in enumerate(rows)]

    def _note(self, request: web.Request, script: Script | None, response: web.Response | None) -> None:
        record = Request(
            kind="submit" if request.method == "POST" else "other",
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            key_by=None,
            status=response.status if response is not None else None,
            fault=script.fault if script else None,
            time=time.monotonic(),
        )
        with self._lock:
            self._requests.append(record)
