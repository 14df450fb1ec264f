"""CSV files as they are sent to a service, and as they come back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aiohttp import web


class Upload(NamedTuple):
    """A file with what came beside it."""

    fields: Mapping[str, Sequence[str]]
    rows: list[list[str]]


class RefusedError(Exception):
    """A status and a message, in place of an answer."""

    def __init__(self, status: int, message: str = "") -> None:
        """``message`` is for the client."""
        super().__init__(message)
        self.status, self.message = status, message


async def read(request: web.Request, file_field: str) -> Upload:
    """What a browser would send from a page with a file field of this name."""
    if request.method != "POST" or request.content_type != "multipart/form-data":
        raise RefusedError(404)
    fields: dict[str, list[str]] = {}
    rows: list[list[str]] | None = None
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            if name == file_field:
                text = value.file.read().decode("utf-8", "replace").removeprefix("\ufeff")
                rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        else:
            fields.setdefault(name, []).append(str(value))
    if rows is None:
        raise RefusedError(400, f"A CSV file must be provided in {file_field} field")
    return Upload(fields, rows)


def table(rows: Sequence[Sequence[Any]], *, quoted: bool) -> str:
    """CSV text."""
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n").writerows(rows)
    return file.getvalue()
