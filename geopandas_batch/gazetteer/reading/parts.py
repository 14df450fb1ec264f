"""What stands in the parts of addresses: names, items, postcodes. Parts that were met before are remembered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import is_unspaced, join
from geopandas_batch.gazetteer.reading import NOTHING, Contents, Name, Part, Reading, count_heavy
from geopandas_batch.gazetteer.reading.items import Items
from geopandas_batch.gazetteer.reading.names import Names
from geopandas_batch.gazetteer.reading.positions import HOPELESS, place
from geopandas_batch.gazetteer.reading.postcodes import Postcodes
from geopandas_batch.gazetteer.reading.words import HINTS, JAPANESE_KINDS, KINDS, NOISE, SCRIPTS

_DIGIT = re.compile("[0-9]")  # folded text has no others
_MOST_MET, _MOST_KNOWN = 50_000, 10_000  # parts that are remembered
_DUTCH = 4  # digits


class Parts:
    """Reads parts with the names of an atlas."""

    def __init__(self, atlas: Atlas, names: Names) -> None:
        """Use the names of an atlas, and what they stand for."""
        self._atlas, self._names = atlas, names
        self._items, self._postcodes = Items(atlas), Postcodes(atlas)
        self._known: dict[Part, Contents | None] = {}  # None: a number in it may belong to a name
        self._met: set[int] = set()  # parts that came once: only those that come again are worth their memory
        numbers = {country: number for number, country in enumerate(atlas.countries)}
        self._hints = {word: frozenset(map(numbers.__getitem__, countries)) for word, countries in HINTS.items()}
        self._scripts = [
            (first, last, frozenset(map(numbers.__getitem__, countries))) for first, last, countries in SCRIPTS
        ]

    def read_many(self, readings: Sequence[Reading]) -> None:
        """Read the parts of addresses, or remember what stood in them: many end alike, many houses share a street."""
        known = self._known
        new = []
        for reading in readings:
            tokens, found = reading.tokens, reading.contents
            for part in reading.parts:
                contents = known.get(part)
                if contents is None:
                    contents = Contents(part, part.words if part.number else (*tokens[: part.end],))
                    new.append(contents)
                found.append(contents)
        self._find(new)
        for contents in new:
            self._keep(contents)
        for reading in readings:
            spans, items, posts = reading.spans, reading.items, reading.posts
            for contents in reading.contents:
                spans += contents.spans
                if contents.items:
                    items += contents.items
                if contents.posts:
                    posts += contents.posts
                elif contents.posts is None:  # only of the first part
                    posts += self._postcodes.find(contents.part, reading.tokens[: contents.part.end])
                if contents.hinted and not reading.hinted:
                    reading.hinted = contents.hinted

    def _keep(self, contents: Contents) -> None:
        """Remember what stands in a part that has come before."""
        part = contents.part
        mark = hash(part)
        if mark not in self._met:
            if len(self._met) > _MOST_MET:
                self._met.clear()
            self._met.add(mark)
        elif part not in self._known:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            if part.number or "0" not in part.words:
                self._known[part] = contents
            elif self._may_end_in_number(part.words):
                self._known[part] = None
            else:
                contents.posts = None
                self._known[part] = contents

    def _may_end_in_number(self, words: Sequence[str]) -> bool:
        """Whether a name has a number where these words have one: "Dublin 8"."""
        return any(
            self._begins_a_name(before + digit)
            for at, word in enumerate(words)
            if word == "0"
            for start in range(at)
            if words[start] != "0" and self._begins_a_name(before := join(words[start:at]))
            for digit in "0123456789"
        )

    def _begins_a_name(self, text: str) -> bool:
        return next(self._atlas.names.iterkeys(text), None) is not None

    def _find(self, new: Sequence[Contents]) -> None:
        """Fill in what stands in parts that were never met. One step is done for all of them, then the next."""
        for each in new:
            words = each.words
            line = "".join(words)
            if line.isalpha():  # most parts but the first: no numbers, no postcodes
                light = [word in NOISE for word in words]
            else:
                light = [
                    word in NOISE if word.isalpha() else word.isdigit() or _DIGIT.search(word) is not None
                    for word in words
                ]
                if True in light and each.part.role in {"any", "postcode", "city"}:
                    each.posts = self._postcodes.find(each.part, words)
            each.light = light
            if not line.isascii() or not self._hints.keys().isdisjoint(words):
                each.hinted = self._hint(words)
        named = [each for each in new if each.part.role not in {"street", "postcode"}]
        for each in named:
            words = each.words
            each.names = self._find_names(words)
            if each.light[0] and len(words) > 2 and len(words[1]) == 2:
                _take_off_letters(each)
            if words[-1] in KINDS or (each.light[-1] and not KINDS.isdisjoint(words)):
                _take_off_kind(each)
        for each in named:
            self._items.find(each)
        for each in named:
            if each.names and each.part.role in {"any", "city"}:
                self._weigh_names(each)

    def _weigh_names(self, contents: Contents) -> None:
        heavy = count_heavy(contents.light)
        for at, to, name in contents.names:
            if name.places:
                span = place(contents, heavy, at, to, name)
                if span.score > HOPELESS:
                    contents.spans.append(span)

    def _find_names(self, words: Sequence[str]) -> list[tuple[int, int, Name]]:
        """All names of the index that are whole words of the part, in the order of their starts."""
        index, names = self._atlas.names, self._names
        line = " ".join(words)
        if is_unspaced(line):
            return self._find_unspaced(words)
        found = []
        line += " "
        last = len(words) - 1
        if last:
            for at, word in enumerate(words[:-1]):
                if not word.isdigit():
                    for prefix, number in index.iter_prefixes_with_ids(line):
                        found.append((at, at + prefix.count(" "), names[number]))
                line = line[len(word) + 1 :]
        if not words[-1].isdigit() and (number := index.get(line)) is not None:  # in half the time
            found.append((last, last + 1, names[number]))
        return found

    def _find_unspaced(self, words: Sequence[str]) -> list[tuple[int, int, Name]]:
        """The same of a part in which there are words without spaces between them."""
        found = []
        line = join(words)
        ends = {0: 0}  # word by its place in the line
        place = 0
        for at, word in enumerate(words, 1):
            place += len(word) + (not is_unspaced(word))
            ends[place] = at
        for place, at in list(ends.items())[:-1]:
            for prefix, number in self._atlas.names.iter_prefixes_with_ids(line[place:]):
                to = ends.get(place + len(prefix))
                if to is not None and not words[at].isdigit():
                    found.append((at, to, self._names[number]))
        return found

    def _hint(self, words: Sequence[str]) -> frozenset[int]:
        """Where the language of the first street word or the script of the part is at home."""
        hints = self._hints
        for word in words:
            if word in hints:
                return hints[word]
            if not word.isascii():
                for first, last, countries in self._scripts:
                    if first <= word[0] <= last:
                        return countries
        return NOTHING


def _take_off_kind(contents: Contents) -> None:
    """A last word such as "City" or "Province" says nothing, but where it is part of a name: "Kansas City"."""
    words, light = contents.words, contents.light
    last = len(words) - 1
    while last > 0 and light[last]:
        last -= 1
    if last > 0 and words[last] in JAPANESE_KINDS:  # the district is that of the town
        contents.names = [named for named in contents.names if named[1] <= last or named[2].places]
    if last > 0 and words[last] in KINDS and not any(to > last and at < last for at, to, _ in contents.names):
        light[last] = True


def _take_off_letters(contents: Contents) -> None:
    """Two letters after four digits are the rest of a Dutch code: "8900 AA Leeuwarden", but not "1824 El Alto"."""
    code, letters = contents.words[:2]
    named = any(at == 1 and to > 2 for at, to, _ in contents.names)
    if len(code) == _DUTCH and code.isdigit() and letters.isalpha() and not named:
        contents.light[1] = True
