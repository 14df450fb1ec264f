"""One spelling for streets, towns, postcodes and house numbers: of the book's rows, and of what is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from geopandas_batch.gazetteer.spelling import fold, split

# Kinds of streets and directions, in full and short; what stands first stands for all. In full, so that a misspelt
# "Steret" is as near to it as any misspelt name is.
_KINDS = """
street st|avenue ave av|road rd|boulevard blvd boul bd bvd|drive dr|lane ln|court ct|place pl|square sq|highway hwy
parkway pkwy|terrace ter tce|circle cir|crescent cres|trail trl|alley aly|close cl|gardens gdns|grove gr|way wy|row|walk
mews|gate|hill|rue r|chemin che ch|impasse imp|route rte|allee all|faubourg fbg|cours crs|quai q|residence res
strasse straat str|platz plz|plein pln|weg|gasse|ring|ufer|damm|steig|steg|hof|vej|gatan
calle c|avenida avda|paseo ps passeig|plaza piazza pza|viale vle|corso cso|via|rua
улица ул|проспект просп|переулок пер|площадь пл|бульвар бул|шоссе ш|набережная наб|проезд
"""
_DIRECTIONS = "north n|south s|east e|west w|northeast ne|northwest nw|southeast se|southwest sw"
_FULL = {
    word: words.split()[0]
    for line in [*_KINDS.split("\n"), _DIRECTIONS]
    for words in line.split("|")
    for word in words.split()
}
_ENDINGS = ("straat", "str")  # "Kerkstraat", "Hauptstr."; of their kind are those in -strasse
_LEFT_OUT = ("οδοσ", "οδος")  # Greek for street: written as often as not

# What the street's name has besides its own, in SQL.
_KIND = "|".join(
    sorted(
        {words.split()[0] for line in _KINDS.split("\n") for words in line.split("|") if words}, key=len, reverse=True
    )
)
_DIRECTION = "|".join(sorted((words.split()[0] for words in _DIRECTIONS.split("|")), key=len, reverse=True))
_OWN = f"regexp_replace(street, '^({_KIND})(dela|de|du|des|la|le|les)?|({_KIND})$', '', 'g')"
# The beginning and the end of its own name: one typing error leaves at least one of them as it is.
EDGES = f"['^' || {_OWN}[:3], {_OWN}[-3:] || '$']"
# A misspelt 5th Avenue is not the 6th, Avenue A not Avenue B, North Street not South Street: of the streets with the
# same marks only.
MARKS = (
    f"concat_ws('|', regexp_replace(street, '[^0-9]', '', 'g'), regexp_extract(street, '^({_DIRECTION})'), "
    f"regexp_extract(street, '({_DIRECTION})$'), CASE WHEN length({_OWN}) < 3 THEN {_OWN} ELSE '' END)"
)
# And Garden Place is not Garden Plaza, but may be a misspelt Garden Pla.
KIND = f"coalesce(nullif(regexp_extract(street, '({_KIND})$'), ''), regexp_extract(street, '^({_KIND})'))"

_DASH = r"\s?[-‐‑‒–—−/]\s?"
_TYPOGRAPHIC = re.compile("[‐‑‒–—−½]")
_LETTER = r"[^\W\d_]"
# Not after a word boundary: in scripts without spaces there is none.
_RANGE = re.compile(rf"(?<![\da-zA-Z])\d{{1,4}}[a-zA-Z]?(?:{_DASH}\d{{1,4}}[a-zA-Z]?)+(?![\da-zA-Z])")
_DASHES = re.compile(_DASH)
_LETTERED = re.compile(rf"\b(\d+){_DASH}({_LETTER})\b")
_HALF = re.compile(r"\b(\d+)\s+1/2\b")
_BIS = re.compile(r"((?:^|,)\s*\d+) (bis|ter|quater)\b")  # elsewhere, "ter" may be a terrace
_CALLE = re.compile(r"\bc/", re.IGNORECASE)
_CORPUS = re.compile(r"\b(\d+)[ ,]+(?:(к)(?:орп|орпус)?|(с)(?:тр|троение)) *(\d+)\b")
_HOUSE = re.compile(r"\b(?:д|дом) +(?=\d)")
_NUMBER = re.compile(rf"\d+(?:half|bis|ter|quater|{_LETTER})?(?:[кс]\d+)?(?:to\d+{_LETTER}?)*")
_ENGLISH_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")


def spell(texts: Collection[str]) -> list[str]:
    """The words of each text in one spelling, each with a space behind it; commas, as words, between its parts.

    >>> spell(["12-14 Karl-Marx-Straße, 10115 BERLIN"])
    ['12to14 karl marx strasse , 10115 berlin ']
    """
    # As one text, since a call for each word takes longer than what it does.
    words = "\n".join(map(_folded, texts)).replace(",", " , ").replace("\n", " \n ").split(" ")
    return "".join(map(_SPELLING.__getitem__, words)).split("\n") if texts else []


def keys(texts: Collection[str]) -> list[str]:
    """The words of each name without what lies between them.

    >>> keys(["Saint John's Road", "ST. JOHNS RD"])
    ['streetjohnsroad', 'streetjohnsroad']
    """
    return _closed(spell(texts)) if texts else []


def numbers(texts: Collection[str]) -> list[str]:
    """House numbers, with their letters.

    >>> numbers(["12 A", "12/e", "12-14", "7 bis", "5½"])
    ['12a', '12e', '12to14', '7bis', '5half']
    """
    return _closed(map(_folded, texts)) if texts else []


def _closed(lines: Iterable[str]) -> list[str]:
    return "\n".join(lines).replace(" ", "").replace(",", "").split("\n")


def _folded(text: str) -> str:
    """In small letters without accents, numbers put together: words between spaces, parts between commas."""
    if "/" in text or "-" in text or (not text.isascii() and _TYPOGRAPHIC.search(text)):
        text = _HALF.sub(r"\1half", text.replace("½", " 1/2"))
        text = _RANGE.sub(lambda found: _DASHES.sub("to", found[0]), text)
        text = _CALLE.sub("calle ", _LETTERED.sub(r"\1\2", text))
    folded = fold(text)
    if " bis" in folded or " ter" in folded or " quater" in folded:
        folded = _BIS.sub(r"\1\2", folded)
    if folded.isascii():
        return folded
    if "к" in folded or "с" in folded or "д" in folded:
        folded = _CORPUS.sub(lambda found: found[1] + (found[2] or found[3]) + found[4], _HOUSE.sub("", folded))
    return ",".join(" ".join(word for word in split(part) if word not in _LEFT_OUT) for part in folded.split(","))


def is_number(word: str) -> bool:
    """Whether a word can be a house number."""
    return word[0].isdigit() and _NUMBER.fullmatch(word) is not None


class _Spelling(dict[str, str]):
    """The spelling of words with a space behind them, worked out when they are met first; a few are words by right."""

    def __missing__(self, word: str) -> str:
        if len(self) > _REMEMBERED:
            self.clear()
        self[word] = spelled = word if word in ("", "\n") else _word(word) + " "
        return spelled


_REMEMBERED = 100_000
_SPELLING = _Spelling()


def _word(word: str) -> str:
    if word in _FULL:
        return _FULL[word]
    if word.endswith(_ENDINGS):
        return word.removesuffix("straat").removesuffix("str") + "strasse"
    return _ENGLISH_ORDINAL.sub("", word) if word[0].isdigit() else word
