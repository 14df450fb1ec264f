"""``df.geo``: from addresses to coordinates, and what that would cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from geopandas_batch.accessor.synchronous import synchronous
from geopandas_batch.places import PARTS

if TYPE_CHECKING:
    import os

    from geopandas_batch.frames.columns import constant
    from geopandas_batch.frames.estimate import Estimate
    from geopandas_batch.services import ServiceLike


def _parts(*given: Hashable | constant | None) -> dict[str, Hashable | constant | None]:
    return dict(zip(PARTS, given, strict=True))


class Locating:
    """The part of ``df.geo`` that asks where addresses are."""

    _frame: pd.DataFrame

    async def locate_async(
        self,
        /,
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
        progress: bool | Callable[[int, int, dict[str, int]], None] | None = None,
        cache: bool | str | os.PathLike[str] = True,
        **service_options: Any,
    ) -> pd.DataFrame:
        """The frame with a latitude and a longitude for each row.

        `locate` works as it is in a notebook cell, a script and a thread. In async code,
        ``await df.geo.locate_async(...)`` lets others work meanwhile; it takes the same arguments.

        Equal addresses are asked once. Answers are kept on this computer and free the next time. If the run stops, run
        the same line again: it goes on from where it was, and collects jobs that are paid already.

        Parameters
        ----------
        address : column label, list of column labels, or template, optional
            The column with the addresses; several columns, joined with commas, blanks dropped; or text with column
            names in braces, such as ``"{street}, {city}"``. Cells of any dtype: a number is written as a person would
            type it (10115.0 is "10115"). None, NaN, NA and blank text are never sent and cost nothing.
        housenumber, street, city, postcode, state, country : column label or constant, optional
            Instead of `address`: its parts, each a column, or the same for all rows as in
            ``country=geopandas_batch.constant("France")``. `country` also goes with `address`: it is written behind.
        service : str, service, async function, or a list of these
            ``"auto"``: Geoapify if there is a key in ``GEOAPIFY_API_KEY`` (half a credit an address; up to five
            different addresses go as single requests, which answer at once, at one credit each), else the embedded
            gazetteer, which is free and offline and knows places, not houses. ``"census"`` and
            ``"geoplateforme"``: those of the USA and of France, free. A list such as ``["census", "geoapify"]``: what
            one did not find well enough goes to the next (`geopandas_batch.services.Cascade`).
        details : bool
            Also add ``formatted`` (the place in words), ``match`` (category: building, street, postcode, city, region,
            country, none), ``confidence`` (float, 0 to 1), ``status`` (category: located, not_found, blank, failed,
            skipped), ``reason`` (text) and ``service`` (who answered). With Geoapify also its ``result_type``,
            ``place_id`` and ``attribution``; with the gazetteer ``uncertainty`` (metres: nine of ten addresses of that
            place lie nearer). ``raw=True`` adds Geoapify's whole answer as JSON, also without details.
        errors : {"raise", "coerce"}
            What to do when the run cannot go on, as when the key is refused or the service is down. ``"raise"``: an
            error with the frame so far in ``.partial``. ``"coerce"``: the frame, with NaN and the reason in the rows
            that failed. A row's own trouble (not found, refused) never raises.
        prefix : str
            Before the names of all new columns.
        overwrite : bool
            Replace columns that have these names. Without it, they are an error.
        min_confidence : float, optional
            0 to 1. Weaker matches keep their details, but have no coordinates and the status ``not_found``. Of several
            services, the next is asked for them first.
        budget : float, optional
            Credits that this run may spend, replies that were lost included. Addresses beyond it are ``skipped``;
            with more budget, the same line goes on from there.
        progress : bool or function, optional
            None: a bar in notebooks and terminals. True or False: always or never. A function is told
            ``(rows done, rows in all, rows by kind)``.
        cache : bool or path
            True: this user's cache. A path: another file. False: nothing is read or kept.
        **service_options
            Settings of services given by name, such as ``lang="fr"``, ``countrycodes="de,fr"``, ``mode="batch"`` or
            ``priority=1``, or for the gazetteer ``context=False`` and ``processes=2``; all of them:
            the classes of these names in `geopandas_batch.services`.

        Returns
        -------
        DataFrame
            A new frame with the same rows, order, index and columns, and ``lat``, ``lon`` (float64, degrees, WGS 84;
            NaN where there is no answer). The licences' credits are in ``.attrs["attribution"]``.

        Raises
        ------
        SettingsError
            An argument is wrong: the text says which, and what there is. Nothing was sent.
        MissingKeyError
            The service needs a key and has none. Nothing was sent.
        KeyRefused, QuotaExhausted, Unavailable, TooSlow, StrangeAnswer
            The run could not go on. The text says what to do; ``.partial`` has the frame so far.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> df = pd.DataFrame({"street": ["Karl Johans gate 1", "Bryggen 1"], "town": ["Oslo", "Bergen"]})
        >>> df.geo.locate(city="town", country=geopandas_batch.constant("Norway"), service="gazetteer").round(1)
                       street    town   lat   lon
        0  Karl Johans gate 1    Oslo  59.9  10.7
        1           Bryggen 1  Bergen  60.4   5.3
        """
        from geopandas_batch import frames

        return await frames.locate(
            self._frame,
            address,
            _parts(housenumber, street, city, postcode, state, country),
            service=service,
            details=details,
            errors=errors,
            prefix=prefix,
            overwrite=overwrite,
            min_confidence=min_confidence,
            budget=budget,
            progress=progress,
            cache=cache,
            **service_options,
        )

    locate = synchronous(locate_async)

    def estimate(
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
        min_confidence: float | None = None,
        budget: float | None = None,
        cache: bool | str | os.PathLike[str] = True,
        **service_options: Any,
    ) -> Estimate:
        """What `locate` with these arguments would do and cost. Nothing is sent.

        Parameters
        ----------
        address, housenumber, street, city, postcode, state, country, service, budget, cache, **service_options
            As in `locate`.
        min_confidence : float, optional
            As in `locate`. It matters with several services: what is known and weaker would be asked of the next.

        Returns
        -------
        Estimate
            Rows, different addresses, those that are known or paid already, requests, credits, days on the free plan,
            and the time, as far as jobs were measured on this computer. With several services, each by itself, and
            what it is at most.

        Raises
        ------
        SettingsError, MissingKeyError
            As in `locate`.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> df = pd.DataFrame({"address": [f"{n} Main Street, Springfield" for n in range(1200)]})
        >>> print(df.geo.estimate("address", service="geoapify", api_key="secret", cache=False))
        geoapify: 1,200 rows, 1,200 different addresses
          to ask    1,200 addresses (4 jobs at 0.5 credits an address)
          requests  8 or more
          credits   600, less than a day on the free plan
          time      not known: no job of such a size was measured yet
        """
        from geopandas_batch.frames import prospects

        return prospects.estimate(
            self._frame,
            address,
            _parts(housenumber, street, city, postcode, state, country),
            service=service,
            min_confidence=min_confidence,
            budget=budget,
            cache=cache,
            **service_options,
        )
