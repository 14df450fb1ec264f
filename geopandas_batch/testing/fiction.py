"""The fictional world behind the double: which place an address has, and how a test knows it beforehand."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

# The parts of an address that the service knows, in the order of its documentation.
PARTS = ("name", "housenumber", "street", "postcode", "city", "state", "country")


@dataclass(frozen=True, slots=True)
class Found:
    """A place, as ``places`` of :class:`~geopandas_batch.testing.FakeGeoapify` may give it.

    Parameters
    ----------
    lat, lon : float
        Degrees, WGS 84.
    result_type : str
        building, amenity, street, postcode, suburb, district, city, county, state or country.
    confidence : float
        0 to 1.
    match_type : str
        full_match, inner_part, match_by_building, match_by_street, match_by_postcode, match_by_city_or_disrict
        (misspelt so on the wire) or match_by_country_or_state.
    formatted : str
        The address as the service writes it. Empty: made up.
    extra : mapping
        Keys of the answer to add, or to set to another value.

    Examples
    --------
    A town's centre in place of the house:

    >>> centre = Found(51.51, -0.13, result_type="city", confidence=0.2, match_type="match_by_city_or_disrict")
    """

    lat: float
    lon: float
    result_type: str = "building"
    confidence: float = 1.0
    match_type: str = "full_match"
    formatted: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """An address that the service refuses: an error of its own in a job, HTTP ``status`` for a single request.

    Parameters
    ----------
    message : str
        What the service says of it.
    status : int
        From 400.

    Examples
    --------
    >>> import geopandas_batch
    >>> from geopandas_batch.services import Geoapify
    >>> from geopandas_batch.testing import FakeGeoapify
    >>> with FakeGeoapify(places={"here": Refused("no such thing")}) as fake:
    ...     service = Geoapify(fake.key, base_url=fake.url)
    ...     located = geopandas_batch.locate(["here"], service=service, cache=False, details=True)
    >>> located["status"].tolist()
    ['failed']
    """

    message: str = '"text" is not allowed'
    status: int = 400


Place: TypeAlias = Found | Refused | tuple[float, float] | Mapping[str, Any] | None
Places: TypeAlias = Mapping[str, Place] | Callable[[Mapping[str, Any]], Place]
Choice: TypeAlias = Container[str] | Callable[[str], bool]


@dataclass(frozen=True, slots=True, eq=False)  # compared and hashed by identity: one of LANDS
class Land:
    """A rectangle inside one state: places that are made up lie on dry land, so that a map of them looks right."""

    south: int
    north: int
    west: int
    east: int
    postcode: str
    city: str
    state: str
    country: str
    code: str
    timezone: str
    offsets: tuple[str, str]


LANDS = (
    Land(48, 50, 11, 12, "90402", "Nuremberg", "Bavaria", "Germany", "de", "Europe/Berlin", ("+01:00", "+02:00")),
    Land(47, 48, 1, 2, "45000", "Orléans", "Centre-Val de Loire", "France", "fr", "Europe/Paris", ("+01:00", "+02:00")),
    Land(39, 40, -4, -3, "45001", "Toledo", "Castile-La Mancha", "Spain", "es", "Europe/Madrid", ("+01:00", "+02:00")),
    Land(
        38, 39, -101, -96, "67401", "Salina", "Kansas", "United States", "us", "America/Chicago", ("-06:00", "-05:00")
    ),
    Land(
        -20,
        -18,
        -46,
        -44,
        "38700-000",
        "Patos de Minas",
        "Minas Gerais",
        "Brazil",
        "br",
        "America/Sao_Paulo",
        ("-03:00", "-03:00"),
    ),
    Land(22, 23, 77, 79, "462001", "Bhopal", "Madhya Pradesh", "India", "in", "Asia/Kolkata", ("+05:30", "+05:30")),
    Land(
        -33,
        -31,
        144,
        149,
        "2830",
        "Dubbo",
        "New South Wales",
        "Australia",
        "au",
        "Australia/Sydney",
        ("+10:00", "+11:00"),
    ),
)


def line(params: Mapping[str, Any]) -> str:
    """The address as one line: its text, or its parts in the order of the documentation; "lat,lon" for a point.

    >>> line({"street": "Downing Street", "housenumber": "10", "city": "London"})
    '10, Downing Street, London'
    """
    if "lat" in params:
        return f"{float(params['lat'])},{float(params['lon'])}"
    return str(params.get("text") or ", ".join(str(params[part]) for part in PARTS if params.get(part)))


def same(text: str) -> str:
    """One form for texts that differ only in case, spaces or the coding of an accent: they are one place."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@lru_cache(4096)  # the parts of one answer ask for it one after the other
def digest(text: str) -> bytes:
    """32 bytes that depend on the text alone."""
    return blake2b(same(text).encode("utf-8", "surrogatepass"), digest_size=32).digest()


def land(text: str) -> Land:
    """The land in which a made-up place lies."""
    return LANDS[digest(text)[0] % len(LANDS)]


def invent(text: str, within: Land | None = None) -> Found:
    """A place for a text: always the same, another one for another text, to the sixth decimal (0.1 m)."""
    seed, where = digest(text), within or land(text)
    up, right = (int.from_bytes(seed[i : i + 4]) / 2**32 for i in (1, 5))
    return Found(
        round(where.south + up * (where.north - where.south), 6),
        round(where.west + right * (where.east - where.west), 6),
    )


def nowhere(text: str) -> bool:
    """The usual ``not_found``: texts with the word "nowhere"; of points, the open sea around 0° N 0° E."""
    return "nowhere" in text.casefold()


def at_sea(lat: float, lon: float) -> bool:
    """Whether a point lies in the Gulf of Guinea, within two degrees of 0° N 0° E: there is no land there."""
    return abs(lat) <= 2 and abs(lon) <= 2


def refusable(text: str) -> bool:
    """The usual ``refused``: texts with the word "refused"."""
    return "refused" in text.casefold()


def chosen(choice: Choice, text: str) -> bool:
    """Whether a set of texts, or a function of a text, has this one."""
    return bool(choice(text)) if callable(choice) else text in choice


class Fiction:
    """What the service knows of each address: ``places`` first, then the two conventions, then an invention."""

    def __init__(
        self, places: Places | None, not_found: Choice, refused: Choice, *, within: Land | None = None
    ) -> None:
        """Texts in a mapping are compared without regard to case and spaces. Inventions lie ``within`` a land."""
        self._within = within
        self.not_found, self.refused = not_found, refused
        self._ask = places if callable(places) else None
        self._table = (
            {} if places is None or callable(places) else {same(text): place for text, place in places.items()}
        )

    def __call__(self, params: Mapping[str, Any]) -> Found | Refused | None:
        """The place, None if there is none, or the refusal."""
        if self._ask:
            return _place(self._ask(params))
        text = line(params)
        if self._table and (key := same(text)) in self._table:
            return _place(self._table[key])
        if chosen(self.refused, text):
            return Refused()
        if chosen(self.not_found, text):
            return None
        if "lat" not in params:
            return invent(text, self._within)
        lat, lon = float(params["lat"]), float(params["lon"])
        return None if at_sea(lat, lon) else Found(lat, lon)


def _place(place: Place) -> Found | Refused | None:
    if place is None or isinstance(place, (Found, Refused)):
        return place
    if isinstance(place, Mapping):
        known = {name: place[name] for name in _FIELDS if name in place}
        return Found(**{"extra": {name: value for name, value in place.items() if name not in _FIELDS}, **known})
    lat, lon = place
    return Found(float(lat), float(lon))


_FIELDS = tuple(each.name for each in fields(Found))
