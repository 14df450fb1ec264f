"""Towns that are not known: the name that is found beside one may be that of its region, or a piece of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import is_unspaced
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.evidence import are_apart
from geopandas_batch.gazetteer.reading import Contents, Item, Reading
from geopandas_batch.gazetteer.reading.words import ARTICLES, NO_TOWN, STREET_AFTER, STREET_BEFORE
from geopandas_batch.gazetteer.reverse.extents import Extents

_FAR_BIGGER = 20  # in weights: five times the people
_WELL_KNOWN = round(30 * math.log10(5_000_000))
_NEARLY_ALL = 0.97
_MOST_WORDS = 5  # of a name
_OF_TOWNS = frozenset(("park", "gardens", "grove"))  # words of streets that end names of towns as well
_NO_TOWN = NO_TOWN - _OF_TOWNS
_NO_STREET = frozenset(("al", "d", "os", "po", "mg"))  # they begin names of towns, too
_SHORT = 3  # letters of a word that is none where it has no vowel: "Cd. Juárez"
_VOWELS, _BEFORE_TOWNS = frozenset("aeiouy"), frozenset(("st", "mt", "ft"))
# What a town is, or a part of it.
_NO_NAME = frozenset(("vill", "vpo", "cantt", "cbd", "municipalidad", "municipio", "gemeinde", "commune", "comune"))
_KINDS_OF_NAMES, _AGREED_WELL = frozenset(("city", "village")), 2
_BESIDE = frozenset(("am", "an", "im", "on", "upon", "sur", "sous", "nad", "pod", "bei", "beach", "heights"))
_LARGE = 5.0  # a city whose quarters bear its name


def weigh_namesake(best: Candidate, reading: Reading, atlas: Atlas, extents: Extents) -> tuple[float, int]:
    """The share of those who live in the region or district of this name that live by the town of this name, and which.

    1 where the name is a town's only, and where no town that is not known stands before it: "Caimancito, Jujuy".
    """
    span = best.span
    for own in reading.items:
        if own.start == span.start and own.end == span.end:
            break
    else:
        return 1.0, -1
    before = None if reading.names_again(own) else _find_names_before(best, reading)
    if before is None or (above := _find_above(own, best, reading, atlas)) < 0:
        return 1.0, -1
    share = extents.share_near(above, best.place)
    if share > _NEARLY_ALL or (before and all(_is_near(best, each, atlas) for each in before)):
        return 1.0, -1
    return share, above


def _find_above(own: Item, best: Candidate, reading: Reading, atlas: Atlas) -> int:
    """The region, country or district that the name means if it does not mean the town; -1 if there is none."""
    place = best.place
    country = atlas.country[place]
    if country in own.countries and not best.agreed:
        return int(atlas.regions + country)  # "San Pedro, Belize"
    regions = [atlas.districts + region for region in own.regions]
    if best.agreed:
        said = {country, *(each for item in reading.items if item is not own for each in item.countries)}
        regions = [region for region in regions if atlas.country[region] in said]
    if regions:
        biggest: int = max(regions, key=lambda region: (atlas.weight[region], -region))
        home: int = atlas.districts + atlas.region[place]
        if home in regions and atlas.weight[biggest] - atlas.weight[home] <= _FAR_BIGGER:
            return home
        # "Laç" in Albania is not the region of Lac in Chad, but "Washington" the state.
        if best.agreed or atlas.country[biggest] == country or atlas.weight[biggest] >= _WELL_KNOWN:
            return biggest
        return home if home in regions else -1
    districts = [atlas.villages + district for district in own.districts]
    district: int = atlas.villages + atlas.district[place]
    if district in districts:
        return district
    # "Playa del Carmen, Solidaridad, Mexico" is in a district, not beside the village of Solidaridad.
    if not best.agreed or any(item.regions and not item.countries for item in reading.items if item is not own):
        return -1
    at_home = [district for district in districts if atlas.country[district] == country]
    return max(at_home, key=lambda district: (atlas.weight[district], -district), default=-1)


def _find_names_before(best: Candidate, reading: Reading) -> list[Contents] | None:
    """The parts before a name that may be towns; empty if one stands in its own part, None if there is none."""
    span, contents = best.span, reading.contents
    start = span.start - contents[span.part].part.start
    if start and span.at_end:
        here = contents[span.part]
        since = max((at + 1 for at in range(start) if here.words[at].isdigit()), default=0)
        if _may_be_town(here.words[since:start], here.light[since:start]):
            return []
    found = []
    for number in range(span.part - 1, -1, -1):
        each = contents[number]
        if False in each.light:
            if reading.has_number(number):
                break  # a street: what stands before it is a building or a firm
            if _may_be_town(each.words, each.light):
                found.append(each)
    return found or None


def _may_be_town(words: Sequence[str], light: Sequence[bool]) -> bool:
    """Whether words may be the name of a town: no street, no building, no number."""
    return (
        False in light
        and not any(map(str.isdigit, words))
        and _NO_TOWN.isdisjoint(words)
        and (words[0] not in STREET_BEFORE or words[0] in _NO_STREET)
        and (words[-1] not in STREET_AFTER or words[-1] in _OF_TOWNS)
    )


def _is_near(best: Candidate, contents: Contents, atlas: Atlas) -> bool:
    """Whether a part is the name of a place near the best: one of its quarters."""
    country = atlas.country[best.place]
    return any(
        atlas.country[entry >> 1] == country and not are_apart(atlas, best.place, entry >> 1)
        for span in contents.spans
        if span.alone
        for entry in span.name.places
    )


def is_piece(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether the name is a piece of a longer one that is not known: "Nauheim" in "Bad Nauheim"."""
    span = best.span
    contents = reading.contents[span.part]
    if span.alone and span.end == contents.part.end:
        return False
    begin, words, light = contents.part.start, contents.words, contents.light
    start, end = span.start - begin, span.end - begin
    if span.alone:  # "Iloilo City" is Iloilo, but "Ellicott City" not Ellicott
        return words[end] in _KINDS_OF_NAMES and best.size < _LARGE and best.agreed < _AGREED_WELL
    heavy: Sequence[int] = range(len(words))
    for post in reading.posts:
        if span.part and not post.weak:  # in the first part, it may be the number of a house
            heavy = [at for at in heavy if not post.start <= begin + at < post.end]
    if (
        is_unspaced(words[0])
        or light.count(False) > _MOST_WORDS
        or not _may_be_town([words[at] for at in heavy], [light[at] for at in heavy])
    ):
        return False
    if start == heavy[0] and best.size >= _LARGE and words[end] not in ARTICLES and words[end] not in _BESIDE:
        return False  # "Köln-Lindenthal", but not "Frankfurt am Main"
    beside = any(not light[at] and not start <= at < end and _is_of_name(words[at]) for at in heavy)
    return beside and not any(
        (to <= start or at >= end) and any(not are_apart(atlas, best.place, entry >> 1) for entry in name.places)
        for at, to, name in contents.names
    )


def _is_of_name(word: str) -> bool:
    """Whether a word may belong to a name: it is not short for another, and no kind of place."""
    if len(word) <= _SHORT and word.isascii() and _VOWELS.isdisjoint(word):
        return word in _BEFORE_TOWNS
    return len(word) > 1 and word not in _NO_NAME
