"""How a name stands in an address: alone, at an end, inside, as a street, or inside a longer name."""

from __future__ import annotations

from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas.spelling import is_unspaced
from geopandas_batch.gazetteer.reading import HOUSE, Contents, Name, Reading, Span
from geopandas_batch.gazetteer.reading.words import STREET_AFTER, STREET_BEFORE, STREET_ENDS, STREETS

# In decimal orders of magnitude of population, as all of a score: see `ranking`.
_ALONE, _AT_END, _AT_START, _INSIDE = 3.0, 1.2, 0.2, -1.5
_AFTER_STREET, _STREET, _FIRST_OF_MANY, _WITH_NUMBER = 1.0, -4.5, -1.0, -2.0
_LATER_WITH_NUMBER = -1.0  # "San Martín 450" is a street
_EARLIER, _MOST_EARLIER = -0.5, -1.5  # for each part that follows
# A name inside a longer name is not meant: "York" in "New York".
_SWALLOWED, _SWALLOWED_WHOLE, _PER_TOKEN, _CORRECTED, _CODE = -4.0, -12.0, 0.8, -2.0, -12.0
HOPELESS = -5.0  # a position this bad is no answer: inside a name that is all of its part
_UNSPACED_KINDS = frozenset("市縣县区區町村鎮镇鄉郡")  # of a place, behind its name
_SIDES = frozenset(["north", "south", "east", "west", "middle", "central", "old", "new", "upper", "lower"])
_ARTICLES = frozenset(("de", "la", "des", "du", "del"))


def place(
    contents: Contents, heavy: Sequence[int], start: int, end: int, name: Name, *, corrected: bool = False
) -> Span:
    """A name that goes from the word `start` of a part up to `end`, weighed by where it stands there.

    `heavy` counts, for each word of the part and for its end, those before it that are not light.
    """
    words, part, length = contents.words, contents.part, end - start
    before, after = heavy[start], heavy[-1] - heavy[end]
    if after and not before and is_unspaced(words[start]):
        before, after = after, before  # scripts without spaces write the city before the street
    if after and not before and end < len(words) and _begins_street(words, end):
        after = 0  # "Warszawa ul. Długa 5", "Mainz Gutenbergplatz 2"
    score = _INSIDE if before and after else _AT_END if before else _AT_START if after else _ALONE
    if length > 1:
        score += _PER_TOKEN if length == 2 else 2 * _PER_TOKEN
    if corrected:
        score += _CORRECTED
    street = length == 1 and words[start] in STREETS
    follows = of_kind = False
    if length < len(words):
        for at, to, _ in contents.names:
            if at <= start and to >= end and to - at > length:
                whole = heavy[at] == 0 and heavy[to] == heavy[-1]
                score += _SWALLOWED_WHOLE if whole else _SWALLOWED
                before = after = 1
                break
        street = street or _is_beside_street_word(words, heavy, start, end)
        follows = start > 0 and not after and (words[start - 1] in STREET_AFTER or words[start - 1][0].isdigit())
        if end < len(words):
            of_kind = not start and words[end] in _UNSPACED_KINDS
            if part.number:
                if words[-1].isdigit() and end == len(words) - 1 and len(words[-1]) <= HOUSE and part.role == "any":
                    score += _LATER_WITH_NUMBER
            elif not part.last and part.role == "any" and any(map(str.isdigit, words[end:])):
                score += _WITH_NUMBER
    alone = not before and not after
    if street:
        score += _STREET
    elif follows:
        score += _AFTER_STREET
    at, clear = part.start + start, alone or of_kind or (follows and not street)
    return Span(at, at + length, part.number, name, score, alone, not after, street, clear, corrected)


def weigh_parts(contents: Sequence[Contents]) -> list[float]:
    """What is added to all names of each part for the parts that follow it."""
    added = []
    earlier = 0.0
    for each in reversed(contents):
        added.append(earlier if each.part.role == "any" else 0.0)
        if earlier > _MOST_EARLIER and False in each.light:
            earlier += _EARLIER
    added.reverse()
    if added and added[0]:
        added[0] += _FIRST_OF_MANY
    return added


def weigh_code(reading: Reading, span: Span) -> float:
    """What is added to a name if it is a code of a country or region.

    After an address that has no number, it is the code: "Luang Prabang, LA". So it is before a number that is all the
    address has beside it: "AU 4870".
    """
    for item in reading.items:
        if item.code and item.start == span.start:
            break
    else:
        return 0.0
    part = reading.parts[span.part]
    if not span.start and part.role == "any" and len(reading.tokens) == 2 and reading.heavy[-1] == reading.heavy[1]:
        return _CODE
    if span.end - span.start > 1 or part.role != "any" or not part.start or True in reading.numeric[: span.start]:
        return 0.0
    return _CODE


def _begins_street(words: Sequence[str], at: int) -> bool:
    """Whether a word begins the name of a street, as "Straße" does not in "Bagdad Straße 2"."""
    word = words[at]
    if word in STREET_BEFORE:
        return _is_before_street(words, at)
    if not word.endswith(STREET_ENDS) or word in STREET_AFTER:
        return False
    return at + 1 < len(words) and words[at + 1].isdigit()


def _is_before_street(words: Sequence[str], end: int) -> bool:
    """Whether the name of a street and a number follow the word for it."""
    word, rest = words[end], words[end + 1 :]
    return (
        len(word) > 1
        and (word not in STREET_AFTER or not word.isascii())
        and len(rest) > 1
        and not rest[0].isdigit()
        and any(map(str.isdigit, rest[1:]))
    )


def _is_beside_street_word(words: Sequence[str], heavy: Sequence[int], start: int, end: int) -> bool:
    if end < len(words):
        word = words[end]
        if word in STREET_AFTER:
            # A light one was read as a state: "Hartford CT".
            if heavy[end + 1] > heavy[end] and (word.isascii() or not _is_before_street(words, end)):
                return True
        elif word in _SIDES and words[end + 1 : end + 2] and words[end + 1] in STREET_AFTER:
            return True  # "Hong Kong Middle Road"
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
