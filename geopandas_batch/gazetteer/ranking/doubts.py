"""Whether a best candidate that is an answer is settled, or something in the address speaks for looking further."""

from __future__ import annotations

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.trust import BARE_ALONE, is_believable, is_native
from geopandas_batch.gazetteer.reading import HOUSE, Post, Reading
from geopandas_batch.gazetteer.reading.words import NO_TOWN


def is_settled(best: Candidate | None, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is an answer, and there is no reason to look for typing errors."""
    if best is None or not is_believable(best, reading, atlas):
        return False
    if best.post < 0:
        if more_follows(best, reading):
            return False
        if reading.posts and (
            contradicting_post(best, reading, atlas)
            # "Richmod, Surrey TW9" is not in Canada
            or (not best.agreed and any(_is_no_house(post, reading) for post in reading.posts))
        ):
            return False
        if best.span.part and _may_be_above(best, reading):
            return False  # "Tallahasee, Florida" is not Florida in Uruguay
    elif not best.exact_post and not best.agreed:
        return False  # "17600 Fiueres, Girona" is half an hour from Girona
    if not best.span.clear:  # "Cowey Wyoming USA" is not the town of Wyoming, nor "Los Angels, CA" Angels Camp
        if (best.second_name and not is_native(best, reading)) or _is_in_text(best, reading):
            return False
        if best.post >= 0 and more_follows(best, reading):
            return False
    if best.area and post_of_country(best, reading, atlas):
        return False
    return best.post >= 0 or (best.span.at_end and not best.span.street and best.score > best.size)


def more_follows(best: Candidate, reading: Reading) -> bool:
    """Whether a part behind the name says something that is not understood: a town that is misspelt."""
    for contents in reading.contents[best.span.part + 1 :]:
        if False in contents.light and not any(span.alone for span in contents.spans):
            return True
    return False


def _may_be_above(best: Candidate, reading: Reading) -> bool:
    """Whether the name may be that of the region or district of a town before it that is misspelt."""
    span = best.span
    for item in reading.contents[span.part].items:
        if item.end == span.end and item.start >= span.start and (item.regions or (item.districts and not best.agreed)):
            break
    else:
        return False
    return any(
        False in contents.light
        and not reading.has_number(part)
        and NO_TOWN.isdisjoint(contents.words)
        and not (best.agreed and any(name.alone for name in contents.spans))
        for part, contents in enumerate(reading.contents[: span.part])
    )


def _is_in_text(best: Candidate, reading: Reading) -> bool:
    """Whether the part of the name has words beside it that are no name: one may be the town, misspelt."""
    span, contents = best.span, reading.contents[best.span.part]
    begin = contents.part.start
    known = [False] * len(contents.words)
    for at, to, _ in contents.names:
        known[at:to] = [True] * (to - at)
    known[span.start - begin : span.end - begin] = [True] * (span.end - span.start)
    return any(not light and not name for light, name in zip(contents.light, known, strict=True))


def post_of_country(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether the name is that of a country, whose postcode says more: "55825, Mexico" is not in Mexico City."""
    if not best.area or best.exact_post or not reading.posts:
        return False
    country = atlas.country[best.place]
    return any(country in item.countries and item.are(best.span) for item in reading.items) and any(
        post.rows.get(country, -1) >= 0 for post in reading.posts
    )


def contradicting_post(best: Candidate, reading: Reading, atlas: Atlas) -> Post | None:
    """A postcode of the same country beside the name, which is somewhere else: "80331 Müchen" is not Mutzschen.

    Only of second names and villages: the postal file has points that are off, and the towns that people mean are big.
    """
    if not reading.posts or best.post >= 0 or best.span.street:
        return None
    if not best.second_name and best.size >= BARE_ALONE:
        return None
    country = atlas.country[best.place]
    said = [
        post
        for post in reading.posts
        if not post.weak and post.rows.get(country, -1) >= 0 and country not in post.restored
    ]
    if said:
        start, end, heavy = best.span.start, best.span.end, reading.heavy
        for post in said:
            if heavy[post.end] == heavy[start] if post.end <= start else heavy[post.start] == heavy[end]:
                return post
    return None


def _is_no_house(post: Post, reading: Reading) -> bool:
    """Whether a postcode can hardly be the number of a house."""
    code = reading.tokens[post.start]
    return not post.weak and (len(code) > HOUSE or not code.isdigit())
