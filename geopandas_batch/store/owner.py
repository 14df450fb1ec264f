"""Which process of which computer this is, in which event loop, and whether another one still runs."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4
from weakref import WeakKeyDictionary, WeakValueDictionary

_ENDED = ("Z", "X")  # a zombie, and one that is just being taken away
_count = count(1)
_numbers: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
_loops: WeakValueDictionary[int, asyncio.AbstractEventLoop] = WeakValueDictionary()


class _State(NamedTuple):
    """What Linux tells of a process; empty where nobody tells."""

    letter: str = ""
    began: str = ""  # in ticks of the clock of the computer since it was switched on


def _state_of(pid: int) -> _State:
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return _State()
    fields = told.rpartition(b")")[2].split()  # the name before it may hold blanks and brackets
    return _State(fields[0].decode(), fields[19].decode())


@cache
def _token(pid: int) -> str:
    """Tells this process from another that gets its number later; anew in a forked child.

    By what chance gives, for itself; by when it began, for others.
    """
    return f"{uuid4().hex[:12]}-{_state_of(pid).began}"


def me() -> str:
    """The name of this process: computer, number, token; and the number of the event loop that runs here, if one does.

    A loop that is closed in the middle ends what it was at, though its process lives on.
    """
    name = f"{socket.gethostname()} {os.getpid()} {_token(os.getpid())}"
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return name
    if (number := _numbers.get(loop)) is None:
        number = _numbers[loop] = next(_count)
        _loops[number] = loop
    return f"{name}.{number}"


def runs(owner: str) -> bool:
    """Whether a process, and its event loop, still run, by the name; True where that cannot be known, as for another
    computer, or the loop of another process.

    >>> runs(me())
    True
    """
    host, number, token = (["", "", *owner.rsplit(" ", 2)])[-3:]
    if not (token and number.isascii() and number.isdigit()):
        return False  # nobody's
    if host != socket.gethostname():
        return True
    token, _, place = token.partition(".")
    if int(number) != os.getpid():
        return _is_running(int(number), token.partition("-")[2])
    return token == _token(os.getpid()) and (not place or _is_open(place))


def _is_open(number: str) -> bool:
    loop = _loops.get(int(number)) if number.isdigit() else None
    return loop is not None and not loop.is_closed()


if sys.platform == "win32":

    def _is_running(pid: int, began: str) -> bool:
        """On Windows, `os.kill` with signal 0 would end the process."""
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x100000, False, pid)  # SYNCHRONIZE
        if not handle:
            return False
        ended = kernel.WaitForSingleObject(handle, 0) == 0
        kernel.CloseHandle(handle)
        return not ended

else:

    def _is_running(pid: int, began: str) -> bool:
        """Not one that has ended, though nobody has asked how (as in a container), nor a later one of its number."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # it is another user's
            pass
        state = _state_of(pid)
        return state.letter not in _ENDED and (not began or state.began in (began, ""))
