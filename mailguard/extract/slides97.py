"""PowerPoint 97 to 2003 presentations (PPT): every text atom, slide by slide, with notes, masters and comments.

MS-PPT. Records are walked in file order, whatever refers to them, so text of deleted and superseded slides is read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import error as StructError
from struct import unpack_from

from mailguard.extract import legacylock
from mailguard.extract.budget import Budget
from mailguard.extract.cfb import BadCompound, Compound, read_common
from mailguard.extract.grid import shape
from mailguard.extract.lines import Blocks, tidy
from mailguard.extract.officeart import inflated
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.texttable import stacked
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_CHARS, _BYTES, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_SLIDE_LIST, _SLIDE_IN_LIST, _SLIDE, _NOTES, _MASTER, _COMMENT = 0x0FF0, 0x03F3, 0x03EE, 0x03F0, 0x03F8, 0x2EE0
_FONTS, _TAG_BLOB = 0x07D5, 0x138B
_MAX_RECORDS = 2_000_000
_MAX_DEPTH = 64
_OBJECT, _SOUND = 0x1011, 0x07E7


@dataclass(slots=True)
class _Where:
    """Which container the walk is in."""

    step: str = ""
    kind: SegmentKind = SegmentKind.BODY


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of an old presentation, then its pictures."""
    try:
        compound = Compound(part.data, budget)
    except BadCompound as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
        return
    if compound.has("EncryptedSummary") or _is_locked(compound.read("Current User")):
        yield from legacylock.read(part, budget)
        return
    document = compound.read("PowerPoint Document")
    try:
        yield from _Walk(document, part.place, budget).read()
    except StructError:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the presentation's records are damaged")
    yield from read_common(compound, part.place, budget)


def _is_locked(user: bytes) -> bool:
    return len(user) >= 16 and unpack_from("<I", user, 12)[0] == 0xF3D1C4DF


class _Walk:
    """One walk over all records; text is given out where a container ends or another begins."""

    def __init__(self, data: bytes, place: Place, budget: Budget) -> None:
        self._data = data
        self._budget = budget
        self._place = place
        self._where = _Where()
        self._lines: list[str] = []
        self._slides = 0
        self._listed = 0
        self._left = _MAX_RECORDS

    def read(self) -> Iterator[Item]:
        yield from self._records(0, len(self._data), 0)
        yield from self._flush()

    def _records(self, at: int, end: int, depth: int) -> Iterator[Item]:
        while at + 8 <= end:
            self._left -= 1
            if self._left < 0 or depth > _MAX_DEPTH:
                yield Unreadable(self._place, UnreadableReason.TOO_LARGE, "too many records in a presentation")
                return
            version, kind, size = unpack_from("<HHI", self._data, at)
            at += 8
            stop = min(at + size, end)
            if kind in (_CHARS, _STRING):
                self._say(self._data[at:stop].decode("utf-16-le", "replace"))
            elif kind == _BYTES:
                self._say(self._data[at:stop].decode("latin-1"))
            elif kind == _OBJECT:
                yield from self._object(self._data[at:stop], packed=bool(version >> 4))
            elif kind == _SOUND:
                yield Child(self._data[at:stop], "sound", leaf=False)
            elif kind == _SLIDE_IN_LIST and self._where.step.startswith("slide"):
                yield from self._flush()
                self._listed += 1
                self._where = _Where(f"slide {self._listed}")
            elif (version & 0xF == 0xF and kind != _FONTS) or kind == _TAG_BLOB:
                outer = self._where
                yield from self._enter(kind, version >> 4)
                yield from self._records(at, stop, depth + 1)
                if self._where is not outer:
                    yield from self._flush()
                    self._where = outer
            at = stop

    def _enter(self, kind: int, instance: int) -> Iterator[Item]:
        where: _Where | None = None
        if kind == _SLIDE:
            self._slides += 1
            where = _Where(f"slide {self._slides}")
        elif kind == _SLIDE_LIST:
            where = {1: _Where("slide master", SegmentKind.HEADER), 2: _Where("notes", SegmentKind.NOTE)}.get(instance)
            where = where or _Where("slide")
        elif kind == _NOTES:
            where = _Where("notes", SegmentKind.NOTE)
        elif kind == _MASTER:
            where = _Where("slide master", SegmentKind.HEADER)
        elif kind == _COMMENT:
            where = _Where(self._where.step or "comments", SegmentKind.COMMENT)
        if where is not None:
            yield from self._flush()
            self._where = where

    def _object(self, data: bytes, packed: bool) -> Iterator[Item]:
        """An embedded object or the macros (MS-PPT 2.10.34): a compound file, mostly packed behind its size."""
        content = inflated(data[4:], self._budget) if packed else data
        if content:
            yield Child(content, "embedded object", leaf=False)
        else:
            yield Unreadable(self._place, UnreadableReason.DAMAGED, "an embedded object cannot be unpacked")

    def _say(self, text: str) -> None:
        if not text.startswith("___PPT"):
            lines = tidy(text).replace("\x0b", "\n").replace("\r", "\n").split("\n")
            self._lines += [line for line in lines if line.strip()]

    def _flush(self) -> Iterator[Item]:
        lines, self._lines = self._lines, []
        blocks = Blocks()
        place = (*self._place, self._where.step) if self._where.step else self._place
        found = stacked(lines)
        if found:
            # The cells of a table are boxes like any other.
            lines = lines[: found[0]]
            yield from shape(found[1], (*place, "table 1"), _as_row(self._where.kind))
        for line in lines:
            for block in blocks.add(line):
                yield Segment(block, place, self._where.kind)
        for block in blocks.finish():
            yield Segment(block, place, self._where.kind)


def _as_row(kind: SegmentKind) -> SegmentKind:
    return SegmentKind.ROW if kind is SegmentKind.BODY else kind
