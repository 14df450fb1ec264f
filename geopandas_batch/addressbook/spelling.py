"""One spelling for streets, towns, postcodes and house numbers: of the book's rows, and of what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain

from geopandas_batch.gazetteer.atlas.spelling import fold, fold_word, split

# Kinds of streets and directions, in full and short; what stands first stands for all. In full, so that a misspelt
# "Steret" is as near to it as any misspelt name is.
_KINDS = """
street st|avenue ave av avenida avda avinguda|road rd|boulevard blvd boul bd bvd|drive dr|lane ln|court ct|place pl
square sq|highway hwy|parkway pkwy|terrace ter tce|circle cir|crescent cres|trail trl|alley aly|close cl|gardens gdns
grove gr|way wy|row|walk|mews|gate|hill|rue r rua|chemin che ch|impasse imp|route rte|allee all|faubourg fbg|cours crs
quai q|residence res|strasse straat str|platz plz|plein pln|weg|gasse|ring|ufer|damm|steig|steg|hof|vej|gatan
calle c|paseo ps passeig|plaza piazza pza pzza praca pca|viale vle|corso cso|largo lgo|via|carretera ctra
caddesi cad|sokak sokagi sok
улица ул|проспект просп|переулок пер|площадь пл|бульвар бул|шоссе ш|набережная наб|проезд|вулиця вул|провулок пров|площа
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
# So are these, in Poland and its neighbours; in Italy, that there is no number.
_UNSAID = frozenset(["ul", "ulica", "ulice", "snc"])

# What the street's name has besides its own, in SQL.
KINDS = frozenset(words.split()[0] for line in _KINDS.split("\n") for words in line.split("|") if words)
_KIND = "|".join(sorted(KINDS, key=len, reverse=True))
DIRECTIONS = frozenset(words.split()[0] for words in _DIRECTIONS.split("|"))
_DIRECTION = "|".join(sorted(DIRECTIONS, key=len, reverse=True))
OWN = f"regexp_replace(street, '^({_KIND})(dela|de|du|des|la|le|les)?|({_KIND})$', '', 'g')"
# What it may begin with, as the names of many do.
BEFORE = re.compile(rf"(?:{_KIND}|{_DIRECTION})?(?:dela|delas|delos|del|de|du|des|la|le|les|ander|am|im|zum|zur)?")
# The beginning and the end of its own name: one typing error leaves at least one of them as it is.
EDGES = "['^' || own[:3], own[-3:] || '$']"
# A misspelt 5th Avenue is not the 6th, Avenue A not Avenue B, North Street not South Street: of the streets with the
# same marks only.
MARKS = (
    f"concat_ws('|', regexp_replace(street, '[^0-9]+', '', 'g'), regexp_extract(street, '^({_DIRECTION})'), "
    f"regexp_extract(street, '({_DIRECTION})$'), CASE WHEN length(own) < 3 THEN own ELSE '' END)"
)
# And Garden Place is not Garden Plaza, but may be a misspelt Garden Pla.
KIND = f"coalesce(nullif(regexp_extract(street, '({_KIND})$'), ''), regexp_extract(street, '^({_KIND})'))"

# Whether the number comes behind the street, as where its kind is the end of the word: "Hauptstraße 1".
NUMBER_LAST = "regexp_matches(lower(shown), '(straße|strasse|str[.]|weg|platz|allee|gasse|straat|gate)$')"

_DASH = r"\s?[-‐‑‒–—−/]\s?"
_DASHED = re.compile("[-‐‑‒–—−/½]")
_LETTER = r"[^\W\d_]"
# Not after a word boundary: in scripts without spaces there is none.
_RANGE = re.compile(
    rf"(?<![\da-z])\d{{1,4}}(?:half|\s?(?:bis|ter|quater|[a-z]))?(?:{_DASH}\d{{1,4}}[a-z]?)+(?![\da-z])",
    re.IGNORECASE,
)
_DASHES = re.compile(_DASH)
_LETTERED = re.compile(rf"\b(\d+){_DASH}({_LETTER})\b")
_HALF = re.compile(r"\b(\d+)\s+1/2(?![\d/])")
# What may be a part of the number before it: of a house, of its block.
_BEHIND = ("bis", "ter", "quater")
_BIS = re.compile(rf"((?:^|,)\s*\d+) ({'|'.join(_BEHIND)})\b")  # elsewhere, "ter" may be a terrace
_CALLE = re.compile(r"\bc/", re.IGNORECASE)
_CARE_OF = re.compile(r"\bc/o\b", re.IGNORECASE)
_NUMBERLESS = re.compile(r"\bs/n\b", re.IGNORECASE)
_DOTTED_KIND = re.compile(r"\b([pvcl])\.(?=(?:z?za|le|so|go)\b)", re.IGNORECASE)  # "P.zza", "V.le", in Italy
_RED = re.compile(r"(?<=\d)([a-z]?)[ ,]*ross[oa]$")  # of two rows of numbers in Florence
_NEIGHBOURLY = re.compile(rf"\b(?:{'|'.join(_BEHIND)})\b|[ксд]")
_AT_NUMBER = re.compile(rf"(?:^|\d){_DASH}|{_DASH}(?:\d|$)|½|\bc/|^n[.](?:\d|$)", re.IGNORECASE)  # in a word
_CORPUS = re.compile(r"\b(\d+)[ ,]+(?:(к)(?:орп|орпус)?|(с)(?:тр|троение)) *(\d+)\b")
_HOUSE = re.compile(r"\b(?:д|дом) +(?=\d)")
_NUMBER = re.compile(rf"\d+(?:half|bis|ter|quater|{_LETTER})?(?:[кс]\d+)?(?:to\d+{_LETTER}?)*")
_ENGLISH_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")
ORDINAL = "\x1f"  # behind a word, which is then no house's number; 5th Avenue and 5 Avenue are one name
# "No 12" and "0012" are 12; what is 0 is left.
_NINE = 9  # digits of a ZIP code with those of a street
_ZIP, _COUNTRY = re.compile(r"^(\d{5})-?\d{4}$"), re.compile(r"^\s*[A-Za-z]{1,3}-(?=\d)")
# The same where it stands in a line; what is a direction, too, may be a part of a house's number: "N-1234".
_ABROAD = re.compile(r"\b(?:[abdfilp]|ch|cz|dk|fin?|h[ru]?|nl|pl|ro|sk|slo?)-(?=\d{4,5}\b)", re.IGNORECASE)
_SAID = re.compile(r"(?:no|nr|num|number|numero|house|hausnummer) *(?=\d)|0+(?=[1-9])")
# "12.0" is 12, as where a table's numbers became decimal ones; "1 2" and "12.5" are two numbers, not 12 and 125.
_SIGN = re.compile(r"\bn[°º]", re.IGNORECASE)  # else N. for north
# Behind the street and before its number: "Via Roma, n. 12" is not "100 N. 5th St".
_DOTTED_SIGN = re.compile(r"(?<=[^\W\d])(,?\s+)n\.\s*(?=\d+(?!\w*(?:st|nd|rd|th)\b))", re.IGNORECASE)
_WHOLE = re.compile(r"(?<![\d.,])(\d+)\.0+(?![\d.])")
_COMMA = re.compile(r"\s*(\d+),0+\s*")
_APART = re.compile(r"(?<=\d)[ ,]+(?=\d)")


def spell(texts: Collection[str]) -> list[list[str]]:
    """The words of each text in one spelling, with commas, as words, between its parts.

    >>> spell(["12-14 Karl-Marx-Straße, 10115 BERLIN"])
    [['12to14', 'karl', 'marx', 'strasse', ',', '10115', 'berlin']]
    """
    # Word by word, since most words come again; a text of which a word belongs to its neighbours, as a whole.
    spelling, chained = _SPELLING.__getitem__, chain.from_iterable
    lines = [list(chained(map(spelling, text.split()))) if text else [] for text in texts]
    pairs = zip(texts, lines, strict=True)
    return [_words(_folded(text)) if _WITH_NEIGHBOURS in words else words for text, words in pairs]


def keys(texts: Collection[str]) -> list[str]:
    """The words of each name without what lies between them.

    >>> keys(["Saint John's Road", "ST. JOHNS RD"])
    ['streetjohnsroad', 'streetjohnsroad']
    """
    return _closed(_names, texts)


def _names(texts: Collection[str]) -> list[str]:
    # The words of all texts in a row, with a sign behind each text: two calls a text would take longer.
    words = "".join([f"{text} {_END} " for text in texts]).split()
    names = "".join(chain.from_iterable(map(_SPELLING.__getitem__, words))).split(_END)[:-1]
    if len(names) != len(texts):  # one has such a sign in it
        return list(map("".join, spell([text.replace(_END, " ") for text in texts])))
    pairs = zip(texts, names, strict=True)
    return ["".join(_words(_folded(text))) if _WITH_NEIGHBOURS in name else name for text, name in pairs]


def numbers(texts: Collection[str]) -> list[str]:
    """House numbers, with their letters.

    >>> numbers(["12 A", "12/e", "12-14", "7 bis", "5½", "12.0", "1 2"])
    ['12a', '12e', '12to14', '7bis', '5half', '12', '1&2']
    """
    return _closed(lambda different: map(_number, different), texts)


def postcodes(texts: Collection[str]) -> list[str]:
    """Postcodes without a country in front, and ZIP codes without the four digits of a street.

    >>> postcodes(["D-52062", "67401-1234", "114 55", "SW1A 1AA", "L 1661"])
    ['52062', '67401', '11455', 'sw1a1aa', 'l1661']
    """
    # Most are of neither kind, and to look for that takes as long as all the rest of a postcode.
    return keys(
        [_ZIP.sub(r"\1", _COUNTRY.sub("", text)) if "-" in text or len(text) == _NINE else text for text in texts]
    )


def _number(text: str) -> str:
    whole = _COMMA.fullmatch(text)
    return whole[1] if whole else _RED.sub(r"\1r", _APART.sub("&", plain(_folded(text).strip())))


def may_have_dots(key: str) -> bool:
    """Whether a name may be written without the dots of its letters, as "Muehlgasse"; most others are "Rue …".

    >>> may_have_dots("muehlgasse"), may_have_dots("ruedelyon")
    (True, False)
    """
    own = key.removeprefix("rue").removeprefix("avenue")
    return "ue" in own or "oe" in own or "ae" in own


def plain(number: str) -> str:
    """A number without what is in front of it: a word for it, zeros.

    >>> plain("nr 12"), plain("0012"), plain("0"), plain("12")
    ('12', '12', '0', '12')
    """
    found = _SAID.match(number)
    return plain(number[found.end() :]) if found and found.end() else number


def _closed(spell: Callable[[Collection[str]], Iterable[str]], texts: Collection[str]) -> list[str]:
    """The spelling of each different text, without what lies between its words."""
    different = dict.fromkeys(texts)
    closed = "\n".join(spell(different)).replace(" ", "").replace(",", "").replace(ORDINAL, "").split("\n")
    return list(map(dict(zip(different, closed, strict=True)).__getitem__, texts)) if different else []


def _folded(text: str) -> str:
    """In small letters without accents, numbers put together: words between spaces, parts between commas."""
    if ".0" in text:
        text = _WHOLE.sub(r"\1", text)
    text = _SIGN.sub("no ", text)
    if "." in text:
        text = _DOTTED_KIND.sub(r"\1", _DOTTED_SIGN.sub(r"\1no ", text))
    if _DASHED.search(text):
        text = _ABROAD.sub("", text)
        text = _HALF.sub(r"\1half", text.replace("½", " 1/2"))
        text = _RANGE.sub(lambda found: _DASHES.sub("to", found[0]).replace(" ", ""), text)
        text = _CALLE.sub("calle ", _CARE_OF.sub(",", _NUMBERLESS.sub(" ", text)))
        text = _LETTERED.sub(r"\1\2", text)
    folded = _BIS.sub(r"\1\2", fold(text))
    if folded.isascii():
        return folded
    folded = _CORPUS.sub(lambda found: found[1] + (found[2] or found[3]) + found[4], _HOUSE.sub("", folded))
    return ",".join(" ".join(word for word in split(part) if word not in _LEFT_OUT) for part in folded.split(","))


def _words(folded: str) -> list[str]:
    return [_spelled(word) for word in folded.replace(",", " , ").split() if word not in _UNSAID]


def is_number(word: str) -> bool:
    """Whether a word can be a house number."""
    return word[0].isdigit() and _NUMBER.fullmatch(word) is not None


class _Spelling(dict[str, Sequence[str]]):
    """The spelling of words as they are typed, worked out when they are met first."""

    def __missing__(self, typed: str) -> Sequence[str]:
        if len(self) > _REMEMBERED:
            self.clear()
        if typed == _END:
            spelled: Sequence[str] = (_END,)
        elif typed.endswith(","):
            spelled = (*self[typed.rstrip(",")], ",")
        elif typed.isalnum() and typed.isascii():
            folded = fold_word(typed)
            spelled = (
                (_spelled(folded) if folded not in _BEHIND else _WITH_NEIGHBOURS,) if folded not in _UNSAID else ()
            )
        elif _AT_NUMBER.search(typed) or _NEIGHBOURLY.search(fold_word(typed)):
            spelled = (_WITH_NEIGHBOURS,)
        else:
            spelled = tuple(_words(_folded(typed)))
        self[typed] = spelled
        return spelled


_REMEMBERED = 100_000
_SPELLING = _Spelling()
# In place of words; in no other.
_WITH_NEIGHBOURS, _END = "\n", "\x01"


def _spelled(word: str) -> str:
    if word in _FULL:
        return _FULL[word]
    if word.endswith(_ENDINGS):
        return word.removesuffix("straat").removesuffix("str") + "strasse"
    return _ENGLISH_ORDINAL.sub(ORDINAL, word) if word[0].isdigit() else word
