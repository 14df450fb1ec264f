"""What the cells of an OpenDocument sheet say, row by row (OASIS OpenDocument 1.3, part 3, chapter 9)."""

from __future__ import annotations

import re

from geopandas_batch.sheets.splicing import Attributes, Splicer

REPEATED = "table:number-columns-repeated"
STYLE = "table:style-name"
WIDEST = 20_000  # columns that are looked at: spreadsheet programs have 16,384
_MOST = 1_048_576  # rows of a sheet: more copies of a row with content are a mistake in the file


class Walker(Splicer):
    """Knows which table, row and cell it is in; tables within cells are no rows of the sheet."""

    def __init__(self, title: str | None) -> None:
        """``title``: None for the first sheet."""
        super().__init__()
        self.title = title
        self.titles: list[str] = []
        self.chosen: str | None = None
        self.here_now = False
        self.row = -1  # as written: repeated ones count once
        self.depth = 0  # of tables
        self.cell: Attributes | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        """Find out where it is, and tell of a row or cell of the sheet."""
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
        """The same."""
        if name == "table":
            self.depth -= 1
            self.here_now = self.here_now and self.depth > 0
        elif self.here_now and self.depth == 1 and name in ("table-cell", "covered-table-cell"):
            self.end_cell()
            self.cell = None
        elif self.here_now and self.depth == 1 and name == "table-row":
            self.end_row()

    def start_row(self, attributes: Attributes) -> None:
        """A row of the sheet starts."""

    def end_row(self) -> None:
        """It ends."""

    def start_cell(self, attributes: Attributes) -> None:
        """A cell of the row starts."""

    def end_cell(self) -> None:
        """It ends; it is still ``cell``."""


class Reader(Walker):
    """The rows of a sheet that hold something: which it is, how often it is repeated, its cells as they are shown."""

    def __init__(self, title: str | None, header: int = 1) -> None:
        """``title``: None for the first sheet; ``header``: its row, from 1. What is above is not read."""
        super().__init__(title)
        self._above, self._has_names = header - 1, header > 0
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
        self.tall = 0  # cells that are merged over several rows
        self._over: dict[int, tuple[str, int]] = {}  # by column, what is merged and in how many rows from here on

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
        self.used.add(attributes.get(STYLE, ""))

    def end_cell(self) -> None:
        """What it shows; of numbers all digits, unless it shows zeros before them."""
        attributes = self.cell or {}
        if "table:formula" in attributes:
            self.formulas.add(len(self._texts))
        shown = "\n".join(self._paragraphs)
        value = attributes.get("office:value")
        if value is not None and attributes.get("office:value-type") == "float" and not re.fullmatch(r"0\d+", shown):
            shown = value
        rows = int(attributes.get("table:number-rows-spanned", 1))
        if rows > 1 and shown and (self.rows or not self._has_names):
            self._over[len(self._texts)] = shown, rows
            self.tall += 1
        self._texts += [shown] * min(int(attributes.get(REPEATED, 1)), WIDEST)

    def end_row(self) -> None:
        """Kept where it holds something, with what is merged over it from above."""
        while self._texts and not self._texts[-1]:
            self._texts.pop()
        if self._texts and self._above <= 0:
            for place, (text, _) in self._over.items():
                self._texts += [""] * (place + 1 - len(self._texts))
                self._texts[place] = self._texts[place] or text
            self.rows.append((self.row, min(self._repeat, _MOST), self._texts))
        left = {place: (text, rows - self._repeat) for place, (text, rows) in self._over.items()}
        self._over = {place: over for place, over in left.items() if over[1] > 0}
        self._above -= self._repeat
