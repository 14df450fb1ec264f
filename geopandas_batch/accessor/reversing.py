"""``df.geo``: from coordinates to addresses."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from geopandas_batch.accessor.synchronous import synchronous

if TYPE_CHECKING:
    import os

    from geopandas_batch.services import ServiceLike


class Reversing:
    """The part of ``df.geo`` that asks what is at a point."""

    _frame: pd.DataFrame

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

    reverse = synchronous(reverse_async)
