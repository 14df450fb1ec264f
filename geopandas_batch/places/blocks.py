"""The answers of a whole job in columns, from the wire to the file and to the frame: no object for each.

Most often a job has found all its addresses, and all columns are filled. Then a list of places is a `Block`, and the
answers to keys are a `Keyed` block. Who needs one place by itself, or puts them beside what is no place, gets what a
list and a dictionary would have given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.batching.answers import Faultless
from geopandas_batch.places import MATCHES, Extra, Location, sealed


class Block(Faultless[Location]):
    """Locations of one service in columns; a `Location` is made when it is asked for. Never changed.

    Parameters
    ----------
    service : str
        Who answered: the same for all. There is nothing that a person should know of one of them (``reason``).
    lat, lon, confidence : array of float
        As of a `Location`.
    match : array of int8
        Places in ``places.MATCHES``.
    formatted, attribution : list of str
    extra : mapping of str to list of str
        By name, and in the order of the names; each has a value for all.

    Examples
    --------
    >>> numbers = np.array([59.91, 60.39]), np.array([10.75, 5.32]), np.array([1.0, 0.9])
    >>> block = Block("here", *numbers, np.array([3, 3], np.int8), ["Oslo", "Bergen"], ["", ""], {})
    >>> block[1].formatted, [location.match for location in block[:1]]
    ('Bergen', ['city'])
    """

    __slots__ = ("attribution", "confidence", "extra", "formatted", "lat", "lon", "match", "service")

    def __init__(
        self,
        service: str,
        lat: NDArray[np.float64],
        lon: NDArray[np.float64],
        confidence: NDArray[np.float64],
        match: NDArray[np.int8],
        formatted: list[str],
        attribution: list[str],
        extra: Mapping[str, list[str]],
    ) -> None:
        """All columns are as long."""
        self.service = service
        self.lat, self.lon, self.confidence, self.match = lat, lon, confidence, match
        self.formatted, self.attribution, self.extra = formatted, attribution, extra

    @classmethod
    def joined(cls, blocks: Sequence[Self]) -> Self | None:
        """One after the other as one; None where they are not of a kind."""
        first = blocks[0]
        if len({(block.service, *block.extra) for block in blocks}) > 1:
            return None
        return cls(
            first.service,
            np.concatenate([block.lat for block in blocks]),
            np.concatenate([block.lon for block in blocks]),
            np.concatenate([block.confidence for block in blocks]),
            np.concatenate([block.match for block in blocks]),
            list(chain(*(block.formatted for block in blocks))),
            list(chain(*(block.attribution for block in blocks))),
            {name: list(chain(*(block.extra[name] for block in blocks))) for name in first.extra},
        )

    def __len__(self) -> int:
        """How many."""
        return len(self.formatted)

    @overload
    def __getitem__(self, place: int) -> Location: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> Location | Self:
        """One of them, or a block of some."""
        if not isinstance(place, slice):
            return sealed(
                float(self.lat[place]), float(self.lon[place]), self.formatted[place], MATCHES[self.match[place]],
                float(self.confidence[place]), "", self.service, self.attribution[place],
                tuple((name, column[place]) for name, column in self.extra.items()),
            )  # fmt: skip
        return type(self)(
            self.service, self.lat[place], self.lon[place], self.confidence[place], self.match[place],
            self.formatted[place], self.attribution[place],
            {name: column[place] for name, column in self.extra.items()},
        )  # fmt: skip

    def __iter__(self) -> Iterator[Location]:
        """All of them."""
        matches = map(MATCHES.__getitem__, self.match.tolist())
        return map(
            sealed, self.lat.tolist(), self.lon.tolist(), self.formatted, matches, self.confidence.tolist(), repeat(""),
            repeat(self.service), self.attribution, self.extras,
        )  # fmt: skip

    def column(self, name: str) -> Sequence[Any]:
        """A field of all."""
        if name == "match":
            return list(map(MATCHES.__getitem__, self.match.tolist()))
        if name in ("reason", "service"):
            return [self.service if name == "service" else ""] * len(self)
        found: Sequence[Any] = list(self.extras) if name == "extra" else getattr(self, name)
        return found

    @property
    def extras(self) -> Iterator[Extra]:
        """The extra of each."""
        if not self.extra:
            return repeat((), len(self))
        return zip(*(zip(repeat(name), column, strict=False) for name, column in self.extra.items()), strict=True)


class Keyed(Mapping[bytes, Location]):
    """A block, by the keys of its questions: each of another one, in their order."""

    def __init__(self, order: Sequence[bytes], block: Block) -> None:
        """A key for each place."""
        self.order, self.block = order, block
        self._places: dict[bytes, int] | None = None

    @classmethod
    def joined(cls, parts: Sequence[Mapping[bytes, Any]], order: Sequence[bytes]) -> Self | None:
        """Parts as one; None where they are not blocks of a kind, or together have other keys, or another order."""
        whole = [part for part in parts if isinstance(part, cls)]
        if not whole or len(whole) < len(parts) or list(chain(*(part.order for part in whole))) != list(order):
            return None
        block = Block.joined([part.block for part in whole])
        return None if block is None else cls(order, block)

    def __len__(self) -> int:
        """How many."""
        return len(self.block)

    def __iter__(self) -> Iterator[bytes]:
        """The keys, in the order of the places."""
        return iter(self.order)

    def __getitem__(self, key: bytes) -> Location:
        """The place of one question."""
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self.order)}
        return self.block[self._places[key]]


def keyed(keys: Sequence[bytes], answers: Sequence[Any]) -> Mapping[bytes, Any]:
    """The answers by the keys of their questions. As many as there are keys."""
    if isinstance(answers, Block) and len(keys) == len(answers) and len(set(keys)) == len(keys):
        return Keyed(keys, answers)
    return dict(zip(keys, answers, strict=True))
