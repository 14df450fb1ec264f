"""What the rows of a frame ask: the address of each row, and which rows ask the same."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from string import Formatter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.errors import SettingsError, there_are
from geopandas_batch.frames.columns import Codes, Texts, combined, constant, joined, part_of, texts_of
from geopandas_batch.garbage import no_collection
from geopandas_batch.places import PARTS, Outcome, Query, Question, query_from
from geopandas_batch.places.lines import Lines
from geopandas_batch.places.texts import PartedQuery, changed, has_parted, tidy


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
        return _distinct({"text": _in_country(lines, part_of(frame, "country", given["country"])) if given else lines})
    if (address is None) == (not given):
        raise SettingsError(
            f"say where the address is: by address= (a column, a list of columns, or a template such as "
            f"'{{street}}, {{city}}') or by parts ({'=, '.join(PARTS)}=)"
            f"{', not both; only country= goes with address=' if given else ''}. {there_are(frame.columns)}"
        )
    texts = {name: part_of(frame, name, source) for name, source in given.items()}
    # A row with nothing but constants has no address of its own.
    own = [texts[name].filled for name, source in given.items() if not isinstance(source, constant)]
    if not own:
        raise SettingsError("at least one part must be a column: constants alone are the same address in every row")
    asked = np.logical_or.reduce(own)
    return _distinct({name: each._replace(codes=np.where(asked, each.codes, -1)) for name, each in texts.items()})


def _distinct(texts: Mapping[str, Texts]) -> Different:
    """The distinct combinations, in the order in which they come: no Python work a row."""
    numbers, values = [], []
    for name, each in texts.items():
        if each.different or len(set(each.values)) == len(each.values):
            if len(texts) == 1:  # they are what is wanted
                return Different({name: each.values[:-1]}, each.codes)
            numbers.append(each.codes)
            values.append(np.fromiter(each.values, object))
            continue
        # Cells that differ by a space are the same text; the blank has no number.
        merged, distinct = pd.factorize(np.array([value or None for value in each.values], object))
        numbers.append(merged[each.codes])
        values.append(np.append(distinct, ""))
    codes, first = combined(numbers)
    asked = np.logical_or.reduce([number[first] >= 0 for number in numbers])
    if not asked.all():
        blank = int(np.flatnonzero(~asked)[0])
        first = np.delete(first, blank)
        codes = np.where(codes == blank, -1, codes - (codes > blank))
    columns = [column[number[first]].tolist() for column, number in zip(values, numbers, strict=True)]
    return Different(dict(zip(texts, columns, strict=True)), codes)


def _lines(frame: pd.DataFrame, address: Any) -> Texts:
    """One line of text a row, from a column, several columns or a template."""
    if isinstance(address, Hashable) and address in frame.columns:
        return texts_of(frame, address)
    if isinstance(address, str) and "{" in address:
        return _filled(frame, address)
    if isinstance(address, Sequence | pd.Index | np.ndarray) and not isinstance(address, str) and len(address):
        columns = [texts_of(frame, label) for label in address]
        return joined(columns, lambda row: ", ".join(filter(None, row)))
    return texts_of(frame, address)  # which says what there is instead


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
    columns = [texts_of(frame, label_of(frame, name)) for name in names]

    def fill(row: tuple[str, ...]) -> str:
        if not any(row):
            return ""
        values = iter(row)
        text = "".join(before + (next(values) if name is not None else "") for before, name, _, _ in pieces)
        return changed(tidy(text), lambda text: re.sub(r"\s*,(\s*,)+", ",", text).strip(" ,"))

    return joined(columns, fill)


def label_of(frame: pd.DataFrame, name: str) -> Any:
    """The column that a field of a template means: a table without a header has numbers for names."""
    if name in frame.columns:
        return name
    labels = [label for label in frame.columns if str(label) == name]
    return labels[0] if len(labels) == 1 else name


def _in_country(lines: Texts, countries: Texts) -> Texts:
    """Write the country behind each line that is not blank and does not end with its name."""

    def write(row: tuple[str, ...]) -> str:
        line, country = row
        # A code at the end may be another thing: "Wilmington, DE".
        named = len(country) > 3 and line.casefold().endswith((f" {country.casefold()}", f",{country.casefold()}"))
        return line if named or not line or not country else f"{line}, {country}"

    return joined([lines, countries], write)
