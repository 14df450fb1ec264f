"""Geoapify: jobs of up to 1,000 addresses at half the price, single requests for a handful.

Wire facts: https://github.com/geoapify/geoapify-openapi-specs (batch 1.0.0) and https://apidocs.geoapify.com/docs/batch/.
The generic endpoint is used, since it echoes an id with each answer and tells "refused" from "not found".
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from itertools import chain
from typing import Literal, cast

from geopandas_batch import settings
from geopandas_batch.errors import MissingKeyError, QueryError, ServiceError, SettingsError
from geopandas_batch.places import RAW, Point, Query, Question
from geopandas_batch.places.lines import texts_of
from geopandas_batch.services.geoapify import messages
from geopandas_batch.services.protocol import Answer, Delivered, Limits
from geopandas_batch.services.traits import host_of
from geopandas_batch.wire import Wire

BASE_URL = "https://api.geoapify.com/v1"
KEYS_PAGE = "https://myprojects.geoapify.com"
BATCH_SIZE = 1000  # "inputs" must contain less than or equal to 1000 items
JOBS_AT_ONCE = 4  # how many the service takes at once is not documented
LEAST_JOB = 50  # addresses; what a smaller job saves in time it costs in requests
HANDFUL = 5  # addresses; on the free plan, five single requests leave within a second
LONGEST_TEXT = 1024  # letters of `text` and of each part (forward geocoding 1.0.0)
FREE_PLAN_PER_SECOND, LARGEST_PLAN_PER_SECOND = 5.0, 30.0  # https://www.geoapify.com/pricing
FREE_PLAN_PER_DAY = 3000  # credits, from the same page
PRIORITIES = (0.5, 1.0)  # batch API 1.0.0; it multiplies the price
SINGLE_PRICE = 1.0  # credits; https://www.geoapify.com/pricing-details
UP_TO = {"auto": HANDFUL, "batch": 0, "single": sys.maxsize}  # addresses that are asked one by one, by `mode`

TYPES = ("country", "state", "city", "postcode", "street", "amenity", "locality", "building")  # the last: in reverse
_LANGUAGE = re.compile("[A-Za-z]{2}")  # ISO 639-1


@dataclass(frozen=True)
class Geoapify:
    """Geoapify's batch geocoding. Costs ``priority`` credits an address (0.5 by default), a handful 1 credit each.

    Parameters
    ----------
    api_key : str, optional
        Default: ``GEOAPIFY_API_KEY``, else ``GEOAPIFY_KEY`` in the environment. Sent in a header only.
    base_url : str, optional
        Default: ``GEOAPIFY_BASE_URL``, else the vendor's host. ``https://api-eu.geoapify.com/v1`` is the same service,
        at work in the EU only.
    lang : str, optional
        Language of the answers, ISO 639-1 ("fr"). None: the service's default, English.
    type : str, optional
        Only places of this kind: country, state, city, postcode, street, amenity or locality; in reverse also building.
    countrycodes : str or sequence of str, optional
        Only places in these countries, as ``"de,fr"`` or ``["de", "fr"]`` (ISO 3166-1, two letters, ten at most).
    filter, bias : str, optional
        As the service documents them, such as ``"countrycode:de,fr"`` and ``"proximity:10.75,59.91"``. In these,
        longitude comes first. Not for reverse.
    mode : {"auto", "batch", "single"}
        ``"batch"``: jobs, at ``priority`` credits an address. ``"single"``: a request for each address, at 1 credit.
        ``"auto"``: up to five distinct addresses as single requests, which answer sooner than a job; more as jobs.
    priority : float
        From 0.5 (half price, may wait when the service is busy) to 1 (full price).
    max_per_second : float, optional
        Requests a second of your plan: 5 on the free one, up to 30 on others. Evenly spaced, never in a burst; slower
        for a while after the service says "too fast". None: you have a plan, and what it allows is found out: from 5
        up to 30, until the service says "too fast".
    max_jobs : int
        Jobs that a run submits and has under way at once, never more; addresses are spread evenly over them.
    timeout : float
        Seconds without a byte until a request is tried again; in all, it may take twenty times that.
    job_timeout : float
        Seconds to wait for a job. After that the run ends with `TooSlow`; the job stays on record for 24 hours, and
        the same line run again waits on.
    raw : bool
        Also a column ``raw``: the service's whole answer as JSON text, 2 to 3 kB an address. Such answers are kept by
        themselves: what was asked without is asked anew.

    Raises
    ------
    MissingKeyError
        No key was given and none is in the environment.
    SettingsError
        An option is out of range.

    Examples
    --------
    >>> Geoapify(api_key="secret", lang="fr")
    Geoapify(base_url='https://api.geoapify.com/v1', lang='fr')
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    lang: str | None = None
    type: str | None = None
    filter: str | None = None
    bias: str | None = None
    countrycodes: str | Sequence[str] | None = None
    mode: Literal["auto", "batch", "single"] = "auto"
    priority: float = PRIORITIES[0]
    max_per_second: float | None = FREE_PLAN_PER_SECOND
    max_jobs: int = JOBS_AT_ONCE
    timeout: float = 15.0
    job_timeout: float = 3600.0
    raw: bool = False

    name = messages.NAME
    attribution = f"{messages.CREDIT}, {messages.OPEN_STREET_MAP}"
    reverses = True
    single_price = SINGLE_PRICE
    free_per_day = FREE_PLAN_PER_DAY

    def __post_init__(self) -> None:
        """Fill in what the environment says, and refuse what cannot work."""
        key = self.api_key or settings.read(*settings.GEOAPIFY_KEYS)
        if not key:
            raise MissingKeyError("Geoapify", settings.GEOAPIFY_KEYS[0], KEYS_PAGE)
        url = self.base_url or settings.read(settings.GEOAPIFY_BASE_URL) or BASE_URL
        object.__setattr__(self, "api_key", settings.check_key(key, service="Geoapify"))
        object.__setattr__(self, "base_url", settings.check_base_url(url, service="Geoapify"))
        settings.check_between("priority", self.priority, *PRIORITIES)
        settings.check_between("max_jobs", self.max_jobs, 1)
        for name in ("max_per_second", "timeout", "job_timeout"):
            settings.check_positive(name, getattr(self, name), optional=name == "max_per_second")
        if self.mode not in UP_TO:
            raise SettingsError(f"mode must be one of {', '.join(map(repr, UP_TO))}, not {self.mode!r}")
        if self.type is not None and self.type not in TYPES:
            raise SettingsError(f"type must be one of {', '.join(map(repr, TYPES))}, not {self.type!r}")
        if self.lang is not None and not _LANGUAGE.fullmatch(str(self.lang)):
            raise SettingsError(f"lang must be a code of two letters, such as 'fr', not {self.lang!r}")
        settings.check_text("filter", self.filter)
        settings.check_text("bias", self.bias)
        if not isinstance(self.raw, bool):
            raise SettingsError(f"raw must be True or False, not {self.raw!r}")
        object.__setattr__(self, "countrycodes", _codes(self.countrycodes))

    def __repr__(self) -> str:
        """What differs from the defaults; never the key."""
        shown = [f for f in fields(self) if f.repr and getattr(self, f.name) != f.default]
        return f"Geoapify({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"

    @property
    def limits(self) -> Limits:
        """A thousand addresses a job; answers may be kept, with attribution."""
        return self._limits

    @cached_property  # a property by itself is what the protocol asks for
    def _limits(self) -> Limits:
        return Limits(
            batch_size=BATCH_SIZE,
            max_concurrency=self.max_jobs,
            max_per_second=self.max_per_second or FREE_PLAN_PER_SECOND,
            up_to_per_second=self.max_per_second or LARGEST_PLAN_PER_SECOND,
            timeout=self.timeout,
            job_timeout=self.job_timeout,
            single_up_to=UP_TO[self.mode],
            least_batch=LEAST_JOB,
        )

    @property
    def price(self) -> float:
        """Credits for one address in a job: one, times the priority."""
        return self.priority

    @property
    def extras(self) -> Sequence[str]:
        """Columns of the details that only this service has."""
        return (*messages.EXTRAS, *([RAW] if self.raw else ()))

    @property
    def options(self) -> Mapping[str, str]:
        """What can change an answer. The mode and the priority cannot, nor which of the vendor's hosts is asked."""
        return {**self._asked, **({"raw": "1"} if self.raw else {}), **host_of(self.base_url or "")}

    @property
    def _asked(self) -> Mapping[str, str]:
        named = {name: getattr(self, name) for name in ("lang", "type", "filter", "bias", "countrycodes")}
        return {name: value for name, value in named.items() if value}

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"x-api-key": self.api_key or ""}

    def refused(self, questions: Sequence[Question]) -> Mapping[int, QueryError]:
        """Which questions cannot be answered, where that is known without asking, by their place."""
        if isinstance(questions[0], Point):
            return {}
        queries = cast("Sequence[Query]", questions)
        if max(map(len, texts_of(queries) or chain.from_iterable(queries))) <= LONGEST_TEXT:
            return {}
        error = QueryError(f"longer than the {LONGEST_TEXT:,} letters that Geoapify takes; it was not sent")
        return {place: error for place, each in enumerate(queries) if max(map(len, each)) > LONGEST_TEXT}

    def check_reverse(self) -> None:
        """Refuse options that only addresses have."""
        if given := [name for name in ("filter", "bias") if getattr(self, name)]:
            raise SettingsError(f"Geoapify's reverse has no {' and no '.join(given)}; countrycodes= and type= work")

    async def locate_one(self, wire: Wire, question: Question) -> Answer:
        """The answer to one question by a request of its own."""
        params = {name: str(value) for name, value in messages.question_params(question).items()}
        params |= {"format": "json", "limit": "1", **self._asked}
        try:
            _, data = await wire.get(
                f"{self.base_url}{_api(question)}", params, headers=self._headers, kind="single", credits=SINGLE_PRICE
            )
        except ServiceError as error:
            if error.status == 400:
                return QueryError(f"Geoapify refused this address: {error.server_message or error.status}")
            raise
        return messages.answer(data, raw=self.raw)

    async def submit(self, wire: Wire, questions: Sequence[Question]) -> str:
        """Buy a job for these questions; its id."""
        from geopandas_batch.services.geoapify.job import inputs

        body = {
            "api": f"/v1{_api(questions[0])}",
            "params": {"format": "json", "limit": "1", **self._asked},
            "inputs": inputs(questions),
            "priority": self.priority,  # always said: what is assumed without it has changed before
        }
        price = len(questions) * self.priority
        job_id: str
        _, job_id = await wire.post(
            f"{self.base_url}/batch",
            body,
            headers=self._headers,
            kind="submit",
            credits=price,
            salvage=messages.salvaged,
            read=messages.job_id,
        )
        return job_id

    async def collect(self, wire: Wire, job_id: str, questions: Sequence[Question]) -> Delivered | None:
        """The answers of a job, each joined to its question by the echoed id; None while it is not ready."""
        from geopandas_batch.services.geoapify.job import Delivery, decode

        status, data = await wire.get(
            f"{self.base_url}/batch",
            {"id": job_id},
            headers=self._headers,
            kind="poll",
            decode=None if self.raw else partial(decode, questions=questions),  # raw: all of it is kept
        )
        if status == 202:
            return None
        if isinstance(data, Delivery):
            return data.answers
        return partial(messages.aligned, data, questions, raw=self.raw)


def _api(question: Question) -> str:
    return "/geocode/reverse" if isinstance(question, Point) else "/geocode/search"


def _codes(given: str | Sequence[str] | None) -> str | None:
    """Country codes as the service takes them."""
    if not given:
        return None
    every = given.split(",") if isinstance(given, str) else given if isinstance(given, Iterable) else [given]
    codes = [str(code).strip().lower() for code in every]
    if len(codes) > 10 or not all(len(code) == 2 and code.isascii() and code.isalpha() for code in codes):
        raise SettingsError(f"countrycodes must be up to ten codes of two letters, such as 'de,fr', not {given!r}")
    return ",".join(codes)
