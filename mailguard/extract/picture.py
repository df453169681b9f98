"""Pictures: the text they show, the text they carry beside their pixels, and which are reported (see `picturesize`).

Text stored beside the pixels (comments, titles, XMP) and in drawing commands is read in all. Text in the pixels is
recognised where the budget says so; else a picture that may show a record is reported.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import partial
from struct import error as StructError
from struct import unpack_from

from mailguard.extract import isobmff, raster
from mailguard.extract.budget import Budget
from mailguard.extract.lines import tidy
from mailguard.extract.metafile import drawn, is_metafile, words_joined
from mailguard.extract.ocrlayout import laid_out
from mailguard.extract.outlines import RECORD_LETTERS, count_letters
from mailguard.extract.parts import Child, Item, NotLookedAt, Part
from mailguard.extract.picturesize import may_show_record, may_show_text
from mailguard.extract.scanned import read_scan
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_MAX_STEPS = 5000
_PIXMAP = re.compile(rb"P[4-6]\s(?:#[^\n]*\n)*(\d{1,6})\s(?:#[^\n]*\n)*(\d{1,6})\s")
_JPEG_2000 = re.compile(rb"\xff\x4f\xff\x51.{4}(.{16})|ihdr(.{8})", re.DOTALL)
_METADATA_CHARS = 200_000


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the text that a picture carries beside its pixels, and report the picture if it may show a record."""
    data = part.data
    if is_metafile(data):
        yield from _drawing(part)
        return
    try:
        texts = list(_texts(data))
    except (StructError, IndexError, zlib.error, ValueError):
        texts = []
    for text in dict.fromkeys(filter(None, map(_clean, texts))):
        yield Segment(text, part.place, SegmentKind.METADATA, False)
    try:
        sizes = list(_sizes(data))
    except (StructError, IndexError, ValueError):
        sizes = []
    if not sizes:
        yield Unreadable(part.place, UnreadableReason.PICTURE, "a picture of unknown size")
        return
    if not any(may_show_text(*size) for size in sizes):
        return
    if budget.limits.scans:
        yield from _recognised(part, budget, sizes)
        return
    yield from _not_read(part.place, sizes)


def _drawing(part: Part) -> Iterator[Item]:
    """Yield what a metafile says in the order of its commands and as it is laid out, and the pictures within."""
    try:
        drawing = drawn(part.data)
    except (StructError, OverflowError, ZeroDivisionError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "a drawing that is cut short or broken", part.leaf)
        return
    for remark in drawing.remarks:
        for text in dict.fromkeys(filter(None, map(_clean, _strings(remark)))):
            yield Segment(text, part.place, SegmentKind.METADATA, False)
    # One command may draw a piece of a word, so all of them in a row are a view as well.
    for text in dict.fromkeys(filter(None, map(_clean, ("".join(drawing.texts), "\n".join(drawing.texts))))):
        yield Segment(text, part.place, SegmentKind.ALTERNATE)
    yield from laid_out(words_joined(drawing.placed), part.place, SegmentKind.BODY)
    for bitmap in drawing.bitmaps:
        yield Child(bitmap, "picture", leaf=False)
    if count_letters(drawing.shapes)[0] >= RECORD_LETTERS:
        yield Unreadable(part.place, UnreadableReason.PICTURE, "text of outlines in a drawing", part.leaf)
    if drawing.more:
        yield Unreadable(part.place, UnreadableReason.PICTURE, "a drawing of more lines than are followed", part.leaf)
    if any(may_show_record(*size) for size in drawing.other):
        yield Unreadable(
            part.place, UnreadableReason.PICTURE, "a drawing whose pictures are not taken apart", part.leaf
        )


def _not_read(place: Place, sizes: list[tuple[int, int]]) -> Iterator[Item]:
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    if may_show_record(width, height):
        yield Unreadable(place, UnreadableReason.PICTURE, f"a picture of {width} x {height} pixels")
    else:
        yield NotLookedAt()


def _recognised(part: Part, budget: Budget, claimed: list[tuple[int, int]]) -> Iterator[Item]:
    """Read each page of the picture; one that cannot be decoded is reported as one that was not looked at is."""
    try:
        pages = raster.sizes(part.data)
    except raster.NotDecoded:
        yield from _not_read(part.place, claimed)
        return
    for number, width, height in pages:
        if not may_show_text(width, height):
            continue
        place = (*part.place, f"page {number + 1}") if len(pages) > 1 else part.place
        if budget.scans > budget.limits.scans:
            return
        yield from read_scan(partial(raster.page, part.data, number), (width, height), place, budget)


def _clean(text: str) -> str:
    text = tidy(text).strip()
    return text[:_METADATA_CHARS] if any(character.isalpha() for character in text) else ""


def _sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield width and height of each picture in the file, by its header."""
    if data.startswith(b"\x89PNG"):
        yield unpack_from(">II", data, 16)
    elif data.startswith(b"\xff\xd8"):
        yield from _jpeg_sizes(data)
    elif data.startswith(b"GIF8"):
        yield unpack_from("<HH", data, 6)
    elif data.startswith((b"II*\0", b"MM\0*")):
        yield from _tiff_sizes(data)
    elif data.startswith(b"BM"):
        core = unpack_from("<I", data, 14)[0] == 12
        width, height = unpack_from("<HH" if core else "<ii", data, 18)
        yield abs(width), abs(height)
    elif data.startswith(b"RIFF"):
        yield _webp_size(data)
    elif data.startswith(b"\0\0\1\0"):
        for index in range(unpack_from("<H", data, 4)[0]):
            width, height = unpack_from("BB", data, 6 + 16 * index)
            yield width or 256, height or 256
    elif (pixels := _PIXMAP.match(data)) or (pixels := _JPEG_2000.search(data[:4096])):
        yield _numbers(pixels)
    elif data.endswith(b"TRUEVISION-XFILE.\0"):
        yield unpack_from("<HH", data, 12)
    elif data[4:8] == b"ftyp":
        for match in re.finditer(b"ispe\0\0\0\0", data[: 1 << 20]):
            yield unpack_from(">II", data, match.end())


def _numbers(pixels: re.Match[bytes]) -> tuple[int, int]:
    """Return width and height as they are written out, or as JPEG 2000 keeps them (ISO/IEC 15444-1 A.5.1, I.5.3.1)."""
    texts = pixels.groups()
    if pixels.re is _PIXMAP:
        return int(texts[0]), int(texts[1])
    if texts[0]:
        across, down, left, upper = unpack_from(">IIII", texts[0])
        return max(across - left, 0), max(down - upper, 0)
    height, width = unpack_from(">II", texts[1])
    return width, height


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment's content before the scan."""
    at = 2
    for _ in range(_MAX_STEPS):
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0xD9, 0xDA):
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        length = unpack_from(">H", data, at + 2)[0]
        yield marker, at + 4, at + 2 + length
        at += 2 + length


def _jpeg_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    for marker, start, _ in _jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = unpack_from(">HH", data, start + 1)
            yield width, height or 65535


def _tiff_directories(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield byte order, position and number of entries of each directory of a TIFF."""
    order = "<" if data.startswith(b"II") else ">"
    at = unpack_from(order + "I", data, 4)[0]
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _MAX_STEPS:
        seen.add(at)
        count = unpack_from(order + "H", data, at)[0]
        yield order, at + 2, count
        at = unpack_from(order + "I", data, at + 2 + 12 * count)[0]


def _tiff_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    for order, at, count in _tiff_directories(data):
        sides = {}
        for index in range(count):
            tag, kind = unpack_from(order + "HH", data, at + 12 * index)
            if tag in (256, 257):
                sides[tag] = unpack_from(order + ("H" if kind == 3 else "I"), data, at + 12 * index + 8)[0]
        if len(sides) == 2:
            yield sides[256], sides[257]


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = unpack_from("<I", data, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _texts(data: bytes) -> Iterator[str]:
    """Yield text stored beside the pixels and text drawn by commands."""
    if data.startswith(b"\x89PNG"):
        yield from _png_texts(data)
    elif data.startswith(b"\xff\xd8"):
        for marker, start, end in _jpeg_segments(data):
            if marker == 0xFE:
                yield data[start:end].decode("utf-8", "replace")
            elif marker in (0xE1, 0xED):
                yield from _strings(data[start:end])
        yield from _strings(data[data.rfind(b"\xff\xd9") :][:_METADATA_CHARS])  # behind the end of the picture
    elif data.startswith(b"GIF8"):
        for match in re.finditer(rb"\x21\xfe((?:[\x01-\xff][^\x00]{1,255})+?)\x00", data[: 1 << 20]):
            yield match.group(1)[1:].decode("utf-8", "replace")
    elif data.startswith((b"II*\0", b"MM\0*")):
        for order, at, count in _tiff_directories(data):
            for index in range(count):
                tag, kind, size, where = unpack_from(order + "HHII", data, at + 12 * index)
                if kind == 2 and size > 4 and tag not in (305, 306, 36867, 36868):
                    yield data[where : where + min(size, _METADATA_CHARS)].decode("utf-8", "replace")
    elif data[4:8] == b"ftyp":
        for item in isobmff.texts(data):
            yield from _strings(item)
    elif data.startswith(b"RIFF"):
        for mark in (b"EXIF", b"XMP "):
            at = data.find(mark, 12)
            if at >= 0:
                yield from _strings(data[at + 8 : at + 8 + unpack_from("<I", data, at + 4)[0]])


def _png_texts(data: bytes) -> Iterator[str]:
    at = 8
    for _ in range(_MAX_STEPS):
        if at + 8 > len(data):
            return
        length, kind = unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + min(length, _METADATA_CHARS)]
        at += 12 + length
        if kind == b"tEXt":
            yield body.replace(b"\0", b": ").decode("latin-1")
        elif kind == b"IEND":
            yield from _strings(data[at : at + _METADATA_CHARS])
            return
        elif kind == b"eXIf":
            yield from _strings(body)
        elif kind == b"zTXt":
            keyword, _, packed = body.partition(b"\0")
            yield f"{keyword.decode('latin-1')}: {_inflate(packed[1:]).decode('latin-1')}"
        elif kind == b"iTXt":
            keyword, _, rest = body.partition(b"\0")
            text = rest[2:].split(b"\0", 2)[-1]
            text = _inflate(text) if rest[:1] == b"\1" else text
            yield f"{keyword.decode('latin-1')}: {text.decode('utf-8', 'replace')}"


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _METADATA_CHARS)


_ASCII_RUN = re.compile(rb"[\x20-\x7e\r\n\t]{6,}")
_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e]\x00){6,}")


def _strings(data: bytes) -> Iterator[str]:
    """Yield runs of readable text of a block whose layout is another standard's (Exif, IPTC, XMP)."""
    for match in _WIDE_RUN.finditer(data):
        yield match.group().decode("utf-16-le")
    for match in _ASCII_RUN.finditer(data):
        yield match.group().decode("ascii")
