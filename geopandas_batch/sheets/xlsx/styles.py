"""The list of a workbook's cell formats, with new ones at its end."""

from __future__ import annotations

import re
from io import BytesIO

from geopandas_batch.sheets.splicing import Attributes, Splicer, with_attribute


class Styles(Splicer):
    """The cell formats of a workbook: each new one is an old one with a plain number format."""

    def __init__(self, content: bytes) -> None:
        """``content``: the part ``styles.xml``; may be empty."""
        super().__init__()
        self._content = content
        self._formats: list[bytes] = []  # the <xf> of cellXfs, as written
        self._new: dict[tuple[int, bool], int] = {}
        self._inside = False
        self._started = 0
        self._opening = (0, b"")
        self._closing = 0
        self.hold = 0
        if content:
            self.run(BytesIO(content), BytesIO())

    def start(self, name: str, attributes: Attributes) -> None:
        """The list starts, or a format in it."""
        if name == "cellXfs":
            self._inside, self._opening = True, (self.here, self.tag)
        elif name == "xf" and self._inside:
            self._started = self.here

    def end(self, name: str) -> None:
        """A format ends, or the list."""
        if name == "xf" and self._inside:
            self._formats.append(self.written(self._started, self.after))
        elif name == "cellXfs":
            self._inside, self._closing = False, self.here

    def plain(self, style: int, *, text: bool = False) -> int:
        """The style that looks like this one and shows a number as it is.

        ``text``: what is in the cell stays text when somebody edits it, whatever it starts with.
        """
        if style >= len(self._formats):
            return style
        if not text and re.search(rb'\bnumFmtId\s*=\s*"0"', self._formats[style]):
            return style
        return self._new.setdefault((style, text), len(self._formats) + len(self._new))

    def content(self) -> bytes:
        """The part with the new formats."""
        if not self._new:
            return self._content
        added = b"".join(_format(self._formats[style], text) for style, text in self._new)
        place, tag = self._opening
        opening = with_attribute(tag, "count", str(len(self._formats) + len(self._new)))
        rest = self._content[place + len(tag) : self._closing]
        return self._content[:place] + opening + rest + added + self._content[self._closing :]


def _format(written: bytes, text: bool) -> bytes:
    """A cell format with the plain number format."""
    tag = written[: written.index(b">") + 1]
    new = with_attribute(tag, "numFmtId", "0")
    return (with_attribute(new, "quotePrefix", "1") if text else new) + written[len(tag) :]
