"""The number of a house among the words of an address, and the whole name of the street that it is in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from geopandas_batch.addressbook.spelling import DIRECTIONS, KINDS, ORDINAL, is_number

# What a number may have behind it: "12 bis", and what a letter became that stands for a kind or direction elsewhere.
_SUFFIX = {"bis": "bis", "ter": "ter", "terrace": "ter", "quater": "quater", "rue": "r", "calle": "c", "quai": "q"}
_AFTER = {**_SUFFIX, "north": "n", "south": "s", "east": "e", "west": "w", "rosso": "r", "rossa": "r"}
# What is counted inside a house or elsewhere, in a few languages: its number is not the house's.
_INSIDE = """
flat apt apartment unit suite ste room rm floor fl level shop office whg wohnung top zimmer int bte apto piso depto sala
lok lokal appt appartement etage esc escalier bat batiment кв оф
box pobox pob postfach bp cs casilla apartado lot km block blk bldg building tower torre bloque bloco
lgh door tur zi porte stair stairs stiege aufgang haus gebaude halle kiosk studio booth stall pier exit dept abt team
zone sector section district ward phase plot parcel
"""
UNITS = frozenset(_INSIDE.split())
_STOREYS = "floor fl og stock stockwerk etage piso planta piano andar kat этаж"
_FLOORS = frozenset(_STOREYS.split())  # behind a number
NUMBER_WORDS = frozenset(["nr", "no", "num", "number", "house", "hausnummer", "numero"])
# Behind the name of a street they are a part of it: Main Street is not Main Street North.
PARTS = "upper lower old new little great"
_ANOTHER = DIRECTIONS | KINDS | frozenset([*PARTS.split(), "extension", "ext"])
_RANGE = frozenset(["to", "and", "und", "et", "y", "e", "i", "en", "och", "og", "bis", "a"])  # between two numbers
_KIND_ENDS = tuple(kind for kind in KINDS if len(kind) > 2)

Span: TypeAlias = tuple[int, int]
NONE: Span = (0, 0)


class Words:
    """The words of an address, and the end of the part between commas in which each stands."""

    __slots__ = ("ends", "parted", "words")

    def __init__(self) -> None:
        """Without words, which are added by who reads them."""
        self.words: list[str] = []
        self.ends: list[int] = []
        self.parted = False  # whether it is the street of an address in parts, which has no town in it

    def name(self, start: int, end: int) -> str:
        """Some words as a name."""
        return "".join(self.words[start:end]).replace(ORDINAL, "")

    def is_house(self, at: int, street: Span = NONE) -> bool:
        """Whether a word is a number, and of no flat, box or floor."""
        words = self.words
        counted = at and self.ends[at - 1] > at and words[at - 1] in UNITS and not is_in(at - 1, street)
        if counted or not is_number(words[at]):
            return False
        behind = words[at + 1 : min(at + 3, self.ends[at])]  # "2. Stock" is a floor, "2 Stock 3" is not
        return not (behind and behind[0] in _FLOORS and not is_number(behind[-1]))

    def has_kind(self, span: Span) -> bool:
        """Whether a kind of street is among some words, or the end of one."""
        return any(word in KINDS or word.endswith(_KIND_ENDS) for word in self.words[slice(*span)])

    def is_letter_of(self, at: int, house: str) -> bool:
        """Whether a word is the letter of the house's number: "12 a"."""
        return at > 0 and self.words[at - 1] + _AFTER.get(self.words[at], self.words[at]) == house

    def house(self, post: Span, town: Span, street: Span) -> tuple[str, str, Span]:
        """The number beside the street, the street without it, and where that stands.

        No number rather than one that may be another's: of a floor, of the town's district ("Praha 4, Dlouhá"), of a
        street of which the name goes on ("12 Main Street North").
        """
        words, ends, (start, end) = self.words, self.ends, street
        if not end:
            return "", "", street

        def free(at: int) -> bool:
            return not (is_in(at, post) or is_in(at, town))

        def is_name(at: int) -> bool:
            return free(at) and words[at].isalpha() and words[at] not in UNITS

        first = next((at for at in range(start, 0, -1) if ends[at - 1] <= start), 0)  # of the part
        last = ends[end - 1]
        told = town != NONE or self.parted  # else the words beside it may be the town's, misspelt
        house, at = "", start
        while at > first and is_name(at - 1):
            at -= 1
        number = end + 1 if end + 1 < last and words[end] in NUMBER_WORDS else end  # "Calle 8 No. 12-34"
        behind = number < last and free(number) and self.is_house(number, street)
        letters = int(start - at == 1 and (len(words[at]) == 1 or words[at] in _SUFFIX))
        before = at > first and free(at - 1) and self.is_house(at - 1)
        before = before and not (behind and at - 1 > first and free(at - 2))  # "Gate 9 Via Roma 40"
        if before and not (behind and at + letters < start) and not self._is_anothers(at - 1, first, post, town):
            house = words[at - 1]
            if at == start and end - start > 1 and words[start] in ("bis", "quater"):
                return house + words[start], self.name(start + 1, end), (start + 1, end)
            house += _SUFFIX.get(words[at], words[at]) if letters else ""
            start = at + letters
        elif behind:
            house = words[number] + self._letter(number + 1, last, free)
            start = at if told else start
            return house, self.name(start, end), (start, end)
        else:
            start = at if told else start
            house = self._own_part(first, free)
            if not house and all(map(free, range(end, last))):  # else it is behind the town: "Nice (06)"
                house = self._own_part(last, free, behind=True)
        to = end
        while to < last and is_name(to) and len(words[to]) > 1:
            to += 1
        if not words[end - 1].endswith(_KIND_ENDS):
            end = to if told else end
        while end < to and words[end] in _ANOTHER:
            end += 1
        return house, self.name(start, end), (start, end)

    def _is_anothers(self, at: int, first: int, post: Span, town: Span) -> bool:
        """Whether the number before a street may be one of two, or the town's."""
        if at == first or is_in(at - 1, post):
            return False
        if at - 1 > first and self.words[at - 1] in _RANGE and self.is_house(at - 2):
            return True
        coded = town[0] and is_in(town[0] - 1, post)  # "62701 Springfield 12 Oak Street"
        return (is_in(at - 1, town) and not coded) or (len(self.words[at - 1]) < 4 and self.is_house(at - 1))

    def _letter(self, at: int, last: int, free: Callable[[int], bool]) -> str:
        """What belongs to the number before it."""
        if at >= last or not free(at):
            return ""
        letter = _AFTER.get(self.words[at], self.words[at])
        flat = letter == "m" and at + 1 < last and is_number(self.words[at + 1])  # "12 m. 5", in Poland
        return letter if letter in _SUFFIX or (len(letter) == 1 and letter.isalpha() and not flat) else ""

    def _own_part(self, at: int, free: Callable[[int], bool], *, behind: bool = False) -> str:
        """The number that is the part before this place, or behind it: "12, rue de Rivoli", "Calle Mayor, 8"."""
        words, ends = self.words, self.ends
        if at == (len(words) if behind else 0):
            return ""
        start = at if behind else next((to for to in range(at - 1, 0, -1) if ends[to - 1] == to), 0)
        end = ends[start]
        start += words[start] in NUMBER_WORDS
        if start == end or not free(start) or not self.is_house(start):
            return ""
        letter = self._letter(start + 1, end, free)
        return words[start] + letter if start + 1 + bool(letter) == end else ""


def is_in(at: int, span: Span) -> bool:
    """Whether a word is one of these."""
    return span[0] <= at < span[1]
