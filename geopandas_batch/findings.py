"""``located.geo``: what a person does with a frame that has its answers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import os

    import geopandas
    from matplotlib.axes import Axes

    from geopandas_batch.explorer import Explorer
    from geopandas_batch.places import Match
    from geopandas_batch.report import Report


class Findings:
    """The half of ``df.geo`` that asks nobody: to look at the answers, correct them, and draw them."""

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
        from geopandas_batch import frames

        return frames.report_of(self._frame)

    def failures(self, *, prefix: str | None = None) -> pd.DataFrame:
        """The rows without coordinates, in their order, with ``status`` and ``reason``.

        Parameters
        ----------
        prefix : str, optional
            Of the columns that `locate` added; by default that of the run which made this very frame.

        Returns
        -------
        DataFrame
            These rows with all their columns, ``status`` and ``reason``.

        Raises
        ------
        SettingsError
            Nothing is known of the answers. Frames that `locate` returned know it themselves, up to 20,000 different
            addresses; copies, parts and files do if they were made with ``details=True``.

        Examples
        --------
        >>> import geopandas_batch
        >>> located = geopandas_batch.locate(["Oslo, Norway", "Xyzzyq", ""], service="gazetteer")
        >>> located.geo.failures()[["address", "status", "reason"]]
          address     status    reason
        1  Xyzzyq  not_found  no match
        2              blank
        """
        from geopandas_batch import review

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
        from geopandas_batch import review

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
            A row is not there, or has no coordinates; where the addresses are is not known; there is no cache file.

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
        from geopandas_batch import correcting

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
        from geopandas_batch import correcting

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
        from geopandas_batch import correcting

        return correcting.undo(self._frame, rows, address=address, prefix=prefix, cache=cache)

    def to_geodataframe(self, lat: Hashable = "lat", lon: Hashable = "lon") -> geopandas.GeoDataFrame:
        """The frame as a GeoDataFrame in EPSG:4326; rows without coordinates have an empty point.

        Needs geopandas: ``pip install "geopandas-batch[maps]"``.

        Parameters
        ----------
        lat, lon : column label
            Degrees, WGS 84. A row in which either is blank gets an empty point, as in ``geopandas.tools.geocode``.

        Returns
        -------
        GeoDataFrame
            The same rows, order, index and columns, and ``geometry``, the active one.

        Raises
        ------
        SettingsError
            A column is not there, has no numbers, or there is a ``geometry`` already; a point is not on Earth;
            GeoPandas is not installed.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> points = pd.DataFrame({"lat": [59.91, None], "lon": [10.75, None]}).geo.to_geodataframe()
        >>> points.crs.to_epsg(), points["geometry"].to_list()
        (4326, [<POINT (10.75 59.91)>, <POINT EMPTY>])
        """
        from geopandas_batch import maps

        return maps.to_geodataframe(self._frame, lat, lon)

    def plot(
        self,
        lat: Hashable = "lat",
        lon: Hashable = "lon",
        *,
        color_by: Hashable | None = "auto",
        ax: Axes | None = None,
        figsize: tuple[float, float] | None = None,
        margin: float = 0.1,
        title: str | None = None,
    ) -> Axes:
        """A picture of where the rows are, over coasts and borders. No network is needed.

        Needs Matplotlib: ``pip install "geopandas-batch[maps]"``. The credits in ``attrs["attribution"]`` are written
        into the corner.

        Parameters
        ----------
        lat, lon : column name
            Degrees, WGS 84. A row in which either is blank is not drawn, but counted in the legend.
        color_by : column name, "auto" or None
            Numbers give a scale of colours (grey where blank), anything else a colour for each of the most frequent
            values. ``"auto"``: the column ``match`` if there is one, with the prefix of `lat`. None: one colour.
        ax : Axes, optional
            Where to draw; a new figure of pyplot if not given.
        figsize : (float, float), optional
            Inches, of the new figure. Without it, of the shape of the map.
        margin : float
            Free space on each side, as a part of the extent of the points.
        title : str, optional
            Above the map.

        Returns
        -------
        Axes
            x in degrees east, y in degrees north. Points on both sides of the antimeridian are shown together, x up to
            360.

        Raises
        ------
        SettingsError
            When a column is missing, a coordinate is not a number or out of range, `margin` is negative, `ax` is not
            one Axes or comes with `figsize`, or Matplotlib is not installed.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> from matplotlib.figure import Figure
        >>> frame = pd.DataFrame({"lat": [59.91, 48.86], "lon": [10.75, 2.35], "match": ["city", "street"]})
        >>> ax = frame.geo.plot(ax=Figure().subplots())
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['street (1)', 'city (1)']
        """
        from geopandas_batch import maps

        return maps.plot(self._frame, lat, lon, color_by=color_by, ax=ax, figsize=figsize, margin=margin, title=title)

    def explore(
        self,
        lat: Hashable = "lat",
        lon: Hashable = "lon",
        *,
        color_by: Hashable | None = "auto",
        popup: Sequence[Hashable] | None = None,
        height: int = 480,
        title: str = "map",
    ) -> Explorer:
        """A map of the rows, over coasts and borders, whose points tell their row when they are clicked.

        It needs neither a network nor another library. Streets it does not show: a popup has a link to the same point
        on OpenStreetMap, and ``frame.geo.to_geodataframe().explore()`` is GeoPandas' own map, which needs folium and
        loads its scripts and its background from the internet. The credits in ``attrs["attribution"]`` are written into
        the corner.

        Parameters
        ----------
        lat, lon : column name
            Degrees, WGS 84. A row in which either is blank is not drawn, but counted in the legend.
        color_by : column name, "auto" or None
            Numbers are put into five classes, anything else has a colour for each of the most frequent values.
            ``"auto"``: the column ``match`` if there is one, with the prefix of `lat`. None: one colour.
        popup : list of column names, optional
            What a click shows; by default the first twenty columns besides `lat` and `lon`.
        height : int
            Pixels, in a notebook.
        title : str
            Of the page.

        Returns
        -------
        Explorer
            A notebook shows it. ``.save("map.html")`` writes a page that opens anywhere.

        Raises
        ------
        SettingsError
            When a column is missing, a coordinate is not a number or out of range, or there are more than 50,000
            points.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> frame = pd.DataFrame({"name": ["a", "b"], "lat": [59.91, 48.86], "lon": [10.75, 2.35]})
        >>> frame.geo.explore()
        <a map of 2 rows: .save('map.html'), and open that in a browser>
        """
        from geopandas_batch import explorer

        return explorer.explore(self._frame, lat, lon, color_by=color_by, popup=popup, height=height, title=title)
