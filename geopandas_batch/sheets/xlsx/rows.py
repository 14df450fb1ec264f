"""The rows of a worksheet, with new cells in them."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from geopandas_batch.sheets.cells import FORMULA
from geopandas_batch.sheets.splicing import Attributes, Splicer, plain, with_attribute
from geopandas_batch.sheets.xlsx.cells import MERGED, column_of
from geopandas_batch.sheets.xlsx.styles import Styles

_WIDTH = "12.7109375"  # characters: a coordinate with six decimals, in Excel's unit


class RowWriter(Splicer):
    """Writes new cells into the rows of a sheet."""

    def __init__(
        self,
        values: Iterable[tuple[int, Sequence[Any]]],
        columns: Sequence[int],
        header: int,
        styles: Styles,
        width: int,
        shown: Sequence[int],
    ) -> None:
        """``values``: number of a row and a value a column, in the order of the rows; ``columns``: from 1.

        ``width``: columns that there are already; ``shown``: rows with something in those behind them, which no merged
        cell may hide.
        """
        super().__init__()
        self.columns, self.header, self.styles = columns, header, styles
        self.parted = 0  # merged cells that lay over new ones
        self._width, self._shown = width, shown
        self._merged: list[tuple[int, int, bytes]] = []  # start and end of each, and what comes in its place
        self._merging = b""
        self._values = iter(values)
        self._next = next(self._values, None)
        self._row = self._column = 0
        self._tag = b""
        self._wanted = frozenset(columns)
        self._cells: list[tuple[int, int, int, int]] = []  # column, start, end, style
        self._cell: tuple[int, int, int] | None = None
        self._columns_end = 0
        self._letters = dict[str, int]()

    def start(self, name: str, attributes: Attributes) -> None:
        """A row starts, a cell, or what tells of the columns."""
        if name == "c" and self.hold is not None:
            reference = attributes.get("r")
            if reference is None:
                self._column += 1
            else:
                letters = reference.rstrip("0123456789")
                self._column = self._letters.get(letters) or self._letters.setdefault(letters, column_of(letters))
            self._cell = (self._column, self._seen, int(attributes.get("s", 0)))
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self.hold, self._tag, self._column, self._cells = self.here, self.tag, 0, []
        elif name == "dimension":
            self._widen(attributes.get("ref", ""))
        elif name == "col":
            self._columns_end = max(self._columns_end, int(attributes.get("max", 0)))
            if attributes.get("hidden") in ("1", "true"):
                self._show(int(attributes.get("min", 0)), int(attributes.get("max", 0)))
        elif name == "mergeCells":
            self.hold, self._merging, self._merged = self.here, self.tag, []
        elif name == "mergeCell":
            tag = self.tag
            self._merged.append((self.here, self.here + len(tag), self._apart(tag, attributes.get("ref", ""))))

    def end(self, name: str) -> None:
        """A row ends: its new cells are put in."""
        if name == "c" and self._cell:
            column, start, style = self._cell
            end = self.after if column in self._wanted else 0  # of the others, nobody asks
            self._cells.append((column, start, end, style))
            self._cell = None
        elif name == "row":
            if self._next is not None and self._next[0] == self._row:
                self._fill(self.here, self._next[1])
                self._next = next(self._values, None)
            self.hold = None
        elif name == "mergeCells" and self.hold is not None:
            if self.parted:
                left = sum(tag != b"" for _, _, tag in self._merged)
                for start, end, tag in self._merged if left else [(self.hold, self.after, b"")]:
                    self.edit(start, end, tag)
                if left:
                    opening = with_attribute(self._merging, "count", str(left))
                    self.edit(self.hold, self.hold + len(self._merging), opening)
            self.hold = None
        elif name == "cols" and self._columns_end < min(self.columns):
            first, last = min(self.columns), max(self.columns)
            new = f'<{_prefix(self.written(self.here, self.after))}col min="{first}" max="{last}"'
            self.edit(self.here, self.here, f'{new} width="{_WIDTH}" customWidth="1"/>'.encode())

    def _widen(self, reference: str) -> None:
        match = re.fullmatch(r"([A-Z]+\d+)(?::([A-Z]+)(\d+))?", reference)
        if match and match[2] and column_of(match[2]) < max(self.columns):
            new = f"{match[1]}:{_letters(max(self.columns))}{match[3]}"
            self.edit(self.here, self.here + len(self.tag), with_attribute(self.tag, "ref", new))

    def _apart(self, tag: bytes, reference: str) -> bytes:
        """A merged cell that ends before the new columns, if it would hide something in them; empty if none is left."""
        match = MERGED.fullmatch(reference)
        if not match or not tag.endswith(b"/>"):
            return tag
        first, last = column_of(match[1]), column_of(match[3])
        top, bottom = int(match[2]), int(match[4])
        place = bisect_left(self._shown, top)
        hides = place < len(self._shown) and self._shown[place] <= bottom
        if not hides or first > max(self.columns) or last <= self._width:
            return tag
        self.parted += 1
        last = self._width
        if first > last or (first == last and top == bottom):
            return b""
        return with_attribute(tag, "ref", f"{match[1]}{top}:{_letters(last)}{bottom}")

    def _show(self, first: int, last: int) -> None:
        """Take the new columns out of those that are hidden, as a person hides all that a table does not need."""
        new = [column for column in self.columns if first <= column <= last]
        if not new or not self.tag.endswith(b"/>"):
            return
        seen = with_attribute(with_attribute(self.tag, "hidden", None), "width", _WIDTH)
        parts = ((first, min(new) - 1, self.tag), (min(new), max(new), seen), (max(new) + 1, last, self.tag))
        tags = [
            with_attribute(with_attribute(tag, "min", str(start)), "max", str(end))
            for start, end, tag in parts
            if start <= end
        ]
        self.edit(self.here, self.here + len(self.tag), b"".join(tags))

    def _look(self, style: int, value: Any) -> int:
        return self.styles.plain(style, text=isinstance(value, str) and value.startswith(FORMULA))

    def _fill(self, end: int, row: Sequence[Any]) -> None:
        old = {column: (start, after, style) for column, start, after, style in self._cells}
        prefix = _prefix(self._tag)
        beside = max((column for column in old if column < min(self.columns)), default=0)
        style = old[beside][2] if beside else 0
        at: dict[int, bytes] = {}
        for column, value in sorted(zip(self.columns, row, strict=True)):
            if column in old:
                start, after, own = old[column]
                look = own if self._row == self.header else self._look(own, value)
                self.edit(start, after, _cell(prefix, column, self._row, look, value))
            else:
                before = min((cell[0] for other, cell in old.items() if other > column), default=end)
                look = style if self._row == self.header else self._look(style, value)
                at[before] = at.get(before, b"") + _cell(prefix, column, self._row, look, value)
        for before, cells in at.items():
            self.edit(before, before, cells)
        spans = re.search(rb'\sspans\s*=\s*"(\d+):(\d+)"', self._tag)
        if spans and int(spans[2]) < max(self.columns) and self.hold is not None:
            new = with_attribute(self._tag, "spans", f"{int(spans[1])}:{max(self.columns)}")
            self.edit(self.hold, self.hold + len(self._tag), new)


def _cell(prefix: str, column: int, row: int, style: int, value: Any) -> bytes:
    """A cell that can never be a formula: a number, or text that stands in it as text."""
    p = prefix
    look = f' s="{style}"' if style else ""
    where = f'<{p}c r="{_letters(column)}{row}"{look}'
    if value is None or value != value or value == "":
        return f"{where}/>".encode()
    if isinstance(value, str):
        # _x0041_ would be read as A (ECMA-376, part 1, 22.9.2.19)
        text = plain(re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value))
        return f'{where} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>'.encode()
    number = float(value)
    return f"{where}><{p}v>{number!r}</{p}v></{p}c>".encode() if math.isfinite(number) else f"{where}/>".encode()


def _prefix(tag: bytes) -> str:
    match = re.match(rb"</?([^\s:/>]+:)?", tag)
    return match[1].decode() if match and match[1] else ""


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
