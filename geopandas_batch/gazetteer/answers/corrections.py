"""Answers that are places whose names may have been put right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from geopandas_batch.gazetteer.answers import Answers, limit
from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.mistakes import Mistakes
from geopandas_batch.gazetteer.ranking import Ranker
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.reading import Reading, Span

Holds = Callable[[Candidate, Reading, Atlas], bool]
"""Whether the best place is an answer."""


class Corrections:
    """Finds the place that a name means, if it is put right."""

    def __init__(self, atlas: Atlas, ranker: Ranker, answers: Answers, mistakes: Mistakes) -> None:
        """Use what ranks names, makes answers of them, and has put them right."""
        self._atlas, self._ranker, self._answers, self._mistakes = atlas, ranker, answers, mistakes

    def find(self, reading: Reading, spans: Sequence[Span], holds: Holds, among: Sequence[Span] = ()) -> Found | None:
        """The place that these names mean best, among the others that are given, if it holds; None without a name."""
        if not spans:
            return None
        ranking = self._ranker.rank(reading, [*among, *spans])
        best = ranking.best
        if best is None or not holds(best, reading, self._atlas):
            return None
        found = self._answers.at_place(reading, ranking, best)
        if not best.span.corrected or best.post >= 0:
            return found
        return limit(found, self._mistakes.weigh(reading, best))
