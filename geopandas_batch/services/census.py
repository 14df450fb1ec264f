"""The US Census geocoder: a file of up to 10,000 addresses a request, answered at once, free and without a key.

Wire facts: https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html, and what clients recorded
(fitnr/censusgeocode, jessecambon/tidygeocoder). Its rows come back in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geopandas_batch import settings
from geopandas_batch.errors import QueryError, ServiceError, StrangeAnswer
from geopandas_batch.places import Extra, Location, Query
from geopandas_batch.services import files
from geopandas_batch.services.american import Cells, cells
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.services.traits import host_of
from geopandas_batch.wire import Form, Wire

BASE_URL = "https://geocoding.geo.census.gov/geocoder"
MOST_ROWS = 10_000  # of a file
BENCHMARK = "Public_AR_Current"
ENCODING = "ISO-8859-1"  # of what comes back, as tidygeocoder reads it
# The Census says how it matched in words. As numbers, between what Geoapify's sample of address verification takes for
# confirmed (0.9 and more) and for not confirmed (0.5 and less).
CONFIDENCE: Mapping[str, float] = {"Exact": 0.9, "Non_Exact": 0.7}
NOT_EXACT = "matched with changes (Non_Exact)"
TIE = "several places fit equally well (Tie), and the Census names none; a ZIP code may settle it"
AREAS = ("state_fips", "county_fips", "tract", "block")


@dataclass(frozen=True)
class Census:
    """The US Census: free, no key, house numbers in the USA and their islands, placed along their street.

    A place is reckoned from the range of house numbers of a piece of street, so ``match`` is "street", never
    "building"; ``confidence`` is 0.9 for the word Exact and 0.7 for Non_Exact. It needs a street with a house number; a
    town alone, and an address abroad, is not found, or is an error in its row where the parts say so. Where several
    places fit equally (Tie), it names none, and the row says so.

    Parameters
    ----------
    base_url : str, optional
        Default: ``CENSUS_BASE_URL`` in the environment, else that of the Census.
    benchmark : str
        Which edition of its streets. ``"Public_AR_Current"`` is the latest. Or its number.
    vintage : str, optional
        Also the areas in which each place lies, of this edition, such as ``"Current_Current"``: ``state_fips``,
        ``county_fips``, ``tract`` and ``block`` among the details, as text. It must fit the benchmark.
    batch_size : int
        Addresses in one file, 10,000 at most. Larger files were seen to fail more often, and lose more when they do.
    max_requests : int
        Files under way at once.
    timeout : float
        Seconds until a file is given up: nothing is heard of it before it is done, which takes minutes for a large one.

    Raises
    ------
    SettingsError
        An option is out of range.

    Examples
    --------
    >>> import geopandas_batch
    >>> from geopandas_batch.testing import FakeCensus
    >>> with FakeCensus() as fake:
    ...     service = Census(base_url=fake.url)
    ...     found = geopandas_batch.locate(["100 Main Street, Salina, KS"], service=service, details=True, cache=False)
    >>> found.loc[0, ["match", "confidence", "service"]].astype(str).tolist()
    ['street', '0.9', 'census']
    """

    base_url: str | None = None
    benchmark: str = BENCHMARK
    vintage: str | None = None
    batch_size: int = 1000
    max_requests: int = 2
    timeout: float = 300.0

    name = "census"
    price = 0.0
    one_request_a_batch = True
    attribution = "U.S. Census Bureau"

    def __post_init__(self) -> None:
        """Fill in what the environment says, and refuse what cannot work."""
        url = self.base_url or settings.read(settings.CENSUS_BASE_URL) or BASE_URL
        object.__setattr__(self, "base_url", settings.check_base_url(url, service="Census"))
        for name in ("benchmark", "vintage"):
            if isinstance(number := getattr(self, name), int) and not isinstance(number, bool):
                object.__setattr__(self, name, str(number))  # each has a number besides its name
        settings.check_text("benchmark", self.benchmark, optional=False)
        settings.check_text("vintage", self.vintage)
        settings.check_between("batch_size", self.batch_size, 1, MOST_ROWS)
        settings.check_between("max_requests", self.max_requests, 1, 8)
        settings.check_between("timeout", self.timeout, 0.1, 3600.0)

    @property
    def limits(self) -> Limits:
        """No pace is published, so there are few files at once."""
        return Limits(
            batch_size=int(self.batch_size), max_concurrency=int(self.max_requests), timeout=float(self.timeout)
        )

    @property
    def extras(self) -> Sequence[str]:
        """Columns of the details that only this service has."""
        return ("match_type", "tiger_line_id", "side", *(AREAS if self.vintage else ()))

    @property
    def options(self) -> Mapping[str, str]:
        """What can change an answer."""
        vintage = {"vintage": self.vintage} if self.vintage else {}
        return {"benchmark": self.benchmark, **vintage, **host_of(self.base_url or "")}

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer | ServiceError]:
        """As many answers as queries, in their order."""
        taken = [_cells(query) for query in queries]
        sent = [number for number, each in enumerate(taken) if isinstance(each, Cells)]
        answers: list[Answer | ServiceError] = [None if isinstance(each, Cells) else each for each in taken]

        async def ask(positions: Sequence[int]) -> files.Found:
            rows = [(str(row), taken[sent[number]]) for row, number in enumerate(positions)]
            found = await self._ask(wire, [(row, each) for row, each in rows if isinstance(each, Cells)])
            return {positions[row]: answer for row, answer in found.items()}

        if sent:
            found = await files.answered(ask, len(sent), service=self.name, seconds=2 * self.timeout)
            for number, answer in zip(sent, found, strict=True):
                answers[number] = answer
        return answers

    async def _ask(self, wire: Wire, rows: Sequence[tuple[str, Cells]]) -> files.Found:
        """The answers of one file."""
        fields = [("benchmark", self.benchmark)]
        if self.vintage:
            fields.append(("vintage", self.vintage))
        content = files.written([(row, *each) for row, each in rows])
        return await wire.upload(  # type: ignore[no-any-return]
            f"{self.base_url}/{'geographies' if self.vintage else 'locations'}/addressbatch",
            Form(fields, "addressFile", "batch.csv", "text/plain", content),
            decode=lambda body: self._decoded(body, [each for _, each in rows]),
            patience=files.patience(self.timeout),
        )

    def _decoded(self, body: bytes, sent: Sequence[Cells]) -> files.Found:
        """The rows that are certainly answers, by position."""
        rows = files.read(body, service=self.name, encoding=ENCODING)
        known = [(files.place(row[0], len(sent)), row) for row in rows if len(row) >= 3]
        pairs = [(number, self._read(row, sent[number])) for number, row in known if number is not None]
        if not pairs:
            raise StrangeAnswer("the answer of the Census has none of the addresses", service=self.name, retryable=True)
        return files.once(pairs)

    def _read(self, row: Sequence[str], sent: Cells) -> Answer:
        """What a row says of the address that was sent under its id."""
        if not files.same(row[1], " ".join(sent)):
            return files.Damaged("names another address")
        outcome, kind = row[2], row[3] if len(row) > 3 else ""
        if outcome in ("No_Match", "Tie"):
            return QueryError(TIE) if outcome == "Tie" else None
        east, _, north = (row[5] if len(row) >= 8 else "").partition(",")  # longitude comes first
        where = files.degrees(north, east)
        if outcome != "Match" or kind not in CONFIDENCE or where is None:
            return files.Damaged("is not understood")
        names, values = ("tiger_line_id", "side", *AREAS), row[6:12]
        extra: Extra = (("match_type", kind), *((n, v) for n, v in zip(names, values, strict=False) if v))
        return Location(
            *where,
            formatted=row[4],
            match="street",
            confidence=CONFIDENCE[kind],
            reason="" if kind == "Exact" else NOT_EXACT,
            service=self.name,
            attribution=self.attribution,
            extra=extra,
        )


def _cells(query: Query) -> Cells | QueryError:
    if len(query.line) > files.LONGEST:
        return QueryError(f"longer than the {files.LONGEST} letters that are sent to the Census; it was not sent")
    return cells(query)
