"""What a batcher was told: its function, its limits, and what tells items apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from math import inf
from typing import Any, Literal, Self


@dataclass(slots=True)
class Settings:
    """What a batcher was told, in the form in which it is used."""

    function: Callable[[list[Any]], Awaitable[Any]]
    max_size: int
    max_wait: float | None  # seconds; None: learnt
    max_concurrency: int
    max_pending: float  # infinite: no limit
    splits: Callable[[BaseException], bool]
    key: Callable[[Any], Any] | None  # None: an item is its own
    closed: bool = False

    @classmethod
    def checked(
        cls,
        function: Callable[[list[Any]], Awaitable[Any]],
        *,
        max_size: int,
        max_wait: float | Literal["auto"],
        max_concurrency: int,
        max_pending: int | None,
        split_on_error: bool | Callable[[BaseException], bool],
        key: Callable[[Any], Hashable] | None,
    ) -> Self:
        """As ``Batcher`` takes them; what cannot work is refused."""
        if not callable(function):
            raise TypeError(f"function must be an async function of a list of items, not {type(function).__name__}.")
        if key is not None and not callable(key):
            raise TypeError(f"key must be a function of an item, not {type(key).__name__}.")
        for name, value in (("max_size", max_size), ("max_concurrency", max_concurrency), ("max_pending", max_pending)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be a whole number of 1 or more, not {value!r}.")
        if max_wait != "auto" and not (isinstance(max_wait, int | float) and max_wait >= 0):
            raise ValueError(f'max_wait must be a number of seconds (0 or more) or "auto", not {max_wait!r}.')
        return cls(
            function=function,
            max_size=max_size,
            max_wait=None if max_wait == "auto" else float(max_wait),
            max_concurrency=max_concurrency,
            max_pending=inf if max_pending is None else max_pending,
            splits=split_on_error if callable(split_on_error) else lambda _: bool(split_on_error),
            key=key,
        )
