"""Tables of bare names: in which countries most of them are, and what that is worth."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from gazetteer_quality import NEAR, kilometres
from numpy.typing import NDArray

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import NO_REGION, Atlas
from geopandas_batch.places import Location, Query

_ENOUGH, _ENOUGH_IN_REGION = 60, 40  # places: others have few towns, all of them known


class Town(NamedTuple):
    name: str
    country: str
    lat: float
    lon: float


@cache
def _atlas() -> Atlas:
    return Atlas()


Share = tuple[NDArray[np.intp], NDArray[np.float64]]


@cache
def _countries() -> dict[str, Share]:
    """The places of each country, and how often each is drawn."""
    atlas = _atlas()
    return {atlas.countries[number]: share for number, share in _share(atlas.country, _ENOUGH).items()}


@cache
def _regions() -> list[Share]:
    """The same of regions."""
    return [share for number, share in _share(_atlas().region, _ENOUGH_IN_REGION).items() if number != NO_REGION]


def _share(column: memoryview, enough: int) -> dict[int, Share]:
    """The towns of each, where there are enough; they are drawn by their people to the power of 0.7."""
    atlas = _atlas()
    of, weight = np.asarray(column)[: atlas.places], 10 ** (0.7 * np.asarray(atlas.weight)[: atlas.places] / 30)
    found = {}
    for number in np.unique(of).tolist():
        places = np.flatnonzero(of == number)
        if len(places) >= enough:
            found[number] = places, weight[places] / weight[places].sum()
    return found


def _draw(chance: np.random.Generator, share: Share, count: int) -> list[Town]:
    atlas, (places, weight) = _atlas(), share
    drawn = chance.choice(places, size=count, replace=False, p=weight).tolist()
    return [
        Town(atlas.label(at), atlas.countries[atlas.country[at]], atlas.lat[at] / 1e4, atlas.lon[at] / 1e4)
        for at in drawn
    ]


def _tables_of_one(count: int) -> Iterator[list[Town]]:
    chance = np.random.default_rng(1)
    for share in _countries().values():
        yield _draw(chance, share, count)


def _tables_of_regions(count: int) -> Iterator[list[Town]]:
    chance = np.random.default_rng(4)
    for region in chance.choice(len(_regions()), size=150, replace=False).tolist():
        yield _draw(chance, _regions()[region], count)


def _misspell(tables: Iterator[list[Town]]) -> Iterator[list[Town]]:
    """The same tables, a letter left out, doubled or swapped in every third name."""
    chance = np.random.default_rng(5)
    for table in tables:
        yield [
            town._replace(name=_slip(town.name, *chance.integers((1, 0), (len(town.name), 3)).tolist()))
            if number % 3 == 0 and len(town.name) > 4
            else town
            for number, town in enumerate(table)
        ]


def _slip(name: str, at: int, kind: int) -> str:
    slips = (name[at + 1 :], name[at] + name[at:], name[at + 1 : at + 2] + name[at] + name[at + 2 :])
    return name[:at] + slips[kind]


def _tables_of_some(*counts: int) -> Iterator[list[Town]]:
    chance = np.random.default_rng(2)
    for _ in range(100):
        countries = chance.choice([*_countries()], size=len(counts), replace=False)
        yield [
            town
            for country, count in zip(countries, counts, strict=True)
            for town in _draw(chance, _countries()[str(country)], count)
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
        context = places.context_of(queries)
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
        told.append((_countries_in(gazetteer.load().context_of(queries)), {table[0].country}))

    assert all(said <= country for said, country in told)
    assert sum(said == country for said, country in told) >= known * len(told)


def _countries_in(context: str) -> set[str]:
    return {part.partition("/")[0] for part in context.split(",")} - {""}


@pytest.mark.parametrize(("form", "sure"), [("{}", 0.5), ("5 Station Road, {}", 0.7)])
def test_among_towns_of_its_country_a_bare_name_is_surer(form: str, sure: float) -> None:
    alone, together = _locate(_tables_of_one(12), form)

    assert together.right >= max(0.96, alone.right + 0.04)
    assert together.sure >= sure
    assert together.wrong <= 0.01


@pytest.mark.parametrize("form", ["{}", "5 Station Road, {}"])
def test_in_a_table_of_one_region_its_towns_are_meant(form: str) -> None:
    alone, together = _locate(_tables_of_regions(20), form)

    assert together.right >= max(0.95, alone.right + 0.08)
    assert together.wrong <= 0.01


def test_a_misspelt_name_in_a_table_of_one_region_is_found() -> None:
    alone, together = _locate(_misspell(_tables_of_regions(12)))

    assert together.right >= max(0.9, alone.right + 0.2)
    assert together.wrong <= 0.01


@pytest.mark.parametrize("counts", [(9, 1), (16, 4), (10, 10), (10, 5, 5), (4, 4, 4, 4, 4)])
def test_so_it_is_in_tables_of_a_few_countries(counts: tuple[int, ...]) -> None:
    alone, together = _locate(_tables_of_some(*counts))

    assert together.right >= max(0.94, alone.right + 0.02)
    assert together.sure >= 0.45
    assert together.wrong <= 0.01


@cache
def _codes() -> dict[str, list[str]]:
    """The postcodes of each country that has many."""
    atlas, found = _atlas(), dict[str, list[str]]()
    for code, number in sorted(atlas.codes.items()):
        for row in range(atlas.code_start[number], atlas.code_start[number + 1]):
            found.setdefault(atlas.countries[atlas.code_country[row]], []).append(code.upper())
    return {country: codes for country, codes in found.items() if len(codes) >= 100}


@pytest.mark.parametrize(("lost", "known"), [(False, 0.8), (True, 0.75)], ids=["whole", "without zeros"])
def test_a_column_of_postcodes_tells_its_country(lost: bool, known: float) -> None:
    """Also where a spreadsheet has taken the zeros in front."""
    chance = random.Random(6)
    told = []
    for country, codes in _codes().items():
        drawn = [code.lstrip("0") if lost and code.isdigit() else code for code in chance.sample(codes, 40)]
        queries = [Query(postcode=code) for code in drawn]
        told.append((_countries_in(gazetteer.load().context_of(queries)), {country}))

    assert all(said <= country for said, country in told)
    assert sum(said == country for said, country in told) >= known * len(told)


def test_the_postcodes_of_a_column_are_found() -> None:
    zips = pd.DataFrame({"zip": [90210, 10001, 60601, 33101, 77001, 98101, 2110, 30301, 80202, 94103]})
    found = zips.geo.locate(postcode="zip", service="gazetteer", details=True, cache=False)

    assert found["formatted"].str.endswith("United States").all()
    assert found["formatted"].iloc[6] == "02110 Boston, Massachusetts, United States"
    assert zips.geo.locate("zip", service="gazetteer", details=True, cache=False)["lat"].notna().sum() >= 9


def test_numbers_that_are_no_postcodes_tell_no_country() -> None:
    chance = random.Random(7)
    columns = [range(1990, 2026), range(1, 200), *(chance.sample(range(10_000, 100_000), 30) for _ in range(100))]
    for column in columns:
        assert not gazetteer.load().context_of([Query(postcode=str(number)) for number in column])


def test_towns_of_all_the_world_have_no_country() -> None:
    chance = np.random.default_rng(3)
    countries = [*_countries()]
    told = []
    for _ in range(100):
        table = [
            _draw(chance, _countries()[str(country)], 1)[0]
            for country in chance.choice(countries, size=10, replace=False)
        ]
        told.append(gazetteer.load().context_of([Query(town.name) for town in table]))

    assert not any(told)
