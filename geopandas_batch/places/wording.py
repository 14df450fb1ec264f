"""What is told of a place besides where it is, in forms that every file can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from numbers import Real

_EXACT = 2**53  # the whole numbers up to here are the same as floats


def are_whole(values: tuple[str, ...]) -> bool:
    """Whether these are texts without half letters, in one look at all of them."""
    try:
        "".join(values).encode()
    except (TypeError, UnicodeEncodeError):
        return False
    return True


def text(name: str, value: object) -> str:
    """The text, with "?" for half a letter; nothing is the empty one.

    Raises
    ------
    ValueError
        It is no text.

    Examples
    --------
    >>> text("formatted", None), text("formatted", "Os\\ud800lo")
    ('', 'Os?lo')
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {value!r:.80}")
    return str.encode(value, "utf-8", "replace").decode()


def pairs(extra: object) -> tuple[tuple[str, str | float], ...]:
    """The names and their values, which are texts or numbers; those that have none are left out.

    Raises
    ------
    ValueError
        They are no pairs, or a value is of another kind.

    Examples
    --------
    >>> pairs([("floor", 3), ("id", None)])
    (('floor', 3.0),)
    """
    if extra is None:
        return ()
    many = (tuple, list)
    if not isinstance(extra, many) or not all(isinstance(pair, many) and len(pair) == 2 for pair in extra):
        raise ValueError("extra must be a tuple of (name, value), such as tuple({...}.items())")
    return tuple(_pairs(extra))


def _pairs(extra: Sequence[tuple[object, object]]) -> Iterator[tuple[str, str | float]]:
    for name, value in extra:
        known = text("a name in extra", name)
        if isinstance(value, str):
            yield known, text(known, value)
        elif isinstance(value, int) and (isinstance(value, bool) or abs(value) > _EXACT):
            raise ValueError(f"{known!r} in extra is {value!r:.80}: give it as text")
        elif isinstance(value, Real | Decimal):
            yield known, float(value)
        elif value is not None:
            raise ValueError(f"{known!r} in extra must be a text or a number, not {value!r:.80}")
