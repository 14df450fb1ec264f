"""The countries and regions in which most addresses of a table are: they settle what is ambiguous by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.atlas import NO_REGION, Atlas
from geopandas_batch.gazetteer.reading import NO_CONTEXT, Context, Reading

# This part of the addresses that are clear must be in countries, or regions, that have so many of them and this part of
# them. What is alone may be a namesake of what is not known.
_MOST, _FEWEST, _LEAST = 0.8, 2, 0.05
# The confidence of what is clear, and how many of these there must be; else of what is less so, for bare names of small
# towns have no more. In no table of one country was it another one (`test_gazetteer_tables.py`).
_CLEAR = (0.75, 5), (0.55, 4)
# Of a column of postcodes, all must be known in the country, but this part of those beyond ten, and so many more than
# in any other one. Of 1,000 columns of 5 to 60 codes none told another country, of random numbers one in 300 told any.
_UNKNOWN, _BEYOND, _MORE = 0.1, 10, 3
_FEW_REGIONS = 3  # more are hardly less than the country
_NAMED = 3  # in a reason


def countries_of_most(found: Sequence[Found]) -> Context:
    """Those in which most of these answers are."""
    for clear, few in _CLEAR:
        countries = [each.country for each in found if each.location.confidence >= clear]
        if len(countries) >= few and (most := _most(countries)):
            return Context(most)
    return NO_CONTEXT


def country_of_codes(readings: Sequence[Reading]) -> Context:
    """The one that has nearly all the postcodes, if most of these addresses are a postcode and no more."""
    codes, known = 0, Counter[int]()
    for reading in readings:
        for post in reading.posts:
            whole = not post.start and post.end == len(reading.tokens)
            if whole and (not post.weak or reading.parts[0].role == "postcode"):
                codes += 1
                known.update([country for country, row in post.rows.items() if row >= 0])
                break
    (country, count), (_, other) = [*known.most_common(2), (-1, 0), (-1, 0)][:2]
    if codes < _MOST * len(readings) or codes - count > _UNKNOWN * max(0, codes - _BEYOND) or count - other < _MORE:
        return NO_CONTEXT
    return Context(frozenset((country,)))


def regions_of_most(found: Sequence[Found], around: Context) -> Context:
    """The same with the regions in which most of these answers are, found among those countries, if they are few."""
    clear, few = _CLEAR[-1]
    regions = [each.region for each in found if each.location.confidence >= clear and each.region != NO_REGION]
    most = _most(regions) if len(regions) >= few else frozenset[int]()
    return Context(around.countries, most) if len(most) <= _FEW_REGIONS else around


def _most(numbers: Sequence[int]) -> frozenset[int]:
    """Those that come often enough, if most of all are among them."""
    counts = Counter(numbers)
    often = [number for number, count in counts.items() if count >= max(_FEWEST, _LEAST * len(numbers))]
    return frozenset(often) if sum(map(counts.__getitem__, often)) >= _MOST * len(numbers) else frozenset()


def read_context(atlas: Atlas, text: str) -> Context:
    """The context that is written as "AT,DE/Bavaria"; a ValueError for what is none."""
    if not text:
        return NO_CONTEXT
    countries, regions = set[int](), set[int]()
    for part in text.split(","):
        code, slash, name = part.partition("/")
        country = atlas.countries.index(code)
        countries.add(country)
        if slash:
            regions.add(_labels_of(atlas, country).index(name))
    return Context(frozenset(countries), frozenset(regions))


def write_context(atlas: Atlas, context: Context) -> str:
    """As `read_context` reads it, in the order of the alphabet; empty if there is none."""
    countries, first = atlas.countries, atlas.regions
    return ",".join(
        sorted(
            countries[entity - first]
            if entity >= first
            else f"{countries[atlas.country[entity]]}/{atlas.label(entity)}"
            for entity in _entities(atlas, context)
        )
    )


def describe_context(atlas: Atlas, context: Context) -> str:
    """For a reason: "France", "Bavaria, Germany or Tyrol, Austria", "5 countries"."""
    names = sorted(map(atlas.describe, _entities(atlas, context)))
    if len(names) <= _NAMED:
        return " or ".join(names)
    return f"{len(names)} countries{' and regions' if context.regions else ''}"


def _entities(atlas: Atlas, context: Context) -> list[int]:
    """The regions, and the countries of which none is told."""
    regions = [atlas.districts + region for region in context.regions]
    others = context.countries.difference(map(atlas.country.__getitem__, regions))
    return [*regions, *(atlas.regions + country for country in others)]


def _labels_of(atlas: Atlas, country: int) -> list[str | None]:
    """The name of each region of a country; of all others, none."""
    return [
        atlas.label(entity) if atlas.country[entity] == country else None
        for entity in range(atlas.districts, atlas.regions)
    ]
