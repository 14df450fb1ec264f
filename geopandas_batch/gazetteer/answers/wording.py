"""How an answer is written."""

from __future__ import annotations

import msgspec

from geopandas_batch.gazetteer.atlas import ATTRIBUTION, NO_REGION
from geopandas_batch.gazetteer.reading import Post, Reading
from geopandas_batch.places import Extra, Location, Match, sealed


class Found(msgspec.Struct, frozen=True, gc=False):
    """An answer, and the numbers of the country and the region it is in."""

    location: Location
    country: int
    region: int = NO_REGION


class _Uncertain(dict[float, Extra]):
    """What is told of a radius, one for all places that have it: Python's search for garbage visits each."""

    def __missing__(self, radius: float) -> Extra:
        extra = self[radius] = (("uncertainty", radius),)
        return extra


_UNCERTAIN = _Uncertain()


def make_location(
    lat: int, lon: int, formatted: str, match: Match, confidence: float, *, uncertainty: float, reason: str = ""
) -> Location:
    """An answer; `lat` and `lon` in 0.0001 degrees, `uncertainty` in metres."""
    return sealed(
        lat / 1e4,
        lon / 1e4,
        formatted,
        match,
        # Three digits; ``round`` takes three times as long.
        0.05 if confidence < 0.05 else 0.98 if confidence > 0.98 else int(confidence * 1000 + 0.5) / 1000,
        reason,
        "gazetteer",
        ATTRIBUTION,
        _UNCERTAIN[uncertainty],
    )


def code_text(reading: Reading, post: Post, country: int) -> str:
    """A postcode as it is written, with the zeros in front that it lost."""
    return post.restored.get(country) or " ".join(reading.tokens[post.start : post.end]).upper()
