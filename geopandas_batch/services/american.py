"""Addresses of the United States in the four cells that the Census asks for: street, city, state, ZIP code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from geopandas_batch.errors import QueryError
from geopandas_batch.places import Query

# The two letters of the postal service (Publication 28, appendix B): states, the capital's district, island areas.
_STATES = """
AL Alabama AK Alaska AZ Arizona AR Arkansas CA California CO Colorado CT Connecticut DE Delaware
DC District of Columbia FL Florida GA Georgia HI Hawaii ID Idaho IL Illinois IN Indiana IA Iowa KS Kansas KY Kentucky
LA Louisiana ME Maine MD Maryland MA Massachusetts MI Michigan MN Minnesota MS Mississippi MO Missouri MT Montana
NE Nebraska NV Nevada NH New Hampshire NJ New Jersey NM New Mexico NY New York NC North Carolina ND North Dakota
OH Ohio OK Oklahoma OR Oregon PA Pennsylvania RI Rhode Island SC South Carolina SD South Dakota TN Tennessee TX Texas
UT Utah VT Vermont VA Virginia WA Washington WV West Virginia WI Wisconsin WY Wyoming
PR Puerto Rico GU Guam VI Virgin Islands AS American Samoa MP Northern Mariana Islands
"""
STATES: Mapping[str, str] = {
    name.strip().casefold(): code
    for code, name in re.findall(r"\b([A-Z]{2}) (.+?)(?=\s+[A-Z]{2} |\s*$)", _STATES, re.M)
}
CODES = frozenset(STATES.values())
ISLANDS = frozenset(["PR", "GU", "VI", "AS", "MP"])  # which have a country code of their own, the same letters
COUNTRY = frozenset(["us", "usa", "united states", "united states of america"])

_ZIP = re.compile(r"(?:^|\s)(\d{5}(?:-\d{4})?)$")


class Cells(NamedTuple):
    """An address as the Census takes it."""

    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""


def cells(query: Query) -> Cells | QueryError:
    """A question in four cells, in letters of ASCII; or why it is none for the Census.

    In which encoding files are read is not documented: an accent that is left out is understood in all of them. A line
    is taken apart at its commas. One without any goes into the cell of the street as it is, as other clients do it.

    >>> cells(Query("350 Fifth Avenue, Suite 300, New York, NY 10118, USA"))
    Cells(street='350 Fifth Avenue, Suite 300', city='New York', state='NY', postcode='10118')
    >>> cells(Query(housenumber="1", street="Calle Peñuelas", city="San Juan", country="Puerto Rico"))
    Cells(street='1 Calle Penuelas', city='San Juan', state='PR', postcode='')
    >>> cells(Query(street="Karl Johans gate 1", city="Oslo", country="Norway"))
    QueryError('the Census knows the United States and their islands only, not Norway; it was not sent')
    """
    if query.text:
        found = _of_line([_plain(part) for part in query.text.split(",")])
    else:
        country, street = _plain(query.country), _plain(f"{query.housenumber} {query.street}")
        if country and not _is_home(country):
            message = f"the Census knows the United States and their islands only, not {query.country}; it was not sent"
            return QueryError(message)
        state = _code(_plain(query.state)) or _plain(query.state) or (_code(country) if _is_island(country) else "")
        found = Cells(street, _plain(query.city), state, _plain(query.postcode))
    if not found.street:
        return QueryError("the Census needs a street with a house number, in Latin letters; it was not sent")
    return found


def _of_line(parts: list[str]) -> Cells:
    parts = [part for part in parts if part]
    if len(parts) > 1 and _is_home(parts[-1]) and not _is_island(parts[-1]):
        parts.pop()
    if len(parts) < 2:
        return Cells(" ".join(parts))
    last = parts.pop()
    code = _ZIP.search(last)
    postcode, last = (code[1], last[: code.start()].strip()) if code else ("", last)
    if code and not last and len(parts) > 1:  # "Austin, TX, 78701"
        last = parts.pop()
    city, state = _without_state(last)
    if not city and len(parts) > 1:
        city = parts.pop()
    elif not city and postcode and len(last) > 2:  # "350 Fifth Avenue, New York 10118": the city of that name
        city, state = last, ""
    return Cells(", ".join(parts), city, state, postcode)


def _without_state(text: str) -> tuple[str, str]:
    """What stands before the state, and the state's two letters: all of it is a city where it ends in no state."""
    words = text.split()
    for count in range(min(4, len(words)), 0, -1):
        if state := _code(" ".join(words[-count:])):
            return " ".join(words[:-count]), state
    return text, ""


def _code(text: str) -> str:
    """The two letters of a state; empty for what is none."""
    letters = text.replace(".", "").upper()
    return letters if letters in CODES else STATES.get(text.casefold().removeprefix("u.s. "), "")


def _is_home(country: str) -> bool:
    return country.casefold().replace(".", "") in COUNTRY or _is_island(country)


def _is_island(country: str) -> bool:
    return _code(country) in ISLANDS


def _plain(text: str) -> str:
    """Without accents, and without letters that have none of ASCII in them."""
    spelt = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return " ".join(spelt.split())
