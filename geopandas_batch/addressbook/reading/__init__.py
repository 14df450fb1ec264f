"""What a batch of questions asks of a book: parts as they are, most lines by their shape, all others word by word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

import numpy as np

from geopandas_batch.addressbook.reading.lines import Asked, Line, Places, Texts
from geopandas_batch.addressbook.reading.shapes import shapes_of
from geopandas_batch.addressbook.spelling import keys, numbers, postcodes, spell
from geopandas_batch.places import Query

Columns: TypeAlias = dict[str, Texts]  # the fields of `Asked`, each of all addresses
LookUp: TypeAlias = Callable[[set[str]], Mapping[str, int]]  # of which kinds names are, as far as the book has them


def read(queries: Sequence[Query], look_up: LookUp) -> Columns:
    """What each query asks, in the spelling of the book."""
    # A street may have the number in it.
    spelled = spell([query.text or (query.street if not query.housenumber else "") for query in queries])
    asked = {part: np.full(len(queries), "", object) for part in Asked._fields}
    told = np.zeros(len(queries), bool)

    def put(places: Places | Sequence[int], columns: Iterable[Texts | str]) -> None:
        told[places] = True
        for part, column in zip(asked.values(), columns, strict=True):
            part[places] = column

    if parts := [i for i, words in enumerate(spelled) if not words and not queries[i].text]:
        put(parts, _as_parts([queries[i] for i in parts]))
    # What is in brackets may be a part of the name before it.
    shapes = shapes_of({i: words for i, words in enumerate(spelled) if (text := queries[i].text) and "(" not in text})
    shaped = told.copy()
    for shape in shapes:
        shaped[shape.places] = True
    lines = {i: Line(queries[i], spelled[i]) for i in np.flatnonzero(~shaped).tolist()}
    names = [names for shape in shapes for names in shape.names.values()]
    known = look_up(set(chain(*names, *(line.names for line in lines.values()))))
    for shape in shapes:
        for places, columns in shape.read(known):
            put(places, columns)
    for i in np.flatnonzero(~told).tolist():
        put([i], (lines.get(i) or Line(queries[i], spelled[i])).read(known))
    return asked


def _as_parts(queries: Sequence[Query]) -> Iterator[Texts]:
    """Parts, of which each says one thing."""
    _, house, street, city, postcode, state, _ = zip(*queries, strict=True)
    spelled = numbers(house), keys(street), postcodes(postcode), keys(city), keys(state)
    return (np.array(column, object) for column in spelled)
