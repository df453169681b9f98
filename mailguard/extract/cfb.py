"""Compound files (MS-CFB): opening them, their properties, objects packed inside, macros, and a sweep of any stream.

The formats of old Office stand in such files; a compound file of no known format is swept and reported as unsupported.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from struct import error as StructError
from typing import Any

import olefile

from mailguard.extract.biff import drawn
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.lines import tidy
from mailguard.extract.macros import macro_texts
from mailguard.extract.officeart import pictures, presented
from mailguard.extract.olepackage import packed
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.storage import as_file
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_PROPERTIES = ("title", "subject", "author", "keywords", "comments", "last_saved_by", "manager", "company", "category")
_USER_PROPERTIES = "\x05DocumentSummaryInformation"
_MAX_STREAMS = 10_000
_MAIN_STREAMS = frozenset({"worddocument", "workbook", "book", "powerpoint document"})
_OBJECTS = frozenset({"package", "package_stream", "\x01ole10native", "contents", "embeddedodf"})
"""Streams that hold a whole file; LibreOffice keeps an object of its own in `package_stream`."""
_WORKBOOKS = ("Workbook", "Book")
_PRESENTATION = "\x02OlePres"
_OBJECT_STORAGES = ("OBJECTPOOL/", "MBD")
_READ_ELSEWHERE = ("_SX_DB_CUR",)
_ABOUT_OBJECTS = frozenset(
    {
        *("\x01compobj", "\x01ole", "\x03objinfo", "\x03linkinfo", "\x03epprint", "\x03ocxname", "\x01ocxname"),
        *("\x05summaryinformation", "\x05documentsummaryinformation", "equation native"),
    }
)
"""Streams that say of which program an object is, how it looks and what formula it is."""
_PROGRAMS = {
    "Quill/QuillSub/CONTENTS": "a Publisher document",
    "VisioDocument": "a Visio drawing",
    "MatOST": "a Works document",
}
"""A stream by which a document of a program without a reader is known: what is found in it is not all of it."""
_THUMBNAIL = re.compile(rb"(.{12,32}?)(?:\xff\xd8\xff|\x89PNG)", re.DOTALL)
_LISTS = frozenset({"catalog"})
"""What Windows keeps beside the small pictures of a folder (Thumbs.db): a list of file names, which is swept."""


class BadCompound(Exception):
    """The compound file cannot be opened; the text names the fault, never content."""


class Compound:
    """An open compound file; streams are named by their path, joined by '/'."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        self._charged: set[str] = set()
        try:
            self._file: Any = olefile.OleFileIO(io.BytesIO(data))
            self.names = ["/".join(path) for path in self._file.listdir()][:_MAX_STREAMS]
        except (OSError, ValueError, IndexError, StructError, RecursionError) as error:
            raise BadCompound("the compound file cannot be opened") from error
        self.cut_short = bool(self._file.parsing_issues)

    def read(self, name: str) -> bytes:
        """Return a stream whole, b"" if there is none of this name or it is damaged."""
        try:
            data: bytes = self._file.openstream(name).read(self._budget.limits.part_bytes + 1)
        except (OSError, ValueError, IndexError, StructError):
            self.cut_short |= self.has(name)
            return b""
        self.cut_short |= len(data) < min(self._file.get_size(name), self._budget.limits.part_bytes)
        if name not in self._charged:
            self._charged.add(name)
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
    yield from read_common(compound, part.place, budget)
    if any(name.upper().startswith("VBA/") or "/VBA/" in name.upper() for name in compound.names):
        return
    program = next((title for name, title in _PROGRAMS.items() if compound.has(name)), "")
    known = False
    others = 0
    for name in compound.names:
        is_object = _is_object(name) or _is_document(name)
        known |= is_object
        if is_object and not program:
            continue
        data = compound.read(name)
        if thumbnail := _THUMBNAIL.match(data):
            yield Child(data[thumbnail.end(1) :], "thumbnail", leaf=False)
            known = True
            continue
        others += name.lower() not in _LISTS
        for text in strings(data):
            yield Segment(text, part.place, SegmentKind.SWEEP, False)
    if not known or program or (others and compound.has("Catalog")):
        detail = program or "a compound file of an unknown format"
        yield Unreadable(part.place, UnreadableReason.UNSUPPORTED, detail)


def read_common(compound: Compound, place: Place, budget: Budget) -> Iterator[Item]:
    """Yield what any compound file may hold beside its main streams: properties, macros, objects, pictures."""
    properties = compound.properties()
    if properties:
        yield Segment(properties, (*place, "properties"), SegmentKind.METADATA, False)
    documents = {name.rpartition("/")[0] for name in compound.names if _is_document(name)}
    for storage in sorted(documents):
        yield from _document(compound, storage)
    unknown = False
    for name in compound.names:
        storage, _, last = name.rpartition("/")
        if storage in documents:
            continue
        if name == _USER_PROPERTIES:
            for text in strings(compound.read(name)):
                yield Segment(text, (*place, "properties"), SegmentKind.METADATA, False)
        elif "/VBA/" in f"/{name.upper()}":
            for text in macro_texts(compound.read(name)):
                yield Segment(text, (*place, "macro"), SegmentKind.METADATA, False)
        elif _is_object(name):
            yield from _object(compound, name)
        elif last.startswith(_PRESENTATION):
            yield from presented(compound.read(name), place)
        elif not storage:
            data = compound.read(name)
            yield from pictures(drawn(data) if name in _WORKBOOKS else data, place, budget)
        elif last.lower() not in _ABOUT_OBJECTS and not name.upper().startswith(_READ_ELSEWHERE):
            for text in strings(compound.read(name)):
                yield Segment(text, (*place, "embedded object"), SegmentKind.SWEEP, False)
            unknown |= name.upper().startswith(_OBJECT_STORAGES)
    if compound.cut_short:
        yield Unreadable(place, UnreadableReason.DAMAGED, "the compound file is cut short or damaged")
    if unknown:
        yield Unreadable(place, UnreadableReason.UNSUPPORTED, "an embedded object of an unknown format")


def _is_document(name: str) -> bool:
    return "/" in name and name.rpartition("/")[2].lower() in _MAIN_STREAMS


def _document(compound: Compound, storage: str) -> Iterator[Item]:
    """Yield a document of old Office that stands in a storage of its own inside this file."""
    inside = [name for name in compound.names if name.rpartition("/")[0] == storage]
    streams = {name.rpartition("/")[2]: compound.read(name) for name in inside}
    yield Child(as_file(streams), "embedded object", leaf=False)


def _is_object(name: str) -> bool:
    return name.rpartition("/")[2].lower() in _OBJECTS


def _object(compound: Compound, name: str) -> Iterator[Item]:
    data = compound.read(name)
    title, content = packed(data) if name.lower().endswith("\x01ole10native") else ("", data)
    yield Child(content, title or "embedded object", title, leaf=False)
