"""A batch of questions to the index: a few statements with joins, whatever the size of the batch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.addressbook.matching.statements import AREAS, CODES, DOTS, STREETS, TOWNS
from geopandas_batch.addressbook.reading import Columns, read
from geopandas_batch.addressbook.reading.countries import told
from geopandas_batch.addressbook.reading.lines import Places
from geopandas_batch.addressbook.reading.regions import shortened
from geopandas_batch.addressbook.spelling import may_have_dots, plain
from geopandas_batch.places import Query

_SHORT = re.compile("0[0-9]{2,4}|[0-9]{3,4}")  # it may have lost a zero: see `CODES`


class Found(NamedTuple):
    """A street that may be meant, and its house of the number that is asked."""

    id: int
    far: int  # letters that differ
    told: bool  # by more than the town's name
    agrees: bool  # all that is asked does, the postcode too, and no other street is as near
    strange: bool  # it is of a town that is not the one that is asked, the only one with this postcode
    moved: bool  # it has another postcode than the one that is asked
    written: str  # the key of its town as it is asked, where that was put right and no postcode agrees
    street: str  # its key
    name: str
    city: str
    town: str  # its key
    shown: str
    lat: float
    lon: float
    wide: bool  # houses of it are far apart: it is several, or its points are wrong
    number: str  # empty: not there
    single: bool  # False: there more than once, and not at one place
    house: str  # as it is shown
    house_lat: float
    house_lon: float


class Houses(NamedTuple):
    """The houses of those questions that mean a single one, as columns."""

    i: list[int]  # the positions of the questions
    lat: list[float]
    lon: list[float]
    shown: list[str]
    told: list[bool]
    unlike: dict[int, Found]  # by their place in these columns, those that are not as they are asked


class Area(NamedTuple):
    """A postcode or a town."""

    match: str
    shown: str
    lat: float
    lon: float
    houses: int
    wide: bool  # as of a street


class Batch:
    """Asks the index of one book, by a cursor of its own."""

    def __init__(self, db: Any, endings: Mapping[str, str]) -> None:
        """Use this cursor, and nobody else meanwhile; `endings` say countries, where the book has some."""
        self._db, self._endings = db, endings

    def read(self, queries: Sequence[Query]) -> Columns:
        """What each query asks, in the spelling of the book, towns put right."""
        lines, countries = told(list(map(_in_one_line, queries)), self._endings)
        asked = read(lines, self._known)
        asked["country"] = countries
        houses = asked["number"]
        for i in [i for i, house in enumerate(houses.tolist()) if house[:1] == "0"]:
            houses[i] = plain(houses[i])
        states, codes, towns = asked["state"], asked["postcode"], asked["city"]
        states[:] = list(map(shortened, states.tolist()))
        short = list(filter(_SHORT.fullmatch, set(codes.tolist())))
        right = self._put_right(CODES, postcode=short)
        codes[:] = [right.get((code,), code) for code in codes.tolist()] if right else codes
        streets = asked["street"]
        dotted = [name for name in {*streets.tolist(), *towns.tolist()} if may_have_dots(name)]
        if right := self._put_right(DOTS, key=dotted):
            for names in (streets, towns):
                names[:] = [right.get((name,), name) for name in names.tolist()]
        pairs = list(zip(towns.tolist(), codes.tolist(), strict=True))
        different = [pair for pair in set(pairs) if pair[0]]
        right = self._put_right(TOWNS, city=[town for town, _ in different], postcode=[code for _, code in different])
        asked["written"] = np.full(len(towns), "", object)
        if right:
            asked["written"][:] = [pair[0] if pair in right else "" for pair in pairs]
            towns[:] = [right.get(pair, pair[0]) for pair in pairs]
        return asked

    def _put_right(self, statement: str, **columns: list[str]) -> dict[tuple[str, ...], str]:
        """What the book has instead of these."""
        if not all(columns.values()):
            return {}
        found = self._ask(columns, statement)
        wrong = zip(*(found[name].tolist() for name in columns), strict=True)
        return dict(zip(wrong, found["known"].tolist(), strict=True))

    def _known(self, names: set[str]) -> dict[str, int]:
        """Of which kinds these names are, as far as the book has them."""
        if not names:
            return {}
        found = self._ask({"key": list(names)}, "SELECT key, kind FROM word JOIN asked USING (key)")
        return dict(zip(found["key"].tolist(), found["kind"].tolist(), strict=True))

    def streets(self, asked: Columns) -> tuple[Houses, dict[int, list[Found]]]:
        """The houses that are meant; of other questions, by their position, the streets that may be, equally good."""
        some = (asked["street"] != "") & ((asked["postcode"] != "") | (asked["city"] != ""))
        found = self._of(asked, np.flatnonzero(some), STREETS)
        alone = np.bincount(found["i"], minlength=1)[found["i"]] == 1
        clear = alone & found["single"]
        groups = _grouped({name: column[~clear] for name, column in found.items()}, Found)
        for streets in groups.values():
            streets.sort()
        houses = {name: column[clear] for name, column in found.items()}
        unlike = np.flatnonzero(~houses["plain"])
        rows = _rows({name: column[unlike] for name, column in houses.items()}, Found)
        i, lat, lon, shown, told = (houses[name].tolist() for name in ("i", "house_lat", "house_lon", "house", "told"))
        return Houses(i, lat, lon, shown, told, dict(zip(unlike.tolist(), rows, strict=True))), groups

    def areas(self, asked: Columns, places: Sequence[int]) -> dict[int, list[Area]]:
        """The postcodes and towns of these questions, by their position."""
        return _grouped(self._of(asked, np.array(places), AREAS), Area) if places else {}

    def _of(self, asked: Columns, places: Places, statement: str) -> dict[str, NDArray[Any]]:
        return self._ask({"i": places, **{part: column[places] for part, column in asked.items()}}, statement)

    def _ask(self, columns: Mapping[str, Sequence[Any] | NDArray[Any]], statement: str) -> dict[str, NDArray[Any]]:
        """Join columns, as the table ``asked``, with the index."""
        table = {name: np.array(values, object if name != "i" else np.int64) for name, values in columns.items()}
        self._db.register("asked", table)
        try:
            found: dict[str, NDArray[Any]] = self._db.execute(statement).fetchnumpy()
        finally:
            self._db.unregister("asked")
        return found


def _in_one_line(query: Query) -> Query:
    """With commas where the lines of a text end, as in a cell of a sheet."""
    if "\n" not in query.text and "\r" not in query.text:
        return query
    return query._replace(text=", ".join(filter(None, map(str.strip, query.text.splitlines()))))


def _grouped(found: Mapping[str, NDArray[Any]], kind: Any) -> dict[int, list[Any]]:
    """The rows of each question."""
    groups: dict[int, list[Any]] = {}
    for i, row in zip(found["i"].tolist(), _rows(found, kind), strict=True):
        groups.setdefault(i, []).append(row)
    return groups


def _rows(found: Mapping[str, NDArray[Any]], kind: Any) -> Iterator[Any]:
    return map(kind._make, zip(*(found[name].tolist() for name in kind._fields), strict=True))
