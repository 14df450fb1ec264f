"""Names at one typing error: a letter too few, too many, wrong, or two swapped."""

from __future__ import annotations

from typing import Any

from geopandas_batch.gazetteer.atlas import Atlas

_SHORTEST = 6  # characters of a key, its last space counted: shorter words are one error away from too many names
_LONG = 10  # longer keys may have two errors
_LONGEST = 100  # no name has more than 81: a text that is no address may have a million, and takes the cube of the time
_MOST = 10_000  # names that are remembered
_ANYWHERE, _FIRST, _LATER = range(_LONGEST), range(1), range(1, _LONGEST)  # places of letters in a key
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
    """Names with one typing error put right; those that were met are remembered, for many rows share a name."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        self._known: dict[tuple[str, bool], tuple[int, ...]] = {}

    def correct(self, written: str, *, of_all: bool = False) -> tuple[int, ...]:
        """Numbers of the names that the written key may stand for.

        Without `of_all`, those of well-known places, which have an index of their own; with it, those of all places,
        unless it is a name as it stands.
        """
        if len(written) > _LONGEST:
            return ()
        found = self._known.get((written, of_all))
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[written, of_all] = (_try_all if of_all else _look_up)(self._atlas, written)
        return found


def _try_all(atlas: Atlas, written: str) -> tuple[int, ...]:
    """An error is no farther on than the longest beginning that the key has in common with a name."""
    if len(written) <= _SHORTEST or written in atlas.names:
        return ()
    letters = next((others for first, last, others in _OTHERS if first <= written[0] <= last), _LATIN)
    same = _in_common(atlas.names, written)
    tried = [other + written[1:] for other in letters]
    for at in range(1, min(same + 1, len(written) - 1) + 1):
        head, tail, rest = written[:at], written[at:], written[at + 1 :]
        tried += [f"{head}{other}{tail}" for other in letters]
        if rest:  # the space at the end stays
            tried += [f"{head}{other}{rest}" for other in letters]
            tried += [head + rest, head + rest[0] + tail[0] + rest[1:]]
    found: set[int | None] = {*map(atlas.names.get, tried)}
    return (*sorted(number for number in found if number is not None),)


def _look_up(atlas: Atlas, written: str) -> tuple[int, ...]:
    if len(written) < _SHORTEST:
        return ()
    heard = [written.replace(wrong, right) for wrong, right in _BY_EAR if wrong in written]
    found = {number for spelling in heard if (number := atlas.names.get(spelling)) is not None}
    swapped = atlas.names.get(written[1] + written[0] + written[2:])
    if swapped is not None:
        found.add(swapped)
    for spelling in (written, *heard):
        found.update(_missing_letter(atlas, spelling, _ANYWHERE))
        found.update(_missing_letter(atlas, spelling[1:], _FIRST))
        last = len(spelling) - 1  # the space at the end stays
        # What is left out stands no farther on than the beginning that the key has in common with those of the index.
        # To ask how far that goes takes as long as to try six letters.
        if len(spelling) > _LONG:
            named, omitted = _in_common(atlas.names, spelling), _in_common(atlas.typos, spelling)
        else:
            named = omitted = last
        for at in range(1, min(max(named, omitted) + 1, last)):
            shorter = spelling[:at] + spelling[at + 1 :]
            if at <= named and (number := atlas.names.get(shorter)) is not None:
                found.add(number)
            for omission in atlas.typos.keys(shorter + "\0") if at <= omitted else ():
                place, letter = int(omission[-3:-1]), omission[-1]
                if place > 0 and abs(place - at) <= 1:
                    number = atlas.names.get(shorter[:place] + letter + shorter[place:])
                    if number is not None:
                        found.add(number)
        if len(spelling) > _LONG and not found:  # seldom needed, and the square of the time
            for first in range(1, min(omitted + 1, last - 1)):
                shorter = spelling[:first] + spelling[first + 1 :]
                for second in range(first, min(_in_common(atlas.typos, shorter) + 1, last - 1)):
                    found.update(_missing_letter(atlas, shorter[:second] + shorter[second + 1 :]))
    return (*sorted(found),)


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
