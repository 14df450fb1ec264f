"""Names at one typing error, or two: a letter too few, too many, wrong, or two swapped."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeAlias

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import SHORT

_SHORTEST = 6  # characters of a key, its last space counted: shorter words are one error away from too many names
_LONG = 10  # longer keys may have two errors
_LONGEST = 100  # no name has more than 81: a text that is no address may have a million, and takes the cube of the time
_MOST = 10_000  # names that are remembered
_BEGINNING, _FEW = 4, 100  # letters: to compare so few names that begin with them is faster than to try all letters
_SURE = 7  # letters that few keys of the index of typing errors begin with, most times
_MARK = 4  # characters behind such a key: a zero byte, the place of a letter, the letter
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
    """Few names begin as a key does that has an error far on: they are compared. Nearer, every letter is tried."""
    names = atlas.names
    if len(written) <= _SHORTEST or written in names:
        return set()
    letters = next((others for first, last, others in _OTHERS if first <= written[0] <= last), _LATIN)
    length = len(written)
    for same in range(_BEGINNING, length):
        alike = [*islice(names.iterkeys(written[:same]), _FEW if same < length - 1 else None)]
        if len(alike) < _FEW:
            break
    tried = [name for name in alike if -2 < len(name) - length < 2 and _is_one_off(name, written, letters)]
    tried += [other + written[1:] for other in letters]
    for at in range(1, same):
        head, tail, rest = written[:at], written[at:], written[at + 1 :]
        tried += [f"{head}{other}{tail}" for other in letters]
        tried += [f"{head}{other}{rest}" for other in letters]
        tried += [head + rest, head + rest[0] + tail[0] + rest[1:]]
    if short := _shorten(written):
        tried.append(short)
    found = {*map(names.get, tried)}
    found.discard(None)
    return found


def _shorten(written: str) -> str:
    """The key with its first word as short as it is in the index, if it is one error away: "sait mard"."""
    word, _, rest = written.partition(" ")
    if rest:
        for long, short in SHORT.items():
            if word[0] == long[0] and -2 < len(word) - len(long) < 2 and _is_one_off(long + " ", word + " ", _LATIN):
                return f"{short} {rest}"
    return ""


def _is_one_off(name: str, written: str, letters: str) -> bool:
    """Whether a name of about its length has one of these letters more or another one, lacks one, or two swapped."""
    pairs = enumerate(zip(name, written, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), len(name))
    right, rest = name[at:], written[at:]
    if not right or not rest:  # an error at the very end, which is a space where words are parted by spaces
        return False
    if right[1:] in (rest, rest[1:]):
        return right[0] in letters
    return right in (rest[1:], rest[1::-1] + rest[2:])


def _find_near(atlas: Atlas, written: str) -> set[int]:
    swapped = written[1] + written[0] + written[2:]
    found = {*map(atlas.names.get, (swapped, *_heard(written)))}
    found.discard(None)
    return found | _one_off(atlas, written)


def _find_far(atlas: Atlas, written: str) -> set[int]:
    found: set[int] = set()
    heard = _heard(written)
    for spelling in heard:
        found |= _one_off(atlas, spelling)
    for spelling in (written, *heard):
        if len(spelling) > _LONG and not found:
            omissions = map(_restore, _without_two(atlas.typos, spelling))
            found.update([atlas.names[name] for place, name in omissions if place])
    return found


def _without_two(typos: Any, written: str) -> list[str]:
    """What the index of typing errors has of a key without two of its letters, but for the first."""
    sure, most = _SURE, len(written) - 2
    while sure < most and len([*islice(typos.iterkeys(written[:sure]), _FEW)]) == _FEW:
        sure = min(sure + _SURE, most)
    omissions = _without_late(typos, written, sure, 2)
    for first in range(1, sure):
        shorter = written[:first] + written[first + 1 :]
        omissions += _without_late(typos, shorter, sure, 1)
        for second in range(first, sure):
            omissions += typos.keys(f"{shorter[:second]}{shorter[second + 1 :]}\0")
    return omissions


def _without_late(typos: Any, written: str, sure: int, count: int) -> list[str]:
    """The same without so many letters behind the first: of what begins as it does, all whose letters are in it."""
    length = len(written) - count
    return [
        omission
        for omission in typos.keys(written[:sure])
        if len(omission) == length + _MARK and _is_in_order(omission[sure:length], written[sure:])
    ]


def _is_in_order(some: str, letters: str) -> bool:
    """Whether some letters are among others in their order."""
    rest = iter(letters)
    return all(letter in rest for letter in some)


def _heard(written: str) -> list[str]:
    return [written.replace(wrong, right) for wrong, right in _BY_EAR if wrong in written]


def _one_off(atlas: Atlas, written: str) -> set[int]:
    """The names that lack a letter of a key, have one more or another one, or two swapped."""
    names, typos = atlas.names, atlas.typos
    shorter = [written[:at] + written[at + 1 :] for at in range(1, len(written) - 1)]  # the space at the end stays
    found = {*map(names.get, shorter)}
    found.discard(None)
    found.update([names[name] for _, name in map(_restore, typos.keys(written + "\0"))])
    for at, rest in enumerate((written[1:], *shorter)):
        for place, name in map(_restore, typos.keys(rest + "\0")):
            # Of the first letter only that it is missing or another one.
            if abs(place - at) <= 1 and (place > 0) == (at > 0):
                found.add(names[name])
    return found


def _restore(omission: str) -> tuple[int, str]:
    """The place of the letter that a key of the index of typing errors lacks, and the name that has it."""
    rest, _, letter = omission.partition("\0")
    place = int(letter[:2])
    return place, rest[:place] + letter[2] + rest[place:]
