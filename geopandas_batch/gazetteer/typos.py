"""Names at one typing error, or two: a letter too few, too many, wrong, or two swapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from geopandas_batch.gazetteer.atlas import Atlas

_SHORTEST = 6  # characters of a key, its last space counted: shorter words are one error away from too many names
_LONG = 10  # longer keys may have two errors
_LONGEST = 100  # no name has more than 81: a text that is no address may have a million, and takes the cube of the time
_MOST = 10_000  # names that are remembered
_ANYWHERE, _FIRST, _LATER = range(_LONGEST), range(1), range(1, _LONGEST)  # places of letters in a key
Find: TypeAlias = Callable[[Atlas, str], set[int]]
_LATIN = "abcdefghijklmnopqrstuvwxyz "
# Spellings that are confused by ear, not by finger.
_BY_EAR = (
    ("borough", "burgh"),
    ("burg ", "burgh "),
    ("berg ", "burg "),
    ("ph", "f"),
    ("ck", "k"),
    ("k", "c"),
    ("ville ", "vile "),
)


def _from_to(*ranges: str) -> str:
    return "".join([chr(code) for ends in ranges for code in range(ord(ends[0]), ord(ends[1]) + 1)]) + " "


# By the first and the last letter: Greek, Cyrillic, Armenian, Hebrew, Arabic as it is folded (and Persian), Devanagari,
# Bengali, Tamil, Georgian.
_OTHERS = [
    (letters[0], max(letters), letters)
    for letters in (
        _from_to("αω"),
        _from_to("ая") + "єіїўџґғқңүұһәө",
        _from_to("աֆ"),
        _from_to("את"),
        _from_to("ءغ", "في") + "پچژگ",
        _from_to("अह", "ा्") + "ँं",
        _from_to("অহ", "া্") + "ং",
        _from_to("அஹ", "ா்"),
        _from_to("აჰ"),
    )
]


class Typos:
    """Names with typing errors put right; those that were met are remembered, for many rows share a name."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        self._known: dict[tuple[str, Find], tuple[int, ...]] = {}

    def correct(self, written: str) -> tuple[int, ...]:
        """Numbers of the names of well-known places, regions and countries from which a key is one error away."""
        return self._remember(written, _find_near)

    def correct_twice(self, written: str) -> tuple[int, ...]:
        """The same of two errors: one beside what is confused by ear, or in a long key any two."""
        return self._remember(written, _find_far)

    def correct_of_all(self, written: str) -> tuple[int, ...]:
        """The same of one error in the names of all places, unless it is a name as it stands."""
        return self._remember(written, _try_all)

    def _remember(self, written: str, find: Find) -> tuple[int, ...]:
        if not _SHORTEST <= len(written) <= _LONGEST:
            return ()
        found = self._known.get((written, find))
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[written, find] = (*sorted(find(self._atlas, written)),)
        return found


def _try_all(atlas: Atlas, written: str) -> set[int]:
    """An error is no farther on than the longest beginning that the key has in common with a name."""
    if len(written) <= _SHORTEST or written in atlas.names:
        return set()
    letters = next((others for first, last, others in _OTHERS if first <= written[0] <= last), _LATIN)
    same = _in_common(atlas.names, written)
    tried = [other + written[1:] for other in letters]
    for at in range(1, min(same + 1, len(written) - 1) + 1):
        head, tail, rest = written[:at], written[at:], written[at + 1 :]
        tried += [f"{head}{other}{tail}" for other in letters]
        if rest:  # the space at the end stays
            tried += [f"{head}{other}{rest}" for other in letters]
            tried += [head + rest, head + rest[0] + tail[0] + rest[1:]]
    return {number for number in map(atlas.names.get, tried) if number is not None}


def _find_near(atlas: Atlas, written: str) -> set[int]:
    found = _one_off(atlas, written)
    # A wrong first letter, or the first two swapped, and what is confused by ear.
    found.update(_missing_letter(atlas, written[1:], _FIRST))
    swapped = written[1] + written[0] + written[2:]
    found.update([number for number in map(atlas.names.get, (swapped, *_heard(written))) if number is not None])
    return found


def _find_far(atlas: Atlas, written: str) -> set[int]:
    found: set[int] = set()
    heard = _heard(written)
    for spelling in heard:
        found |= _one_off(atlas, spelling)
        found.update(_missing_letter(atlas, spelling[1:], _FIRST))
    for spelling in (written, *heard):
        if len(spelling) > _LONG and not found:  # the square of the time
            last = len(spelling) - 1
            for first in range(1, min(_in_common(atlas.typos, spelling) + 1, last - 1)):
                shorter = spelling[:first] + spelling[first + 1 :]
                for second in range(first, min(_in_common(atlas.typos, shorter) + 1, last - 1)):
                    found.update(_missing_letter(atlas, shorter[:second] + shorter[second + 1 :]))
    return found


def _heard(written: str) -> list[str]:
    return [written.replace(wrong, right) for wrong, right in _BY_EAR if wrong in written]


def _one_off(atlas: Atlas, written: str) -> set[int]:
    """The names that lack a letter of a key, have one more or another one, or two swapped, but for the first."""
    names, typos = atlas.names, atlas.typos
    found = {*_missing_letter(atlas, written, _ANYWHERE)}
    shorter = [written[:at] + written[at + 1 :] for at in range(1, len(written) - 1)]  # the space at the end stays
    found.update([number for number in map(names.get, shorter) if number is not None])
    # What is left out stands no farther on than the beginning that the key has in common with those of the index. To
    # ask how far that goes takes as long as to try six letters.
    omitted = _in_common(typos, written) if len(written) > _LONG else len(shorter)
    for at, rest in enumerate(shorter[:omitted], 1):
        for omission in typos.keys(rest + "\0"):
            place, letter = int(omission[-3:-1]), omission[-1]
            if place > 0 and abs(place - at) <= 1:
                found.add(names[rest[:place] + letter + rest[place:]])
    return found


def _in_common(index: Any, written: str) -> int:
    """How many letters of the beginning some key of the index has, too."""
    same, beyond = 0, len(written) + 1
    while beyond - same > 1:
        middle = (same + beyond) // 2
        if next(index.iterkeys(written[:middle]), None) is None:
            beyond = middle
        else:
            same = middle
    return same


def _missing_letter(atlas: Atlas, written: str, places: range = _LATER) -> list[int]:
    """The names that lack a letter as it is written, at one of these places."""
    found = []
    for omission in atlas.typos.keys(written + "\0"):
        place, letter = int(omission[-3:-1]), omission[-1]
        number = atlas.names.get(written[:place] + letter + written[place:]) if place in places else None
        if number is not None:
            found.append(number)
    return found
