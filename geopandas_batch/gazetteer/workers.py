"""The same gazetteer in several processes, for tables so long that one core is too slow.

The processes are programs of their own, not forks and not children of `multiprocessing`: those would copy the threads'
locks, or run the user's script once more from its first line. They map the same files, so the data are in memory once.
They end with the process that started them, however that ends.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TypeAlias

import msgspec

from geopandas_batch.locks import Lock
from geopandas_batch.places import Location, Query

if TYPE_CHECKING:
    from geopandas_batch.gazetteer.geocoder import Gazetteer

_SIZE = 4  # bytes before a message: its length
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
    "from geopandas_batch.gazetteer.workers import serve; serve(sys.stdin.buffer, sys.stdout.buffer)"
)

Job: TypeAlias = tuple[str, Sequence[Query]]  # the context, and the addresses
_Process: TypeAlias = "subprocess.Popen[bytes]"


class WorkerDied(RuntimeError):
    """A process of the gazetteer's ended before it had answered."""


class Workers:
    """Processes that answer; any thread may ask.

    Parameters
    ----------
    count : int
        How many. They are started when they are needed, which takes each about half a second.

    Examples
    --------
    >>> workers = Workers(1)
    >>> workers.locate_many([Query("Oslo, Norway")])[0].formatted
    'Oslo, Norway'
    >>> workers.close()
    """

    def __init__(self, count: int) -> None:
        """Nothing is started yet."""
        self._count = count
        self._lock = Lock()
        self._owner = 0  # a fork has no right to the pipes of its parent
        self._idle: queue.Queue[_Process | None] = queue.Queue()  # None: one that is not started yet
        self._all: list[_Process] = []

    def locate_many(self, queries: Sequence[Query], *, context: str = "") -> list[Location | None]:
        """As `Gazetteer.locate_many`, in one of the processes; waits until one is free.

        Raises
        ------
        WorkerDied
            The process ended: the system may have had no memory for it. The next call starts another.
        """
        idle = self._places()
        process = idle.get()
        try:
            if process is None:
                process = self._start()
            answer = _ask(process, (context, queries))
        except BaseException as error:
            # Its answer would be taken for that of the next question.
            if process is not None:
                process.kill()
                _close(process)
                with self._lock:
                    self._all.remove(process)
            idle.put(None)
            if isinstance(error, EOFError | BrokenPipeError | ConnectionError):
                raise WorkerDied(
                    "a process of the gazetteer ended before it had answered; with processes=1 all is done in this one"
                ) from error
            raise
        idle.put(process)
        return answer

    def close(self) -> None:
        """End the processes; those of a parent are left alone."""
        with self._lock:
            ended = self._all if self._owner == os.getpid() else []
            self._all, self._owner = [], 0
        for process in ended:
            _close(process)

    def _places(self) -> queue.Queue[_Process | None]:
        with self._lock:
            if self._owner != os.getpid():
                self._owner, self._all, self._idle = os.getpid(), [], queue.Queue()
                for _ in range(self._count):
                    self._idle.put(None)
            return self._idle

    def _start(self) -> _Process:
        if not sys.executable:
            raise RuntimeError("this Python does not know its own program, so it starts no other: use processes=1")
        process = subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-c", _START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C, and a notebook's Stop, reach all of a group. The process that asked decides what it means.
            process_group=0 if sys.platform != "win32" else None,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # on Windows
        )
        with self._lock:
            self._all.append(process)
        return process


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until there are no more questions; the life of a worker."""
    sys.stdout = sys.stderr  # the pipe is for answers alone
    from geopandas_batch.gazetteer import load

    gazetteer = load()
    with suppress(BrokenPipeError):
        while message := _read(questions):
            _write(answers, _answered(gazetteer, message))


def _answered(gazetteer: Gazetteer, message: bytes) -> bytes:
    context, queries = msgspec.msgpack.decode(message, type=tuple[str, list[Query]])
    return msgspec.msgpack.encode(gazetteer.locate_many(queries, context=context))


def _ask(process: _Process, job: Job) -> list[Location | None]:
    assert process.stdin and process.stdout  # noqa: S101 - both are pipes
    _write(process.stdin, _packed(job))
    message = _read(process.stdout)
    if not message:
        raise EOFError
    answers: list[Location | None] = msgspec.msgpack.decode(message, type=list[Location | None])
    return answers


def _packed(job: Job) -> bytes:
    try:
        return msgspec.msgpack.encode(job)
    except UnicodeEncodeError:  # halves of letters: to the gazetteer as good as any other sign
        context, queries = job
        clean = [Query(*(part.encode(errors="replace").decode() for part in query)) for query in queries]
        return msgspec.msgpack.encode((context, clean))


def _read(pipe: IO[bytes]) -> bytes:
    """The next message; empty where the pipe has ended."""
    size = pipe.read(_SIZE)
    return pipe.read(int.from_bytes(size, "big")) if len(size) == _SIZE else b""


def _write(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(_SIZE, "big") + message)
    pipe.flush()


def _close(process: _Process) -> None:
    assert process.stdin and process.stdout  # noqa: S101 - both are pipes
    with suppress(OSError):
        process.stdin.close()
    process.wait()
    process.stdout.close()
