"""Géoplateforme: the addresses of France (Base Adresse Nationale), asked by CSV files, free and without a key.

Wire facts: https://adresse.data.gouv.fr/api-doc/adresse, the limits of use of cartes.gouv.fr, and the server's source
(livingdata-co/addok-server). An answer may break off, or have fewer rows, with status 200.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from geopandas_batch import settings
from geopandas_batch.errors import ServiceError, SettingsError, StrangeAnswer
from geopandas_batch.places import Location, Point, Query
from geopandas_batch.services import files
from geopandas_batch.services.geoplateforme import messages
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.services.traits import host_of
from geopandas_batch.wire import Form, Wire

BASE_URL = "https://data.geopf.fr/geocodage"
MOST_ROWS = 5000  # of a file: what clients were seen to send. 200,000 are said to be taken
MOST_PER_SECOND = 50.0  # requests of one network; beyond, all are refused for five seconds
_NEEDED = ("longitude", "latitude", "result_score", "result_type", "result_status")


@dataclass(frozen=True)
class Geoplateforme:
    """Géoplateforme (BAN): free, no key, houses, streets and towns in France and its overseas departments.

    ``confidence`` is its score, the likeness of the address found to the one that was asked: it is no proof. A town
    alone has a high score, too, and ``match`` says that it is the centre of a town; a line with an address abroad gets
    a namesake in France, with a low score, and one whose ``country`` is another is not sent. ``reason`` says where
    another place is nearly as likely.

    Parameters
    ----------
    base_url : str, optional
        Default: ``GEOPLATEFORME_BASE_URL`` in the environment, else the public host.
    postcode, citycode : str or sequence of str, optional
        Only in these postcodes, or communes by their code of INSEE.
    type : str, optional
        Only places of this kind: housenumber, street, locality or municipality.
    batch_size : int
        Addresses in one file, 5,000 at most.
    max_requests : int
        Files under way at once.
    max_per_second : float
        Requests, 50 at most, which is what the service takes from one network.
    timeout : float
        Seconds without a byte until a file is given up.

    Raises
    ------
    SettingsError
        An option is out of range.

    Examples
    --------
    >>> import geopandas_batch
    >>> from geopandas_batch.testing import FakeGeoplateforme
    >>> with FakeGeoplateforme() as fake:
    ...     service = Geoplateforme(base_url=fake.url)
    ...     found = geopandas_batch.locate(["8 rue du Port, Amiens"], service=service, details=True, cache=False)
    >>> found.loc[0, ["match", "service"]].tolist()
    ['building', 'geoplateforme']
    """

    base_url: str | None = None
    postcode: str | Sequence[str] | None = None
    citycode: str | Sequence[str] | None = None
    type: Literal["housenumber", "street", "locality", "municipality"] | None = None
    batch_size: int = 1000
    max_requests: int = 2
    max_per_second: float = 10.0
    timeout: float = 60.0

    name = messages.NAME
    price = 0.0
    one_request_a_batch = True
    attribution = messages.CREDIT
    extras = ("result_type", "place_id", "citycode")
    reverse_extras = ("result_type", "place_id", "citycode", "distance")

    def __post_init__(self) -> None:
        """Fill in what the environment says, and refuse what cannot work."""
        url = self.base_url or settings.read(settings.GEOPLATEFORME_BASE_URL) or BASE_URL
        object.__setattr__(self, "base_url", settings.check_base_url(url, service="Géoplateforme"))
        object.__setattr__(self, "postcode", _codes("postcode", self.postcode))
        object.__setattr__(self, "citycode", _codes("citycode", self.citycode))
        if self.type is not None and self.type not in messages.LEVELS:
            raise SettingsError(f"type must be one of {', '.join(messages.LEVELS)}, not {self.type!r}")
        settings.check_between("batch_size", self.batch_size, 1, MOST_ROWS)
        settings.check_between("max_requests", self.max_requests, 1, 8)
        settings.check_between("max_per_second", self.max_per_second, 0.01, MOST_PER_SECOND)
        settings.check_between("timeout", self.timeout, 0.1, 3600.0)

    @property
    def limits(self) -> Limits:
        """What the options say."""
        return Limits(
            batch_size=int(self.batch_size),
            max_concurrency=int(self.max_requests),
            max_per_second=float(self.max_per_second),
            timeout=float(self.timeout),
        )

    @property
    def options(self) -> Mapping[str, str]:
        """What can change an answer."""
        return {**self._filters, **host_of(self.base_url or "")}

    @property
    def _filters(self) -> Mapping[str, str]:
        named = {name: getattr(self, name) for name in ("postcode", "citycode", "type")}
        return {name: str(value) for name, value in named.items() if value}

    def check_reverse(self) -> None:
        """Refuse options that only addresses have."""
        if self._filters:
            raise SettingsError(f"the reverse of Géoplateforme has no {' and no '.join(self._filters)}")

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer | ServiceError]:
        """As many answers as queries, in their order."""
        taken = [messages.line(query) for query in queries]
        lines = {number: each for number, each in enumerate(taken) if isinstance(each, str)}
        filters = {name: value.replace(",", "+") for name, value in self._filters.items()}  # "+" is "or"

        def read(row: Mapping[str, str], number: int) -> Answer:
            return self._read(row, lines[number])

        rows = {number: (line, *filters.values()) for number, line in lines.items()}
        fields = [("columns", "address"), *((name, name) for name in filters)]
        found = await self._asked(wire, "search", ("address", *filters), rows, fields, _NEEDED, read)
        return [found[number] if isinstance(each, str) else each for number, each in enumerate(taken)]

    async def reverse_many(self, wire: Wire, points: Sequence[Point]) -> Sequence[Answer | ServiceError]:
        """As many answers as points, in their order; not found where there is no address near."""
        rows = {number: (f"{lat:.7f}", f"{lon:.7f}") for number, (lat, lon) in enumerate(points)}

        def read(row: Mapping[str, str], number: int) -> Answer:
            if files.degrees(row["lat"], row["lon"]) != files.degrees(*rows[number]):
                return files.Damaged("names another point")
            return messages.answer(row, points[number])

        fields = [("lat", "lat"), ("lon", "lon")]
        found = await self._asked(wire, "reverse", ("lat", "lon"), rows, fields, ("result_type", "result_status"), read)
        return [found[number] for number in range(len(points))]

    async def _asked(
        self, wire: Wire, what: str, head: Sequence[str], rows: Mapping[int, Sequence[str]],
        fields: Sequence[tuple[str, str]], needed: Sequence[str], read: files.Reader,
    ) -> Mapping[int, Answer | ServiceError]:  # fmt: skip
        """The answers to rows, by their positions."""
        numbers = list(rows)

        async def ask(positions: Sequence[int]) -> files.Found:
            sent = [numbers[position] for position in positions]

            def decode(body: bytes) -> files.Found:
                found = files.read_named(body, ("row", *head, *needed), service=self.name)
                places = [(files.place(row["row"], len(sent)), row) for row in found]
                pairs = [(place, read(row, sent[place])) for place, row in places if place is not None]
                if not pairs:
                    message = "the answer of Géoplateforme has none of the rows"
                    raise StrangeAnswer(message, service=self.name, retryable=True)
                return {positions[place]: answer for place, answer in files.once(pairs).items()}

            content = files.written([("row", *head), *((str(n), *rows[each]) for n, each in enumerate(sent))])
            # Said, as what the server finds out for itself was misled by apostrophes.
            form = Form([*fields, ("delimiter", ","), ("encoding", "utf-8")], "data", "rows.csv", "text/csv", content)
            patience = files.patience(self.timeout)
            return await wire.upload(f"{self.base_url}/{what}/csv", form, decode=decode, patience=patience)  # type: ignore[no-any-return]

        if not numbers:
            return {}
        found = await files.answered(ask, len(numbers), service=self.name, seconds=2 * self.timeout)
        return dict(zip(numbers, found, strict=True))

    def _read(self, row: Mapping[str, str], line: str) -> Answer:
        if not files.same(row["address"], line):
            return files.Damaged("names another address")
        answer = messages.answer(row)
        asked = {"type": self.type, "postcode": self.postcode, "citycode": self.citycode}
        found = {name: row.get(f"result_{name}", "") for name, value in asked.items() if value}
        # Not all versions of the server heed each filter.
        kept = all(value in str(asked[name]).split(",") for name, value in found.items())
        return answer if kept or not isinstance(answer, Location) else None


def _codes(name: str, given: str | Sequence[str] | None) -> str | None:
    """Codes of five letters or digits, with commas between."""
    if not given:
        return None
    every = given.split(",") if isinstance(given, str) else given if isinstance(given, Iterable) else [given]
    # A number, as of a cell or the command line, has lost its zeros.
    codes = [f"{code:05.0f}" if isinstance(code, int | float) else str(code).strip() for code in every]
    if not all(len(code) == 5 and code.isascii() and code.isalnum() for code in codes):
        raise SettingsError(f"{name} must be codes of five digits as text, such as '75001,75002', not {given!r}")
    return ",".join(codes)
