"""Geocoders of geopy as services: geopy itself, asked over HTTP, at a server that speaks as Nominatim does."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
import pytest
from aiohttp import web

from geopandas_batch.errors import KeyRefused, QuotaExhausted, SettingsError
from geopandas_batch.services import resolve, reverse_of
from geopandas_batch.testing.serving import Server

geopy = pytest.importorskip("geopy")
SECRET = "a-key-in-the-url"
Geopy = pytest.importorskip("geopandas_batch.services").Geopy


class Nominatim:
    """Answers ``/search``; fails as it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.times: list[float] = []
        self.statuses: list[int] = []  # for the next requests; then all goes well
        self.server = Server(self.handle)

    async def handle(self, request: web.Request, closing: asyncio.Event) -> web.StreamResponse:
        text = request.query["q"]
        self.times.append(time.monotonic())
        if self.statuses and (status := self.statuses.pop(0)) != 200:
            return web.Response(status=status, text=f"no, not with {request.query_string}")
        self.asked.append(text)
        place = {"lat": "60.25", "lon": str(len(text)), "display_name": text.title(), "licence": "© the town"}
        return web.Response(text=json.dumps([] if "nowhere" in text else [place]), content_type="application/json")


@pytest.fixture
def nominatim() -> Iterator[Nominatim]:
    service = Nominatim()
    service.server.start()
    yield service
    service.server.stop()


@pytest.fixture
def geocoder(nominatim) -> object:
    domain = f"127.0.0.1:{nominatim.server.port}"
    return geopy.geocoders.Nominatim(user_agent="tests", domain=domain, scheme="http", timeout=10)


@pytest.fixture
def service(geocoder) -> Callable[..., Geopy]:
    """Quicker than the provider allows: it is our own."""
    return partial(Geopy, geocoder, max_per_second=200)


def test_a_geocoder_is_a_service(nominatim, geocoder):
    frame = pd.DataFrame({"a": ["oslo", "nowhere", None, "oslo"]})

    located = frame.geo.locate("a", service=geocoder, details=True)

    assert located["lat"].tolist()[::3] == [60.25, 60.25]
    assert located["lon"].tolist()[::3] == [4, 4]
    assert located["status"].tolist() == ["located", "not_found", "blank", "located"]
    assert located["formatted"].tolist()[0] == "Oslo"
    assert located["service"].tolist()[0] == "nominatim"
    assert located.geo.report.requests == 2
    assert sorted(nominatim.asked) == ["nowhere", "oslo"]
    assert nominatim.times[1] - nominatim.times[0] > 0.9  # one a second, as Nominatim wants it


def test_what_is_found_is_kept_only_if_that_is_allowed(nominatim, service):
    frame = pd.DataFrame({"a": ["oslo"]})
    for allowed in (service(), service(keep_for=None), service()):  # then what is kept is not looked for, either
        for _ in range(2):
            frame.geo.locate("a", service=allowed)

    assert len(nominatim.asked) == 2 + 1 + 2


def test_its_arguments_go_with_each_request_and_are_another_question(nominatim, service):
    frame = pd.DataFrame({"a": ["oslo"]})
    frame.geo.locate("a", service=service(keep_for=None))
    frame.geo.locate("a", service=service({"language": "fr"}, keep_for=None))

    assert len(nominatim.asked) == 2


def test_too_fast_and_out_of_order_are_waited_out(nominatim, service):
    nominatim.statuses = [200, 429, 503]

    located = pd.DataFrame({"a": ["oslo", "bergen"]}).geo.locate("a", service=service())

    assert located["lat"].notna().all()
    assert located.geo.report.retries == 2


@pytest.mark.parametrize(("status", "error"), [(401, KeyRefused), (402, QuotaExhausted), (403, KeyRefused)])
def test_a_refusal_ends_the_run_and_keeps_what_was_found(status, error, nominatim, service):
    nominatim.statuses = [200, status]
    frame, told = pd.DataFrame({"a": ["oslo", "bergen", "hamar"]}), service({"language": SECRET})

    with pytest.raises(error) as caught:
        frame.geo.locate("a", service=told, details=True)

    partial = caught.value.partial
    assert partial["status"].tolist() == ["located", "failed", "failed"]
    assert len(nominatim.times) == 2
    assert SECRET not in "".join(traceback.format_exception(caught.value))  # geopy's texts may hold the URL
    assert SECRET not in repr(told)


def test_what_it_cannot_be_is_said(geocoder):
    async_one = geopy.geocoders.Nominatim(user_agent="tests", adapter_factory=geopy.adapters.AioHTTPAdapter)
    with pytest.raises(SettingsError, match="was made for asyncio; make it without adapter_factory="):
        resolve(async_one)
    with pytest.raises(SettingsError, match="a geocoder of geopy is needed, not str"):
        Geopy("nominatim")
    with pytest.raises(SettingsError, match="max_per_second must be a number above 0"):
        Geopy(geocoder, max_per_second=0)
    with pytest.raises(SettingsError, match="nominatim finds points for addresses, not addresses for points"):
        reverse_of(resolve(geocoder))
