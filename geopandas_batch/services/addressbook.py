"""The user's own table of houses as a service: offline, at house level."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from geopandas_batch.errors import SettingsError
from geopandas_batch.garbage import no_collection
from geopandas_batch.locks import Lock
from geopandas_batch.places import Location, Match, Query, sealed
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.wire import Wire

if TYPE_CHECKING:
    from geopandas_batch.addressbook.matching import Area, Found, Houses

log = logging.getLogger("geopandas_batch")

SPREAD = 0.03  # degrees, about 3 km: streets of one name that are farther apart are two streets

# Measured on noisy questions to a made-up book (tests/test_addressbook.py holds that answers are right as often).
_HOUSE, _WITHOUT_POSTCODE, _MISSPELT = 0.99, 0.97, 0.95
_STREET, _STREET_MISSPELT, _POSTCODE, _CITY = 0.9, 0.85, 0.7, 0.6
_AROUND = " ,"  # what is left where the book has no postcode or town


@dataclass(frozen=True)
class AddressBook:
    """A table of houses as a service: OpenAddresses, BAN, Overture, or your own customers.

    The table is imported once into an indexed file in the cache folder, for its user alone, and again when it has
    changed. A house is found by exact spelling in its postcode or town, else with few letters wrong. A number that is
    not there is never taken for a house: the answer is the middle of its street, and says so.

    With Dask, all workers answer, from a table that all of them see; one imports it, and the others wait.

    Parameters
    ----------
    source : path
        CSV (also ``.csv.gz``), Parquet, or GeoJSON of one feature a line. The schemas of OpenAddresses, BAN and
        Overture are known. Rows without a point, or with one at 0, 0, are left out; of more than 1 % the log says so.
    number, street, city, postcode, state, lat, lon : str, optional
        Columns, where their names are not the usual ones. Without one for the number, it is taken from the street if
        nearly all have one there ("12 Main Street").
    attribution : str
        The credit that the licence of the table asks for.
    folder : path, optional
        Where the index is kept; by default, in the user's cache folder.
    progress : bool, optional
        Of the import. None: a bar in notebooks and terminals.

    Raises
    ------
    SettingsError
        When it is first asked: the table cannot be read, has no column that is needed, or DuckDB is not installed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> text = "number,street,city,postcode,lat,lon\\n1,Karl Johans gate,Oslo,0154,59.9111,10.7503\\n"
    >>> _ = (folder / "houses.csv").write_text(text)
    >>> import geopandas_batch
    >>> book = AddressBook(folder / "houses.csv", folder=folder)
    >>> geopandas_batch.locate(["KARL JOHANS GATE 1, OSLO"], service=book)["lat"].tolist()
    [59.9111]
    """

    source: str | os.PathLike[str]
    number: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    lat: str = ""
    lon: str = ""
    attribution: str = ""
    folder: str | os.PathLike[str] | None = None
    progress: bool | None = field(default=None, compare=False)

    name = "addressbook"
    price = 0.0
    local = True
    # Nothing is cached twice: the index is on this computer already, and is asked in batches. Two, since one is read
    # while the engine, which needs no lock of Python's, joins the other: a tenth more a second on two cores.
    limits = Limits(batch_size=20_000, max_concurrency=2, keep_for=timedelta(0))

    def __post_init__(self) -> None:
        """Refuse what is no file; it is opened when it is first asked."""
        if not isinstance(self.source, str | os.PathLike):
            raise SettingsError(f"an address book is the path of a file, not {type(self.source).__name__}")

    @property
    def options(self) -> Mapping[str, str]:
        """What the table is: another one may answer otherwise."""
        from geopandas_batch.addressbook.index import fingerprint

        return {"source": fingerprint(Path(self.source), self._columns)}

    @property
    def _columns(self) -> dict[str, str]:
        from geopandas_batch.addressbook.schemas import FIELDS

        return {name: value for name in FIELDS if (value := getattr(self, name))}

    async def locate_many(self, wire: Wire, queries: Sequence[Query]) -> Sequence[Answer]:
        """As many answers as queries, in their order. The wire is not used; the work is done in a thread."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._locate_many, list(queries), stop)
        except asyncio.CancelledError:
            stop.set()  # an import of millions of rows does not go on behind the prompt
            raise

    def index(self) -> Path:
        """The indexed file; made now, if it is not there."""
        return self._index()

    def _index(self, stop: threading.Event | None = None) -> Path:
        from geopandas_batch.addressbook.index import ensure
        from geopandas_batch.settings import cache_folder

        folder = Path(self.folder) if self.folder is not None else cache_folder() / "addressbooks"
        with _lock:
            return ensure(Path(self.source), self._columns, folder, self.progress, stop)

    def _locate_many(self, queries: Sequence[Query], stop: threading.Event | None = None) -> list[Answer]:
        from geopandas_batch.addressbook.building import duckdb

        index = self._index(stop)
        try:
            return self._ask(index, queries)
        except duckdb().OutOfMemoryException:
            raise
        except duckdb().Error as error:
            self._set_aside(index, error)
        return self._ask(self._index(stop), queries)

    def _ask(self, index: Path, queries: Sequence[Query]) -> list[Answer]:
        from geopandas_batch.addressbook.matching import Batch

        with _lock:  # a connection that is opened while another one is being made lacks the engine's functions
            cursor = _open(index, os.getpid()).cursor()
        with cursor, no_collection():
            batch = Batch(cursor)
            asked = batch.read(queries)
            houses, streets = batch.streets(asked)
            answers: list[Answer] = [None] * len(queries)
            for i, house in zip(houses.i, self._at_houses(houses), strict=True):
                answers[i] = house
            for i, found in streets.items():
                answers[i] = self._at_street(asked["number"][i], found)
            rest = [i for i, answer in enumerate(answers) if answer is None]
            for i, areas in batch.areas(asked, rest).items():
                answers[i] = self._at_area(asked["street"][i], areas, streets.get(i, []))
        return answers

    def _set_aside(self, index: Path, error: Exception) -> None:
        """An index that cannot be read: damaged, or of another version of the engine. It is made again."""
        from geopandas_batch.addressbook.tables import trouble

        with _lock:
            _open.cache_clear()
            try:
                index.unlink(missing_ok=True)
            except OSError:
                raise SettingsError(
                    f"the index {index} of an address book cannot be read: {trouble(error)}. "
                    "Remove it, or give another folder="
                ) from error
        log.warning(
            "the index of the address book %s cannot be read and is made again: %s", self.source, trouble(error)
        )

    def _at_houses(self, houses: Houses) -> Iterator[Location]:
        match, reason, service, credit, extra = map(repeat, ("building", "", self.name, self.attribution, ()))
        sure = map(_sure, houses.far, houses.told)
        shown = map(str.strip, houses.shown, repeat(_AROUND))
        return map(sealed, houses.lat, houses.lon, shown, match, sure, reason, service, credit, extra)

    def _at_street(self, number: str, found: list[Found]) -> Location | None:
        """The house, or its street; None where several streets may be meant."""
        houses = [each for each in found if each.number]
        first = houses[0] if houses else found[0]
        same = len({each.street for each in found}) == 1
        if len(houses) == 1 and first.single and (same or not first.far):
            sure = _sure(first.far, first.told)
            return self._location(first.house_lat, first.house_lon, first.house, "building", sure)
        lats = [each.lat for each in found]
        # Seen from the first one, so that 179.99 and -179.99 are neighbours.
        lons = [first.lon + (each.lon - first.lon + 180) % 360 - 180 for each in found]
        if max(max(lats) - min(lats), max(lons) - min(lons)) > SPREAD or not same or any(each.wide for each in found):
            return None
        if not number:
            reason = "the middle of the street: no number is asked that is surely a house's"
        elif houses:
            reason = f"the middle of the street: there is more than one number {houses[0].number}"
        else:
            reason = "the middle of the street: this number is not in the address book"
        lat, lon = sum(lats) / len(found), (sum(lons) / len(found) + 180) % 360 - 180
        sure = _STREET_MISSPELT if first.far else _STREET
        return self._location(lat, lon, first.shown, "street", sure, reason)

    def _at_area(self, street: str, areas: list[Area], streets: list[Found]) -> Location | None:
        codes = [each for each in areas if each.match == "postcode"]
        towns = [each for each in areas if each.match == "city"]
        area = max(codes or towns, key=lambda each: each.houses)
        reason = ""
        if len(streets) > 1:
            reason = f"{len(streets)} streets may be meant, such as {streets[0].name}, {streets[0].city}"
        elif streets:
            reason = f"houses of {streets[0].name} are far apart: it may be several streets"
        elif street:
            reason = "this street is not in the address book"
        elif area.wide:
            reason = f"several places may be meant by {area.shown}"
        elif not codes and len(towns) > 1:
            reason = f"{len(towns)} towns have this name"
        sure = _POSTCODE if codes else _CITY if len(towns) == 1 else _CITY / len(towns)
        sure = sure / 2 if area.wide else sure
        return self._location(area.lat, area.lon, area.shown, cast(Match, area.match), sure, reason)

    def _location(
        self, lat: float, lon: float, formatted: str, match: Match, sure: float, reason: str = ""
    ) -> Location:
        lat, lon, formatted = round(lat, 7), round(lon, 7), formatted.strip(_AROUND)
        return Location(lat, lon, formatted, match, sure, reason, self.name, self.attribution)


_lock = Lock()


@lru_cache(maxsize=8)
def _open(index: Path, process: int) -> Any:
    """The file, once a process; threads have cursors of their own."""
    from geopandas_batch.addressbook.building import MEMORY, duckdb

    return duckdb().connect(str(index), read_only=True, config={"memory_limit": MEMORY, "threads": 1})


def _sure(far: int, told: bool) -> float:
    """How sure a house is, by the letters of its street that differ and by whether more than its town's name agrees."""
    return _MISSPELT if far else _HOUSE if told else _WITHOUT_POSTCODE
