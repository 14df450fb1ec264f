"""Tables of bare names: what the country of most of them is, and what that is worth. Towns are drawn by their people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from gazetteer_quality import NEAR, kilometres
from numpy.typing import NDArray

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.places import Query

_ENOUGH = 60  # places in a country: others have few towns, all of them known


class Town(NamedTuple):
    name: str
    country: str
    lat: float
    lon: float


@cache
def _atlas() -> Atlas:
    return Atlas()


@cache
def _countries() -> dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """The places of each country, and how often each is drawn: by its people to the power of 0.7."""
    atlas = _atlas()
    of, weight = np.asarray(atlas.country)[: atlas.places], 10 ** (0.7 * np.asarray(atlas.weight)[: atlas.places] / 30)
    found = {}
    for number, code in enumerate(atlas.countries):
        places = np.flatnonzero(of == number)
        if len(places) >= _ENOUGH:
            found[code] = places, weight[places] / weight[places].sum()
    return found


def _draw(chance: np.random.Generator, country: str, count: int) -> list[Town]:
    places, share = _countries()[country]
    atlas = _atlas()
    drawn = chance.choice(places, size=count, replace=False, p=share)
    return [Town(atlas.label(int(at)), country, atlas.lat[at] / 1e4, atlas.lon[at] / 1e4) for at in drawn]


def _tables_of_one(count: int) -> Iterator[list[Town]]:
    chance = np.random.default_rng(1)
    for country in _countries():
        yield _draw(chance, country, count)


def _tables_of_two(count: int, share: float) -> Iterator[list[Town]]:
    chance = np.random.default_rng(2)
    for _ in range(100):
        first, second = chance.choice([*_countries()], size=2, replace=False)
        most = round(share * count)
        yield [*_draw(chance, str(first), most), *_draw(chance, str(second), count - most)]


class Result(NamedTuple):
    right: float  # of all towns, the share within 25 km
    sure: float  # of all towns, the share with a confidence of 0.85 and more
    wrong: float  # of these, the share that is not within 25 km


def _locate(tables: Iterator[list[Town]], form: str = "{}") -> Result:
    places, total, right, sure, wrong = gazetteer.load(), 0, 0, 0, 0
    for table in tables:
        queries = [Query(form.format(town.name)) for town in table]
        context = places.country_of_most(queries)
        for town, found in zip(table, places.locate_many(queries, context=context), strict=True):
            total += 1
            if found is None:
                continue
            near = float(kilometres(found.lat, found.lon, town.lat, town.lon)) <= NEAR
            right += near
            if found.confidence >= 0.85:
                sure += 1
                wrong += not near
    return Result(right / total, sure / total, wrong / max(sure, 1))


@pytest.mark.parametrize(("rows", "known"), [(5, 0.8), (8, 0.93), (20, 0.98)])
@pytest.mark.parametrize("form", ["{}", "5 Station Road, {}"])
def test_a_few_bare_names_tell_their_country(form: str, rows: int, known: float) -> None:
    told = []
    for table in _tables_of_one(rows):
        queries = [Query(form.format(town.name)) for town in table]
        told.append((gazetteer.load().country_of_most(queries), table[0].country))

    assert not [said for said in told if said[0] not in ("", said[1])]
    assert sum(said == country for said, country in told) >= known * len(told)


@pytest.mark.parametrize(("form", "sure"), [("{}", 0.5), ("5 Station Road, {}", 0.7)])
def test_among_towns_of_its_country_a_bare_name_is_surer(form: str, sure: float) -> None:
    result = _locate(_tables_of_one(12), form)

    assert result.right >= 0.94
    assert result.sure >= sure
    assert result.wrong <= 0.01


def test_one_in_ten_abroad_does_not_hide_the_country() -> None:
    result = _locate(_tables_of_two(10, 0.9))

    assert result.right >= 0.93
    assert result.wrong <= 0.01


def test_towns_of_all_the_world_have_no_country() -> None:
    chance = np.random.default_rng(3)
    countries = [*_countries()]
    for _ in range(100):
        table = [_draw(chance, str(country), 1)[0] for country in chance.choice(countries, size=10)]
        assert not gazetteer.load().country_of_most([Query(town.name) for town in table])
