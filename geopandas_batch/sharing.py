"""Answers as a Parquet file, for others to take over: so a team pays for an address once.

The file holds answers by the digests that are their keys: neither the addresses that were asked nor what a person has
corrected, but the places that were found. It is of use to whoever asks the same service with the same options.
"""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError
from geopandas_batch.garbage import no_collection
from geopandas_batch.locator import Cache
from geopandas_batch.places import MATCHES
from geopandas_batch.sheets import KINDS, written
from geopandas_batch.store import Store
from geopandas_batch.store.keys import KEY_BYTES
from geopandas_batch.store.rows import Row, is_extra

ROWS = 50_000  # in memory at a time
GROUP_BYTES = 1 << 30  # of a file's group of rows, unpacked; ours have 20 MB
CLOCKS_APART = 86_400.0  # seconds that the clock of another computer may be ahead
_OF_PLACES = ("lat", "lon", "formatted", "match", "confidence", "reason", "extra")  # null where nothing was found
_TEXTS = ("formatted", "reason")
_BOUNDS = {"lat": (-90, 90), "lon": (-180, 180), "match": (0, len(MATCHES) - 1), "confidence": (0, 1)}
_DATABASE = b"SQLite format 3\0"
MARK = {b"geopandas_batch": b"answers 1"}


class Imported(NamedTuple):
    """What became of the answers in a file."""

    new: int
    known: int  # in the cache already, and not older there
    expired: int


def export_cache(file: str | Path, *, cache: Cache = True) -> int:
    """Write the answers of a cache as a Parquet file.

    Parameters
    ----------
    file : str or Path
        It appears when it is whole.
    cache : bool or path
        True: the cache of this user. A path: another file.

    Returns
    -------
    int
        How many answers. Those that may not be kept any longer are not among them.

    Raises
    ------
    SettingsError
        There is no cache file, `file` is one itself or has the ending of another kind of file, or pyarrow is not
        installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from geopandas_batch import locate
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = locate(["Oslo, Norway"], service="gazetteer", cache=folder / "a.sqlite")
    >>> export_cache(folder / "answers.parquet", cache=folder / "a.sqlite")
    1
    >>> import_cache(folder / "answers.parquet", cache=folder / "b.sqlite")
    Imported(new=1, known=0, expired=0)
    """
    pyarrow, parquet = _library()
    _refuse_database(Path(file))
    if KINDS.get(Path(file).suffix.lower(), "parquet") != "parquet":  # it may be a table of the user's
        raise SettingsError(f"answers are written as Parquet: give a name that ends in .parquet, not {file}")
    store, count = _store(cache, there=True), 0
    schema = _schema(pyarrow)
    try:
        with (
            written(str(Path(file).absolute()), "parquet") as draft,
            parquet.ParquetWriter(draft, schema, compression="zstd") as writer,
        ):
            for rows in store.rows(ROWS):
                columns = zip(*rows, strict=True)
                arrays = [pyarrow.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
                writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
                count += len(rows)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error}") from error
    finally:
        store.close()
    return count


def import_cache(file: str | Path, *, cache: Cache = True) -> Imported:
    """Take over answers that `export_cache` has written; of two answers to a question, the newer one stays.

    The whole file is checked before the first answer is taken over. Trust whom it comes from: a place that is wrong
    in it is wrong in your tables.

    Parameters
    ----------
    file : str or Path
    cache : bool or path
        True: the cache of this user. A path: another file, made if it is not there.

    Returns
    -------
    Imported
        How many were new, known and expired.

    Raises
    ------
    SettingsError
        The file is not such a one, or the cache cannot be written. Nothing was taken over.

    Examples
    --------
    See `export_cache`.
    """
    pyarrow, parquet = _library()
    store = _store(cache, there=False)
    try:
        with parquet.ParquetFile(file) as source:
            _check(source, pyarrow, str(file))
            for number, batch in enumerate(source.iter_batches(ROWS)):
                batch.validate(full=True)  # is its text UTF-8?
                if not _are_answers(batch):
                    where = f"{file}, rows {number * ROWS + 1:,} and on"
                    raise SettingsError(f"{where}: there is something that is no answer. Nothing was taken over")
            new = total = valid = 0
            for batch in source.iter_batches(ROWS):
                fresh = _still_valid(batch)
                with no_collection():
                    keys = fresh.column("key").to_numpy(zero_copy_only=False).tolist()  # 30 times as fast
                    columns = (column.to_pylist() for column in fresh.columns[1:])
                    new += store.merge(list(zip(keys, *columns, strict=True)))
                total, valid = total + batch.num_rows, valid + fresh.num_rows
    except FileNotFoundError as error:
        raise SettingsError(f"there is no file {file}") from error
    except (OSError, ValueError, pyarrow.ArrowException) as error:  # some of Arrow's are also of the other two
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{file} is no Parquet file of answers that can be read: {error}") from error
    finally:
        store.close()
    return Imported(new, valid - new, total - valid)


def _refuse_database(file: Path) -> None:
    """What is paid for is in such files: the cache itself, or another one."""
    for each in (file, file.with_name(re.sub("-(wal|shm|journal)$", "", file.name))):
        if not each.is_file():  # a pipe would wait for who writes to it
            continue
        with each.open("rb") as opened:
            is_database = opened.read(len(_DATABASE)) == _DATABASE
        if is_database:
            raise SettingsError(f"{each} is a database, as the cache file is: write the answers to another file")


def _store(cache: Cache, *, there: bool) -> Store:
    file = settings.cache_file(cache)
    if file is None:
        raise SettingsError("answers are shared between cache files, and with cache=False (or :memory:) there is none")
    if there and not file.exists():
        raise SettingsError(f"there is no cache file {file}: nothing is kept yet")
    return Store(file)


def _library() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise SettingsError('Parquet files need pyarrow: pip install "geopandas-batch[sheets]"') from error
    return pyarrow, pyarrow.parquet


def _schema(pyarrow: Any) -> Any:
    kinds = {
        "key": pyarrow.binary(KEY_BYTES),
        **dict.fromkeys(("service", "attribution", "formatted", "reason", "extra"), pyarrow.string()),
        **dict.fromkeys(("lat", "lon", "confidence", "asked", "until"), pyarrow.float64()),
        "match": pyarrow.int8(),
    }
    return pyarrow.schema([(name, kinds[name]) for name in Row._fields], metadata=MARK)


def _check(source: Any, pyarrow: Any, name: str) -> None:
    found = source.schema_arrow
    if not found.equals(_schema(pyarrow)) or not MARK.items() <= (found.metadata or {}).items():
        raise SettingsError(f"{name} holds no answers: it was not written by `geopandas-batch cache export`")
    groups = (source.metadata.row_group(number) for number in range(source.metadata.num_row_groups))
    if any(group.total_byte_size > GROUP_BYTES for group in groups):
        raise SettingsError(f"{name} would unpack to more than a gigabyte at a time, which no export of ours does")


def _still_valid(batch: Any) -> Any:
    """The answers that may still be used."""
    import pyarrow.compute as compute

    until = batch.column("until")
    return batch.filter(compute.or_kleene(compute.is_null(until), compute.greater(until, time.time())))


def _are_answers(batch: Any) -> bool:
    """Whether each row is one that the store could have written, seen column by column."""
    import pyarrow.compute as compute

    column = dict(zip(batch.schema.names, batch.columns, strict=True))
    found = compute.is_valid(column["lat"])
    places = {name: column[name].filter(found) for name in _OF_PLACES}
    nothing = [column[name].filter(compute.invert(found)) for name in _OF_PLACES]
    return (
        all(column[name].null_count == 0 for name in ("key", "service", "attribution", "asked"))
        and all(places[name].null_count == 0 for name in _OF_PLACES if name not in ("confidence", "extra"))
        and all(each.null_count == len(each) for each in nothing)
        and not compute.any(compute.equal(column["service"], "")).as_py()
        and _within(column["asked"], -math.inf, time.time() + CLOCKS_APART)
        and _within(column["until"], -math.inf, math.inf)
        and all(_within(places[name], *bounds) for name, bounds in _BOUNDS.items())
        and not any(compute.any(compute.match_substring(places[name], "\0")).as_py() for name in _TEXTS)
        and all(map(is_extra, places["extra"].drop_null().to_pylist()))
    )


def _within(column: Any, low: float, high: float) -> bool:
    """Whether all numbers that are there are finite and in these bounds."""
    numbers = column.drop_null().to_numpy(zero_copy_only=False)
    return bool(np.isfinite(numbers).all() and (numbers >= low).all() and (numbers <= high).all())
