"""Other ways to read a text in which nothing was found: short forms without their dots, towns with a quarter, and a
comma that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import fold, key
from geopandas_batch.gazetteer.atlas.typos import Typos
from geopandas_batch.gazetteer.ranking.evidence import are_apart
from geopandas_batch.gazetteer.reading.abbreviations import Abbreviations
from geopandas_batch.gazetteer.reading.shortforms import CITIES
from geopandas_batch.gazetteer.reading.words import ARTICLES, STREET_BEFORE
from geopandas_batch.gazetteer.rereading.conventions import Conventions
from geopandas_batch.gazetteer.rereading.glyphs import Glyphs
from geopandas_batch.gazetteer.rereading.venues import find_behind, find_center, find_city

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}+")
_WITH_HYPHEN = re.compile(rf"(?:^|(?<=[,;]))(\s*(?:\d[\w-]*\s+)?)({_LETTER}+)-({_LETTER}+)(?=\s*(?:[,;]|$))")
_NAME = rf"{_LETTER}+(?:\.?\s{_LETTER}+){{0,2}}"
_TWINS = re.compile(
    rf"(?:^|(?<=[,;]))(\s*)({_NAME})\s?-\s?({_NAME})(?:\s?-\s?{_NAME})?(?=\s*(?:[,;]|$))"
)  # "Dallas-Fort Worth"
_TOO_LONG = 1000  # letters, of which some of these patterns take the square of the time
_TELLING = re.compile(
    rf"[()]|-(?<={_LETTER}-){_LETTER}|\s{_LETTER}\s|\b(?:on|upon|[A-ZÖ][A-Za-zö]{{1,4}}|Gujrat|Екб)\b"
)
_UPON = re.compile(r"\b(?:up)?on\b", re.IGNORECASE)
_OTHER_WORD = {"on": "upon", "upon": "on"}  # "Barton on Humber"
_IN_BRACKETS = re.compile(r"[()]")
_MORE_THAN_ONE_PART = re.compile(r"[,;|/\n]")
_AFTER_NUMBER = re.compile(r"(?<=\d)\s+(?=\d{4,}\s+\D)")  # "Postbus 2120 4460 MC Goes"
_CODE_FIRST = re.compile(r"((?:[A-Z]{1,2}-)?\d{4,6}(?:\s+[A-Z]{2}(?=\s))?\s+)(\D.*)")  # "4811 DJ Breda Grote Markt 38"
_CODE = 3  # letters
_AREA_WORDS, _TOWN_WORDS, _MOST_WORDS = 3, 4, 12
_SOME = 141  # of fifty thousand people
_LARGE = 150  # of a hundred thousand people: a town whose quarters bear its name
_HUGE = 171  # of half a million: "Wien-Favoriten" is in Vienna
_MOST = 5  # places of a name


class Rewriting:
    """Writes texts anew with the names of an atlas."""

    def __init__(self, atlas: Atlas, abbreviations: Abbreviations, typos: Typos) -> None:
        """Use the names of an atlas, what writes out its short forms, and what puts its names right."""
        self._atlas, self._abbreviations = atlas, abbreviations
        self._typos, self._conventions, self._glyphs = typos, Conventions(atlas), Glyphs(atlas)

    def write_anew(self, text: str) -> str:
        """The text as it may be meant; the same if there is no other way to read it."""
        if len(text) > _TOO_LONG:
            return text
        plain = self._glyphs.put_right(self._conventions.write_plainly(text))
        center = find_center(plain)
        head, comma, tail = center.partition(",")
        if town := self._find_namesake(head) or self._find_behind(head):
            return town + comma + tail  # "Munich Airport, Germany"
        if center == text and not _TELLING.search(text):
            return text
        new = _WORD.sub(lambda found: CITIES.get(found[0], found[0]), center)
        new = _UPON.sub(lambda found: _OTHER_WORD[found[0].lower()], new)
        new = _IN_BRACKETS.sub(" ", self._abbreviations.write_out_undotted(new))
        return _WITH_HYPHEN.sub(self._part_quarter, _TWINS.sub(self._part_twins, new))

    def _find_namesake(self, text: str) -> str:
        """The city, or the region, after which something is named; nothing if there is none of that size."""
        name, small = find_city(text)
        if small and (self._places(name) or self._is_area(name)):
            return name
        first, hyphen, _ = name.partition("-")
        if self._is_city(name, _SOME):
            return name
        return first if hyphen and not self._is_area(name) and self._is_city(first, _LARGE) else ""  # "Wien-Schwechat"

    def _find_behind(self, text: str) -> str:
        """The city in a text that says where something is: "15 minutes from Galway city centre"."""
        for said in find_behind(text):
            for name in (said, find_city(said)[0]):
                if self._is_city(name, _SOME):
                    return name
        return ""

    def _is_city(self, name: str, least: int) -> bool:
        """Whether a place of this weight, or a heavier one, has this name."""
        weight, villages = self._atlas.weight, self._atlas.villages
        return any(weight[entry >> 1] >= least for entry in self._entries(name) if entry >> 1 < villages)

    def cut_anew(self, text: str) -> Iterator[str]:
        """The text with a comma that may be missing: before its region or country, or behind it, or at its postcode."""
        words = text.split()
        if not 1 < len(words) <= _MOST_WORDS or _MORE_THAN_ONE_PART.search(text):
            return
        names = self._atlas.names
        for at in range(1, min(_TOWN_WORDS, len(words) - 1)):
            if words[at].isupper() and self._is_country(words[at]):  # "MONTEGO BAY JAM 12 ST JAMES ST"
                yield f"{' '.join(words[at + 1 :])}, {' '.join(words[:at])}, {words[at]}"
        for count in range(1, min(_AREA_WORDS + 1, len(words))):
            if words[-count - 1].lower() not in ARTICLES:
                for area in self._find_areas(" ".join(words[-count:])):
                    yield f"{' '.join(words[:-count])}, {area}"
            # "España Albacete Calle Ancha 4", but not "Kansas City Convention Center"
            if self._is_area(first := " ".join(words[:count])) and key(f"{first} {words[count]}") not in names:
                yield f"{first}, {' '.join(words[count:])}"
        if _AFTER_NUMBER.search(text):
            yield _AFTER_NUMBER.sub(", ", text)
        if found := _CODE_FIRST.fullmatch(text):
            rest = found[2].split()
            if not rest or fold(rest[0]) in STREET_BEFORE:
                return
            for count in range(min(_TOWN_WORDS, len(rest) - 1), 0, -1):
                if key(town := " ".join(rest[:count])) in names:
                    yield f"{found[1]}{town}, {' '.join(rest[count:])}"
                    return

    def _is_country(self, code: str) -> bool:
        """Whether it is the code of a country in three letters."""
        return len(code) == _CODE and any(
            entity >= self._atlas.regions for entity in self._atlas.short.get(code.lower(), ())
        )

    def _find_areas(self, said: str) -> list[str]:
        """The names of regions and countries that it may be, put right if it is misspelt."""
        names, written = self._atlas.names, key(said)
        if written in names or len(said.split()) >= _AREA_WORDS:  # longer ones are seldom misspelt
            return [said] if self._is_area(said) else []
        return [
            *filter(
                self._is_area,
                map(names.restore_key, self._typos.correct(written) or self._typos.correct_twice(written)),
            )
        ][:_MOST]

    def _is_area(self, said: str) -> bool:
        """Whether it is the name of a region or country."""
        return any(entry >> 1 >= self._atlas.villages for entry in self._entries(said))

    def _entries(self, said: str) -> Sequence[int]:
        """All that has this name, as the index has it: numbers of entities times two, plus one for a second name."""
        atlas = self._atlas
        number = atlas.names.get(key(said))
        return () if number is None else atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]

    def _part_quarter(self, found: re.Match[str]) -> str:
        """ "Kraków-Podgórze" is in Kraków, and "Rapperswil-Jona" are two places side by side."""
        if self._is_area(f"{found[2]}-{found[3]}"):
            return found[0]
        town, quarter = self._places(found[2]), self._places(found[3])
        if any(not are_apart(self._atlas, one, other) for one in town for other in quarter):
            return f"{found[1]}{found[2]}, {found[3]}"
        large = any(self._atlas.weight[place] >= _LARGE for place in town)
        return f"{found[1]}{found[2]}" if large else found[0]

    def _part_twins(self, found: re.Match[str]) -> str:
        """ "Minneapolis-St. Paul" are two cities side by side."""
        if self._is_area(f"{found[2]}-{found[3]}"):
            return found[0]  # "Schleswig-Holstein"
        one, other = self._places(found[2]), self._places(found[3])
        near = any(not are_apart(self._atlas, town, twin) for town in one for twin in other)
        return f"{found[1]}{found[2]}, {found[3]}" if near else found[0]

    def _places(self, name: str) -> list[int]:
        """The biggest places that have this name: cities in any language, others if it is their first name."""
        atlas = self._atlas
        return [
            entry >> 1
            for entry in self._entries(name)
            if entry >> 1 < atlas.villages and (not entry & 1 or atlas.weight[entry >> 1] >= _HUGE)
        ][:_MOST]
