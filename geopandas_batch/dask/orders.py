"""What is to be done in a run: which questions a partition asks, and how the answers to some of them are had."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import replace
from hashlib import blake2b
from itertools import compress
from string import Formatter
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geopandas_batch import frames, loop
from geopandas_batch.dask.whom import Whom
from geopandas_batch.frames.columns import constant
from geopandas_batch.frames.points import Points, points
from geopandas_batch.frames.questions import Different, Questions, different, label_of, questions_of
from geopandas_batch.places import PARTS, Query
from geopandas_batch.places.samples import sample
from geopandas_batch.places.texts import has_parted, packed, unpacked
from geopandas_batch.services import AnyService

ASKED = "asked_"  # before the names of the columns of a question: services have columns such as "city", too
ROWS = "rows"
FEW = 50_000  # different questions whose answers all partitions get as one table; more are sent where they are wanted

# What text is to the installed pandas: `str` from 3 on, `object` before.
TEXT = pd.Series(["text"]).dtype


class Order(ABC):
    """A run's arguments. Not a dataclass: Dask would take it to pieces, and show them."""

    names: list[str]  # columns of a question

    def __init__(self, whom: Whom, arguments: Mapping[str, Any], *, prefix: str, budget: float | None) -> None:
        """`arguments`: those of ``frames.locate`` that are the same for all questions."""
        self.whom = whom
        self.arguments = dict(arguments)
        self.prefix = prefix
        self.budget = budget
        self.few = FEW

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.whom!r})"

    def __dask_tokenize__(self) -> str:
        return self.whom.token

    def questions(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
        """The different questions of a frame with the number of rows of each; and for each row its question."""
        table, codes = self._distinct(frame)
        table[ROWS] = np.bincount(codes, minlength=len(table))
        return table, codes

    def called(self, name: str) -> str:
        """A column of a question in the words of the user."""
        return name.removeprefix(ASKED).replace("text", "address")

    def mark(self, frame: pd.DataFrame) -> str:
        """What changes whenever the cells do that are asked."""
        cells = frame[list(dict.fromkeys(self._labels(frame)))]
        return blake2b(pd.util.hash_pandas_object(cells, index=False).to_numpy().tobytes(), digest_size=8).hexdigest()

    @abstractmethod
    async def check(self, meta: pd.DataFrame) -> None:
        """Tell what is wrong with the arguments for such a frame, as pandas' face does."""

    @abstractmethod
    async def answered(self, asked: pd.DataFrame, service: AnyService, budget: float | None) -> pd.DataFrame:
        """A frame of questions with their answers; the report is of all rows that ask them."""

    def sample(self, asked: pd.DataFrame) -> list[Query]:
        """Some addresses of a frame of questions, which tell a service the table; none of points."""
        return []

    def like(self) -> pd.DataFrame:
        """No answers at all, with the columns and dtypes that answers have."""
        nothing = pd.DataFrame(columns=[*self.names, ROWS], dtype=object)
        empty = loop.run(self.answered(nothing, self.whom.service, None)).drop(columns=self.names)
        dtypes = {name: TEXT for name, dtype in empty.dtypes.items() if pd.api.types.is_object_dtype(dtype)}
        return empty.astype(dtypes)

    @abstractmethod
    def _labels(self, frame: pd.DataFrame) -> list[Any]:
        """The columns that are read."""

    @abstractmethod
    def _distinct(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
        """The different questions, and for each row its own."""


class Locate(Order):
    """Where addresses are."""

    def __init__(self, address: Any, parts: Mapping[str, Any], whom: Whom, arguments: Any, **how: Any) -> None:
        """`address` and `parts` as in ``frames.locate``."""
        super().__init__(whom, arguments, **how)
        self.address, self.parts = address, dict(parts)
        given = [name for name in PARTS if self.parts.get(name) is not None and address is None]
        self.names = [ASKED + name for name in given or ["text"]]

    async def check(self, meta: pd.DataFrame) -> None:
        """As `locate` does it."""
        await frames.locate(
            meta, self.address, self.parts, service=self.whom.service, prefix=self.prefix, budget=self.budget,
            progress=False, **self.arguments,
        )  # fmt: skip

    async def answered(self, asked: pd.DataFrame, service: AnyService, budget: float | None) -> pd.DataFrame:
        """As `locate` does it."""
        parts = {name.removeprefix(ASKED): name for name in self.names}
        table, questions = self._asked(asked)
        line, arguments = parts.pop("text", None), {**self.arguments, "overwrite": False}
        return await frames.locate(
            table, line, parts, service=service, budget=budget, progress=False,
            _asked=replace(questions, times=asked[ROWS].to_numpy(np.intp)), **arguments,
        )  # fmt: skip

    def sample(self, asked: pd.DataFrame) -> list[Query]:
        """As the command line has it of a file."""
        _, questions = self._asked(asked)
        return sample(query for query in questions.distinct if isinstance(query, Query))

    def _asked(self, asked: pd.DataFrame) -> tuple[pd.DataFrame, Questions]:
        """The texts of a frame of questions, and the questions."""
        texts = {name: list(map(unpacked, asked[name])) for name in self.names}
        table = pd.DataFrame({name: list(map(str, each)) for name, each in texts.items()}, dtype=object)
        there = (table != "").any(axis=1).to_numpy(bool)
        different = {name.removeprefix(ASKED): list(compress(each, there)) for name, each in texts.items()}
        return table, questions_of(Different(different, np.where(there, there.cumsum() - 1, -1)))

    def _labels(self, frame: pd.DataFrame) -> list[Any]:
        labels = [label for label in self.parts.values() if label is not None and not isinstance(label, constant)]
        if isinstance(self.address, Hashable) and self.address in frame.columns:
            return [self.address, *labels]
        if isinstance(self.address, str):
            fields = [name for _, name, _, _ in Formatter().parse(self.address) if name is not None]
            return [*(label_of(frame, name) for name in fields), *labels]
        return [*(self.address or ()), *labels]

    def _distinct(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
        texts, codes = different(frame, self.address, self.parts)
        asked = {name: texts[name.removeprefix(ASKED)] for name in self.names}
        asked = {name: list(map(packed, each)) if has_parted(each) else each for name, each in asked.items()}
        if (blank := codes < 0).any():
            codes = np.where(blank, len(asked[self.names[0]]), codes)
            asked = {name: [*values, ""] for name, values in asked.items()}
        return pd.DataFrame(asked, dtype=object), codes


class Reverse(Order):
    """Which address is at a point."""

    names = [ASKED + "lat", ASKED + "lon"]  # noqa: RUF012

    def __init__(self, lat: Hashable, lon: Hashable, whom: Whom, arguments: Any, **how: Any) -> None:
        """`lat` and `lon` as in ``frames.reverse``."""
        super().__init__(whom, arguments, **how)
        self.lat, self.lon = lat, lon

    async def check(self, meta: pd.DataFrame) -> None:
        """As `reverse` does it."""
        await frames.reverse(
            meta, self.lat, self.lon, service=self.whom.service, prefix=self.prefix, budget=self.budget,
            progress=False, **self.arguments,
        )  # fmt: skip

    async def answered(self, asked: pd.DataFrame, service: AnyService, budget: float | None) -> pd.DataFrame:
        """As `reverse` does it."""
        arguments = {**self.arguments, "overwrite": False}
        return await frames.reverse(
            asked[self.names], *self.names, service=service, budget=budget, progress=False,
            _times=asked[ROWS].to_numpy(np.intp), **arguments,
        )  # fmt: skip

    def _labels(self, frame: pd.DataFrame) -> list[Any]:
        return [self.lat, self.lon]

    def _distinct(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
        asked = points(frame, self.lat, self.lon)
        pairs = cast(Points, asked.distinct).degrees
        if asked.settled:
            # They are told why once more where they are answered: what is no number is infinite here.
            wrong = [int(np.argmax(asked.codes == code)) for code in range(len(pairs), len(pairs) + len(asked.settled))]
            cells = [pd.to_numeric(frame[label].iloc[wrong], errors="coerce") for label in (self.lat, self.lon)]
            numbers = np.column_stack([cell.to_numpy(np.float64, na_value=np.nan) for cell in cells])
            pairs = np.vstack([pairs, np.where(np.isnan(numbers), np.inf, numbers)])
        codes = asked.codes
        if (blank := codes < 0).any():
            codes = np.where(blank, len(pairs), codes)
            pairs = np.vstack([pairs, np.full((1, 2), np.nan)])
        return pd.DataFrame(pairs, columns=self.names), codes
