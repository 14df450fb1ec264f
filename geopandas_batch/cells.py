"""What the cells of a worksheet show, in any spreadsheet program: each asks for itself, all of them in few requests.

A recalculation of 5,000 cells is five or six requests, and a cell that did not change is not asked again. A blank
address is a blank cell, and costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias, cast

from geopandas_batch import settings
from geopandas_batch.errors import GeocodingError
from geopandas_batch.locator import Locator
from geopandas_batch.places import Location, Point
from geopandas_batch.services import AUTO, Cascade, resolve, reverse_of
from geopandas_batch.services.protocol import AnyService

# A spreadsheet hands its cells over one by one, perhaps on several threads. They wait until none has come for QUIET
# seconds, the first one at most LONGEST: so a column goes as full batches, however slow the computer is.
QUIET, LONGEST = 0.25, 5.0
LATE = 0.05  # seconds; a clock that rings later tells that the loop was busy, and others may be waiting for their turn
MAX_WAIT = 0.25  # seconds; those that go on together look into the cache one after the other before they are asked

# Errors are values of cells. PyXLL shows a RuntimeError as #N/A and a ValueError as #VALUE! (its documentation, "Error
# Handling"); so does our add-in for Calc.
NOT_FOUND, FAILED = RuntimeError, ValueError

Cell: TypeAlias = float | str | Exception


class _Large:
    """A service that is sent large batches: a sheet wants few requests more than the first answer soon."""

    def __init__(self, service: AnyService) -> None:
        self._service = service
        self.limits = replace(service.limits, least_batch=service.limits.batch_size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


class _Crowd:
    """Cells that go on together, in one turn of the loop."""

    def __init__(self) -> None:
        self._wave: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0
        self._until = 0.0

    async def join(self, size: int) -> None:
        """Wait for the others; with ``size`` cells it goes on at once."""
        loop = asyncio.get_running_loop()
        wave = self._wave
        if wave is None or wave.done() or wave.get_loop() is not loop:
            wave = self._wave = loop.create_future()
            self._timer, self._count, self._until = None, 0, loop.time() + LONGEST
        self._count += 1
        if self._timer:
            self._timer.cancel()
        if self._count >= size:
            wave.set_result(None)
        else:
            soon = min(loop.time() + QUIET, self._until)
            self._timer = loop.call_at(soon, self._ring, wave, soon)
        await asyncio.shield(wave)  # a cell that Excel gives up does not take the others with it

    def _ring(self, wave: asyncio.Future[None], due: float) -> None:
        """Let them go on; once more after a while where the loop was busy, as it is with the first cell of all."""
        loop = wave.get_loop()
        now = loop.time()
        if wave is self._wave and due + LATE < now < self._until:
            soon = min(now + QUIET, self._until)
            self._timer = loop.call_at(soon, self._ring, wave, soon)
        elif not wave.done():
            wave.set_result(None)


_crowd = _Crowd()


async def _asked(service: AnyService, question: str | Point) -> Location | None:
    limits, locator = service.limits, _locator(cast(Any, service))
    await _crowd.join(limits.batch_size * limits.max_concurrency)  # as many as the locator takes in one go
    return await locator.locate(question)


@cache
def _locator(service: AnyService) -> Locator:
    """One for all cells; a service with another key or host has one of its own."""
    if isinstance(service, Cascade):
        return Locator(replace(service, services=tuple(map(_Large, service.services))), max_wait=MAX_WAIT)
    return Locator(cast("AnyService", _Large(service)), max_wait=MAX_WAIT)


def _service() -> AnyService:
    return resolve(settings.read(settings.SERVICE) or AUTO)


def _wrong(*values: object) -> Exception | None:
    """What a cell shows where another one that it needs is an error, as with any formula, or is several cells."""
    for value in values:
        if isinstance(value, Exception):  # PyXLL's form of #N/A and its like
            return value
        if isinstance(value, list | tuple):
            return FAILED("one cell, not a range: fill the formula down")
    return None


async def _shown(address: object, show: Callable[[Location], Cell]) -> Cell:
    """What a cell shows of its address."""
    if wrong := _wrong(address):
        return wrong
    text = _text(address)
    if not text:
        return ""
    return await _answered(lambda: _asked(_service(), text), show)


async def _answered(ask: Callable[[], Awaitable[Location | None]], show: Callable[[Location], Cell]) -> Cell:
    try:
        location = await ask()
    except GeocodingError as error:
        return FAILED(str(error))
    return NOT_FOUND("not found") if location is None else show(location)


def _text(value: object) -> str:
    """A cell's content as a person reads it: 10115.0 is a postcode."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


async def locate(address: object) -> list[list[Cell]]:
    """Latitude and longitude of an address, in two cells side by side (degrees, WGS 84)."""
    found: list[Location] = []

    def keep(location: Location) -> Cell:
        found.append(location)
        return location.lat

    lat = await _shown(address, keep)
    return [[lat, found[0].lon if found else lat]]


async def lat(address: object) -> Cell:
    """Latitude of an address (degrees, WGS 84)."""
    return await _shown(address, lambda location: location.lat)


async def lon(address: object) -> Cell:
    """Longitude of an address (degrees, WGS 84)."""
    return await _shown(address, lambda location: location.lon)


async def formatted(address: object) -> Cell:
    """The address as the service writes it."""
    return await _shown(address, lambda location: location.formatted or NOT_FOUND("the service gives no address"))


async def reverse(lat: object, lon: object) -> Cell:
    """The address at a point (degrees, WGS 84)."""
    if wrong := _wrong(lat, lon):
        return wrong
    if _text(lat) == "" and _text(lon) == "":
        return ""
    try:
        point = Point(float(_text(lat)), float(_text(lon)))
    except ValueError:
        return FAILED("latitude and longitude are two numbers")
    if not (abs(point.lat) <= 90 and abs(point.lon) <= 180):
        return FAILED("latitude is from -90 to 90 degrees, longitude from -180 to 180")
    return await _answered(
        lambda: _asked(reverse_of(_service()), point),
        lambda location: location.formatted or NOT_FOUND("the service gives no address"),
    )


async def status(address: object) -> str:
    """What became of an address, in words: how well it was found, or why not."""
    if wrong := _wrong(address):
        return f"not asked: {str(wrong) or 'that cell shows an error'}"
    text = _text(address)
    if not text:
        return "blank: not asked"
    try:
        location = await _asked(_service(), text)
    except GeocodingError as error:
        return f"failed: {error}"
    if location is None:
        return "not found"
    sure = "" if location.confidence != location.confidence else f", confidence {location.confidence:.2f}"
    return f"located by {location.match}{sure}" + (f" ({location.reason})" if location.reason else "")
