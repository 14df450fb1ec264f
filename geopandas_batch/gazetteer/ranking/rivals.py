"""What a bare name or that of a region may mean as well: its namesakes all over the world, by their people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking import SECOND_NAME, WITHIN_REACH
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.evidence import SAME_NAME, are_apart
from geopandas_batch.gazetteer.reading import Reading

_CLEARLY = 10
_ODD = 1.0  # to read of "Mashhad" as the rival of "Alexandria", for it is its second name


def choose_region(atlas: Atlas, said: Sequence[tuple[int, int]]) -> tuple[int, float, str]:
    """Of regions and where each is named, the biggest of the last name, its share of the people of all, and its rival.

    "Central" is a region of ten countries.
    """
    last = max(start for start, _ in said)
    regions = sorted({region for start, region in said if start == last}, key=lambda region: -atlas.weight[region])
    people = [10 ** (atlas.weight[region] / 30) for region in regions]
    reason = ""
    if len(regions) > 1 and people[0] < _CLEARLY * people[1]:
        reason = f"{atlas.describe(regions[1])} is {'as likely' if people[0] < 2 * people[1] else 'possible, too'}"
    return regions[0], people[0] / sum(people), reason


def is_bare(best: Candidate, reading: Reading) -> bool:
    """Whether a name is all that an address says."""
    span = best.span
    if not span.alone or best.post >= 0 or best.agreed or reading.around.countries or reading.hinted:
        return False
    heavy = reading.heavy
    return heavy[span.start] == 0 and heavy[span.end] == heavy[-1]


def lead_by_people(atlas: Atlas, reading: Reading, best: Candidate) -> tuple[float, int]:
    """How far a bare name is before all its namesakes together, and the biggest of these; -1 for none within reach.

    The score says which place to answer. How likely that is goes by the people: many small namesakes are as good as a
    big one, and that a region has the name as well tells little.
    """
    size = best.size + (SECOND_NAME if best.second_name else 0.0)
    behind, rival, most = 0.0, -1, -math.inf
    for entry in best.span.name.places:
        place = entry >> 1
        other = atlas.weight[place] / 30 - size + (SECOND_NAME if entry & 1 else 0.0)
        if other < -WITHIN_REACH:
            break
        if are_apart(atlas, best.place, place):
            behind += 10**other
            likely = other - (_ODD if entry & 1 else 0.0)
            if likely > most:
                rival, most = place, likely
    region, country = atlas.region[best.place], atlas.country[best.place]
    own = [item for item in reading.items if item.are(best.span)]
    named = any(region in item.regions or country in item.countries for item in own)
    return (-math.log10(behind) if behind else math.inf) + named * SAME_NAME, rival
