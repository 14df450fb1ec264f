"""Countries, regions and their codes in an address."""

from __future__ import annotations

from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading import NOTHING, Item, Name, Part, Reading
from geopandas_batch.gazetteer.spelling import is_unspaced
from geopandas_batch.gazetteer.words import STREET_AFTER

_ARTICLES = (["a"], ["o"], ["la"], ["el"], ["the"])
_FULL_WORD = 4  # letters; shorter words may be codes


def _stands_at_end(tokens: list[str], part: Part, area: tuple[int, int, Name]) -> bool:
    """Whether a name that ends a part is the country or region of what stands before it."""
    start, end, name = area
    if start == part.start or tokens[part.start : start] in _ARTICLES:
        return True
    if name.countries:
        return tokens[start:end] != ["island"]  # "Horn Island" is not in Iceland
    # Districts share their names with towns and streets; those of two words do not.
    return bool(name.regions) or (end - start > 1 and not name.places)


class Items:
    """Finds the items of an address and marks their tokens as light."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the codes of an atlas."""
        self._atlas, self._short = atlas, atlas.short
        self.three_letters = frozenset(code for code in atlas.short if len(code) == _FULL_WORD - 1)
        self._codes = {
            code: (
                frozenset(entity - atlas.regions for entity in entities if entity >= atlas.regions),
                frozenset(entity - atlas.districts for entity in entities if atlas.districts <= entity < atlas.regions),
                frozenset(entity - atlas.villages for entity in entities if entity < atlas.districts),
            )
            for code, entities in atlas.short.items()
        }

    def find(self, reading: Reading, part: Part, areas: Sequence[tuple[int, int, Name]]) -> None:
        """Add the items of one part, of which these names are those of areas: codes count only where codes stand."""
        placed = self._find_at_end(reading, part, areas)
        start, end, role = part
        tokens, light = reading.tokens, reading.light
        # "CH 8001 Zürich"
        if end - start > 1 and not light[start] and tokens[start] in self._short and tokens[start + 1][:1].isdigit():
            reading.items.append(self._code(tokens[start], start, role))
            light[start] = True
        for at, to, name in areas:
            if (at, to) in placed or (at == start and is_unspaced(tokens[at])):
                light[at:to] = [True] * (to - at)
                countries = NOTHING if role == "state" else name.countries
                item = Item(at, to, countries, name.regions, name.districts, code=False, placed=True)
                reading.items.append(item)

    def _find_at_end(
        self, reading: Reading, part: Part, areas: Sequence[tuple[int, int, Name]]
    ) -> set[tuple[int, int]]:
        """Go from the end of the part towards its start as long as there are numbers, codes, regions and countries."""
        tokens, light, short = reading.tokens, reading.light, self._short
        start, end, role = part
        ending: dict[int, tuple[int, int, Name]] = {}  # the longest: names come in the order of their starts
        for area in areas:
            ending.setdefault(area[1], area)
        placed: set[tuple[int, int]] = set()
        at = end
        while at > start:
            token = tokens[at - 1]
            found = ending.get(at)
            if (
                found is not None
                and _stands_at_end(tokens, part, found)
                and not self._is_lone_code(reading, part, found)
            ):
                placed.add(found[:2])
                light[found[0] : at] = [True] * (at - found[0])
                at = found[0]
            elif light[at - 1] and token not in short:
                at -= 1
            elif token in short and self._is_code(reading, part, at - 1):
                reading.items.append(self._code(token, at - 1, role))
                light[at - 1] = True
                at -= 1
            else:
                break
        return placed

    def _is_lone_code(self, reading: Reading, part: Part, area: tuple[int, int, Name]) -> bool:
        """Whether a short word is a code before it is the name of a district: "BO" after a region of Bolivia."""
        token = reading.tokens[area[0]]
        alone = part.start > 0 and part.end - part.start == 1
        return alone and len(token) < _FULL_WORD and token in self._short and not area[2].countries

    def _is_code(self, reading: Reading, part: Part, at: int) -> bool:
        """Whether a code stands where codes stand: not all alone, unless a number follows.

        Three letters of a country are a code in capitals, or alone in the last part: "mar" is the sea.
        """
        token, role = reading.tokens[at], part.role
        if role == "any" and at == 0 and not "".join(reading.tokens[1:2])[:1].isdigit():
            return False
        if role == "any" and token in STREET_AFTER:
            return False  # "Wall St" is not in São Tomé
        if len(token) < _FULL_WORD - 1 or role != "any" or min(self._short[token]) < self._atlas.regions:
            return True
        alone_at_last = part == reading.parts[-1] and part.end - part.start == 1
        return alone_at_last or token in reading.capitals

    def _code(self, token: str, at: int, role: str) -> Item:
        """A code as an item; one that was given as country or state is as good as a name."""
        countries, regions, districts = self._codes[token]
        if role == "country":
            regions = districts = NOTHING
        elif role == "state":
            countries = NOTHING
        return Item(at, at + 1, countries, regions, districts, code=role in {"any", "city"}, placed=True)
