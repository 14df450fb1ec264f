"""One spelling for streets, towns, postcodes and house numbers: of the book's rows, and of what is asked."""

from __future__ import annotations

import re
from functools import lru_cache

from geopandas_batch.gazetteer.spelling import fold, split

# Kinds of streets and directions, in full and short; what stands first stands for all. In full, so that a misspelt
# "Steret" is as near to it as any misspelt name is.
_KINDS = """
street st|avenue ave av|road rd|boulevard blvd boul bd bvd|drive dr|lane ln|court ct|place pl|square sq|highway hwy
parkway pkwy|terrace ter|circle cir|crescent cres|trail trl|alley aly|close cl|gardens gdns|grove gr
north n|south s|east e|west w|northeast ne|northwest nw|southeast se|southwest sw
rue r|chemin che ch|impasse imp|route rte|allee all|faubourg fbg|cours crs|quai q|residence res
strasse straat str|platz plz|plein pln|calle c|avenida avda|paseo ps passeig|plaza piazza pza|viale vle|corso cso
"""
_FULL = {word: words.split()[0] for line in _KINDS.split("\n") for words in line.split("|") for word in words.split()}
_ENDINGS = ("straat", "str")  # "Kerkstraat", "Hauptstr."; of their kind are those in -strasse
# The beginning and the end of a street's own name, in SQL: one typing error leaves at least one of them as it is.
_KIND = "|".join(sorted({kind for kind in _FULL.values() if len(kind) > 3}))
_OWN = f"regexp_replace(street, '^({_KIND}|rue)(dela|de|du|des|la|le|les)?|({_KIND})$', '', 'g')"
EDGES = f"['^' || {_OWN}[:3], {_OWN}[-3:] || '$']"
# A misspelt 5th Avenue is not the 6th: of the streets with these digits only.
DIGITS = "regexp_replace(street, '[^0-9]', '', 'g')"

_RANGE = re.compile(r"\b(\d{1,4}[a-z]?)\s?[-–/]\s?(\d{1,4}[a-z]?)\b(?![-–/]?\d)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+[a-z]?(?:bis|ter|quater)?(?:to\d+[a-z]?)?")
_ENGLISH_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")


def parts(text: str) -> list[list[str]]:
    """The words of each part between commas, in one spelling.

    >>> parts("12-14 Karl-Marx-Straße, 10115 BERLIN")
    [['12to14', 'karl', 'marx', 'strasse'], ['10115', 'berlin']]
    """
    if "-" in text or "/" in text or "–" in text:
        text = _RANGE.sub(r"\1to\2", text)
    folded = fold(text)
    return [list(map(_word, words)) for part in folded.split(",") if (words := split(part))]


@lru_cache(maxsize=100_000)
def key(text: str) -> str:
    """The words of a name without what lies between them.

    >>> key("Saint John's Road") == key("ST. JOHNS RD")
    True
    """
    return "".join(word for part in parts(text) for word in part)


@lru_cache(maxsize=10_000)
def number(text: str) -> str:
    """A house number, with its letter.

    >>> number("12 A"), number("12a"), number("12-14"), number("7 bis")
    ('12a', '12a', '12to14', '7bis')
    """
    return "".join(word for part in parts(text) for word in part)


def is_number(word: str) -> bool:
    """Whether a word can be a house number."""
    return word[0].isdigit() and _NUMBER.fullmatch(word) is not None


@lru_cache(maxsize=100_000)
def _word(word: str) -> str:
    if word in _FULL:
        return _FULL[word]
    if word.endswith(_ENDINGS):
        return word.removesuffix("straat").removesuffix("str") + "strasse"
    return _ENGLISH_ORDINAL.sub("", word) if word[0].isdigit() else word
