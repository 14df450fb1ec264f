"""What a person has decided: coordinates of an address that win over every service's answer.

A correction belongs to the text of an address, whoever is asked and with which options: that is what a person means who
says where a house stands. It costs nothing, is kept for good, and stays when the answers are cleared.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Literal, NamedTuple

from geopandas_batch.errors import SettingsError
from geopandas_batch.places import MATCHES, Location, Match, Query, Question, sealed
from geopandas_batch.places.texts import PartedQuery
from geopandas_batch.store.database import Database

PERSON = "person"  # who answered, in the column `service`
AT_ONCE = 1000  # questions in one statement, where only a few are asked

Kind = Literal["accepted", "set"]


class Correction(NamedTuple):
    """One decision of a person."""

    address: str
    location: Location
    kind: Kind
    when: float  # seconds since 1970


class Overrides:
    """The corrections in one cache file.

    Parameters
    ----------
    base : Database
        That of the answers, so that both are one file.

    Examples
    --------
    >>> overrides = Overrides(Database(None))
    >>> overrides.keep({"Villa Sol": Location(59.91, 10.75)}, kind="set")
    >>> overrides.among([Query("Villa Sol"), Query("Oslo")])[Query("Villa Sol")].reason
    'set by a person'
    """

    def __init__(self, base: Database) -> None:
        """Nothing is opened before the first use."""
        self._base = base

    def keep(self, places: Mapping[str, Location], *, kind: Kind) -> None:
        """Put decisions on disk, by the text of the address; a later one replaces an earlier one."""
        if not all(map(_is_text, places)):
            raise SettingsError("an address holds half a letter (a lone surrogate), and cannot be kept. Mend it first")
        now = time.time()
        rows = [
            (address, place.lat, place.lon, place.formatted, place.match, kind, place.service, place.attribution, now)
            for address, place in places.items()
        ]
        statement = "INSERT OR REPLACE INTO correction VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._base.change(lambda db: db.executemany(statement, rows))

    def among(self, questions: Iterable[Question]) -> dict[Question, Location]:
        """The decisions on these questions. Nearly free while nothing was ever corrected."""
        if self._base.read(lambda db: db.execute("SELECT 1 FROM correction LIMIT 1").fetchone()) is None:
            return {}
        queries = [question for question in questions if isinstance(question, Query)]
        few = {line for query in queries for line in lines_of(query)} if len(queries) <= AT_ONCE else None
        places = {each.address: each.location for each in self._read(few)}
        # Parts and a line of text may read the same.
        found: dict[Question, Location]
        found = {query: places[line] for query in queries if (line := query.text or query.line) in places}
        for query in queries:
            if type(query) is PartedQuery and query not in found and (line := query.former.line) in places:
                found[query] = places[line]
        return found

    def all(self) -> list[Correction]:
        """All decisions, oldest first."""
        return sorted(self._read(None), key=lambda each: each.when)

    def undo(self, addresses: Iterable[str]) -> int:
        """Take decisions back; how many there were."""
        known, statement = list(addresses), "DELETE FROM correction WHERE address = ?"
        return self._base.change(lambda db: sum(db.execute(statement, (each,)).rowcount for each in known))

    def _read(self, addresses: Iterable[str] | None) -> Iterator[Correction]:
        statement = "SELECT address, lat, lon, formatted, match, kind, service, attribution, made FROM correction"
        known: list[str] = []
        if addresses is not None:
            known = [address for address in addresses if _is_text(address)]
            statement += f" WHERE address IN ({','.join('?' * len(known))})"
        rows = self._base.read(lambda db: db.execute(statement, known).fetchall())
        for address, lat, lon, formatted, match, kind, service, attribution, made in rows:
            place = decided(sealed(lat, lon, formatted, match, math.nan, "", service, attribution, ()), kind)
            yield Correction(address, place, kind, made)


def lines_of(query: Query) -> Sequence[str]:
    """The text to which a decision on the question belongs, and what it was when line breaks were spaces."""
    line = query.text or query.line
    return (line, query.former.line) if type(query) is PartedQuery else (line,)


def _is_text(address: str) -> bool:
    """Whether SQLite takes it: a broken file name read into a cell is none, but must not stop a run."""
    try:
        address.encode()
    except UnicodeEncodeError:
        return False
    return True


def decided(place: Location, kind: Kind) -> Location:
    """The place as a row shows it: a person has said so, and is sure."""
    reason = "set by a person"
    if kind == "accepted":
        reason = "accepted by a person" + (f", found by {place.service}" if place.service else "")
    return sealed(place.lat, place.lon, place.formatted, place.match, 1.0, reason, PERSON, place.attribution, ())


def placed(lat: float, lon: float, match: Match, formatted: str) -> Location:
    """A place that a person gives.

    Raises
    ------
    SettingsError
        It is not on Earth, or there is no such level of match.
    """
    for name, value, most in (("lat", lat, 90), ("lon", lon, 180)):
        if isinstance(value, bool) or not isinstance(value, Real) or not abs(value) <= most:
            raise SettingsError(f"{name} must be a number from -{most} to {most}, not {value!r}")
    if match not in MATCHES:
        raise SettingsError(f"match must be one of {', '.join(MATCHES)}, not {match!r}")
    return Location(float(lat), float(lon), formatted, match)
