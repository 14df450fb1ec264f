"""What a command has to do with a file, and where the outcome goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from geopandas_batch import sheets
from geopandas_batch.errors import SettingsError
from geopandas_batch.progress import ProgressLike
from geopandas_batch.services.protocol import AnyService
from geopandas_batch.sheets.draft import followed
from geopandas_batch.sheets.geofiles import check_closed

Answer: TypeAlias = Callable[[pd.DataFrame, ProgressLike, Any, float | None], Awaitable[pd.DataFrame]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked, and what becomes of it."""

    label: str
    service: AnyService
    columns: Sequence[str]  # that are needed to ask
    answer: Answer  # takes the frame, a callback for progress, the cache, and the credits that are left
    shown: Sequence[str]  # new columns that the user wants
    prefix: str
    cached: bool
    says: object  # all options that can change an answer
    budget: float | None  # credits
    again: bool  # rows that failed are asked once more where they repeat: their batch may have failed

    def wanted(self, target: Target) -> list[str]:
        """All new columns of all files."""
        return [*self.shown, *(self.failing if target.failures else ())]

    @property
    def failing(self) -> list[str]:
        """The columns that say why a row has no answer."""
        return [self.prefix + "status", self.prefix + "reason"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes."""

    output: str | None
    to: str | None
    failures: str | None
    overwrite: bool
    as_json: bool
    progress: bool
    quiet: bool

    def kind(self, source: str) -> str:
        """What the output is; down a pipe, what the source is."""
        if self.to is None and self.output == sheets.PIPE:
            return source
        return sheets.kind_of(str(self.output), self.to)

    def check_free(self) -> None:
        """Refuse to put a file in the place of one that was made since `check`."""
        for name in filter(None, (self.output, self.failures)):
            if name != sheets.PIPE and not self.overwrite and Path(name).exists():
                raise SettingsError(
                    f"{name} was made meanwhile, by another program. The same line with --overwrite goes on from what "
                    "is kept, and takes its place"
                )

    def check(self) -> None:
        """Refuse what could not be written, before anything is asked."""
        if self.output == sheets.PIPE and sys.stdout is None:
            raise SettingsError("standard output is closed")
        for name in (self.output, self.failures):
            if not name or name == sheets.PIPE:
                continue
            place = followed(Path(name))
            if not self.overwrite and place.exists():
                raise SettingsError(f"{name} is there already. Pass --overwrite, or another name.")
            if not place.absolute().parent.is_dir():
                raise SettingsError(f"there is no folder {place.parent}")
            if not os.access(place.absolute().parent, os.W_OK):
                raise SettingsError(f"in the folder {place.parent} nothing may be written")
        if self.output and self.output != sheets.PIPE and sheets.kind_of(self.output, self.to) == "gpkg":
            check_closed(followed(Path(self.output)))
        if self.failures == sheets.PIPE or (self.failures and self.failures == self.output):
            raise SettingsError("--failures needs a file of its own")
        if self.failures and sheets.kind_of(self.failures) not in sheets.DELIMITED:
            raise SettingsError(f"--failures is CSV or TSV: {self.failures} should end in .csv or .tsv")


def watched(file: Path) -> Callable[[], None]:
    """What to call later, to refuse a file that is not the one that it is now.

    Who fills a file anew while it is read gets the rows of both, and answers beside the wrong ones.
    """

    def seen() -> tuple[int, int, int]:
        told = file.stat()
        return told.st_size, told.st_mtime_ns, told.st_ino

    before = seen()

    def check() -> None:
        try:
            same = seen() == before
        except OSError:
            same = False
        if not same:
            raise SettingsError(
                f"{file.name} was changed meanwhile, and rows would get wrong answers. Run the same line again"
            )

    return check
