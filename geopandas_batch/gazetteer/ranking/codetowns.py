"""Whether a postcode or the name that is found says where an address is, if one denies the other."""

from __future__ import annotations

from geopandas_batch.gazetteer.atlas import NOWHERE, Atlas
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.evidence import lies_near
from geopandas_batch.gazetteer.ranking.trust import BARE_AFTER_STREET, WELL_KNOWN
from geopandas_batch.gazetteer.reading import HOUSE, Post, Reading, Span
from geopandas_batch.gazetteer.reading.words import STREETS

_PHONES = frozenset(("tel", "phone", "fax"))
_DUTCH = 2  # letters of a code of the Netherlands, which stand apart: "4701 CG"


def is_confirmed(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether the postcode is that of the place, or there is none."""
    if not reading.posts or best.exact_post:
        return True
    return best.post >= 0 and lies_near(atlas, best.post, best.place) and not is_rather_above(best, reading)


def is_rather_above(best: Candidate, reading: Reading) -> bool:
    """Whether the name may be that of the region, while the town stands beside the code: "3906 Veenendal, Utrecht"."""
    span = best.span
    return span.name.is_area and all(span.part not in find_beside(reading, post) for post in reading.posts)


def is_code_of(post: Post, country: int) -> bool:
    """Whether it is a whole postcode of the country as it stands."""
    whole = not post.weak and post.full < 0 and country not in post.restored
    return whole and post.rows.get(country, -1) >= 0


def comes_first(post: Post, reading: Reading) -> bool:
    """Whether a number that begins the address is a postcode: that of the house stands in another part.

    As in "2600 Vác, Petőfi utca 12".
    """
    part = reading.parts[0]
    first, *others = reading.tokens
    return (
        not post.start
        and post.end < part.end
        and len(first) > HOUSE
        and STREETS.isdisjoint(part.words)
        # A number as long is a postcode itself: "63931 Rebecca Centers, Gridley, Illinois 69744".
        and any(word.isdigit() and len(word) < len(first) for word in others[part.end - 1 :])
    )


def is_of_house(post: Post, best: Candidate, reading: Reading) -> bool:
    """Whether a number is rather that of a house, or of a telephone: the town follows, and it stands where streets do.

    As in "30271 Gonzales Junctions, Summerfield, North Carolina", or "Bahnhofstrasse 1009, Niederhelfenschwil".
    """
    part = next(part for part in reading.parts if post.start < part.end)
    if not _PHONES.isdisjoint(part.words[: post.start - part.start]):
        return True
    if comes_first(post, reading):
        return False
    heavy = reading.heavy
    if True not in reading.numeric[: post.start] and heavy[post.end] < heavy[best.span.start]:
        return True
    if best.span.part <= part.number and not any(
        False in contents.light and not reading.has_number(number)
        for number, contents in enumerate(reading.contents)
        if number > part.number
    ):
        return False
    behind_number = post.end == part.end and True in reading.numeric[part.start : post.start]
    return not part.number or behind_number or not STREETS.isdisjoint(part.words)


def is_of_other_region(post: Post, best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether the place lies in the region that is said, and the postcode in another one."""
    said = {region for item in reading.items for region in item.regions}
    row = post.rows.get(atlas.country[best.place], -1)
    of = atlas.code_place[row] if row >= 0 else NOWHERE
    return of != NOWHERE and atlas.region[best.place] in said and atlas.region[of] not in said


def lies_at_code(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether a postcode agrees."""
    return best.post >= 0


def is_town_itself(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether a town is hardly another one, though its postcode is elsewhere: the postal file has points that are off.

    It is well known by this name and stands where the town stands, or is a city, or lies in the region that is said.
    """
    if best.size < (BARE_AFTER_STREET if best.second_name else WELL_KNOWN):
        return False
    if best.span.corrected:
        return any(atlas.region[best.place] in item.regions for item in reading.items)
    country = atlas.country[best.place]
    city = best.size >= BARE_AFTER_STREET and not best.second_name
    return best.span.clear or (city and len(reading.parts) == 1) or stands_beside_code(best, reading, country)


def stands_beside_code(best: Candidate, reading: Reading, country: int) -> bool:
    """Whether the name is, as it stands, all that the address says where the town of its postcode is said."""
    span = best.span
    if span.corrected:
        return False
    if span.alone and reading.parts[span.part].role == "city":
        return True
    heavy = reading.heavy
    for post in reading.posts:
        if country not in post.rows or post.weak:
            continue
        parts = find_beside(reading, post)
        if span.alone and span.part in parts:
            return True
        joined = (
            heavy[span.end] == heavy[post.start] if span.end <= post.start else heavy[span.start] == heavy[post.end]
        )
        # "Ontario, Oregon 90914": the name is a region's, too.
        if joined and span.alone and len(parts) > 1 and not reading.leaves_a_name(span.part):
            return True
        # "EIDEGRENDA 25B 4698 JØRPELAND NORWAY": nothing else stands between the code and the end.
        if len(reading.parts) == 1 and (
            (heavy[span.end] == heavy[-1] and _follows(span, post, reading))
            or (joined and span.end <= post.start and not span.name.is_area and (span.clear or best.agreed))
        ):
            return True
    return False


def _follows(span: Span, post: Post, reading: Reading) -> bool:
    """Whether a name comes right after a postcode and its letters."""
    gap = reading.tokens[post.end : span.start]
    return post.end <= span.start and (not gap or (len(gap) == 1 and len(gap[0]) == _DUTCH and gap[0].isalpha()))


def find_beside(reading: Reading, post: Post) -> tuple[int, ...]:
    """The parts in which the town of a postcode may stand: that of the postcode, or the one before that says more."""
    here = next(contents.part.number for contents in reading.contents if post.start < contents.part.end)
    says = [False in contents.light for contents in reading.contents]
    if says[here]:
        return (here,)
    before = next((number for number in range(here - 1, -1, -1) if says[number]), here + 1)
    return here, before
