"""The file of an address book in SQL, and in words what is wrong with it."""

from __future__ import annotations

import csv
import gzip
from itertools import takewhile
from pathlib import Path

from geopandas_batch.addressbook.schemas import quoted
from geopandas_batch.errors import SettingsError

_DELIMITERS = ",;\t|"
_HINTS = ("Possible", "LINE ", "  file = ")  # where an error of the engine goes on with its own options and the SQL


def table(source: Path) -> str:
    """The file as a table in SQL. All of a CSV is text, as guesses from the first rows break later.

    Raises
    ------
    SettingsError
        It is neither a CSV nor a Parquet file, or cannot be read.
    """
    name = "'" + str(source).replace("'", "''") + "'"
    if source.suffix.lower() in (".parquet", ".geoparquet"):
        return f"read_parquet({name})"
    plain = source.suffixes[-2:-1] if source.suffix.lower() == ".gz" else source.suffixes[-1:]
    if [suffix.lower() for suffix in plain] not in ([".csv"], [".tsv"], [".txt"]):
        raise SettingsError(f"an address book is a CSV (or .csv.gz) or a Parquet file, not {source.name}")
    delimiter, columns = _header(source)
    if not columns:
        raise SettingsError(f"the address book {source} is empty: its first line must name the columns")
    texts = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in columns)
    # What the engine finds out by itself it finds otherwise where a row is too long: header and columns are told.
    return (
        f"read_csv({name}, auto_detect = false, header = true, columns = {{{texts}}}, delim = '{delimiter}', "
        "quote = '\"', escape = '\"')"
    )


def trouble(error: Exception) -> str:
    """What the engine says is wrong with a file, without its advice to programmers and without the line of data."""
    lines = takewhile(lambda line: not line.startswith(_HINTS), str(error).split("\n"))
    said = " ".join(line for line in lines if line and not line.startswith("Original Line"))
    return said.removeprefix("Invalid Input Error: ") + (" Save it as UTF-8." if "not utf-8" in said else "")


def _header(source: Path) -> tuple[str, list[str]]:
    """What stands between the columns of a CSV, and their names; of equal ones all but the first get a number."""
    try:
        with (gzip.open if source.suffix.lower() == ".gz" else open)(
            source, "rt", encoding="utf-8-sig", newline=""
        ) as lines:
            first = lines.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            lines.seek(0)
            names = next(csv.reader(lines, delimiter=delimiter), [])
    except UnicodeDecodeError as error:
        raise SettingsError(f"the address book {source} cannot be read: it is not UTF-8. Save it as UTF-8.") from error
    except (OSError, EOFError, csv.Error) as error:
        raise SettingsError(f"the address book {source} cannot be read: {error}") from error
    found: dict[str, None] = {}
    for number, name in enumerate(names):
        free = name or f"column{number}"
        found[free if free not in found else f"{free}_{number}"] = None
    return delimiter, list(found)
