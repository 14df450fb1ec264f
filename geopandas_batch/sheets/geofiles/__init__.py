"""GeoJSON and GeoPackage: a table with a point in each row, which is where the address is."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.cells import held
from geopandas_batch.sheets.geofiles import geojson, geopackage
from geopandas_batch.sheets.naming import listed, place_of

_DRIVERS = {"geojson": "GeoJSON", "gpkg": "GPKG"}


@dataclass(frozen=True)
class Layer:
    """One layer of a file, in memory."""

    file: Path
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
        """The file with new columns in its layer. Shapes that are there stay; a table without any gets points."""
        if self.kind == "geojson":
            told = geojson.with_properties(self.file.read_bytes(), new, lambda: self._places(new.columns))
            if told is not None:
                with target.open("wb") as stream:
                    stream.writelines(told)
                return ()
        if self.kind == "gpkg":
            shutil.copyfile(self.file, target)
            if _shape(self.table):
                moved = geopackage.add(target, self.layer, self.table.index.tolist(), new)
                if moved is not None:
                    return [f"{listed(moved)} had another kind of value: now among the last columns"] if moved else ()
        # The other layers stay; GDAL puts this one in the place of the old one.
        table = self.table.reset_index(drop=True).assign(**{name: new[name].to_numpy() for name in new.columns})
        if _shape(table) is None:
            table = _with_points(table, new.columns)
        _save(table, target, self.kind, self.layer)
        if self.kind != "gpkg":
            return ()
        return [
            f"layer {self.layer!r} was made anew: its features have new numbers, and what somebody gave it is gone "
            "(indexes, triggers, constraints, descriptions)"
        ]

    def check(self, new: Sequence[str], replaced: Mapping[str, int]) -> None:
        """Refuse new columns that cannot be added, before anything is asked."""
        if self.kind == "gpkg":
            if geopackage.is_view(self.file, self.layer):
                raise SettingsError(
                    f"layer {self.layer!r} is a view, and can have no columns of its own: choose the table behind it "
                    "(--sheet), or write another kind of file"
                )
            check_distinct([*self.names, *(name for name in new if name not in replaced)])
        shape = _shape(self.table)
        if shape is None or (self.kind == "geojson" and self.table[shape].isna().all()):
            self._places(new)

    def _places(self, new: Iterable[object]) -> Sequence[str]:
        return [coordinate([*self.names, *new], name, new) for name in ("lon", "lat")]


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
    check_closed(file)
    try:
        layers = list(geopandas.list_layers(file)["name"])
        if sheet is not None and sheet not in layers:
            raise SettingsError(f"{file.name} has no layer {sheet!r}. Its layers are {', '.join(map(repr, layers))}.")
        layer = sheet or layers[0]
        # The numbers of its features are those of the rows.
        table = _exact(geopandas.read_file(file, layer=layer, fid_as_index=kind == "gpkg"), file, layer)
    except (OSError, ValueError, RuntimeError, IndexError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{file.name} cannot be read as {_DRIVERS[kind]}: {error}") from error
    names = [str(name) for name in table.columns if name != _shape(table)]
    notes = [f"layer {layer!r}", f"columns {listed(names)}"]
    if len(layers) > 1:
        notes.append(f"its layers are {', '.join(map(repr, layers))} (--sheet)")
    return Layer(file, table, kind, layer, notes)


def write(table: pd.DataFrame, target: Path, *, kind: str, new: Iterable[object] = ()) -> Sequence[str]:
    """A table with a point in each row, EPSG:4326; rows without coordinates have none. ``new``: its new columns."""
    _save(_with_points(table, new), target, kind, "located")
    return ()


def check_distinct(names: Iterable[str]) -> None:
    """Refuse names that are one to a GeoPackage, for which capitals are no difference."""
    known: dict[str, str] = {}
    for name in names:
        if other := known.get(name.lower()):
            raise SettingsError(
                f"the columns {other!r} and {name!r} are one to a GeoPackage: pass --prefix for other new names, or "
                "write another kind of file"
            )
        known[name.lower()] = name


def check_closed(file: Path) -> None:
    """Refuse a GeoPackage of which a part is in a log beside it: a copy would lack it, a new file be damaged."""
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        raise SettingsError(
            f"{file.name} is open in another program, or was when that ended: {log.name} holds a part of it. Close it "
            "there, or open and close it once more, in QGIS for instance"
        )


def _exact(table: Any, file: Path, layer: str) -> Any:
    """The table with whole numbers and yes or no where GDAL's reader made floats of them, as one is missing."""
    import pyogrio  # type: ignore[import-untyped]

    told = pyogrio.read_info(file, layer=layer)
    kinds = {name: str(kind) for name, kind in zip(told["fields"], told["dtypes"], strict=True)}
    floats = {name: kind for name, kind in kinds.items() if name in table and table[name].dtype.kind == "f"}
    table = table.assign(**{name: table[name].astype("boolean") for name, kind in floats.items() if kind == "bool"})
    whole = [name for name, kind in floats.items() if kind.startswith("int")]
    if not whole:
        return table
    with suppress(ImportError):  # without pyarrow, they are exact up to 2 to the power of 53
        exact = pyogrio.read_arrow(file, layer=layer, columns=whole, read_geometry=False)[1]
        return table.assign(**{name: pd.array(exact.column(name).to_pylist(), dtype="Int64") for name in whole})
    return table.assign(**{name: table[name].astype("Int64") for name in whole})


def _with_points(table: pd.DataFrame, new: Iterable[object]) -> Any:
    geopandas = _library()
    lat, lon = (coordinate(table.columns, name, new) for name in ("lat", "lon"))
    shapes = geopandas.points_from_xy(table[lon].astype(float), table[lat].astype(float), crs="EPSG:4326")
    known = table[lat].notna().to_numpy() & table[lon].notna().to_numpy()
    points = geopandas.GeoSeries(shapes, index=table.index).where(pd.Series(known, index=table.index))
    taken = "geometry" in table.columns
    name = "point" if taken else "geometry"
    table = table.assign(**{str(name): _plain(table[name]) for name in table})
    return geopandas.GeoDataFrame(table.assign(**{name: points}), geometry=name, crs="EPSG:4326")


def _plain(column: pd.Series) -> pd.Series:
    """What GDAL has a kind of column for."""
    kind = column.dtype.kind
    if kind == "m" or (kind == "u" and not column.max() < 1 << 63):
        return column.astype("string")
    if kind == "O" and not isinstance(column.dtype, pd.CategoricalDtype):
        return column.map(_readable)
    return column.astype("float32") if column.dtype == "float16" else column


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")  # at which GDAL would cut it
    return held(value) if isinstance(value, bytes | list | dict | np.ndarray) else value


def _save(table: Any, target: Path, kind: str, layer: str) -> None:
    own: dict[str, str] = {}
    if kind == "gpkg":  # two columns that every table of it has besides, and this one may
        taken = {str(name).lower(): table[name] for name in table.columns if name != _shape(table)}
        own["GEOMETRY_NAME"] = next(name for name in ("geom", "point", "shape", "the_geom") if name not in taken)
        numbers = taken.get("fid")
        if numbers is not None and not (numbers.dtype.kind == "i" and numbers.is_unique and numbers.notna().all()):
            own["FID"] = next(name for name in ("feature", "feature_id", "ogc_fid") if name not in taken)
    try:
        table.to_file(target, driver=_DRIVERS[kind], layer=layer, **own)
    except RuntimeError as error:  # what GDAL says, as of a disk that is full
        raise OSError(f"{_DRIVERS[kind]} cannot be written: {error}") from error


def coordinate(names: Iterable[object], name: str, new: Iterable[object] = ()) -> str:
    """The column of the coordinate, which may have a prefix: a new one, else of just this name, else the last."""

    def likely(columns: Iterable[object]) -> list[str]:
        return [text for column in columns if (text := str(column)) == name or text.endswith(f"_{name}")]

    found = likely(names)
    if not found:
        raise SettingsError(f"there is no column {name!r} to make points of")
    return [*found, *([name] if name in found else []), *likely(new)][-1]
