"""Lines as most are, "12 Oak Street, 62701 Springfield": read by their shape, which is quicker than word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

from geopandas_batch.addressbook.lines import CITY, POSTCODE, STREET, UNITS, Asked
from geopandas_batch.addressbook.spelling import is_number

# A name with a number before or behind it. In "12 a High Street" and "12 bis High Street" the name may be a later one.
_NUMBER = r"\d\S* "
_NAME = r"(?!(?:\w|bis|quater) )(?:[^\W\d]\S* ){1,6}"
_SIDE = re.compile(rf"({_NUMBER})?({_NAME})({_NUMBER})?")
_RUNNING = re.compile(rf"({_NUMBER}{_NAME}|{_NAME}{_NUMBER})({_NUMBER}{_NAME}|{_NAME}{_NUMBER})")  # without a comma


class Shape(NamedTuple):
    """An address of two sides, the street's and the town's; the first is thought to be the street's."""

    asked: Asked
    sides: tuple[str, str]  # their words
    parted: bool  # by a comma

    def read(self, known: Mapping[str, int]) -> tuple[Asked, Sequence[str]] | None:
        """What it asks if none of these names is in the book; None if it may be otherwise.

        `known` says of which kinds the names and numbers in it are.
        """
        house, street, code, town, _ = self.asked
        house_may_be_code = known.get(house, 0) & POSTCODE
        if code and not known.get(code, 0) & POSTCODE:
            turned = Shape(Asked(code, town, house, street), self.sides[::-1], self.parted)
            return turned.read(known) if house_may_be_code else None
        if house_may_be_code or not is_number(house):
            return None
        street_is_known, town_is_known = known.get(street, 0) & STREET, known.get(town, 0) & CITY
        with_number = self.sides[0].replace(" ", "")
        if street_is_known and town_is_known:
            return self.asked, [with_number]
        if not self.parted:
            return None
        if street_is_known:
            return self.asked, [with_number, *_runs(self.sides[1].split())]
        words = self.sides[0].split()
        return (self.asked, _runs(words)) if town_is_known and UNITS.isdisjoint(words) else None


def shape_of(line: str) -> Shape | None:
    """The shape of a spelled line, if it has one."""
    first, comma, second = line.partition(", ")
    if not comma and (running := _RUNNING.fullmatch(line)):
        first, second = running.groups()
    one, other = _SIDE.fullmatch(first), _SIDE.fullmatch(second)
    if one is None or other is None:
        return None
    before, name, behind = one.groups("")
    other_before, other_name, other_behind = other.groups("")
    if (before and behind) or (other_before and other_behind) or not (before or behind or other_before or other_behind):
        return None
    asked = (before or behind, name, other_before or other_behind, other_name)
    sides = first, second
    if not asked[0]:
        asked, sides = asked[2:] + asked[:2], (second, first)
    return Shape(Asked(*[part.replace(" ", "") for part in asked]), sides, bool(comma))


def _runs(words: list[str]) -> list[str]:
    """All names that can be made of words that follow each other."""
    return list(chain.from_iterable(accumulate(words[at:]) for at in range(len(words))))
