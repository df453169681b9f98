"""Records of old workbooks that hold text outside cells (MS-XLS 2.4): boxes, headers, names, links, caches."""

from __future__ import annotations

import re
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
_FORMULAS = frozenset({0x06, 0x1B1, 0x87A, 0x221, 0x4BC})
"""Records that hold formulas: of cells, of rules by which cells are coloured, of ranges of cells."""
_QUOTED = re.compile(rb"\x17([\x02-\xff])(?:\x00([\x20-\x7e\xa0-\xff]{2,255})|\x01((?:[\x20-\xff][\x00-\x24]){2,255}))")
_PAGE_PICTURE = 0x866
_DRAWINGS = {0xEB: 0, 0x1066: 0, _PAGE_PICTURE: 14}
"""Records that hold drawings, and how much of each comes before the drawing."""
_BITMAPS = frozenset({0x7F, 0xE9})
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
        if kind in _FORMULAS:
            found, step, texts = SegmentKind.FORMULA, "formulas", _quoted(data)
        elif kind in _TEXTS:
            (found, step), texts = _TEXTS[kind], strings(data)
        else:
            continue
        for text in texts:
            if (step, text) not in seen:
                seen.add((step, text))
                yield found, step, text


def _quoted(data: bytes) -> Iterator[str]:
    """Yield the texts in quotes of a formula (PtgStr, MS-XLS 2.5.198.89): how many letters, how wide, the letters."""
    for match in _QUOTED.finditer(data):
        length, narrow, wide = match.groups()
        text = narrow[: length[0]].decode("cp1252", "replace") if narrow else wide[: 2 * length[0]].decode("utf-16-le")
        if any(map(str.isalpha, text)):
            yield text


def drawn(book: bytes) -> bytes:
    """Return the pictures' records of a workbook joined as they were before they were cut into records of its own
    (MS-XLS 2.4.99, 2.4.138, 2.4.143): pictures of sheets, of page headers, of fillings."""
    pieces: list[bytes] = []
    last = 0
    for kind, data in _records(book):
        kind = last if kind == _CONTINUE else kind
        if kind in _DRAWINGS:
            pieces.append(data[_DRAWINGS[kind] :] if kind != last or kind == _PAGE_PICTURE else data)
        last = kind
    return b"".join(pieces)


def bitmaps(book: bytes) -> Iterator[bytes]:
    """Yield each picture that stands in a record of its own: b"" for one of another program's format."""
    whole = bytearray()
    last = 0
    for kind, data in _records(book):
        if kind == _CONTINUE and last in _BITMAPS:
            whole += data
            continue
        if last in _BITMAPS:
            yield _bitmap(bytes(whole))
        last = kind
        whole = bytearray(data)
    if last in _BITMAPS:
        yield _bitmap(bytes(whole))


def _bitmap(data: bytes) -> bytes:
    # Format, environment and size come before the picture (MS-XLS 2.4.134).
    return data[8:] if data[:2] == b"\x09\0" else b""


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MAX_RECORDS):
        if at + 4 > len(book):
            return
        kind, size = unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size
