"""Edits in an XML file as it streams by: every byte that is not edited stays."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import escape

from geopandas_batch.errors import SettingsError
from geopandas_batch.frames.markup import counted

Attributes: TypeAlias = dict[str, str]

_BLOCK = 1 << 18
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


class Splicer:
    """Reads XML and writes it again with edits; subclasses say which, at the start and the end of elements.

    Names come without their prefix. While ``hold`` is a position, nothing after it is written yet and all of it can
    still be edited.
    """

    def __init__(self) -> None:
        """No edits yet."""
        self.hold: int | None = None
        self._buffer = bytearray()
        self._base = 0  # position of the buffer's first byte
        self._edits: list[tuple[int, int, bytes]] = []
        self._parser = expat.ParserCreate()
        self._begun: int | None = None  # start of the last tag, if nothing but text came after it
        self._seen = 0  # start of the last tag that was looked at
        self._parser.StartElementHandler = self._starts
        self._parser.EndElementHandler = self._ends
        self._parser.CharacterDataHandler = lambda text: self.text(text)
        self._parser.buffer_text = True

    def _starts(self, name: str, attributes: Attributes) -> None:
        self._seen = self._begun = self._parser.CurrentByteIndex
        self.start(name.rpartition(":")[2], attributes)

    def _ends(self, name: str) -> None:
        self._seen = self._parser.CurrentByteIndex
        self.end(name.rpartition(":")[2])
        self._begun = None

    def start(self, name: str, attributes: Attributes) -> None:
        """An element starts."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text between tags."""

    @property
    def here(self) -> int:
        """Where the tag starts that is looked at."""
        return self._parser.CurrentByteIndex

    @property
    def tag(self) -> bytes:
        """The tag that is looked at, as it is written."""
        return self._tag_at(self.here)

    def _tag_at(self, place: int) -> bytes:
        match = _TAG.match(self._buffer, place - self._base)
        return match[0] if match else b""

    @property
    def after(self) -> int:
        """Where the element ends whose end is looked at."""
        if self._begun is not None and self._tag_at(self._begun).endswith(b"/>"):
            return self.here  # expat says of <a/> that it ends behind the tag
        return self._buffer.index(b">", self.here - self._base) + 1 + self._base

    def written(self, start: int, end: int) -> bytes:
        """A stretch as it is written."""
        return bytes(self._buffer[start - self._base : end - self._base])

    def edit(self, start: int, end: int, content: bytes) -> None:
        """Put other bytes in the place of these; to insert, start is end."""
        self._edits.append((start, end, content))

    def run(self, source: IO[bytes], sink: IO[bytes] | None = None) -> None:
        """From one to the other."""
        try:
            while block := source.read(_BLOCK):
                self._buffer += block
                self._parser.Parse(block, False)
                self._flush(sink, self._seen if self.hold is None else self.hold)
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise SettingsError(f"the file is damaged: {error}") from error
        self._flush(sink, self._base + len(self._buffer))

    def _flush(self, sink: IO[bytes] | None, until: int) -> None:
        place = self._base
        if sink is not None:
            pieces: list[bytes | bytearray] = []  # written in one go: what packs them takes its time with each
            for start, end, content in sorted(self._edits, key=lambda edit: edit[:2]):
                pieces += self._buffer[place - self._base : start - self._base], content
                place = end
            pieces.append(self._buffer[place - self._base : max(until, place) - self._base])
            sink.write(b"".join(pieces))
        until = max(until, place)
        self._edits.clear()
        del self._buffer[: until - self._base]
        self._base = until


def rewritten(source: Path, target: Path, parts: Mapping[str, Callable[[IO[bytes], IO[bytes]], None]]) -> None:
    """A zip file with some members rewritten, in the order given; the others as they are."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename not in parts:
                with old.open(info) as content, new.open(_like(info), "w") as copy:
                    while block := content.read(_BLOCK):
                        copy.write(block)
        for name, rewrite in parts.items():
            with old.open(name) as content, new.open(_like(old.getinfo(name)), "w", force_zip64=True) as copy:
                rewrite(content, copy)


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    same = zipfile.ZipInfo(info.filename, info.date_time)
    same.compress_type, same.external_attr, same.comment = info.compress_type, info.external_attr, info.comment
    return same


def unmerged(count: int) -> Sequence[str]:
    """What is told of merged cells that were made smaller."""
    cells = counted(count, "merged cell", "merged cells")
    return [f"{cells} lay over new columns: now they end before them"] if count else ()


def several(count: int) -> Sequence[str]:
    """What is told of cells that are merged over several rows."""
    cells = counted(count, "cell is", "cells are")
    return [f"{cells} merged over several rows: each of these has what it shows"] if count else ()


def plain(text: str) -> str:
    """Text for XML: without what XML cannot hold, and escaped."""
    return escape(_FORBIDDEN.sub("", text))


def with_attribute(tag: bytes, name: str, value: str | None) -> bytes:
    """A start tag with an attribute set, or taken out."""
    pattern = re.compile(rb"\s+" + re.escape(name.encode()) + rb"""\s*=\s*("[^"]*"|'[^']*')""")
    bare = pattern.sub(b"", tag, count=1)
    if value is None:
        return bare
    end = b"/>" if bare.endswith(b"/>") else b">"
    quoted = escape(value, {'"': "&quot;"}).encode()
    return bare[: -len(end)].rstrip() + b" " + name.encode() + b'="' + quoted + b'"' + end
