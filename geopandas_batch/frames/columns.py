"""The columns of a frame as tidy text: each text once, and which of them each row has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.degrees import column_of
from geopandas_batch.places.texts import MISSING, Parted, former_text, has_parted, tidy, tidy_up

Codes: TypeAlias = "NDArray[np.intp]"


class Texts(NamedTuple):
    """A column as tidy text: each text of its cells once, and which of them each row has."""

    codes: Codes
    values: list[str]  # the last one is ""; a blank cell has it
    different: bool = False  # whether that is known: no two of the values are equal

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which rows are not blank."""
        return np.array([value != "" for value in self.values], bool)[self.codes]


@dataclass(frozen=True, slots=True)
class constant:  # noqa: N801 - read as a word: country=constant("France")
    """The same value in every row, where a column's name is expected.

    Parameters
    ----------
    value : str

    Raises
    ------
    SettingsError
        It is no text: a postcode as a number has lost its zeros.

    Examples
    --------
    >>> constant("France").value
    'France'
    """

    value: str

    def __post_init__(self) -> None:
        """Refuse what is no text."""
        if not isinstance(self.value, str):
            raise SettingsError(f"a constant is text, as in geopandas_batch.constant('France'), not {self.value!r}")


def part_of(frame: pd.DataFrame, name: str, source: Any) -> Texts:
    """A part as text, from a column or the same for all rows."""
    if isinstance(source, constant):
        return Texts(np.zeros(len(frame), np.intp), [tidy(source.value), ""])
    return texts_of(frame, source, f"The same for all rows: {name}=geopandas_batch.constant({source!r}).")


def texts_of(frame: pd.DataFrame, label: Any, advice: str = "") -> Texts:
    """A column as tidy text, whatever its dtype; the empty text where a cell is blank, missing or says so."""
    column = column_of(frame, label, advice)
    try:
        codes, texts = _factorized(column)
        plain = set(map(type, texts)) <= {str}
        if not plain:
            texts = list(map(_text, texts))
    except (TypeError, NotImplementedError) as error:  # the latter of Arrow, for its lists and structures
        what = error if isinstance(error, TypeError) else f"each is a {column.dtype}"
        wrong = f"the column {label!r} has cells that are no text: {what}. Make one text of each"
        raise SettingsError(wrong) from error
    different = tidy_up(texts) and plain
    if not MISSING.isdisjoint(texts):
        texts, different = ["" if text in MISSING else text for text in texts], False
    return Texts(codes, [*texts, ""], different)


# pandas 2 and 3.0 tell texts apart by C strings, which end at a NUL, and take all with half a letter for one.
_BY_C_STRINGS = pd.factorize(np.array(["\0a", "\0b"], object))[0][1] == 0


def _factorized(column: pd.Series[Any]) -> tuple[Codes, list[Any]]:
    """The different cells of a column, and which of them each row has: -1 for None, NaN, NA, NaT."""
    kept_by_python = getattr(column.dtype, "storage", "") == "python"
    if _BY_C_STRINGS and (column.dtype == object or kept_by_python):
        mixed = np.append(column.to_numpy(object), np.array([None]))  # which is told apart as Python does it
        codes, cells = pd.factorize(mixed)
        return codes[:-1], cells.tolist()
    codes, values = pd.factorize(column)
    # In one go: a column that is kept by Arrow hands out one text at a time slowly.
    return codes, values.to_numpy(object).tolist() if isinstance(column.dtype, pd.StringDtype) else list(values)


def _text(value: Any) -> str:
    """A cell as a person would type it: a postcode that became 10115.0 on its way is 10115 again."""
    if isinstance(value, str):
        # Of NumPy, or of a parser of HTML; JSON knows no such kinds.
        return value if type(value) is Parted else str.__str__(value)
    if isinstance(value, tuple | frozenset) or hasattr(value, "__geo_interface__"):  # a Query, a row of a MultiIndex
        raise TypeError(f"one is a {type(value).__name__}")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def joined(columns: Sequence[Texts], join: Callable[[tuple[str, ...]], str]) -> Texts:
    """Join the cells of each row, once for each distinct row."""
    codes, first = combined([each.codes for each in columns])
    cells = [[each.values[code] for code in each.codes[first]] for each in columns]
    texts = [*map(join, zip(*cells, strict=True)), ""]
    if any(map(has_parted, cells)):
        former = map(join, zip(*(map(former_text, column) for column in cells), strict=True))
        texts = [Parted.of(text, former_text(each)) for text, each in zip(texts, [*former, ""], strict=True)]
    return Texts(codes, texts)


def combined(columns: Sequence[Codes]) -> tuple[Codes, Codes]:
    """Numbers for the combinations of several columns' codes, as they come, and the first row of each."""
    codes, distinct = pd.factorize(columns[0])
    for column in columns[1:]:
        # Factorized each time, so it cannot overflow.
        codes, distinct = pd.factorize(codes * (column.max(initial=-1) + 2) + column + 1)
    first = np.empty(len(distinct), np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # of equal places the last one stays, which is the first row
    return codes.astype(np.intp, copy=False), first
