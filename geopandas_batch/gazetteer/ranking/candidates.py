"""Places that the names of an address may mean, and what they say of each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec

from geopandas_batch.gazetteer.atlas import NO_REGION, Atlas
from geopandas_batch.gazetteer.atlas.spelling import key
from geopandas_batch.gazetteer.ranking.evidence import NOT_THAT_REGION, REGION, are_apart
from geopandas_batch.gazetteer.reading import Reading, Span

_SUPPORT = 1.2  # in decimal orders of magnitude of population, as all of a score: see `ranking`


class Candidate(msgspec.Struct, gc=False):
    """A place that a name in the address may mean, and what speaks for it."""

    score: float
    place: int
    span: Span
    size: float  # decimal logarithm of the population
    second_name: bool
    agreed: int  # items that agree
    denied: int  # items that do not
    post: int  # row of the postcode that agrees, or -1
    exact_post: bool  # its point is better than the town's
    area: bool  # the name is that of a region or country, too


def order(candidate: Candidate) -> tuple[float, float, int]:
    """The best first; of equals the biggest."""
    return -candidate.score, -candidate.size, candidate.place


def support(atlas: Atlas, candidates: Sequence[Candidate]) -> None:
    """Two names that have places side by side speak for each other: "Providencia, Santiago"."""
    country = atlas.country
    ending: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.span.at_end:
            ending.setdefault(country[candidate.place], []).append(candidate)
    for compatriots in ending.values():
        near: dict[int, Candidate] = {}
        for one, other in combinations(compatriots, 2):
            if (
                (one.span.end <= other.span.start or other.span.end <= one.span.start)
                and one.place != other.place
                and not are_apart(atlas, one.place, other.place)
            ):
                near[id(one)], near[id(other)] = one, other
        for candidate in near.values():
            candidate.score += _SUPPORT


def doubt_regions(atlas: Atlas, reading: Reading, candidates: Sequence[Candidate]) -> None:
    """A name after a town that lies in the region of that name means the region: "Plattsburgh, New York"."""
    placed = {item.end: item for item in reversed(reading.items) if item.regions or item.districts}
    if not placed:
        return
    named = [(candidate, placed[candidate.span.end]) for candidate in candidates if candidate.span.end in placed]
    if not named:
        return
    region, district = atlas.region, atlas.district
    towns = [
        candidate for candidate in candidates if candidate.span.alone and not reading.has_number(candidate.span.part)
    ]
    for candidate, own in named:
        start = candidate.span.start
        if own.start < start:  # "A Coruña" is the province of Coruña, too
            continue
        for town in towns:
            if town.span.end <= start and (region[town.place] in own.regions or district[town.place] in own.districts):
                candidate.score += NOT_THAT_REGION
                break


def doubt_islands(atlas: Atlas, candidates: list[Candidate]) -> None:
    """A town's district may be written short: "Kirkwall, Orkney" is in the Orkney Islands, not in South Africa."""
    first = candidates[0]
    span, said = first.span, ""
    if not span.alone or first.post >= 0:
        return
    for town in candidates:
        if town.span.alone and town.span.end <= span.start and town.agreed >= first.agreed:
            said = said or key(atlas.label(first.place))
            district = atlas.district[town.place]
            above = [atlas.regions + atlas.country[town.place]]
            if district != NO_REGION:
                above.append(atlas.villages + district)
            if any(key(atlas.label(entity)).startswith(said) for entity in above):
                town.agreed += 1
                town.score = max(town.score, first.score) + REGION
                candidates.sort(key=order)
                return


def put_alone_first(candidates: list[Candidate]) -> None:
    """The best place may stand alone elsewhere in the address: "Kaunas, Kauno miesto savivaldybė, Kauno apskritis"."""
    first = candidates[0]
    for at, other in enumerate(candidates):
        if other.place == first.place and other.span.alone and other.denied <= first.denied:
            other.score = first.score
            candidates.insert(0, candidates.pop(at))
            return
