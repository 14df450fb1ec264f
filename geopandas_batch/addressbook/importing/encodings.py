"""A text file in another encoding than UTF-8, as a copy in UTF-8: the engine reads few others."""

from __future__ import annotations

import codecs
import gzip
import io
import threading
from pathlib import Path
from typing import BinaryIO, cast

from geopandas_batch.errors import SettingsError

ADVICE = 'Save it as UTF-8, or say what it is: encoding="cp1252" is what Windows has in Western Europe.'
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PORTION = 1 << 20  # characters


def checked(encoding: str) -> str:
    """The encoding by one of its names; the empty text for UTF-8, whose mark at the beginning is no part of the text.

    >>> checked("UTF8"), checked("windows-1252")
    ('', 'cp1252')
    """
    try:
        "".encode(encoding)  # what is no encoding of texts, as base64, is refused as well
        name = codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError) as error:
        raise SettingsError(
            f'no encoding is called {encoding!r}; usual ones are "utf-8", "cp1252", "utf-16" and "latin-1"'
        ) from error
    return "" if name in ("utf-8", "utf-8-sig") else name


def in_utf8(source: Path, encoding: str, folder: Path, stop: threading.Event) -> Path:
    """The file itself, or a copy in this folder where it is in this encoding, or in UTF-16 as its first bytes say.

    Raises
    ------
    SettingsError
        It cannot be read, or is not in this encoding.
    """
    if source.suffix.lower() in (".parquet", ".geoparquet"):
        if encoding:
            raise SettingsError(f"encoding= is for text files; {source.name} has its texts in UTF-8")
        return source
    try:
        with _bytes(source) as file:
            start = file.read(4)
        if not encoding and start.startswith(_MARKS):
            encoding = "utf-16"
        if not encoding:
            return source
        copy = folder / (source.stem if source.suffix.lower() == ".gz" else source.name)
        with _bytes(source) as file, copy.open("w", encoding="utf-8", newline="") as out:
            lines = io.TextIOWrapper(file, encoding, newline="")
            while portion := lines.read(_PORTION):
                if stop.is_set():
                    raise SettingsError("the import of the address book was given up")
                out.write(portion)
    except UnicodeDecodeError as error:
        strange = error.object[error.start : error.start + 1].hex()
        raise SettingsError(
            f"the address book {source} is not in {encoding}, which has no byte {strange} there. Say another encoding="
        ) from error
    except UnicodeError as error:
        raise SettingsError(f"the address book {source} is not in {encoding}: {error}") from error
    except (OSError, EOFError) as error:
        raise SettingsError(f"the address book {source} cannot be read: {error}") from error
    return copy


def _bytes(source: Path) -> BinaryIO:
    if source.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(source, "rb"))
    return source.open("rb")
