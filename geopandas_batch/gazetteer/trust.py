"""How far the best candidate is to be trusted: whether it is an answer at all, and its confidence."""

from __future__ import annotations

import math

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking import Candidate
from geopandas_batch.gazetteer.reading import Post, Reading
from geopandas_batch.gazetteer.words import NO_PLACE

# What a name without any context must have: inhabitants, by where it stands.
_BARE_ALONE, _BARE_AFTER_STREET = math.log10(3_000), math.log10(50_000)
_BARE_AT_END, _BARE_INSIDE, _BARE_CORRECTED = math.log10(300_000), math.log10(1_000_000), math.log10(500_000)
# What a name is worth that is all an address says: small towns share theirs with people, firms and things.
_BARE_CAPS = ((math.log10(50_000), 0.75), (math.log10(15_000), 0.7), (math.log10(3_000), 0.6))
_TELLING, _BARE_TELLING = 6, math.log10(300)  # letters of a name that is hardly a common word
_BARE_DENIED = math.log10(100_000)  # and what it must have if something in the address speaks against it


def is_believable(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether the best candidate is an answer: something else agrees, or it is big enough for where it stands."""
    span, named = best.span, reading.parts[best.span.part].role == "city"
    if best.post >= 0 or best.agreed > best.denied:
        return best.score > 0 and (best.post >= 0 or span.alone or not span.street)
    if best.denied and not named:
        return best.size > _BARE_DENIED and best.score > best.size + 1.5
    if named:
        return True
    words, letters = span.end - span.start, reading.tokens[span.start]
    short = len(letters) < 3 and letters.isascii() and (best.second_name or not span.at_end)  # "de la", "St", "LA"
    if words == 1 and (letters in NO_PLACE or short):
        return False
    if span.corrected:
        return span.clear and best.size >= _BARE_CORRECTED
    if span.alone:
        if not best.second_name and len(letters) >= _TELLING and best.size >= _BARE_TELLING:
            return True
        return best.size >= _BARE_ALONE or words > (1 if best.place < atlas.places else 2)
    least = _BARE_AFTER_STREET if span.clear else _BARE_AT_END if span.at_end else _BARE_INSIDE
    return best.size >= least and not span.street and best.score > best.size - 2


def is_settled(best: Candidate | None, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is an answer, and there is no reason to look for typing errors."""
    if best is None or not is_believable(best, reading, atlas) or contradicting_post(best, reading, atlas):
        return False
    return best.post >= 0 or (best.span.at_end and not best.span.street and best.score > best.size)


def contradicting_post(best: Candidate, reading: Reading, atlas: Atlas) -> Post | None:
    """A postcode of the same country beside the name, which is somewhere else: "80331 Müchen" is not Mutzschen.

    Only of second names and villages: the postal file has points that are off, and the towns that people mean are big.
    """
    if best.post >= 0 or best.span.street or not (best.second_name or best.size < _BARE_ALONE):
        return None
    start, end, heavy = best.span.start, best.span.end, reading.heavy
    for post in reading.posts:
        beside = heavy[post.end] == heavy[start] if post.end <= start else heavy[post.start] == heavy[end]
        if beside and not post.weak and post.rows.get(atlas.country[best.place], -1) >= 0:
            return post
    return None


def weigh_confidence(
    best: Candidate, margin: float, reading: Reading, *, at_home: bool = False, contradicted: bool = False
) -> float:
    """From the lead over the rival and from what agrees; the caps are what each kind of context is worth at best.

    `at_home`: it is in the country in which most of the addresses are that were asked with it. `contradicted`: its
    postcode is somewhere else.
    """
    if contradicted or (best.denied and best.post < 0):
        cap = 0.5
    elif best.span.corrected:
        cap = 0.8 if best.agreed or best.post >= 0 else 0.5
    elif best.post >= 0:
        cap = 0.98
    elif not best.span.clear:
        cap = 0.8 if best.span.at_end and best.agreed else _cap_in_text(best, reading)
    elif _may_be_region(reading, best):
        cap = 0.7
    elif best.agreed:
        cap = 0.93
    else:
        cap = next((cap for least, cap in _BARE_CAPS if best.size >= least), 0.5)
        if best.second_name:
            cap -= 0.15 if best.size >= _BARE_AFTER_STREET or len(best.span.name.places) > 1 else 0.25
        if not best.span.part and reading.heavy[-1] > reading.heavy[reading.parts[0].end]:
            cap = min(cap, 0.5)  # more follows that is no place: "Nelson, Miller and Cook"
        if reading.around >= 0:
            cap = cap + 0.1 if at_home else min(cap, 0.5)
    lead = 1 / (1 + math.exp(-(margin - 0.2) / 0.6))
    return cap * lead


def _cap_in_text(best: Candidate, reading: Reading) -> float:
    """What a name within a text that says nothing else of a place is worth: it may be a person's, or a firm's.

    Names in other letters than Latin ones are second names in the file, though they are what a place is called there.
    """
    native = not reading.tokens[best.span.start].isascii()
    if best.second_name and not native:
        return 0.3
    return 0.6 if native and True in reading.numeric else 0.45


def _may_be_region(reading: Reading, best: Candidate) -> bool:
    """Whether the name may mean a region in which an unknown town lies: "East Sound, Washington"."""
    span = best.span
    return any(item.regions and item.placed and item.are(span) for item in reading.items) and reading.leaves_a_name(
        span.part
    )
