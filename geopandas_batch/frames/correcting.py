"""What a person decides on rows, kept for all later runs: the answer is right, or these are the coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.decisions import Desk, overrides_in, refuse
from geopandas_batch.locator import Cache
from geopandas_batch.places import Match, Outcome
from geopandas_batch.store.overrides import Correction, lines_of, placed


def accept(
    frame: pd.DataFrame, rows: Any, *, address: Any = None, prefix: str | None = None, cache: Cache | None = None
) -> pd.DataFrame:
    """The frame, with the answers of these rows confirmed; see ``DataFrame.geo.accept``."""
    desk = Desk(frame, address, prefix, cache)
    chosen = desk.chosen(rows)
    places = {place: desk.shown(place) for place in chosen.tolist()}
    refuse(
        [place for place, found in places.items() if found is None],
        "there are no coordinates that could be right. Give them: .geo.set(row, lat, lon)",
    )
    return desk.keep({place: found for place, found in places.items() if found is not None}, "accepted")


def set_to(
    frame: pd.DataFrame,
    rows: Any,
    lat: Any,
    lon: Any,
    *,
    match: Match = "building",
    formatted: str = "",
    address: Any = None,
    prefix: str | None = None,
    cache: Cache | None = None,
) -> pd.DataFrame:
    """The frame, with these coordinates in these rows; see ``DataFrame.geo.set``."""
    desk = Desk(frame, address, prefix, cache)
    chosen = desk.chosen(rows)
    lats, lons = ([value] * chosen.size if np.ndim(value) == 0 else list(value) for value in (lat, lon))
    if not len(lats) == len(lons) == chosen.size:
        raise SettingsError(f"{chosen.size} rows, {len(lats)} latitudes and {len(lons)} longitudes: give one for each")
    places = {
        place: placed(north, east, match, formatted)
        for place, north, east in zip(chosen.tolist(), lats, lons, strict=True)
    }
    return desk.keep(places, "set")


def undo(
    frame: pd.DataFrame, rows: Any, *, address: Any = None, prefix: str | None = None, cache: Cache | None = None
) -> pd.DataFrame:
    """The frame, without the decisions on these rows; see ``DataFrame.geo.undo``."""
    desk = Desk(frame, address, prefix, cache)
    asked = [question for place in desk.chosen(rows).tolist() if (question := desk.question(place))]
    decided_on = {each.address for each in desk.overrides.all()}
    with_decision = {each.line: decided_on.intersection(lines_of(each)) for each in asked}
    with_decision = {line: addresses for line, addresses in with_decision.items() if addresses}
    if not with_decision:
        raise SettingsError("there is no correction of these rows. All of them: geopandas_batch.corrections()")
    desk.overrides.undo(set().union(*with_decision.values()))
    open_again = Outcome(None, "skipped", "correction undone: locate again for the service's answer")
    return desk.changed(dict.fromkeys(with_decision, open_again))


def corrections(cache: Cache = True) -> pd.DataFrame:
    """What was decided by `accept` and `set`, oldest first.

    Parameters
    ----------
    cache : bool or path
        As in `locate`: corrections are in the file of the answers.

    Returns
    -------
    DataFrame
        ``address``, ``lat``, ``lon``, ``formatted``, ``match``, ``reason`` (who said so) and ``when`` (UTC). To take
        some back: ``geopandas_batch.corrections().geo.undo(rows, address="address")``.

    Raises
    ------
    SettingsError
        There is no cache file, as with ``cache=False``.

    Examples
    --------
    >>> import tempfile, os
    >>> import geopandas_batch
    >>> file = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
    >>> located = geopandas_batch.locate(["Villa Sol, Oslo"], service="gazetteer", cache=file)
    >>> located = located.geo.set(0, 59.9139, 10.7522)
    >>> geopandas_batch.corrections(cache=file)[["address", "lat", "lon", "match", "reason"]]
               address      lat      lon     match           reason
    0  Villa Sol, Oslo  59.9139  10.7522  building  set by a person
    """
    found: list[Correction] = overrides_in(cache).all()
    columns = ("address", "lat", "lon", "formatted", "match", "reason")
    table = pd.DataFrame(
        [(each.address, *(getattr(each.location, name) for name in columns[1:])) for each in found], columns=columns
    )
    return table.assign(when=pd.to_datetime([each.when for each in found], unit="s", utc=True))
