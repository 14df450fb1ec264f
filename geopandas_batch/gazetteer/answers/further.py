"""A further look at addresses of which no name is sure: at typing errors, a postcode, a region or a country."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import structs

from geopandas_batch.gazetteer.answers import Answers, limit
from geopandas_batch.gazetteer.answers.coarse import Coarse
from geopandas_batch.gazetteer.answers.codes import Codes
from geopandas_batch.gazetteer.answers.corrections import Corrections
from geopandas_batch.gazetteer.answers.disputes import Disputes
from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.mistakes import Mistakes
from geopandas_batch.gazetteer.mistakes.slots import Slot, find_slots
from geopandas_batch.gazetteer.ranking import Ranking
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.doubts import post_of_country
from geopandas_batch.gazetteer.ranking.rivals import lead_by_people
from geopandas_batch.gazetteer.ranking.strangers import is_piece
from geopandas_batch.gazetteer.ranking.trust import agrees_with_correction, is_believable, is_well_known
from geopandas_batch.gazetteer.reading import Reading
from geopandas_batch.gazetteer.reading.words import ARMY, ARMY_STATES, LAND, NO_PLACE
from geopandas_batch.places import Query

_AREA_CORRECTED, _BARE, _GUESSED = 0.8, 0.6, 0.4  # confidence
_MOSTLY = 0.3  # a share of the people of a region
_AREAS = frozenset(("region", "country"))


class _Case(NamedTuple):
    """An address that is looked at further."""

    reading: Reading
    query: Query
    ranking: Ranking  # of the names as they are written
    slots: Sequence[Slot]  # where a town may be misspelt
    amended: Reading | None  # its last part put right, if that is a region or country which is misspelt


class Further:
    """Looks further than at names as they are written."""

    def __init__(
        self,
        atlas: Atlas,
        answers: Answers,
        codes: Codes,
        coarse: Coarse,
        mistakes: Mistakes,
        corrections: Corrections,
        disputes: Disputes,
    ) -> None:
        """Use what finds each kind of answer."""
        self._atlas, self._answers, self._codes, self._coarse = atlas, answers, codes, coarse
        self._mistakes, self._corrections, self._disputes = mistakes, corrections, disputes

    def look(self, reading: Reading, query: Query, ranking: Ranking) -> Found | None:
        """What an address means of which no name is sure: a misspelt name, a postcode, a region, a country."""
        best = ranking.best
        if _is_nowhere(reading, query):
            return None
        if landscape := self._at_landscape(reading, best):
            return landscape
        case = _Case(reading, query, ranking, find_slots(reading), self._amend(reading, best))
        if found := self._in_amended(case) or self._disputes.by_code(reading, best):
            return found
        if best is not None and is_believable(best, reading, self._atlas):
            return self._at_name(case, best)
        return self._without_name(case)

    def _at_landscape(self, reading: Reading, best: Candidate | None) -> Found | None:
        """The island or landscape of which the best name is a part, or beside which none agrees."""
        of_landscape = best is not None and self._coarse.is_landscape(reading, best.span)
        if not of_landscape and best is not None and best.agreed:
            return None
        return self._coarse.by_landscape(reading, whole=not of_landscape)  # else a town on it may be misspelt

    def _amend(self, reading: Reading, best: Candidate | None) -> Reading | None:
        """The address with its last part put right, if that is a misspelt region or country."""
        misspelt = self._mistakes.correct_area(reading) if best is None or not best.agreed else None
        if misspelt is None:
            return None
        others = [item for item in reading.items if item.end <= misspelt.start]
        return structs.replace(reading, items=[*others, misspelt])

    def _in_amended(self, case: _Case) -> Found | None:
        """A town in a misspelt region or country; it may be misspelt, too."""
        if case.amended is None:
            return None
        mistakes, slots, area = self._mistakes, case.slots, case.amended.items[-1]
        corrected = mistakes.correct(slots) or mistakes.correct_twice(slots)
        spans = [span for span in [*case.reading.spans, *corrected] if span.end <= area.start]
        found = self._corrections.find(case.amended, spans, _lies_there)
        return found and limit(found, _AREA_CORRECTED)

    # Where the best name is an answer:

    def _at_name(self, case: _Case, best: Candidate) -> Found:
        """The best name as it stands, if no other is meant."""
        share = self._answers.share_above(best, case.reading)
        return (
            self._at_stranger(case, best, share)
            or self._misspelt(case)
            or self._above(case, best, share)
            or self._answers.at_place(case.reading, case.ranking, best)
        )

    def _at_stranger(self, case: _Case, best: Candidate, share: float) -> Found | None:
        """A misspelt place of any size whose region has the best name, or of whose own name that is a piece.

        As in "Nueva Espermanza, Santiago del Estero", and "Cpraia Isola, Tuscany".
        """
        if share >= 1 and (best.post >= 0 or not is_piece(best, case.reading, self._atlas)):
            return None
        found = self._misspelt_of_all(case)
        if found is None:
            return None
        as_it_stands = self._answers.at_place(case.reading, case.ranking, best)
        likely = found.location.confidence >= min(_GUESSED, as_it_stands.location.confidence)
        return found if likely else as_it_stands

    def _above(self, case: _Case, best: Candidate, share: float) -> Found | None:
        """The postcode of the country that has the best name, or the region where nearly all live elsewhere."""
        reading = case.reading
        if post_of_country(best, reading, self._atlas) and (post := self._codes.by_post(reading)):
            return post
        area = self._by_area(case) if share < _MOSTLY else None
        return area if area is not None and area.location.match in _AREAS else None

    # Where it is none:

    def _without_name(self, case: _Case) -> Found | None:
        """What a misspelt name says, else all the rest."""
        told = case.reading.items or case.reading.posts or case.reading.hinted or case.reading.around.countries
        misspelt = (
            self._at_code_of_amended(case)
            or self._misspelt(case)
            or (self._misspelt_of_all(case) if told else None)
            or self._misspelt_twice(case)
        )
        if misspelt is not None and (misspelt.location.confidence > _BARE or not _is_elsewhere(misspelt, case.reading)):
            return misspelt
        return self._by_the_rest(case)

    def _at_code_of_amended(self, case: _Case) -> Found | None:
        """A postcode in a misspelt region or country."""
        post = self._codes.by_post(case.amended) if case.amended is not None else None
        return post and limit(post, _AREA_CORRECTED)

    def _by_the_rest(self, case: _Case) -> Found | None:
        """The postcode, region or country; a name that is hardly believed if it says more."""
        reading, best = case.reading, case.ranking.best
        area = self._codes.by_post(reading) or self._coarse.by_landscape(reading) or self._by_area(case)
        if (
            best is not None
            and (area is None or area.location.match != "postcode")
            and is_well_known(best, reading, self._atlas)
            and lead_by_people(self._atlas, reading, best)[0] >= 1
        ):
            return self._answers.at_place(reading, case.ranking, best)
        if area is None:
            return None if best is None else self._at_lesser(case, best)
        return (self._guessed(case) if area.location.match in _AREAS else None) or area

    def _by_area(self, case: _Case) -> Found | None:
        """The district, else the region or country."""
        return self._coarse.by_district(case.reading) or self._coarse.by_area(case.reading, case.query)

    def _at_lesser(self, case: _Case, best: Candidate) -> Found | None:
        """Another name than the best: of "Portree, Isle of Skye", Skye is a town in Australia, which is not meant."""
        reading, region = case.reading, self._atlas.region
        # Only of what has a number or an island, or names two places of one region ("Bantry, West Cork"): firms have
        # many names, too.
        address = True in reading.numeric or not LAND.isdisjoint(reading.tokens)
        for other in case.ranking.candidates:
            if (
                other.span.alone
                and (address or region[other.place] == region[best.place])
                and is_believable(other, reading, self._atlas)
            ):
                return self._answers.at_place(reading, Ranking(other, best), other)
        return None

    # Names that are misspelt:

    def _misspelt(self, case: _Case) -> Found | None:
        """A town of some size, or a name as it is written that agrees with it."""
        corrected = self._mistakes.correct(case.slots)
        return self._corrections.find(case.reading, corrected, is_believable, case.reading.spans)

    def _misspelt_twice(self, case: _Case) -> Found | None:
        """The same at two errors."""
        corrected = self._mistakes.correct_twice(case.slots)
        return self._corrections.find(case.reading, corrected, is_believable, case.reading.spans)

    def _misspelt_of_all(self, case: _Case) -> Found | None:
        """A place of any size with which something agrees."""
        corrected = self._mistakes.correct_of_all(case.slots)
        return self._corrections.find(case.reading, corrected, agrees_with_correction)

    def _guessed(self, case: _Case) -> Found | None:
        """A city that is like what stands there, in the region or country that is said."""
        guessed = self._mistakes.guess(case.reading, case.slots)
        found = self._corrections.find(case.reading, guessed, agrees_with_correction)
        return found and limit(found, _GUESSED)


def _is_nowhere(reading: Reading, query: Query) -> bool:
    """Whether it is a word of forms alone, or the post of an army: "NaN" is no province of Thailand."""
    tokens = reading.tokens
    if len(tokens) == 1 and tokens[0] in NO_PLACE and not query.parts:
        return True
    return not ARMY.isdisjoint(tokens) and not ARMY_STATES.isdisjoint(tokens)


def _is_elsewhere(found: Found, reading: Reading) -> bool:
    """Whether a full postcode is that of another country: "EC2A 4NE, Un1ted Kingdom" is not in Qingdao."""
    whole = {post.full for post in reading.posts if post.full >= 0}
    return bool(whole) and found.country not in whole


def _lies_there(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is an answer, and lies in a region or country of the address."""
    return best.agreed > 0 and is_believable(best, reading, atlas)
