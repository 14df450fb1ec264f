"""What a batch of questions asks of a book: parts as they are, most lines by their shape, all others word by word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from geopandas_batch.addressbook.lines import Asked, Line
from geopandas_batch.addressbook.shapes import shapes_of
from geopandas_batch.addressbook.spelling import keys, numbers, spell
from geopandas_batch.places import Query

LookUp: TypeAlias = Callable[[set[str]], Mapping[str, int]]  # of which kinds names are, as far as the book has them


def read(queries: Sequence[Query], look_up: LookUp) -> list[Asked]:
    """What each query asks, in the spelling of the book."""
    # A street may have the number in it.
    spelled = spell([query.text or (query.street if not query.housenumber else "") for query in queries])
    asked = _as_parts({i: query for i, query in enumerate(queries) if not spelled[i] and not query.text})
    shapes = shapes_of({i: words for i, words in enumerate(spelled) if queries[i].text})
    shaped = {i for shape in shapes for i in shape.places}
    lines = {i: Line(queries[i], words) for i, words in enumerate(spelled) if i not in asked and i not in shaped}
    names = [names for shape in shapes for names in shape.names.values()]
    known = look_up(set(chain(*names, *(line.names for line in lines.values()))))
    asked.update(chain.from_iterable(shape.read(known) for shape in shapes))
    lines |= {i: Line(queries[i], spelled[i]) for i in shaped if i not in asked}
    asked |= {i: line.read(known) for i, line in lines.items()}
    return [asked[i] for i in range(len(queries))]


def _as_parts(queries: Mapping[int, Query]) -> dict[int, Asked]:
    """Parts, of which each says one thing."""
    each = queries.values()
    houses = numbers([query.housenumber for query in each])
    names = (keys([getattr(query, part) for query in each]) for part in ("street", "postcode", "city", "state"))
    return dict(zip(queries, map(Asked, houses, *names), strict=True))
