"""The command ``reverse``."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from typing import Any

import click
import pandas as pd

from geopandas_batch.cli import options
from geopandas_batch.errors import SettingsError
from geopandas_batch.places import DETAILS
from geopandas_batch.places.texts import BLANK
from geopandas_batch.progress import ProgressLike

_NAMES = {
    "lat": ("lat", "latitude", "breite", "breitengrad", "latitud", "latitudine", "szerokosc", "y"),
    "lon": (
        "lon",
        "lng",
        "long",
        "longitude",
        "laenge",
        "länge",
        "längengrad",
        "longitud",
        "longitudine",
        "dlugosc",
        "x",
    ),
}


@click.command()
@click.argument("source", metavar="IN")
@click.option("--lat", metavar="COLUMN", help="Latitude, degrees. Default: the column that is called so.")
@click.option("--lon", metavar="COLUMN", help="Longitude, degrees. Default: the column that is called so.")
@options.asking
@options.budgeted
@options.writing
@options.reading
def reverse(source: str, lat: str | None, lon: str | None, **said: Any) -> None:
    """Add an address to the points of IN (- reads a pipe).

    \b
    geopandas-batch reverse points.csv --lat lat --lon lon -o addresses.csv
    geopandas-batch reverse points.xlsx --details -o addresses.xlsx
    """
    from geopandas_batch import frames, sheets
    from geopandas_batch.cli.task import watched
    from geopandas_batch.cli.work import carry_out
    from geopandas_batch.services import resolve, reverse_of
    from geopandas_batch.services.traits import shown_of

    target = options.target(said)
    asked = resolve(said["service"], said["settings"])
    whole = reverse_of(asked)
    prefix = said["prefix"]
    with sheets.on_disk(source) as file:
        unchanged = watched(file)
        sheet = options.read(file, source, said)
        columns = [lat or _found(sheet.names, "lat"), lon or _found(sheet.names, "lon")]

        async def answer(frame: pd.DataFrame, progress: ProgressLike, cache: Any, left: float | None) -> pd.DataFrame:
            points = pd.DataFrame(
                {name: frame[column].map(_degrees) for name, column in zip("yx", columns, strict=True)}
            )
            return await frames.reverse(
                points,
                "y",
                "x",
                service=asked,
                details=True,
                prefix=prefix,
                budget=left,
                errors="coerce" if said["keep_going"] else "raise",
                progress=progress,
                cache=cache,
            )

        details = [name for name in DETAILS if name not in ("formatted", "confidence")]
        names = ["formatted", *(details if said["details"] else ()), *shown_of(whole, details=said["details"])]
        says = (str(columns), repr(asked))
        task = options.task("reverse", whole, columns, answer, names, says, said)
        code = carry_out(task, sheet, sheets.kind_of(source, said["kind"]), target, unchanged)
    sys.exit(code)


def _found(names: Sequence[str], axis: str) -> str:
    from geopandas_batch.sheets.naming import listed

    for known in _NAMES[axis]:
        found = [name for name in names if name.strip().casefold() == known]
        if len(found) == 1:
            return found[0]
    raise SettingsError(f"say which column is the {axis}itude, with --{axis}. The columns are {listed(names)}.")


def _degrees(cell: object) -> float:
    """The number in a cell, with a decimal comma too; NaN for a blank, and a number of no place where there is none."""
    if isinstance(cell, str):
        cell = re.sub(r"^\s*([+-]?\d+),(\d+)\s*$", r"\1.\2", cell).strip()
    if cell is None or cell != cell or (isinstance(cell, str) and cell in BLANK):
        return math.nan
    try:
        return float(str(cell))
    except ValueError:
        return math.inf
