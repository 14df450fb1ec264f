"""Geoapify's batch API: up to 1,000 addresses a job, at half the price of single requests.

Wire facts: https://github.com/geoapify/geoapify-openapi-specs (batch 1.0.0) and https://apidocs.geoapify.com/docs/batch/.
The generic endpoint is used, since it echoes an id with each answer and tells "refused" from "not found".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from geopandas_batch import settings
from geopandas_batch.errors import MissingKeyError, QueryError, SettingsError, StrangeAnswer
from geopandas_batch.places import MATCHES, Location, Match, Query, tidy
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.wire import Json, Wire

BASE_URL = "https://api.geoapify.com/v1"
KEYS_PAGE = "https://myprojects.geoapify.com"
BATCH_SIZE = 1000  # "inputs" must contain less than or equal to 1000 items
JOBS_AT_ONCE = 4  # how many the service takes at once is not documented
FREE_PLAN_PER_SECOND = 5.0  # https://www.geoapify.com/pricing
PRIORITIES = (0.5, 1.0)  # batch API 1.0.0; it multiplies the price

# Both must be credited on the free plan, OpenStreetMap on every plan (terms of service, version 5).
CREDIT = "Powered by Geoapify"
OPEN_STREET_MAP = "© OpenStreetMap contributors"

# `result_type` on the wire → what was found. A district is not the house, and not the whole city either.
_LEVELS: Mapping[str, Match] = {
    "building": "building",
    "amenity": "building",
    "street": "street",
    "postcode": "postcode",
    "suburb": "city",
    "district": "city",
    "city": "city",
    "county": "region",
    "state": "region",
    "country": "country",
}
# `rank.match_type` says what the address was matched by: the answer is not finer than that, whatever its type.
_COARSEST: Mapping[str, Match] = {
    "match_by_street": "street",
    "match_by_postcode": "postcode",
    "match_by_city_or_disrict": "city",  # misspelt on the wire
    "match_by_city_or_district": "city",  # should they mend it
    "match_by_country_or_state": "region",
}


@dataclass(frozen=True)
class Geoapify:
    """Geoapify's batch geocoding. Costs ``priority`` credits an address (0.5 by default).

    Parameters
    ----------
    api_key : str, optional
        Default: ``GEOAPIFY_API_KEY``, else ``GEOAPIFY_KEY`` in the environment. Sent in a header only.
    base_url : str, optional
        Default: ``GEOAPIFY_BASE_URL``, else the vendor's host. ``https://api-eu.geoapify.com/v1`` works in the EU only.
    lang : str, optional
        Language of the answers, ISO 639-1 ("fr"). None: the service's default, English.
    type : str, optional
        Only places of this kind: country, state, city, postcode, street, amenity or locality.
    filter, bias : str, optional
        As the service documents them, such as ``"countrycode:de,fr"`` and ``"proximity:10.75,59.91"``. In these,
        longitude comes first.
    priority : float
        From 0.5 (half price, may wait when the service is busy) to 1 (full price).
    max_per_second : float
        Requests a second of your plan; the free plan has 5.
    timeout : float
        Seconds without a byte until a request is tried again.
    job_timeout : float
        Seconds to wait for a job. After that the run ends with `TooSlow`; the job stays on record for 24 hours, and
        the same line run again waits on.

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
    priority: float = PRIORITIES[0]
    max_per_second: float = FREE_PLAN_PER_SECOND
    timeout: float = 15.0
    job_timeout: float = 3600.0

    name = "geoapify"
    attribution = f"{CREDIT}, {OPEN_STREET_MAP}"

    def __post_init__(self) -> None:
        """Fill in what the environment says, and refuse what cannot work."""
        key = self.api_key or settings.read(*settings.GEOAPIFY_KEYS)
        if not key:
            raise MissingKeyError("Geoapify", settings.GEOAPIFY_KEYS[0], KEYS_PAGE)
        url = self.base_url or settings.read(settings.GEOAPIFY_BASE_URL) or BASE_URL
        object.__setattr__(self, "api_key", settings.check_key(key, service="Geoapify"))
        object.__setattr__(self, "base_url", settings.check_base_url(url, service="Geoapify"))
        low, high = PRIORITIES
        if not low <= self.priority <= high:
            raise SettingsError(f"priority must be from {low:g} to {high:g}, not {self.priority!r}")
        for name in ("max_per_second", "timeout", "job_timeout"):
            if not (value := getattr(self, name)) > 0:
                raise SettingsError(f"{name} must be above 0, not {value!r}")

    def __repr__(self) -> str:
        """What differs from the defaults; never the key."""
        shown = [f for f in fields(self) if f.repr and getattr(self, f.name) != f.default]
        return f"Geoapify({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"

    @property
    def limits(self) -> Limits:
        """A thousand addresses a job; answers may be kept, with attribution."""
        return Limits(
            batch_size=BATCH_SIZE,
            max_concurrency=JOBS_AT_ONCE,
            max_per_second=self.max_per_second,
            timeout=self.timeout,
            job_timeout=self.job_timeout,
        )

    @property
    def price(self) -> float:
        """Credits for one address: one, times the priority."""
        return self.priority

    @property
    def options(self) -> Mapping[str, str]:
        """What can change an answer. The host and the priority cannot."""
        named = {name: getattr(self, name) for name in ("lang", "type", "filter", "bias")}
        return {name: value for name, value in named.items() if value}

    @property
    def _url(self) -> str:
        return f"{self.base_url}/batch"

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"x-api-key": self.api_key or ""}

    async def submit(self, wire: Wire, queries: Sequence[Query]) -> str:
        """Buy a job for these addresses; its id."""
        body = {
            "api": "/v1/geocode/search",
            "params": {"format": "json", "limit": "1", **self.options},
            "inputs": [{"id": str(place), "params": _params(query)} for place, query in enumerate(queries)],
            "priority": self.priority,  # always said: what is assumed without it has changed before
        }
        _, data = await wire.post(self._url, body, headers=self._headers, paid=True)
        job_id = data.get("id") if isinstance(data, dict) else None
        if not isinstance(job_id, str) or not (job_id.isascii() and job_id.isalnum()):
            raise StrangeAnswer("Geoapify took a job and gave no id for it", service=self.name)
        return job_id

    async def collect(self, wire: Wire, job_id: str, queries: Sequence[Query]) -> Sequence[Answer] | None:
        """The answers of a job, each joined to its address by the echoed id; None while it is not ready."""
        status, data = await wire.get(self._url, {"id": job_id}, headers=self._headers)
        if status == 202:
            return None
        return self._aligned(data, queries)

    def _aligned(self, data: Json, queries: Sequence[Query]) -> Sequence[Answer]:
        """One answer a query. What cannot be joined with certainty fails its own row, and shifts no other."""
        results = data.get("results") if isinstance(data, dict) else None
        if not isinstance(results, list):
            raise StrangeAnswer("Geoapify's answer has no list of results", service=self.name)
        answers: list[Answer] = [QueryError("Geoapify gave no answer for this address")] * len(queries)
        seen: set[int] = set()
        for entry in results:
            place = _place(entry, len(queries))
            if place is None:
                continue
            if place in seen:
                answers[place] = QueryError("Geoapify answered this address twice; neither answer was used")
                continue
            seen.add(place)
            if _same(entry.get("params"), _params(queries[place])):
                answers[place] = self._answer(entry.get("result"))
            else:
                answers[place] = QueryError("Geoapify's answer names another address; it was not used")
        if queries and not seen:
            raise StrangeAnswer("Geoapify's answer has none of the ids that were sent", service=self.name)
        return answers

    def _answer(self, result: Json) -> Answer:
        """One result: a location, None for no match, or the error with which this address was refused."""
        if not isinstance(result, dict):
            return QueryError("Geoapify's answer for this address is not understood")
        if "statusCode" in result or "error" in result:
            said = _text(result.get("message")) or _text(result.get("error"))
            return QueryError(f"Geoapify refused this address: {said or result.get('statusCode')}")
        found = result.get("results")
        if not isinstance(found, list):
            return QueryError("Geoapify's answer for this address is not understood")
        return self._location(found[0]) if found else None

    def _location(self, place: Json) -> Answer:
        if not isinstance(place, dict):
            return QueryError("Geoapify's answer for this address is not understood")
        if "lat" not in place and "lon" not in place:
            return None
        lat, lon = _number(place.get("lat"), 90.0), _number(place.get("lon"), 180.0)
        if lat is None or lon is None:
            return QueryError("Geoapify's answer for this address is no point on Earth")
        rank, source = _object(place.get("rank")), _object(place.get("datasource"))
        confidence = _number(rank.get("confidence"), 1.0)
        by = rank.get("match_type")
        found = _LEVELS.get(_text(place.get("result_type")), "none")
        match = max(found, _COARSEST.get(_text(by), "building"), key=MATCHES.index)
        return Location(
            lat,
            lon,
            formatted=_text(place.get("formatted")),
            match=match,
            confidence=math.nan if confidence is None else max(0.0, confidence),
            service=self.name,
            attribution=f"{CREDIT}, {_text(source.get('attribution')) or OPEN_STREET_MAP}",
        )


def _params(query: Query) -> Mapping[str, str]:
    """An address as the service wants it: a text, or its parts under their names."""
    return {"text": query.text} if query.text else query.parts


def _place(entry: Json, count: int) -> int | None:
    """The position that was sent as the entry's id; None if it is none of ours."""
    number = entry.get("id") if isinstance(entry, dict) else None
    text = str(number) if isinstance(number, str | int) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and int(text) < count else None


def _same(echo: Json, sent: Mapping[str, str]) -> bool:
    """Whether the echoed address is the one that was sent. That spaces and case are kept is not documented."""
    if echo is None:
        return True  # `params` is not among the keys that are always there; the id has said it
    if not isinstance(echo, dict):
        return False
    return all(tidy(_text(echo.get(name))).casefold() == tidy(value).casefold() for name, value in sent.items())


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _number(value: Json, bound: float) -> float | None:
    """A finite number within ± the bound."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= bound  # False for NaN
    return float(value) if fine else None


def _text(value: Json) -> str:
    """A text that can be written to any file."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
