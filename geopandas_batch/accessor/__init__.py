"""``df.geo``: what a person types in a notebook cell."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, cast

import pandas as pd

from geopandas_batch.accessor.drawings import Drawings
from geopandas_batch.accessor.findings import Findings
from geopandas_batch.errors import in_one_line
from geopandas_batch.places import PARTS

if TYPE_CHECKING:
    import os

    from geopandas_batch.frames.columns import constant
    from geopandas_batch.frames.estimate import Estimate
    from geopandas_batch.services import ServiceLike


P = ParamSpec("P")
T = TypeVar("T")


def _synchronous(
    method: Callable[Concatenate[GeoAccessor, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[GeoAccessor, P], T]:
    """The method without ``await``, with the same signature and documentation."""

    @wraps(method)
    def run(self: GeoAccessor, /, *args: P.args, **kwargs: P.kwargs) -> T:
        from geopandas_batch import loop
        from geopandas_batch.frames import notes

        try:
            return loop.run(method(self, *args, **kwargs))
        except KeyboardInterrupt as stop:
            # Still the exception that it was, so that a script ends as after any Ctrl-C.
            if line := notes.stop_of(self._frame):
                in_one_line(stop, line)
            raise

    run.__name__ = method.__name__.removesuffix("_async")
    run.__qualname__ = method.__qualname__.removesuffix("_async")
    return run


def _parts(*given: Hashable | constant | None) -> dict[str, Hashable | constant | None]:
    return dict(zip(PARTS, given, strict=True))


@pd.api.extensions.register_dataframe_accessor("geo")
class GeoAccessor(Findings, Drawings):
    """Coordinates for the addresses of a DataFrame.

    Examples
    --------
    >>> import pandas as pd
    >>> import geopandas_batch
    >>> df = pd.DataFrame({"address": ["Oslo, Norway", "", "Bergen, Norway"]})
    >>> df.geo.locate("address", service="gazetteer").round(1)
              address   lat   lon
    0    Oslo, Norway  59.9  10.7
    1                   NaN   NaN
    2  Bergen, Norway  60.4   5.3
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """Called by pandas."""
        self._frame = frame

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

    locate = _synchronous(locate_async)

    async def reverse_async(
        self,
        /,
        lat: Hashable = "lat",
        lon: Hashable = "lon",
        *,
        service: ServiceLike = "auto",
        details: bool = False,
        errors: Literal["raise", "coerce"] = "raise",
        prefix: str = "",
        overwrite: bool = False,
        budget: float | None = None,
        progress: bool | Callable[[int, int, dict[str, int]], None] | None = None,
        cache: bool | str | os.PathLike[str] = True,
        **service_options: Any,
    ) -> pd.DataFrame:
        """The frame with an address for each point.

        Equal points (to a centimetre) are asked once, answers are kept, a run that stopped goes on, as with `locate`.
        In async code: ``await df.geo.reverse_async(...)``.

        Parameters
        ----------
        lat, lon : column label
            Degrees, WGS 84; numbers, or text that is a number. Where one is missing or blank, the row is ``blank`` and
            costs nothing. Numbers that are no point on Earth are not asked either: the row is ``failed``.
        details : bool
            Also add ``match``, ``status``, ``reason`` and ``service``, as in `locate`, and ``distance`` (metres from
            the point to the address or, with the gazetteer, to the centre of the town); with Geoapify also
            ``result_type``, ``place_id`` and ``attribution``.
        service, errors, prefix, overwrite, budget, progress, cache, **service_options
            As in `locate`. ``type="building"`` asks for houses only.

        Returns
        -------
        DataFrame
            A new frame with the same rows, order, index and columns, and ``formatted``: the address in words, missing
            where there is none, as at sea.

        Raises
        ------
        SettingsError
            An argument is wrong, or the service has no reverse. Nothing was sent.
        KeyRefused, QuotaExhausted, Unavailable, TooSlow, StrangeAnswer
            As in `locate`.

        Examples
        --------
        >>> import pandas as pd
        >>> import geopandas_batch
        >>> from geopandas_batch.services import Geoapify
        >>> from geopandas_batch.testing import FakeGeoapify
        >>> points = pd.DataFrame({"lat": [59.91, None], "lon": [10.75, 5.32]})
        >>> with FakeGeoapify() as fake:
        ...     service = Geoapify(api_key=fake.key, base_url=fake.url)
        ...     found = points.geo.reverse(service=service, cache=False)
        >>> found["formatted"].notna().tolist()
        [True, False]
        """
        from geopandas_batch import frames

        return await frames.reverse(
            self._frame,
            lat,
            lon,
            service=service,
            details=details,
            errors=errors,
            prefix=prefix,
            overwrite=overwrite,
            budget=budget,
            progress=progress,
            cache=cache,
            **service_options,
        )

    reverse = _synchronous(reverse_async)

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


def _for_any_table(
    method: Callable[Concatenate[GeoAccessor, P], T],
) -> Callable[[Callable[..., T]], Callable[Concatenate[pd.DataFrame | pd.Series[Any] | Sequence[Any], P], T]]:
    """For a function that takes a table and the method's arguments: editors and type checkers are told them all."""

    def told(function: Callable[..., T]) -> Any:
        own, (_, *others) = signature(function), signature(method).parameters.values()
        cast(Any, function).__signature__ = own.replace(parameters=[own.parameters["addresses"], *others])
        return function

    return told


@_for_any_table(GeoAccessor.locate)
def locate(
    addresses: pd.DataFrame | pd.Series[Any] | Sequence[Any],
    address: Hashable | Sequence[Hashable] | None = None,
    **arguments: Any,
) -> pd.DataFrame:
    """What ``df.geo.locate`` gives, for a frame, a series or a list of addresses.

    Editors and type checkers know its arguments; ``df.geo`` they take for a column.

    Parameters
    ----------
    addresses : DataFrame, Series or sequence of str
        A series keeps its index; its addresses are in a column of its name, else in ``address``.
    address, **arguments
        As in `GeoAccessor.locate`. For a series or a list, `address` is not needed.

    Returns
    -------
    DataFrame
        A new frame, with ``lat`` and ``lon``, float64, degrees, WGS 84.

    Raises
    ------
    SettingsError, KeyRefused, QuotaExhausted, Unavailable, TooSlow, StrangeAnswer
        As `GeoAccessor.locate`; also where `addresses` is one text, or no table.

    Examples
    --------
    >>> locate(["Oslo, Norway", None], service="gazetteer").round(1)
            address   lat   lon
    0  Oslo, Norway  59.9  10.7
    1          None   NaN   NaN
    """
    from geopandas_batch import frames

    frame, column = frames.as_frame(addresses)
    result: pd.DataFrame = GeoAccessor(frame).locate(column if address is None else address, **arguments)
    return result
