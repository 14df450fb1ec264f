"""Decisions of a person on rows of a frame: which rows are meant, what they show, and how the frame is with them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError, at_rows
from geopandas_batch.frames import markup
from geopandas_batch.frames.fields import BLANK
from geopandas_batch.frames.notes import hand_on, run_of
from geopandas_batch.frames.questions import Questions, questions
from geopandas_batch.frames.results import Run, joined
from geopandas_batch.frames.review import COLUMNS, copied
from geopandas_batch.locator import Cache
from geopandas_batch.places import MATCHES, Location, Match, Outcome, Query, sealed
from geopandas_batch.store import Store
from geopandas_batch.store.overrides import PERSON, Kind, Overrides, decided

# What a service told of the place it found: of a copy, where nobody knows which columns a run has made.
STALE = ("uncertainty", "result_type", "place_id", "raw", "attribution")

Rows = NDArray[np.intp]


class Desk:
    """A frame, whose addresses are known, and the file in which decisions on them are kept."""

    def __init__(self, frame: pd.DataFrame, address: Any, prefix: str | None, cache: Cache | None) -> None:
        """What is not given is as in the run that made this very frame."""
        self.frame = frame
        self.run: Run | None = run_of(frame)
        if address is None and self.run is None:
            raise SettingsError(
                "this frame was not made by locate itself, or it is a copy or a part of one that was: pass address=, "
                "as in locate"
            )
        self.prefix = prefix if prefix is not None else self.run.prefix if self.run else ""
        parts: Mapping[str, Any] = {} if address is not None or self.run is None else self.run.parts
        self.source = (self.run.address if address is None and self.run else address, parts)
        self.asked: Questions = questions(frame, *self.source)
        self.overrides = overrides_in(cache if cache is not None else self.run.cache if self.run else True)

    def chosen(self, rows: Any) -> Rows:
        """The positions of these rows; of a part of the frame, only where it has the addresses that the frame has."""
        found = _positions(self.frame, rows)
        if isinstance(rows, pd.DataFrame):
            try:
                part = questions(rows, *self.source)
            except SettingsError:  # it has other columns, so that nobody can tell
                return found
            lines = [part.distinct[code] if code >= 0 else None for code in part.codes.tolist()]
            wrong = [place for place, line in zip(found.tolist(), lines, strict=True) if self.question(place) != line]
            refuse(wrong, "what was given has these labels with other addresses. Was it numbered anew? Give the labels")
        return found

    def question(self, place: int) -> Query | None:
        """What a row asks; None for a blank one."""
        code = int(self.asked.codes[place])
        return cast(Query, self.asked.distinct[code]) if code >= 0 else None

    def line(self, place: int) -> str:
        """The same in one line; "" for a blank row."""
        question = self.question(place)
        return question.line if question else ""

    def shown(self, place: int) -> Location | None:
        """The place that a row shows, or has among its details."""
        question = self.question(place)
        outcome = self.run.outcomes.get(question) if question and self.run and self.run.outcomes else None
        found = outcome.location if outcome else None
        lat, lon = (float(pd.to_numeric(self._cell(place, name, math.nan), errors="coerce")) for name in ("lat", "lon"))
        if math.isnan(lat) or math.isnan(lon):
            return found
        if found is None:  # of the columns, which may be the user's own
            credit = " · ".join(map(str, self.frame.attrs.get("attribution", ())))
            formatted, match, service = (str(self._cell(place, name, "")) for name in ("formatted", "match", "service"))
            known: Match = match if match in MATCHES else "none"
            found = sealed(lat, lon, formatted, known, math.nan, "", service, credit, ())
        try:
            return replace(found, lat=lat, lon=lon)
        except ValueError as error:
            raise SettingsError(f"the row {at_rows([place])} cannot be accepted: {error}") from error

    def _cell(self, place: int, name: str, default: Any) -> Any:
        if self.prefix + name not in self.frame.columns:
            return default
        cell = self.frame[self.prefix + name].iloc[place]
        return default if pd.isna(cell) else cell

    def keep(self, places: Mapping[int, Location], kind: Kind) -> pd.DataFrame:
        """Put the decisions on disk; the frame as it is with them."""
        refuse([place for place in places if not self.line(place)], "there is no address to which it could belong")
        by_address: dict[str, Location] = {}
        for place, location in places.items():
            if by_address.setdefault(self.line(place), location) != location:
                raise SettingsError("rows with the same address cannot be in two places. Make their addresses differ")
        if kind == "accepted":  # what a person said before stays as it was said
            by_address = {line: each for line, each in by_address.items() if each.service != PERSON}
        self.overrides.keep(by_address, kind=kind)
        return self.changed(
            {
                line: Outcome(decided(each, kind), "located", decided(each, kind).reason, PERSON)
                for line, each in by_address.items()
            }
        )

    def changed(self, outcomes: Mapping[str, Outcome]) -> pd.DataFrame:
        """The frame with these outcomes, by address; all else is as before."""
        lines = [cast(Query, question).line for question in self.asked.distinct]
        rows = np.flatnonzero(np.array([*(line in outcomes for line in lines), False])[self.asked.codes])
        # A column that the run has not made is the user's own, whatever it is called.
        made = self.run.names if self.run and self.run.prefix == self.prefix else (*COLUMNS, *STALE)
        names = [name for name in made if self.prefix + name in self.frame.columns]
        new = joined(
            pd.DataFrame(index=range(rows.size)),
            Questions(self.asked.distinct, self.asked.codes[rows]),
            [outcomes.get(line, BLANK) for line in lines],
            names,
        )
        changed = copied(self.frame)
        for name in names:
            column = self.frame[self.prefix + name]
            values = column.astype(object).to_numpy(copy=True)
            values[rows] = new[name].astype(object).to_numpy()
            changed[self.prefix + name] = _held(pd.Series(values, index=self.frame.index), column.dtype)
        return hand_on(self.frame, changed, self._run_with(outcomes))

    def _run_with(self, outcomes: Mapping[str, Outcome]) -> Run | None:
        if self.run is None or self.run.outcomes is None:
            return self.run
        known = {
            question: outcomes.get(cast(Query, question).line, outcome)
            for question, outcome in self.run.outcomes.items()
        }
        return replace(self.run, outcomes=known)


def _positions(frame: pd.DataFrame, rows: Any) -> Rows:
    """The positions of rows that are given by label, labels, mask, slice of labels, or as a part of the frame."""
    if isinstance(rows, pd.DataFrame | pd.Series) and not pd.api.types.is_bool_dtype(getattr(rows, "dtype", object)):
        rows = rows.index if isinstance(rows, pd.DataFrame) else rows.to_numpy()
    places = pd.Series(np.arange(len(frame)), index=frame.index)
    mask = not isinstance(rows, Hashable) and pd.api.types.is_bool_dtype(np.asarray(rows))
    if not mask and not frame.index.is_unique:
        raise SettingsError("several rows have the same label. Choose by a mask, or after reset_index(drop=True)")
    try:
        found = np.atleast_1d(np.asarray(places.loc[rows], dtype=np.intp))
    except (KeyError, IndexError, pd.errors.IndexingError) as error:
        raise SettingsError(
            f"there are no such rows: {error}. Give labels of the index, a mask, or rows of .geo.review()"
        ) from error
    if not found.size:
        raise SettingsError("no row was chosen. Give labels of the index, a mask, or rows of .geo.review()")
    return found


def refuse(wrong: Sequence[int], why: str) -> None:
    """Stop where some rows cannot have such a decision."""
    if wrong:
        raise SettingsError(f"{markup.rows(len(wrong))} {at_rows(wrong)}: {why}")


def overrides_in(cache: Cache) -> Overrides:
    """The decisions that are kept in the cache file."""
    file = settings.cache_file(cache)
    if file is None:
        raise SettingsError(
            "a correction is kept in the cache file, and with cache=False (or :memory:) there is none. Locate with a "
            "cache, or say where it is to be kept: cache=True or a path"
        )
    return Store(file).overrides


def _held(values: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    """The values in the column's own dtype, if that can hold them: whole numbers, or other categories, cannot."""
    if isinstance(dtype, pd.CategoricalDtype):
        holds = bool(values.dropna().isin(dtype.categories).all())
    else:
        holds = pd.api.types.is_float_dtype(dtype) or dtype.type in (str, np.object_)
    return values.astype(dtype) if holds else values.infer_objects()
