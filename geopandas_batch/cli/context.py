"""A service as it answers in a file: that is one table, though its rows are asked in portions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from geopandas_batch.cli.portions import PORTION
from geopandas_batch.frames.questions import questions
from geopandas_batch.places import Query
from geopandas_batch.places.samples import sample
from geopandas_batch.services.protocol import AnyService
from geopandas_batch.services.traits import heeds_table, in_context_of

if TYPE_CHECKING:
    from geopandas_batch.sheets import Sheet


def in_file(service: AnyService, sheet: Sheet, where: tuple[Any, dict[str, Any]], columns: Sequence[str]) -> AnyService:
    """The service in the context of all addresses of a file, of which it is given a sample.

    The file is read for that, unless the service heeds no table.
    """
    if not heeds_table(service):
        return service
    some: list[Query] = []
    for frame in _frames(sheet, columns):
        some = sample([*some, *(each for each in questions(frame, *where).distinct if isinstance(each, Query))])
    return in_context_of(service, some)


def _frames(sheet: Sheet, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """The rows, in portions where the file can be read so."""
    from geopandas_batch.sheets.delimited import Delimited, frame_of

    if isinstance(sheet, Delimited):
        for chunk in sheet.chunks(columns):
            yield frame_of(columns, chunk.rows)
    elif hasattr(sheet, "chunks"):
        for chunk in sheet.chunks(columns, PORTION):
            yield chunk.frame
    else:
        yield sheet.frame(columns)
