"""Which is right where a postcode denies the name that is found: the town may be misspelt, or not known."""

from __future__ import annotations

from geopandas_batch.gazetteer.answers.codes import Codes
from geopandas_batch.gazetteer.answers.corrections import Corrections
from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.mistakes import Mistakes
from geopandas_batch.gazetteer.mistakes.slots import find_slots
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.codetowns import (
    is_code_of,
    is_confirmed,
    is_of_house,
    is_of_other_region,
    is_rather_above,
    is_town_itself,
    lies_at_code,
    stands_beside_code,
)
from geopandas_batch.gazetteer.reading import Reading

_ALIKE, _ALIKE_THERE = 0.8, 0.9  # confidence; of 4,400 misspelt villages, 99.3 % were right


class Disputes:
    """Decides between a postcode and a name."""

    def __init__(self, atlas: Atlas, codes: Codes, mistakes: Mistakes, corrections: Corrections) -> None:
        """Use what finds postcodes, and towns that are misspelt."""
        self._atlas, self._codes, self._mistakes, self._corrections = atlas, codes, mistakes, corrections

    def by_code(self, reading: Reading, best: Candidate | None) -> Found | None:
        """What a postcode says that does not confirm the best name; None if that is rather meant."""
        atlas = self._atlas
        if best is not None and is_confirmed(best, reading, atlas):
            return None
        if best is None or (best.post < 0 and not best.agreed):
            return self._at_town_alike(reading)
        country = atlas.country[best.place]
        itself = is_town_itself(best, reading, atlas)
        if not any(is_code_of(post, country) for post in reading.posts) or (
            itself and not is_rather_above(best, reading)
        ):
            return None
        if matched := self._mistakes.match_post(reading, country):
            return self._codes.at_town(reading, *matched, _ALIKE_THERE)
        if itself:
            return None
        corrected = self._mistakes.correct_of_all(find_slots(reading))
        return self._corrections.find(reading, corrected, lies_at_code) or self._rather_at_code(reading, best, country)

    def _at_town_alike(self, reading: Reading) -> Found | None:
        """The town of a postcode that is like what stands beside it, in any country."""
        matched = self._mistakes.match_post(reading)
        if matched is None:
            return None
        of = self._atlas.code_country[matched[1]]
        named = any(of in item.countries for item in reading.items if not item.code)
        return self._codes.at_town(reading, *matched, _ALIKE_THERE if named else _ALIKE)

    def _rather_at_code(self, reading: Reading, best: Candidate, country: int) -> Found | None:
        """A postcode of the country whose town is not known, if the best name does not stand beside it."""
        if best.post >= 0 or stands_beside_code(best, reading, country):
            return None
        posts = [
            post
            for post in reading.posts
            if not is_of_house(post, best, reading) and not is_of_other_region(post, best, reading, self._atlas)
        ]
        if not any(is_code_of(post, country) for post in posts):
            return None
        post = self._codes.by_post(reading, posts)
        return post if post is not None and post.location.match == "postcode" else None
