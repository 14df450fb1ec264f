"""What a batch function may give back, and the errors when it gives back something else.

::

    BatchError (RuntimeError)           catch this to catch them all
    ├── WrongCountError                 not as many answers as items; none of them was used
    ├── WrongAnswerError (TypeError)    neither a list nor a mapping
    ├── MissingAnswerError              the mapping has no answer for this item; the others are fine
    ├── BatchCancelledError             the batch function was cancelled
    ├── BatchDeadlockError              the batch function waits for its own batcher, which waits for it
    ├── BatchInterruptedError           the batch function was left by a KeyboardInterrupt or a SystemExit
    └── BatcherClosedError              the batcher was closed

Each survives pickling with all it carries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set, Sized
from typing import Any, TypeAlias, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Replied = TypeVar("Replied", bound=Sequence[Any])
Reply: TypeAlias = Mapping[Item, Answer | Exception] | Sequence[Answer | Exception]


class BatchError(RuntimeError):
    """The root of the tree."""


class WrongCountError(BatchError):
    """There are not as many answers as items. None was used, so that no item gets the answer of another."""

    def __init__(self, expected: int, got: int) -> None:
        """``expected``: the items that were asked; ``got``: the answers that came."""
        super().__init__(
            f"The batch function got {expected} items and gave back {got} answers. It must give one answer for each "
            "item, in the order of the items, or a mapping of item to answer."
        )
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[type[WrongCountError], tuple[int, int]]:
        """Pickle by what it carries."""
        return type(self), (self.expected, self.got)


class WrongAnswerError(BatchError, TypeError):
    """The batch function gave back neither a list of answers nor a mapping, or was not async."""


class MissingAnswerError(BatchError):
    """The mapping that the batch function gave back has no answer for this item. The other items have theirs.

    The item is in ``item``. It is not in the message, which may end up in a log.
    """

    def __init__(self, item: object) -> None:
        """``item``: what was asked."""
        super().__init__("The mapping that the batch function gave back has no answer for this item (see .item).")
        self.item = item

    def __reduce__(self) -> tuple[type[MissingAnswerError], tuple[object]]:
        """Pickle by what it carries."""
        return type(self), (self.item,)


class BatchCancelledError(BatchError):
    """The batch function was cancelled, by itself or because its event loop was shut down. Ask again."""


class BatchDeadlockError(BatchError):
    """The batch function waits for an answer that can only come when it has ended."""


class BatchInterruptedError(BatchError):
    """A ``KeyboardInterrupt`` or ``SystemExit`` left the batch function; it goes on to the program itself."""


class BatcherClosedError(BatchError):
    """The batcher was closed before the item was answered. ``async with`` opens it again."""


class Faultless(Sequence[Answer]):
    """Answers in an object of the function's own: none of them is an error, and it is never changed.

    It goes to who waits for many answers as it is, in slices, without a look at each.
    """

    __slots__ = ()


_MISSING: Any = object()


def align(reply: object, items: list[Any]) -> list[Any] | Faultless[Any]:
    """One answer or error for each item, in the order of the items."""
    if type(reply) is list:  # most often
        return _as_many(reply.copy(), items)
    if isinstance(reply, Mapping):
        try:
            found = [reply.get(item, _MISSING) for item in items]
        except TypeError as error:
            raise WrongAnswerError(
                "The batch function gave back a mapping, but its items are not hashable. Give back a list of answers "
                "in the order of the items."
            ) from error
        return [
            MissingAnswerError(item) if answer is _MISSING else answer
            for answer, item in zip(found, items, strict=True)
        ]
    # Tuples, arrays, Series: whatever has a length and an order.
    if not isinstance(reply, Sized) or not isinstance(reply, Iterable) or isinstance(reply, str | bytes | Set):
        raise WrongAnswerError(
            f"The batch function gave back {type(reply).__name__}. It must give back a list with one answer for each "
            "item, in the order of the items, or a mapping of item to answer."
        )
    if not is_in_order(reply):
        raise WrongAnswerError(
            f"The batch function gave back a {type(reply).__name__} with labels, which may say that its order is not "
            "that of the items. Give back .to_dict() if they are the items, or .tolist() if they are not."
        )
    return _as_many(reply if isinstance(reply, Faultless) else list(reply), items)


def _as_many(answers: Replied, items: list[Any]) -> Replied:
    """The answers, copied where the function may keep its list and change it, if there is one for each item."""
    if len(answers) != len(items):
        raise WrongCountError(len(items), len(answers))
    return answers


def is_in_order(reply: Sized) -> bool:
    """Whether nothing but its place says whose an answer is: a Series of pandas may have been sorted by its labels.

    A table of any library has a row for each item, but what it gives one by one are its columns.
    """
    if hasattr(reply, "columns"):
        return False
    labels = getattr(reply, "keys", None)
    return not callable(labels) or list(labels()) == list(range(len(reply)))


def settle(answers: list[Any] | Faultless[Any]) -> int:
    """Put errors into a form in which a waiter can get them; how many there are."""
    # The set of types is seen in half the time that a look at each answer takes, and most batches have no error.
    if isinstance(answers, Faultless) or not any(issubclass(kind, BaseException) for kind in set(map(type, answers))):
        return 0
    errors = 0
    own: dict[int, Exception] = {}  # one for all the items of a call that failed
    for position, answer in enumerate(answers):
        if isinstance(answer, BaseException):
            errors += 1
            answers[position] = own.setdefault(id(answer), _own_error(answer))
    return errors


def _own_error(error: BaseException) -> Exception:
    """What would stop a waiter's task or its loop becomes a typed error."""
    if isinstance(error, asyncio.CancelledError):
        own: Exception = BatchCancelledError("The batch function was cancelled before it gave an answer. Ask again.")
    elif isinstance(error, StopIteration):  # a future refuses it
        own = BatchError("The batch function raised StopIteration.")
    elif isinstance(error, Exception):
        return error
    else:
        own = BatchInterruptedError(f"The batch function was interrupted ({type(error).__name__}).")
    own.__cause__ = error
    return own
