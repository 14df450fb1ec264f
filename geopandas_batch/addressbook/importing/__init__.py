"""From the table of an address book to its index: spelled, and grouped into streets, postcodes and towns."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np

from geopandas_batch.addressbook.importing.axes import check
from geopandas_batch.addressbook.importing.encodings import in_utf8
from geopandas_batch.addressbook.importing.middles import gathered, in_one_line
from geopandas_batch.addressbook.importing.rows import TEXTS, take_rows
from geopandas_batch.addressbook.importing.schemas import columns_of
from geopandas_batch.addressbook.importing.streets import gather_houses, gather_streets
from geopandas_batch.addressbook.importing.tables import table, trouble
from geopandas_batch.addressbook.reading.countries import codes, endings
from geopandas_batch.addressbook.reading.regions import STATES, shortened
from geopandas_batch.addressbook.spelling import EDGES, OWN, keys, numbers, postcodes
from geopandas_batch.errors import SettingsError
from geopandas_batch.progress import Progress, ProgressLike

log = logging.getLogger("geopandas_batch")

MEMORY = "1GB"  # beyond it, the import goes by way of the disk
_SLICE = 100_000  # names or streets at a time
_LOST = 0.01  # of the rows may lack something without a warning
_LOOK = 0.2  # seconds between two looks at how far the engine is

_AREA = 0.5  # degrees that the area of a postcode and a town are seldom larger than: 55 km
_Spelling: TypeAlias = Callable[[Collection[str]], list[str]]


def duckdb() -> Any:
    """The engine, or the way to it."""
    try:
        import duckdb
    except ModuleNotFoundError as missing:
        raise SettingsError('an address book needs DuckDB: pip install "geopandas-batch[addressbook]"') from missing
    return duckdb


def build(
    source: Path,
    columns: Mapping[str, str],
    part: Path,
    progress: ProgressLike,
    stop: threading.Event,
    encoding: str = "",
) -> None:
    """Make the file ``index`` in this folder; `stop` gives it up."""
    engine = duckdb()
    text = in_utf8(source, encoding, part, stop)
    with engine.connect(str(part / "index")) as db:
        db.execute(f"SET memory_limit = '{MEMORY}'")
        db.execute("SET temp_directory = ?", [str(part / "spill")])
        db.execute("SET preserve_insertion_order = false")  # takes memory, and nobody asks for it
        db.execute("SET enable_progress_bar = true")
        db.execute("SET enable_progress_bar_print = false")
        try:
            rows_of = table(text, source)
            types = {row[0]: row[1] for row in db.execute(f"DESCRIBE SELECT * FROM {rows_of}").fetchall()}
            fields = columns_of(types, columns)
            rows = db.execute(f"SELECT count(*) FROM {rows_of}").fetchone()[0]
            with Progress(rows, progress, label=f"import {source.name}") as bar, _Watch(db, bar, stop) as watch:
                watch.reach(0.4)
                take_rows(db, rows_of, fields)
                check(db, source, fields["lat"], fields["lon"])
                _fill(db, watch.reach)
                kept, numbered = db.execute("SELECT count(*), count(nullif(number, '')) FROM raw").fetchone()
        except RuntimeError as error:
            if "interrupted" in str(error):  # what the engine makes of Ctrl-C
                raise KeyboardInterrupt from error
            raise
        except engine.Error as error:
            if str(part) in str(error).replace(str(text), ""):  # as where the disk is full
                raise SettingsError(
                    f"no index of the address book {source} can be made in {part.parent}: {trouble(error)}"
                ) from error
            raise SettingsError(f"the address book {source} cannot be read: {trouble(error)}") from error
        if not rows:
            raise SettingsError(f"the address book {source} has no rows")
        if not kept:
            raise SettingsError(
                f"none of the {rows:,} rows of the address book {source} has a street, town or postcode and a latitude "
                "from -90 to 90 with a longitude from -180 to 180, not both 0. Are its points in metres, latitude and "
                "longitude the wrong way round, or its columns others? "
                f"Read were {', '.join(f'{field}: {sql}' for field, sql in fields.items() if sql)}."
            )
        if not numbered:
            log.warning(
                "address book %s has no house numbers, only streets: if a column has them, say which, with number=...",
                source.name,
            )
        told = "address book %s: %s of %s rows imported; the others have no street, town or postcode, or no point"
        many = rows - kept > rows * _LOST
        log.log(logging.WARNING if many else logging.INFO, told, source.name, f"{kept:,}", f"{rows:,}")


class _Watch:
    """Looks at the engine from a thread of its own: how far it is, and whether the import is given up."""

    def __init__(self, db: Any, bar: Progress, stop: threading.Event) -> None:
        self._db, self._bar, self._stop = db, bar, stop
        self._begin = self._end = 0.0  # of the statement at work, as shares of the whole
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="address book", daemon=True)

    def reach(self, share: float) -> None:
        """What comes now takes the import to this share of the whole."""
        if self._stop.is_set():
            raise SettingsError("the import of the address book was given up")
        self._begin, self._end = self._end, share

    def _look(self) -> None:
        while not self._over.wait(_LOOK):
            if self._stop.is_set():
                self._db.interrupt()
            part = max(self._db.query_progress(), 0) / 100
            self._show(self._begin + (self._end - self._begin) * part)

    def _show(self, share: float) -> None:
        self._bar.advance(max(0, round(self._bar.total * share) - self._bar.counts.total()), "rows")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._show(self._end if error is None else 0)


def _fill(db: Any, reach: Callable[[float], None]) -> None:
    """The tables of the index, from the rows as they were read."""
    reach(0.6)
    _spell_rows(db, reach)
    reach(0.9)
    gather_streets(db)
    reach(1.0)
    gather_houses(db)
    _gather_areas(db)
    _gather_words(db)
    _gather_edges(db)
    _keep_countries(db)


def _spell_rows(db: Any, reach: Callable[[float], None]) -> None:
    """The rows with a key beside each of their texts."""
    spellings: dict[str, _Spelling] = dict.fromkeys(TEXTS, keys)
    spellings |= {"number": numbers, "postcode": postcodes, "state": _states, "country": codes}
    for field, spelling in spellings.items():
        _spell(db, field, spelling, reach, 0.6)
    reach(0.7)
    db.execute(
        "CREATE TEMP TABLE spelled AS SELECT lat, lon, "
        + ", ".join(f"{f}, {f}_key.key AS {f}_key" for f in TEXTS)
        + " FROM raw "
        + " ".join(f"JOIN {f}_key USING ({f})" for f in TEXTS)
    )


def _gather_areas(db: Any) -> None:
    """The postcodes and the towns."""
    for area, state in (("postcode", ""), ("city", "state")):
        # Points of towns that share a name are apart: one row a town and state.
        keys_ = f"{area}_key, country_key" + (state and ", state_key")
        shown, town = in_one_line(f"mode({area})"), in_one_line("mode(city)")
        areas = gathered(keys_, f"{shown} AS shown, {town} AS shown_city", _AREA)
        renamed = f"{area}_key AS {area}, country_key AS country" + (state and ", state_key AS state")
        db.execute(f"CREATE TABLE {area}_area AS SELECT * RENAME ({renamed}) FROM ({areas})")


def _gather_words(db: Any) -> None:
    """All names, and of what each may be the name."""
    states = {"key": np.array(list(STATES), object), "code": np.array(list(STATES.values()), object)}
    db.register("state_name", states)
    db.execute(
        "CREATE TABLE word AS SELECT key, bit_or(kind) AS kind, sum(streets)::BIGINT AS streets FROM ("
        "SELECT street AS key, 1 AS kind, count(*) AS streets FROM street GROUP BY street UNION ALL "
        "SELECT DISTINCT city, 2, 0 FROM city_area UNION ALL SELECT DISTINCT postcode, 4, 0 FROM "
        "postcode_area UNION ALL SELECT DISTINCT state, 8, 0 FROM street WHERE state <> '' UNION ALL "
        # Where the states are those of a country whose other states are known, "Springfield, Ohio" is said to be none.
        "SELECT key, 8, 0 FROM state_name WHERE code IN (SELECT state FROM street) "
        "OR (SELECT avg((state IN (SELECT code FROM state_name))::INT) FROM "
        "(SELECT DISTINCT state FROM street WHERE state <> '')) > 0.5) GROUP BY key ORDER BY key"
    )
    db.unregister("state_name")


def _gather_edges(db: Any) -> None:
    """How the names of streets and towns begin and end: one typing error leaves at least one of both as it is."""
    db.execute(
        "CREATE TABLE street_edge AS SELECT id, street, postcode, city, state, country, marks, kind, streets, edge "
        f"FROM (SELECT *, {OWN} AS own FROM street), LATERAL (SELECT DISTINCT unnest({EDGES}) AS edge) "
        "WHERE city <> '' ORDER BY city, edge"
    )
    db.execute(
        "CREATE TABLE city_edge AS SELECT DISTINCT city, edge FROM city_area, "
        "LATERAL (SELECT unnest(['^' || city[:2], city[-2:] || '$']) AS edge) ORDER BY edge"
    )


def _keep_countries(db: Any) -> None:
    """The names that say a country at the end of an address; none where the book tells of no country."""
    countries, unknown = (
        {row[0] for row in db.execute(f"SELECT DISTINCT {column} FROM country_key WHERE {where}").fetchall()}
        for column, where in (("key", "key <> ''"), ("country", "key = '' AND country <> ''"))
    )
    if unknown:
        log.warning("address book: %s is no country that is known; its rows are of any", repr(min(unknown))[:50])
    taken = {row[0] for row in db.execute("SELECT key FROM word").fetchall()} if countries else set()
    ends = endings(taken, countries) if countries else {}
    columns = {"key": np.array(list(ends), object), "code": np.array(list(ends.values()), object)}
    db.execute("CREATE TABLE country_name (key VARCHAR, code VARCHAR)")
    if ends:
        db.register("chunk", columns)
        db.execute("INSERT INTO country_name SELECT * FROM chunk")
        db.unregister("chunk")


def _states(texts: Collection[str]) -> list[str]:
    return list(map(shortened, keys(texts)))


def _spell(db: Any, field: str, spell: _Spelling, reach: Callable[[float], None], share: float) -> None:
    """A table of the different texts of a column with their keys; made in slices, so that not all are in memory."""
    db.execute(f"CREATE TEMP TABLE {field}_text AS SELECT DISTINCT {field} AS text FROM raw")
    db.execute(f"CREATE TEMP TABLE {field}_key ({field} VARCHAR, key VARCHAR)")
    count = db.execute(f"SELECT count(*) FROM {field}_text").fetchone()[0]
    for start in range(0, count, _SLICE):
        reach(share)
        slice_ = f"SELECT text FROM {field}_text WHERE rowid >= {start} AND rowid < {start + _SLICE}"
        texts = db.execute(slice_).fetchnumpy()["text"]
        db.register("chunk", {"text": texts, "key": np.array(spell(texts.tolist()), object)})
        db.execute(f"INSERT INTO {field}_key SELECT * FROM chunk")
        db.unregister("chunk")
    db.execute(f"DROP TABLE {field}_text")
