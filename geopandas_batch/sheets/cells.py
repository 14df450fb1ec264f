"""What a new cell holds in a text file: numbers as the file writes them, and no text that a spreadsheet would run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd

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
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value)).replace(".", decimal)
    return str(value)


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
