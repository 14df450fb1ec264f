"""Whether the best candidate is an answer at all: how sure it is, is told elsewhere."""

from __future__ import annotations

import math

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import is_unspaced
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.evidence import are_apart
from geopandas_batch.gazetteer.reading import Reading
from geopandas_batch.gazetteer.reading.words import (
    KINDS,
    LANDMARKS,
    NO_PLACE,
    STATES_BY_CODE,
    STREET_ENDS,
    STREETS,
    TRADES,
    WORD_OR_TOWN,
)

_NO_NAMES = STREETS | NO_PLACE  # by themselves
_STREETS_ALONE = frozenset(("broadway",))
# What a name without any context must have: inhabitants, by where it stands.
BARE_ALONE, BARE_AFTER_STREET = math.log10(3_000), math.log10(50_000)
_BARE_AT_END, _BARE_INSIDE, _BARE_CORRECTED = math.log10(300_000), math.log10(1_000_000), math.log10(500_000)
WELL_KNOWN = math.log10(15_000)
_TELLING, _BARE_TELLING = 6, math.log10(300)  # letters of a name that is hardly a common word
_BARE_TOLD, _LONG_NAME = math.log10(10_000), 9  # and letters of a name that tells
_BARE_DENIED = math.log10(100_000)  # and what it must have if something in the address speaks against it


def is_believable(best: Candidate, reading: Reading, atlas: Atlas, *, quarters: bool = False) -> bool:
    """Whether the best candidate is an answer: something else agrees, or it is big enough for where it stands.

    With `quarters`, also a big city before the name of a place at it: "Manila Makati".
    """
    span = best.span
    words, letters = span.end - span.start, reading.tokens[span.start]
    if words == 1 and letters in KINDS and not (span.alone and best.agreed):
        return False  # "Iloillo City 5000" is not the City of Zürich
    if best.denied and not best.agreed and is_abroad(best, reading, atlas):
        # "117545 Oarja, Romania" is not beside 117546 in Moscow; "10115 Berlin, France" has the wrong country.
        least = _BARE_CORRECTED if best.second_name else BARE_AFTER_STREET
        return best.exact_post and best.span.clear and not best.span.corrected and best.size >= least
    if best.post < 0 and not span.alone and _is_in_area(best, reading):
        return False
    if best.post >= 0 or best.agreed > best.denied:
        return _is_no_street(best, reading)
    if best.denied:
        return best.size > _BARE_DENIED and best.score > best.size + 1.5
    if reading.parts[span.part].role == "city":
        return True
    short = len(letters) < 3 and letters.isascii() and (best.second_name or not span.at_end)  # "de la", "St", "LA"
    if words == 1 and (short or (letters in NO_PLACE and not _is_town_of_street(best, reading))):
        return False
    if span.corrected:
        return _is_clear_correction(best, reading, atlas)
    if span.alone:
        if not best.second_name and len(letters) >= _TELLING and best.size >= _BARE_TELLING:
            return True
        known = best.size >= BARE_ALONE or words > (1 if best.place < atlas.places else 2)
        return known or is_around(best, reading, atlas)
    return _is_known_in_text(best, reading, atlas, quarters=quarters)


def is_around(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is in the countries, or the regions, in which most of the addresses are that were asked with it."""
    around, place = reading.around, best.place
    if around.regions:
        return atlas.region[place] in around.regions
    return atlas.country[place] in around.countries


def _is_no_street(best: Candidate, reading: Reading) -> bool:
    """Whether a name with which a postcode, region or country agrees is no street, nor the word for one."""
    span = best.span
    words, letters = span.end - span.start, reading.tokens[span.start]
    # "1055 Rue Sainte-Catherine" is not Rue, though 1055 is near; a postcode speaks for "12 Via Roma, 00184".
    no_name = words == 1 and letters in _NO_NAMES
    if words == 1 and letters in _STREETS_ALONE and not best.agreed and len(reading.parts) == 1:
        return False  # "1205 Broadway" is not in Sydney, though there is such a code
    if no_name and span.street and best.post < 0 and reading.has_number(span.part):
        return False  # "239 rue de George Town, France" is not Rue
    return best.score > 0 and (span.alone or not span.street or (best.post >= 0 and not no_name))


def _is_clear_correction(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether a name that was put right, with which nothing agrees, is hardly another word."""
    span = best.span
    words, letters = span.end - span.start, reading.tokens[span.start]
    if len(reading.tokens) == 1 and len(letters) < _TELLING:
        return False  # "Laden" is not London
    beside = len(reading.tokens) > 1 and True not in reading.numeric
    if beside and words == 1 and best.second_name and len(letters) <= _TELLING and letters.isascii():
        return False  # "film/video" is not Vídeň, nor the Bienne of "Biel/Binne" Vienne
    if span.clear and is_around(best, reading, atlas):
        return True
    if len(reading.parts) > 1 and _is_at_home(best, reading, atlas):
        return STREETS.isdisjoint(reading.tokens[span.start : span.end])  # "Piazza Bra 1, Veroan"
    # Two words are not one letter from a town by chance.
    return span.clear and best.size >= (BARE_AFTER_STREET if words > 1 else _BARE_CORRECTED)


def _is_known_in_text(best: Candidate, reading: Reading, atlas: Atlas, *, quarters: bool) -> bool:
    """Whether a name with other words beside it, of which none agrees, is that of a city which is known well enough."""
    span = best.span
    words, letters = span.end - span.start, reading.tokens[span.start]
    if span.clear and (words > 1 or len(letters) >= _LONG_NAME) and not best.second_name:
        return best.size >= _BARE_TOLD and not span.street  # "Bahnhofstr. 12 Garmisch-Partenkirchen"
    if reading.is_text and len(reading.parts) == 1 and True not in reading.numeric and letters.isascii():
        # "Paris Hilton" and "Pizzeria Napoli" are no addresses, "Sydney Opera House" is one.
        quarter = quarters and _is_before_quarter(best, reading, atlas)
        # Nor is "Olga Ivanova", but "Trastevere Roma" is.
        person = best.second_name and words == 1 and best.size < _BARE_INSIDE
        if (person or not span.at_end) and not quarter and LANDMARKS.isdisjoint(reading.tokens):
            return False
        if len(reading.tokens) == words + 1 and not TRADES.isdisjoint(reading.tokens):
            return False
    least = BARE_AFTER_STREET if span.clear else _BARE_AT_END if span.at_end else _BARE_INSIDE
    of_street = span.at_end and True in reading.numeric and atlas.country[best.place] in reading.hinted
    if of_street and not best.second_name:
        least = min(least, WELL_KNOWN)  # "14 rue des Frères Strasbourg"
    return best.size >= least and not span.street and best.score > best.size - 2


def is_abroad(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether a country is named behind it, and no region of that name, in which it is not."""
    country, end = atlas.country[best.place], best.span.end
    return any(
        item.countries and not item.regions and not item.code and item.start >= end and country not in item.countries
        for item in reading.items
    )


def _is_in_area(best: Candidate, reading: Reading) -> bool:
    """Whether the name is a piece of that of a region or country: "Columbia" in "British Columbia"."""
    start, end = best.span.start, best.span.end
    return not is_unspaced(reading.tokens[start]) and any(
        item.start <= start and end <= item.end and end - start < item.end - item.start and not item.code
        for item in reading.items
    )


def _is_before_quarter(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether what follows a city is the name of a place at it."""
    span = best.span
    return any(
        other.start >= span.end and any(not are_apart(atlas, best.place, entry >> 1) for entry in other.name.places)
        for other in reading.spans
    )


def _is_town_of_street(best: Candidate, reading: Reading) -> bool:
    """Whether a word of forms is a town behind a street and its number: "Hauptstr. 5, Leer"."""
    span = best.span
    if best.second_name or best.size < BARE_ALONE or reading.tokens[span.start] not in WORD_OR_TOWN:
        return False
    street = any(word in STREETS or word.endswith(STREET_ENDS) for word in reading.tokens[: span.start])
    return street and span.clear and reading.has_number(0)  # but "Shirt 42, azul"


def is_native(best: Candidate, reading: Reading) -> bool:
    """Whether the name is in other letters than Latin ones: there, what a place is called is its second name here."""
    return not reading.tokens[best.span.start].isascii()


def agrees_with_correction(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether a typing error in the name of any place is believable: its postcode, region, country or script agrees."""
    known = not best.second_name or best.size >= BARE_AFTER_STREET  # "Ludwigshafen" is Ludwigshafen am Rhein
    agrees = best.post >= 0 or best.agreed > 0 or (is_around(best, reading, atlas) and best.span.clear)
    return known and not best.denied and (agrees or (is_native(best, reading) and _is_at_home(best, reading, atlas)))


def _is_at_home(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is a town in a country where the script or the words of the address are at home."""
    return best.span.clear and best.size >= WELL_KNOWN and atlas.country[best.place] in reading.hinted


def is_well_known(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether what speaks against a city hardly means another one: a code or region of many meanings ("Kiel, SH").

    In the countries where each town is written with the code of its state, it means an unknown namesake there.
    """
    if not best.span.alone or best.second_name or best.span.corrected or not best.denied or len(reading.parts) == 1:
        return False
    items, of = reading.items, atlas.country
    where = {of[atlas.districts + region] for item in items for region in item.regions}
    if any(item.countries for item in items if not item.code) or any(
        atlas.countries[country] in STATES_BY_CODE for country in where
    ):
        return False
    if any(item.code for item in items):
        return best.size >= BARE_AFTER_STREET
    # "Gumi, Zamfara State" is not in South Korea.
    return best.size >= _BARE_DENIED and (len(where) != 1 or of[best.place] in where)
