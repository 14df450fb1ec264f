"""How a name stands in an address: alone, at an end, inside, as a street, or inside a longer name."""

from __future__ import annotations

from collections.abc import Sequence

from geopandas_batch.gazetteer.reading import Contents, Name, Reading, Span
from geopandas_batch.gazetteer.spelling import is_unspaced
from geopandas_batch.gazetteer.words import STREET_AFTER, STREET_BEFORE

# In decimal orders of magnitude of population, as all of a score: see `ranking`.
_ALONE, _AT_END, _AT_START, _INSIDE = 3.0, 1.2, 0.2, -1.5
_AFTER_STREET, _STREET, _FIRST_OF_MANY, _EARLIER, _WITH_NUMBER = 1.0, -4.5, -1.0, -0.5, -2.0
# A name inside a longer name is not meant: "York" in "New York".
_SWALLOWED, _SWALLOWED_WHOLE, _PER_TOKEN, _CORRECTED, _CODE = -4.0, -12.0, 0.8, -2.0, -12.0
HOPELESS = -5.0  # a position this bad is no answer: inside a name that is all of its part
_ARTICLES = frozenset(("de", "la", "des", "du", "del"))


def place(
    contents: Contents, heavy: Sequence[int], start: int, end: int, name: Name, *, corrected: bool = False
) -> Span:
    """A name that goes from the word `start` of a part up to `end`, weighed by where it stands there.

    `heavy` counts, for each word of the part and for its end, those before it that are not light.
    """
    words, part = contents.words, contents.part
    before, after = heavy[start], heavy[-1] - heavy[end]
    if after and not before and is_unspaced(words[start]):
        before, after = after, before  # scripts without spaces write the city before the street
    score = _INSIDE if before and after else _AT_END if before else _AT_START if after else _ALONE
    if end - start > 1:
        score += _PER_TOKEN * (min(3, end - start) - 1)
    if corrected:
        score += _CORRECTED
    for at, to, _ in contents.names:
        if at <= start and to >= end and to - at > end - start:
            whole = heavy[at] == 0 and heavy[to] == heavy[-1]
            score += _SWALLOWED_WHOLE if whole else _SWALLOWED
            before = after = 1
            break
    clear = not before and not after
    # After "Hartford" "CT" is a state, once it was read as one.
    followed = end < len(words) and heavy[end + 1] > heavy[end]
    street = len(words) > end - start and _is_beside_street_word(words, start, end if followed else len(words))
    if street or (end - start == 1 and (words[start] in STREET_BEFORE or words[start] in STREET_AFTER)):
        score += _STREET
        street = True
    elif start and not after and (words[start - 1] in STREET_AFTER or words[start - 1][0].isdigit()):
        score += _AFTER_STREET
        clear = True
    if not part.number and part.role == "any" and not part.last and any(map(str.isdigit, words[end:])):
        score += _WITH_NUMBER
    start, end, alone = part.start + start, part.start + end, not before and not after
    return Span(start, end, part.number, name, score, alone, not after, street, clear, corrected)


def weigh_parts(reading: Reading) -> list[float]:
    """What is added to all names of each part for the parts that follow it."""
    parts, heavy = reading.parts, reading.heavy
    added = [0.0] * len(parts)
    later = 0
    for number in range(len(parts) - 1, 0, -1):
        if heavy[parts[number].end] > heavy[parts[number].start]:
            later += 1
        if later and parts[number - 1].role == "any":
            added[number - 1] = _EARLIER * min(later, 3)
    if added and added[0]:
        added[0] += _FIRST_OF_MANY
    return added


def weigh_code(reading: Reading, span: Span) -> float:
    """What is added to a name that is a code of a country or region.

    After an address that has no number, it is the code: "Luang Prabang, LA". So it is before a number that is all the
    address has beside it: "AU 4870".
    """
    part = reading.parts[span.part]
    if not span.start and part.role == "any" and reading.heavy[-1] == reading.heavy[1] and len(reading.tokens) == 2:
        return _CODE
    if span.end - span.start > 1 or part.role != "any" or not part.start or True in reading.numeric[: span.start]:
        return 0.0
    return _CODE


def _is_beside_street_word(words: Sequence[str], start: int, end: int) -> bool:
    if end < len(words) and words[end] in STREET_AFTER:
        return True
    if start:
        previous = words[start - 1]
        if previous in STREET_BEFORE and (
            # "Fifth Avenue New York" is not the avenue called New York.
            previous not in STREET_AFTER or all(map(str.isdigit, words[: start - 1]))
        ):
            return True
        if previous in _ARTICLES and start > 1 and words[start - 2] in STREET_BEFORE:
            return True
    return False
