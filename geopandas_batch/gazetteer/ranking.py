"""Which place an address means: every name is weighed against the other things that stand in the address.

A score is a sum of decimal orders of magnitude: a town of a million starts with 6, so +1 makes up for ten times fewer
people. The numbers were set by hand on test addresses; each says how much one kind of evidence outweighs size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.positions import Position, weigh_position
from geopandas_batch.gazetteer.reading import Item, Post, Reading, Span

# What the name is like.
_SECOND_NAME, _SHORT_SECOND_NAME, _VILLAGE_IN_TEXT, _LANGUAGE, _SAME_NAME = -0.4, -1.5, -3.0, 0.7, 1.0
# What else stands in the address.
_COUNTRY, _REGION, _DISTRICT, _STRAY, _AMBIGUOUS_CODE = 5.0, 4.0, 2.5, 1.0, 2.0
_OTHER_COUNTRY, _OTHER_REGION, _OTHER_CODE = -7.0, -4.0, -4.5
_POST_NEAR, _POST_AROUND, _POST_FAR, _POST_WEAK = 6.0, 3.0, -1.5, 0.25
_NEAR, _AROUND, _APART = 15.0, 45.0, 40.0  # km
_NOT_THAT_REGION = -2.5
_COMPARABLE = 45  # in weights: at most about 30 times the people
_SUPPORT, _FEW = 1.2, 16
_HOPELESS = -5.0  # a position this bad is no answer: inside a name that is all of its part
_WITHIN_REACH = 3.0  # a rival this far behind changes no confidence
_NONE = 0xFFFF


@dataclass(slots=True)
class Candidate:
    """A place that a name in the address may mean, and what speaks for it."""

    score: float
    place: int
    span: Span
    position: Position
    size: float  # decimal logarithm of the population
    second_name: bool
    agreed: int  # items that agree
    denied: int  # items that do not
    post: int  # row of the postcode that agrees, or -1
    exact_post: bool  # its point is better than the town's


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best candidate, and the first rival that is somewhere else."""

    best: Candidate | None = None
    rival: Candidate | None = None


def kilometres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance (haversine, mean radius 6371 km)."""
    half_lat, half_lon = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * (
        math.sin(half_lon) ** 2
    )
    return 12742 * math.asin(min(1.0, math.sqrt(chord)))


def _weigh_item(
    item: Item, start: int, country: int, mother: int, region: int, district: int
) -> tuple[float, int, int]:
    """What an item adds to the score of a name at `start`, whether it agrees, and whether it denies."""
    at, _, countries, regions, districts, code, placed = item
    if region in regions:
        return (_REGION, 1, 0) if placed else (_STRAY, 0, 0)
    if country in countries or mother in countries:
        # A code that is a state's too, such as "CA", is a weak word for a country.
        return (_AMBIGUOUS_CODE, 0, 0) if code and regions else (_COUNTRY, 1, 0)
    if district in districts and district != _NONE:
        return (_DISTRICT, 1, 0) if placed else (_STRAY / 2, 0, 0)
    if placed and at >= start and (countries or regions):
        return (_OTHER_CODE if code else _OTHER_COUNTRY if countries else _OTHER_REGION), 0, 1
    return 0.0, 0, 0


def _by_first(row: tuple[float, Position, Span]) -> float:
    return row[0]


def _rank(candidate: Candidate) -> tuple[float, float, int]:
    return -candidate.score, -candidate.size, candidate.place


class Ranker:
    """Ranks what the names of an address may mean."""

    def __init__(self, atlas: Atlas, mothers: dict[int, int]) -> None:
        """Weigh the places of an atlas; `mothers` maps territories to their countries."""
        self._atlas = atlas
        self._mothers = mothers

    def rank(self, reading: Reading, spans: Sequence[Span]) -> Ranking:
        """The best candidate among what the spans may mean, and its rival."""
        weight = self._atlas.weight
        positions = []
        for span in spans:
            position = weigh_position(reading, span)
            if position.score > _HOPELESS:
                positions.append((position.score + weight[span.name.places[0] >> 1] / 30, position, span))
        positions.sort(key=_by_first, reverse=True)
        most = _LANGUAGE + _SAME_NAME + _POST_NEAR
        for item in reading.items:
            most += _COUNTRY if item.countries else _REGION
        candidates: list[Candidate] = []
        best = -math.inf
        for score, position, span in positions:
            if score + most < best - _WITHIN_REACH:
                break
            for candidate in self._weigh_places(reading, span, position, best):
                candidates.append(candidate)
                best = max(best, candidate.score)
        if not candidates:
            return Ranking()
        if len(candidates) > 1:
            candidates.sort(key=_rank)
            self._support(candidates[:_FEW])
            self._doubt_regions(reading, candidates[:_FEW])
            candidates.sort(key=_rank)
        first = candidates[0]
        rival = next((other for other in candidates[1:] if self._are_apart(first.place, other.place)), None)
        return Ranking(first, rival)

    def _support(self, candidates: Sequence[Candidate]) -> None:
        """Two names that have places side by side speak for each other: "Providencia, Santiago"."""
        near = [
            (one, other)
            for at, one in enumerate(candidates)
            for other in candidates[at + 1 :]
            if one.span is not other.span
            and (one.span.end <= other.span.start or other.span.end <= one.span.start)
            and one.position.at_end
            and other.position.at_end
            and one.place != other.place
            and self._atlas.country[one.place] == self._atlas.country[other.place]
            and not self._are_apart(one.place, other.place)
        ]
        for candidate in {id(candidate): candidate for pair in near for candidate in pair}.values():
            candidate.score += _SUPPORT

    def _doubt_regions(self, reading: Reading, candidates: Sequence[Candidate]) -> None:
        """A name after a town that lies in the region of that name means the region: "Plattsburgh, New York"."""
        for candidate in candidates:
            span = candidate.span
            own = next((item for item in reading.items if item[:2] == span[:2] and item.placed), None)
            if own is not None and any(
                other.span.end <= span.start
                and other.position.alone
                and not reading.has_number(other.span.part)
                and (
                    self._atlas.region[other.place] in own.regions or self._atlas.district[other.place] in own.districts
                )
                for other in candidates
            ):
                candidate.score += _NOT_THAT_REGION

    def _are_apart(self, one: int, other: int) -> bool:
        lat, lon = self._atlas.lat, self._atlas.lon
        return kilometres(lat[one] / 1e4, lon[one] / 1e4, lat[other] / 1e4, lon[other] / 1e4) > _APART

    def _weigh_places(self, reading: Reading, span: Span, position: Position, best: float) -> list[Candidate]:
        """The places of one name that are within reach of the best so far."""
        atlas = self._atlas
        weight, countries, regions, districts = atlas.weight, atlas.country, atlas.region, atlas.district
        start, end, hinted, stated = span.start, span.end, reading.hinted, reading.stated
        token = reading.tokens[start]
        second = _SHORT_SECOND_NAME if end - start == 1 and len(token) < 4 and token.isascii() else _SECOND_NAME
        posts = [post for post in reading.posts if post.end <= start or post.start >= end]
        # What all this can add at most: places too small to catch up with that are not looked at.
        most = (_LANGUAGE if hinted else 0.0) + (_POST_NEAR if posts else 0.0)
        items, own = [], None
        named: frozenset[int] | None = None  # the country that is named after the place, if one is
        for item in reading.items:
            if item.start == start and item.end == end:
                if own is None:
                    own = item
                    most += _SAME_NAME
            elif item.end <= start or item.start >= end:
                items.append(item)
                most += _COUNTRY if item.countries else _REGION if item.placed else _STRAY
                if item.countries and not item.regions and not item.code and item.start >= start:
                    named = item.countries
        reach = best - _WITHIN_REACH
        mothers = self._mothers
        found = []
        for entry in span.name.places:
            place = entry >> 1
            size = weight[place] / 30
            score = position.score + size
            if score + most < reach:
                break  # the rest are smaller still
            country = countries[place]
            mother = mothers.get(country, country)
            if (
                named is not None
                and country not in named
                and mother not in named
                and score + most - _COUNTRY + _OTHER_COUNTRY < reach
            ):
                continue
            if stated and country not in stated and mother not in stated:
                continue
            if entry & 1:
                score += second
            if place >= atlas.places and not position.alone:
                score += _VILLAGE_IN_TEXT
            if country in hinted:
                score += _LANGUAGE
            agreed = denied = 0
            if items:
                region, district = regions[place], districts[place]
                for item in items:
                    gain, agrees, denies = _weigh_item(item, start, country, mother, region, district)
                    score += gain
                    agreed += agrees
                    denied += denies
            if own is not None and own.placed:
                gain, denies = self._weigh_own(own, entry, agreed)
                score += gain
                denied += denies
            row, exact = -1, False
            if posts and score + _POST_NEAR > reach:
                gain, row, exact = max([self._weigh_post(post, span, place, country, mother) for post in posts])
                score += gain
            if score > reach:
                second_name = bool(entry & 1)
                found.append(Candidate(score, place, span, position, size, second_name, agreed, denied, row, exact))
                reach = max(reach, score - _WITHIN_REACH)
        return found

    def _weigh_own(self, own: Item, entry: int, agreed: int) -> tuple[float, int]:
        """What it adds that the name is also that of a country or region, and whether that denies."""
        atlas, place = self._atlas, entry >> 1
        country = atlas.country[place]
        if atlas.region[place] in own.regions:
            return _SAME_NAME, 0
        regions = [atlas.districts + number for number in own.regions]
        weight = atlas.weight[place]
        if not entry & 1 and any(
            atlas.country[region] == country and weight > atlas.weight[region] - _COMPARABLE for region in regions
        ):
            return _SAME_NAME, 0  # the city of Buenos Aires lies beside the province
        if agreed and any(
            atlas.country[region] == country and atlas.weight[region] > weight + _COMPARABLE for region in regions
        ):
            return _NOT_THAT_REGION, agreed + 1  # what agrees speaks for the region as well: "Alaska, US"
        if agreed:
            return 0.0, 0
        # Where nothing else is said, the name means the country or the region if that is bigger.
        if own.countries and country not in own.countries:
            return _OTHER_COUNTRY, 1
        if any(atlas.weight[region] > weight for region in regions):
            return _NOT_THAT_REGION, 1
        return 0.0, 0

    def _weigh_post(self, post: Post, span: Span, place: int, country: int, mother: int) -> tuple[float, int, bool]:
        """What a postcode adds to the score, its row if it agrees, and whether its point is better than the town's."""
        row = post.rows.get(country, post.rows.get(mother))
        if row is None:
            return (_OTHER_REGION if post.full >= 0 else 0.0), -1, False
        atlas = self._atlas
        at = row if row >= 0 else -row - 1
        apart = kilometres(
            atlas.lat[place] / 1e4, atlas.lon[place] / 1e4, atlas.code_lat[at] / 1e4, atlas.code_lon[at] / 1e4
        )
        if apart < _AROUND:
            gain = _POST_NEAR if apart < _NEAR or atlas.code_place[at] == place else _POST_AROUND
            if post.weak and post.end != span.start and post.start != span.end:
                return gain * _POST_WEAK, -1, False
            return gain, at, row >= 0 and apart < _NEAR
        return (_POST_FAR if row >= 0 and not post.weak else 0.0), -1, False
