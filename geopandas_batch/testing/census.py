"""A double of the US Census geocoder: its batch endpoint, with made-up places."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import web

from geopandas_batch.testing import mishaps
from geopandas_batch.testing.fiction import LANDS, Choice, Found, Places, Refused, nowhere, refusable
from geopandas_batch.testing.filing import FileDouble
from geopandas_batch.testing.uploads import RefusedError, Upload, table

MOST_ROWS = 10_000
_KANSAS = next(land for land in LANDS if land.code == "us")
# The two letters of the postal service for states, the capital's district and island areas.
_STATES = set(re.findall(
    "..",
    "alakazarcactdedcflgahiidiliniakskylamemdmamimnmsmomtnenvnhnjnmnyncndohokorparisc"
    "sdtntxutvtvawawvwiwyprguviasmp",
))  # fmt: skip
_PATHS = {f"/geocoder/{kind}/addressbatch": kind for kind in ("locations", "geographies")}


class FakeCensus(FileDouble):
    """The US Census geocoder on this machine: files of addresses in, rows in another order out.

    A made-up place depends on the words of its address alone; see :meth:`expected`. It is in Kansas.

    Parameters
    ----------
    places : mapping or callable, optional
        What it knows, as with :class:`FakeGeoapify`: a mapping from the text of an address, or a function of
        ``{"text": ...}`` with the words in lower case and no commas. A :class:`Found` with a ``match_type`` other than
        full_match is Non_Exact.
    not_found : set of str, or callable
        No_Match: by default what has the word "nowhere". What has no house number, or neither a state of two letters
        nor a ZIP code, has No_Match anyway.
    refused : set of str, or callable
        Tie: by default what has the word "refused".
    poison : set of str, or callable
        Addresses that spoil the file in which they are: it is answered with 500. By default none.
    max_per_second : float, optional
        Requests in any second, beyond which the answer is 429. None: no limit.
    seconds_per_file : float
        How long a file takes.
    benchmarks, vintages : tuple of str
        Which there are; another one is refused.
    seed : int
        The order of the rows depends on it.

    Examples
    --------
    >>> import geopandas_batch
    >>> from geopandas_batch.services import Census
    >>> with FakeCensus() as fake:
    ...     service = Census(base_url=fake.url)
    ...     found = geopandas_batch.locate(["1 Main Street, Salina, KS"], service=service, cache=False)
    >>> tuple(found.loc[0, ["lat", "lon"]]) == fake.expected("1 Main Street, Salina, KS")
    True
    """

    file_field = "addressFile"
    land = _KANSAS

    def __init__(
        self,
        *,
        places: Places | None = None,
        not_found: Choice = nowhere,
        refused: Choice = refusable,
        poison: Choice = (),
        max_per_second: float | None = None,
        seconds_per_file: float = 0.0,
        benchmarks: tuple[str, ...] = ("Public_AR_Current",),
        vintages: tuple[str, ...] = ("Current_Current",),
        seed: int = 0,
    ) -> None:
        """See the class."""
        super().__init__(
            places=places, not_found=not_found, refused=refused, poison=poison,
            max_per_second=max_per_second, seconds_per_file=seconds_per_file, seed=seed,
        )  # fmt: skip
        self.benchmarks, self.vintages = benchmarks, vintages

    @property
    def url(self) -> str:
        """What to give as the service's base address: ``http://127.0.0.1:PORT/geocoder``."""
        return self._base("/geocoder")

    def expected(self, text: str) -> tuple[float, float] | None:
        """As of every double; None also for what is no address in the United States."""
        return super().expected(text) if self._is_home(text) else None

    def _is_home(self, text: str) -> bool:
        words = self._known_as(text).split()
        return any(map(str.isdigit, text)) and any(
            word in _STATES or (word.isdigit() and len(word) == 5) for word in words
        )

    def _answers(self, path: str, upload: Upload) -> tuple[list[list[str]], int]:
        kind = _PATHS.get(path)
        if kind is None:
            raise RefusedError(404)
        if upload.fields.get("benchmark", [""])[0] not in self.benchmarks:
            raise RefusedError(400, "benchmark is not valid")
        if kind == "geographies" and upload.fields.get("vintage", [""])[0] not in self.vintages:
            raise RefusedError(400, "vintage is not valid")
        if not 0 < len(upload.rows) <= MOST_ROWS:
            raise RefusedError(400, f"a file has from 1 to {MOST_ROWS} records")
        rows = [self._row(row, areas=kind == "geographies") for row in upload.rows]
        self._chance.shuffle(rows)
        return rows, 0

    def _row(self, row: list[str], *, areas: bool) -> list[str]:
        number, *cells = row
        asked = ", ".join(cells)
        self._accept(" ".join(filter(None, cells)))
        place = self._place(asked)
        if isinstance(place, Refused):
            return [number, asked, "Tie"]
        if not isinstance(place, Found) or not self._is_home(asked):
            return [number, asked, "No_Match"]
        exact = "Exact" if place.match_type == "full_match" else "Non_Exact"
        said = (place.formatted or ", ".join(filter(None, cells))).upper()
        found = [number, asked, "Match", exact, said, f"{place.lon},{place.lat}", "7654321", "L"]
        return [*found, "20", "169", "000100", "1009"] if areas else found

    def _row_error(self, row: list[str]) -> list[str]:
        return [*row[:2], "", *row[2:]]  # 'Match' is in the column of its kind, and so on

    def _written(self, rows: list[list[str]]) -> web.Response:
        headers = {
            "Content-Type": "text/plain",
            "Content-Disposition": "attachment; filename=GeocodeResults.csv",
            "Set-Cookie": "JSESSIONID=0123456789; Path=/geocoder",
        }
        return web.Response(body=table(rows, quoted=True).encode("iso-8859-1", "replace"), headers=headers)

    def _error(self, status: int, message: str, headers: Mapping[str, str]) -> web.Response:
        answer = mishaps.page(message or f"HTTP Status {status}", status=status)
        answer.headers.update(headers)
        return answer
