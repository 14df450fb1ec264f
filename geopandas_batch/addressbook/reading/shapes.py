"""Lines as most are, "12 Oak Street, Springfield, IL 62701": read by their shape, all of one shape at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from itertools import product, repeat
from operator import add, or_
from typing import NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.addressbook.reading.housenumbers import UNITS, Span
from geopandas_batch.addressbook.reading.kinds import CITY, POSTCODE, STATE, STREET
from geopandas_batch.addressbook.reading.lines import Places, Texts, runs
from geopandas_batch.addressbook.reading.regions import is_outside
from geopandas_batch.addressbook.spelling import ORDINAL, is_number

_LONGEST = 25  # words of a line that is read by its shape

# In a shape, each word is a letter: 0 for a house number, 8 for what else begins with a digit, w for what may begin a
# name, a for what may not. In "12 a High Street" and "12 bis High Street" the name may be a later one.
_NAME, _REGION = "w[wa]{0,5}", "[wa]{1,3}"
_STREETS = [re.compile(form) for form in (f"(?P<house>0)(?P<street>{_NAME})", f"(?P<street>{_NAME})(?P<house>0)")]
# The postcode before the town or behind, of one word or of two ("1012 AB", "SE1 1AA", "114 55"); a state between commas
# or behind the town; a country.
_TOWNS = [
    re.compile(f"{form}(?:,(?P<country>{_REGION}))?")
    for before, behind in (("[08]", "[08]"), ("[08][08wa]", "[08wa][08]"))
    for state in (f"(?:,(?P<state>{_REGION}))?", "(?P<state>[wa])")
    for form in (f"(?P<code>{before})?(?P<town>{_NAME}){state}", f"(?P<town>{_NAME}){state},?(?P<code>{behind})")
]

Kinds: TypeAlias = NDArray[np.uint8]  # of a name, for each line
Flags: TypeAlias = NDArray[np.bool_]  # whether each line can be read in a certain way


class Reading(NamedTuple):
    """Where the parts of an address stand."""

    house: Span
    street: Span
    code: Span | None
    town: Span
    regions: Sequence[Span]  # a state, a country
    first: bool  # the street, and then the town
    parted: bool  # the one from the other, by a comma or by the postcode
    tail: Span | None  # a region behind the town without a comma
    beside: bool  # the number is right behind the town, and may be its district's
    doubts: Sequence[Span]  # names that would say otherwise, even where all of the above are in the book
    others: Sequence[Span]  # all names but the above


class Shape:
    """The lines of a batch that are of one shape."""

    def __init__(self, letters: str, places: Sequence[int], lines: Sequence[Sequence[str]]) -> None:
        """Lines with these places in the batch."""
        self.places: Places = np.array(places)
        self._lines = lines
        spans, self._readings = _layout(letters)
        words = list(zip(*lines, strict=True))
        self.names: dict[Span, Sequence[str]] = {}  # of all lines, by where they stand
        for start, end in spans:
            if end - start == 1:
                self.names[start, end] = words[start]
            elif shorter := self.names.get((start, end - 1)):
                self.names[start, end] = list(map(add, shorter, words[end - 1]))
            else:
                self.names[start, end] = ["".join(line[start:end]) for line in lines]

    def read(self, known: Mapping[str, int]) -> Iterator[tuple[Places, Sequence[Texts | str]]]:
        """What those lines ask that can be read in one way only: their places, and the columns of `Asked`.

        `known` says of which kinds the names are.
        """
        kinds = {
            span: np.fromiter(map(known.get, names, repeat(0)), np.uint8, len(names))
            for span, names in self.names.items()
        }
        sure: Flags = np.array([_is_sure(reading, kinds) for reading in self._readings])
        likely: Flags = np.array([_is_likely(reading, kinds) for reading in self._readings]) & ~sure.any(axis=0)
        for line in np.flatnonzero(likely.any(axis=0)).tolist():
            likely[:, line] &= UNITS.isdisjoint(self._lines[line])
        fits = sure | likely
        for reading, fit in zip(self._readings, fits, strict=True):
            if reading.tail and fit.any():
                fit &= (kinds[reading.tail] == STATE) | self._outside(reading)
        fits &= fits.sum(axis=0) == 1
        for reading, fit in zip(self._readings, fits, strict=True):
            if (lines := np.flatnonzero(fit)).size:
                house, street, code, town = (self._texts(span, lines) if span else "" for span in reading[:4])
                house = "" if reading.beside else house
                state: Texts | str = ""
                for region in reversed(reading.regions):
                    state = np.where(kinds[region][lines] > 0, self._texts(region, lines), state)
                yield self.places[lines], (house, street, code, town, state)

    def _outside(self, reading: Reading) -> Flags | bool:
        """Where what is right behind the town is a region that the book does not have, and no part of a name."""
        if reading.tail is None or not (reading.first or reading.parted):
            return False
        return np.fromiter(map(is_outside, self.names[reading.tail]), bool, len(self._lines))

    def _texts(self, span: Span, lines: Places) -> Texts:
        return np.array(self.names[span], object)[lines]


def _is_sure(reading: Reading, kinds: Mapping[Span, Kinds]) -> Flags:
    """Whether the book has all names of it."""
    sure = (kinds[reading.street] & STREET > 0) & (kinds[reading.town] & CITY > 0)
    sure &= kinds[reading.house] & POSTCODE == 0
    if reading.code:
        sure &= kinds[reading.code] & POSTCODE > 0
    for region in reading.regions:
        sure &= (kinds[region] | STATE) == STATE
    return cast(Flags, sure & (_any(reading.doubts, kinds) == 0))


def _is_likely(reading: Reading, kinds: Mapping[Span, Kinds]) -> Flags:
    """Whether the book has some names of it, and no other."""
    street, town = kinds[reading.street], kinds[reading.town]
    likely = ((street | STREET) == STREET) & ((town | CITY) == CITY) & (kinds[reading.house] == 0)
    if reading.code:
        likely &= kinds[reading.code] == POSTCODE
    for region in reading.regions:
        likely &= (kinds[region] | STATE) == STATE
    if not reading.parted:
        likely &= town > 0
    elif not reading.first:
        likely &= (town | street) > 0
    return cast(Flags, likely & (_any(reading.others, kinds) == 0))


def _any(spans: Sequence[Span], kinds: Mapping[Span, Kinds]) -> Kinds:
    """The kinds of several names together."""
    return reduce(or_, map(kinds.__getitem__, spans), cast(Kinds, np.uint8(0)))


def shapes_of(lines: Mapping[int, Sequence[str]]) -> list[Shape]:
    """The shapes of spelled lines, by their places, as far as they can be read by it."""
    places: dict[str, list[int]] = {}
    letters = _LETTERS.__getitem__
    for place, words in lines.items():
        places.setdefault("".join(map(letters, words)), []).append(place)
    return [
        Shape(shape, some, [_plain(lines[place]) if "8" in shape else lines[place] for place in some])
        for shape, some in places.items()
        if len(shape) <= _LONGEST and _layout(shape)[1]
    ]


def _plain(words: Sequence[str]) -> list[str]:
    """Without what says that "5th" is no house's number."""
    return [word.replace(ORDINAL, "") for word in words]


class _Letters(dict[str, str]):
    """The letter of each word, worked out when it is met first."""

    def __missing__(self, word: str) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        if word[0].isalpha():
            letter = "a" if len(word) == 1 or word in ("bis", "quater") else "w"
        elif word[0].isdigit():
            letter = "0" if is_number(word) else "8"
        else:
            letter = word if word == "," else "?"
        self[word] = letter
        return letter


_REMEMBERED = 100_000
_LETTERS = _Letters()


@lru_cache(10_000)
def _layout(shape: str) -> tuple[Sequence[Span], Sequence[Reading]]:
    """Where names may stand in lines of a shape, the shorter ones first, and what they may be."""
    spans: list[Span] = []
    at = 0
    for part in shape.split(","):
        spans += runs(at, len(part))
        at += len(part) + 1
    readings: dict[Reading, None] = {}
    for (start, end), (first, last), comma in _sides(shape):
        houses = [match for form in _STREETS if (match := form.fullmatch(shape, start, end))]
        towns = [match for form in _TOWNS if (match := form.fullmatch(shape, first, last))]
        for house, town in product(houses, towns):
            code = town.span("code") if town["code"] else None
            regions = [town.span(part) for part in ("state", "country") if town[part]]
            said = [house.span("house"), house.span("street"), code, town.span("town"), *regions]
            reading = Reading(
                house.span("house"),
                house.span("street"),
                code,
                town.span("town"),
                tuple(regions),
                first=start < first,
                parted=comma or (code is not None and (code[0] == end or code[1] == start)),
                tail=town.span("state") if town["state"] and shape[town.start("state") - 1] != "," else None,
                beside=not comma
                and house.start("house") == town.end("town")
                and not (code and code[1] == town.start("town")),
                doubts=tuple(
                    span for span in spans if span == (start, end) or any(_is_in(span, each) for each in regions)
                ),
                others=tuple(span for span in spans if span not in said),
            )
            readings[reading] = None
    return spans, list(readings)


def _sides(shape: str) -> Iterator[tuple[Span, Span, bool]]:
    """The side of the street, that of the town, and whether a comma is between them."""
    commas = [at for at, letter in enumerate(shape) if letter == ","]
    for at in sorted({commas[0], commas[-1]}) if commas else range(1, len(shape)):
        one, other = (0, at), (at + bool(commas), len(shape))
        yield one, other, bool(commas)
        yield other, one, bool(commas)


def _is_in(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1] and span != other
