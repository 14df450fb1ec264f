"""The answer to an address: the best place if there is one, else the postcode, the region, the country, or nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence, Set

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.positions import weigh_position
from geopandas_batch.gazetteer.ranking import Candidate, Ranker, Ranking
from geopandas_batch.gazetteer.reader import Reader
from geopandas_batch.gazetteer.reading import Item, Post, Reading, Span
from geopandas_batch.gazetteer.reverse import ATTRIBUTION, Surroundings
from geopandas_batch.gazetteer.spelling import join
from geopandas_batch.gazetteer.trust import is_believable, is_settled, weigh_confidence
from geopandas_batch.gazetteer.typos import correct
from geopandas_batch.places import Location, Match, Point, Query

_NOWHERE = 0xFFFFFFFF
_REGION, _COUNTRY = 0.4, 0.3  # confidence of the middle of an area that the address names; half of it if it says more
_BIG_REGION = round(30 * math.log10(1_000_000))
_KNOWN = round(30 * math.log10(15_000))  # smaller places are not guessed at

_STATES_BY_CODE = frozenset(("US", "CA", "AU"))  # there, a code means the state before it means a country


class Gazetteer:
    """Finds places offline, at the level of towns and postcodes.

    Examples
    --------
    >>> from geopandas_batch.gazetteer import load
    >>> from geopandas_batch.places import Query
    >>> (place,) = load().locate_many([Query("Karl Johans gate 1, 0154 Oslo, Norway")])
    >>> place.formatted, place.match
    ('0154 Oslo, Norway', 'postcode')
    """

    def __init__(self, atlas: Atlas | None = None) -> None:
        """Use this atlas; the one of the package by default."""
        self._atlas = atlas or Atlas()
        self._reader = Reader(self._atlas)
        self._ranker = Ranker(self._atlas, self._reader.mothers)
        self._surroundings = Surroundings(self._atlas)

    def reverse_many(self, points: Sequence[Point]) -> list[Location | None]:
        """The town or village to which each point belongs, with its ``distance``; see `gazetteer.reverse`."""
        return self._surroundings.reverse_many(points)

    def locate_many(self, queries: Sequence[Query]) -> list[Location | None]:
        """Where the addresses are, one answer a query in their order; None where nothing is found.

        Parameters
        ----------
        queries : sequence of Query
            Lines of text or parts of addresses. A blank one gives None.

        Returns
        -------
        list of Location or None
            ``match`` is "postcode", "city", "region" or "country": never a house. ``confidence`` says how likely the
            point is within 25 km of the address. ``reason`` names the rival of an ambiguous name.
        """
        return [self.locate(query) for query in queries]

    def locate(self, query: Query) -> Location | None:
        """Where one address is; None where nothing is found."""
        reading = self._reader.read(query)
        ranking = self._ranker.rank(reading, reading.spans)
        best = ranking.best
        if best is not None and is_settled(best, reading, self._atlas):
            return self._answer(reading, ranking, best)
        if corrected := self._correct(reading):
            again = self._ranker.rank(reading, [*reading.spans, *corrected])
            if again.best is not None and is_believable(again.best, reading, self._atlas):
                return self._answer(reading, again, again.best)
        if best is not None and is_believable(best, reading, self._atlas):
            return self._answer(reading, ranking, best)
        return self._by_post(reading) or self._by_area(reading, query)

    def _correct(self, reading: Reading) -> list[Span]:
        """Names one typing error away from what stands alone or at the end of a part."""
        spans = []
        heavy, tokens = reading.heavy, reading.tokens
        for number, (first, last, role) in enumerate(reading.parts):
            if role not in {"any", "city"}:
                continue
            within = [count - heavy[first] for count in heavy[first : last + 1]]
            while last > first and heavy[last] == heavy[last - 1]:
                last -= 1
            while first < last and heavy[first] == heavy[first + 1]:
                first += 1
            for start in {first, last - 1, last - 2} if last > first else ():
                if first <= start < last <= start + 4:
                    for name in correct(self._atlas, join(tokens[start:last])):
                        meaning = self._reader.name(name)
                        if meaning.places and self._atlas.weight[meaning.places[0] >> 1] >= _KNOWN:
                            position = weigh_position(reading, number, within, start, last, corrected=True)
                            spans.append(Span(start, last, number, meaning, True, position))
        return spans

    def _answer(self, reading: Reading, ranking: Ranking, best: Candidate) -> Location:
        atlas = self._atlas
        rival = ranking.rival
        margin = best.score - rival.score if rival else 8.0
        confidence = weigh_confidence(best, margin, reading)
        reason = ""
        if rival is not None and margin < 1:
            reason = f"{atlas.describe(rival.place, region=True)} is as likely"
        label = atlas.describe(
            best.place, region=rival is not None and rival.place != best.place and self._namesakes(best, rival)
        )
        if best.exact_post:
            at = best.post
            code = next((post for post in reading.posts if at in post.rows.values()), None)
            text = _code_text(reading, code) if code else ""
            return self._location(
                atlas.code_lat[at], atlas.code_lon[at], f"{text} {label}".strip(), "postcode", confidence, reason
            )
        return self._location(atlas.lat[best.place], atlas.lon[best.place], label, "city", confidence, reason)

    def _namesakes(self, best: Candidate, rival: Candidate) -> bool:
        same_country = self._atlas.country[best.place] == self._atlas.country[rival.place]
        return same_country and best.span[:2] == rival.span[:2]

    def _by_post(self, reading: Reading) -> Location | None:
        """A postcode whose country is known, or whose form belongs to one country only."""
        atlas = self._atlas
        countries = {country for item in reading.items if item.placed and not item.code for country in item.countries}
        codes = {country for item in reading.items if item.code for country in item.countries}
        regions = {region for item in reading.items for region in item.regions}
        choices: list[tuple[float, int, Post]] = []
        for post in reading.posts:
            for country, row in post.rows.items():
                place = atlas.code_place[row if row >= 0 else -row - 1]
                inside = place != _NOWHERE and atlas.region[place] in regions
                if post.full == country:
                    choices.append((0.9, row, post))
                elif country in countries or (inside and not post.weak):
                    choices.append((0.85 if inside and country in countries else 0.75, row, post))
                elif country in codes and not post.weak:
                    choices.append((0.6, row, post))
        if not choices:
            return None
        confidence, row, post = max(choices, key=lambda choice: (choice[1] >= 0, choice[0], choice[2].start))
        at = row if row >= 0 else -row - 1
        if post.weak and len(reading.tokens) > 2:
            return None
        place = atlas.code_place[at]
        label = atlas.describe(place) if place != _NOWHERE else atlas.label(atlas.regions + atlas.country[at])
        if row < 0:
            confidence -= 0.15
        if reading.heavy[-1] and post.full < 0:
            confidence -= 0.1
        text = _code_text(reading, post) if row >= 0 else ""
        match: Match = "postcode" if row >= 0 else "city"
        return self._location(atlas.code_lat[at], atlas.code_lon[at], f"{text} {label}".strip(), match, confidence, "")

    def _by_area(self, reading: Reading, query: Query) -> Location | None:
        """The region, else the country: honest about what it is."""
        atlas = self._atlas
        whole = not reading.heavy[-1]
        placed = [item for item in reading.items if item.placed]
        codes = [
            item
            for item in placed
            if item.code and self._is_written_as_code(reading.tokens[item.start], query, whole=whole)
        ]
        names = [item for item in placed if not item.code]
        countries = {country for item in names for country in item.countries}
        may_be = countries or {country for item in codes for country in item.countries}
        regions = [
            atlas.districts + region
            for item in names
            if not item.countries or len(placed) > 1
            if len(placed) > 1 or self._is_alone(reading, item)
            for region in item.regions
            if not may_be or self._lies_in(atlas.country[atlas.districts + region], may_be)
        ] or [
            atlas.districts + region
            for item in codes
            for region in item.regions
            if not item.countries or atlas.countries[atlas.country[atlas.districts + region]] in _STATES_BY_CODE
            if not countries or atlas.country[atlas.districts + region] in countries
        ]
        if regions:
            region = max(regions, key=lambda entity: (atlas.weight[entity], -entity))
            return self._area(region, atlas.describe(region), "region", _REGION if whole else _REGION / 2)
        last = {country for item in names if item.end == len(reading.tokens) for country in item.countries}
        if len(may_be) > 1 and len(last) == 1:
            may_be = last  # the embassy of Brazil in East Timor is in East Timor
        if len(may_be) == 1:
            country = atlas.regions + may_be.pop()
            return self._area(country, atlas.label(country), "country", _COUNTRY if whole else _COUNTRY / 2)
        return None

    def _lies_in(self, country: int, countries: Set[int]) -> bool:
        """Whether a country, or the one that it belongs to, is among these: Jan Mayen is in Norway."""
        return country in countries or self._reader.mothers.get(country) in countries

    def _is_alone(self, reading: Reading, item: Item) -> bool:
        """Whether an item is all of its part, or so big that it is hardly the end of a person's name."""
        alone = any((item.start, item.end) == (start, end) for start, end, _ in reading.parts)
        weight, districts = self._atlas.weight, self._atlas.districts
        return alone or any(weight[districts + region] >= _BIG_REGION for region in item.regions)

    def _is_written_as_code(self, token: str, query: Query, *, whole: bool) -> bool:
        """Whether a code may stand for a region: in capitals, beside other words; "ok" and "no" are no places."""
        return not whole and (bool(query.state) or re.search(rf"\b{token.upper()}\b", query.line) is not None)

    def _area(self, entity: int, formatted: str, match: Match, confidence: float) -> Location:
        return self._location(self._atlas.lat[entity], self._atlas.lon[entity], formatted, match, confidence, "")

    def _location(self, lat: int, lon: int, formatted: str, match: Match, confidence: float, reason: str) -> Location:
        return Location(
            lat / 1e4,
            lon / 1e4,
            formatted,
            match,
            round(min(max(confidence, 0.05), 0.98), 3),
            reason,
            "gazetteer",
            ATTRIBUTION,
        )


def _code_text(reading: Reading, post: Post) -> str:
    return " ".join(reading.tokens[post.start : post.end]).upper()
