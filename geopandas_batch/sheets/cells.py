"""What a new cell holds in a text file: numbers as the file writes them, and no text that a spreadsheet would run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Integral
from typing import TypeAlias

import numpy as np
import pandas as pd

Held: TypeAlias = str | bool | int | float | date | time | timedelta | None

_EXACT = 10**15  # a number of more digits is rounded by spreadsheets, and an id is another one
_FIRST_YEAR = 1900  # of Excel's calendar

# What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


# A number or a telephone number in a table of the user's: nothing in it can be run.
_HARMLESS = re.compile(r"[+-][\d .,()/-]*(?:[eE][+-]?\d+)?")


def as_text(value: object, *, decimal: str = ".", own: bool = False) -> str:
    """One cell as text; nothing for what is missing. ``own``: it was in the user's table before.

    >>> as_text(-0.5, decimal=","), as_text("=1+1"), as_text(float("nan"))
    ('-0,5', "'=1+1", '')
    >>> as_text("-3"), as_text("-3", own=True), as_text("-HYPERLINK(A1)", own=True)
    ("'-3", '-3', "'-HYPERLINK(A1)")
    """
    if isinstance(value, str):
        safe = not value.startswith(FORMULA) or (own and _HARMLESS.fullmatch(value))
        return value if safe else f"'{value}"
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bytes):
        return as_text(_decoded(value), own=own)
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value)).replace(".", decimal)
    return _told(value)


def held(value: object) -> Held:
    """What a spreadsheet can hold of a cell; text of all else, and None for what is missing.

    >>> held(12345678901234567), held(b"Oslo"), held([1, 2]), held(pd.NaT)
    ('12345678901234567', 'Oslo', '[1, 2]', None)
    """
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) >= _EXACT:
        return f"{value:f}"
    if isinstance(value, float | np.floating | Decimal):
        number = float(value)
        return number if math.isfinite(number) else None if math.isnan(number) else str(number)
    if isinstance(value, Integral):
        return int(value) if abs(int(value)) < _EXACT else str(int(value))
    if isinstance(value, date) and value.year >= _FIRST_YEAR and getattr(value, "tzinfo", None) is None:
        return value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, timedelta) and value >= timedelta():
        return value
    return _decoded(value) if isinstance(value, bytes) else _told(value)


def _told(value: object) -> str:
    return str(_whole(value))


def _whole(value: object) -> object:
    """Lists in the place of arrays, of which numpy would show the beginning and the end."""
    if isinstance(value, np.ndarray | list):
        return [_whole(each) for each in value.tolist()] if isinstance(value, np.ndarray) else list(map(_whole, value))
    return {name: _whole(each) for name, each in value.items()} if isinstance(value, dict) else value


def _decoded(value: bytes) -> str:
    """Text of old Parquet files, which did not say that it is text; else what a person can tell bytes by."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def quoted(text: str, separator: str, *, quotes: bool = True) -> str:
    """The text as a cell of a delimited file; in a file without quotes, separators and line ends become blanks."""
    if not quotes:
        return " ".join(text.replace(separator, " ").split()) if set(text) & {separator, "\r", "\n"} else text
    if separator in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def rows_of(frame: pd.DataFrame, names: Sequence[str], *, decimal: str = ".") -> list[tuple[str, ...]]:
    """The columns as tuples of text, one a row."""
    if not names:
        return [()] * len(frame)
    columns = [[as_text(value, decimal=decimal) for value in frame[name].tolist()] for name in names]
    return list(zip(*columns, strict=True))
