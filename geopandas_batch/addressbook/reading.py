"""What is asked of a book: number, street, postcode, town, from parts or from one line by the book's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from geopandas_batch.addressbook.spelling import is_number, key, number, parts
from geopandas_batch.places import Query

STREET, CITY, POSTCODE, STATE = 1, 2, 4, 8
_LONGEST = 6  # words of a name
_MOST = 40  # words of an address; a page of text pasted into a cell is cut here
_LETTER = ("bis", "ter", "quater")

Span: TypeAlias = tuple[int, int]


class Asked(NamedTuple):
    """An address in the spelling of the index; empty where it says nothing."""

    number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""


class Line:
    """The words of an address, and all runs of them that can be a name."""

    def __init__(self, query: Query) -> None:
        """Of a line of text, or of a street that may have the number in it."""
        self.query = query
        self.words: list[str] = []
        self.ends: list[int] = []  # of the part in which each word stands
        self.spans: dict[Span, str] = {}
        text = query.text or (query.street if not query.housenumber else "")
        for part in parts(text):
            start = len(self.words)
            part = part[: _MOST - start]
            end = start + len(part)
            self.words += part
            self.ends += [end] * len(part)
            for at in range(len(part)):
                joined = ""
                for to in range(at, min(at + _LONGEST, len(part))):
                    joined += part[to]
                    self.spans[start + at, start + to + 1] = joined
            if len(part) > _LONGEST:
                self.spans[start, end] = "".join(part)

    def read(self, known: Mapping[str, int]) -> Asked:
        """What it asks; `known` says of which kinds the names in it are."""
        query = self.query
        if not query.text:
            house, name = number(query.housenumber), key(query.street)
            if self.words:
                house, name = self._house(set(), (0, len(self.words)), known)
            return Asked(house, name, key(query.postcode), key(query.city), key(query.state))
        kinds: dict[int, list[Span]] = {STREET: [], CITY: [], POSTCODE: [], STATE: []}
        for span, name in self.spans.items():
            kind = known.get(name, 0)
            if kind:
                for each, found in kinds.items():
                    if kind & each:
                        found.append(span)
        post = max(kinds[POSTCODE], key=lambda span: (span[1] - span[0] > 1, span), default=(0, 0))
        if post[1] - post[0] == 1 and len(self.words) > 1 and post[0] == 0 and not self._alone(post):
            # "12 Oak Street" begins with its number, even if there is a postcode 12.
            follows = [span for span in kinds[CITY] if span[0] == post[1]]
            post = post if follows else (0, 0)
        city, street = self._pair(kinds, post)
        taken = set(range(*post)) | set(range(*city))
        if street == (0, 0) or (street[1] - street[0] == 1 and not self._alone(street)):
            street = self._around_number(taken) or street
        taken_by_street = range(*street)
        house, name = self._house(taken, street, known)
        rest = [at for at in range(len(self.words)) if at not in taken and at not in taken_by_street]
        state = next((span for span in kinds[STATE] if all(at in rest for at in range(*span))), None)
        town = self.spans[city] if city != (0, 0) else self._town(rest, state)
        return Asked(house, name, self.spans.get(post, ""), town, self.spans[state] if state else "")

    def _alone(self, span: Span) -> bool:
        return self.ends[span[0]] == span[1] and (span[0] == 0 or self.ends[span[0] - 1] == span[0])

    def _pair(self, kinds: Mapping[int, list[Span]], post: Span) -> tuple[Span, Span]:
        """The town and the street that leave least unsaid; of equal ones, the town that stands as towns do."""
        post_words = set(range(*post))
        towns = [span for span in kinds[CITY] if post_words.isdisjoint(range(*span))]
        streets = [span for span in kinds[STREET] if post_words.isdisjoint(range(*span))]

        def fits(town: Span) -> tuple[bool, int]:
            beside = town[0] == post[1] or town[1] == post[0]
            return self._alone(town) or (post != (0, 0) and beside), town[0]

        best: tuple[tuple[int, bool, int], Span, Span] = ((0, False, -1), (0, 0), (0, 0))
        for town in [(0, 0), *towns]:
            good = fits(town) if town != (0, 0) else (False, -1)
            for street in [(0, 0), *streets]:
                if street[0] < town[1] and town[0] < street[1]:
                    continue
                score = (town[1] - town[0] + street[1] - street[0], *good)
                if score > best[0]:
                    best = score, town, street
        return best[1], best[2]

    def _around_number(self, taken: set[int]) -> Span | None:
        """The words beside the number, where the street is in no list: misspelt, or not there."""
        for at, word in enumerate(self.words):
            if at in taken or not is_number(word):
                continue
            start = max((to for to in range(at) if self.ends[to] <= at or to in taken), default=-1) + 1
            end = min((to for to in range(at, self.ends[at]) if to in taken), default=self.ends[at])
            if end - at > 1:
                return at + 1, end
            if at > start:
                return start, at
        first = next((at for at in range(len(self.words)) if at not in taken), None)
        if first is None:
            return None
        return first, min((to for to in range(first, self.ends[first]) if to in taken), default=self.ends[first])

    def _house(self, taken: set[int], street: Span, known: Mapping[str, int]) -> tuple[str, str]:
        """The number beside the street, and the street without it."""
        words, (start, end) = self.words, street
        name = "".join(words[start:end])
        if not self.query.text and not known.get(name, 0) & STREET:  # a part with the number in it
            if is_number(words[0]):
                start = 1
            elif is_number(words[-1]):
                return words[-1], "".join(words[start : end - 1])
            elif end > 1 and is_number(words[-2]) and (len(words[-1]) == 1 or words[-1] in _LETTER):
                return words[-2] + words[-1], "".join(words[start : end - 2])
            else:
                return "", name
            if len(words) > 2 and words[1] in _LETTER:
                return words[0] + words[1], "".join(words[2:end])
            return words[0], "".join(words[start:end])
        for before in (start - 1, start - 2):
            if before >= 0 and before not in taken and is_number(words[before]):
                letter = "".join(words[before + 1 : start])
                if len(letter) <= 1 or letter in _LETTER:
                    if start < end - 1 and not letter and words[start] in _LETTER:
                        return words[before] + words[start], "".join(words[start + 1 : end])
                    return words[before] + letter, name
        if end < len(words) and end not in taken and is_number(words[end]):
            letter = words[end + 1] if end + 1 < self.ends[end] and end + 1 not in taken else ""
            return words[end] + (letter if len(letter) == 1 or letter in _LETTER else ""), name
        free = (word for at, word in enumerate(words) if at not in taken and not start <= at < end)
        return next(filter(is_number, free), ""), name

    def _town(self, rest: list[int], state: Span | None) -> str:
        """The first words that are left and are no number: a town that is misspelt, or not there."""
        left = [at for at in rest if self.words[at].isalpha() and not (state and state[0] <= at < state[1])]
        if not left:
            return ""
        end = left[0] + 1
        while end in left and end < self.ends[left[0]]:
            end += 1
        return "".join(self.words[left[0] : end])
