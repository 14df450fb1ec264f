"""``located.geo``: the rows as points of GeoPandas, as a picture and as a map."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes import Axes

    from geopandas_batch.maps.explorer import Explorer


class Drawings:
    """The part of ``df.geo`` that draws; nobody is asked."""

    _frame: pd.DataFrame

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
        from geopandas_batch.maps import explorer

        return explorer.explore(self._frame, lat, lon, color_by=color_by, popup=popup, height=height, title=title)
