"""Which place an address means: every name is weighed against the other things that stand in the address.

A score is a sum of decimal orders of magnitude: a town of a million starts with 6, so +1 makes up for ten times fewer
people. The numbers were set by hand on test addresses; each says how much one kind of evidence outweighs size.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from operator import itemgetter

import msgspec

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.evidence import (
    COUNTRY,
    NOT_THAT_REGION,
    POST_NEAR,
    REGION,
    are_apart,
    most_of_items,
    most_of_posts,
    tell_home,
    weigh_item,
    weigh_own,
    weigh_post,
)
from geopandas_batch.gazetteer.positions import HOPELESS, weigh_code, weigh_parts
from geopandas_batch.gazetteer.reading import Reading, Span
from geopandas_batch.gazetteer.spelling import key

# What the name is like.
SECOND_NAME, _SHORT_SECOND_NAME, _VILLAGE_IN_TEXT, _LANGUAGE = -0.6, -1.5, -3.0, 0.7
# Where four of five addresses of a column are in one country, a name that says no more means the place there, even if a
# place abroad has a hundred times the people.
_CONTEXT = 2.0
_SUPPORT, _FEW = 1.2, 16
_NO_DISTRICT = 0xFFFF
_MANY = 5  # places of a name: it pays to ask first in which countries it can be
WITHIN_REACH = 3.0  # a rival this far behind changes no confidence


class Candidate(msgspec.Struct, gc=False):
    """A place that a name in the address may mean, and what speaks for it."""

    score: float
    place: int
    span: Span
    size: float  # decimal logarithm of the population
    second_name: bool
    agreed: int  # items that agree
    denied: int  # items that do not
    post: int  # row of the postcode that agrees, or -1
    exact_post: bool  # its point is better than the town's
    area: bool  # the name is that of a region or country, too


class Ranking(msgspec.Struct, frozen=True, gc=False):
    """The best candidate, and the first rival that is somewhere else."""

    best: Candidate | None = None
    rival: Candidate | None = None
    candidates: Sequence[Candidate] = ()  # all that were weighed, the best first
    limit: float = -math.inf  # names of the first part that weigh less, as they stand there, cannot change it


_AT_MOST = itemgetter(0)


def _rank(candidate: Candidate) -> tuple[float, float, int]:
    return -candidate.score, -candidate.size, candidate.place


class Ranker:
    """Ranks what the names of an address may mean."""

    def __init__(self, atlas: Atlas, mothers: dict[int, int]) -> None:
        """Weigh the places of an atlas; `mothers` maps territories to their countries."""
        self._atlas = atlas
        self._mothers = [mothers.get(country, country) for country in range(len(atlas.countries))]

    def rank(self, reading: Reading, spans: Sequence[Span]) -> Ranking:
        """The best candidate among what the spans may mean, and its rival."""
        items, posts, contents = reading.items, reading.posts, reading.contents
        added = weigh_parts(contents)
        most = (_LANGUAGE if reading.hinted else 0.0) + (_CONTEXT if reading.around >= 0 else 0.0)
        # What items say at most of a name in another part.
        most_said = most + sum([COUNTRY if item.countries else REGION for item in items])
        ranked = []
        for span in spans:
            score, more = span.score + added[span.part], most_said
            if contents[span.part].items:
                score += weigh_code(reading, span)
                more = most + most_of_items(items, span)
            if score > HOPELESS:
                if posts:
                    more += most_of_posts(posts, span)
                ranked.append((score + span.name.size + more, more, score, span))
        if len(ranked) > 1:
            ranked.sort(key=_AT_MOST, reverse=True)
        candidates: list[Candidate] = []
        best, of_first = -math.inf, False
        for at_most, more, score, span in ranked:
            if at_most < best - WITHIN_REACH:
                break
            of_first = of_first or not span.part
            best = self._weigh_places(reading, span, score, more, best, candidates)
        if not candidates:
            return Ranking()
        limit = -math.inf
        if not of_first:
            limit = best - WITHIN_REACH - most_said - added[0] - (POST_NEAR if posts else 0.0)
        if len(candidates) == 1:
            return Ranking(candidates[0], None, candidates, limit)
        of_one_name = candidates[0].span is candidates[-1].span
        candidates.sort(key=_rank)
        if not of_one_name:
            few = candidates[:_FEW]
            self._support(few)
            self._doubt_regions(reading, few)
            candidates.sort(key=_rank)
            if candidates[0].span.part:
                self._doubt_islands(candidates)
        first = candidates[0]
        for other in candidates[1:]:
            if are_apart(self._atlas, first.place, other.place):
                return Ranking(first, other, candidates, limit)
        return Ranking(first, None, candidates, limit)

    def _support(self, candidates: Sequence[Candidate]) -> None:
        """Two names that have places side by side speak for each other: "Providencia, Santiago"."""
        ending = [candidate for candidate in candidates if candidate.span.at_end]
        near = [
            (one, other)
            for at, one in enumerate(ending)
            for other in ending[at + 1 :]
            if one.span is not other.span
            and (one.span.end <= other.span.start or other.span.end <= one.span.start)
            and one.place != other.place
            and self._atlas.country[one.place] == self._atlas.country[other.place]
            and not are_apart(self._atlas, one.place, other.place)
        ]
        for candidate in {id(candidate): candidate for pair in near for candidate in pair}.values():
            candidate.score += _SUPPORT

    def _doubt_regions(self, reading: Reading, candidates: Sequence[Candidate]) -> None:
        """A name after a town that lies in the region of that name means the region: "Plattsburgh, New York"."""
        placed = {item.end: item for item in reversed(reading.items) if item.regions or item.districts}
        if not placed:
            return
        region, district = self._atlas.region, self._atlas.district
        towns = [
            candidate
            for candidate in candidates
            if candidate.span.alone and not reading.has_number(candidate.span.part)
        ]
        for candidate in candidates:
            span = candidate.span
            own = placed.get(span.end)
            if own is None or own.start < span.start:  # "A Coruña" is the province of Coruña, too
                continue
            for town in towns:
                if town.span.end <= span.start and (
                    region[town.place] in own.regions or district[town.place] in own.districts
                ):
                    candidate.score += NOT_THAT_REGION
                    break

    def _doubt_islands(self, candidates: list[Candidate]) -> None:
        """A town's district may be written short: "Kirkwall, Orkney" is in the Orkney Islands, not in South Africa."""
        atlas, first = self._atlas, candidates[0]
        span, said = first.span, ""
        if not span.alone or first.post >= 0:
            return
        for town in candidates:
            if town.span.alone and town.span.end <= span.start and town.agreed >= first.agreed:
                said = said or key(atlas.label(first.place))
                district = atlas.district[town.place]
                above = [atlas.regions + atlas.country[town.place]]
                if district != _NO_DISTRICT:
                    above.append(atlas.villages + district)
                if any(key(atlas.label(entity)).startswith(said) for entity in above):
                    town.agreed += 1
                    town.score = max(town.score, first.score) + REGION
                    candidates.sort(key=_rank)
                    return

    def _weigh_places(
        self, reading: Reading, span: Span, base: float, most: float, best: float, candidates: list[Candidate]
    ) -> float:
        """Add the places of one name that are within reach of the best so far, and tell the best score.

        Other things add `most` at most to the `base` of the score.
        """
        atlas, mothers = self._atlas, self._mothers
        weight, countries, villages = atlas.weight, atlas.country, atlas.places
        hinted, stated, around = reading.hinted, reading.stated, reading.around
        start, end, alone = span.start, span.end, span.alone
        items, posts = reading.items, reading.posts
        own = None
        if reading.contents[span.part].items:  # one of them may be in the same words
            items = []
            for item in reading.items:
                if item.end <= start or item.start >= end:
                    items.append(item)
                elif own is None and item.start == start and item.end == end:
                    own = item
            if own is not None and not own.countries and not own.regions:
                own = None
        home: Collection[int] = ()
        less = 0.0
        if (items or posts) and len(span.name.places) > _MANY:
            home, less = tell_home(atlas, items, posts, span)
        if posts:
            posts = [post for post in posts if post.end <= start or post.start >= end]
        reach = best - WITHIN_REACH
        for entry in span.name.places:
            place = entry >> 1
            size = weight[place] / 30
            score = base + size
            if score + most < reach:
                break  # the rest are smaller still
            country = countries[place]
            mother = mothers[country]
            if home and country not in home and mother not in home and score + most - less < reach:
                continue
            if stated and country not in stated and mother not in stated:
                continue
            if entry & 1:
                short = end - start == 1 and len(token := reading.tokens[start]) < 4 and token.isascii()
                score += _SHORT_SECOND_NAME if short else SECOND_NAME
            if place >= villages and not alone:
                score += _VILLAGE_IN_TEXT
            if country in hinted:
                score += _LANGUAGE
            if around >= 0 and (country == around or mother == around):
                score += _CONTEXT
            agreed = denied = 0
            for item in items:
                if country in item.countries and not item.regions:  # the most frequent by far
                    score += COUNTRY
                    agreed += 1
                    continue
                gain, agrees, denies = weigh_item(atlas, item, start, place, country, mother)
                score += gain
                agreed += agrees
                denied += denies
            if own is not None:
                gain, denies = weigh_own(atlas, own, entry, agreed)
                score += gain
                denied += denies
            row, exact = -1, False
            if posts and score + POST_NEAR > reach:
                weighed = [weigh_post(atlas, post, span, place, country, mother) for post in posts]
                gain, row, exact = max(weighed) if len(weighed) > 1 else weighed[0]
                score += gain
            if score > reach:
                second_name, area = bool(entry & 1), own is not None
                candidates.append(Candidate(score, place, span, size, second_name, agreed, denied, row, exact, area))
                if score > best:
                    best = score
                    reach = score - WITHIN_REACH
        return best
