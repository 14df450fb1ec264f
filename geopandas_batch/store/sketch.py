"""Which keys a file may have, in so few bits that it fits beside the work: what is not marked there is not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geopandas_batch.store.keys import KEY_BYTES

BITS = 24  # of a key, which is a digest: 2 MB of marks. Of a million keys, they take 6 of 100 others for known
PLACE_BITS = 63  # of a key, as in the index

_MARKS = np.left_shift(1, np.arange(8)).astype(np.uint8)


class Sketch:
    """A mark for each key that was added, by its first bits. Others may have the same."""

    def __init__(self) -> None:
        """No key is there."""
        self._marks = np.zeros(2**BITS // 8, np.uint8)

    def add(self, keys: bytes) -> None:
        """Mark keys that are in one piece."""
        self._mark(_numbers(keys))

    def add_places(self, places: Sequence[int]) -> None:
        """Mark keys by the numbers that they have in the index."""
        self._mark(np.fromiter(places, np.int64, len(places)) >> PLACE_BITS - BITS)

    def among(self, keys: Sequence[bytes]) -> list[bytes]:
        """Those that may be there; the others are not."""
        numbers = _numbers(b"".join(keys))
        marked = self._marks[numbers >> 3] & _MARKS[numbers & 7]
        return [keys[place] for place in np.flatnonzero(marked).tolist()]

    def _mark(self, numbers: NDArray[np.integer]) -> None:
        np.bitwise_or.at(self._marks, numbers >> 3, _MARKS[numbers & 7])


def _numbers(keys: bytes) -> NDArray[np.integer]:
    return np.frombuffer(keys, ">u4")[:: KEY_BYTES // 4] >> 32 - BITS
