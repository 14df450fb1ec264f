"""A further look at addresses of which no name is sure: at typing errors, other words, a region or a country."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import structs

from geopandas_batch.gazetteer.answers import Answers, limit
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.candidates import Candidate
from geopandas_batch.gazetteer.coarse import Coarse
from geopandas_batch.gazetteer.codes import Codes
from geopandas_batch.gazetteer.codetowns import (
    is_code_of,
    is_confirmed,
    is_of_house,
    is_of_other_region,
    is_rather_above,
    is_town_itself,
    lies_at_code,
    stands_beside_code,
)
from geopandas_batch.gazetteer.mistakes import Mistakes
from geopandas_batch.gazetteer.ranking import Ranker, Ranking
from geopandas_batch.gazetteer.reader import Reader
from geopandas_batch.gazetteer.reading import Reading, Span
from geopandas_batch.gazetteer.rewriting import Rewriting
from geopandas_batch.gazetteer.rivals import lead_by_people
from geopandas_batch.gazetteer.slots import find_slots
from geopandas_batch.gazetteer.strangers import is_piece
from geopandas_batch.gazetteer.trust import agrees_with_correction, is_believable, is_well_known, post_of_country
from geopandas_batch.gazetteer.wording import Found
from geopandas_batch.gazetteer.words import ARMY, ARMY_STATES, LAND, NO_PLACE
from geopandas_batch.places import Query

_IN_OTHER_WORDS, _AREA_CORRECTED = 0.75, 0.8  # confidence
_ALIKE, _ALIKE_THERE = 0.8, 0.9  # of 4,400 misspelt villages, 99.3 % were right
_GUESSED, _ELSEWHERE = 0.4, 0.5
_MOSTLY = 0.3  # a share of the people of a region


def _lies_there(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is an answer, and lies in a region or country of the address."""
    return best.agreed > 0 and is_believable(best, reading, atlas)


def _agrees(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is an answer, and lies there, or at a postcode of the address."""
    return (best.agreed > 0 or best.post >= 0) and is_believable(best, reading, atlas)


class Further:
    """Looks further than at names as they are written."""

    def __init__(
        self,
        atlas: Atlas,
        reader: Reader,
        ranker: Ranker,
        answers: Answers,
        codes: Codes,
        coarse: Coarse,
        mistakes: Mistakes,
    ) -> None:
        """Use what has read the addresses."""
        self._atlas, self._reader, self._ranker = atlas, reader, ranker
        self._answers, self._codes, self._coarse, self._mistakes = answers, codes, coarse, mistakes
        self._rewriting = Rewriting(atlas, reader.abbreviations, mistakes.typos)

    def look(self, reading: Reading, query: Query, ranking: Ranking) -> Found | None:
        """What an address means of which no name is sure: a misspelt name, a postcode, a region, a country."""
        best = ranking.best
        if len(reading.tokens) == 1 and reading.tokens[0] in NO_PLACE and not query.parts:
            return None  # "NaN" is no province of Thailand
        if not ARMY.isdisjoint(reading.tokens) and not ARMY_STATES.isdisjoint(reading.tokens):
            return None
        codes, coarse = self._codes, self._coarse
        of_landscape = best is not None and coarse.is_landscape(reading, best.span)
        if of_landscape or best is None or not best.agreed:
            landscape = coarse.by_landscape(reading, whole=not of_landscape)  # else a town on it may be misspelt
            if landscape is not None:
                return landscape
        mistakes, slots, amended = self._mistakes, find_slots(reading), None
        if (best is None or not best.agreed) and (misspelt := mistakes.correct_area(reading)):
            others = [item for item in reading.items if item.end <= misspelt.start]
            amended = structs.replace(reading, items=[*others, misspelt])
            corrected = mistakes.correct(slots) or mistakes.correct_twice(slots)
            spans = [span for span in [*reading.spans, *corrected] if span.end <= misspelt.start]
            if found := self._find(amended, spans, _lies_there):
                return limit(found, _AREA_CORRECTED)
        if (best is None or not is_confirmed(best, reading, self._atlas)) and (at_code := self.at_code(reading, best)):
            return at_code
        believable = best is not None and is_believable(best, reading, self._atlas)
        if amended is not None and not believable and (post := codes.by_post(amended)):
            return limit(post, _AREA_CORRECTED)
        share = 1.0
        if best is not None and believable:
            share = self._answers.share_above(best, reading)
            # "Nueva Espermanza, Santiago del Estero", "Cpraia Isola, Tuscany"
            if share < 1 or (best.post < 0 and is_piece(best, reading, self._atlas)):
                corrected = mistakes.correct_of_all(slots)
                if corrected and (found := self._find(reading, corrected, agrees_with_correction)):
                    as_it_stands = self._answers.at_place(reading, ranking, best)
                    likely = found.location.confidence >= min(_GUESSED, as_it_stands.location.confidence)
                    return found if likely else as_it_stands
        corrected = mistakes.correct(slots)
        if corrected and (found := self._find(reading, [*reading.spans, *corrected], is_believable)):
            return found
        if best is not None and believable:
            if post_of_country(best, reading, self._atlas) and (post := codes.by_post(reading)):
                return post
            if share < _MOSTLY:
                area = coarse.by_district(reading) or coarse.by_area(reading, query)
                if area is not None and area.location.match in {"region", "country"}:
                    return area
            return self._answers.at_place(reading, ranking, best)
        if reading.items or reading.posts or reading.hinted:
            corrected = mistakes.correct_of_all(slots)
            if corrected and (found := self._find(reading, corrected, agrees_with_correction)):
                return found
        corrected = mistakes.correct_twice(slots)
        if corrected and (found := self._find(reading, [*reading.spans, *corrected], is_believable)):
            return found
        area = codes.by_post(reading) or coarse.by_landscape(reading)
        area = area or coarse.by_district(reading) or coarse.by_area(reading, query)
        if (
            best is not None
            and (area is None or area.location.match != "postcode")
            and is_well_known(best, reading, self._atlas)
            and lead_by_people(self._atlas, reading, best)[0] >= 1
        ):
            return self._answers.at_place(reading, ranking, best)
        if area is not None and area.location.match in {"country", "region"}:
            guessed = mistakes.guess(reading, slots)
            if guessed and (found := self._find(reading, guessed, agrees_with_correction)):
                return limit(found, _GUESSED)
        if area is None and best is not None:
            # "Portree, Isle of Skye": Skye is a town in Australia, but not one that is meant here. Only of what has a
            # number or an island, or names two places of one region ("Bantry, West Cork"): firms have many names, too.
            address, region = True in reading.numeric or not LAND.isdisjoint(reading.tokens), self._atlas.region
            for other in ranking.candidates:
                if (
                    other.span.alone
                    and (address or region[other.place] == region[best.place])
                    and is_believable(other, reading, self._atlas)
                ):
                    return self._answers.at_place(reading, Ranking(other, best), other)
        return area

    def at_code(self, reading: Reading, best: Candidate | None) -> Found | None:
        """What a postcode says whose town is not the best: the town may be misspelt, or not known."""
        atlas, mistakes, codes = self._atlas, self._mistakes, self._codes
        if best is None or (best.post < 0 and not best.agreed):
            matched = mistakes.match_post(reading)
            if matched is None:
                return None
            of = atlas.code_country[matched[1]]
            named = any(of in item.countries for item in reading.items if not item.code)
            return codes.at_town(reading, *matched, _ALIKE_THERE if named else _ALIKE)
        country = atlas.country[best.place]
        itself = is_town_itself(best, reading, atlas)
        if not any(is_code_of(post, country) for post in reading.posts) or (
            itself and not is_rather_above(best, reading)
        ):
            return None
        if matched := mistakes.match_post(reading, country):
            return codes.at_town(reading, *matched, _ALIKE_THERE)
        if itself:
            return None
        corrected = mistakes.correct_of_all(find_slots(reading))
        if corrected and (found := self._find(reading, corrected, lies_at_code)):
            return found
        if best.post >= 0 or stands_beside_code(best, reading, country):
            return None
        posts = [
            post
            for post in reading.posts
            if not is_of_house(post, best, reading) and not is_of_other_region(post, best, reading, atlas)
        ]
        if not any(is_code_of(post, country) for post in posts):
            return None
        post = codes.by_post(reading, posts)
        return post if post is not None and post.location.match == "postcode" else None

    def _put_right(self, reading: Reading, ranking: Ranking, best: Candidate) -> Found:
        """The answer that is this candidate, whose name may have been put right."""
        found = self._answers.at_place(reading, ranking, best)
        if not best.span.corrected or best.post >= 0:
            return found
        return limit(found, self._mistakes.weigh(reading, best))

    def _find(
        self, reading: Reading, spans: Sequence[Span], holds: Callable[[Candidate, Reading, Atlas], bool]
    ) -> Found | None:
        """The place that these names mean best, if it holds."""
        ranking = self._ranker.rank(reading, spans)
        best = ranking.best
        if best is None or not holds(best, reading, self._atlas):
            return None
        return self._put_right(reading, ranking, best)

    def reword(self, reading: Reading, query: Query, found: Found | None) -> Found | None:
        """What an address of which little was found means in other words."""
        anew = self._rewriting.write_anew(query.text)
        if anew == query.text:
            return found
        query = Query(anew)
        (again,) = self._reader.read_many([query])
        again.around = reading.around
        other = self.look(again, query, self._ranker.rank(again, again.spans))
        if other is None or (found is not None and other.location.confidence <= found.location.confidence):
            return found
        if found is not None and found.country != other.country:
            area = found.location.match
            if area == "country" or (area == "region" and not all(item.code for item in reading.items)):
                return found  # "Keratsini, GR" is not in Grand Rapids, nor "Xyz, Schleswig-Holstein" in Holstein, Iowa
        # "Aluva, KL" may be in Kerala or in Kuala Lumpur.
        return limit(other, _IN_OTHER_WORDS if found is None or found.country == other.country else _ELSEWHERE)

    def part(self, reading: Reading, query: Query) -> Found | None:
        """What a text means with a comma that is missing, if region, country or postcode agree, or else its quarter."""
        for anew in self._rewriting.cut_anew(query.text):
            (again,) = self._reader.read_many([Query(anew)])
            again.around = reading.around
            spans = again.spans
            if any(item.countries or item.regions for item in again.items) or True in again.numeric:
                spans = [*spans, *self._mistakes.correct(find_slots(again))]  # "Stanley Kent" is not in Swanley
            if found := self._find(again, spans, _agrees):
                return limit(found, _IN_OTHER_WORDS)
        if len(reading.parts) > 1 or True in reading.numeric:
            return None
        ranking = self._ranker.rank(reading, reading.spans)
        if ranking.best is not None and is_believable(ranking.best, reading, self._atlas, quarters=True):
            return self._answers.at_place(reading, ranking, ranking.best)
        return None
