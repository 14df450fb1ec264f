"""What goes out with a request: JSON text, or a form with a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geopandas_batch.encoding import Json, as_json

if TYPE_CHECKING:
    import aiohttp

JSON_BODY = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sends from a page with a file field: ``multipart/form-data``.

    Parameters
    ----------
    fields : sequence of (name, value)
        In their order; a name may come more than once.
    file_field, filename, content_type : str
        Of the file.
    content : bytes
        The file itself.
    """

    fields: Sequence[tuple[str, str]]
    file_field: str
    filename: str
    content_type: str
    content: bytes = field(repr=False)  # addresses

    def encoded(self) -> aiohttp.FormData:
        """A new one for each try: aiohttp sends it once."""
        import aiohttp

        form = aiohttp.FormData()
        for name, value in self.fields:
            form.add_field(name, value)
        form.add_field(self.file_field, self.content, filename=self.filename, content_type=self.content_type)
        return form


def encoded(body: Json | Form) -> tuple[Mapping[str, str], Any]:
    """The headers of a body, and the body as it goes out; None is none."""
    if body is None:
        return {}, None
    return ({}, body.encoded()) if isinstance(body, Form) else (JSON_BODY, as_json(body))
