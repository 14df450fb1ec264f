"""The data are what the manifest says, and the build does what it says on small inputs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import DATA, Atlas, read_manifest
from geopandas_batch.gazetteer.atlas.typos import Typos
from geopandas_batch.gazetteer.build import postal, sources, tables
from geopandas_batch.gazetteer.build.__main__ import difference


def test_the_files_are_those_of_the_manifest() -> None:
    listed = {name: facts["sha256"] for name, facts in read_manifest()["files"].items()}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in DATA.iterdir()
        if path.name != "manifest.json"
    }

    assert found == listed


def test_the_manifest_names_the_pinned_inputs() -> None:
    listed = [(given["package"], given["version"], given["sha256"]) for given in read_manifest()["inputs"]]

    assert listed == [(source.package, source.version, source.sha256) for source in sources.SOURCES]


def test_the_data_fit_into_a_wheel() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 48e6


def test_the_version_is_known_without_the_data() -> None:
    code = "import sys; from geopandas_batch.gazetteer import version; print(version(), 'marisa_trie' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=True,
        timeout=60,
    )

    assert done.stdout.split() == [gazetteer.version(), "False"]


def test_a_file_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / sources.PLACES.file).write_bytes(b"something else")

    with pytest.raises(ValueError, match="remove the file and build again"):
        sources.fetch(sources.PLACES, tmp_path)


def row(code: str, city: str, lat: float, lon: float, country: str = "DE", state: str = "Bayern") -> dict[str, object]:
    return {
        "country_code": country,
        "postal_code": code,
        "city": city,
        "state": state,
        "latitude": lat,
        "longitude": lon,
        "accuracy": 4.0,
    }


def test_a_postcode_lies_at_the_median_of_its_rows() -> None:
    rows = [row("80331", "München", 48.1, 11.5), row("80331", "München", 48.2, 11.6), row("80331", "München", 0.0, 0.0)]
    padding = [row(str(code), "Ort", 50.0, 10.0) for code in (10000, 10001, 10002)]

    assert postal.gather_posts([*rows, *padding], {"DE": 0})["DE", "80331"].point == (48.1, 11.5)


def test_a_country_with_a_placeholder_code_has_no_postcodes() -> None:
    assert not postal.gather_posts([row("9974", "Niue", -19.0, -169.9, "NU", "")], {"NU": 0})


def test_an_area_needs_codes_that_lie_together() -> None:
    together = {("DE", f"8033{at}"): (48.1 + at / 100, 11.5, 7) for at in range(5)}
    scattered = {("FR", f"7500{at}"): (40.0 + at, 2.0, 8) for at in range(5)}

    assert postal.add_areas(together | scattered) == {("DE", "803*"): (pytest.approx(48.12), 11.5, 7)}


def test_a_village_that_the_places_have_is_not_added_again() -> None:
    entities = tables.Entities()
    known = entities.add("Bergen", 50.0, 10.0, weight=90)
    entities.call(known, "Bergen", other=False)
    entities.close()
    rows = [row("10000", "Bergen", 50.1, 10.0), row("10001", "Bergen", 53.0, 10.0), row("10002", "Talheim", 50.0, 10.1)]

    postal.add_villages(entities, postal.gather_posts(rows, {"DE": 0}), {"DE": 0})

    assert sorted(zip(entities.label[1:], entities.lat[1:], strict=True)) == [("Bergen", 53.0), ("Talheim", 50.0)]


def test_the_middle_is_that_of_the_people_also_across_the_date_line() -> None:
    entities = tables.Entities()
    for lat, lon, people in ((10.0, 179.0, 1_000), (10.0, -179.0, 1_000), (48.12345, 11.5, 10)):
        entities.add("Ort", lat, lon, weight=tables.weigh(people))

    assert tables.middle(entities, [0, 1]) == (10.001, 180.0)
    assert tables.middle(entities, [2]) == (48.123, 11.5)


def test_a_check_that_fails_names_the_files_that_differ() -> None:
    kept = {"files": {"lat.npy": {"bytes": 1}, "lon.npy": {"bytes": 2}}, "version": "1"}
    fresh = {"files": {"lat.npy": {"bytes": 1}, "lon.npy": {"bytes": 3}}, "version": "2"}

    assert difference(fresh, kept) == "lon.npy differ"
    assert difference(fresh | {"files": kept["files"]}, kept) == "version differ"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("stutgart ", "stuttgart "),
        ("sttuttgart ", "stuttgart "),
        ("stuttgatr ", "stuttgart "),
        ("stuttgort ", "stuttgart "),
        ("capetown ", "cape town "),
    ],
)
def test_one_typing_error_is_put_right(written: str, meant: str) -> None:
    atlas = gazetteer.load()._atlas

    assert atlas.names[meant] in Typos(atlas).correct(written)


def test_places_stand_in_the_order_of_their_countries() -> None:
    atlas = Atlas()
    countries = np.asarray(atlas.country)[: atlas.places]

    assert (np.diff(countries.astype(int)) >= 0).all()
    for country in (0, len(atlas.countries) - 1, atlas.countries.index("FR")):
        assert (countries == country).sum() == len(countries[atlas.places_in(country)])
        assert (countries[atlas.places_in(country)] == country).all()
