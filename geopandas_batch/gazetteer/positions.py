"""How a name stands in an address: alone, at an end, inside, as a street, or inside a longer name."""

from __future__ import annotations

from collections.abc import Sequence

from geopandas_batch.gazetteer.reading import Position, Reading, Span
from geopandas_batch.gazetteer.spelling import is_unspaced
from geopandas_batch.gazetteer.words import STREET_AFTER, STREET_BEFORE

# In decimal orders of magnitude of population, as all of a score: see `ranking`.
_ALONE, _AT_END, _AT_START, _INSIDE = 3.0, 1.2, 0.2, -1.5
_AFTER_STREET, _STREET, _FIRST_OF_MANY, _EARLIER, _WITH_NUMBER = 1.0, -4.5, -1.0, -0.5, -2.0
# A name inside a longer name is not meant: "York" in "New York".
_SWALLOWED, _SWALLOWED_WHOLE, _PER_TOKEN, _CORRECTED, _CODE = -4.0, -12.0, 0.8, -2.0, -12.0
HOPELESS = -5.0  # a position this bad is no answer: inside a name that is all of its part
_ARTICLES = frozenset(("de", "la", "des", "du", "del"))


def weigh_position(
    reading: Reading, number: int, heavy: Sequence[int], start: int, end: int, *, corrected: bool = False
) -> Position:
    """What it says of a name where it stands in its part, the `number`-th.

    `heavy` counts, for each token of the part and for its end, those before it in the part that are not light.
    """
    tokens, numeric = reading.tokens, reading.numeric
    first, last, role = reading.parts[number]
    before, after = heavy[start - first], heavy[-1] - heavy[end - first]
    if after and not before and is_unspaced(tokens[start]):
        before, after = after, before  # scripts without spaces write the city before the street
    score = _INSIDE if before and after else _AT_END if before else _AT_START if after else _ALONE
    if end - start > 1:
        score += _PER_TOKEN * (min(3, end - start) - 1)
    if corrected:
        score += _CORRECTED
    for at, to in reading.longer.get(start, ()):
        if at <= start and to >= end and to - at > end - start:
            whole = heavy[at - first] == 0 and heavy[to - first] == heavy[-1]
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
    if not number and role == "any" and len(reading.parts) > 1 and True in numeric[end:last]:
        score += _WITH_NUMBER
    return Position(score, not before and not after, not after, street, clear)


def weigh_parts(reading: Reading) -> list[float]:
    """What is added to all names of each part for the parts that follow it."""
    parts, heavy = reading.parts, reading.heavy
    added = [0.0] * len(parts)
    later = 0
    for number in range(len(parts) - 1, 0, -1):
        first, last, _ = parts[number]
        if heavy[last] > heavy[first]:
            later += 1
        if later and parts[number - 1].role == "any":
            added[number - 1] = _EARLIER * min(later, 3)
    if added and added[0]:
        added[0] += _FIRST_OF_MANY
    return added


def weigh_code(reading: Reading, span: Span) -> float:
    """What is added to a name that is a code of a country or region and is not in the first part.

    After an address that has no number, it is the code: "Luang Prabang, LA".
    """
    start, end, number, _, _, _ = span
    if end - start > 1 or reading.parts[number].role != "any" or not reading.parts[number].start:
        return 0.0
    return 0.0 if True in reading.numeric[:start] else _CODE


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
