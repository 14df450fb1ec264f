"""Villages of 19 countries with one of their postcodes, and how addresses are written there."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from geopandas_batch.gazetteer.atlas import Atlas

# How a house, a postcode and a village are written.
FORMS = {
    "AT": "Hauptstraße {0}, {1} {2}, Austria",
    "AU": "{0} Church Road, {2} {1}, Australia",
    "BE": "Kerkstraat {0}, {1} {2}, Belgium",
    "CH": "Dorfstrasse {0}, {1} {2}, Switzerland",
    "CZ": "Nová {0}, {1} {2}, Czechia",
    "DE": "Lindenstr. {0}, {1} {2}, Deutschland",
    "DK": "Skolevej {0}, {1} {2}, Danmark",
    "ES": "Calle Mayor {0}, {1} {2}, España",
    "FI": "Koulutie {0}, {1} {2}, Finland",
    "FR": "{0} rue Victor Hugo, {1} {2}, France",
    "HU": "{1} {2}, Petőfi utca {0}, Hungary",
    "IT": "Via Garibaldi {0}, {1} {2}, Italia",
    "MX": "Av. Juárez {0}, {1} {2}, Mexico",
    "NO": "Storgata {0}, {1} {2}, Norway",
    "PL": "ul. Lipowa {0}, {1} {2}, Polska",
    "PT": "Rua Direita {0}, {1} {2}, Portugal",
    "RO": "Str. Eminescu {0}, {2} {1}, Romania",
    "SE": "Storgatan {0}, {1} {2}, Sweden",
    "US": "{0} Main St, {2}, {1}, USA",
}
_MOST = 30 * math.log10(2_000)  # people, in weights


class Village(NamedTuple):
    """A place of at most 2,000 people."""

    country: str
    code: str
    name: str
    lat: float
    lon: float

    def write(self, house: int, name: str = "") -> str:
        """An address in it, its name as it is or like this."""
        return FORMS[self.country].format(house, self.code, name or self.name)


def draw(atlas: Atlas, number: int, seed: int = 5) -> list[Village]:
    """As many villages or somewhat fewer, about as many of each country, no two of them the same."""
    chance, found = random.Random(seed), []
    countries, places = np.asarray(atlas.code_country), np.asarray(atlas.code_place)
    rows = np.flatnonzero(places < atlas.places)
    rows = rows[np.asarray(atlas.weight)[places[rows]] <= _MOST]
    for country in FORMS:
        there = rows[countries[rows] == atlas.countries.index(country)]
        there = there[np.unique(places[there], return_index=True)[1]]  # one row of each place
        for row in chance.sample(there.tolist(), min(len(there), math.ceil(number / len(FORMS)))):
            code = atlas.codes.restore_key(bisect_right(atlas.code_start, row) - 1).upper()
            if code.isalnum() and not code.endswith(("CEDEX", "*")):  # of a post office, of an area
                at = places[row]
                found.append(Village(country, code, atlas.label(at), atlas.lat[at] / 1e4, atlas.lon[at] / 1e4))
    chance.shuffle(found)
    return found[:number]
