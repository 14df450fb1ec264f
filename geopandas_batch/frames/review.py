"""What came back, for a person's eye: the rows without an answer, and the rows to look at, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import ClassVar

import numpy as np
import pandas as pd

from geopandas_batch import settings
from geopandas_batch.errors import SettingsError, there_are
from geopandas_batch.frames.fields import BLANK
from geopandas_batch.frames.notes import run_of
from geopandas_batch.frames.questions import questions
from geopandas_batch.frames.results import REMEMBERED, joined, widened
from geopandas_batch.places import COORDINATES, DETAILS, MATCHES
from geopandas_batch.store.overrides import PERSON

# A choice, between two of the vendor's own: its sample of address verification (geoapify/maps-api-code-samples) takes
# 0.9 for confirmed, and 0.5 for not confirmed. Of the gazetteer's answers to 278 test addresses, 40 are below.
SURE = 0.8
SHOWN = ("formatted", "match", "confidence", "status", "reason")
ASIDE = (*COORDINATES, "status", "reason", "service", "result_type", "place_id", "attribution", "raw")
COLUMNS = (*COORDINATES, *DETAILS)
LEVELS = {level: rank for rank, level in enumerate(MATCHES[:-1])}  # "none" says nothing


class Review(pd.DataFrame):
    """Rows to look at. A notebook and a prompt show what a person needs to judge them, and that in full.

    A frame like any other, with all columns: what ``why`` says, or says nothing to the eye, is only not shown.
    """

    _metadata: ClassVar[list[str]] = ["_prefix"]
    _prefix = ""

    @property
    def _constructor(self) -> type[Review]:
        return Review

    def _shown(self) -> tuple[pd.DataFrame, str]:
        """What is shown, and the names of the other columns."""
        aside = [name for name in (self._prefix + each for each in ASIDE) if name in self.columns]
        frame, why, answer = pd.DataFrame(self).drop(columns=aside), self._prefix + "why", self._prefix + SHOWN[0]
        if why in frame.columns and answer in frame.columns:  # at the end of a wide frame nobody would see it
            names = frame.columns.get_level_values(0).tolist()  # of several levels, ours are of the first one
            order = [place for place, name in enumerate(names) if name != why]
            order.insert(order.index(names.index(answer)), names.index(why))
            frame = frame.iloc[:, order]
        return frame, f"not shown: {', '.join(aside)}" if aside else ""

    def __repr__(self) -> str:
        frame, others = self._shown()
        with pd.option_context("display.max_colwidth", None, "display.max_columns", None):
            return "\n".join(filter(None, (repr(frame), others)))

    def _repr_html_(self) -> str | None:
        frame, others = self._shown()
        with pd.option_context("display.max_colwidth", None):
            page = frame._repr_html_()  # type: ignore[operator]
        return page and f"{page}<div style='opacity:.7'>{escape(others)}</div>"


def copied(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy that shows all its columns: who gives a review new answers wants to see them."""
    copy = frame.assign()  # as lazily as the installed pandas can
    if not isinstance(frame, Review):
        return copy
    plain = pd.DataFrame(copy)
    plain.attrs = copy.attrs
    return plain


def failures(frame: pd.DataFrame, prefix: str | None = None) -> pd.DataFrame:
    """The rows without coordinates, and why; see ``DataFrame.geo.failures``."""
    details, prefix = details_of(frame, prefix)
    added = {prefix + name: details[name].array for name in ("status", "reason")}
    if not _has_details(frame, prefix):
        _check_free(frame, [*added])
    return widened(frame, added)[(details["status"] != "located").to_numpy(dtype=bool)]


def review(frame: pd.DataFrame, below: float = SURE, prefix: str | None = None) -> Review:
    """The rows a person should look at, worst first; see ``DataFrame.geo.review``."""
    settings.check_between("below", below, 0.0, 1.0)
    details, prefix = details_of(frame, prefix)
    status, match, service = (details[name].astype(object) for name in ("status", "match", "service"))
    reason = details["reason"].astype(object).where(details["reason"].notna(), "")
    confidence = details["confidence"].astype("float64")
    missing = status.isin(["not_found", "failed"])
    located = (status == "located") & (service != PERSON)
    level = match.map(LEVELS).astype("float64").where(status == "located")
    usual = _usual(level)  # with those that a person has decided on: each decision would else make others coarse
    level = level.where(located)
    weak, coarse = located & (confidence < below), level > usual
    why = pd.DataFrame(
        {
            "missing": status.astype(str).str.replace("_", " ").where(missing, ""),
            "weak": confidence.map("confidence {:.2f}".format).where(weak, ""),
            "coarse": ("only the " + match.astype(str) + " was found").where(coarse, ""),
            "reason": reason.where(missing | located, ""),
        }
    )
    chosen = np.flatnonzero((why != "").any(axis=1).to_numpy())
    # What was not found is worst, then what is least sure; of equals, the coarsest.
    badness = pd.DataFrame({"sure": confidence.where(located, -1.0).fillna(1.0), "level": -level.fillna(-1.0)})
    order = badness.iloc[chosen].sort_values(["sure", "level"], kind="stable").index.to_numpy()
    shown = {prefix + name: details[name].array for name in SHOWN if prefix + name not in frame.columns}
    texts = ["; ".join(filter(None, row)) for row in why.itertuples(index=False)]
    found = Review(widened(frame, {**shown, prefix + "why": texts}).iloc[order])
    found._prefix = prefix
    return found


def _usual(level: pd.Series) -> float:
    """The level that most rows have, or a finer one; the centre of a city is coarse only where most are houses."""
    if not level.notna().any():
        return float(len(LEVELS))
    return max(float(level.median()), LEVELS["street"])


def details_of(frame: pd.DataFrame, prefix: str | None) -> tuple[pd.DataFrame, str]:
    """What is known of each row, by position, and what stands before the names of the columns.

    Raises
    ------
    SettingsError
        It is neither in the frame's columns nor remembered with it.
    """
    run = run_of(frame)
    prefix = prefix if prefix is not None else run.prefix if run else ""
    if _has_details(frame, prefix):
        details = frame[[prefix + name for name in COLUMNS]].set_axis(list(COLUMNS), axis=1)
        return details.reset_index(drop=True), prefix
    if run is None:
        raise SettingsError(
            "there are no details of the answers: this frame was not made by locate itself, or it is a copy or a part "
            "of one that was. Locate with details=True: columns go along. A prefix of their names: prefix=. "
            + there_are(frame.columns)
        )
    if run.outcomes is None:
        raise SettingsError(
            f"the details of more than {REMEMBERED:,} different addresses are not kept in memory. Run the line again "
            "with details=True (what is known costs nothing); then they are columns of the frame."
        )
    asked = questions(frame, run.address, run.parts)
    try:
        outcomes = [run.outcomes[question] for question in asked.distinct]
    except KeyError:
        raise SettingsError("addresses in the frame were changed since it was located. Locate again") from None
    blank = pd.DataFrame(index=range(len(frame)))
    return joined(blank, asked, outcomes or [BLANK], COLUMNS), prefix


def _has_details(frame: pd.DataFrame, prefix: str) -> bool:
    """Whether the details of the answers are columns of the frame."""
    return all(prefix + name in frame.columns for name in COLUMNS)


def _check_free(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse to show ours in the place of columns of the user's."""
    if taken := ", ".join(repr(name) for name in names if name in frame.columns):
        raise SettingsError(
            f"the frame has {taken} of its own, which would be hidden: failures(prefix='geo_') names the new ones so."
        )
