"""The answer that is a place: its name, its confidence, and what else it may be."""

from __future__ import annotations

from geopandas_batch.gazetteer.answers.wording import Found, code_text, make_location
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking import Ranking
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.codetowns import is_town_itself, stands_beside_code
from geopandas_batch.gazetteer.ranking.confidence import Home, weigh_confidence
from geopandas_batch.gazetteer.ranking.doubts import contradicting_post
from geopandas_batch.gazetteer.ranking.evidence import kilometres, lies_near
from geopandas_batch.gazetteer.ranking.rivals import is_bare, lead_by_people
from geopandas_batch.gazetteer.ranking.strangers import is_piece, weigh_namesake
from geopandas_batch.gazetteer.ranking.trust import is_abroad, is_around
from geopandas_batch.gazetteer.reading import Post, Reading
from geopandas_batch.gazetteer.reverse.extents import Extents
from geopandas_batch.places import Match, sealed

_AROUND, _AROUND_AGREED = 0.84, 0.93  # confidence where the postcode is of another place around
_NOT_BESIDE = 0.65  # and another name stands beside it
_PIECE = 0.4  # 23 to 50 % of such pieces were right
# Where the postcode is in the same country, but not around: of 791 hidden towns that had a namesake there or were one
# letter from another town, none was right; of the tests' own eleven that are more than 100 km off, all.
_NOT_THERE, _OFF, _FAR_OFF = 0.48, 0.75, 100.0  # the last in km
_ABROAD = 0.5  # chosen: a table that has one country for all, or a namesake that is not known
_DOUBTFUL = 2.5  # a rival with 300 times fewer people changes nothing


class Answers:
    """Makes answers of candidates."""

    def __init__(self, atlas: Atlas, extents: Extents, mothers: dict[int, int]) -> None:
        """Use an atlas; `mothers` maps territories to their countries."""
        self._atlas, self._extents, self._mothers = atlas, extents, mothers

    def at_place(self, reading: Reading, ranking: Ranking, best: Candidate) -> Found:
        """The answer that is this candidate."""
        atlas, place, span, post, rival = self._atlas, best.place, best.span, best.post, ranking.rival
        country = atlas.country[place]
        margin, other = (8.0, -1) if rival is None else (best.score - rival.score, rival.place)
        home: Home = self._home(best, reading) if reading.around.countries else "unknown"
        contents = reading.contents[span.part]
        elsewhere, above, reason = None, -1, ""
        if post >= 0:
            doubtful = not best.agreed and _is_doubtful(best, reading, country)
            confidence = weigh_confidence(best, margin, reading, home=home, doubtful=doubtful)
            if not best.exact_post and not lies_near(atlas, post, place):
                town = is_town_itself(best, reading, atlas) or stands_beside_code(best, reading, country)
                confidence = min(confidence, _NOT_BESIDE if not town else _AROUND_AGREED if best.agreed else _AROUND)
            if best.denied and not best.agreed and is_abroad(best, reading, atlas):
                confidence, reason = min(confidence, _ABROAD), "another country is named"
        else:
            if not best.agreed and is_bare(best, reading):
                lead, namesake = lead_by_people(atlas, reading, best)
                if lead < margin:
                    margin, other = lead, namesake
            if reading.posts:
                elsewhere = contradicting_post(best, reading, atlas)
            confidence = weigh_confidence(best, margin, reading, home=home, contradicted=elsewhere is not None)
            if reading.posts and elsewhere is None:
                elsewhere, far = _find_stray(atlas, reading, best)
                confidence = min(confidence, far)
            if contents.items:
                share, above = weigh_namesake(best, reading, atlas, self._extents)
                confidence *= share
        if confidence > _PIECE and not best.exact_post and is_piece(best, reading, atlas):
            confidence, reason = _PIECE, "it is a piece of a longer name"
        if above >= 0:
            kind = "country" if above >= atlas.regions else "region" if above >= atlas.districts else "district"
            reason = f"the {kind} {atlas.describe(above)} may be meant"
        elif other >= 0 and margin < _DOUBTFUL:
            reason = f"{atlas.describe(other, region=True)} is {'as likely' if margin < 1 else 'possible, too'}"
        if elsewhere is not None and not reason:
            reason = f"the postcode {code_text(reading, elsewhere, country)} is somewhere else"
        label = atlas.describe(place, region=rival is not None and self._are_namesakes(best, rival))
        if best.exact_post:
            lat, lon, radius = atlas.code_lat[post], atlas.code_lon[post], self._extents.of_code(post, place)
            for said in reading.posts:
                if post in said.rows.values():
                    label = f"{code_text(reading, said, atlas.code_country[post])} {label}"
                    break
        else:
            lat, lon, radius = atlas.lat[place], atlas.lon[place], self._extents.of_place(place)
        match: Match = "postcode" if best.exact_post else "city"
        location = make_location(lat, lon, label, match, confidence, uncertainty=radius, reason=reason)
        return Found(location, country, atlas.region[place])

    def _home(self, best: Candidate, reading: Reading) -> Home:
        """Whether it is where most of the addresses are that were asked with it."""
        around, country = reading.around, self._atlas.country[best.place]
        if is_around(best, reading, self._atlas):
            return "here"
        inside = country in around.countries or self._mothers.get(country) in around.countries
        return ("elsewhere" if around.regions else "here") if inside else "abroad"

    def share_above(self, best: Candidate, reading: Reading) -> float:
        """The share of those who live in the region or district of this name that live by the town of this name.

        Less than 1 where the name may mean the region of a town that is not known.
        """
        if best.post >= 0 or not reading.contents[best.span.part].items:
            return 1.0
        return weigh_namesake(best, reading, self._atlas, self._extents)[0]

    def _are_namesakes(self, best: Candidate, rival: Candidate) -> bool:
        """Whether two places of one country have the name that is said."""
        of = self._atlas.country
        return best.span.are(rival.span) and of[best.place] == of[rival.place] and best.place != rival.place


def _find_stray(atlas: Atlas, reading: Reading, best: Candidate) -> tuple[Post | None, float]:
    """A postcode of the country that is not near the place, and what the place is worth then at most.

    The postal file has points that are off; farther off, there is a town of this name that is not known.
    """
    country = atlas.country[best.place]
    for post in reading.posts:
        row = post.rows.get(country, -1)
        if row >= 0 and not post.weak and country not in post.restored:
            lat, lon = atlas.code_lat[row] / 1e4, atlas.code_lon[row] / 1e4
            apart = kilometres(atlas.lat[best.place] / 1e4, atlas.lon[best.place] / 1e4, lat, lon)
            return post, _NOT_THERE if apart > _FAR_OFF else _OFF
    return None, 1.0


def _is_doubtful(best: Candidate, reading: Reading, country: int) -> bool:
    """Whether the code is in the address only without its zeros, or may as well be a house's: "1134 Gordon Lock"."""
    said = [post for post in reading.posts if post.rows.get(country) == best.post]
    return bool(said) and all(country in post.restored or (post.weak and not best.span.clear) for post in said)


def limit(found: Found, confidence: float) -> Found:
    """The same answer with this confidence at most."""
    at = found.location
    if at.confidence <= confidence:
        return found
    limited = sealed(
        at.lat, at.lon, at.formatted, at.match, confidence, at.reason, at.service, at.attribution, at.extra
    )
    return Found(limited, found.country, found.region)
