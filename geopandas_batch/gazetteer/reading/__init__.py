"""What stands in an address: names of places, and the items that say where they are (country, region, postcode)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec

# One for all: Python's search for garbage visits each set and list that is kept.
NOTHING: frozenset[int] = frozenset()
HOUSE = 3  # digits of a number that is rather a house's; a longer one may be a postcode


class Name(msgspec.Struct, frozen=True, gc=False):
    """What a name in the index stands for."""

    places: tuple[int, ...]  # entity numbers times two, plus one for a second name; the biggest first
    size: float = 0.0  # decimal logarithm of the people of the biggest
    regions: frozenset[int] = NOTHING
    districts: frozenset[int] = NOTHING
    countries: frozenset[int] = NOTHING
    is_area: bool = False  # it stands for a country, a region or a district


class Words(msgspec.Struct, frozen=True, gc=False):
    """Words of an address that belong together: the tokens from `start` up to `end`."""

    start: int
    end: int

    def are(self, other: Words) -> bool:
        """Whether they are the same."""
        return self.start == other.start and self.end == other.end


class Span(Words, frozen=True, gc=False):
    """A name of places in one part of the text, and how it stands there."""

    part: int
    name: Name
    score: float  # for where it stands
    alone: bool  # the name is all that its part says
    at_end: bool
    street: bool  # it is the name of a street
    clear: bool  # it stands alone, or right after a street
    corrected: bool  # a typing error was put right


class Item(Words, frozen=True, gc=False):
    """A word that says in which country or region the place is; it may have several meanings ("Georgia", "CA").

    It stands where countries and regions stand: alone, or at the end of a part.
    """

    countries: frozenset[int]
    regions: frozenset[int]
    districts: frozenset[int]
    code: bool


class Post(Words, frozen=True, gc=False):
    """A postcode in the text."""

    rows: dict[int, int]  # row of the postal file by country; below zero, -1 - row, for an area of codes
    weak: bool  # may as well be the number of a house
    full: int  # the country whose full code this is, by its form alone; else -1
    restored: dict[int, str] = {}  # the code by country where it has lost zeros in front: a spreadsheet's number


class Part(Words, frozen=True, cache_hash=True):
    """A stretch of the address between two separators, or one given part, and all that its reading depends on."""

    role: str  # "any", "street", "city" and so on
    words: tuple[str, ...]  # in the first part, where the houses are, all numbers are "0"
    number: int
    last: bool
    capitals: frozenset[str]  # words of three capitals in a text that has small letters too
    numbered: bool  # after the first word of the address, which is in it, comes a number: "DE, 10115 Berlin"


def count_heavy(light: Iterable[bool]) -> list[int]:
    """How many are not light before each word, and before the end."""
    count = 0
    counts = [0]
    for each in light:
        count += not each
        counts.append(count)
    return counts


class Contents(msgspec.Struct, gc=False):
    """What stands in one part. Words are counted from its start here, and from that of the address in what is found."""

    part: Part
    words: tuple[str, ...]  # with the numbers of one of the addresses that have this part
    light: list[bool] = []  # by word: a number, a postcode, or an item that says where
    names: list[tuple[int, int, Name]] = []  # from a word, up to another
    spans: list[Span] = []
    items: list[Item] = []
    posts: Sequence[Post] | None = ()  # None: they depend on numbers that are left out of the part
    hinted: frozenset[int] = NOTHING  # countries where the words or the script of the part are at home


class Context(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Where most addresses of a table are: in these countries, and in these regions if there are any here."""

    countries: frozenset[int] = NOTHING
    regions: frozenset[int] = NOTHING


NO_CONTEXT = Context()


class Reading(msgspec.Struct, gc=False):
    """An address taken apart."""

    tokens: list[str]
    parts: list[Part]
    numeric: list[bool]  # by token: all digits
    is_text: bool  # not given in parts
    contents: list[Contents] = []  # of each part
    spans: list[Span] = []
    items: list[Item] = []
    posts: list[Post] = []
    hinted: frozenset[int] = NOTHING  # countries where the words or the script of the address are at home
    around: Context = NO_CONTEXT  # of the addresses that were asked with this one
    stated: frozenset[int] = NOTHING  # countries that were given as the country: nothing else is an answer

    @property
    def heavy(self) -> list[int]:
        """By token, and for the end: how many before it are no number, no postcode, and no item that says where."""
        return count_heavy(chain.from_iterable([contents.light for contents in self.contents]))

    def has_number(self, part: int) -> bool:
        """Whether there is a number in the part: then it is a street, not a town."""
        words = self.parts[part]
        return True in self.numeric[words.start : words.end]

    def names_again(self, item: Item) -> bool:
        """Whether a region or district is named again behind an item, as maps do: then the first is rather its town."""
        return not item.countries and any(
            other.start > item.start and other.regions == item.regions and other.districts == item.districts
            for other in self.items
        )

    def leaves_a_name(self, part: int) -> bool:
        """Whether a part before this one may be the name of a town."""
        return False in map(self.has_number, range(part))
