"""``@batched``: a batch function or method that is called with one item."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Hashable
from functools import partial, update_wrapper
from typing import Any, Generic, Literal, NoReturn, Protocol, TypeVar, cast, overload

from geopandas_batch.batching.answers import Answer, Item, Reply
from geopandas_batch.batching.batcher import Batcher

Owner = TypeVar("Owner")
Function = Callable[[list[Item]], Awaitable[Reply[Item, Answer]]]
Method = Callable[[Owner, list[Item]], Awaitable[Reply[Item, Answer]]]

_NO_CLASS = (
    "A batched method is called on an instance, which has the batcher; a class has none. Instead of a class method, "
    "make it a static method (@staticmethod above @batched) or a function of the module."
)


class BatchedMethod(Generic[Owner, Item, Answer]):
    """A batch method: every instance has a batcher of its own, made at the first use."""

    def __init__(self, method: Method[Owner, Item, Answer], **settings: Any) -> None:
        """``settings``: those of ``Batcher``."""
        self._method = method
        self._settings = settings
        self._key = f"_batched_{method.__name__}"
        update_wrapper(cast(Any, self), method)

    def __set_name__(self, owner: type, name: str) -> None:
        """Each class has a place of its own in the instance, so that ``super().name`` works."""
        self._key = f"_batched_{owner.__qualname__}_{name}"

    @overload
    def __get__(self, instance: None, owner: type[Owner]) -> BatchedMethod[Owner, Item, Answer]: ...
    @overload
    def __get__(self, instance: Owner, owner: type[Owner]) -> Batcher[Item, Answer]: ...
    def __get__(
        self, instance: Owner | None, owner: type[Owner]
    ) -> BatchedMethod[Owner, Item, Answer] | Batcher[Item, Answer]:
        """The batcher of this instance."""
        if instance is None:
            return self
        if isinstance(instance, type):  # a class method, up to Python 3.12
            raise TypeError(_NO_CLASS)
        try:
            attributes = vars(instance)
        except TypeError:
            raise TypeError(
                f"{owner.__qualname__} has __slots__ and no __dict__, so there is no place for the batcher of "
                "an instance. Add '__dict__' to __slots__, or make a Batcher of the bound method yourself."
            ) from None
        bound = attributes.get(self._key)
        if bound is None or bound.instance is not instance:  # a copy of an instance gets a batcher of its own
            bound = attributes[self._key] = _Bound(self, instance)
        return bound.batcher

    def __call__(self, *_: object) -> NoReturn:
        """Nothing: it is called on an instance."""
        raise TypeError(_NO_CLASS)


class _Bound:
    """The batcher of one instance. Pickled and copied as nothing: the copy makes its own."""

    def __init__(self, descriptor: BatchedMethod[Any, Any, Any], instance: Any) -> None:
        """For this instance and no other."""
        self.instance = instance
        function = update_wrapper(partial(descriptor._method, instance), descriptor._method)
        self.batcher = _dress(Batcher(function, **descriptor._settings), function)

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _nothing, ()


def _nothing() -> None:
    return None


def _dress(batcher: Batcher[Any, Any], function: Callable[..., Any]) -> Batcher[Any, Any]:
    """Name and documentation of the function, but the signature of a call with one item."""
    update_wrapper(cast(Any, batcher), function)
    cast(Any, batcher).__signature__ = inspect.signature(batcher.__call__)
    return batcher


class _Decorator(Protocol):
    @overload
    def __call__(self, function: Function[Item, Answer], /) -> Batcher[Item, Answer]: ...
    @overload
    def __call__(self, function: Method[Owner, Item, Answer], /) -> BatchedMethod[Owner, Item, Answer]: ...


@overload
def batched(function: Function[Item, Answer], /) -> Batcher[Item, Answer]: ...
@overload
def batched(function: Method[Owner, Item, Answer], /) -> BatchedMethod[Owner, Item, Answer]: ...
@overload
def batched(
    *,
    max_size: int = 1000,
    max_wait: float | Literal["auto"] = 0.05,
    max_concurrency: int = 4,
    max_pending: int | None = None,
    split_on_error: bool | Callable[[BaseException], bool] = False,
    key: Callable[[Any], Hashable] | None = None,
) -> _Decorator: ...
def batched(function: Callable[..., Any] | None = None, /, **settings: Any) -> Any:
    """Make a function or method of many items one that is called with one item.

    Parameters
    ----------
    max_size, max_wait, max_concurrency, max_pending, split_on_error, key
        As in ``Batcher``.

    Returns
    -------
    Batcher
        Of a function. Of a method: every instance has a batcher of its own, ``instance.method``.

    Raises
    ------
    TypeError
        If the function does not take one list (a method: ``self`` and one list), or is a class method.

    Examples
    --------
    >>> import asyncio
    >>> @batched(max_size=500, max_wait=0.02)
    ... async def length(words: list[str]) -> list[int]:
    ...     print("asked", words)
    ...     return [len(word) for word in words]
    >>> async def main():
    ...     return await asyncio.gather(length("one"), length("three"))
    >>> asyncio.run(main())
    asked ['one', 'three']
    [3, 5]
    """
    if function is None:
        Batcher(_nothing, **settings)  # type: ignore[arg-type]  # a wrong setting is told at the decorator's own line
        return partial(_decorate, settings=settings)
    return _decorate(function, settings=settings)


def _decorate(function: Callable[..., Any], *, settings: dict[str, Any]) -> Any:
    if isinstance(function, classmethod):
        raise TypeError(_NO_CLASS)
    parameters = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(parameters) == 1:
        return _dress(Batcher(function, **settings), function)
    if len(parameters) == 2:
        return BatchedMethod(function, **settings)
    raise TypeError(
        f"{getattr(function, '__qualname__', function)} must take one list of items (a method: self and one list), "
        f"but it has {len(parameters)} arguments without a default."
    )
