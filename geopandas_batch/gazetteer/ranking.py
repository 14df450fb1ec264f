"""Which place an address means: every name is weighed against the other things that stand in the address.

A score is a sum of decimal orders of magnitude: a town of a million starts with 6, so +1 makes up for ten times fewer
people. The numbers were set by hand on test addresses; each says how much one kind of evidence outweighs size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading import Item, Post, Reading, Span
from geopandas_batch.gazetteer.words import STREET_AFTER, STREET_BEFORE

# Where a name stands in its part of the address, and which part it is.
_ALONE, _AT_END, _AT_START, _INSIDE = 3.0, 1.2, 0.2, -1.5
_AFTER_STREET, _IN_STREET, _FIRST_OF_MANY, _EARLIER, _WITH_NUMBER = 1.0, -4.5, -1.0, -0.5, -1.0
# What the name is like. A name inside a longer name is not meant: "York" in "New York".
_SWALLOWED, _SWALLOWED_WHOLE, _PER_TOKEN, _CORRECTED = -4.0, -8.0, 0.8, -2.0
_SECOND_NAME, _SHORT_SECOND_NAME, _VILLAGE_IN_TEXT, _LANGUAGE, _SAME_NAME = -0.4, -1.5, -3.0, 0.7, 2.0
# What else stands in the address.
_COUNTRY, _REGION, _DISTRICT, _STRAY, _AMBIGUOUS_CODE = 5.0, 4.0, 2.5, 1.0, 2.0
_OTHER_COUNTRY, _OTHER_REGION, _OTHER_CODE = -7.0, -4.0, -3.0
_POST_NEAR, _POST_AROUND, _POST_FAR, _POST_WEAK = 6.0, 3.0, -1.5, 0.25
_NEAR, _AROUND, _APART = 15.0, 45.0, 40.0  # km
_WITHIN_REACH = 8.0  # candidates this far behind the best do not matter
_NONE = 0xFFFF


@dataclass(slots=True)
class Candidate:
    """A place that a name in the address may mean, and what speaks for it."""

    score: float
    place: int
    span: Span
    alone: bool  # the name is all that its part says
    at_end: bool
    size: float  # decimal logarithm of the population
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


class Ranker:
    """Ranks the candidates of a reading."""

    def __init__(self, atlas: Atlas, mothers: dict[int, int]) -> None:
        self._atlas = atlas
        self._mothers = mothers

    def rank(self, reading: Reading, spans: Sequence[Span]) -> Ranking:
        """The best candidate among what the spans may mean, and its rival."""
        candidates: list[Candidate] = []
        best = -math.inf
        # What items and postcodes can add at most: names too small to catch up with that are not looked at.
        most = _LANGUAGE + sum(_COUNTRY if item.countries else _REGION for item in reading.items)
        most += _POST_NEAR * len(reading.posts) + _SAME_NAME
        for span in spans:
            for candidate in self._weigh_span(reading, span, most, best):
                candidates.append(candidate)
                best = max(best, candidate.score)
        if not candidates:
            return Ranking()
        candidates.sort(key=lambda candidate: (-candidate.score, -candidate.size, candidate.place))
        first = candidates[0]
        return Ranking(
            first, next((other for other in candidates[1:] if self._are_apart(first.place, other.place)), None)
        )

    def _are_apart(self, one: int, other: int) -> bool:
        lat, lon = self._atlas.lat, self._atlas.lon
        return kilometres(lat[one] / 1e4, lon[one] / 1e4, lat[other] / 1e4, lon[other] / 1e4) > _APART

    def _weigh_span(self, reading: Reading, span: Span, most: float, best: float) -> list[Candidate]:
        """The places of one name that are within reach of the best so far."""
        atlas = self._atlas
        start, end = span.start, span.end
        base, alone, at_end = _weigh_position(reading, span)
        token = reading.tokens[start]
        short = end - start == 1 and len(token) < 4 and token.isascii()
        items = [item for item in reading.items if item.end <= start or item.start >= end]
        own = next((item for item in reading.items if item.start == start and item.end == end and item.regions), None)
        posts = [post for post in reading.posts if post.end <= start or post.start >= end]
        found = []
        for entry in span.name.places:
            place = entry >> 1
            size = atlas.weight[place] / 30
            score = base + size
            if score + most < best - _WITHIN_REACH:
                break  # the rest are smaller still
            if entry & 1:
                score += _SHORT_SECOND_NAME if short else _SECOND_NAME
            if place >= atlas.places and not alone:
                score += _VILLAGE_IN_TEXT
            country, region = atlas.country[place], atlas.region[place]
            if country in reading.hinted:
                score += _LANGUAGE
            if own is not None and region in own.regions:
                score += _SAME_NAME
            agreed = denied = 0
            for item in items:
                gain, agrees, denies = self._weigh_item(item, span, country, region, atlas.district[place])
                score += gain
                agreed += agrees
                denied += denies
            at, exact = -1, False
            for post in posts:
                gain, row, exactly = self._weigh_post(post, span, place, country)
                score += gain
                if row >= 0 and not exact:
                    at, exact = row, exactly
            if score > best - _WITHIN_REACH:
                found.append(Candidate(score, place, span, alone, at_end, size, agreed, denied, at, exact))
                best = max(best, score)
        return found

    def _weigh_item(self, item: Item, span: Span, country: int, region: int, district: int) -> tuple[float, int, int]:
        """What an item adds to the score, whether it agrees, and whether it denies."""
        placed = item.placed
        if region in item.regions:
            return (_REGION, 1, 0) if placed else (_STRAY, 0, 0)
        if country in item.countries or (self._mothers.get(country) in item.countries):
            # A code that is a state's too, such as "CA", is a weak word for a country.
            return (_AMBIGUOUS_CODE, 0, 0) if item.code and item.regions else (_COUNTRY, 1, 0)
        if district in item.districts and district != _NONE:
            return (_DISTRICT, 1, 0) if placed else (_STRAY / 2, 0, 0)
        if placed and item.start >= span.start and (item.countries or item.regions):
            return (_OTHER_CODE if item.code else _OTHER_COUNTRY if item.countries else _OTHER_REGION), 0, 1
        return 0.0, 0, 0

    def _weigh_post(self, post: Post, span: Span, place: int, country: int) -> tuple[float, int, bool]:
        """What a postcode adds to the score, its row if it agrees, and whether its point is better than the town's."""
        row = post.rows.get(country)
        if row is None:
            row = post.rows.get(self._mothers.get(country, -1))
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


def _weigh_position(reading: Reading, span: Span) -> tuple[float, bool, bool]:
    """What the place of the name in the address says; whether it stands alone, or at the end of its part."""
    tokens, heavy = reading.tokens, reading.heavy
    first, last, role = reading.parts[span.part]
    start, end = span.start, span.end
    before, after = heavy[start] - heavy[first], heavy[last] - heavy[end]
    score = _INSIDE if before and after else _AT_END if before else _AT_START if after else _ALONE
    score += _PER_TOKEN * (min(3, end - start) - 1)
    if span.corrected:
        score += _CORRECTED
    for at, to in reading.longer.get(start, ()):
        if to > end or (to == end and at < start):
            whole = heavy[at] == heavy[first] and heavy[to] == heavy[last]
            score += _SWALLOWED_WHOLE if whole else _SWALLOWED
            break
    words = tokens[start:end]
    if (end < last and tokens[end] in STREET_AFTER) or all(
        word in STREET_BEFORE or word in STREET_AFTER for word in words
    ):
        score += _IN_STREET
    if start > first:
        previous = tokens[start - 1]
        article = (
            previous in {"de", "la", "des", "du", "del"} and start - 1 > first and tokens[start - 2] in STREET_BEFORE
        )
        if previous in STREET_BEFORE or article:
            score += _IN_STREET
        elif not after and (previous in STREET_AFTER or previous[:1].isdigit()):
            score += _AFTER_STREET
    if role == "any":
        later = sum(1 for at, to, _ in reading.parts[span.part + 1 :] if heavy[to] > heavy[at])
        score += _EARLIER * min(later, 3)
        if later and not span.part:
            score += _FIRST_OF_MANY
            if any(token.isdigit() for token in tokens[first:last]):
                score += _WITH_NUMBER
    return score, not before and not after, not after
