"""Which place an address means: every name is weighed against the other things that stand in the address.

A score is a sum of decimal orders of magnitude: a town of a million starts with 6, so +1 makes up for ten times fewer
people. The numbers were set by hand on test addresses; each says how much one kind of evidence outweighs size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter

import msgspec

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking.candidates import (
    Candidate,
    doubt_islands,
    doubt_regions,
    order,
    put_alone_first,
    support,
)
from geopandas_batch.gazetteer.ranking.enclaves import find_enclaves
from geopandas_batch.gazetteer.ranking.evidence import (
    COUNTRY,
    POST_NEAR,
    REGION,
    SAME_NAME,
    Home,
    are_apart,
    most_of_posts,
    outside,
    set_apart,
    tell_home,
    weigh_item,
    weigh_own,
    weigh_posts,
)
from geopandas_batch.gazetteer.reading import Item, Reading, Span
from geopandas_batch.gazetteer.reading.positions import HOPELESS, weigh_code, weigh_parts
from geopandas_batch.gazetteer.reading.words import STREET_AFTER

# What the name is like. "Central Park, New York" is not Bethpage, which was called so.
_LANDMARK = -4.0
SECOND_NAME, _SHORT_SECOND_NAME, _VILLAGE_IN_TEXT, _LANGUAGE = -0.6, -1.5, -3.0, 0.7
# Where four of five addresses of a column are in one country, a name that says no more means the place there, even if a
# place abroad has a hundred times the people; and in one region, even if another one of there has thirty times as many.
_CONTEXT, _NEAR = 2.0, 1.5
_AROUND_CITY = 2.0  # what the region around a city says of it: see `enclaves`
_FEW = 16  # candidates that are compared with each other
WITHIN_REACH = 3.0  # a rival this far behind changes no confidence


class Ranking(msgspec.Struct, frozen=True, gc=False):
    """The best candidate, and the first rival that is somewhere else."""

    best: Candidate | None = None
    rival: Candidate | None = None
    candidates: Sequence[Candidate] = ()  # all that were weighed, the best first
    limit: float = -math.inf  # names of the first part that weigh less, as they stand there, cannot change it


_Ranked = tuple[float, float, float, Span, Sequence[Item], Item | None]
_AT_MOST = itemgetter(0)


class Ranker:
    """Ranks what the names of an address may mean."""

    def __init__(self, atlas: Atlas, mothers: dict[int, int]) -> None:
        """Weigh the places of an atlas; `mothers` maps territories to their countries."""
        self._atlas = atlas
        self._mothers = [mothers.get(country, country) for country in range(len(atlas.countries))]
        self._anywhere = frozenset(range(len(atlas.countries)))
        self._enclaves = find_enclaves(atlas)

    def rank(self, reading: Reading, spans: Sequence[Span]) -> Ranking:
        """The best candidate among what the spans may mean, and its rival."""
        items, posts, contents = reading.items, reading.posts, reading.contents
        added = weigh_parts(contents)
        most = _LANGUAGE if reading.hinted else 0.0
        if reading.around.countries:
            most += _CONTEXT + _NEAR
        most_said, coded = most, False  # what items say at most of a name in another part
        for item in items:
            most_said += COUNTRY if item.countries else REGION
            coded = coded or item.code
        ranked = []
        for span in spans:
            score = span.score + added[span.part]
            if score <= HOPELESS:
                continue
            more, others, own = most_said, items, None
            if contents[span.part].items:  # one of them may be in the same words
                if coded:
                    score += weigh_code(reading, span)
                    if score <= HOPELESS:
                        continue
                others, own, more = set_apart(items, span)
                more += most
            if posts:
                more += most_of_posts(posts, span)
            ranked.append((score + span.name.size + more, more, score, span, others, own))
        if len(ranked) > 1:
            ranked.sort(key=_AT_MOST, reverse=True)
        candidates, best, of_first = self._weigh_places(reading, ranked)
        if not candidates:
            return Ranking()
        limit = -math.inf
        if not of_first:
            limit = best - WITHIN_REACH - most_said - added[0] - (POST_NEAR if posts else 0.0)
        if len(candidates) == 1:
            return Ranking(candidates[0], None, candidates, limit)
        of_one_name = candidates[0].span is candidates[-1].span
        if not of_one_name:
            few = candidates if len(candidates) <= _FEW else sorted(candidates, key=order)[:_FEW]
            support(self._atlas, few)
            doubt_regions(self._atlas, reading, few)
        candidates.sort(key=order)
        if not of_one_name and candidates[0].span.part:
            doubt_islands(self._atlas, candidates)
        if not of_one_name and not candidates[0].span.alone:
            put_alone_first(candidates)
        first = candidates[0]
        for other in candidates[1:]:
            if are_apart(self._atlas, first.place, other.place):
                return Ranking(first, other, candidates, limit)
        return Ranking(first, None, candidates, limit)

    def _weigh_places(self, reading: Reading, ranked: Sequence[_Ranked]) -> tuple[list[Candidate], float, bool]:
        """The places of names within reach of the best before them, its score, and if a name of the first part is near.

        Of each name there is what its score is at most, what other things add to it at most, its score without them,
        the items outside of it, and the country or region of its own.
        """
        atlas, mothers, anywhere = self._atlas, self._mothers, self._anywhere
        weight, countries, villages = atlas.weight, atlas.country, atlas.places
        hinted, stated, around = reading.hinted, reading.stated, reading.around.countries
        near, regions, enclaves = reading.around.regions, atlas.region, self._enclaves
        candidates: list[Candidate] = []
        home: Home | None = None
        best = reach = -math.inf
        of_first, of_posts = False, 0.0
        all_posts = posts = reading.posts
        for at_most, most, base, span, items, own in ranked:
            if at_most < reach:
                break
            start, end, places = span.start, span.end, span.name.places
            if not span.part:
                of_first = True
            top, is_area = base + most, own is not None
            if all_posts:
                posts = outside(all_posts, span)
                of_posts = most_of_posts(posts, span)
            there = anywhere
            if len(places) > 1:
                home = home or tell_home(atlas, reading.items)
                if home.start >= end:
                    there, top_abroad = home.countries, top - home.lead
            for entry in places:
                place = entry >> 1
                size = weight[place] / 30
                if size + top < reach:
                    break  # the rest are smaller still
                country = countries[place]
                if country not in there and size + top_abroad < reach and mothers[country] not in there:
                    continue
                mother = mothers[country]
                if stated and country not in stated and mother not in stated:
                    continue
                score = base + size
                if entry & 1:
                    short = end - start == 1 and len(token := reading.tokens[start]) < 4 and token.isascii()
                    score += _SHORT_SECOND_NAME if short else SECOND_NAME
                    if end - start > 1 and reading.tokens[end - 1] in STREET_AFTER:
                        score += _LANDMARK
                if place >= villages and not span.alone:
                    score += _VILLAGE_IN_TEXT
                if country in hinted:
                    score += _LANGUAGE
                if around and (country in around or mother in around):
                    score += _CONTEXT
                    if near and regions[place] in near:
                        score += _NEAR
                agreed = denied = 0
                for item in items:
                    if country in item.countries and not item.regions:  # the most frequent by far
                        score += COUNTRY
                        agreed += 1
                        continue
                    gain, agrees, denies = weigh_item(atlas, item, start, place, country, mother)
                    if denies and (around_city := enclaves.get(regions[place])) and around_city & item.regions:
                        gain, agrees, denies = _AROUND_CITY, 1, 0
                    score += gain
                    agreed += agrees
                    denied += denies
                if own is not None:
                    if score + SAME_NAME + of_posts <= reach:
                        continue
                    gain, denies = weigh_own(atlas, own, entry, agreed)
                    score += gain
                    denied += denies
                row, exact = -1, False
                if posts and score + of_posts > reach:
                    gain, row, exact = weigh_posts(atlas, posts, span, place, country, mother)
                    score += gain
                if score > reach:
                    second_name = entry & 1 == 1
                    candidates.append(
                        Candidate(score, place, span, size, second_name, agreed, denied, row, exact, is_area)
                    )
                    if score > best:
                        best = score
                        reach = score - WITHIN_REACH
        return candidates, best, of_first
