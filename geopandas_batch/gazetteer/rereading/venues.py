"""What is named after a city: what surrounds it, what is in it, who governs it, and how one says where it is.

"Greater Boston", "Denver Metro Area", "TU Delft", "Leipzig Hbf", "Comune di Fiesole", "near the station in Ghent".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Kinds before the name of a city, with an article or not: "Flughafen München", "University of Oxford".
_INSIDE = (
    "university universität universitaet universidad universidade università universitat université universiteit"
    " universitet universitetet uniwersytet univerzita universitatea universitas hochschule tu th ku klinikum"
    " universitätsklinikum hôpital hospital ospedale flughafen aéroport aeroporto aeropuerto aeroportul lotnisko"
    " bahnhof hauptbahnhof messe"
)
# Kinds of the place itself, which may be small: "Stadt Fürth", "Landkreis Göttingen".
_ITSELF = (
    "stadt gemeinde landkreis kreis stadtverwaltung gemeindeverwaltung landratsamt rathaus magistrat comune commune"
    " mairie ayuntamiento ajuntament municipio município concello concelho municipality borough kanton canton province"
    " provincia département departamento judeţul județul județ judetul judet županija obec město kommune gemeente"
)
_ITSELF_OF = "city town ville ciudad cidade county"  # only with an article: "City of Toowoomba", but not "City Hall"
_BEHIND = (
    "airport university universitet universitetet egyetem yliopisto cathedral hauptbahnhof hbf hb messe downtown"
    " centrum zentrum"
)
_AROUND = "greater|metro(?:politan)?|gro(?:ß|ss)raum|raum|gran|grande|grand"
_ARTICLES = r"(?:(?:de\s+)?[dl]['’]|(?:of|de\s+la|del?|d[aiou]|des|van|in|zu)\s+)"


def _any(words: str) -> str:
    return "|".join(words.split())


_INSIDE_OF = re.compile(
    rf"(?:the\s+)?(?:techni(?:cal|sche)\s+)?(?:{_any(_INSIDE)})\s+{_ARTICLES}?([^\d,;]+)", re.IGNORECASE
)
_KIND_OF = re.compile(
    rf"(?:the\s+)?(?:(?:{_any(_ITSELF)})\s+{_ARTICLES}?|(?:{_any(_ITSELF_OF)})\s+{_ARTICLES})([^\d,;]+)", re.IGNORECASE
)
_IN_FRONT = re.compile(
    r"([^\d,;]+?)\s+(?:(?:international|technical|central|railway|train|city)\s+)?"
    rf"(?:{_any(_BEHIND)}|(?<=city\s)cent(?:re|er)|(?<=central\s)station|(?<=railway\s)station)",
    re.IGNORECASE,
)
_AROUND_BEFORE = re.compile(
    rf"(?<![^,;])\s*(?:the\s+)?(?:{_AROUND}|[áa]rea\s+metropolitana\s+d[aeo]|regi[óã]o?n?\s+metropolitana\s+d[aeo]|"
    r"agglom[ée]ration\s+de)\s+",
    re.IGNORECASE,
)
_AROUND_AFTER = re.compile(
    r"\s(?<!\bbay\s)\s*(?:(?:bay\s+|city\s+)?(?:metro(?:politan)?\s+)?(?:area|region)|metroplex|metro|und\s+(?:umgebung|region)|"
    r"y\s+alrededores|et\s+environs|e\s+dintorni)(?=\s*(?:[,;]|$))",
    re.IGNORECASE,
)
# What begins a text that says where something is, and what stands before the name of the city in it.
_BESIDE = re.compile(
    r"(?:just\s+|in\s+der\s+)?(?:near|next\s+to|close\s+to|opposite|behind|beside|outside|hinter|neben|nahe|nähe|gegenüber"
    r"|vlak\s?bij|achter|tegenover|près|à\s+côté|en\s+face|derrière|cerca|junto|frente|detrás|al\s+lado|vicino|davanti|dietro"
    r"|perto|ao\s+lado|em\s+frente|atrás|w\s+pobliżu|obok|blisko|\d+\s*(?:min\w*|km|kilomet\w+|miles?))\b",
    re.IGNORECASE,
)
_BEFORE_CITY = re.compile(
    r"(?:\s(?:in|of|from|to|im|von|bei|van|te|de|des|du|del|da|do|di|à|a|en|em|we?)\s|\bd['’])\s*|^\s*", re.IGNORECASE
)
_LONGEST = 100  # letters: the last of the patterns takes the square of the time


def find_center(text: str) -> str:
    """The text without what says that something surrounds a city.

    >>> find_center("Greater Boston, MA"), find_center("Denver Metro Area")
    (' Boston, MA', 'Denver')
    """
    return _AROUND_AFTER.sub("", _AROUND_BEFORE.sub(" ", text))


def find_city(text: str) -> tuple[str, bool]:
    """The name after which what is in a city is named, or the city by its kind, and whether it may be a small one.

    >>> find_city("University of Oxford"), find_city("Leipzig Hbf"), find_city("Comune di Fiesole"), find_city("Oxford")
    (('Oxford', False), ('Leipzig', False), ('Fiesole', True), ('', False))
    """
    if len(text) < _LONGEST:
        for pattern in (_INSIDE_OF, _KIND_OF, _IN_FRONT):
            if found := pattern.fullmatch(text.strip()):
                return found[1], pattern is _KIND_OF
    return "", False


def find_behind(text: str) -> Iterator[str]:
    """What may be the city of a text that says where something is, the longest first.

    >>> [*find_behind("near the station in Frankfurt am Main")]
    ['the station in Frankfurt am Main', 'Frankfurt am Main']
    >>> [*find_behind("Boston")]
    []
    """
    begin = _BESIDE.match(text) if len(text) < _LONGEST else None
    if begin is not None:
        rest = text[begin.end() :]
        yield from (rest[found.end() :] for found in _BEFORE_CITY.finditer(rest))
