"""``located.geo``: what a person finds out and decides about the answers of a frame."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import os

    from geopandas_batch.frames.report import Report
    from geopandas_batch.places import Match


class Findings:
    """The part of ``df.geo`` that tells of the answers and takes corrections; nobody is asked."""

    _frame: pd.DataFrame

    @property
    def report(self) -> Report | None:
        """What the last run on this very frame did; the frame that it returned has it too. None if there was none.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> located = pd.DataFrame({"town": ["Oslo", ""]}).geo.locate("town", service="gazetteer")
        >>> located.geo.report.statuses["blank"]
        1
        """
        from geopandas_batch.frames import notes

        return notes.report_of(self._frame)

    def failures(self, *, prefix: str | None = None) -> pd.DataFrame:
        """The rows without coordinates, in their order, with ``status`` and ``reason``.

        Parameters
        ----------
        prefix : str, optional
            Of the columns that `locate` added; by default that of the run which made this very frame. Another one where
            the frame has a ``status`` or ``reason`` of its own.

        Returns
        -------
        DataFrame
            These rows with all their columns, ``status`` and ``reason``.

        Raises
        ------
        SettingsError
            The frame has such a column of its own, or nothing is known of the answers. Frames that `locate` returned
            know it themselves, up to 20,000 different addresses; copies, parts and files do if they were made with
            ``details=True``.

        Examples
        --------
        >>> import geopandas_batch
        >>> located = geopandas_batch.locate(["Oslo, Norway", "Xyzzyq", ""], service="gazetteer")
        >>> located.geo.failures()[["address", "status", "reason"]]
          address     status    reason
        1  Xyzzyq  not_found  no match
        2              blank
        """
        from geopandas_batch.frames import review

        return review.failures(self._frame, prefix)

    def review(self, *, below: float = 0.8, prefix: str | None = None) -> pd.DataFrame:
        """The rows a person should look at, worst first, with ``why``.

        Those are: what was not found or refused; what is less sure than `below`; what has a note of the service, such
        as the rival of an ambiguous name; and what was found more coarsely than most rows, as a city's centre among
        houses. What a person has set or accepted is not among them.

        Parameters
        ----------
        below : float
            The confidence from which nobody needs to look.
        prefix : str, optional
            As in `failures`.

        Returns
        -------
        DataFrame
            These rows with all their columns, ``formatted``, ``match``, ``confidence``, ``status``, ``reason`` and
            ``why``. What is shown of it is what helps to judge: coordinates and what ``why`` says are left out.

        Raises
        ------
        SettingsError
            As in `failures`.

        Examples
        --------
        >>> import geopandas_batch
        >>> located = geopandas_batch.locate(["Oslo, Norway", "Springfield", "Xyzzyq"], service="gazetteer")
        >>> located.geo.review()["why"].to_dict()
        {2: 'not found; no match', 1: 'confidence ...; Springfield, ... is as likely'}
        """
        from geopandas_batch.frames import review

        return review.review(self._frame, below, prefix)

    def accept(
        self,
        rows: Any,
        *,
        address: Hashable | Sequence[Hashable] | None = None,
        prefix: str | None = None,
        cache: bool | str | os.PathLike[str] | None = None,
    ) -> pd.DataFrame:
        """The frame, with the answers of these rows confirmed: they are right as they are, now and in all later runs.

        What a person says is kept in the cache file by the text of the address. From then on it is the answer,
        whichever service is asked and however, and costs nothing; ``service`` is ``person``, ``confidence`` 1. It stays
        when the answers are cleared. `undo` takes it back, `geopandas_batch.corrections` lists what was said.

        Parameters
        ----------
        rows : label, labels, mask or DataFrame
            As ``.loc`` takes them, or a part of the frame, such as some rows of `review`. All rows with an address that
            is among theirs change.
        address : column label, list of column labels, or template, optional
            Where the addresses are; by default as in the run that made this very frame.
        prefix : str, optional
            As in `failures`.
        cache : bool or path, optional
            In which file it is kept; by default that of the run.

        Returns
        -------
        DataFrame
            A new frame, with the columns that the frame has.

        Raises
        ------
        SettingsError
            A row is not there, has another address than in the part that was given, or has no coordinates; where the
            addresses are is not known; there is no cache file.

        Examples
        --------
        >>> import os, tempfile
        >>> import geopandas_batch
        >>> file = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
        >>> located = geopandas_batch.locate(["Springfield"], service="gazetteer", cache=file, details=True)
        >>> located = located.geo.accept(located.geo.review())
        >>> located[["confidence", "reason", "service"]]
           confidence                                  reason service
        0         1.0  accepted by a person, found by gazetteer  person
        """
        from geopandas_batch.frames import correcting

        return correcting.accept(self._frame, rows, address=address, prefix=prefix, cache=cache)

    def set(
        self,
        rows: Any,
        lat: float | Sequence[float],
        lon: float | Sequence[float],
        *,
        match: Match = "building",
        formatted: str = "",
        address: Hashable | Sequence[Hashable] | None = None,
        prefix: str | None = None,
        cache: bool | str | os.PathLike[str] | None = None,
    ) -> pd.DataFrame:
        """The frame, with these coordinates in these rows, now and in all later runs; kept and undone as in `accept`.

        Parameters
        ----------
        rows : label, labels, mask or DataFrame
            As in `accept`.
        lat, lon : float or sequence of float
            Degrees, WGS 84: one for all these rows, or one for each.
        match : str
            What is there: building, street, postcode, city, region, country or none.
        formatted : str
            The place in words.
        address, prefix, cache
            As in `accept`.

        Returns
        -------
        DataFrame
            A new frame, with the columns that the frame has.

        Raises
        ------
        SettingsError
            As in `accept`; or the point is not on Earth.

        Examples
        --------
        >>> import os, tempfile
        >>> import geopandas_batch
        >>> file = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
        >>> located = geopandas_batch.locate(["Villa Sol, Oslo"], service="gazetteer", cache=file)
        >>> located = located.geo.set(0, 59.9139, 10.7522)
        >>> geopandas_batch.locate(["Villa Sol, Oslo"], service="gazetteer", cache=file)  # tomorrow
                   address      lat      lon
        0  Villa Sol, Oslo  59.9139  10.7522
        """
        from geopandas_batch.frames import correcting

        return correcting.set_to(
            self._frame,
            rows,
            lat,
            lon,
            match=match,
            formatted=formatted,
            address=address,
            prefix=prefix,
            cache=cache,
        )

    def undo(
        self,
        rows: Any,
        *,
        address: Hashable | Sequence[Hashable] | None = None,
        prefix: str | None = None,
        cache: bool | str | os.PathLike[str] | None = None,
    ) -> pd.DataFrame:
        """The frame, without what was said of these rows by `accept` or `set`. Locate again for the service's answer.

        Parameters
        ----------
        rows, address, prefix, cache
            As in `accept`.

        Returns
        -------
        DataFrame
            A new frame. These rows have no coordinates and the status ``skipped``, until they are located again.

        Raises
        ------
        SettingsError
            As in `accept`; or nothing was said of these rows.

        Examples
        --------
        >>> import os, tempfile
        >>> import geopandas_batch
        >>> file = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
        >>> located = geopandas_batch.locate(["Oslo, Norway"], service="gazetteer", cache=file)
        >>> located = located.geo.set(0, 0.0, 0.0).geo.undo(0)
        >>> located = located.geo.locate("address", service="gazetteer", cache=file, overwrite=True)
        >>> located.round(1)
                address   lat   lon
        0  Oslo, Norway  59.9  10.7
        """
        from geopandas_batch.frames import correcting

        return correcting.undo(self._frame, rows, address=address, prefix=prefix, cache=cache)
