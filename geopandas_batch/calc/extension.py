"""The add-in as a file that LibreOffice installs (OXT)."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

# The type library may be the IDL's own text; https://wiki.documentfoundation.org/Development/UNO has its formats.
PARTS = ("component.py", "functions.idl", "description.xml", "META-INF/manifest.xml")
SETTINGS = "settings.json"


def write_extension(file: str | os.PathLike[str]) -> Path:
    """Write the add-in for LibreOffice Calc; its cells are answered by the Python that runs this.

    Install it with a double click, or ``unopkg add FILE``; then ``=GEO.LAT(A2)``. It works on this computer, for as
    long as this Python and its geopandas_batch stay where they are.

    Parameters
    ----------
    file : path
        Ending in ``.oxt``; what is there is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        It cannot be written there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_extension(folder + "/geo.oxt").name
    'geo.oxt'
    """
    path, source = Path(file), files("geopandas_batch.calc")
    settings = {
        "command": [sys.executable, "-m", "geopandas_batch.calc"],
        "path": str(Path(__file__).parents[2]),
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name in PARTS:
            text = source.joinpath("parts", Path(name).name).read_text(encoding="utf-8")
            archive.writestr(name, text.replace("{version}", _version()))
        archive.writestr(SETTINGS, json.dumps(settings))
    return path


def _version() -> str:
    try:
        return version("geopandas-batch")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0"
