"""GeoJSON and GeoPackage: a table with a point in each row, which is where the address is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.naming import listed, place_of

_DRIVERS = {"geojson": "GeoJSON", "gpkg": "GPKG"}


@dataclass(frozen=True)
class Layer:
    """One layer of a file, in memory."""

    table: Any  # a GeoDataFrame, or a DataFrame where rows have no shapes
    kind: str
    layer: str
    notes: Sequence[str]

    @property
    def names(self) -> Sequence[str]:
        """Its columns, the shape aside."""
        return [str(name) for name in self.table.columns if name != _shape(self.table)]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.table)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns."""
        names = {name: self.names[place_of(self.names, name)] for name in columns}
        return pd.DataFrame({name: self.table[own].reset_index(drop=True) for name, own in names.items()})

    def write(self, target: Path, new: pd.DataFrame, replaced: Mapping[str, int]) -> Sequence[str]:
        """The layer with new columns. Shapes that are there stay; a table without any gets points."""
        table = self.table.assign(**{name: new[name].to_numpy() for name in new.columns})
        if _shape(table) is None:
            return write(table, target, kind=self.kind)
        _save(table, target, self.kind, self.layer)
        return ()


def _shape(table: Any) -> str | None:
    return getattr(table, "_geometry_column_name", None)


def _library() -> Any:
    try:
        import geopandas
    except ImportError as error:
        raise SettingsError('GeoJSON and GeoPackage need geopandas: pip install "geopandas-batch[maps]"') from error
    return geopandas


def read(file: Path, *, kind: str, sheet: str | None, header: int) -> Layer:
    """A layer; of a GeoPackage with several, the one that is named as its sheet."""
    geopandas = _library()
    if header != 1:
        raise SettingsError("--no-header and --header-row are not for these files: their columns have names")
    try:
        layers = list(geopandas.list_layers(file)["name"])
        if sheet is not None and sheet not in layers:
            raise SettingsError(f"{file.name} has no layer {sheet!r}. Its layers are {', '.join(map(repr, layers))}.")
        layer = sheet or layers[0]
        table = geopandas.read_file(file, layer=layer)
    except (OSError, ValueError, RuntimeError, IndexError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{file.name} cannot be read as {_DRIVERS[kind]}: {error}") from error
    names = [str(name) for name in table.columns if name != _shape(table)]
    return Layer(table, kind, layer, [f"layer {layer!r}", f"columns {listed(names)}"])


def write(table: pd.DataFrame, target: Path, *, kind: str) -> Sequence[str]:
    """A table with a point in each row, EPSG:4326; rows without coordinates have none."""
    geopandas = _library()
    lat, lon = (coordinate(table.columns, name) for name in ("lat", "lon"))
    shapes = geopandas.points_from_xy(table[lon].astype(float), table[lat].astype(float), crs="EPSG:4326")
    known = table[lat].notna().to_numpy() & table[lon].notna().to_numpy()
    points = geopandas.GeoSeries(shapes, index=table.index).where(pd.Series(known, index=table.index))
    taken = "geometry" in table.columns
    name = "point" if taken else "geometry"
    lengths = table.select_dtypes("timedelta")  # which GDAL has no kind of column for
    table = table.assign(**{str(name): lengths[name].astype("string") for name in lengths})
    frame = geopandas.GeoDataFrame(table, geometry=points.rename(name), crs="EPSG:4326")
    _save(frame, target, kind, "located")
    return ()


def _save(table: Any, target: Path, kind: str, layer: str) -> None:
    try:
        table.to_file(target, driver=_DRIVERS[kind], layer=layer)
    except RuntimeError as error:  # what GDAL says, as of a disk that is full
        raise OSError(f"{_DRIVERS[kind]} cannot be written: {error}") from error


def coordinate(names: Iterable[object], name: str) -> str:
    """The column of the coordinate, which may have a prefix: the last one, since new columns are at the end."""
    found = [str(column) for column in names if str(column) == name or str(column).endswith(f"_{name}")]
    if not found:
        raise SettingsError(f"there is no column {name!r} to make points of")
    return found[-1]
