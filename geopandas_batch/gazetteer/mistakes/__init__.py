"""What an address means where it is misspelt: names of towns, regions and countries, and the town of a postcode."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from geopandas_batch.gazetteer.atlas import NOWHERE, Atlas
from geopandas_batch.gazetteer.atlas.spelling import fold, join, key
from geopandas_batch.gazetteer.atlas.typos import Typos
from geopandas_batch.gazetteer.mistakes.slips import weigh_slip
from geopandas_batch.gazetteer.mistakes.slots import Slot
from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.codetowns import comes_first, find_beside
from geopandas_batch.gazetteer.reading import NOTHING, Item, Name, Post, Reading, Span
from geopandas_batch.gazetteer.reading.positions import place
from geopandas_batch.gazetteer.reading.reader import Reader

_KNOWN = round(30 * math.log10(15_000))  # smaller places are not guessed at
_MOST_WORDS = 3  # of a region's or country's name
_ALIKE, _LETTERS = 0.75, 4  # the share of letters that two words have in common; shorter words are alike by chance
_FEWEST, _ALIKE_SHORT = 3, 0.85  # beside a postcode: "8010 Grz" lacks one letter of Graz
_ARTICLES = ("al", "el", "la", "le", "the", "den")
_CITY = round(30 * math.log10(100_000))
_ALIKE_CITY, _ALIKE_TOWN, _OTHER_LETTERS = 0.72, 0.8, 3


class Mistakes:
    """Puts mistakes right with the names of an atlas."""

    def __init__(self, atlas: Atlas, reader: Reader) -> None:
        """Use an atlas, and what reads addresses with it."""
        self._atlas, self._reader = atlas, reader
        self.typos = Typos(atlas)
        self._towns: dict[int, NDArray[np.intp]] = {}  # by country
        self._fitting: dict[tuple[int, str], list[int]] = {}  # by country and first letter
        self._spelled: dict[int, tuple[str, str]] = {}

    def correct(self, slots: Sequence[Slot]) -> list[Span]:
        """Names of towns one typing error away from what is written there."""
        return self._correct(slots, self.typos.correct, _KNOWN / 30)

    def correct_twice(self, slots: Sequence[Slot]) -> list[Span]:
        """The same at two errors."""
        return self._correct(slots, self.typos.correct_twice, _KNOWN / 30)

    def correct_of_all(self, slots: Sequence[Slot]) -> list[Span]:
        """The same at one error, of all places."""
        return self._correct(slots, self.typos.correct_of_all, 0.0)

    def _correct(self, slots: Sequence[Slot], correct: Callable[[str], tuple[int, ...]], least: float) -> list[Span]:
        spans = []
        for slot in slots:
            span: Span | None = None
            for name in correct(slot.written):
                meaning = self._reader.names[name]
                if not meaning.places or meaning.size < least:
                    continue
                if slot.lone and self._atlas.names.restore_key(name)[1:] == slot.written[1:]:
                    continue  # "Zydney" alone is not Sydney
                span = structs.replace(span, name=meaning) if span else _place(slot, meaning)
                spans.append(span)
        return spans

    def weigh(self, reading: Reading, best: Candidate) -> float:
        """What it is worth at most that the name of a place was put right."""
        written = join(reading.tokens[best.span.start : best.span.end])
        atlas, names = self._atlas, self._reader.names
        entries = {best.place * 2, best.place * 2 + 1}
        for correct in (self.typos.correct, self.typos.correct_of_all, self.typos.correct_twice):
            meant = [name for name in correct(written) if not entries.isdisjoint(names[name].places)]
            if meant:
                spelled = map(atlas.names.restore_key, meant)
                return weigh_slip(written, spelled, agrees=best.agreed > 0, known=best.size >= _KNOWN / 30)
        return 1.0  # guessed

    def guess(self, reading: Reading, slots: Sequence[Slot]) -> list[Span]:
        """Names of cities in what is named, which are like what stands there: "Izmeer, Turkey", "Cincnatti, Ohio"."""
        names = [item for item in reading.items if item.countries and not item.code]
        countries = frozenset(country for item in names for country in item.countries)
        regions = frozenset(region for item in reading.items if item not in names for region in item.regions)
        if not countries:
            first = self._atlas.districts
            countries = frozenset(self._atlas.country[first + region] for region in regions)
        return [
            _place(slot, meaning) for slot in slots for meaning in self._find_alike(slot.written, countries, regions)
        ]

    def _find_alike(self, written: str, countries: frozenset[int], regions: frozenset[int]) -> list[Name]:
        """The city of these countries that is most like a name, if one is; of a region that is told, the town."""
        said = written.strip()
        if len(said) < _FEWEST:
            return []
        if whole := self._with_article(said, countries):
            return whole
        least = _ALIKE_SHORT if len(said) <= _LETTERS else 0.0  # "Tmpa, FL"
        letters, found = set(said), []
        weight, region = self._atlas.weight, self._atlas.region
        for country in countries:
            for city in self._towns_with(country, said[0]):
                inside = region[city] in regions
                if not inside and (regions or weight[city] < _CITY):
                    continue
                initial, name = self._spell(city)
                if (
                    initial == said[0]
                    and abs(len(name) - len(said)) <= 2
                    and len(letters.symmetric_difference(name)) <= _OTHER_LETTERS
                ):
                    alike = SequenceMatcher(None, name, said, autojunk=False).ratio()
                    if alike >= max(least, _ALIKE_TOWN if inside else _ALIKE_CITY):
                        found.append((alike, weight[city], city))
        return [Name((city * 2,), weight / 30) for _, weight, city in (max(found),)] if found else []

    def _with_article(self, said: str, countries: frozenset[int]) -> list[Name]:
        """The town of these countries whose article is left out: "Jahra, Kuwait", "Hague, Netherlands"."""
        names, country, weight = self._atlas.names, self._atlas.country, self._atlas.weight
        found = [
            (weight[entry >> 1], entry)
            for article in _ARTICLES
            if (number := names.get(key(f"{article} {said}"))) is not None
            for entry in self._reader.names[number].places
            if country[entry >> 1] in countries and weight[entry >> 1] >= _KNOWN
        ]
        return [Name((entry,), size / 30) for size, entry in (max(found),)] if found else []

    def _towns_with(self, country: int, letter: str) -> list[int]:
        """The cities and towns of a country that may begin with a letter."""
        fitting = self._fitting.get((country, letter))
        if fitting is None:
            atlas = self._atlas
            towns = self._towns.get(country)
            if towns is None:
                there = atlas.places_in(country)
                towns = self._towns[country] = np.flatnonzero(np.asarray(atlas.weight)[there] >= _KNOWN) + there.start
            fitting = self._fitting[country, letter] = atlas.with_initial(towns, letter)
        return fitting

    def _spell(self, town: int) -> tuple[str, str]:
        """The first letter of a town's name, and the name, as a key of the index has them."""
        spelled = self._spelled.get(town)
        if spelled is None:
            label = self._atlas.label(town)
            spelled = self._spelled[town] = fold(label[0]), key(label).strip()
        return spelled

    def correct_area(self, reading: Reading) -> Item | None:
        """The region or country that the last part is one typing error away from: "Hanover, Germny", "90402 Germny"."""
        if len(reading.parts) < 2 and not reading.posts:
            return None
        part, contents = reading.parts[-1], reading.contents[-1]
        words = [word for word, light in zip(contents.words, contents.light, strict=True) if not light]
        inside = [item for item in reading.items if item.end > part.start]
        if inside and not any(item.start == part.start for item in inside) and not any(map(str.isdigit, part.words)):
            words, inside = [*part.words], []  # "Papau New Guinea" is not Guinea
        known = bool(inside) or any(span.alone for span in contents.spans)
        if known or not 0 < len(words) <= _MOST_WORDS or part.role == "city":
            return None
        said = join(words)
        meanings = [self._reader.names[name] for name in self.typos.correct(said) or self.typos.correct_twice(said)]
        countries = frozenset(country for meaning in meanings for country in meaning.countries)
        regions = frozenset(region for meaning in meanings for region in meaning.regions)
        if not countries and not regions:
            return None
        return Item(part.start, part.end, countries, regions, NOTHING, code=False)

    def match_post(self, reading: Reading, home: int = -1) -> tuple[Post, int] | None:
        """A postcode whose town is nearly what stands beside it, and its row: "28012 adrid" is Madrid's.

        `home`: the country, if it is known.
        """
        atlas, mothers, tokens = self._atlas, self._reader.mothers, reading.tokens
        best: tuple[float, Post, int] | None = None
        for post in reading.posts:
            if post.weak and len(tokens) > post.end + 1 and not comes_first(post, reading):
                continue
            part = next(part for part in reading.parts if part.start <= post.start < part.end)
            behind, before = (
                [word for word in words if not word.isdigit()]
                for words in (tokens[post.end : part.end], tokens[part.start : post.start])
            )
            other = find_beside(reading, post)[-1]
            if other != part.number and other < len(reading.parts):  # "Cold Sring, NY 10516"
                before = [word for word in reading.parts[other].words if not word.isdigit()]
            if max(map(len, (*behind, *before)), default=0) < _FEWEST:
                continue
            said = {home} if home >= 0 else self._countries_behind(reading, post)
            beside: dict[int, set[str]] = {}
            for country, row in post.rows.items():
                of = atlas.code_place[row] if row >= 0 else NOWHERE
                if of == NOWHERE or (said and country not in said and mothers.get(country) not in said):
                    continue
                name = key(atlas.label(of)).strip()
                count = name.count(" ") + 1
                if count not in beside:
                    beside[count] = {join(words).strip() for words in (behind, before, behind[:count], before[-count:])}
                for words in beside[count]:
                    alike = _likeness(name, words)
                    if alike >= _ALIKE and (best is None or alike > best[0]):
                        best = alike, post, row
        return None if best is None else best[1:]

    def _countries_behind(self, reading: Reading, post: Post) -> set[int]:
        """The countries that are named behind a postcode, or whose regions are; none if codes are all that is said."""
        of, first, above = self._atlas.country, self._atlas.districts, self._atlas.villages
        names = [item for item in reading.items if item.start >= post.end and not item.code]
        if not any(item.countries or item.regions for item in names):
            return set()
        return (
            {country for item in names for country in item.countries}
            | {of[first + region] for item in names for region in item.regions}
            | {of[above + district] for item in names for district in item.districts}
        )


def _likeness(name: str, said: str) -> float:
    """The share of the letters that a name and what is said have in common; 0 if they are soon told apart."""
    if len(said) < _FEWEST or abs(len(name) - len(said)) > 2 or (name[:1] not in said and name[1:] != said[1:]):
        return 0.0
    alike = SequenceMatcher(None, name, said, autojunk=False).ratio()
    return alike if len(said) >= _LETTERS or alike > _ALIKE_SHORT else 0.0


def _place(slot: Slot, name: Name) -> Span:
    return place(slot.contents, slot.heavy, slot.start, slot.end, name, corrected=True)
