"""What a line of text asks, whatever its order: number, street, postcode, town, told by the book's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import accumulate, groupby
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.addressbook.spelling import is_number, keys
from geopandas_batch.places import Query

STREET, CITY, POSTCODE, STATE = 1, 2, 4, 8
LONGEST = 6  # words of a name
_MOST = 40  # words of an address; a page of text pasted into a cell is cut here
# What a number may have behind it: "12 bis", and what a letter became that stands for a kind or direction elsewhere.
_SUFFIX = {"bis": "bis", "ter": "ter", "terrace": "ter", "quater": "quater", "rue": "r", "calle": "c", "quai": "q"}
_AFTER = {**_SUFFIX, "north": "n", "south": "s", "east": "e", "west": "w"}
# What is counted inside a house, in a few languages: its number is not the house's.
_INSIDE = "flat apt apartment unit suite ste room rm floor fl level shop whg wohnung top int bte apto piso кв оф"
UNITS = frozenset(_INSIDE.split())
_DIRECTIONS = frozenset(["north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"])

Span: TypeAlias = tuple[int, int]
_NONE: Span = (0, 0)

# Of many addresses at once.
Texts: TypeAlias = NDArray[np.object_]
Places: TypeAlias = NDArray[np.intp]


class Asked(NamedTuple):
    """An address in the spelling of the index; empty where it says nothing."""

    number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""


class Line:
    """The words of an address, and all runs of them that can be a name."""

    __slots__ = ("_spans", "ends", "names", "query", "words")

    def __init__(self, query: Query, spelled: Iterable[str]) -> None:
        """Of a line of text, or of a street that may have the number in it, in the spelling of the index."""
        self.query = query
        self.words: list[str] = []
        self.ends: list[int] = []  # of the part in which each word stands
        self.names: list[str] = []
        self._spans: list[Span] = []  # where each name stands
        for comma, words in groupby(spelled, ",".__eq__):
            if comma:
                continue
            start = len(self.words)
            part = list(words)[: _MOST - start]
            count = len(part)
            self.words += part
            self.ends += [start + count] * count
            for at in range(count):
                self.names += accumulate(part[at : at + LONGEST])
            self._spans += runs(start, count)
            if count > LONGEST:
                self.names.append("".join(part))

    def read(self, known: Mapping[str, int]) -> Asked:
        """What it asks; `known` says of which kinds the names in it are."""
        query = self.query
        if not query.text:
            house, name = self._in_part(known)
            return Asked(house, name, *keys([query.postcode, query.city, query.state]))
        streets, towns, codes, states = self._kinds(known)
        post = max(codes, key=lambda span: (span[1] - span[0] > 1, span)) if codes else _NONE
        if post == (0, 1) and len(self.words) > 1 and not self._alone(post):
            # "12 Oak Street" begins with its number, even if there is a postcode 12; "62701 Sprngfield, Oak Street 12"
            # does not.
            later = [] if towns else [street for street in streets if street[0] >= self.ends[0]]
            if not any(town[0] == 1 for town in towns) and not any(self._house(post, _NONE, each)[0] for each in later):
                post = _NONE
        town, street = self._pair(towns, streets, post)
        if street == _NONE or (street[1] - street[0] == 1 and not self._alone(street)):
            street = self._around_number(post, town) or street
        house, name = self._house(post, town, street)
        code, city, state = self._name(post), self._name(town), ""
        if _length(post) + _length(town) + _length(street) + bool(house) < len(self.words):
            rest = [at for at in range(len(self.words)) if not (_in(at, post) or _in(at, town) or _in(at, street))]
            first = next((span for span in states if all(at in rest for at in range(*span))), _NONE)
            city, state = city or self._town(rest, first), self._name(first)
            # A postcode that the book does not have is of somewhere else.
            far = (word for at in rest if len(word := self.words[at]) > 3 and word.isdecimal() and word != house)
            code = code or next(far, "")
        return Asked(house, name, code, city, state)

    def _kinds(self, known: Mapping[str, int]) -> tuple[list[Span], list[Span], list[Span], list[Span]]:
        """Where streets, towns, postcodes and states may stand."""
        streets, towns, codes, states = list[Span](), list[Span](), list[Span](), list[Span]()
        for kind, span in zip(map(known.get, self.names), self._spans, strict=True):
            if not kind:
                continue
            if kind & STREET:
                streets.append(span)
            if kind & CITY:
                towns.append(span)
            if kind & POSTCODE:
                codes.append(span)
            if kind & STATE:
                states.append(span)
        return streets, towns, codes, states

    def _name(self, span: Span) -> str:
        return "".join(self.words[span[0] : span[1]])

    def _alone(self, span: Span) -> bool:
        return self.ends[span[0]] == span[1] and (span[0] == 0 or self.ends[span[0] - 1] == span[0])

    def _pair(self, towns: list[Span], streets: list[Span], post: Span) -> tuple[Span, Span]:
        """The town and the street that leave least unsaid; of equal ones, the town that stands as towns do."""
        if post != _NONE:
            towns = [span for span in towns if span[1] <= post[0] or post[1] <= span[0]]
            streets = [span for span in streets if span[1] <= post[0] or post[1] <= span[0]]
        # Without a town, the longest street, of equal ones the first.
        street = max(streets, key=_length, default=_NONE)
        best, score = (_NONE, street), (_length(street), False, -1)
        for town in towns:
            beside = post != _NONE and (town[0] == post[1] or town[1] == post[0])
            stands = beside or self._alone(town)
            for street in (_NONE, *streets):
                if street[0] < town[1] and town[0] < street[1]:
                    continue
                said = (_length(town) + _length(street), stands, town[0])
                if said > score:
                    best, score = (town, street), said
        return best

    def _around_number(self, post: Span, town: Span) -> Span | None:
        """The words beside the number, where the street is in no list: misspelt, or not there."""
        ends, count = self.ends, len(self.words)
        free = [not (_in(at, post) or _in(at, town)) for at in range(count)]
        for at in range(count):
            if not free[at] or not self._is_house(at):
                continue
            start = next((to + 1 for to in range(at - 1, -1, -1) if ends[to] <= at or not free[to]), 0)
            end = next((to for to in range(at, ends[at]) if not free[to]), ends[at])
            if end - at > 1:
                return at + 1, end
            if at > start:
                return start, at
        first = next((at for at in range(count) if free[at]), None)
        if first is None:
            return None
        return first, next((to for to in range(first, ends[first]) if not free[to]), ends[first])

    def _in_part(self, known: Mapping[str, int]) -> tuple[str, str]:
        """The number and the street of a part that has both."""
        words = self.words
        if known.get("".join(words), 0) & STREET:
            return "", "".join(words)
        street = max(self._kinds(known)[0], key=_length, default=_NONE)
        if street == _NONE or _length(street) == 1:
            street = self._around_number(_NONE, _NONE) or street
        return self._house(_NONE, _NONE, street)

    def _is_house(self, at: int) -> bool:
        return is_number(self.words[at]) and not (at and self.words[at - 1] in UNITS)

    def _house(self, post: Span, town: Span, street: Span) -> tuple[str, str]:
        """The number beside the street, and the street without it; no number rather than one that may be another's."""
        words, ends, (start, end) = self.words, self.ends, street
        name = self._name(street)
        if not end:
            return "", name

        def free(at: int) -> bool:
            return self._is_house(at) and not (_in(at, post) or _in(at, town))

        behind = end if end < len(words) and end < ends[end - 1] and free(end) else -1
        for before in (start - 1, start - 2):
            if before < 0 or not free(before) or (ends[before] == before + 1 and behind >= 0):
                continue  # of "Flat 3, High Street 12", the 12
            between = "".join(words[before + 1 : start])
            if not between and start < end - 1 and words[start] in ("bis", "quater"):
                return words[before] + words[start], "".join(words[start + 1 : end])
            if len(between) <= 1 or between in _SUFFIX:
                return words[before] + _SUFFIX.get(between, between), name
            if between in _DIRECTIONS:  # "12 North Oak Street" is not in Oak Street
                return words[before], between + name
        if behind >= 0:
            after = end + 1
            letter = words[after] if after < ends[end] and not (_in(after, post) or _in(after, town)) else ""
            letter = _AFTER.get(letter, letter)
            return words[end] + (letter if len(letter) == 1 or letter in _SUFFIX else ""), name
        for at in range(len(words)):  # a part of its own
            if ends[at] == at + 1 and (at == 0 or ends[at - 1] == at) and free(at) and not _in(at, street):
                return words[at], name
        return "", name

    def _town(self, rest: list[int], state: Span) -> str:
        """The first words that are left and are no number: a town that is misspelt, or not there."""
        left = [at for at in rest if self.words[at].isalpha() and not _in(at, state)]
        if not left:
            return ""
        end = left[0] + 1
        while end in left and end < self.ends[left[0]]:
            end += 1
        return "".join(self.words[left[0] : end])


@cache
def runs(start: int, count: int) -> list[Span]:
    """Where names may stand in a part with so many words, the shorter ones first."""
    spans = [(at, to) for at in range(count) for to in range(at + 1, min(at + LONGEST, count) + 1)]
    spans += [(0, count)] if count > LONGEST else []
    return [(start + at, start + to) for at, to in spans]


def _in(at: int, span: Span) -> bool:
    return span[0] <= at < span[1]


def _length(span: Span) -> int:
    return span[1] - span[0]
