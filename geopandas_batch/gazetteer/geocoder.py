"""The answer to an address: the best place if there is one, else the postcode, the region, the country, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from unicodedata import normalize

from geopandas_batch.garbage import no_collection
from geopandas_batch.gazetteer.answers import Answers
from geopandas_batch.gazetteer.answers.coarse import Coarse
from geopandas_batch.gazetteer.answers.codes import Codes
from geopandas_batch.gazetteer.answers.corrections import Corrections
from geopandas_batch.gazetteer.answers.disputes import Disputes
from geopandas_batch.gazetteer.answers.further import Further
from geopandas_batch.gazetteer.answers.tails import Tails
from geopandas_batch.gazetteer.answers.wording import Found
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.context import (
    countries_of_most,
    country_of_codes,
    describe_context,
    read_context,
    regions_of_most,
    write_context,
)
from geopandas_batch.gazetteer.mistakes import Mistakes
from geopandas_batch.gazetteer.ranking import Ranker
from geopandas_batch.gazetteer.ranking.confidence import MOST_BARE
from geopandas_batch.gazetteer.ranking.doubts import is_settled
from geopandas_batch.gazetteer.reading import NO_CONTEXT, Context, Reading
from geopandas_batch.gazetteer.reading.reader import Reader
from geopandas_batch.gazetteer.rereading import Rereading
from geopandas_batch.gazetteer.reverse import Surroundings
from geopandas_batch.gazetteer.reverse.extents import Extents
from geopandas_batch.places import Location, Point, Query
from geopandas_batch.places.samples import sample

_LITTLE = 0.4  # confidence
# So many addresses go through each step together: the processor keeps the code of one step and its data at hand, which
# takes a fifth off the time. From 16 to 1,000 it makes no difference.
_TOGETHER = 64
_AROUND = ' \t\r\n"“”„«»'  # of a text that is quoted
_AREAS = (" Area", " Metroplex")  # of several cities
# Wide letters of East Asia are those of ASCII; marks of direction, joints and hyphens are not seen.
_UNSEEN: dict[int, int | None] = dict(zip(range(0xFF01, 0xFF5F), range(0x21, 0x7F), strict=True))
_UNSEEN |= dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ANY_UNSEEN = re.compile(f"[{''.join(map(chr, _UNSEEN))}]")


class Gazetteer:
    """Finds places offline, at the level of towns and postcodes.

    Examples
    --------
    >>> from geopandas_batch.gazetteer import load
    >>> from geopandas_batch.places import Query
    >>> (place,) = load().locate_many([Query("Karl Johans gate 1, 0154 Oslo, Norway")])
    >>> place.formatted, place.match
    ('0154 Oslo, Norway', 'postcode')
    """

    def __init__(self, atlas: Atlas | None = None) -> None:
        """Use this atlas; the one of the package by default."""
        self._atlas = atlas or Atlas()
        self._reader = Reader(self._atlas)
        self._ranker = Ranker(self._atlas, self._reader.mothers)
        extents, mothers = Extents(self._atlas), self._reader.mothers
        self._answers = Answers(self._atlas, extents, mothers)
        self._coarse, self._tails = Coarse(self._atlas, extents, mothers), Tails()
        codes, mistakes = Codes(self._atlas, extents), Mistakes(self._atlas, self._reader)
        corrections = Corrections(self._atlas, self._ranker, self._answers, mistakes)
        self._disputes = Disputes(self._atlas, codes, mistakes, corrections)
        self._further = Further(self._atlas, self._answers, codes, self._coarse, mistakes, corrections, self._disputes)
        self._rereading = Rereading(
            self._atlas, self._reader, self._ranker, self._answers, mistakes, corrections, self._further
        )
        self.surroundings = Surroundings(self._atlas)
        self._said = "", NO_CONTEXT  # what the last addresses were asked with

    def reverse_many(self, points: Sequence[Point]) -> list[Location | None]:
        """The town or village to which each point belongs, with its ``distance``; see `gazetteer.reverse`."""
        return self.surroundings.reverse_many(points)

    def locate_many(self, queries: Sequence[Query], *, context: str = "") -> list[Location | None]:
        """Where the addresses are, one answer a query in their order; None where nothing is found.

        Parameters
        ----------
        queries : sequence of Query
            Lines of text or parts of addresses. A blank one gives None.
        context : str
            Where most addresses of the table are, if that is known: it settles what is ambiguous by itself. Countries,
            each as two capitals, or regions behind their country: "AT,DE/Bavaria". See `context_of`.

        Returns
        -------
        list of Location or None
            ``match`` is "postcode", "city", "region" or "country": never a house. ``confidence`` says how likely the
            point is within 25 km of the address. ``reason`` names the rival of an ambiguous name. ``extra`` has the
            ``uncertainty`` in metres: see `extents`.
        """
        said, around = self._said  # at once: another thread may ask with another context
        if context != said:
            around = read_context(self._atlas, context)
            self._said = context, around
        with no_collection():
            return [None if found is None else found.location for found in self._find_many(queries, around)]

    def context_of(self, queries: Sequence[Query]) -> str:
        """The countries in which four in five of the addresses are that are clear by themselves, each at least two.

        Of a column of postcodes, the country that has them. If they are in three regions or fewer, these regions. Empty
        if there is no such thing. The order of the addresses makes no difference; of many, a sample is looked at that
        has none either.
        """
        some = sample(queries)
        around = countries_of_most([found for found in self._find_many(some) if found is not None])
        if not around.countries:
            around = country_of_codes(self._reader.read_many([*map(_plain, some)]))
        if around.countries:
            around = regions_of_most([found for found in self._find_many(some, around) if found is not None], around)
        return write_context(self._atlas, around)

    def is_context(self, text: str) -> bool:
        """Whether it is what `context_of` may tell: countries and regions that are known."""
        try:
            read_context(self._atlas, text)
        except ValueError:
            return False
        return True

    def locate(self, query: Query, around: Context = NO_CONTEXT) -> Found | None:
        """Where one address is, among others in the context `around`; None where nothing is found."""
        (found,) = self._find_many([query], around)
        return found

    def _find_many(self, queries: Sequence[Query], around: Context = NO_CONTEXT) -> list[Found | None]:
        found: list[Found | None] = []
        for start in range(0, len(queries), _TOGETHER):
            some = [_plain(query) for query in queries[start : start + _TOGETHER]]
            readings = self._reader.read_many(some)
            answers = self._find(readings, some)
            if around.countries:
                self._look_around(readings, some, answers, around)
            found += answers
        return found

    def _look_around(
        self, readings: Sequence[Reading], queries: Sequence[Query], answers: list[Found | None], around: Context
    ) -> None:
        """Ask once more, among such addresses, what says no more than a bare name."""
        unsure = [
            at
            for at, (reading, found) in enumerate(zip(readings, answers, strict=True))
            if not reading.stated and (found is None or found.location.confidence <= MOST_BARE)
        ]
        for at in unsure:
            readings[at].around = around
        near_by = self._find([readings[at] for at in unsure], [queries[at] for at in unsure])
        home = describe_context(self._atlas, around)
        for at, near in zip(unsure, near_by, strict=True):
            found = answers[at]
            if near is not None and (found is None or (*near.location,) != (*found.location,)):
                reasons = (f"most of these addresses are in {home}", near.location.reason)
                location = replace(near.location, reason="; ".join(filter(None, reasons)))
                answers[at] = Found(location, near.country, near.region)
            else:
                answers[at] = near or found

    def _find(self, readings: Sequence[Reading], queries: Sequence[Query]) -> list[Found | None]:
        """An answer a reading. One step is done for all of them, then the next."""
        tails = self._tails
        keys = [tails.key(reading) for reading in readings]
        answers = [
            None if key is None else tails.recall(key, reading) for key, reading in zip(keys, readings, strict=True)
        ]
        unknown = [at for at, known in enumerate(answers) if known is None]
        rankings = [self._ranker.rank(readings[at], readings[at].spans) for at in unknown]
        for at, ranking in zip(unknown, rankings, strict=True):
            reading, best, key = readings[at], ranking.best, keys[at]
            if (
                best is None
                or not is_settled(best, reading, self._atlas)
                or self._coarse.is_landscape(reading, best.span)
            ):
                further = answers[at] = self._further.look(reading, queries[at], ranking)
                if further is not None and key is not None and tails.is_told(key, reading):
                    tails.keep(key, further, reading, ranking)
                continue
            # Most have no postcode, or their own.
            if reading.posts and not best.exact_post and (by_code := self._disputes.by_code(reading, best)):
                answers[at] = by_code
                continue
            found = answers[at] = self._answers.at_place(reading, ranking, best)
            if key is not None:
                tails.keep(key, found, reading, ranking)
        for at, known in enumerate(answers):
            if known is None or known.location.confidence < _LITTLE:
                answers[at] = self._rereading.find(readings[at], queries[at], known)
        return answers


def _plain(query: Query) -> Query:
    """A line of text without what is not seen: one letter for a letter and its accents, no marks of direction."""
    text = plain = query.text
    if not text.isascii():
        # To translate every letter of every text would take a twentieth of all the time.
        plain = normalize("NFC", text.translate(_UNSEEN) if _ANY_UNSEEN.search(text) else text)
    plain = plain.strip(_AROUND)
    if "-" in plain and plain.endswith(_AREAS) and plain.count("-") > 1:
        plain = plain.replace("-", ", ")  # "Tampa-St. Petersburg-Clearwater Area"
    return query if plain == text else query._replace(text=plain)
