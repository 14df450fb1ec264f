"""Make the outlines from the npm package they come from; the same package gives the same bytes.

::

    npm pack world-atlas@2.0.2
    python -m geopandas_batch.maps.outlines.build world-atlas-2.0.2.tgz

A TopoJSON file holds arcs, each a line that two countries may share, and countries and land as lists of arcs
(https://github.com/topojson/topojson-specification). Arcs that the land does not use are borders.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np

from geopandas_batch.maps.outlines import FILE, STEP, Line

# The integrity that the npm registry states for world-atlas 2.0.2.
SHA512 = "IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ=="
MEMBER = "package/countries-10m.json"
TOLERANCE = 0.018  # degrees, two kilometres: the file stays below 300 kB, the coast of a big city can be recognised


def build(package: Path, target: Path) -> int:
    """Write the outlines; returns the size of the file in bytes."""
    content = package.read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != SHA512:
        raise SystemExit(
            f"{package} is not world-atlas 2.0.2 as published on npm. Get it with: npm pack world-atlas@2.0.2"
        )
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None  # noqa: S101  # a file of that name is in the package of this checksum
        topology = json.load(member)
    arcs = read_arcs(topology)
    land = [ring for polygon in topology["objects"]["land"]["geometries"][0]["arcs"] for ring in polygon]
    coasts = {arc if arc >= 0 else ~arc for ring in land for arc in ring}
    with target.open("wb") as file:
        encode(file, (unroll(join(ring, arcs)) for ring in land))
        encode(file, (arc for number, arc in enumerate(arcs) if number not in coasts))
    return target.stat().st_size


def read_arcs(topology: dict[str, Any]) -> list[Line]:
    """The arcs in degrees, simplified (Douglas and Peucker): each by itself, so that neighbours still meet."""
    import shapely

    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]
    for line in lines:
        line[:, 0] = np.unwrap(line[:, 0], period=360)
    return [shapely.get_coordinates(shapely.simplify(shapely.LineString(line), TOLERANCE)) for line in lines]


def join(ring: Iterable[int], arcs: list[Line]) -> Line:
    """The arcs of a ring one after another; ``~n`` is arc n from its end. Each begins where the one before it ended."""
    parts = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]
    return np.vstack([parts[0][:1], *(part[1:] for part in parts)])


def unroll(ring: Line) -> Line:
    """The ring without a jump at the antimeridian; one around the pole (Antarctica) is closed along the map's foot."""
    x, y = np.unwrap(ring[:, 0], period=360), ring[:, 1]
    if abs(x[-1] - x[0]) > 180:
        x, y = np.append(x, [x[-1], x[0], x[0]]), np.append(y, [-90, -90, y[0]])
    return np.column_stack([x - 360 * np.round(x.mean() / 360), y])


def encode(file: IO[bytes], lines: Iterable[Line]) -> None:
    """Write first points, numbers of steps, and steps. A step too long for int8 becomes several on the same line."""
    starts, counts, steps = [], [], []
    for line in lines:
        points = np.round(line / STEP).astype(np.int32)
        pieces = -(-np.abs(np.diff(points, axis=0)).max(axis=1) // 127)  # 0 for two points that round to one
        points = points[np.concatenate([[True], pieces > 0])]
        at = np.concatenate([[0], np.cumsum(pieces[pieces > 0])])
        fine = [np.interp(np.arange(at[-1] + 1), at, axis) for axis in points.T]
        step = np.diff(np.round(np.column_stack(fine)), axis=0)
        closed = bool((points[0] == points[-1]).all())
        if len(step) >= (3 if closed else 1):  # fewer enclose nothing
            starts.append(points[0])
            counts.append(len(step))
            steps.append(step)
    np.save(file, np.array(starts, dtype="<i4"))
    np.save(file, np.array(counts, dtype="<i4"))
    np.save(file, np.vstack(steps).astype("i1"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Make the outlines of the land from the npm package world-atlas 2.0.2."
    )
    parser.add_argument("package", type=Path, help="world-atlas-2.0.2.tgz, from: npm pack world-atlas@2.0.2")
    parser.add_argument("target", type=Path, nargs="?", default=Path(__file__).with_name(FILE))
    arguments = parser.parse_args()
    build(arguments.package, arguments.target)
