"""Many rows in one statement: to hand over a row by itself takes longer than SQLite needs to put it in."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import chain, islice, repeat

import numpy as np

from geopandas_batch.encoding import as_json

ROWS = 50  # in one statement: from here on, more win nothing
PIECES = 5000  # the same, where they are cut from one value
FEW = 20  # numbers: of so many, an array takes longer to be made than it saves; most look-ups are for one

_LENGTH = 32  # bits for the length of a piece; where it begins is above


def insert(db: sqlite3.Connection, into: str, rows: Iterable[Sequence[object]]) -> None:
    """Put rows in, by a statement up to its VALUES. Half the time that ``executemany`` takes."""
    rest = iter(rows)
    while part := list(islice(rest, ROWS)):
        if len(part) == ROWS:
            db.execute(_statement(into, len(part[0]), ROWS), list(chain.from_iterable(part)))
        else:
            db.executemany(_statement(into, len(part[0]), 1), part)


@cache
def _statement(into: str, columns: int, rows: int) -> str:
    marks = ",".join("?" * columns)
    return f"{into} VALUES {','.join(repeat(f'({marks})', rows))}"


def listed(numbers: Collection[int]) -> str:
    """Numbers in their order, for ``json_each``: one variable in place of a thousand."""
    if len(numbers) <= FEW:
        return as_json(sorted(numbers)).decode()
    return as_json(np.sort(np.fromiter(numbers, np.int64, len(numbers))).tolist()).decode()


def cut(values: Sequence[bytes]) -> tuple[bytes, str]:
    """Values as one, and as JSON where each of them is in it: for ``json_each``, whose ``value`` `PIECE` reads.

    So SQLite takes each from where it is, and Python hands over two values, for however many rows.
    """
    lengths = np.fromiter(map(len, values), np.int64)
    places = (lengths.cumsum() - lengths + 1 << _LENGTH | lengths).tolist()
    if not lengths.all():
        places = [place if length else None for place, length in zip(places, lengths.tolist(), strict=True)]
    return b"".join(values), as_json(places).decode()


# Of the value that is called so; NULL of a place that is null.
PIECE = f"substr(:together, value >> {_LENGTH}, value & {(1 << _LENGTH) - 1})"
