"""``ddf.geo``: the face, as like that of pandas as a lazy frame's can be."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import dask.dataframe as dd
from dask.dataframe.extensions import register_dataframe_accessor

from geopandas_batch.dask import plan
from geopandas_batch.dask.orders import Locate, Reverse
from geopandas_batch.dask.whom import Whom
from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.columns import constant
from geopandas_batch.places import PARTS
from geopandas_batch.services import ServiceLike, resolve


@register_dataframe_accessor("geo")
class DaskGeoAccessor:
    """Coordinates for the addresses of a Dask DataFrame.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> import geopandas_batch.dask
    >>> df = pd.DataFrame({"address": ["Oslo, Norway", "", "Bergen, Norway"]})
    >>> ddf = dd.from_pandas(df, npartitions=2)
    >>> ddf.geo.locate("address", service="gazetteer")[["lat", "lon"]].compute().round(1)
        lat   lon
    0  59.9  10.7
    1   NaN   NaN
    2  60.4   5.3
    """

    def __init__(self, frame: dd.DataFrame) -> None:
        """Called by Dask."""
        self._frame = frame

    def locate(
        self,
        address: Hashable | Sequence[Hashable] | None = None,
        *,
        housenumber: Hashable | constant | None = None,
        street: Hashable | constant | None = None,
        city: Hashable | constant | None = None,
        postcode: Hashable | constant | None = None,
        state: Hashable | constant | None = None,
        country: Hashable | constant | None = None,
        service: ServiceLike = "auto",
        details: bool = False,
        errors: Literal["raise", "coerce"] = "raise",
        prefix: str = "",
        overwrite: bool = False,
        min_confidence: float | None = None,
        budget: float | None = None,
        cache: bool | str | os.PathLike[str] = True,
        **service_options: Any,
    ) -> dd.DataFrame:
        """The frame with a latitude and a longitude for each row, lazily; arguments as in ``df.geo.locate``.

        Nothing is asked before ``compute()``, ``persist()`` or a writer is called, but wrong arguments are told at
        once. Equal addresses are asked once, whatever their partitions. The gazetteer and an `AddressBook` work on all
        workers; of other services one task asks at a time, so that pace and quota hold for the whole cluster.

        Parameters
        ----------
        address, housenumber, street, city, postcode, state, country, details, prefix, overwrite, min_confidence
            As in ``df.geo.locate``.
        service, **service_options
            As in ``df.geo.locate``. A key is never put into the graph: workers read ``GEOAPIFY_API_KEY`` in their own
            environment. With ``api_key=``, only schedulers with threads of this process can ask.
        errors : {"raise", "coerce"}
            ``"raise"``: when a service cannot be had, its error; ``.partial`` has each address of the task that asked,
            with its number of ``rows`` and the answer so far. All answers are in the cache, too. ``"coerce"``: as in
            ``df.geo.locate``.
        budget : float, optional
            Credits for the whole. What a worker spent before it died is not on this account.
        cache : bool or path
            A path that all workers see: what one has paid for, any other finds, also when the first one was lost. On
            the disk of one machine: SQLite's files are not safe on a network share.
            True: the cache of the user on each worker. False: what a lost worker had paid for is paid again.

        Returns
        -------
        dask.dataframe.DataFrame
            The same rows, index and divisions, and the columns that ``df.geo.locate`` adds. When it is computed, its
            ``.geo.report`` tells of the whole run; ``seconds`` are those of all asking tasks together.

        Raises
        ------
        SettingsError, MissingKeyError
            As in ``df.geo.locate``, at once.
        """
        parts = dict(zip(PARTS, (housenumber, street, city, postcode, state, country), strict=True))
        arguments = {"details": details, "errors": errors, "overwrite": overwrite, "min_confidence": min_confidence}
        order = Locate(
            address, parts, _whom(service, service_options), {**arguments, "cache": cache}, prefix=prefix, budget=budget
        )
        return plan.located(self._frame, order)

    def reverse(
        self,
        lat: Hashable = "lat",
        lon: Hashable = "lon",
        *,
        service: ServiceLike = "auto",
        details: bool = False,
        errors: Literal["raise", "coerce"] = "raise",
        prefix: str = "",
        overwrite: bool = False,
        budget: float | None = None,
        cache: bool | str | os.PathLike[str] = True,
        **service_options: Any,
    ) -> dd.DataFrame:
        """The frame with an address for each point, lazily; arguments as in ``df.geo.reverse`` and in `locate`.

        Parameters
        ----------
        lat, lon, details, prefix, overwrite
            As in ``df.geo.reverse``.
        service, errors, budget, cache, **service_options
            As in `locate`.

        Returns
        -------
        dask.dataframe.DataFrame
            The same rows, index and divisions, and the columns that ``df.geo.reverse`` adds.

        Raises
        ------
        SettingsError, MissingKeyError
            As in `locate`.

        Examples
        --------
        >>> import dask.dataframe as dd
        >>> import pandas as pd
        >>> import geopandas_batch.dask
        >>> points = dd.from_pandas(pd.DataFrame({"lat": [59.91, None], "lon": [10.75, 5.32]}), npartitions=2)
        >>> points.geo.reverse(service="gazetteer").compute()["formatted"].dropna().to_dict()
        {0: 'Oslo, Norway'}
        """
        arguments = {"details": details, "errors": errors, "overwrite": overwrite, "cache": cache}
        order = Reverse(lat, lon, _whom(service, service_options), arguments, prefix=prefix, budget=budget)
        return plan.located(self._frame, order)


def _whom(service: ServiceLike, options: dict[str, Any]) -> Whom:
    if "progress" in options:
        raise SettingsError(
            "with Dask there is no progress=: watch its dashboard, or use dask.diagnostics.ProgressBar or "
            "distributed.progress"
        )
    return Whom(resolve(service, options))
