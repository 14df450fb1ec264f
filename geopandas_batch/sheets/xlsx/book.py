"""Which parts of a workbook are what: its sheets, its texts, its formats (ECMA-376, parts 1 and 2)."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from geopandas_batch.errors import SettingsError

# The entities of a document are bounded by expat itself, from 2.4.1 on.
_DAMAGED = (zipfile.BadZipFile, KeyError, ValueError, ElementTree.ParseError, StopIteration)


class Book:
    """A workbook, of which nothing is read but what it is made of."""

    def __init__(self, file: Path) -> None:
        """Raises SettingsError where it is no workbook."""
        self.file = file
        try:
            self._read()
        except _DAMAGED as error:
            raise SettingsError(
                f"{file.name} is not an XLSX workbook, or has a password: open it in Excel and save it as XLSX, without"
            ) from error

    def _read(self) -> None:
        with zipfile.ZipFile(self.file) as book:
            main = next(part for kind, part in _links(book, "", "").values() if kind == "officeDocument")
            links = _links(book, *posixpath.split(main))
            root = ElementTree.fromstring(book.read(main))  # noqa: S314
        parts: dict[str, str] = {}
        shown: list[str] = []
        for sheet in _among(root, "sheets", "sheet"):
            title = sheet.attrib["name"]
            kind, part = links[next(value for name, value in sheet.attrib.items() if name.endswith("}id"))]
            shown.append(title)
            if kind == "worksheet":  # a sheet may be a chart, too
                parts[title] = part
        if not parts:
            raise ValueError("no sheet with cells")
        self.parts: Mapping[str, str] = parts  # by title
        view = next(_among(root, "bookViews", "workbookView"), None)
        active = int(view.get("activeTab", 0)) if view is not None else 0
        self.first = shown[active] if active < len(shown) and shown[active] in parts else next(iter(parts))
        others = dict(links.values())
        self.styles, self.strings = others.get("styles", ""), others.get("sharedStrings", "")
        settings = next(_among(root, "workbookPr"), None)
        self.from_1904 = settings is not None and settings.get("date1904", "") in ("1", "true")

    def formats(self) -> list[str]:
        """The number format of each style of cells."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS  # type: ignore[import-untyped, unused-ignore]

        if not self.styles:
            return []
        with zipfile.ZipFile(self.file) as book:
            root = ElementTree.fromstring(book.read(self.styles))  # noqa: S314
        own = {each.get("numFmtId"): each.get("formatCode", "") for each in _among(root, "numFmts", "numFmt")}
        numbers = (each.get("numFmtId", "0") for each in _among(root, "cellXfs", "xf"))
        return [own.get(number) or BUILTIN_FORMATS.get(int(number), "General") for number in numbers]


def _among(root: ElementTree.Element, *path: str) -> Iterator[ElementTree.Element]:
    """The elements at the end of a path, in whatever namespace: strict workbooks have others."""
    return root.iterfind("/".join(f"{{*}}{name}" for name in path))


def _links(book: zipfile.ZipFile, folder: str, name: str) -> dict[str, tuple[str, str]]:
    """Relations of a part by id: the last word of the kind, and the part."""
    root = ElementTree.fromstring(book.read(posixpath.join(folder, "_rels", f"{name}.rels")))  # noqa: S314
    return {
        each.attrib["Id"]: (
            re.split("/", each.attrib["Type"])[-1],
            posixpath.normpath(posixpath.join("/", folder, each.attrib["Target"])).lstrip("/"),
        )
        for each in root
        if each.get("TargetMode") != "External"
    }
