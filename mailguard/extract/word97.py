"""Word 97 to 2003 documents (DOC): text by the piece table, with notes, comments, boxes, headers, hidden and deleted.

MS-DOC. The piece table gives all text of the file in order, fast-saved or not; character properties tell what is hidden
or deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from mailguard.extract import legacylock
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.cfb import BadCompound, Compound, read_common
from mailguard.extract.found import (
    MARK_CODE,
    MARK_DELETED,
    MARK_HIDDEN,
    MARK_INSERTED,
    Found,
    Piece,
    Table,
    readings_of,
)
from mailguard.extract.grid import GridRow
from mailguard.extract.labels import labelled
from mailguard.extract.parts import Item, Part
from mailguard.extract.segments import segments_of
from mailguard.extract.word97runs import Spans, Stretch, character_spans, paragraph_spans, stretches
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_COUNTS_AT = 0x4C
# Bookmarks, authors of comments, authors of changes (MS-DOC 2.5.6).
_NAME_TABLES = (0x142, 0x1BA, 0x232)
_STORIES: tuple[tuple[SegmentKind, str], ...] = (
    (SegmentKind.BODY, ""),
    (SegmentKind.NOTE, "footnotes"),
    (SegmentKind.HEADER, "page header"),
    (SegmentKind.BODY, "macro text"),
    (SegmentKind.COMMENT, "comments"),
    (SegmentKind.NOTE, "endnotes"),
    (SegmentKind.BODY, "text boxes"),
    (SegmentKind.HEADER, "header text boxes"),
)
_FORM_FIELD = re.compile(rb"\x44\x00.{62}\xff\xff\xff\xff", re.DOTALL)
_FIELD_TEXT = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\x00|[\x00-\xff][\x01-\x24]){2,}")
_MOST_FIELD = 1 << 16
_MARKS = {0x0800: MARK_DELETED, 0x0801: MARK_INSERTED, 0x083C: MARK_HIDDEN}
_IN_TABLE, _ROW_END = 0x2416, 0x2417
_SPLIT = re.compile("([\x07\x0c\x0d\x13\x14\x15])")
_DROPPED = dict.fromkeys((1, 2, 3, 4, 5, 6, 8, 31)) | {0x0B: "\n", 0x1E: "-", 0x0E: "\n"}


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of a Word 97 document; one with a password that is not known is reported as encrypted."""
    try:
        compound = Compound(part.data, budget)
        main = compound.read("WordDocument")
        flags = unpack_from("<H", main, 0x0A)[0]
    except (BadCompound, StructError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the document cannot be opened")
        return
    if flags & 0x0100:
        yield from legacylock.read(part, budget)
        return
    table = compound.read("1Table" if flags & 0x0200 else "0Table")
    try:
        yield from _stories(main, table, compound.read("Data"), part)
    except (StructError, IndexError, ValueError):
        for text in strings(main):
            yield Segment(text, part.place, SegmentKind.SWEEP, False)
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the document's table of text is damaged")
    for at in _NAME_TABLES:
        start, size = unpack_from("<II", main.ljust(at + 8, b"\0"), at)
        for text in strings(table[start : start + size]):
            yield Segment(text, (*part.place, "names"), SegmentKind.METADATA, False)
    for text in _form_fields(compound.read("Data")):
        yield Segment(text, (*part.place, "form fields"), SegmentKind.FORM_FIELD, False)
    yield from read_common(compound, part.place, budget)


def _form_fields(data: bytes) -> Iterator[str]:
    """Yield what each field of a form says beside the text: name, preset text, help, choices (MS-DOC 2.9.78)."""
    for match in _FORM_FIELD.finditer(data):
        size = unpack_from("<I", data, max(match.start() - 4, 0))[0]
        block = data[match.end() : match.start() - 4 + min(size, _MOST_FIELD)]
        said = [text.group().decode("utf-16-le", "replace").strip() for text in _FIELD_TEXT.finditer(block)]
        if any(said):
            yield "\n".join(filter(None, said))


def _stories(main: bytes, table: bytes, data: bytes, part: Part) -> Iterator[Item]:
    """Yield the stories of the document: the body first, then notes, headers, comments, boxes."""
    counts = unpack_from("<8i", main, _COUNTS_AT)
    characters = character_spans(main, table, _MARKS)
    paragraphs = paragraph_spans(main, table, data, {_IN_TABLE: 1, _ROW_END: 2})
    pieces = list(stretches(main, table, characters))
    start = 0
    for (kind, step), count in zip(_STORIES, counts, strict=True):
        story = list(_between(pieces, start, start + max(count, 0)))
        start += max(count, 0)
        place = (*part.place, step) if step else part.place
        yield from segments_of(_Story(paragraphs).read(story), place, kind)


def _between(pieces: list[Stretch], start: int, end: int) -> Iterator[Stretch]:
    for piece in pieces:
        first, last = max(piece.cp, start), min(piece.cp + len(piece.text), end)
        if first < last:
            shift = first - piece.cp
            text = piece.text[shift : last - piece.cp]
            yield Stretch(first, piece.fc + shift * piece.width, piece.width, text, piece.marks)


class _Story:
    """Turns the characters of one story into paragraphs and tables."""

    def __init__(self, paragraphs: Spans) -> None:
        self._paragraphs = paragraphs
        self._pieces: list[Piece] = []
        self._cell: list[str] = []
        self._row: list[tuple[int, str, str]] = []
        self._rows: list[GridRow] = []
        self._column = 0
        self._code = 0

    def read(self, story: list[Stretch]) -> Iterator[Found]:
        for stretch in story:
            at = stretch.fc
            for bit in _SPLIT.split(stretch.text):
                if bit == "\x13":
                    self._code += 1
                elif bit in ("\x14", "\x15"):
                    # A field without a result has no separator: its end closes its code.
                    self._code = max(self._code - (bit == "\x14" or self._code > 0), 0)
                elif bit in ("\x07", "\x0c", "\x0d"):
                    yield from self._end(bit, self._paragraphs.at(at))
                elif bit:
                    mark = stretch.marks | (MARK_CODE if self._code else 0)
                    self._pieces.append((bit.translate(_DROPPED), mark))
                at += len(bit) * stretch.width
        yield from self._end("\x0d", 0)
        yield from self._end_table()

    def _end(self, sign: str, properties: int) -> Iterator[Found]:
        pieces, self._pieces = self._pieces, []
        texts = readings_of(pieces)
        if sign == "\x07" and properties & 2:
            if self._row:
                self._rows.append(GridRow(len(self._rows) + 1, self._row))
            self._row, self._column, self._cell = [], 0, []
        elif sign == "\x07":
            self._column += 1
            text = labelled([line for line in (*self._cell, texts[0].text) if line.strip()], "\n").strip()
            if text:
                self._row.append((self._column, text, ""))
            self._cell = []
            yield from texts[1:]
        elif properties & 1:
            self._cell.append(texts[0].text)
            yield from texts[1:]
        else:
            yield from self._end_table()
            yield from texts

    def _end_table(self) -> Iterator[Found]:
        if self._row:
            self._rows.append(GridRow(len(self._rows) + 1, self._row))
        if self._rows:
            yield Table(self._rows)
        self._rows, self._row, self._column = [], [], 0
