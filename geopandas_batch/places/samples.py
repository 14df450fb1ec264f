"""A sample of the addresses of a table: the same one in whatever order and portions these come."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from zlib import crc32

from geopandas_batch.places import Query

_COUNT = 500  # tell in which countries most of a table are


def sample(queries: Iterable[Query]) -> list[Query]:
    """Some of the distinct addresses, all of them where they are few; of two samples, that of both tables together.

    Examples
    --------
    >>> sample([Query("Oslo"), Query("Bergen"), Query("Oslo")]) == sample([Query("Bergen"), Query("Oslo")])
    True
    """
    return heapq.nsmallest(_COUNT, {*queries}, key=lambda query: (_mark(query), query))


def _mark(query: Query) -> int:
    return crc32(query.line.encode(errors="surrogatepass"))
