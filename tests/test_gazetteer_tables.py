"""Tables of bare names: in which countries most of them are, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from gazetteer_quality import NEAR, kilometres
from numpy.typing import NDArray

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.places import Location, Query

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


def _tables_of_some(*counts: int) -> Iterator[list[Town]]:
    chance = np.random.default_rng(2)
    for _ in range(100):
        countries = chance.choice([*_countries()], size=len(counts), replace=False)
        yield [
            town
            for country, count in zip(countries, counts, strict=True)
            for town in _draw(chance, str(country), count)
        ]


class Result(NamedTuple):
    right: float  # of all towns, the share within 25 km
    sure: float  # of all towns, the share with a confidence of 0.85 and more
    wrong: float  # of these, the share that is not within 25 km


def _locate(tables: Iterator[list[Town]], form: str = "{}") -> tuple[Result, Result]:
    """What is found of each address by itself, and of the tables."""
    alone, together = [], []
    for table in tables:
        queries = [Query(form.format(town.name)) for town in table]
        places = gazetteer.load()
        alone += zip(table, places.locate_many(queries), strict=True)
        context = places.countries_of_most(queries)
        together += zip(table, places.locate_many(queries, context=context), strict=True)
    results = _sum_up(alone), _sum_up(together)
    print("", form, *results, sep="\n")
    return results


def _sum_up(found: Sequence[tuple[Town, Location | None]]) -> Result:
    answers = [(town, location) for town, location in found if location is not None]
    near = [float(kilometres(there.lat, there.lon, town.lat, town.lon)) <= NEAR for town, there in answers]
    sure = [right for right, (_, location) in zip(near, answers, strict=True) if location.confidence >= 0.85]
    return Result(sum(near) / len(found), len(sure) / len(found), sure.count(False) / max(len(sure), 1))


@pytest.mark.parametrize(("rows", "known"), [(5, 0.8), (8, 0.93), (20, 0.98)])
@pytest.mark.parametrize("form", ["{}", "5 Station Road, {}"])
def test_a_few_bare_names_tell_their_country(form: str, rows: int, known: float) -> None:
    told = []
    for table in _tables_of_one(rows):
        queries = [Query(form.format(town.name)) for town in table]
        told.append((gazetteer.load().countries_of_most(queries), table[0].country))

    assert not [said for said in told if said[0] not in ("", said[1])]
    assert sum(said == country for said, country in told) >= known * len(told)


@pytest.mark.parametrize(("form", "sure"), [("{}", 0.5), ("5 Station Road, {}", 0.7)])
def test_among_towns_of_its_country_a_bare_name_is_surer(form: str, sure: float) -> None:
    alone, together = _locate(_tables_of_one(12), form)

    assert together.right >= max(0.94, alone.right + 0.02)
    assert together.sure >= sure
    assert together.wrong <= 0.01


@pytest.mark.parametrize("counts", [(9, 1), (16, 4), (10, 10), (10, 5, 5), (4, 4, 4, 4, 4)])
def test_so_it_is_in_tables_of_a_few_countries(counts: tuple[int, ...]) -> None:
    alone, together = _locate(_tables_of_some(*counts))

    assert together.right >= max(0.93, alone.right + 0.01)
    assert together.sure >= 0.45
    assert together.wrong <= 0.01


def test_towns_of_all_the_world_have_no_country() -> None:
    chance = np.random.default_rng(3)
    countries = [*_countries()]
    told = []
    for _ in range(100):
        table = [_draw(chance, str(country), 1)[0] for country in chance.choice(countries, size=10, replace=False)]
        told.append(gazetteer.load().countries_of_most([Query(town.name) for town in table]))

    assert not any(told)
