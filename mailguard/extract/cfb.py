"""Compound files (MS-CFB): opening them, their properties, objects packed inside, macros, and a sweep of any stream.

The formats of old Office stand in such files; a compound file of no known format is swept and reported as unsupported.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from
from typing import Any

import olefile

from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.lines import tidy
from mailguard.extract.macros import macro_texts
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_PROPERTIES = ("title", "subject", "author", "keywords", "comments", "last_saved_by", "manager", "company", "category")
_USER_PROPERTIES = "\x05DocumentSummaryInformation"
_MAX_STREAMS = 10_000


class BadCompound(Exception):
    """The compound file cannot be opened; the text names the fault, never content."""


class Compound:
    """An open compound file; streams are named by their path, joined by '/'."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        try:
            self._file: Any = olefile.OleFileIO(io.BytesIO(data))
            self.names = ["/".join(path) for path in self._file.listdir()][:_MAX_STREAMS]
        except (OSError, ValueError, IndexError, StructError, RecursionError) as error:
            raise BadCompound("the compound file cannot be opened") from error

    def read(self, name: str) -> bytes:
        """Return a stream whole, b"" if there is none of this name or it is damaged."""
        try:
            data: bytes = self._file.openstream(name).read(self._budget.limits.part_bytes + 1)
        except (OSError, ValueError, IndexError, StructError):
            return b""
        self._budget.spend_bytes(len(data))
        return data

    def has(self, name: str) -> bool:
        """Return whether there is a stream of this name (case does not matter)."""
        return any(name.lower() == own.lower() for own in self.names)

    def properties(self) -> str:
        """Return the document's properties as lines."""
        try:
            metadata = self._file.get_metadata()
        except (OSError, ValueError, IndexError, StructError, TypeError, AttributeError):
            return ""
        lines = []
        for name in _PROPERTIES:
            value = getattr(metadata, name, None)
            text = value.decode("cp1252", "replace") if isinstance(value, bytes) else str(value or "")
            if text.strip("\0 "):
                lines.append(tidy(text).strip())
        return "\n".join(lines)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield what a compound file of no known format holds. Macros (a VBA project) are read; anything else is swept and
    reported as unsupported."""
    try:
        compound = Compound(part.data, budget)
    except BadCompound as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
        return
    yield from read_common(compound, part.place)
    if any(name.upper().startswith("VBA/") or "/VBA/" in name.upper() for name in compound.names):
        return
    known = False
    for name in compound.names:
        if _is_object(name):
            known = True
            continue
        for text in strings(compound.read(name)):
            yield Segment(text, part.place, SegmentKind.SWEEP, False)
    if not known:
        yield Unreadable(part.place, UnreadableReason.UNSUPPORTED, "a compound file of an unknown format")


def read_common(compound: Compound, place: Place) -> Iterator[Item]:
    """Yield what any compound file may hold beside its main streams: properties, macros, packed objects."""
    properties = compound.properties()
    if properties:
        yield Segment(properties, (*place, "properties"), SegmentKind.METADATA, False)
    for name in compound.names:
        upper = name.upper()
        if name == _USER_PROPERTIES:
            for text in strings(compound.read(name)):
                yield Segment(text, (*place, "properties"), SegmentKind.METADATA, False)
        elif "VBA/" in upper or upper.startswith("VBA/"):
            for text in macro_texts(compound.read(name)):
                yield Segment(text, (*place, "macro"), SegmentKind.METADATA, False)
        elif _is_object(name):
            yield from _object(compound, name)


def _is_object(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last in ("package", "\x01ole10native", "contents", "embeddedodf") or (
        last in ("worddocument", "workbook", "book", "powerpoint document") and "/" in name
    )


def _object(compound: Compound, name: str) -> Iterator[Item]:
    data = compound.read(name)
    last = name.rpartition("/")[2].lower()
    if last == "\x01ole10native":
        title, content = packed(data)
        yield Child(content, title or "embedded object", title, leaf=False)
    elif last in ("package", "contents", "embeddedodf"):
        yield Child(data, "embedded object", leaf=False)
    else:
        for text in strings(data):
            yield Segment(text, ("embedded object",), SegmentKind.SWEEP, False)


def packed(data: bytes) -> tuple[str, bytes]:
    """Return name and content of an Ole10Native stream (a file dropped into a document); ("", data) if it is none."""
    try:
        at = 6
        end = data.index(b"\0", at)
        title = data[at:end].decode("cp1252", "replace")
        at = data.index(b"\0", end + 1) + 1 + 4
        at += 4 + unpack_from("<I", data, at)[0]
        size = unpack_from("<I", data, at)[0]
        content = data[at + 4 : at + 4 + size]
    except (ValueError, StructError):
        return "", data
    return (title, content) if content else ("", data)
