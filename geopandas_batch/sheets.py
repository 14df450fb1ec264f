"""Tables in files, in and out: every cell as it was written, new columns beside them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from geopandas_batch.errors import SettingsError

PIPE = "-"
SEPARATORS = {".csv": ",", ".txt": ",", ".tsv": "\t", ".tab": "\t"}

# What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read(source: str, *, separator: str | None = None, encoding: str = "utf-8-sig") -> pd.DataFrame:
    """A delimited file as text, cell by cell: leading zeros stay, and "NA" is a town's code, not a missing value.

    Parameters
    ----------
    source : str
        A file, or ``"-"`` for standard input.
    separator : str, optional
        None: a comma, or a tab for .tsv and .tab.
    encoding : str
        The default takes UTF-8 with or without the mark that Excel writes.
    """
    if source != PIPE and not Path(source).is_file():
        raise SettingsError(f"there is no file {source}")
    try:
        return pd.read_csv(
            sys.stdin.buffer if source == PIPE else source,
            sep=separator or _separator(source),
            encoding=encoding,
            dtype=str,
            keep_default_na=False,
        )
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{source} is not {encoding} (byte {error.start:,}). Files of older Excels are mostly cp1252: "
            "pass --encoding cp1252."
        ) from error
    except LookupError as error:
        raise SettingsError(f"there is no encoding {encoding!r}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SettingsError(f"{source} is not a table: {error}. Is the --separator right?") from error


def write(frame: pd.DataFrame, target: str, new: Sequence[str], *, separator: str | None = None) -> None:
    """The table into a file, whole or not at all, or to standard output.

    Texts in the ``new`` columns came from a service: one that a spreadsheet would run as a formula gets an apostrophe
    in front.
    """
    frame = frame.assign(**{name: frame[name].map(_as_text, na_action="ignore") for name in new})
    separator = separator or _separator(target)
    if target == PIPE:
        frame.to_csv(sys.stdout, sep=separator, index=False)
        return
    folder = Path(target).absolute().parent
    if not folder.is_dir():
        raise SettingsError(f"there is no folder {folder}")
    handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{Path(target).name}.")
    os.close(handle)
    try:
        # With the mark, Excel reads a CSV file as what it is.
        encoding = "utf-8-sig" if target.endswith(".csv") else "utf-8"
        frame.to_csv(draft, sep=separator, index=False, encoding=encoding)
        # mkstemp makes it private; the user's own rule for new files holds for what he asked to be written.
        mask = os.umask(0)
        os.umask(mask)
        Path(draft).chmod(0o666 & ~mask)
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)


def _separator(path: str) -> str:
    ending = Path(path).suffix.lower()
    if path != PIPE and ending not in SEPARATORS:
        raise SettingsError(f"{path}: files ending in {', '.join(SEPARATORS)} can be read and written, not {ending!r}")
    return SEPARATORS.get(ending, ",")


def _as_text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
