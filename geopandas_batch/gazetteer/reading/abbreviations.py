"""Names of towns that are written short, written out: "Mülheim a. d. Ruhr", "Neustadt/Weinstr.", "Sta. Cruz".

A short form is written out only where the index has a name that it stands for; else the text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import fold, join, key, split
from geopandas_batch.gazetteer.atlas.typos import Typos
from geopandas_batch.gazetteer.reading.countrynames import CALLED
from geopandas_batch.gazetteer.reading.homenames import AT_HOME
from geopandas_batch.gazetteer.reading.words import STREET_AFTER, STREET_BEFORE

_LETTER = r"[^\W\d_]"
_WORD = rf"{_LETTER}(?:{_LETTER}|['’-](?={_LETTER}))*"
_NAME = rf"(?<!{_LETTER})((?:{_WORD}\s+){{0,2}}{_WORD})"  # as many words as a name may have before the short ones
_END = r"(?=\s*(?:[,;()/]|$))"
_IN_BRACKETS = re.compile(r"([^,;()]+)\(([^()]*)\)")  # "Halle (Saale)"
_WITH_SLASH = re.compile(rf"{_NAME}\s*/\s*({_WORD}\.?){_END}")  # "Neustadt/Weinstr."
_SLASH_BEFORE_WORD = re.compile(rf"/\s*{_WORD}\.?{_END}")  # told soon, as the two below
# One letter a word in the middle: "a. d. Ruhr", "o.d.T.", "s/ Saône", "a/d Rijn".
_BY_LETTERS = re.compile(rf"{_NAME}\s+((?:{_LETTER}(?:\.|/)\s*){{1,3}}(?:{_LETTER}\s+)?{_WORD}\.?){_END}")
_LETTER_ALONE = re.compile(rf"\s{_LETTER}[./]")  # without one, the pattern above is tried at each word
_UNDOTTED = re.compile(rf"{_NAME}\s+((?:{_LETTER}\s+){{1,2}}{_WORD}){_END}")  # "Newcastle u Lyme"
_BY_HYPHENS = re.compile(rf"(?<={_LETTER})-({_LETTER})-(?={_LETTER})")  # "Newcastle-u-Lyme"
_CUT = re.compile(rf"{_NAME}(?:\s+|-)({_LETTER}{{2,7}}\.){_END}")  # the last word: "Gorzów Wlkp."
_CUT_END = re.compile(rf"\.(?<={_LETTER}{_LETTER}\.){_END}")
_HOUSE = re.compile(r"(?:^|[,;])\s*\d{1,4}[a-z]?\s*$")  # "12 Pine Bl." is a street
# The first word. "S." only where a part begins: after a number it is the south of a street.
_FIRST = re.compile(
    rf"((?:^|[,;(/])\s*S\.|\b(?:V\.\s*N|Sta|Sto|Pt|Pto|Gral|Cnel|Cel|Cd|Gt|Gov|Pres|Mal)\.)\s*({_WORD}(?:\s+{_WORD}){{0,4}})",
    re.IGNORECASE,
)
_FIRST_END = re.compile(  # begins with what is found soon: the full stop
    rf"\.(?:(?<=\b[sn]\.)|(?<=\bpt\.)|(?<=\b(?:cd|gt)\.)|(?<=\b(?:sta|sto|pto|cel|gov|mal)\.)|(?<=\bpres\.)|(?<=\b(?:gral|cnel)\.))\s*{_LETTER}",
    re.IGNORECASE,
)
# The same without a full stop: "CD DE MEXICO", "06600 Stgo de Compostela".
_FIRST_UNDOTTED = re.compile(
    rf"(?<!{_LETTER})(SN|STGO|SGO|PTO|PTA|NVO|NVA|CD|GRAL|CNEL|PRES|GOV)\s+({_WORD}(?:\s+{_WORD}){{0,4}})",
    re.IGNORECASE,
)
# "Kingston, Jamaica W.I." is in the West Indies, not in Wisconsin, and "Belize, C.A." in Central America.
_PART_OF_AMERICA = re.compile(
    r"\b(?:(Jamaica|Barbados|Bahamas|Trinidad|Tobago|Grenada|Antigua|Dominica|Lucia|Vincent|Grenadines|Kitts|Nevis|Montserrat"
    r"),?\s+W\.\s?I|(Belize|Guatemala|Honduras|Salvador|Nicaragua|Rica|Panam[aá]),?\s+C\.\s?A)\.$",
    re.IGNORECASE,
)
_FIRST_WORDS = {
    "s": ("san", "sao", "santa", "santo"),
    "sta": ("santa",),
    "sto": ("santo",),
    "pt": ("port", "point", "puerto"),
    "pto": ("puerto", "porto"),
    "vn": ("vila nova de", "vila nova"),
    "gral": ("general",),
    "cnel": ("coronel",),
    "cel": ("coronel",),
    "cd": ("ciudad",),
    "gt": ("great",),
    "gov": ("governador",),
    "pres": ("presidente",),
    "mal": ("marechal",),
    "sn": ("san",),
    "stgo": ("santiago",),
    "sgo": ("santiago",),
    "pta": ("punta",),
    "nvo": ("nuevo", "novo"),
    "nva": ("nueva", "nova"),
}
# Words of a name that are left out before a slash.
_BETWEEN = frozenset(
    {"a", "am", "an", "auf", "bei", "d", "de", "del", "dem", "den", "der", "di", "im", "in", "la", "le", "les", "na"}
    | {"nad", "ob", "of", "on", "s", "sur", "the", "upon", "vor"}
)
_TOLD = 3  # letters in brackets; fewer are a state
# The side of a region or country: "W. Virginia", "N. Ireland".
_SIDE = re.compile(rf"([,;]\s*)([NSEW])\.?\s+({_WORD})(?=\s*(?:[,;\d]|$))", re.IGNORECASE)
_LETTER_AFTER_COMMA = re.compile(r",\s*[NSEWnsew]\.?\s")  # in half the time
_SIDES = {
    "n": ("north", "northern"),
    "s": ("south", "southern"),
    "e": ("east", "eastern"),
    "w": ("west", "western"),
}
_AT_HOME = " ".join([*AT_HOME.values(), *(f"{name}=" for names in CALLED.values() for name in names.split("/"))])
_LONGEST = 250  # letters of a text; what is longer is no address, and the patterns take the square of the time
_FIRST_NAME = 1_000  # more than any weight: "Frankfurt/O." is on the Oder, though Offenbach has "Frankfurt", too
_MOST_NAMES = 2_000  # with one beginning; of "san" there are three times as many, which are not looked through


class Abbreviations:
    """Writes out the short forms of an atlas's names."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the names of an atlas."""
        self._atlas = atlas
        self._typos = Typos(atlas)
        self._full = lru_cache(maxsize=10_000)(self._search)

    def write_out(self, text: str) -> str:
        """The text with short forms in full, where that is the name of a town.

        Examples
        --------
        >>> from geopandas_batch.gazetteer.atlas import Atlas
        >>> Abbreviations(Atlas()).write_out("Hauptstr. 1, 45468 Mülheim a.d. Ruhr")
        'Hauptstr. 1, 45468 mulheim an der ruhr'
        """
        if len(text) > _LONGEST:
            return text
        if ";" in text or _LETTER_AFTER_COMMA.search(text):
            text = _SIDE.sub(self._with_side, text)
        if "(" in text:
            text = _IN_BRACKETS.sub(self._without_brackets, text)
        if "-" in text and _BY_HYPHENS.search(text):
            text = self.write_out_undotted(_BY_HYPHENS.sub(r" \1 ", text))
        if text.endswith(("I.", "i.", "A.", "a.")):
            text = _PART_OF_AMERICA.sub(r"\1\2", text)
        if "." in text or "/" in text:
            parts = text.split(",")  # the patterns soon cost much in a long text
            text = ",".join([self._write_part_out(part) if "." in part or "/" in part else part for part in parts])
        return text

    def _write_part_out(self, text: str) -> str:
        if "/" in text and _SLASH_BEFORE_WORD.search(text):
            text = _WITH_SLASH.sub(lambda found: self._in_full(found, gaps=True), text)
        if _LETTER_ALONE.search(text):
            text = _BY_LETTERS.sub(self._in_full, text)
        if _CUT_END.search(text):
            text = _CUT.sub(self._not_of_a_street, text)
        if _FIRST_END.search(text):
            text = _FIRST.sub(self._with_first_word, text)
        return text

    def write_out_undotted(self, text: str) -> str:
        """The text with short forms in full that have no full stop: "Newcastle u Lyme", "CD DE MEXICO"."""
        if len(text) > _LONGEST:
            return text
        return _FIRST_UNDOTTED.sub(self._with_first_word, _UNDOTTED.sub(self._in_full, text))

    def _with_side(self, found: re.Match[str]) -> str:
        atlas, letter, rest = self._atlas, found[2].lower(), found[3]
        for side in _SIDES[letter]:
            if f" {side} {fold(rest)}=" in _AT_HOME:
                return f"{found[1]}{side} {rest}"
            number = atlas.names.get(key(f"{side} {rest}"))
            if number is not None and any(
                entry >> 1 >= atlas.villages
                for entry in atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]
            ):
                return f"{found[1]}{side} {rest}"
        return found[0]

    def _without_brackets(self, found: re.Match[str]) -> str:
        before, inside = found.groups()
        words, within = _words(before), _words(inside)
        for start in range(-min(3, len(words)), 0):
            name = join([*words[start:], *within])
            if name in self._atlas.names:
                return f"{before} {inside} ,"
            if (
                within
                and len(within[0]) >= _TOLD
                and (meant := self._typos.correct(name) or self._typos.correct_twice(name))
            ):  # "Hale (Saale)"
                return f"{' '.join(words[:start])} {self._atlas.names.restore_key(meant[0])},"
        return found[0]

    def _with_first_word(self, found: re.Match[str]) -> str:
        short, words = re.sub(r"\W", "", found[1]).lower(), _words(found[2])
        names = self._atlas.names
        best, full = -1, found[0]
        if len(words[0]) < _TOLD and words[0] not in _BETWEEN:
            return full
        for first in _FIRST_WORDS[short]:
            for count in range(len(words), 0, -1):
                number = names.get(join([first, *words[:count]]))
                if number is not None and (size := self._size(number)) > best:  # "Pt. Pleasant" is no Port Pleasant
                    best, full = size, f"{',' if found[1][0] in ',;(/' else ''}{first} {' '.join(words)}"
        return full

    def _not_of_a_street(self, found: re.Match[str]) -> str:
        return found[0] if _HOUSE.search(found.string, 0, found.start()) else self._in_full(found)

    def _in_full(self, found: re.Match[str], *, gaps: bool = False) -> str:
        """`gaps`: words between may be left out."""
        before = found[1].split()
        for start in range(len(before)):
            first = " ".join(before[start:])
            if len(first) > 2 and (full := self._full(first, found[2], gaps)):  # "s/n": a street without numbers
                return " ".join([*before[:start], full])
        return found[0]

    def _search(self, first: str, rest: str, gaps: bool) -> str:
        """The name that has these first words, of the biggest place; empty if there is none."""
        pieces = _take_apart(rest)
        if len(pieces) == 1 and (pieces[0][0] in STREET_AFTER or pieces[0][0] in STREET_BEFORE):
            return ""
        telling = [piece for piece in pieces if len(piece[0]) > 1]  # "Kempten i. Allgäu" is Kempten (Allgäu) elsewhere
        prefix = join(_words(first))
        best, name = -1, ""
        for count, (found, number) in enumerate(self._atlas.names.iteritems(prefix)):
            if count == _MOST_NAMES:
                return ""
            words = found[len(prefix) :].split()
            if gaps:
                words = [word for word in words if word not in _BETWEEN]
            if (_stand_for(pieces, words) or (telling and _stand_for(telling, words))) and (
                size := self._size(number)
            ) > best:
                best, name = size, found.strip()
        return name

    def _size(self, number: int) -> int:
        """The weight of the biggest place of a name, more if that is its first name; -1 where it has none."""
        atlas = self._atlas
        entries = atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]
        places = [entry for entry in entries if entry >> 1 < atlas.villages]
        return max((atlas.weight[entry >> 1] + (0 if entry & 1 else _FIRST_NAME) for entry in places), default=-1)


_PIECE = re.compile(rf"({_WORD})([./]?)")


@lru_cache(maxsize=1_000)
def _take_apart(short: str) -> Sequence[tuple[str, bool]]:
    """The words of a short form, and whether each is short: "a.d. Ruhr", "S.A."."""
    return [(fold(letters), bool(mark) or len(letters) == 1) for letters, mark in _PIECE.findall(short)]


def _words(text: str) -> list[str]:
    return split(fold(text).replace(",", " "))


def _stand_for(pieces: Sequence[tuple[str, bool]], words: Sequence[str]) -> bool:
    """Whether each piece is a word, or short for it."""
    return len(pieces) == len(words) and all(
        piece == word or (short and _is_short_for(piece, word))
        for (piece, short), word in zip(pieces, words, strict=True)
    )


def _is_short_for(piece: str, word: str) -> bool:
    """Its first letters, or some of them in their order: "Rh." and "Wlkp."."""
    if word.startswith(piece):
        return True
    rest = iter(word[1:])
    return word[0] == piece[0] and all(letter in rest for letter in piece[1:])
