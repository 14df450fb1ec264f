"""Answers that are a postcode: that of a country, or of the town that is named beside it."""

from __future__ import annotations

from collections.abc import Sequence

from geopandas_batch.gazetteer.answers.wording import Found, code_text, make_location
from geopandas_batch.gazetteer.atlas import NO_REGION, NOWHERE, Atlas
from geopandas_batch.gazetteer.ranking.codetowns import comes_first
from geopandas_batch.gazetteer.ranking.evidence import is_near
from geopandas_batch.gazetteer.reading import Post, Reading
from geopandas_batch.gazetteer.reading.words import VEHICLES
from geopandas_batch.gazetteer.reverse.extents import Extents
from geopandas_batch.places import Match


class Codes:
    """Finds postcodes."""

    def __init__(self, atlas: Atlas, extents: Extents) -> None:
        """Use the postal file of an atlas."""
        self._atlas, self._extents = atlas, extents
        self._vehicles = {letter: atlas.countries.index(country) for letter, country in VEHICLES.items()}

    def by_post(self, reading: Reading, posts: Sequence[Post] | None = None) -> Found | None:
        """A postcode whose country is known, or whose form belongs to one country only; of these, if they are given."""
        atlas = self._atlas
        countries = {country for item in reading.items if not item.code for country in item.countries}
        named = {country for item in reading.items if not item.code and not item.regions for country in item.countries}
        codes = {country for item in reading.items if item.code for country in item.countries}
        regions = {region for item in reading.items for region in item.regions}
        districts = {district for item in reading.items for district in item.districts}
        above = {atlas.country[atlas.districts + region] for region in regions}
        choices: list[tuple[float, int, Post]] = []
        for post in reading.posts if posts is None else posts:
            for country, row in post.rows.items():
                place = atlas.code_place[row if row >= 0 else -row - 1]
                inside = place != NOWHERE and (
                    atlas.region[place] in regions or (row >= 0 and atlas.district[place] in districts)
                )
                if post.full == country:
                    choices.append((0.9, row, post))
                elif country in countries or (inside and not post.weak and not named):
                    choices.append((0.85 if inside and country in countries else 0.75, row, post))
                elif country in post.restored and country not in reading.around.countries:
                    continue
                elif place == NOWHERE and country in above and row >= 0 and not post.weak:
                    choices.append((0.7, row, post))  # "Terlingua, Texas 79852"
                elif country in codes and not post.weak and row >= 0 and not countries:
                    choices.append((0.6, row, post))
                elif country == self._vehicles.get(reading.tokens[post.start - 1]) and len(reading.parts) > 1:
                    choices.append((0.6, row, post))  # "Dorfstr. 1, D-17213 Göhren-Lebbin"
                elif country in reading.around.countries and not post.weak and row >= 0:
                    choices.append((0.7, row, post))
        if not choices:
            return None
        confidence, row, post = max(choices, key=lambda choice: (choice[1] >= 0, choice[0], choice[2].start))
        if post.weak and len(reading.tokens) > 2 and not (countries and comes_first(post, reading)):
            return None
        if reading.heavy[-1] and post.full < 0:
            confidence -= 0.1
        return self.at_post(reading, post, row, confidence)

    def at_post(self, reading: Reading, post: Post, row: int, confidence: float) -> Found:
        """The answer that is this row of the postal file."""
        atlas = self._atlas
        at = row if row >= 0 else -row - 1
        place = atlas.code_place[at]
        label = atlas.describe(place) if place != NOWHERE else atlas.label(atlas.regions + atlas.code_country[at])
        if row < 0:
            confidence -= 0.15
        if atlas.code_country[at] in post.restored:
            confidence -= 0.1
        text = code_text(reading, post, atlas.code_country[at]) if row >= 0 else ""
        match: Match = "postcode" if row >= 0 else "city"
        radius = self._extents.of_code(at, place if place != NOWHERE else -1) if row >= 0 else self._extents.of_codes()
        formatted = f"{text} {label}".strip()
        location = make_location(
            atlas.code_lat[at], atlas.code_lon[at], formatted, match, confidence, uncertainty=radius
        )
        region = atlas.region[place] if place != NOWHERE else NO_REGION
        return Found(location, atlas.code_country[at], region)

    def at_town(self, reading: Reading, post: Post, row: int, confidence: float) -> Found:
        """The town of a row of the postal file that is named beside it: as far from its point as the area is large."""
        atlas = self._atlas
        place = atlas.code_place[row]
        if is_near(atlas, row, place) or atlas.code_country[row] in post.restored:
            return self.at_post(reading, post, row, confidence)
        lat, lon, radius = atlas.lat[place], atlas.lon[place], self._extents.of_place(place)
        location = make_location(lat, lon, atlas.describe(place), "city", confidence, uncertainty=radius)
        return Found(location, atlas.code_country[row], atlas.region[place])
