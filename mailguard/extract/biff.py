"""Records of old workbooks that hold text outside cells (MS-XLS 2.4): boxes, headers, names, links, caches."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

from mailguard.extract.binarytext import strings
from mailguard.model import SegmentKind

_FILEPASS, _CONTINUE = 0x2F, 0x3C
_TEXTS: dict[int, tuple[SegmentKind, str]] = {
    0x14: (SegmentKind.HEADER, "page header"),
    0x15: (SegmentKind.HEADER, "page footer"),
    0x18: (SegmentKind.METADATA, "defined names"),
    0x894: (SegmentKind.METADATA, "defined names"),
    0x1B6: (SegmentKind.BODY, "text boxes"),
    0x1BE: (SegmentKind.METADATA, "data validation"),
    0x1AE: (SegmentKind.CACHE, "external link"),
    0x23: (SegmentKind.CACHE, "external link"),
    0x5A: (SegmentKind.CACHE, "external link"),
    0x1B8: (SegmentKind.METADATA, "links"),
    0x800: (SegmentKind.METADATA, "links"),
    0x100D: (SegmentKind.CACHE, "chart"),
    0xEC: (SegmentKind.BODY, "text boxes"),
    0x5C: (SegmentKind.METADATA, "properties"),
    0x207: (SegmentKind.FORMULA, "formulas"),
    0x51: (SegmentKind.METADATA, "links"),
    0xB0: (SegmentKind.CACHE, "pivot table"),
    0xB1: (SegmentKind.CACHE, "pivot table"),
    0x866: (SegmentKind.HEADER, "page header"),
    0x89C: (SegmentKind.HEADER, "page header"),
}
_MAX_RECORDS = 3_000_000


def is_locked(book: bytes) -> bool:
    """Return whether the workbook stream is encrypted: FILEPASS stands near its beginning."""
    for number, (kind, _) in enumerate(_records(book)):
        if kind == _FILEPASS:
            return True
        if number > 20:
            break
    return False


def record_texts(book: bytes) -> Iterator[tuple[SegmentKind, str, str]]:
    """Yield kind, step and text of each record that holds text outside cells; repeated texts come once."""
    seen: set[tuple[str, str]] = set()
    last = 0
    for kind, data in _records(book):
        kind = last if kind == _CONTINUE else kind
        last = kind
        if kind not in _TEXTS:
            continue
        found, step = _TEXTS[kind]
        for text in strings(data):
            if (step, text) not in seen:
                seen.add((step, text))
                yield found, step, text


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MAX_RECORDS):
        if at + 4 > len(book):
            return
        kind, size = unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size
