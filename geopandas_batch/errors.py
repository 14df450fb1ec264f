"""Everything that can go wrong, by kind.

::

    GeocodingError                      catch this to catch them all
    ├── SettingsError (ValueError)      a setting or an argument is wrong; nothing was sent
    │   └── MissingKeyError             the service needs a key and none was found
    ├── QueryError (ValueError)         this one address was refused; the others are fine
    └── ServiceError                    the service, or the way to it, failed
        ├── KeyRefused (PermissionError)
        ├── QuotaExhausted              no credits left, or still too fast after waiting
        ├── RateLimited                 too fast; waited out, as a rule never seen by a user
        ├── Unavailable (ConnectionError)
        ├── TooSlow (TimeoutError)      the answer did not come in time; a job stays on record and is picked up again
        └── StrangeAnswer               an answer that cannot be trusted, so none of it was used

No message, repr or attribute holds a key or a full URL. Each survives pickling with all it carries.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Hashable, Iterable, Sequence, Sized
from copy import copy
from traceback import StackSummary, walk_tb
from typing import Any, Self, TypeVar

E = TypeVar("E", bound=BaseException)
_HERE = __name__.partition(".")[0]
_LISTED, _NAMED = 40, 5  # names, and positions, in a message


class GeocodingError(Exception):
    """The root of the tree.

    Attributes
    ----------
    partial : DataFrame or None
        When a run over a frame stopped: the frame with the answers so far. They are in the cache too, where there is
        one, so that the same line run again asks only for the rest.
    """

    partial: Any = None

    def having(self, partial: Any, advice: str) -> Self:
        """The same error with the frame so far, and a text that says what is safe and how to go on."""
        error, said = copy(self), str(self)
        error.args = (f"{said if said.endswith('.') else said + '.'} {advice}",)
        error.partial = partial
        return error

    def _render_traceback_(self) -> list[str]:
        """What a notebook and IPython's prompt show: the lines of whoever called, and the text, which says it all.

        The way through this package and the libraries below it is of use to nobody there; ``__traceback__`` has it.
        What went wrong in a function of the user's, such as a service, is shown where it did.
        """
        mine = [line for line in _lines(self.__cause__) if line not in _lines(self)] if self.__cause__ else []
        return [*_lines(self), *(f"    {line}" for line in mine), f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild without ``__init__``, whose arguments differ by class; what is carried is in the attributes."""
        return _rebuild, (type(self), self.args), self.__dict__


def _lines(error: BaseException) -> list[str]:
    """Where the error passed through code that is neither ours nor a library's."""
    libraries = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    lines = []
    for frame, number in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] != _HERE and not frame.f_code.co_filename.startswith(libraries):
            (entry,) = StackSummary.extract([(frame, number)])
            inside = [] if entry.name.startswith("<") else [entry.name]  # "<module>", "<cell line: 1>"
            where = [f"line {number}", *inside]
            lines.append(f"{', '.join(where if module == '__main__' else [module, *where])}: {entry.line}")
    return lines


def _rebuild(kind: type[GeocodingError], args: tuple[Any, ...]) -> GeocodingError:
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class SettingsError(GeocodingError, ValueError):
    """A setting or an argument is wrong. Nothing was sent, nothing was paid."""


class MissingKeyError(SettingsError):
    """The service needs a key and none was found."""

    def __init__(self, service: str, variable: str, where: str) -> None:
        """``where``: the page on which a key is to be had."""
        super().__init__(
            f"{service} needs a key and none was found. Set the environment variable {variable}, or pass api_key=. "
            f"Keys: {where}. Without a key, service='gazetteer' answers offline, at place level."
        )
        self.service = service
        self.variable = variable


class QueryError(GeocodingError, ValueError):
    """The service refused this one address. The other addresses are not affected."""


class ServiceError(GeocodingError):
    """The service, or the way to it, failed.

    Attributes
    ----------
    service : str
        Its name.
    status : int or None
        The HTTP status, where there was an answer.
    server_message : str
        What the service said, shortened.
    retry_after : float or None
        Seconds to wait, where the service said so.
    retryable : bool
        Whether the same request may succeed later without any change.
    sent : bool
        Whether the request may have reached the service (and so may have been paid).
    """

    retryable = False

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        status: int | None = None,
        server_message: str = "",
        retry_after: float | None = None,
        retryable: bool | None = None,
        sent: bool = True,
    ) -> None:
        """``retryable`` overrides what is usual for the class."""
        super().__init__(message)
        self.service = service
        self.status = status
        self.server_message = server_message
        self.retry_after = retry_after
        self.sent = sent
        if retryable is not None:
            self.retryable = retryable


class KeyRefused(ServiceError, PermissionError):
    """The service does not accept the key. Check it, and that it is meant for this service."""


class QuotaExhausted(ServiceError):
    """No credits are left, or the service still says "too fast" after all the waiting."""


class RateLimited(ServiceError):
    """Too many requests in a short time."""

    retryable = True


class Unavailable(ServiceError, ConnectionError):
    """No connection, or the service is out of order."""

    retryable = True


class TooSlow(ServiceError, TimeoutError):
    """The answer did not come in time."""

    retryable = True


class StrangeAnswer(ServiceError):
    """The answer is not what the service documents; none of it was used, so that no row gets a wrong value."""


def meant(word: object, known: Iterable[object]) -> str:
    """How to go on in a message about a name that is not there; empty where none of the known is like it.

    >>> meant("adress", ["name", "address"]), meant("xyz", ["name", "address"])
    (". Do you mean 'address'?", '')
    """
    from difflib import get_close_matches

    names = {str(name).casefold(): name for name in known}
    said = str(word).casefold()
    longer = [
        name for name in names if min(len(name), len(said)) > 2 and (name.startswith(said) or said.startswith(name))
    ]
    close = get_close_matches(said, names, n=1, cutoff=0.7) or longer
    return f". Do you mean {names[close[0]]!r}?" if close else ""


def no_column(label: object, names: Iterable[object], advice: str = "") -> SettingsError:
    """There is no column of this name, and what there is instead; `advice` ends in a full stop."""
    if not isinstance(label, Hashable):
        said = f"a {type(label).__name__}" if not isinstance(label, Sized) or len(label) else "an empty list"
        return SettingsError(f"give the name of a column, not {said}")
    names = list(names)
    said = " ".join(
        filter(None, (f"there is no column {label!r}{meant(label, names) or '.'}", advice, there_are(names)))
    )
    return SettingsError(said)


def there_are(names: Iterable[object]) -> str:
    """The columns, as far as a person reads them."""
    quoted = [repr(name) for name in names]
    rest = f" and {len(quoted) - _LISTED:,} more" if len(quoted) > _LISTED else ""
    return f"The columns are {', '.join(quoted[:_LISTED])}{rest}." if quoted else "The frame has no columns."


def at_rows(places: Sequence[int]) -> str:
    """Rows by position, which is always unique; never by content, which may be private."""
    return f"(positions for iloc: {', '.join(map(str, places[:_NAMED]))}{', …' if len(places) > _NAMED else ''})"


def in_one_line(stop: E, line: str) -> E:
    """The same exception, which says this; a notebook and IPython's prompt show it without a traceback.

    For what a person has done, such as to press Stop: where in the code that happened is of no use to anybody.
    """
    stop.args = stop.args or (line,)  # a framework knows its own by what it said
    stop.__suppress_context__ = True  # the tasks that were cancelled
    # IPython asks an exception for this (``InteractiveShell.showtraceback``).
    stop._render_traceback_ = lambda: [f"{type(stop).__name__}: {line}"]  # type: ignore[attr-defined]
    return stop
