"""What a line of text asks, whatever its order: number, street, postcode, town, told by the book's own words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.addressbook.reading.farcodes import far_code, is_counted
from geopandas_batch.addressbook.reading.housenumbers import NONE, NUMBER_WORDS, PARTS, UNITS, Span, Words, is_in
from geopandas_batch.addressbook.reading.kinds import CITY, POSTCODE, STATE, STREET
from geopandas_batch.addressbook.reading.regions import OUTSIDE, is_outside
from geopandas_batch.addressbook.spelling import DIRECTIONS, KINDS, ORDINAL, keys, postcodes
from geopandas_batch.places import Query

LONGEST = 6  # words of a name
_MOST = 40  # words of an address; a page of text pasted into a cell is cut here
# Before the name of a town they are a part of it: West Springfield is not Springfield. And what is none.
_TOWNS = "san santa bad port mt lake ft ober unter alt neu gross klein"
_BEFORE_TOWN = DIRECTIONS | frozenset([*PARTS.split(), *_TOWNS.split()])
_NO_TOWN = "city of town stadt ville de in bei a im near ciudad cidade comune di город"
_TOWN = frozenset(_NO_TOWN.split())
# Within a town's name, so that what is behind is of it, too, if it is short as a state's code; none of them is one.
_OF_NAMES = "du des sur sous en les lez am an im bei ob auf del di do da upon under"
_LINKS = frozenset(_OF_NAMES.split())
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


class Line(Words):
    """The words of an address, and all runs of them that can be a name."""

    __slots__ = ("_spans", "names", "query")

    def __init__(self, query: Query, spelled: Iterable[str]) -> None:
        """Of a line of text, or of a street that may have the number in it, in the spelling of the index."""
        super().__init__()
        self.query = query
        self.parted = not query.text
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
        if "(" in query.text:
            self._add_bracketed()
        if any(ORDINAL in word for word in self.words):
            self.names = [name.replace(ORDINAL, "") for name in self.names]

    def _add_bracketed(self) -> None:
        """Names that go on in the next part: "Halle (Saale)"."""
        for end in sorted({*self.ends[:-1]} - {len(self.words)}):
            for at in range(max(end - 3, 0), end):
                if self.ends[at] == end:
                    self.names.append("".join(self.words[at : self.ends[end]]))
                    self._spans.append((at, self.ends[end]))

    def read(self, known: Mapping[str, int]) -> Asked:
        """What it asks; `known` says of which kinds the names in it are."""
        query = self.query
        if not query.text:
            house, name, _ = self._in_part(known)
            return Asked(house, name, *postcodes([query.postcode]), *keys([query.city, query.state]))
        streets, towns, codes, states = self._kinds(known)
        post = max(codes, key=lambda span: (span[1] - span[0] > 1, span)) if codes else NONE
        if post == (0, 1) and len(self.words) > 1 and not self._alone(post):
            # "12 Oak Street" begins with its number, even if there is a postcode 12; "62701 Sprngfield, Oak Street 12"
            # does not.
            later = [] if towns else [street for street in streets if street[0] >= self.ends[0]]
            if not any(town[0] == 1 for town in towns) and not any(self.house(post, NONE, each)[0] for each in later):
                post = NONE
        town, street = self._pair(towns, streets, post)
        if street == NONE or (_length(street) == 1 and not self._is_whole(street, post, town)):
            street = self._around_number(post, town) or street
        house, name, street = self.house(post, town, street)
        code, city, state = self._name(post), self._name(town), ""
        if _length(post) + _length(town) + _length(street) + bool(house) < len(self.words):
            said = (post, town, street)
            rest = [
                at
                for at in range(len(self.words))
                if not (any(is_in(at, span) for span in said) or self.is_letter_of(at, house))
            ]
            first = next((span for span in states if all(at in rest for at in range(*span))), NONE)
            far = NONE if code else far_code(self, rest, house, known)
            rest_ = {at for at in rest if not (is_in(at, first) or is_in(at, far))}
            city = self._in_full(town, street, rest_) if city else self._town(rest, first)
            code, state = code or self._name(far), self._name(first)
        return Asked(house, name, code, city, state)

    def _kinds(self, known: Mapping[str, int]) -> tuple[list[Span], list[Span], list[Span], list[Span]]:
        """Where streets, towns, postcodes and states may stand."""
        streets, towns, codes, states = list[Span](), list[Span](), list[Span](), list[Span]()
        for kind, span in zip(map(known.get, self.names), self._spans, strict=True):
            if not kind:
                continue
            if kind & STREET and not self._is_numbered(span, known):
                streets.append(span)
            if kind & CITY:
                towns.append(span)
            if kind & POSTCODE and not is_counted(self, span[0], known):
                codes.append(span)
            if kind & STATE:
                states.append(span)
        return streets, towns, codes, states

    def _is_numbered(self, span: Span, known: Mapping[str, int]) -> bool:
        """Whether the number in a name is rather a house's: "Rigaer Straße 43", "Straße 39 6", of Straße 43 and 396."""
        start, end = span
        words = self.words[start:end]
        if any(one[-1].isdigit() and other[0].isdigit() for one, other in pairwise(words)):
            return True
        if len(words) != 2 or words[0] not in KINDS or not words[1][0].isdigit() or not start:
            return False
        before = self.words[start - 1]
        return self.ends[start - 1] > start and before.isalpha() and not known.get(before, 0) & ~STREET

    def _name(self, span: Span) -> str:
        return self.name(*span)

    def _alone(self, span: Span) -> bool:
        return self.ends[span[0]] == span[1] and (span[0] == 0 or self.ends[span[0] - 1] == span[0])

    def _is_whole(self, street: Span, post: Span, town: Span) -> bool:
        """Whether a street is all of its part, or all before its number."""
        (start, end), words, ends = street, self.words, self.ends
        at = end + 1 if end + 1 < ends[start] and words[end] in NUMBER_WORDS else end
        behind = at < ends[start] and self.is_house(at) and not is_in(at, post)
        if start and ends[start - 1] > start and not (is_in(start - 1, post) or is_in(start - 1, town)):
            return behind and words[start - 1][0].isdigit()  # "Gate 3 Hauptstraße 12"
        return ends[start] == end or behind

    def _pair(self, towns: list[Span], streets: list[Span], post: Span) -> tuple[Span, Span]:
        """The town and the street that leave least unsaid; of equal ones, the town that stands as towns do."""
        if post != NONE:
            towns = [span for span in towns if span[1] <= post[0] or post[1] <= span[0]]
            streets = [span for span in streets if span[1] <= post[0] or post[1] <= span[0]]
        # Without a town, the longest street, of equal ones the first.
        street = max(streets, key=_length, default=NONE)
        best, score = (NONE, street), (_length(street), False, -1)
        for town in towns:
            beside = post != NONE and (town[0] == post[1] or town[1] == post[0])
            stands = beside or self._alone(town)
            for street in (NONE, *streets):
                if street[0] < town[1] and town[0] < street[1]:
                    continue
                said = (_length(town) + _length(street), stands, town[0])
                if said > score:
                    best, score = (town, street), said
        return best

    def _around_number(self, post: Span, town: Span) -> Span | None:
        """The words beside a number, where the street is in no list: misspelt, or not there.

        Beside the first number, or the first one beside which a kind of street is said: "Studio 54, 12 Eml Street".
        """
        ends, count = self.ends, len(self.words)
        free = [not (is_in(at, post) or is_in(at, town)) for at in range(count)]
        beside: list[Span] = []
        for at in range(count):
            if not free[at] or not self.is_house(at):
                continue
            start = next((to + 1 for to in range(at - 1, -1, -1) if ends[to] <= at or not free[to]), 0)
            end = next((to for to in range(at, ends[at]) if not free[to]), ends[at])
            if end - at > 1:
                beside.append((at + 1, end))
            elif at > start:
                beside.append((start, at))
        if beside:
            return next(filter(self.has_kind, beside), beside[0])
        first = next((at for at in range(count) if free[at]), None)
        if first is None:
            return None
        return first, next((to for to in range(first, ends[first]) if not free[to]), ends[first])

    def _in_part(self, known: Mapping[str, int]) -> tuple[str, str, Span]:
        """The number and the street of a part that has both, and where the street stands."""
        words, whole = self.words, self.name(0, len(self.words))
        if known.get(whole, 0) & STREET:
            return "", whole, (0, len(words))
        street = max(self._kinds(known)[0], key=_length, default=NONE)
        if street == NONE or (_length(street) == 1 and not self._is_whole(street, NONE, NONE)):
            street = self._around_number(NONE, NONE) or street
        return self.house(NONE, NONE, street)

    def _in_full(self, town: Span, street: Span, rest: Collection[int]) -> str:
        """The town's name with the words beside it that are no part of anything else."""
        words, ends, (start, end) = self.words, self.ends, town

        def is_name(at: int) -> bool:
            return at in rest and words[at].isalpha() and words[at] not in UNITS

        first, last = start, end
        while first and ends[first - 1] > start and len(words[first - 1]) > 1 and is_name(first - 1):
            first -= 1
        if first == street[1] and ends[first - 1] > start:  # what stands between the two is the one's or the other's
            first = next((at + 1 for at in range(start - 1, first - 1, -1) if words[at] not in _BEFORE_TOWN), first)
        if _TOWN.issuperset(words[first:start]):
            first = start
        while last < ends[start] and is_name(last):
            region = next((to for to in range(last + 1, last + 4) if "".join(words[last:to]) in OUTSIDE), last)
            linked = not _LINKS.isdisjoint(words[last - 1 : last + 1])
            if region == last and (linked or not is_outside(words[last])):
                end = last + 1
            last = max(last + 1, region)
        return self.name(first, end)

    def _town(self, rest: list[int], state: Span) -> str:
        """The first words that are left and are no number: a town that is misspelt, or not there."""
        left = [at for at in rest if self.words[at].isalpha() and not is_in(at, state)]
        if not left:
            return ""
        end = left[0] + 1
        while end in left and end < self.ends[left[0]]:
            end += 1
        return self.name(left[0], end)


@cache
def runs(start: int, count: int) -> list[Span]:
    """Where names may stand in a part with so many words, the shorter ones first."""
    spans = [(at, to) for at in range(count) for to in range(at + 1, min(at + LONGEST, count) + 1)]
    spans += [(0, count)] if count > LONGEST else []
    return [(start + at, start + to) for at, to in spans]


def _length(span: Span) -> int:
    return span[1] - span[0]
