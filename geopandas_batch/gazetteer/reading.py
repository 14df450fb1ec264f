"""What stands in an address: names of places, and the items that say where they are (country, region, postcode)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

# One for all: Python's search for garbage visits each set and list that is kept.
NOTHING: frozenset[int] = frozenset()


class Name(NamedTuple):
    """What a name in the index stands for."""

    places: tuple[int, ...]  # entity numbers times two, plus one for a second name; the biggest first
    regions: frozenset[int] = NOTHING
    districts: frozenset[int] = NOTHING
    countries: frozenset[int] = NOTHING
    is_area: bool = False  # it stands for a country, a region or a district


class Position(NamedTuple):
    """How a name stands in its part."""

    score: float
    alone: bool  # the name is all that its part says
    at_end: bool
    street: bool  # it is the name of a street
    clear: bool  # it stands alone, or right after a street


class Span(NamedTuple):
    """A name of places in the text: tokens `start` to `end` of one part."""

    start: int
    end: int
    part: int
    name: Name
    corrected: bool  # a typing error was put right
    position: Position


class Item(NamedTuple):
    """A word that says in which country or region the place is; it may have several meanings ("Georgia", "CA")."""

    start: int
    end: int
    countries: frozenset[int]
    regions: frozenset[int]
    districts: frozenset[int]
    code: bool
    placed: bool  # stands where countries and regions stand: alone, or at the end of a part


class Post(NamedTuple):
    """A postcode in the text."""

    start: int
    end: int
    rows: dict[int, int]  # row of the postal file by country; below zero, -1 - row, for an area of codes
    weak: bool  # may as well be the number of a house
    full: int  # the country whose full code this is, by its form alone; else -1


class Part(NamedTuple):
    """A stretch of the address between two separators, or one given part: "any", "street", "city" and so on."""

    start: int
    end: int
    role: str


class Reading(msgspec.Struct):  # made in half the time of a dataclass
    """An address taken apart."""

    tokens: list[str] = []
    parts: list[Part] = []
    numeric: list[bool] = []  # by token: all digits
    light: list[bool] = []  # by token: a number, a postcode, or an item that says where
    heavy: list[int] = []  # by token: how many before it are not light
    spans: list[Span] = []
    items: list[Item] = []
    posts: list[Post] = []
    longer: dict[int, list[tuple[int, int]]] = {}  # by token: the longer names it is in
    capitals: frozenset[str] = frozenset()  # words of three capitals in a text that has small letters too
    hinted: frozenset[int] = frozenset()  # countries where the words or the script of the address are at home
    is_text: bool = False  # not given in parts
    around: int = -1  # the country in which most of the addresses are that were asked with this one
    stated: frozenset[int] = frozenset()  # countries that were given as the country: nothing else is an answer

    def has_number(self, part: int) -> bool:
        """Whether there is a number in the part: then it is a street, not a town."""
        start, end, _ = self.parts[part]
        return True in self.numeric[start:end]

    def leaves_a_name(self, part: int) -> bool:
        """Whether a part before this one may be the name of a town."""
        return any(not self.has_number(number) for number in range(part))
