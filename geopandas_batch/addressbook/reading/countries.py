"""Countries by their names and codes in all languages, as a book has them and as an address ends with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import repeat

import numpy as np

from geopandas_batch.addressbook.reading.lines import Texts
from geopandas_batch.addressbook.reading.regions import STATES
from geopandas_batch.addressbook.spelling import keys
from geopandas_batch.places import Query

# What has a code of its own, and is written as a part of its country as often as not.
_PARTS = {
    "US": "PR VI GU AS MP UM", "FR": "GP MQ GF RE YT PM BL MF NC PF WF TF", "GB": "IM JE GG GI", "FI": "AX",
    "NO": "SJ BV", "DK": "FO GL", "NL": "AW CW SX BQ", "CN": "HK MO", "AU": "CX CC NF HM", "NZ": "CK NU TK", "RS": "XK",
}  # fmt: skip
_WHOLE = {part: country for country, parts in _PARTS.items() for part in parts.split()}
_NATIONS = dict.fromkeys(("england", "scotland", "wales", "cymru", "northernireland", "greatbritain"), "GB")
_WITH_STATES = {"US", "CA", "AU"}  # of which the states have codes as well: "Wilmington, DE"


@cache
def names() -> Mapping[str, str]:
    """The code of each country by its names and codes, in the spelling of the index.

    >>> [names()[key] for key in keys(["Deutschland", "DEU", "Puerto Rico", "Scotland", "Ελλάδα"])]
    ['DE', 'DE', 'US', 'GB', 'GR']
    """
    from geopandas_batch.gazetteer.atlas import Atlas

    atlas = Atlas()
    entities, starts = np.asarray(atlas.name_entity) >> 1, np.asarray(atlas.name_start)
    places = np.flatnonzero(entities >= atlas.regions)
    numbers = np.searchsorted(starts, places, side="right") - 1
    found: dict[str, set[int]] = {}
    for number, entity in zip(numbers.tolist(), entities[places].tolist(), strict=True):
        found.setdefault(atlas.names.restore_key(number), set()).add(entity)
    for code, meant in atlas.short.items():  # of states, too
        found.setdefault(code, set()).update(entity for entity in meant if entity >= atlas.regions)
    sole = {name: atlas.countries[min(meant) - atlas.regions] for name, meant in found.items() if len(meant) == 1}
    sole |= {code: code for code in atlas.countries}
    spelled = dict(zip(keys(list(sole)), (_WHOLE.get(code, code) for code in sole.values()), strict=True))
    return spelled | _NATIONS


def codes(texts: Collection[str]) -> list[str]:
    """The code of each country; the empty text where it is none that is known."""
    if not any(texts):
        return list(texts)
    return list(map(names().get, keys(texts), repeat("")))


def endings(taken: set[str], countries: set[str]) -> dict[str, str]:
    """The names that say a country where they stand alone at the end of an address, with its code.

    Parameters
    ----------
    taken : set
        Names of streets, towns and states of the book, as keys.
    countries : set
        Codes of those that are in the book.
    """
    states = set(STATES) if countries & _WITH_STATES else set[str]()
    return {key: code for key, code in names().items() if key not in taken and key not in states}


def told(queries: Sequence[Query], ends: Mapping[str, str]) -> tuple[Sequence[Query], Texts]:
    """The queries without the country at the end of their lines, and the code of the one that each is in.

    >>> told([Query("1 Ringstraße, Wien, Austria")], {"austria": "AT"})[0][0].text
    '1 Ringstraße, Wien'
    """
    countries = np.array(codes([query.country for query in queries]), object)
    if not ends:
        return queries, countries
    # One text for each place, empty where none can be a country's: most lines end with a postcode or a town.
    parts = [_last(query.text) for query in queries]
    different = [part for part in set(parts) if part]
    code = {part: ends[key] for part, key in zip(different, keys(different), strict=True) if key in ends}
    if not code:
        return queries, countries
    rest = list(queries)
    for i, part in enumerate(parts):
        if part in code:
            countries[i] = code[part]
            rest[i] = queries[i]._replace(text=queries[i].text.rpartition(",")[0])
    return rest, countries


def _last(text: str) -> str:
    """What is behind the last comma, if it has no digits."""
    before, _, last = text.rpartition(",")
    return last.strip() if before.strip() and not any(map(str.isdigit, last)) else ""
