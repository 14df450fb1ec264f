"""How a name stands in an address: alone, at an end, inside, as a street, or inside a longer name."""

from __future__ import annotations

from typing import NamedTuple

from geopandas_batch.gazetteer.reading import Reading, Span
from geopandas_batch.gazetteer.spelling import is_unspaced
from geopandas_batch.gazetteer.words import STREET_AFTER, STREET_BEFORE

# In decimal orders of magnitude of population, as all of a score: see `ranking`.
_ALONE, _AT_END, _AT_START, _INSIDE = 3.0, 1.2, 0.2, -1.5
_AFTER_STREET, _STREET, _FIRST_OF_MANY, _EARLIER, _WITH_NUMBER = 1.0, -4.5, -1.0, -0.5, -2.0
# A name inside a longer name is not meant: "York" in "New York".
_SWALLOWED, _SWALLOWED_WHOLE, _PER_TOKEN, _CORRECTED, _CODE = -4.0, -12.0, 0.8, -2.0, -12.0
_ARTICLES = frozenset(("de", "la", "des", "du", "del"))


class Position(NamedTuple):
    """How a name stands in the address."""

    score: float
    alone: bool  # the name is all that its part says
    at_end: bool
    street: bool  # it is the name of a street
    clear: bool  # it stands alone, or right after a street


def weigh_position(reading: Reading, span: Span) -> Position:
    """What the place of the name in the address says."""
    tokens, heavy = reading.tokens, reading.heavy
    start, end, number, _, corrected = span
    first, last, role = reading.parts[number]
    before, after = heavy[start] - heavy[first], heavy[last] - heavy[end]
    if after and not before and is_unspaced(tokens[start]):
        before, after = after, before  # scripts without spaces write the city before the street
    score = _INSIDE if before and after else _AT_END if before else _AT_START if after else _ALONE
    if end - start > 1:
        score += _PER_TOKEN * (min(3, end - start) - 1)
    if corrected:
        score += _CORRECTED
    for at, to in reading.longer.get(start, ()):
        if at <= start and to >= end and to - at > end - start:
            whole = heavy[at] == heavy[first] and heavy[to] == heavy[last]
            score += _SWALLOWED_WHOLE if whole else _SWALLOWED
            before = after = 1
            break
    clear = not before and not after
    street = last - first > end - start and _is_beside_street_word(tokens, first, last, start, end)
    if street or (end - start == 1 and (tokens[start] in STREET_BEFORE or tokens[start] in STREET_AFTER)):
        score += _STREET
        street = True
    elif start > first and not after and (tokens[start - 1] in STREET_AFTER or tokens[start - 1][:1].isdigit()):
        score += _AFTER_STREET
        clear = True
    if role == "any":
        if first and end - start == 1 and reading.items and _is_code(reading, start):
            score += _CODE
        if number + 1 < len(reading.parts):
            later = reading.later[number]
            score += _EARLIER * min(later, 3)
            if not number:
                if later:
                    score += _FIRST_OF_MANY
                if True in reading.numeric[end:last]:
                    score += _WITH_NUMBER
    return Position(score, not before and not after, not after, street, clear)


def _is_code(reading: Reading, at: int) -> bool:
    """Whether the token is a code of a country or region, after an address that has no number: "Luang Prabang, LA"."""
    return True not in reading.numeric[:at] and any(item.code and item.start == at for item in reading.items)


def _is_beside_street_word(tokens: list[str], first: int, last: int, start: int, end: int) -> bool:
    if end < last and tokens[end] in STREET_AFTER:
        return True
    if start > first:
        previous = tokens[start - 1]
        if previous in STREET_BEFORE and (
            # "Fifth Avenue New York" is not the avenue called New York.
            previous not in STREET_AFTER or all(token.isdigit() for token in tokens[first : start - 1])
        ):
            return True
        if previous in _ARTICLES and start - 1 > first and tokens[start - 2] in STREET_BEFORE:
            return True
    return False
