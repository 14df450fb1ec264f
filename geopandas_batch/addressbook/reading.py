"""What a batch of questions asks of a book: parts as they are, most lines by their shape, all others word by word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from geopandas_batch.addressbook.lines import Asked, Line
from geopandas_batch.addressbook.shapes import shape_of
from geopandas_batch.addressbook.spelling import keys, numbers, spell
from geopandas_batch.places import Query

LookUp: TypeAlias = Callable[[set[str]], Mapping[str, int]]  # of which kinds names are, as far as the book has them


def read(queries: Sequence[Query], look_up: LookUp) -> list[Asked]:
    """What each query asks, in the spelling of the book."""
    # A street may have the number in it.
    spelled = spell([query.text or (query.street if not query.housenumber else "") for query in queries])
    shapes = {i: shape for i, line in enumerate(spelled) if queries[i].text and (shape := shape_of(line))}
    known = look_up(set(chain.from_iterable(shape.names for shape in shapes.values())))
    read = {i: found for i, shape in shapes.items() if (found := shape.read(known))}
    doubts = look_up(set(chain.from_iterable(names for _, names in read.values()))).keys()
    asked = {i: each for i, (each, names) in read.items() if doubts.isdisjoint(names)}
    asked |= _as_parts({i: query for i, query in enumerate(queries) if not spelled[i] and not query.text})
    rest = [i for i in range(len(queries)) if i not in asked]
    asked |= _as_lines({i: Line(queries[i], spelled[i]) for i in rest}, look_up)
    return [asked[i] for i in range(len(queries))]


def _as_parts(queries: Mapping[int, Query]) -> dict[int, Asked]:
    """Parts, of which each says one thing."""
    each = queries.values()
    houses = numbers([query.housenumber for query in each])
    names = (keys([getattr(query, part) for query in each]) for part in ("street", "postcode", "city", "state"))
    return dict(zip(queries, map(Asked, houses, *names), strict=True))


def _as_lines(lines: Mapping[int, Line], look_up: LookUp) -> dict[int, Asked]:
    """Lines that only the words in them can tell."""
    known = look_up(set(chain.from_iterable(line.spell_out() for line in lines.values())))
    return {i: line.read(known) for i, line in lines.items()}
