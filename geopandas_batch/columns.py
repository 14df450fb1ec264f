"""From the columns of a frame to questions: what is the address of each row, and which rows ask the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from string import Formatter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.degrees import column_of
from geopandas_batch.errors import SettingsError, there_are
from geopandas_batch.garbage import no_collection
from geopandas_batch.lines import Lines
from geopandas_batch.places import PARTS, Outcome, Query, Question, query_from
from geopandas_batch.texts import Parted, PartedQuery, changed, former_text, has_parted, tidy, tidy_up

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


@dataclass(frozen=True, slots=True)
class Questions:
    """The distinct questions of a frame, and which of them each row asks."""

    distinct: Sequence[Question]
    codes: Codes  # for each row its place in `distinct` (and after it, `settled`); -1 for a blank row
    settled: Sequence[Outcome] = ()  # of rows that need not be asked
    times: NDArray[np.intp] | None = None  # how many rows of the user's a row stands for; None: for itself

    @property
    def rows(self) -> int:
        """How many there are in all, blank ones among them."""
        return len(self.codes) if self.times is None else int(self.times.sum())

    @property
    def rows_of(self) -> NDArray[np.intp]:
        """How many rows ask each of the distinct questions, and have each of the settled outcomes."""
        asked = self.codes >= 0
        weights = None if self.times is None else self.times[asked]
        counts = np.bincount(self.codes[asked], weights, minlength=len(self.distinct) + len(self.settled))
        return counts.astype(np.intp, copy=False)


class Different(NamedTuple):
    """The different addresses of a frame as columns of texts, and which of them each row has."""

    texts: dict[str, list[str]]  # by the names of the parts, or "text" for lines
    codes: Codes  # -1 for a blank row


def questions(frame: pd.DataFrame, address: Any, parts: Mapping[str, Any]) -> Questions:
    """What the rows of a frame ask; see `different` for the arguments."""
    return questions_of(different(frame, address, parts))


def questions_of(asked: Different) -> Questions:
    """The same as questions, not texts."""
    texts, codes = asked
    if texts.keys() == {"text"} and not has_parted(texts["text"]):
        return Questions(Lines(texts["text"]), codes)
    with no_collection():
        rows = zip(*(texts.get(name, repeat("")) for name in Query._fields), strict=False)
        parted = any(map(has_parted, texts.values()))
        return Questions(list(map(PartedQuery.of if parted else query_from, rows)), codes)


def different(frame: pd.DataFrame, address: Any, parts: Mapping[str, Any]) -> Different:
    """What the rows of a frame ask, as texts.

    Parameters
    ----------
    frame : DataFrame
    address : column label, list of column labels, template or None
    parts : mapping
        Of the names in ``places.PARTS`` to a column label or a `constant`; None for a part that is not given. Beside an
        address, only the country.

    Raises
    ------
    SettingsError
        Neither or both are given, or a column is not there.
    """
    given = {name: source for name, source in parts.items() if source is not None}
    if address is not None and given.keys() <= {"country"}:
        lines = _lines(frame, address)
        return _distinct({"text": _in_country(lines, _part(frame, "country", given["country"])) if given else lines})
    if (address is None) == (not given):
        raise SettingsError(
            f"say where the address is: by address= (a column, a list of columns, or a template such as "
            f"'{{street}}, {{city}}') or by parts ({'=, '.join(PARTS)}=)"
            f"{', not both; only country= goes with address=' if given else ''}. {there_are(frame.columns)}"
        )
    texts = {name: _part(frame, name, source) for name, source in given.items()}
    # A row with nothing but constants has no address of its own.
    own = [texts[name].filled for name, source in given.items() if not isinstance(source, constant)]
    if not own:
        raise SettingsError("at least one part must be a column: constants alone are the same address in every row")
    asked = np.logical_or.reduce(own)
    return _distinct({name: Texts(np.where(asked, each.codes, -1), each.values) for name, each in texts.items()})


def _distinct(texts: Mapping[str, Texts]) -> Different:
    """The distinct combinations, in the order in which they come: no Python work a row."""
    numbers, values = [], []
    for name, each in texts.items():
        if each.different and len(texts) == 1:  # they are what is wanted
            return Different({name: each.values[:-1]}, each.codes)
        place = dict.fromkeys(each.values)
        del place[""]
        if len(place) == len(each.values) - 1:
            if len(texts) == 1:  # they are what is wanted
                return Different({name: each.values[:-1]}, each.codes)
            numbers.append(each.codes)
            values.append(np.fromiter(each.values, object))
            continue
        # Cells that differ by a space are the same text; the blank has no number.
        merged, distinct = pd.factorize(np.array([value or None for value in each.values], object))
        numbers.append(merged[each.codes])
        values.append(np.append(distinct, ""))
    codes, first = _combined(numbers)
    asked = np.logical_or.reduce([number[first] >= 0 for number in numbers])
    if not asked.all():
        blank = int(np.flatnonzero(~asked)[0])
        first = np.delete(first, blank)
        codes = np.where(codes == blank, -1, codes - (codes > blank))
    columns = [column[number[first]].tolist() for column, number in zip(values, numbers, strict=True)]
    return Different(dict(zip(texts, columns, strict=True)), codes)


def _combined(columns: Sequence[Codes]) -> tuple[Codes, Codes]:
    """Numbers for the combinations of several columns' codes, as they come, and the first row of each."""
    codes, distinct = pd.factorize(columns[0])
    for column in columns[1:]:
        # Factorized each time, so it cannot overflow.
        codes, distinct = pd.factorize(codes * (column.max(initial=-1) + 2) + column + 1)
    first = np.empty(len(distinct), np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # of equal places the last one stays, which is the first row
    return codes.astype(np.intp, copy=False), first


def _lines(frame: pd.DataFrame, address: Any) -> Texts:
    """One line of text a row, from a column, several columns or a template."""
    if isinstance(address, Hashable) and address in frame.columns:
        return _texts(frame, address)
    if isinstance(address, str) and "{" in address:
        return _filled(frame, address)
    if isinstance(address, Sequence | pd.Index | np.ndarray) and not isinstance(address, str) and len(address):
        columns = [_texts(frame, label) for label in address]
        return _joined(columns, lambda row: ", ".join(filter(None, row)))
    return _texts(frame, address)  # which says what there is instead


def _filled(frame: pd.DataFrame, template: str) -> Texts:
    """A template's text for each row. Where a field is blank, so is the comma beside it; all blank is a blank."""
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise SettingsError(f"the template {template!r} is not well formed: {error}") from error
    names = [name for _, name, _, _ in pieces if name is not None]
    if any(spec or conversion for _, name, spec, conversion in pieces if name is not None):
        raise SettingsError(f"the template {template!r} may hold column names in braces only, without ':' and '!'")
    if not names:
        raise SettingsError(f"the template {template!r} names no column: write its name in braces, as in '{{street}}'")
    columns = [_texts(frame, name) for name in names]

    def fill(row: tuple[str, ...]) -> str:
        if not any(row):
            return ""
        values = iter(row)
        text = "".join(before + (next(values) if name is not None else "") for before, name, _, _ in pieces)
        return changed(tidy(text), lambda text: re.sub(r"\s*,(\s*,)+", ",", text).strip(" ,"))

    return _joined(columns, fill)


def _joined(columns: Sequence[Texts], join: Callable[[tuple[str, ...]], str]) -> Texts:
    """Join the cells of each row, once for each distinct row."""
    codes, first = _combined([each.codes for each in columns])
    cells = [[each.values[code] for code in each.codes[first]] for each in columns]
    texts = [*map(join, zip(*cells, strict=True)), ""]
    if any(map(has_parted, cells)):
        former = map(join, zip(*(map(former_text, column) for column in cells), strict=True))
        texts = [Parted.of(text, former_text(each)) for text, each in zip(texts, [*former, ""], strict=True)]
    return Texts(codes, texts)


def _in_country(lines: Texts, countries: Texts) -> Texts:
    """Write the country behind each line that is not blank and does not end with its name."""

    def write(row: tuple[str, ...]) -> str:
        line, country = row
        # A code at the end may be another thing: "Wilmington, DE".
        named = len(country) > 3 and line.casefold().endswith((f" {country.casefold()}", f",{country.casefold()}"))
        return line if named or not line or not country else f"{line}, {country}"

    return _joined([lines, countries], write)


def _part(frame: pd.DataFrame, name: str, source: Any) -> Texts:
    """A part as text, from a column or the same for all rows."""
    if isinstance(source, constant):
        return Texts(np.zeros(len(frame), np.intp), [tidy(source.value), ""])
    return _texts(frame, source, f"The same for all rows: {name}=geopandas_batch.constant({source!r}).")


def _texts(frame: pd.DataFrame, label: Any, advice: str = "") -> Texts:
    """A column as tidy text, whatever its dtype; the empty text where a cell is missing or blank."""
    column = column_of(frame, label, advice)
    try:
        codes, texts = _factorized(column)
        plain = set(map(type, texts)) <= {str}
        if not plain:
            texts = list(map(_text, texts))
    except TypeError as error:
        wrong = f"the column {label!r} has cells that are no text: {error}. Make one text of each"
        raise SettingsError(wrong) from error
    different = tidy_up(texts) and plain
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
