"""Lines as most are, "12 Oak Street, Springfield, IL 62701": read by their shape, quicker than word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

from geopandas_batch.addressbook.lines import CITY, POSTCODE, STATE, STREET, UNITS, Asked
from geopandas_batch.addressbook.spelling import is_number

# A name with a number before or behind it. In "12 a High Street" and "12 bis High Street" the name may be a later one.
_NUMBER = r"\d\S* "
_NAME = r"(?!(?:\w|bis|quater) )(?:[^\W\d]\S* ){1,6}"
_SIDE = re.compile(rf"({_NUMBER})?({_NAME})({_NUMBER})?")
_RUNNING = re.compile(rf"({_NUMBER}{_NAME}|{_NAME}{_NUMBER})({_NUMBER}{_NAME}|{_NAME}{_NUMBER})")  # without a comma
_MORE = r"(?:, ((?:[^\W\d]\S* ){1,3}))?"  # a state or a country
_END = re.compile(rf"({_NUMBER})?({_NAME}){_MORE}({_NUMBER})?{_MORE}")


class Shape(NamedTuple):
    """An address of two sides, the street's and the town's; the first is thought to be the street's."""

    asked: Asked
    sides: tuple[str, str]  # their words
    parted: bool  # by a comma
    town: str  # its words without the number
    more: Sequence[str]  # the words of what follows the town between commas

    @property
    def names(self) -> Sequence[str]:
        """What has to be known to `read` it."""
        if not self.more and " " not in self.town:
            return self.asked
        return (*self.asked, *map(_closed, self.more), *map(_closed, self.town.rsplit(" ", 1)))

    def read(self, known: Mapping[str, int]) -> tuple[Asked, Sequence[str]] | None:
        """What it asks if none of these names is in the book; None if it may be otherwise.

        `known` says of which kinds its `names` are.
        """
        house, street, code, town, _ = self.asked
        house_may_be_code = known.get(house, 0) & POSTCODE
        if code and not known.get(code, 0) & POSTCODE:
            turned = Shape(Asked(code, town, house, street), self.sides[::-1], self.parted, "", ())
            return turned.read(known) if house_may_be_code and not self.more else None
        if house_may_be_code or not is_number(house):
            return None
        asked, doubts = self.asked, [_closed(self.sides[0])]
        states = [_closed(words) for words in self.more]
        if not (town_is_known := known.get(town, 0) & CITY) and " " in self.town:
            without, last = map(_closed, self.town.rsplit(" ", 1))
            if town_is_known := known.get(without, 0) & CITY:  # "Springfield IL"
                doubts.append(town)
                town, states = without, [last, *states]
        if states:
            if any(known.get(state, 0) not in (0, STATE) for state in states):
                return None
            doubts += [run for words in self.more for run in _runs(words.split()) if run not in states]
            asked = Asked(house, street, code, town, next((state for state in states if state in known), ""))
        street_is_known = known.get(street, 0) & STREET
        if street_is_known and town_is_known:
            return asked, doubts
        if not self.parted:
            return None
        if street_is_known:
            return asked, [*doubts, *_runs(self.sides[1].split())]
        words = self.sides[0].split()
        return (asked, [*doubts, *_runs(words)]) if town_is_known and UNITS.isdisjoint(words) else None


def shape_of(line: str) -> Shape | None:
    """The shape of a spelled line, if it has one."""
    first, comma, second = line.partition(", ")
    if not comma and (running := _RUNNING.fullmatch(line)):
        first, second = running.groups()
    one, other = _SIDE.fullmatch(first), (_END if ", " in second else _SIDE).fullmatch(second)
    if one is None or other is None:
        return None
    before, name, behind = one.groups("")
    other_before, other_name, *rest = other.groups("")
    state, other_behind, country = rest if len(rest) == 3 else ("", *rest, "")
    if (before and behind) or (other_before and other_behind) or not (before or behind or other_before or other_behind):
        return None
    asked, sides = (before or behind, name, other_before or other_behind, other_name), (first, second)
    more: Sequence[str] = ()
    if state or country:
        more, sides = [words for words in (state, country) if words], (first, other_before + other_name)
    if not asked[0]:
        if more:
            return None
        asked, sides = asked[2:] + asked[:2], sides[::-1]
    return Shape(Asked(*[words.replace(" ", "") for words in asked]), sides, bool(comma), asked[3].rstrip(), more)


def _closed(words: str) -> str:
    return words.replace(" ", "")


def _runs(words: list[str]) -> list[str]:
    """All names that can be made of words that follow each other."""
    return list(chain.from_iterable(accumulate(words[at:]) for at in range(len(words))))
