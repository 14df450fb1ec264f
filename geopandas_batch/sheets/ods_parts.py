"""The rows of an OpenDocument sheet (OASIS OpenDocument 1.3, part 3, chapter 9), read and written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from geopandas_batch.sheets.cells import held
from geopandas_batch.sheets.splicing import Attributes, Splicer, plain, with_attribute

_MOST = 1_048_576  # rows of a sheet: more copies of a row with content are a mistake in the file
_REPEATED = "table:number-columns-repeated"
_SPANNED = "table:number-columns-spanned"
_STYLE = "table:style-name"
_PLAIN = "-plain"  # behind the name of a style: the same without a number format


class _Walker(Splicer):
    """Knows which table, row and cell it is in; tables within cells are no rows of the sheet."""

    def __init__(self, title: str | None) -> None:
        super().__init__()
        self.title = title
        self.titles: list[str] = []
        self.chosen: str | None = None
        self.here_now = False
        self.row = -1  # as written: repeated ones count once
        self.depth = 0  # of tables
        self.cell: Attributes | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "table":
            self.depth += 1
            if self.depth == 1:
                title = attributes.get("table:name", "")
                self.titles.append(title)
                self.here_now = title == self.title or (self.title is None and len(self.titles) == 1)
                self.chosen = title if self.here_now else self.chosen
        elif self.here_now and self.depth == 1 and name == "table-row":
            self.row += 1
            self.start_row(attributes)
        elif self.here_now and self.depth == 1 and name in ("table-cell", "covered-table-cell") and self.cell is None:
            self.cell = attributes
            self.start_cell(attributes)

    def end(self, name: str) -> None:
        if name == "table":
            self.depth -= 1
            self.here_now = self.here_now and self.depth > 0
        elif self.here_now and self.depth == 1 and name in ("table-cell", "covered-table-cell"):
            self.end_cell()
            self.cell = None
        elif self.here_now and self.depth == 1 and name == "table-row":
            self.end_row()

    def start_row(self, attributes: Attributes) -> None:
        pass

    def end_row(self) -> None:
        pass

    def start_cell(self, attributes: Attributes) -> None:
        pass

    def end_cell(self) -> None:
        pass


class Reader(_Walker):
    """The rows of a sheet that hold something: which it is, how often it is repeated, its cells as they are shown."""

    def __init__(self, title: str | None, header: int = 1) -> None:
        """``title``: None for the first sheet; ``header``: its row, from 1. What is above is not read."""
        super().__init__(title)
        self._above = header - 1
        self.rows: list[tuple[int, int, list[str]]] = []
        self.styles: dict[str, bytes] = {}  # automatic styles of cells, as written
        self.used: set[str] = set()  # styles of the cells of the sheet
        self.formulas: set[int] = set()  # columns with formulas, from 0
        self._repeat = 1
        self._texts: list[str] = []
        self._paragraphs: list[str] = []
        self._aside = 0  # depth within notes and drawings of a cell
        self._in_paragraph = 0
        self._style: tuple[str, int] | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        """As before; and the text of a cell."""
        super().start(name, attributes)
        if name == "style" and attributes.get("style:family") == "table-cell":
            self._style = attributes.get("style:name", ""), self.here
            self.hold = self.here
        if self.cell is None:
            return
        if name in ("annotation", "shapes", "frame", "custom-shape") or self._aside:
            self._aside += 1
        elif name == "p":
            self._in_paragraph += 1
            self._paragraphs.append("")
        elif self._in_paragraph and name in ("s", "tab", "line-break"):
            self._paragraphs[-1] += {"s": " " * int(attributes.get("text:c", 1)), "tab": "\t"}.get(name, "\n")

    def end(self, name: str) -> None:
        """As before."""
        if name == "style" and self._style:
            self.styles[self._style[0]] = self.written(self._style[1], self.after)
            self._style = self.hold = None
        if self._aside:
            self._aside -= 1
        elif name == "p" and self._in_paragraph:
            self._in_paragraph -= 1
        super().end(name)

    def text(self, text: str) -> None:
        """Of the cell, where it is its own."""
        if self._in_paragraph and not self._aside and self._paragraphs:
            self._paragraphs[-1] += text

    def start_row(self, attributes: Attributes) -> None:
        """Nothing is in it yet."""
        self._repeat, self._texts = int(attributes.get("table:number-rows-repeated", 1)), []

    def start_cell(self, attributes: Attributes) -> None:
        """Nothing is in it yet."""
        self._paragraphs = []
        self.used.add(attributes.get(_STYLE, ""))

    def end_cell(self) -> None:
        """What it shows; of numbers all digits, unless it shows zeros before them."""
        attributes = self.cell or {}
        if "table:formula" in attributes:
            self.formulas.add(len(self._texts))
        shown = "\n".join(self._paragraphs)
        value = attributes.get("office:value")
        if value is not None and attributes.get("office:value-type") == "float" and not re.fullmatch(r"0\d+", shown):
            shown = value
        self._texts += [shown] * min(int(attributes.get(_REPEATED, 1)), _MOST if shown else 20_000)

    def end_row(self) -> None:
        """Kept where it holds something."""
        while self._texts and not self._texts[-1]:
            self._texts.pop()
        if self._texts and self._above <= 0:
            self.rows.append((self.row, min(self._repeat, _MOST), self._texts))
        self._above -= self._repeat


class TableWriter(_Walker):
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
            count = int(attributes.get(_REPEATED, 1))
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
        repeat = int(attributes.get(_REPEATED, 1))
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
        style = self._plain_style(beside[4].get(_STYLE, "")) if beside else ""
        for column, repeat, start, end, attributes in self._cells:
            inside = [place for place in range(column, column + min(repeat, 20_000)) if place in wanted]
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
    look = f' {_STYLE}="{plain(style)}"' if style else ""
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
    return with_attribute(tag, _REPEATED, str(times) if times > 1 else None) + element[len(tag) :]
