"""The user's own table of houses as a service: offline, at house level."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from geopandas_batch.errors import SettingsError
from geopandas_batch.garbage import no_collection
from geopandas_batch.locks import Lock
from geopandas_batch.places import Query
from geopandas_batch.services.protocol import Answer, Limits
from geopandas_batch.wire import Wire

log = logging.getLogger("geopandas_batch")


@dataclass(frozen=True)
class AddressBook:
    """A table of houses as a service: OpenAddresses, BAN, Overture, or your own customers.

    The table is imported once into an indexed file in the cache folder, for its user alone, and again when it has
    changed. A house is found by exact spelling in its postcode or town, else with few letters wrong: ``confidence``
    says how sure that is, and ``reason`` what is otherwise. A number that is not there is never taken for a house: the
    answer is the middle of its street, and says so. Where the table has a column of countries, only houses of the one
    that is asked are found; where it has none, no country is refused.

    With Dask, all workers answer, from a table that all of them see; one imports it, and the others wait.

    Parameters
    ----------
    source : path
        CSV (also ``.csv.gz``), Parquet, or GeoJSON of one feature a line. The schemas of OpenAddresses, BAN and
        Overture are known. Rows without a point, or with one at 0, 0, are left out; of more than 1 % the log says so.
    number, street, city, postcode, state, country, lat, lon : str, optional
        Columns, where their names are not the usual ones. Without one for the number, it is taken from the street if
        nearly all have one there ("12 Main Street").
    attribution : str
        The credit that the licence of the table asks for.
    encoding : str
        Of a CSV or GeoJSON file that is not UTF-8, such as "cp1252". UTF-16 tells itself by its first bytes.
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
    country: str = ""
    lat: str = ""
    lon: str = ""
    attribution: str = ""
    encoding: str = "utf-8"
    folder: str | os.PathLike[str] | None = None
    progress: bool | None = field(default=None, compare=False)

    name = "addressbook"
    price = 0.0
    local = True
    # Nothing is cached twice: the index is on this computer already, and is asked in batches. Two, since one is read
    # while the engine, which needs no lock of Python's, joins the other: a tenth more a second on two cores.
    limits = Limits(batch_size=20_000, max_concurrency=2, keep_for=timedelta(0))

    def __post_init__(self) -> None:
        """Refuse what is no file or encoding; the file is opened when it is first asked."""
        from geopandas_batch.addressbook.importing.encodings import checked

        if not isinstance(self.source, str | os.PathLike):
            raise SettingsError(f"an address book is the path of a file, not {type(self.source).__name__}")
        checked(self.encoding)

    @property
    def options(self) -> Mapping[str, str]:
        """What the table is: another one may answer otherwise."""
        from geopandas_batch.addressbook.importing.encodings import checked
        from geopandas_batch.addressbook.index import fingerprint

        return {"source": fingerprint(Path(self.source), self._columns, checked(self.encoding))}

    @property
    def _columns(self) -> dict[str, str]:
        from geopandas_batch.addressbook.importing.schemas import FIELDS

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
        """The indexed file; made now, if it is not there, so that no later question waits for it.

        Returns
        -------
        Path
            In `folder`, for this user alone. It may be deleted; it is made again.

        Raises
        ------
        SettingsError
            As of the class.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> text = "number,street,city,postcode,lat,lon\\n1,Karl Johans gate,Oslo,0154,59.9111,10.7503\\n"
        >>> _ = (folder / "houses.csv").write_text(text)
        >>> AddressBook(folder / "houses.csv", folder=folder).index().parent == folder
        True
        """
        return self._index()

    def _index(self, stop: threading.Event | None = None) -> Path:
        from geopandas_batch.addressbook.importing.encodings import checked
        from geopandas_batch.addressbook.index import ensure
        from geopandas_batch.settings import cache_folder

        folder = Path(self.folder) if self.folder is not None else cache_folder() / "addressbooks"
        with _lock:
            return ensure(Path(self.source), self._columns, folder, self.progress, stop, checked(self.encoding))

    def _locate_many(self, queries: Sequence[Query], stop: threading.Event | None = None) -> list[Answer]:
        from geopandas_batch.addressbook.importing import duckdb

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
        from geopandas_batch.addressbook.matching.answers import Answers

        with _lock:  # a connection that is opened while another one is being made lacks the engine's functions
            book, endings = _open(index, os.getpid())
            cursor = book.cursor()
        with cursor, no_collection():
            batch = Batch(cursor, endings)
            asked = batch.read(queries)
            houses, streets = batch.streets(asked)
            answers: list[Answer] = [None] * len(queries)
            say = Answers(self.name, self.attribution)
            for i, house in zip(houses.i, say.houses(houses, asked["street"]), strict=True):
                answers[i] = house
            for i, found in streets.items():
                answers[i] = say.street(asked["street"][i], asked["number"][i], found)
            rest = [i for i, answer in enumerate(answers) if answer is None]
            for i, areas in batch.areas(asked, rest).items():
                answers[i] = say.area(asked["street"][i], areas, streets.get(i, []), asked["written"][i])
        return answers

    def _set_aside(self, index: Path, error: Exception) -> None:
        """An index that cannot be read: damaged, or of another version of the engine. It is made again."""
        from geopandas_batch.addressbook.importing.tables import trouble

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


_lock = Lock()


@lru_cache(maxsize=8)
def _open(index: Path, process: int) -> tuple[Any, dict[str, str]]:
    """The file, once a process, as threads have cursors of their own; and what says a country in it."""
    from geopandas_batch.addressbook.importing import MEMORY, duckdb

    book = duckdb().connect(str(index), read_only=True, config={"memory_limit": MEMORY, "threads": 1})
    return book, dict(book.execute("FROM country_name").fetchall())
