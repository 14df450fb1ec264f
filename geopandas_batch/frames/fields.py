"""Outcomes, field by field: one value for each question, without Python's steps for each where that goes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.locator.outcomes import Outcomes, Stretch
from geopandas_batch.places import MATCHES, METRES, STATUSES, Outcome
from geopandas_batch.places.blocks import Block

BLANK = Outcome(None, "blank")
LOCATED = STATUSES.index("located")

Column: TypeAlias = "Callable[[Fields], Any]"  # one value an outcome

_LEVELS = {match: place for place, match in enumerate(MATCHES)}


class Fields:
    """Those of all outcomes of a run, for the columns and the report."""

    def __init__(self, outcomes: Outcomes | Sequence[Outcome]) -> None:
        """One for each different question, in their order; each of them is known."""
        self.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes.of(outcomes)
        self.statuses: NDArray[np.int8] = self.outcomes.kinds >> 1
        single = self.outcomes.single
        alone = single.count(None) < len(single)  # most often they are none, or all
        self._where = [place for place, each in enumerate(single) if each is not None] if alone else []
        self._alone = [each for each in single if each is not None] if alone else []

    def numbers(self, name: str, *, only_located: bool = False) -> NDArray[np.float64]:
        """A field of the locations; NaN where there is none."""
        numbers = np.full(len(self.statuses), math.nan)
        self._fill(numbers, lambda stretch: stretch.column(name, math.nan), _field(name, math.nan))
        if only_located:
            numbers[self.statuses != LOCATED] = math.nan
        return numbers

    @property
    def matches(self) -> NDArray[np.int8]:
        """How each was matched, by number."""

        def of(stretch: Stretch) -> Any:
            if isinstance(stretch.found, Block):
                return stretch.found.match
            return list(map(_LEVELS.__getitem__, stretch.column("match", "none")))

        matches, match = np.empty(len(self.statuses), np.int8), _field("match", "none")
        self._fill(matches, of, lambda outcome: _LEVELS[match(outcome)])
        return matches

    @property
    def cached(self) -> NDArray[np.int8]:
        """1 for each that was known before."""
        return self.outcomes.kinds & 1

    @property
    def credits(self) -> set[str]:
        """What the licences of the places ask for."""
        credit = _field("attribution", "")
        credits = set(map(credit, self._alone))
        return credits.union(*(stretch.column("attribution", "") for stretch in self.outcomes.stretches))

    def column(self, name: str) -> Any:
        """What is shown under this name, one value an outcome."""
        return _COLUMNS.get(name, _extra(name))(self)

    def values(self, together: Callable[[Stretch], Sequence[Any]], alone: Callable[[Outcome], Any]) -> list[Any]:
        """One value an outcome: those of a stretch, and that of one which stands alone."""
        values: list[Any] = [None] * len(self.statuses)
        self._fill(values, together, alone)
        return values

    def _fill(self, values: Any, together: Callable[[Stretch], Sequence[Any]], alone: Callable[[Outcome], Any]) -> None:
        for stretch in self.outcomes.stretches:
            values[stretch.places] = together(stretch)
        if isinstance(values, list):
            for place, outcome in zip(self._where, self._alone, strict=True):
                values[place] = alone(outcome)
        elif self._alone:
            values[self._where] = list(map(alone, self._alone))

    def outcome(self, place: int) -> Outcome:
        """One of them."""
        return cast(Outcome, self.outcomes[place])

    def and_a_blank(self) -> Fields:
        """These, and one for rows that ask nothing."""
        return Fields(self.outcomes.ended(BLANK, [BLANK]))


def text(values: Iterable[str | None]) -> Any:
    """Text, None where there is none; of the dtype of text, though nothing be there."""
    # infer_objects: text is `str` from pandas 3 on, `object` before. The array has no index to align by.
    array, usual = np.fromiter(values, object), pd.Series([""]).dtype
    try:
        column = pd.Series(array).infer_objects()
    except UnicodeEncodeError:  # half a letter, of a service of the user's own, that Arrow cannot hold
        whole = [each.encode("utf-8", "replace").decode() if isinstance(each, str) else each for each in array]
        column = pd.Series(np.fromiter(whole, object)).infer_objects()
    return (column.astype(usual) if column.dtype != usual and column.isna().all() else column).array


def category(known: Sequence[str], each: NDArray[np.int8]) -> Any:
    """Words by number, as pandas keeps them."""
    return pd.Categorical.from_codes(each, dtype=pd.CategoricalDtype(list(known)))


def _field(name: str, blank: Any) -> Callable[[Outcome], Any]:
    """A field of an outcome's location."""
    of = attrgetter(name)
    return lambda outcome: blank if outcome.location is None else of(outcome.location)


def _of_places(answers: Fields, name: str) -> Any:
    """A text of the locations; None where there is none."""
    return text(each or None for each in answers.values(lambda stretch: stretch.column(name), _field(name, None)))


def _extra(name: str) -> Column:
    """What only some services tell; numbers stay numbers."""

    def together(stretch: Stretch) -> Sequence[Any]:
        if isinstance(stretch.found, Block):
            return stretch.found.extra.get(name) or [None] * len(stretch.found)
        return [dict(each.extra).get(name) if each else None for each in stretch.found]

    def alone(outcome: Outcome) -> Any:
        return dict(outcome.location.extra).get(name) if outcome.location else None

    def column(answers: Fields) -> Any:
        found = answers.values(together, alone)
        if name in METRES:
            return np.array([math.nan if each is None else each for each in found], np.float64)
        return text(found)

    return column


_COLUMNS: Mapping[str, Column] = {
    "lat": lambda answers: answers.numbers("lat", only_located=True),
    "lon": lambda answers: answers.numbers("lon", only_located=True),
    "formatted": lambda answers: _of_places(answers, "formatted"),
    "match": lambda answers: category(MATCHES, answers.matches),
    "confidence": lambda answers: answers.numbers("confidence"),
    "status": lambda answers: category(STATUSES, answers.statuses),
    "reason": lambda answers: text(answers.values(attrgetter("reasons"), attrgetter("reason"))),
    "service": lambda answers: text(
        answers.values(
            lambda stretch: [stretch.service or None] * len(stretch.found), lambda outcome: outcome.service or None
        )
    ),
    "attribution": lambda answers: _of_places(answers, "attribution"),
}
