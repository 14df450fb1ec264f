"""Which process of which computer this is, and whether another one still runs."""

from __future__ import annotations

import os
import socket
import sys
from functools import cache
from uuid import uuid4


@cache
def _token(pid: int) -> str:
    """Tells this process from another that gets its number later; anew in a forked child."""
    return uuid4().hex[:12]


def me() -> str:
    """The name of this process: computer, number, token."""
    return f"{socket.gethostname()} {os.getpid()} {_token(os.getpid())}"


def runs(owner: str) -> bool:
    """Whether a process still runs, by its name; True where that cannot be known, as for another computer.

    >>> runs(me())
    True
    """
    host, number, token = (["", "", *owner.rsplit(" ", 2)])[-3:]
    if not (token and number.isascii() and number.isdigit()):
        return False  # nobody's
    if host != socket.gethostname():
        return True
    return owner == me() if int(number) == os.getpid() else _is_running(int(number))


if sys.platform == "win32":

    def _is_running(pid: int) -> bool:
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

    def _is_running(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # it is another user's
            return True
        return True
