"""The file of an address book in SQL, and in words what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import TextIO, cast

from geopandas_batch.addressbook.importing.encodings import ADVICE
from geopandas_batch.addressbook.importing.schemas import quoted
from geopandas_batch.errors import SettingsError

_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile('"?sep=([,;\t|])"?\r?\n')
_FEATURES = (".geojson", ".geojsonl", ".geojsons", ".ndjson", ".jsonl")
_HINTS = ("Possible", "LINE ", "  file = ")  # where an error of the engine goes on with its own options and the SQL


def table(file: Path, source: Path) -> str:
    """The file as a table in SQL. All of a CSV is text, as guesses from the first rows break later.

    `source` is what it is called in messages.

    Raises
    ------
    SettingsError
        It is neither a CSV nor a Parquet file, or cannot be read.
    """
    name = "'" + str(file).replace("'", "''") + "'"
    if file.suffix.lower() in (".parquet", ".geoparquet"):
        return f"read_parquet({name})"
    suffixes = file.suffixes[-2:-1] if file.suffix.lower() == ".gz" else file.suffixes[-1:]
    plain = "".join(suffixes).lower()
    if plain in _FEATURES:
        return _features(file, source, name)
    if plain not in (".csv", ".tsv", ".txt"):
        raise SettingsError(
            f"an address book is a CSV (or .csv.gz), a Parquet file or GeoJSON of one feature a line, not {source.name}"
        )
    delimiter, columns, skipped = _header(file)
    if not columns:
        raise SettingsError(f"the address book {source} is empty: its first line must name the columns")
    texts = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in columns)
    # What the engine finds out by itself it finds otherwise where a row is too long: header and columns are told.
    return (
        f"read_csv({name}, auto_detect = false, header = true, columns = {{{texts}}}, delim = '{delimiter}', "
        f"skip = {skipped}, "
        "quote = '\"', escape = '\"')"
    )


def trouble(error: Exception) -> str:
    """What the engine says is wrong with a file, without its advice to programmers and without the line of data."""
    lines = takewhile(lambda line: not line.startswith(_HINTS), str(error).split("\n"))
    said = " ".join(line for line in lines if line and not line.startswith("Original Line"))
    if "invalid state" in said:
        return "its lines end in several ways (CRLF and LF), or it is no CSV. Save it with one kind of line ends."
    return said.removeprefix("Invalid Input Error: ") + (f" {ADVICE}" if "not utf-8" in said else "")


def _features(file: Path, source: Path, name: str) -> str:
    """Lines of GeoJSON as a table: the properties that the first one has, as text, and the point."""
    with _reading(file) as lines:
        try:
            feature = json.loads(lines.readline() or "null")
            properties = list(feature["properties"])
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"the address book {source} is no GeoJSON of one feature a line, as OpenAddresses has it. "
                "Read it with geopandas and save it as Parquet"
            ) from error
    # By pointers, in which only these two letters are written otherwise.
    paths = {each: "/properties/" + each.replace("~", "~0").replace("/", "~1") for each in properties}
    paths |= {axis: f"/geometry/coordinates/{at}" for at, axis in enumerate(("lon", "lat"))}
    texts = ", ".join("json ->> '" + path.replace("'", "''") + "' AS " + quoted(each) for each, path in paths.items())
    return f"(SELECT {texts} FROM read_json_objects({name}, format = 'newline_delimited'))"


@contextmanager
def _reading(source: Path) -> Iterator[TextIO]:
    """The text of a file."""
    try:
        with (gzip.open if source.suffix.lower() == ".gz" else open)(
            source, "rt", encoding="utf-8-sig", newline=""
        ) as lines:
            yield cast(TextIO, lines)
    except UnicodeDecodeError as error:
        raise SettingsError(f"the address book {source} cannot be read: it is not UTF-8. {ADVICE}") from error
    except (OSError, EOFError, csv.Error) as error:
        raise SettingsError(f"the address book {source} cannot be read: {error}") from error


def _header(source: Path) -> tuple[str, list[str], int]:
    """What stands between the columns of a CSV, their names, and the lines before them.

    Of equal names all but the first get a number. Excel writes "sep=;" as a line of its own.
    """
    with _reading(source) as lines:
        first = lines.readline()
        said = _SEPARATOR.match(first)
        delimiter = said[1] if said else max(_DELIMITERS, key=first.count)
        if not said:
            lines.seek(0)
        names = next(csv.reader(lines, delimiter=delimiter), [])
    found: dict[str, str] = {}  # to the engine, small and capital letters are one
    for number, name in enumerate(map(str.strip, names)):
        free = name or f"column{number}"
        free = free if free.lower() not in found else f"{free}_{number}"
        found[free.lower()] = free
    return delimiter, list(found.values()), int(said is not None)
