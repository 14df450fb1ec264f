"""How a delimited file is written: found out, reported, and kept when it is written back."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geopandas_batch.errors import SettingsError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE = 64 * 1024  # bytes
_BLOCK = 1024 * 1024
# Longest first: the mark of UTF-32 starts like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WITHOUT_ORDER = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
# What spreadsheets of all countries write where it is not Unicode; the most frequent one first.
_LEGACY = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp932", "gb18030", "big5", "cp949")
# The Macs that wrote it ended lines with CR alone. In other files it is a wrong guess where the letters are few.
_CLASSIC_MAC = "mac_roman"
_TELLING = 200  # lines that are looked at: with their words half a millisecond each
_BETWEEN = re.compile(rb"[\x00-\x2f\x3a-\x3f]+")  # words; no byte of a letter, in none of these encodings
# How much likelier the first is before any letter is seen. Of lists of 1 to 10 addresses in it, 593 of 600 were read
# right (mixed, Spanish, Nordic, Portuguese, French), of those in cp1250, cp1254 and cp1257 338 of 360; without it 580
# and 346.
_USUAL = 1.1
_DECIMAL = re.compile(r"[+-]?\d+([.,])(?!\d{3}$)\d+")  # three digits after the mark may be thousands


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written.

    Attributes
    ----------
    encoding : str
        As Python names it.
    mark : bytes
        The byte order mark at its start, if there is one.
    separator : str
        Between cells.
    quoted : bool
        Whether quotes are quotes; else they are letters.
    decimal : str
        The decimal mark in numbers.
    line_end : str
        Of the first line.
    """

    encoding: str = "utf-8"
    mark: bytes = b""
    separator: str = ","
    quoted: bool = True
    decimal: str = "."
    line_end: str = "\n"

    def __str__(self) -> str:
        """For a person to check."""
        mark = " with mark" if self.mark else ""
        separator = SEPARATORS.get(self.separator, repr(self.separator))
        ends = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}[self.line_end]
        decimal = "decimal comma" if self.decimal == "," else "decimal point"
        return f"{self.encoding}{mark}, {separator}, {decimal}, {ends}" + ("" if self.quoted else ", no quotes")


def encoding_of(file: Path, given: str | None = None) -> tuple[str, bytes]:
    """The encoding of a file and the mark at its start.

    Parameters
    ----------
    file : Path
    given : str, optional
        What the user says; a mark that belongs to it is still kept apart.

    Raises
    ------
    SettingsError
        There is no such encoding, or it cannot be found out.
    """
    with file.open("rb") as stream:
        start = stream.read(4)
    marked = next(((name, mark) for mark, name in _MARKS if start.startswith(mark)), None)
    if given is not None:
        name = _known(given)
        name = _WITHOUT_ORDER.get(name, name)
        if marked and marked[0].split("-")[:2] == name.split("-")[:2]:
            return marked
        return name, b""
    if marked:
        return marked
    return _unmarked(file), b""


def _known(name: str) -> str:
    try:
        info = codecs.lookup(name)
        "".encode(name)
    except LookupError as error:
        raise SettingsError(f"there is no text encoding {name!r}. Frequent ones: utf-8, utf-16, cp1252") from error
    return info.name


def _unmarked(file: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    place = 0
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            zeros = block[:SAMPLE].count(0)
            if zeros > 1 and zeros * 100 > len(block[:SAMPLE]):  # one or two are dirt in a file of bytes
                return "utf-16-le" if block[1:SAMPLE:2].count(0) >= block[0:SAMPLE:2].count(0) else "utf-16-be"
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                place += error.start
                break
            place += len(block)
        else:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                place = max(0, place - 4)
            else:
                return "utf-8"
        start = max(0, place - SAMPLE // 2)
        stream.seek(start)
        sample = stream.read(SAMPLE)
        # A line that is cut may be cut in the middle of a letter.
        if start:
            sample = sample.partition(b"\n")[2] or sample
        if stream.read(1):
            sample = sample.rpartition(b"\n")[0] or sample
    if _is_mostly_utf8(sample):
        # Read as anything else, all its other letters would be asked and paid for as what they are not.
        raise SettingsError(
            f"{file.name} is UTF-8 but for some bytes, the first in line {_line_at(file, place):,} (byte {place:,}). "
            "Mend them; or pass --encoding if the whole file is something else"
        )
    return _legacy(file, sample, place)


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether its letters beyond ASCII are UTF-8, three and more for each byte that is not; in others few are."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return sum(letter > "\x7f" for letter in text) - wrong >= 3 * wrong


def _line_at(file: Path, place: int) -> int:
    lines = 1
    with file.open("rb") as stream:
        while place > 0 and (block := stream.read(min(_BLOCK, place))):
            lines += block.count(b"\n")
            place -= len(block)
    return lines


def _legacy(file: Path, sample: bytes, place: int) -> str:
    try:
        import chardet
    except ImportError as error:
        raise SettingsError(
            f"{file.name} is not UTF-8 (byte {place:,}). Pass --encoding (older Excels of Western Europe and America "
            'write cp1252), or let it be found out: pip install "geopandas-batch[sheets]"'
        ) from error
    # Only the lines that tell something, so that a long stretch of ASCII does not hide them.
    telling = [line for line in dict.fromkeys(sample.splitlines()) if any(byte > 127 for byte in line)][:_TELLING]
    names = _LEGACY if b"\n" in sample else (*_LEGACY, _CLASSIC_MAC)
    words = [word for word in _BETWEEN.split(b" ".join(telling)) if any(byte > 127 for byte in word)]
    pieces = list(dict.fromkeys([*telling, *words]))
    possible = {name: texts for name in names if (texts := _decoded(pieces, name)) is not None}
    # Each line and word has its say: in a list of several countries, all of it together looks like no language.
    points = dict.fromkeys(possible, 0.0)
    for number, piece in enumerate(pieces):
        sure: dict[str, float] = {}  # by text: encodings that have the same letters in it are right together
        for guess in chardet.detect_all(piece, ignore_threshold=True):
            name = _name_of(guess["encoding"])
            if name in possible:
                text = possible[name][number]
                sure[text] = max(sure.get(text, 0.0), guess["confidence"])
        for name, texts in possible.items():
            points[name] += sure.get(texts[number], 0.0)
    if not any(points.values()):
        raise SettingsError(f"{file.name} is not UTF-8 (byte {place:,}), and what else is unclear: pass --encoding")
    # Of equal ones the first, which decides how new letters are written.
    return max(points, key=lambda name: points[name] * (_USUAL if name == _LEGACY[0] else 1))


def _decoded(lines: Iterable[bytes], name: str) -> list[str] | None:
    try:
        return [line.decode(name) for line in lines]
    except UnicodeDecodeError:
        return None


def _name_of(guess: str | None) -> str:
    try:
        return codecs.lookup(guess or "").name.replace("-", "_")  # as they are written here
    except LookupError:
        return ""


def separator_of(sample: str, *, usual: str, header: int = 1) -> str:
    """Between cells: what the sample shows, else what is usual for such files.

    The sniffer takes apostrophes for quotes, so that a rue de l'Église misleads it: it does not get to see them.
    What is above the header is no part of the table.
    """
    lines = sample.replace("'", "_").splitlines()[max(0, header - 1) :]
    if not lines or not any(mark in sample for mark in SEPARATORS):
        return usual
    try:
        found = csv.Sniffer().sniff("\n".join(lines[:200]), "".join(SEPARATORS)).delimiter
    except csv.Error:
        found = usual
    heading = re.sub(r'"[^"]*"', "", lines[0])  # commas within quotes separate nothing
    if found in heading:
        return found
    return max(SEPARATORS, key=heading.count) if any(mark in heading for mark in SEPARATORS) else usual


def decimal_of(cells: Iterable[str], separator: str) -> str:
    """The decimal mark that the cells show; a point where they show none."""
    marks = [match[1] for cell in cells if (match := _DECIMAL.fullmatch(cell.strip()))]
    return "," if separator != "," and marks.count(",") > marks.count(".") else "."
