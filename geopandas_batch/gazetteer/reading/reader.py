"""Takes an address apart: parts, tokens, names, items, postcodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, repeat

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import SHORT, key
from geopandas_batch.gazetteer.reading import Part, Reading
from geopandas_batch.gazetteer.reading.abbreviations import Abbreviations
from geopandas_batch.gazetteer.reading.aliases import TERRITORIES
from geopandas_batch.gazetteer.reading.contradictions import Contradictions
from geopandas_batch.gazetteer.reading.cutting import cut, cut_easy
from geopandas_batch.gazetteer.reading.names import Names
from geopandas_batch.gazetteer.reading.parts import Parts
from geopandas_batch.places import Query

_NO_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")  # of the web or of mail
# A telephone number, with what announces it.
_PHONE = re.compile(r"(?:\b(?:tel|phone|fax|mobile)\w*[.:]*\s*)?\+\d[\d ()./-]{6,}\d", re.IGNORECASE)
# A plus code, as maps have it where there is no street: "VVXC+JR Sylhet, Bangladesh".
_PLUS_CODE = re.compile(r"\b[2-9CFGHJMPQRVWX]{4,8}\+[2-9CFGHJMPQRVWX]{2,3}\b", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[A-Z]{3}\b")
_CONGO = re.compile(r"([ck]ong[oó]|конго) [-–] ", re.IGNORECASE)  # Unicode's names of countries have "Congo - Kinshasa"
_STATES = (
    "AL|AK|AZ|AR|CA|CT|DE|FL|GA|HI|IA|ID|IL|IN|KS|KY|LA|MA|MD|ME|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|OK|OR|PA|"
    "RI|SC|SD|TN|TX|UT|VA|VT|WA|WI|WV|WY"
)
# "Butler Co., PA" and "GARY, LAKE CO IN" are not in Colorado.
_COUNTY = re.compile(rf"C[oO]\b(?<=\w C.)\.?(?=,?\s+(?:{_STATES})\b)")
# What stands before the fields of a form: "City: Lyon; Country: France".
_LABELS = re.compile(
    r"\b(?:(?:delivery|billing|shipping)?\s*address|street|city|town|state|province|region|county|country|zip(?:\s?code)?"
    r"|post(?:al)?\s?code|location|adresse|stra(?:ß|ss)e|plz|ort|stadt|land|rue|ville|pays|code postal|dirección|calle"
    r"|ciudad|provincia|país|indirizzo|via|città|paese|cap|endereço|cidade|estado|cep|adres|miasto|kraj|plaats)\s*:",
    re.IGNORECASE,
)
_OWNER = re.compile(r"\w+['’]s\b")
_MOUNT = SHORT["mount"]
_ANY = repeat("any")
_NO_WORDS: frozenset[str] = frozenset()
_MOST_TOKENS = 40  # an address is shorter; a page of text pasted into a cell is cut here


class Reader:
    """Reads addresses with the names of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        numbers = {country: number for number, country in enumerate(atlas.countries)}
        self.mothers = {
            numbers[territory]: numbers[mother]
            for mother, territories in TERRITORIES.items()
            for territory in territories
            if territory in numbers
        }
        named = ((country, key(atlas.label(atlas.regions + country))) for country in numbers.values())
        sovereign = frozenset(
            (atlas.names[name], country)
            for country, name in named
            if country not in self.mothers and name in atlas.names
        )
        self.names = Names(atlas, sovereign)
        self._parts = Parts(atlas, self.names)
        self._three_letters = frozenset(code for code in atlas.short if len(code) == 3)
        self._contradictions = Contradictions(atlas, self.mothers)
        self.abbreviations = Abbreviations(atlas)

    def read_many(self, queries: Sequence[Query]) -> list[Reading]:
        """The parts, names, items and postcodes of addresses. One step is done for all of them, then the next."""
        readings = [self._split(query) for query in queries]
        self._parts.read_many(readings)
        for reading, query in zip(readings, queries, strict=True):
            if reading.items and _MOUNT in reading.tokens:
                self._leave_out_mounts(reading, query)
            if not reading.items and ("'s" in query.text or "’s" in query.text):
                _leave_out_owners(reading, query)
            if reading.posts or len(reading.items) > 1:
                self._contradictions.resolve(reading)
            if query.country:
                reading.stated = self._state(reading)
        return readings

    def _leave_out_mounts(self, reading: Reading, query: Query) -> None:
        """A mount in full is no code of Montana, though it is folded as one: "Kevin Mount"."""
        if re.search(rf"\b{_MOUNT}\b", query.line, re.IGNORECASE) is None:
            reading.items = [item for item in reading.items if not item.code or reading.tokens[item.start] != _MOUNT]

    def _split(self, query: Query) -> Reading:
        """The tokens and parts of an address, of which nothing is read yet."""
        roles: Iterable[str] = _ANY
        tokens, said = cut_easy(query.text)
        if not tokens:
            roles, said = self._cut(query)
            tokens = [*chain.from_iterable(said)]
        if len(tokens) > _MOST_TOKENS:
            del tokens[_MOST_TOKENS:]
            said = _shorten(said)
        numeric = [*map(str.isdigit, tokens)]
        capitals = _NO_WORDS
        if not self._three_letters.isdisjoint(tokens) and not query.text.isupper():
            capitals = frozenset(map(str.lower, _CAPITALS.findall(query.text)))
        parts: list[Part] = []
        start, last = 0, len(tokens)
        numbered = last > 1 and tokens[1][0].isdigit()
        for role, words in zip(roles, said, strict=False):
            end = start + len(words)
            if not start and role == "any" and True in numeric[:end]:
                words = (*["0" if word.isdigit() else word for word in words],)
            inside = capitals.intersection(words) if capitals else capitals
            parts.append(Part(start, end, role, words, len(parts), end == last, inside, numbered))
            start, numbered = end, False
        return Reading(tokens, parts, numeric, bool(query.text))

    def _cut(self, query: Query) -> tuple[Iterable[str], list[tuple[str, ...]]]:
        """The roles of the parts, and their tokens."""
        text = query.text
        if text:
            if "+" in text:
                text = _PHONE.sub(",", _PLUS_CODE.sub(",", text))
            if "://" in text or "@" in text or "www." in text:
                text = _NO_ADDRESS.sub(" ", text)
            if ":" in text:
                text = _LABELS.sub(",", text)
            if "Co" in text or "CO" in text:
                text = _COUNTY.sub("County", text)
            if " - " in text or " – " in text:
                text = _CONGO.sub(r"\1 ", text)
            text = self.abbreviations.write_out(text)
            return _ANY, cut(text)
        # Where no town is given, it may stand in the street.
        street = "street" if query.city or query.postcode else "any"
        given = (
            (street, f"{query.housenumber} {query.street}"),
            ("city", query.city),
            ("postcode", query.postcode),
            ("state", query.state),
            ("country", query.country),
        )
        roles, said = [], []
        for role, value in given:
            if value:
                parts = cut_easy(value)[1] or cut(self._prepare(role, value))
                said += parts
                roles += [role] * len(parts)
        return roles, said

    def _prepare(self, role: str, value: str) -> str:
        """A value without what would mislead in it."""
        if role == "city":
            return self.abbreviations.write_out(value)
        return _CONGO.sub(r"\1 ", value) if role == "country" else value

    def _state(self, reading: Reading) -> frozenset[int]:
        """The countries that the country part names; "England" names that of the region."""
        atlas = self._atlas
        given = [
            item
            for item in reading.items
            if reading.parts[-1].role == "country" and item.start >= reading.parts[-1].start
        ]
        stated = {country for item in given for country in item.countries}
        return frozenset(
            stated or {atlas.country[atlas.districts + region] for item in given for region in item.regions}
        )


def _leave_out_owners(reading: Reading, query: Query) -> None:
    """One word with an s behind an apostrophe is somebody's, no town: "Levi's 501" is not in Lévis.

    Of the labels of 234,908 places two are.
    """
    owners = {key(word).strip() for word in _OWNER.findall(query.text)}
    reading.spans = [
        span for span in reading.spans if span.end - span.start > 1 or reading.tokens[span.start] not in owners
    ]


def _shorten(said: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    kept, room = [], _MOST_TOKENS
    for words in said:
        if room:
            kept.append(words[:room])
            room -= len(kept[-1])
    return kept
