"""Tables in files, in and out: every cell as it was written, new columns beside them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.cells import as_text
from geopandas_batch.sheets.draft import PIPE, written

# Ending → kind. A kind is a room of its own below, or a separator for the delimited ones.
KINDS: Mapping[str, str] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".ods": "ods",
    ".parquet": "parquet",
    ".geojson": "geojson",
    ".gpkg": "gpkg",
}
DELIMITED = {"csv": ",", "tsv": "\t"}
_ROOMS: Mapping[str, str] = {
    "xlsx": "xlsx",
    "ods": "ods",
    "parquet": "parquet",
    "geojson": "geofiles",
    "gpkg": "geofiles",
}


class Sheet(Protocol):
    """A table in a file."""

    @property
    def names(self) -> Sequence[str]:
        """Its columns, as they are called there; duplicates and empty ones stay."""

    @property
    def rows(self) -> int:
        """How many, the header aside."""

    @property
    def notes(self) -> Sequence[str]:
        """What was found out of the file, a line each, for a person to check."""

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns, each under the name by which it was asked for."""


class Whole(Sheet, Protocol):
    """A table that is written in one go, by its own kind."""

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """The file with new columns; notes for a person, on what could not be kept."""


class Widening(Protocol):
    """Makes what is written of a table's rows and their answers."""

    encoding: str
    lost: Set[str]  # letters that the encoding does not have

    def head(self) -> bytes:
        """What comes before the rows."""

    def rows(self, chunk: Any, new: Any, keep: Sequence[bool] = ...) -> bytes:
        """A portion and what is new in it; ``keep`` says for each row whether it is wanted."""

    def finish(self, draft: Path, target: Path) -> None:
        """The file, of all that was written."""


class Streamed(Sheet, Protocol):
    """A table that goes through in portions, in flat memory."""

    @property
    def fingerprint(self) -> str:
        """Of what is in the file."""

    def chunks(self, columns: Sequence[str], size: int, *, skip: int = 0) -> Iterator[Any]:
        """Portions of so many rows, after those that have a ``count`` of ``skip`` in all."""

    def widener(self, names: Sequence[str], *, replaced: Mapping[str, int], failures: bool = False) -> Widening:
        """What makes the file with new columns of these names, or the file of its failures."""


def kind_of(name: str, given: str | None = None) -> str:
    """What kind of file is meant, by what the user says or by the ending; a pipe is CSV unless something is said."""
    if given is not None:
        return given
    kind = "csv" if name == PIPE else KINDS.get(Path(name).suffix.lower())
    if kind is None:
        raise SettingsError(
            f"{name}: its ending does not say what it is. Known are {', '.join(KINDS)}; or say it with --from or --to"
        )
    return kind


@contextmanager
def on_disk(source: str) -> Iterator[Path]:
    """The file; what comes through a pipe is put into one first, since it is read twice."""
    if source != PIPE:
        if not Path(source).is_file():
            raise SettingsError(f"there is no file {source}")
        yield Path(source)
        return
    if sys.stdin is None:
        raise SettingsError("standard input is closed")
    with tempfile.TemporaryDirectory(prefix="geopandas_batch-") as folder:
        file = Path(folder) / "standard input"
        with file.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield file


def opened(file: Path, kind: str, *, sheet: str | None = None, **options: Any) -> Sheet:
    """The table in a file.

    Parameters
    ----------
    file : Path
    kind : str
        One of ``KINDS``.
    sheet : str, optional
        Of a workbook. None: the one that is shown first.
    **options
        For delimited files, as of ``scanning.scan``.

    Raises
    ------
    SettingsError
        It cannot be read; the text says what to do.
    """
    if kind in DELIMITED:
        from geopandas_batch.sheets.delimited.scanning import scan

        if sheet is not None:
            raise SettingsError(f"--sheet is for workbooks; {file.name} has no sheets")
        return scan(file, usual=DELIMITED[kind], **options)
    said = [name for name, value in options.items() if value is not None and name not in ("header", "quotes")]
    if said:
        raise SettingsError(f"--{' and --'.join(said)}: for CSV and TSV files; {file.name} is neither")
    room = import_module(f"geopandas_batch.sheets.{_ROOMS[kind]}")
    found: Sheet = room.read(file, kind=kind, sheet=sheet, header=options.get("header", 1))
    return found


def check_names(kind: str, names: Sequence[str]) -> None:
    """Refuse columns that a kind of file cannot have, before anything is asked."""
    if kind not in ("parquet", "geojson", "gpkg"):
        return
    twice = sorted({repr(name) for name in names if list(names).count(name) > 1})
    if twice:
        raise SettingsError(f"two columns are named {', '.join(twice)}, which {kind} does not allow: write CSV or XLSX")
    if kind != "parquet":
        from geopandas_batch.sheets.geofiles import check_distinct, coordinate

        if kind == "gpkg":
            check_distinct(names)
        for axis in ("lat", "lon"):
            coordinate(names, axis)


def table_of(sheet: Sheet, new: pd.DataFrame, replaced: Mapping[str, int]) -> pd.DataFrame:
    """All columns of a table, and the new ones: in the place of those that they replace, else at the end."""
    numbers = [f"#{place + 1}" for place in range(len(sheet.names))]
    old = sheet.frame(numbers).reset_index(drop=True)
    new = new.reset_index(drop=True)
    fresh = [name for name in new.columns if name not in replaced]
    for name in new.columns:
        if name in replaced:
            old[numbers[replaced[name]]] = new[name]
    old.columns = pd.Index(sheet.names)
    return pd.concat([old, new[fresh]], axis=1)


def convert(
    sheet: Sheet, new: pd.DataFrame, target: Path, kind: str, replaced: Mapping[str, int], *, marked: bool = True
) -> Sequence[str]:
    """The table and its new columns as another kind of file; notes for a person. ``marked``: as of CSV for Excel."""
    table = table_of(sheet, new, replaced)
    if kind in DELIMITED:
        write_delimited(table, target, kind, new=set(new.columns), marked=marked)
        return ()
    room = import_module(f"geopandas_batch.sheets.{_ROOMS[kind]}")
    known = {"new": new.columns} if kind in ("geojson", "gpkg") else {}  # where the points are
    notes: Sequence[str] = room.write(table, target, kind=kind, **known)
    return notes


def write_delimited(table: pd.DataFrame, target: Path, kind: str, *, new: Set[str], marked: bool = True) -> None:
    """A table of another kind as CSV or TSV: UTF-8, ``marked`` with the letter by which Excel knows it."""
    header = [str(name) for name in table.columns]
    columns = [
        [as_text(value, own=name not in new) for value in table.iloc[:, place].tolist()]
        for place, name in enumerate(header)
    ]
    texts = pd.DataFrame(dict(enumerate(columns)), dtype=object)
    texts.to_csv(target, sep=DELIMITED[kind], header=header, index=False, encoding="utf-8-sig" if marked else "utf-8")


__all__ = [
    "DELIMITED", "KINDS", "PIPE", "Sheet", "Streamed", "Whole", "Widening", "convert", "kind_of", "on_disk", "opened",
    "written",
]  # fmt: skip
