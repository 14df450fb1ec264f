"""A text of which little was found, read again: in other words, or with a comma that is missing."""

from __future__ import annotations

from geopandas_batch.gazetteer.answers import Answers, limit
from geopandas_batch.gazetteer.answers.corrections import Corrections
from geopandas_batch.gazetteer.answers.further import Further
from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.mistakes import Mistakes
from geopandas_batch.gazetteer.mistakes.slots import find_slots
from geopandas_batch.gazetteer.ranking import Ranker
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.trust import is_believable
from geopandas_batch.gazetteer.reading import Context, Reading
from geopandas_batch.gazetteer.reading.reader import Reader
from geopandas_batch.gazetteer.rereading.rewriting import Rewriting
from geopandas_batch.places import Query

_IN_OTHER_WORDS, _ELSEWHERE = 0.75, 0.5  # confidence


def _agrees(best: Candidate, reading: Reading, atlas: Atlas) -> bool:
    """Whether it is an answer, and lies in a region or country of the address, or at its postcode."""
    return (best.agreed > 0 or best.post >= 0) and is_believable(best, reading, atlas)


class Rereading:
    """Reads texts again as they may be meant."""

    def __init__(
        self,
        atlas: Atlas,
        reader: Reader,
        ranker: Ranker,
        answers: Answers,
        mistakes: Mistakes,
        corrections: Corrections,
        further: Further,
    ) -> None:
        """Use what has read the texts the first time."""
        self._atlas, self._reader, self._ranker, self._answers = atlas, reader, ranker, answers
        self._mistakes, self._corrections, self._further = mistakes, corrections, further
        self._rewriting = Rewriting(atlas, reader.abbreviations, mistakes.typos)

    def find(self, reading: Reading, query: Query, found: Found | None) -> Found | None:
        """What a text means of which this was found: the same if there is no better way to read it."""
        return self._reword(reading, query, found) or self._part(reading, query)

    def _reword(self, reading: Reading, query: Query, found: Found | None) -> Found | None:
        """What it means in other words, if that says more than what was found."""
        anew = self._rewriting.write_anew(query.text)
        if anew == query.text:
            return found
        query = Query(anew)
        again = self._read(query, reading.around)
        other = self._further.look(again, query, self._ranker.rank(again, again.spans))
        if other is None or (found is not None and other.location.confidence <= found.location.confidence):
            return found
        if found is not None and found.country != other.country:
            area = found.location.match
            if area == "country" or (area == "region" and not all(item.code for item in reading.items)):
                return found  # "Keratsini, GR" is not in Grand Rapids, nor "Xyz, Schleswig-Holstein" in Holstein, Iowa
        # "Aluva, KL" may be in Kerala or in Kuala Lumpur.
        return limit(other, _IN_OTHER_WORDS if found is None or found.country == other.country else _ELSEWHERE)

    def _part(self, reading: Reading, query: Query) -> Found | None:
        """What it means with a comma that is missing, if region, country or postcode agree, or else its quarter."""
        for anew in self._rewriting.cut_anew(query.text):
            again = self._read(Query(anew), reading.around)
            spans = again.spans
            if any(item.countries or item.regions for item in again.items) or True in again.numeric:
                spans = [*spans, *self._mistakes.correct(find_slots(again))]  # "Stanley Kent" is not in Swanley
            if found := self._corrections.find(again, spans, _agrees):
                return limit(found, _IN_OTHER_WORDS)
        if len(reading.parts) > 1 or True in reading.numeric:
            return None
        ranking = self._ranker.rank(reading, reading.spans)
        if ranking.best is not None and is_believable(ranking.best, reading, self._atlas, quarters=True):
            return self._answers.at_place(reading, ranking, ranking.best)
        return None

    def _read(self, query: Query, around: Context) -> Reading:
        """Another text, among the same addresses."""
        (again,) = self._reader.read_many([query])
        again.around = around
        return again
