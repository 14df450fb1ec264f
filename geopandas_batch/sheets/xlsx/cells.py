"""What the cells of a worksheet say, row by row, whatever its size (ECMA-376, part 1, 18.3 and 18.4)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Container, Iterator
from datetime import datetime, time
from functools import partial
from itertools import chain
from xml.etree import ElementTree
from zlib import error as ZlibError  # noqa: N812

from geopandas_batch.errors import SettingsError
from geopandas_batch.sheets.xlsx.book import Book

# How a number of nothing but zeros and letters is shown: 00000, 00000\-0000, "D-"00000.
_ZEROS = re.compile(r'(?:0|\\.|"[^"]*"|[ /()-])+')
_PIECE = re.compile(r'0|\\.|"[^"]*"|.')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # 22.9.2.19: letters that XML cannot hold

MERGED = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")

Show = Callable[[str], str]


class Cells:
    """The cells of one sheet as a person reads them there."""

    def __init__(self, book: Book, title: str) -> None:
        """The texts that all sheets share are read once, and kept."""
        self.book, self.part = book, book.parts[title]
        self.formulas: set[int] = set()  # columns with formulas
        self.uncomputed: set[int] = set()  # those of them with some that no program has computed yet
        # Of cells that are merged over rows, by the first row: columns and the last row. Known when all was read once.
        self.tall: dict[int, dict[int, int]] = {}
        self._strings: list[str] | None = None
        self._shows: list[Show] | None = None
        self._numbers: dict[str, int] = {}  # of columns, by their letters

    def rows(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, dict[int, str]]]:
        """Number and cells of each row that holds something; of some columns where they are named, from 1.

        Raises
        ------
        SettingsError
            The file is damaged.
        """
        try:
            with zipfile.ZipFile(self.book.file) as archive:
                if self._strings is None:
                    self._strings = self._shared(archive)
                    self._shows = [_show(code, from_1904=self.book.from_1904) for code in self.book.formats()]
                with archive.open(self.part) as content:
                    events = ElementTree.iterparse(content, ("start", "end"))  # noqa: S314
                    yield from self._rows(events, wanted)
        except (zipfile.BadZipFile, KeyError, ValueError, IndexError, ElementTree.ParseError, ZlibError) as error:
            raise SettingsError(f"{self.book.file.name} is damaged: {error}") from error

    def _rows(
        self, events: Iterator[tuple[str, ElementTree.Element]], wanted: Container[int] | None
    ) -> Iterator[tuple[int, dict[int, str]]]:
        space = next(events)[1].tag.rpartition("}")[0]
        space += "}" if space else ""
        row_tag, all_rows, merged_tag = f"{space}row", f"{space}sheetData", f"{space}mergeCell"
        parent, number = None, 0
        for event, element in events:
            if event == "start":
                parent = element if element.tag == all_rows else parent
            elif element.tag == row_tag and parent is not None:
                number = int(element.get("r", number + 1))
                cells = self._texts(element, space, wanted)
                parent.clear()  # or all rows that were read stay in memory
                if cells or wanted is not None:
                    yield number, cells
            elif element.tag == merged_tag and (match := MERGED.fullmatch(element.get("ref", ""))):
                self.tall.setdefault(int(match[2]), {})[column_of(match[1])] = int(match[4])

    def _texts(self, row: ElementTree.Element, space: str, wanted: Container[int] | None) -> dict[int, str]:
        value_tag, formula_tag, inline_tag = f"{space}v", f"{space}f", f"{space}is"
        numbers, shows, strings = self._numbers, self._shows or [], self._strings or []
        texts: dict[int, str] = {}
        column = 0
        for cell in row:
            reference = cell.get("r")
            if reference is None:
                column += 1
            else:
                letters = reference.rstrip("0123456789")
                column = numbers.get(letters) or numbers.setdefault(letters, column_of(letters))
            if wanted is not None and column not in wanted:
                continue
            value, kind = cell.findtext(value_tag), cell.get("t", "n")
            formula = len(cell) > 0 and cell.find(formula_tag) is not None
            if formula:
                self.formulas.add(column)
            if not value:
                if kind == "inlineStr" and (inline := cell.find(inline_tag)) is not None:
                    value = _text(inline, space)
                elif kind != "str" and formula:
                    self.uncomputed.add(column)
                if not value:
                    continue
            elif kind == "n":
                style = int(cell.get("s", 0))
                value = shows[style](value) if style < len(shows) else _plain(value)
            elif kind == "s":
                value = strings[int(value)]
            elif kind == "b":
                value = "TRUE" if value == "1" else "FALSE"
            elif kind == "d":
                value = value.replace("T", " ").removesuffix(" 00:00:00")
            elif kind == "str":
                value = _unescaped(value)
            if value:
                texts[column] = value
        return texts

    def _shared(self, archive: zipfile.ZipFile) -> list[str]:
        if not self.book.strings:
            return []
        strings: list[str] = []
        with archive.open(self.book.strings) as content:
            events = ElementTree.iterparse(content, ("start", "end"))  # noqa: S314
            _, root = next(events)
            space = root.tag.removesuffix("sst")
            for event, element in events:
                if event == "end" and element.tag == f"{space}si":
                    strings.append(_text(element, space))
                    root.clear()
        return strings


def column_of(letters: str) -> int:
    """The number of a column, from 1.

    >>> column_of("A"), column_of("AA")
    (1, 27)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _text(item: ElementTree.Element, space: str) -> str:
    """Text that may have formats within; how it is pronounced is no part of it."""
    parts = chain(item.iterfind(f"{space}t"), item.iterfind(f"{space}r/{space}t"))
    return _unescaped("".join(part.text or "" for part in parts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _show(code: str, *, from_1904: bool) -> Show:
    """What makes text of a number, by its format."""
    from openpyxl.styles.numbers import (  # type: ignore[import-untyped, unused-ignore]
        is_date_format,
        is_timedelta_format,
    )

    code = code.partition(";")[0]
    if is_date_format(code):
        return partial(_date, from_1904=from_1904, span=bool(is_timedelta_format(code)))
    if code.count("0") > 1 and _ZEROS.fullmatch(code):
        return partial(_padded, pieces=tuple(_PIECE.findall(code)))
    return _plain


def _plain(value: str) -> str:
    """All digits of a number; 1067.0 is 1067."""
    if value.isdecimal():
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _padded(value: str, *, pieces: tuple[str, ...]) -> str:
    """A postcode with the zeros before it, and what stands between its digits.

    >>> _padded("1067", pieces=tuple("00000")), _padded("21390001", pieces=(*"00000", r"\\-", *"0000"))
    ('01067', '02139-0001')
    """
    text = _plain(value)
    if not text.isdecimal():
        return text
    zeros = pieces.count("0")
    digits = text.zfill(zeros)
    more, rest = digits[: len(digits) - zeros], iter(digits[len(digits) - zeros :])
    shown = [next(rest) if piece == "0" else piece.strip('"').removeprefix("\\") for piece in pieces]
    shown[pieces.index("0")] = more + shown[pieces.index("0")]
    return "".join(shown)


def _date(value: str, *, from_1904: bool, span: bool) -> str:
    from openpyxl.utils.datetime import (  # type: ignore[import-untyped, unused-ignore]
        CALENDAR_MAC_1904,
        CALENDAR_WINDOWS_1900,
        from_excel,
    )

    try:
        moment = from_excel(float(value), CALENDAR_MAC_1904 if from_1904 else CALENDAR_WINDOWS_1900, timedelta=span)
    except (OverflowError, ValueError):  # a format of dates on what is none
        return _plain(value)
    if isinstance(moment, datetime) and moment.time() == time():
        return moment.date().isoformat()
    return str(moment)
