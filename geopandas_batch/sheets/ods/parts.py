"""The part of an OpenDocument spreadsheet that changes: the rows of one sheet, with new cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from geopandas_batch.sheets.cells import held
from geopandas_batch.sheets.ods.cells import REPEATED, STYLE, WIDEST, Walker
from geopandas_batch.sheets.splicing import Attributes, plain, with_attribute

_SPANNED = "table:number-columns-spanned"
_PLAIN = "-plain"  # behind the name of a style: the same without a number format


class TableWriter(Walker):
    """Writes new cells into the rows of a sheet."""

    def __init__(
        self,
        title: str,
        values: Mapping[int, Sequence[Any]],
        columns: Sequence[int],
        styles: Mapping[str, bytes],
        width: int,
    ) -> None:
        """``values``: by row as written, one a column; ``columns``: their places from 0; ``styles``: of old cells.

        ``width``: columns that there are already. No merged cell hides something in those behind them.
        """
        super().__init__(title)
        self.values, self.columns = values, columns
        self.parted = 0  # merged cells that lay over new ones
        self._width = width
        self._styles = {name: written for name, written in styles.items() if b"style:data-style-name" in _tag(written)}
        self._column = 0
        self._told_of = 0  # columns
        self._started = 0
        self._cells: list[tuple[int, int, int, int, Attributes]] = []  # column, repeat, start, end

    def start(self, name: str, attributes: Attributes) -> None:
        """As before; and what tells of columns."""
        super().start(name, attributes)
        if name == "table-column" and self.here_now and self.depth == 1:
            count = int(attributes.get(REPEATED, 1))
            if attributes.get("table:visibility", "visible") != "visible":
                self._show(self._told_of, count)
            self._told_of += count

    def _show(self, first: int, count: int) -> None:
        """Take the new columns out of those that are hidden."""
        new = [column - first for column in self.columns if first <= column < first + count]
        if new and self.tag.endswith(b"/>"):
            seen = with_attribute(self.tag, "table:visibility", None)
            parts = ((self.tag, min(new)), (seen, max(new) - min(new) + 1), (self.tag, count - max(new) - 1))
            tags = b"".join(_repeated(tag, times) for tag, times in parts if times)
            self.edit(self.here, self.here + len(self.tag), tags)

    def end(self, name: str) -> None:
        """As before; and behind the styles, those that new cells may need."""
        if name == "automatic-styles":
            added = b"".join(_without_format(written, old + _PLAIN) for old, written in self._styles.items())
            self.edit(self.here, self.here, added)
        super().end(name)

    def start_row(self, attributes: Attributes) -> None:
        """Nothing of it is written until it ends."""
        self.hold, self._column, self._cells = self.here, 0, []

    def start_cell(self, attributes: Attributes) -> None:
        """Where it starts."""
        self._started = self.here

    def end_cell(self) -> None:
        """Where it ends, and how many columns it stands for."""
        attributes = self.cell or {}
        repeat = int(attributes.get(REPEATED, 1))
        self._cells.append((self._column, repeat, self._started, self.after, attributes))
        self._column += repeat

    def end_row(self) -> None:
        """Its new cells are put in."""
        row = self.values.get(self.row)
        if row is not None:
            self._fill(dict(zip(self.columns, row, strict=True)))
        self.hold = None

    def _fill(self, wanted: dict[int, Any]) -> None:
        first = min(wanted)
        beside = next((each for each in reversed(self._cells) if each[0] < first), None)
        style = self._plain_style(beside[4].get(STYLE, "")) if beside else ""
        for column, repeat, start, end, attributes in self._cells:
            inside = [place for place in range(column, column + min(repeat, WIDEST)) if place in wanted]
            if not inside:
                if column < self._width < column + int(attributes.get(_SPANNED, 1)) and self._hides(attributes):
                    tag = self._tag_at(start)
                    self.edit(start, start + len(tag), with_attribute(tag, _SPANNED, str(self._width - column)))
                    self.parted += 1
                continue
            written, at, pieces = self.written(start, end), column, []
            for place in [*inside, column + repeat]:
                if place > at:
                    pieces.append(_repeated(written, place - at))
                if place in wanted and place < column + repeat:
                    pieces.append(cell(wanted.pop(place), style))
                at = place + 1
            self.edit(start, end, b"".join(pieces))
        at, pieces = self._column, []
        for place in sorted(wanted):
            if place > at:
                pieces.append(_repeated(b"<table:table-cell/>", place - at))
            pieces.append(cell(wanted[place], style))
            at = place + 1
        self.edit(self.here, self.here, b"".join(pieces))

    def _hides(self, attributes: Attributes) -> bool:
        """Whether there is something in new columns beside a merged cell that starts in this row."""
        rows = range(self.row, self.row + int(attributes.get("table:number-rows-spanned", 1)))
        new = [place for place, column in enumerate(self.columns) if column >= self._width]
        return any(
            held(self.values[row][place]) not in (None, "") for row in rows if row in self.values for place in new
        )

    def _plain_style(self, name: str) -> str:
        """The style that looks like this one and shows a number as it is."""
        return name + _PLAIN if name in self._styles else name


def _without_format(style: bytes, name: str) -> bytes:
    tag = _tag(style)
    return with_attribute(with_attribute(tag, "style:data-style-name", None), "style:name", name) + style[len(tag) :]


def cell(value: Any, style: str = "") -> bytes:
    """A cell that can never be a formula: a number, or text that stands in it as text."""
    look = f' {STYLE}="{plain(style)}"' if style else ""
    value = held(value)
    if isinstance(value, date | time | timedelta):
        value = str(value)
    if value is None or value == "":
        return f"<table:table-cell{look}/>".encode()
    if isinstance(value, str):
        paragraphs = "".join(f"<text:p>{plain(line)}</text:p>" for line in value.splitlines())
        return f'<table:table-cell{look} office:value-type="string">{paragraphs}</table:table-cell>'.encode()
    number = int(value) if isinstance(value, int) else value
    return (
        f'<table:table-cell{look} office:value-type="float" office:value="{number!r}">'
        f"<text:p>{number!r}</text:p></table:table-cell>"
    ).encode()


def _tag(element: bytes) -> bytes:
    return element[: element.index(b">") + 1]


def _repeated(element: bytes, times: int) -> bytes:
    tag = _tag(element)
    return with_attribute(tag, REPEATED, str(times) if times > 1 else None) + element[len(tag) :]
