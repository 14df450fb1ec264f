"""Which points have which colour, and in which order they are told of."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch.frames.degrees import column_of
from geopandas_batch.places import MATCHES

# Okabe and Ito (2008), https://jfly.uni-koeln.de/color/: for colour-blind eyes too. Blue is exact, red is coarse.
COLOURS = dict(zip(MATCHES, ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#777777"), strict=True))
PLAIN, UNKNOWN = COLOURS["building"], COLOURS["none"]
# Matplotlib's "tab10" (Tableau's), as a web page writes it.
TAB10 = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf", "#7f7f7f")


def values_of(frame: pd.DataFrame, lat: Hashable, color_by: Hashable | None) -> pd.Series | None:
    """What to colour by, if anything: ``"auto"`` is the column ``match`` with the prefix of ``lat``."""
    if color_by is None:
        return None
    if color_by != "auto":
        return column_of(frame, color_by)
    beside = str(lat).removesuffix("lat") + "match"
    return column_of(frame, beside) if beside in frame.columns else None


def groups(count: int, values: pd.Series | None) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Names, colours and which points: levels of match from fine to coarse, other values from many to few."""
    if values is None:
        names = pd.Series("on the map", index=range(count))
    else:
        names = values.astype(object).where(values.notna(), "none").map(str)
    frequency = names.value_counts()
    if values is None:
        colours = dict.fromkeys(frequency.index, PLAIN)
    elif set(frequency.index) <= set(COLOURS):
        colours = {name: colour for name, colour in COLOURS.items() if name in frequency.index}
    else:
        kept = list(frequency.index)
        if len(kept) > len(TAB10):
            kept, rare = kept[: len(TAB10) - 1], kept[len(TAB10) - 1 :]
            kept.append(f"{len(rare):,} others")
            names = names.mask(names.isin(rare), kept[-1])
        colours = dict(zip(kept, TAB10, strict=False))
    for name, colour in colours.items():
        yield name, colour, (names == name).to_numpy(dtype=bool)
