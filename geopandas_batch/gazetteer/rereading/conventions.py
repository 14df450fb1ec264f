"""Ways of writing in tables of firms, put as an address has them.

Codes of job boards ("US-TX-Waco", "PL-Warszawa") and of ports ("Ningbo CNNGB"), postcodes and boxes that are glued to
the town, what a town lies at ("Weiden i.d.OPf."), and towns of which the middle is left out ("A'dam").
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import fold, key

_LETTER = r"[^\W\d_]"
_END = r"(?=\s*(?:[,;)]|$))"
_BOARD = re.compile(rf"\s*([A-Z]{{2,3}})\s?-\s?([A-Z]{{2,3}})\s?-\s?({_LETTER}.+)")  # "US-TX-Waco"
_COUNTRY_GLUED = re.compile(rf"\s*([A-Z]{{2,3}})-({_LETTER}{{3}}.*)")  # "PL-Warszawa"
_PORT = re.compile(r"(?:\s-)?\s+([A-Z]{2})([A-Z]{3})\b")  # UN/LOCODE
_AIRPORT = re.compile(r"(?<=airport|éroport|eroport|ughafen|roporto|opuerto)\s*\([A-Z]{3}\)", re.IGNORECASE)  # IATA
_DIGIT = re.compile(r"\d")
_CODE_GLUED = re.compile(rf"\b(\d{{4,6}})(?={_LETTER}{{3}})")  # "75008PARIS"
_GLUED_TO = re.compile(rf"(?<={_LETTER}{{3}})(\d{{4,6}})\b")  # "PARIS75008"
_CEDEX = re.compile(r"(?<=cedex)(?=\d)", re.IGNORECASE)
_STATE_GLUED = re.compile(r"[\s,]+([A-Z]{2})-?(\d{4,6})\b")  # "Dallas TX75201"
_BOX = re.compile(
    r"(?<=\w)\s+(?=(?:P\.?\s?O\.?\s?Box|B\.?P\.?\s?\d|Postfach|Postbus|Casilla|Apartado|Apdo)\b)", re.IGNORECASE
)
_ISLANDS = re.compile(rf"(?<={_LETTER} )Is\.?{_END}")  # "Cook Is."
# What a town lies at, beside or in: "Wernigerode am Harz", "Kazimierz Dolny k. Puław".
_LIES_AT = re.compile(
    rf"(?:^|(?<=[,;]))\s*(?:\d[\w-]*\s+)?((?:{_LETTER}|[\s.-])+?)"
    rf"\s+(am|an\s+der|im|in\s+der|bei|ko[lł]o|nad|pod|(?:[aibk]\.\s?)(?:d\.\s?)?)\s*{_LETTER}+\.?{_END}",
    re.IGNORECASE,
)
_MAY_LIE_AT = re.compile(r"\s(?:am|an|im|in|bei|ko[lł]o|nad|pod|[aibk]\.)", re.IGNORECASE)  # told soon
_MIDDLE_LEFT_OUT = re.compile(r"\b([A-Z])['’]([a-z]{3,})\b")
_FIRST_LEFT_OUT = re.compile(
    rf"(?:^|(?<=[,;]))(\s*(?:\d[\d ]+\s)?)({_LETTER})\.\s?({_LETTER}+(?:\s{_LETTER}+)?)(?=\s*(?:[,;)]|$|\s-))"
)
_MORE = re.compile(r"[,;\d]|\s-\s|[^\x00-\x7f]")  # "L. Cruz" alone is a person
_WITH_STATES = frozenset(("US", "CA", "AU", "BR", "IN", "MX"))
_IN_FULL = {"н. новгород": "Нижний Новгород", "н.новгород": "Нижний Новгород", "с-петербург": "Санкт-Петербург"}
_ANY_IN_FULL = re.compile(rf"\b(?:{'|'.join(map(re.escape, _IN_FULL))})\b", re.IGNORECASE)
_FORMER = ("Bangalore", "Mangalore", "Calcutta")  # "B'lore"
_TOWN = 134  # of thirty thousand
_CITY = 147  # in weights: of eighty thousand people


class Conventions:
    """Writes plainly what is written in such a way, with the names of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        self._countries = {country: atlas.label(atlas.regions + at) for at, country in enumerate(atlas.countries)}
        self._by_letter: dict[str, list[tuple[str, str]]] = {}

    def write_plainly(self, text: str) -> str:
        """The text without such ways; the same if there are none.

        >>> from geopandas_batch.gazetteer.atlas import Atlas
        >>> Conventions(Atlas()).write_plainly("US-TX-Waco")
        'Waco, TX, US'
        """
        if "-" in text and (found := _BOARD.fullmatch(text)):
            country, state, town = found.groups()
            text = f"{town}, {state}, {country}" if country[:2] in _WITH_STATES else f"{town}, {country}"
        elif "-" in text and (found := _COUNTRY_GLUED.fullmatch(text)) and self._lies_in(found[2], found[1].lower()):
            text = f"{found[2]}, {found[1]}"
        if "(" in text:
            text = _AIRPORT.sub("", text)
        text = _PORT.sub(self._without_port, text)
        if _DIGIT.search(text):
            text = _CEDEX.sub(" ", _GLUED_TO.sub(r" \1", _CODE_GLUED.sub(r"\1 ", text)))
            text = _BOX.sub(", ", _STATE_GLUED.sub(self._with_state_apart, text))
        if "Is" in text:
            text = _ISLANDS.sub("Islands", text)
        if not text.isascii():
            text = _ANY_IN_FULL.sub(lambda found: _IN_FULL[found[0].lower()], text)
        if _MAY_LIE_AT.search(text):
            text = _LIES_AT.sub(self._without_where, text)
        if "'" in text or "’" in text:
            text = _MIDDLE_LEFT_OUT.sub(lambda found: self._find_city(found[0], found[1], found[2], whole=False), text)
        return _FIRST_LEFT_OUT.sub(self._with_first_word, text) if "." in text and _MORE.search(text) else text

    def _lies_in(self, said: str, code: str) -> bool:
        """Whether a place of this name is in the country that has the code."""
        atlas = self._atlas
        number = atlas.names.get(key(said))
        countries = {entity - atlas.regions for entity in atlas.short.get(code, ()) if entity >= atlas.regions}
        if number is None or not countries:
            return False
        entries = atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]
        return any(entry >> 1 < atlas.villages and atlas.country[entry >> 1] in countries for entry in entries)

    def _without_port(self, found: re.Match[str]) -> str:
        """The code of a port is made of letters of its name, the first two at least: "BRSSZ" of Santos."""
        country, port = self._countries.get(found[1]), found[2].lower()
        name = key(found.string[: found.start()])
        named = _has_letters(name, port) or (name[:1] == port[0] and _has_letters(name, port[:2]))
        is_word = key(found[1] + found[2]) in self._atlas.names
        return f", {country}" if country and named and not is_word else found[0]

    def _with_state_apart(self, found: re.Match[str]) -> str:
        before = found.string[: found.start()].rpartition(" ")[2]
        return f", {found[1]} {found[2]}" if key(before) in self._atlas.names else found[0]

    def _without_where(self, found: re.Match[str]) -> str:
        person = len(found[2].strip()) == len("A.") and found[2][0].isupper() and not found.string.isupper()
        if person or key(found[1]) not in self._atlas.names:
            return found[0]  # "Ulm K. Weber"
        return found[0][: found.end(1) - found.start()]

    def _with_first_word(self, found: re.Match[str]) -> str:
        return found[1] + self._find_city(found[0].strip(), found[2], found[3], whole=True)

    def _find_city(self, said: str, letter: str, rest: str, *, whole: bool) -> str:
        """The biggest city that begins with a letter, and ends with the rest, or has it for its other words."""
        first, last = fold(letter), fold(rest)
        if not whole and self._is_town(said):
            return said  # "L'aquila"
        for name, label in self._cities_with(first):
            if name.endswith(f" {last}" if whole else last) and (not whole or name.count(" ") == last.count(" ") + 1):
                return label
        return said

    def _is_town(self, said: str) -> bool:
        atlas = self._atlas
        number = atlas.names.get(key(said))
        if number is None:
            return False
        entries = atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]
        return any(entry >> 1 < atlas.villages and atlas.weight[entry >> 1] >= _TOWN for entry in entries)

    def _cities_with(self, letter: str) -> list[tuple[str, str]]:
        """Names of cities that may begin with a letter, and their labels, the biggest first."""
        found = self._by_letter.get(letter)
        if found is None:
            atlas = self._atlas
            labels = [*_FORMER, *map(atlas.label, atlas.with_initial(self._cities, letter))]
            names = ((fold(label), label) for label in labels)
            found = self._by_letter[letter] = [(name, label) for name, label in names if name.startswith(letter)]
        return found

    @cached_property
    def _cities(self) -> NDArray[np.intp]:
        """The biggest first."""
        weight = np.asarray(self._atlas.weight)[: self._atlas.places].astype(np.int16)
        cities = np.flatnonzero(weight >= _CITY)
        return cities[np.argsort(-weight[cities], kind="stable")]


def _has_letters(name: str, letters: str) -> bool:
    """Whether a name has these letters in their order."""
    rest = iter(name)
    return all(letter in rest for letter in letters)
