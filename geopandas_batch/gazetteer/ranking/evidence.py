"""What the other things in an address say of a place: its countries and regions, its postcodes, its own name.

In decimal orders of magnitude of population, as all of a score: see `ranking`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from geopandas_batch.gazetteer.atlas import NO_REGION, UNCOUNTED, Atlas
from geopandas_batch.gazetteer.reading import NOTHING, Item, Post, Span

SAME_NAME = 1.0
COUNTRY, REGION, _DISTRICT, _AMBIGUOUS_CODE = 5.0, 4.0, 2.5, 2.0
_OTHER_COUNTRY, _OTHER_REGION, _OTHER_CODE = -7.0, -4.0, -4.5
POST_NEAR, _POST_AROUND, _POST_FAR, _POST_WEAK = 6.0, 3.0, -1.5, 0.25
_POST_AT_HAMLET, _POST_APART = -2.0, -0.5  # "23700 Linares Jaén" is not Jaén
_OF_NO_DISTRICT = 1.0
_NEAR, _AROUND = 15.0, 45.0  # km
_FAR_NORTH = 4_100  # 0.0001 degrees of latitude: more than around
# Where the postal file has the points of codes right: Houston's 77058 is 34 km from the middle of the city.
_MEASURED = frozenset(("US", "DE", "GB"))
_LARGE = round(30 * math.log10(100_000))
_APART, _APART_NORTH = 40.0, 3_600  # two places farther apart are not the same answer
_TOGETHER = 3_590**2  # in these degrees as on a plane: nowhere are they longer than a degree of latitude
NOT_THAT_REGION = -2.5
_COMPARABLE = 45  # in weights: at most about 30 times the people
_FAR_BIGGER = 20  # five times the people: Münster is not the Irish province
_LOST_IN = 65  # 150 times the people; Luxembourg, Panama and Kuwait have less than that beside their capitals


def kilometres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance (haversine, mean radius 6371 km)."""
    half_lat, half_lon = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * (
        math.sin(half_lon) ** 2
    )
    return 12742 * math.asin(min(1.0, math.sqrt(chord)))


def are_apart(atlas: Atlas, one: int, other: int) -> bool:
    """Whether two places are so far apart that they are not the same answer."""
    lat, lon = atlas.lat, atlas.lon
    north = lat[one] - lat[other]
    if abs(north) > _APART_NORTH:
        return True
    east = lon[one] - lon[other]
    if north * north + east * east < _TOGETHER:
        return False
    return kilometres(lat[one] / 1e4, lon[one] / 1e4, lat[other] / 1e4, lon[other] / 1e4) > _APART


def lies_near(atlas: Atlas, code: int, place: int) -> bool:
    """Whether a row of the postal file is at a place, or so near that it may be one of its codes."""
    return atlas.code_place[code] == place or is_near(atlas, code, place)


def is_near(atlas: Atlas, code: int, place: int) -> bool:
    """Whether the point of a row of the postal file is as good as that of a place: their distance is small."""
    lat, lon = atlas.code_lat[code] / 1e4, atlas.code_lon[code] / 1e4
    return kilometres(atlas.lat[place] / 1e4, atlas.lon[place] / 1e4, lat, lon) < _NEAR


def weigh_item(atlas: Atlas, item: Item, start: int, place: int, country: int, mother: int) -> tuple[float, int, int]:
    """What an item adds to the score of a name at `start`, whether it agrees, and whether it denies."""
    countries, regions = item.countries, item.regions
    if regions and atlas.region[place] in regions:
        return REGION, 1, 0
    if country in countries or mother in countries:
        # A code that is a state's too, such as "CA", is a weak word for a country.
        return (_AMBIGUOUS_CODE, 0, 0) if item.code and regions else (COUNTRY, 1, 0)
    if item.districts:
        district = atlas.district[place]
        if district in item.districts:
            # "Cuba" is a district of Portugal, too.
            return _DISTRICT, 0 if countries and not item.code else 1, 0
        if district == NO_REGION and not regions and not item.code and item.start >= start:
            # "Tobermory, Argyll": the districts of some towns are not known
            for other in item.districts:
                if atlas.country[atlas.villages + other] == country:
                    return _OF_NO_DISTRICT, 0, 0
    if item.start >= start and (countries or regions):
        return (_OTHER_CODE if item.code else _OTHER_COUNTRY if countries else _OTHER_REGION), 0, 1
    return 0.0, 0, 0


def weigh_own(atlas: Atlas, own: Item, entry: int, agreed: int) -> tuple[float, int]:
    """What it adds that the name is also that of a country or region, and whether that denies."""
    place = entry >> 1
    country, weight = atlas.country[place], atlas.weight[place]
    if atlas.region[place] in own.regions:
        small = not agreed and _is_small_beside(atlas, place, own.regions)
        return (NOT_THAT_REGION, 1) if small else (SAME_NAME, 0)
    contained = False  # in what agrees with it as much as with the place
    bigger = False
    for number in own.regions:
        region = atlas.districts + number
        lead = atlas.weight[region] - weight
        bigger = bigger or lead > (
            0 if atlas.country[region] == country else -_FAR_BIGGER if entry & 1 else _FAR_BIGGER
        )
        if atlas.country[region] == country:
            if lead < _COMPARABLE and not entry & 1:
                return SAME_NAME, 0  # the city of Buenos Aires lies beside the province
            contained = contained or lead > _COMPARABLE
    if agreed:
        # What agrees speaks for the region as well: "Alaska, US".
        return (NOT_THAT_REGION, agreed + 1) if contained else (0.0, 0)
    # Where nothing else is said, the name means the country or the region if that is bigger.
    lost = _COMPARABLE if entry & 1 else _LOST_IN
    if country in own.countries and atlas.weight[atlas.regions + country] - weight > lost:
        return NOT_THAT_REGION, 1  # the village of Colombia, in Colombia; Brasília is called as Brazil is in Russian
    if own.countries and country not in own.countries:
        # Not even its postcode helps a second name: "110001 India" is not Inđija, where 11000 is near.
        return 2 * _OTHER_COUNTRY if entry & 1 else _OTHER_COUNTRY, 1
    return (NOT_THAT_REGION, 1) if bigger else (0.0, 0)


def _is_small_beside(atlas: Atlas, place: int, regions: frozenset[int]) -> bool:
    """Whether another region of the name of its own has far more people: that of Uruguay is not the Florida."""
    own = atlas.weight[atlas.districts + atlas.region[place]]
    return len(regions) > 1 and any(atlas.weight[atlas.districts + region] - own > _COMPARABLE for region in regions)


class Home(msgspec.Struct, frozen=True, gc=False):
    """The countries of which the last item speaks that denies all others: see `weigh_item`."""

    countries: frozenset[int] = NOTHING
    start: int = -1  # of the item
    lead: float = 0.0  # what it adds at most to a place there more than to one elsewhere, if the name stands before it


def tell_home(atlas: Atlas, items: Sequence[Item]) -> Home:
    """Where the last item says that the place is."""
    last = None
    for item in items:
        if (item.countries or item.regions) and (last is None or item.start > last.start):
            last = item
    if last is None:
        return _NO_HOME
    countries, most = last.countries, COUNTRY if last.countries else REGION
    least = _OTHER_CODE if last.code else _OTHER_COUNTRY if countries else _OTHER_REGION
    if last.regions or last.districts:
        country = atlas.country
        above = [atlas.districts + region for region in last.regions]
        above += [atlas.villages + district for district in last.districts]
        countries = countries.union([country[entity] for entity in above])
    return Home(countries, last.start, most - least)


_NO_HOME = Home()


def set_apart(items: Sequence[Item], span: Span) -> tuple[list[Item], Item | None, float]:
    """The items outside of a name, the one in its very words, and what they add at most to its score.

    In the same words only one that is a country or region counts.
    """
    others: list[Item] = []
    own, most = None, 0.0
    start, end = span.start, span.end
    for item in items:
        if item.end <= start or item.start >= end:
            others.append(item)
            most += COUNTRY if item.countries else REGION
        elif item.start == start and item.end == end:
            most += SAME_NAME
            own = own or item
    if own is not None and not own.countries and not own.regions:
        own = None
    return others, own, most


def most_of_posts(posts: Sequence[Post], span: Span) -> float:
    """What postcodes can add at most to the score of a name."""
    for post in posts:
        if not post.weak or post.end == span.start or post.start == span.end:
            return POST_NEAR
    return POST_NEAR * _POST_WEAK if posts else 0.0


def outside(posts: Sequence[Post], span: Span) -> list[Post]:
    """The postcodes that are not in the words of a name."""
    start, end = span.start, span.end
    return [post for post in posts if post.end <= start or post.start >= end]


def weigh_posts(
    atlas: Atlas, posts: Sequence[Post], span: Span, place: int, country: int, mother: int
) -> tuple[float, int, bool]:
    """What the best of the postcodes adds to the score, its row if it agrees, and whether its point is better."""
    if len(posts) == 1:
        return _weigh_post(atlas, posts[0], span, place, country, mother)
    return max([_weigh_post(atlas, post, span, place, country, mother) for post in posts])


def _weigh_post(atlas: Atlas, post: Post, span: Span, place: int, country: int, mother: int) -> tuple[float, int, bool]:
    """What a postcode adds to the score, its row if it agrees, and whether its point is better than the town's."""
    row = post.rows.get(country, post.rows.get(mother))
    if row is None:
        return (_OTHER_REGION if post.full >= 0 else 0.0), -1, False
    at = row if row >= 0 else -row - 1
    lat, code_lat = atlas.lat[place], atlas.code_lat[at]
    apart = math.inf
    if abs(lat - code_lat) < _FAR_NORTH:
        apart = kilometres(lat / 1e4, atlas.lon[place] / 1e4, code_lat / 1e4, atlas.code_lon[at] / 1e4)
    if apart < _AROUND:
        gain = POST_NEAR if apart < _NEAR or atlas.code_place[at] == place else _POST_AROUND
        if post.end != span.start and post.start != span.end:
            if post.weak:
                return gain * _POST_WEAK, -1, False
            if gain < POST_NEAR:
                gain += _POST_APART
        if atlas.weight[place] <= UNCOUNTED:
            # The postal file has codes of a city at a hamlet of its name: "Bandung 40111".
            gain += _POST_AT_HAMLET
        return gain, at, row >= 0 and (apart < _NEAR or (span.clear and _is_of_large_city(atlas, place, country)))
    said = row >= 0 and not post.weak and country not in post.restored
    return (_POST_FAR if said else 0.0), -1, False


def _is_of_large_city(atlas: Atlas, place: int, country: int) -> bool:
    """Whether the point of a code around a city is better than that of the city."""
    return atlas.weight[place] >= _LARGE and atlas.countries[country] in _MEASURED
