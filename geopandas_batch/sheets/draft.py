"""A file that is written whole or not at all; one that is written in steps is gone on with after the power failed."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from geopandas_batch.errors import SettingsError

PIPE = "-"  # as a target: what is written goes to standard output


class Draft:
    """Files that are written together, as ``NAME.part`` beside where they will be.

    Parameters
    ----------
    targets : sequence of Path
    fingerprint : str
        Of all that makes the content. A draft with another one is begun anew.
    """

    def __init__(self, targets: Sequence[Path], fingerprint: str) -> None:
        """Nothing is opened yet."""
        self.targets = [followed(target) for target in targets]
        self.parts = [target.with_name(f"{target.name}.part") for target in self.targets]
        self.fingerprint = fingerprint
        self._note = self.parts[0].with_name(f"{self.parts[0].name}.json")
        self._files: list[BinaryIO] = []
        self.state: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Open the parts; ``state`` is what the last commit said, or empty."""
        for target in self.targets:
            if not target.absolute().parent.is_dir():
                raise SettingsError(f"there is no folder {target.parent}")
        note = self._read_note()
        sizes = note["sizes"] if note else [0] * len(self.parts)
        try:
            for part, target, size in zip(self.parts, self.targets, sizes, strict=True):
                file = part.open("r+b" if part.exists() else "w+b")
                self._files.append(file)
                part.chmod(rights(target) | stat.S_IWUSR)  # it may have to be gone on with
                _lock(file, part)
                file.truncate(size)  # what came after the last commit is written again
                file.seek(size)
        except OSError as error:
            self._close()
            raise SettingsError(f"{error.filename or part} cannot be written: {error.strerror}") from error
        if not note:
            self._note.unlink(missing_ok=True)
        self.state = note["state"] if note else {}
        return self

    def _read_note(self) -> dict[str, Any] | None:
        try:
            note: dict[str, Any] = json.loads(self._note.read_text("utf-8"))
            sizes = [part.stat().st_size for part in self.parts]
            known = note["fingerprint"] == self.fingerprint
            return note if known and all(a >= b for a, b in zip(sizes, note["sizes"], strict=True)) else None
        except (OSError, ValueError, KeyError, TypeError):  # none, or none of ours
            return None

    def write(self, number: int, content: bytes) -> None:
        """Append to one of the files."""
        self._files[number].write(content)

    def commit(self, state: dict[str, Any]) -> None:
        """From here it goes on, whatever happens."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        note = {"fingerprint": self.fingerprint, "sizes": [file.tell() for file in self._files], "state": state}
        new = self._note.with_suffix(".new")
        with new.open("wb") as stream:
            stream.write(json.dumps(note).encode())
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self._note)

    def finish(self, finishers: Sequence[Callable[[Path, Path], None]]) -> None:
        """Let each part become what it is a part of, by the function that is given for it."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        self._close()
        # The first one at last: it may take the place of the file that is read, which no error is to leave changed.
        for part, target, become in reversed(list(zip(self.parts, self.targets, finishers, strict=True))):
            become(part, target)
        self._note.unlink(missing_ok=True)

    def _close(self) -> None:
        for file in self._files:
            file.close()
        self._files.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close. A draft of which nothing was committed goes; another stays, to be gone on with."""
        begun = bool(self._files) and not self._note.exists()
        self._close()
        if begun:
            for part in self.parts:
                part.unlink(missing_ok=True)


def followed(target: Path) -> Path:
    """The file that is to be written: a link stays one, to a new file.

    What is there and no file is not replaced by one: as root, that would be the end of /dev/null.
    """
    try:
        place = target.resolve() if target.is_symlink() else target
    except (OSError, RuntimeError) as error:  # the latter up to Python 3.12
        raise SettingsError(f"{target} is a link that leads to itself") from error
    if target.exists() and not target.is_file():
        what = "a folder" if target.is_dir() else "a device or a pipe"
        raise SettingsError(f"{target} is {what}, not a file. With - it goes to standard output")
    return place


def rights(target: Path) -> int:
    """Who may read and write it: as of the file whose place it takes, else by the user's own rule for new files."""
    with suppress(FileNotFoundError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _lock(file: BinaryIO, part: Path) -> None:
    """One writer at a time, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingsError(f"another run is writing {part.name}. Wait for it, or write to another file.") from None


@contextmanager
def written(target: str, kind: str, *, overwrite: bool = True) -> Iterator[Path]:
    """A file to write to: when all went well it takes the target's place or goes down the pipe; else it is gone.

    Without ``overwrite``, a file that has come to be there meanwhile stays, and this one beside it.
    """
    piped, place = target == PIPE, followed(Path(target))
    folder = Path(tempfile.gettempdir()) if piped else place.absolute().parent
    handle, name = tempfile.mkstemp(dir=folder, prefix=".geopandas_batch-", suffix=f".{kind}")
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        if piped:
            with draft.open("rb") as content:
                shutil.copyfileobj(content, sys.stdout.buffer)
            return
        draft.chmod(rights(place))  # mkstemp makes it private
        if not overwrite and place.exists():
            beside = draft.replace(place.with_name(draft.name.lstrip(".")))
            raise SettingsError(f"{target} was made meanwhile, by another program: what was to go there is in {beside}")
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
