"""Items of a picture in the ISO base media format (HEIC, AVIF): what stands beside its pixels (ISO/IEC 23008-12).

A file of this format holds numbered items and says where each is; those that are Exif or XMP hold text.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

_MOST_BOXES = 4000
_MOST_BYTES = 1 << 20
_TEXTS = (b"Exif", b"mime", b"uri ")


def texts(data: bytes) -> Iterator[bytes]:
    """Yield the content of each item that holds text. struct.error or IndexError where the file is damaged."""
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta":
            yield from _items(data, start + 4, end)
        elif kind == b"uuid":
            yield data[start + 16 : min(end, start + _MOST_BYTES)]


def whole(data: bytes) -> bool:
    """Return whether every item lies inside the file: a decoder leaves what is missing blank and says nothing."""
    try:
        for kind, start, end in _boxes(data, 0, len(data)):
            boxes = dict(_starts(data, start + 4, end)) if kind == b"meta" else {}
            for _, own, pieces in _places(data, boxes[b"iloc"]) if b"iloc" in boxes else ():
                if not own and any(at + size > len(data) for at, size in pieces):
                    return False
    except (StructError, IndexError):
        return False
    return True


def _starts(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    return ((kind, begin) for kind, begin, _ in _boxes(data, start, end))


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each box in a slice, and where its content starts and ends."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind = unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = unpack_from(">Q", data, at + 8)[0], 16
        stop = min(at + size, end) if size else end
        if stop < at + head:
            return
        yield kind, at + head, stop
        at = stop


def _items(data: bytes, start: int, end: int) -> Iterator[bytes]:
    boxes = {kind: (begin, stop) for kind, begin, stop in _boxes(data, start, end)}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return
    begin, stop = boxes[b"iinf"]
    wanted = set()
    for kind, at, _ in _boxes(data, begin + (6 if data[begin] == 0 else 8), stop):
        if kind == b"infe" and data[at] >= 2:
            wide = data[at] == 3
            number = unpack_from(">I" if wide else ">H", data, at + 4)[0]
            if data[at + (10 if wide else 8) :][:4] in _TEXTS:
                wanted.add(number)
    inside = boxes.get(b"idat", (0, 0))[0]
    for number, own, pieces in _places(data, boxes[b"iloc"][0]):
        if number in wanted:
            base = inside if own else 0
            yield b"".join(data[base + at : base + at + min(size, _MOST_BYTES)] for at, size in pieces)


def _places(data: bytes, at: int) -> Iterator[tuple[int, bool, list[tuple[int, int]]]]:
    """Yield of each item its number, whether it stands in the box of small items, and its pieces."""
    version, sizes = data[at], unpack_from(">H", data, at + 4)[0]
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    count = _number(data, at + 6, 4 if version == 2 else 2)
    at += 10 if version == 2 else 8
    for _ in range(min(count, _MOST_BOXES)):
        number = _number(data, at, 4 if version == 2 else 2)
        at += 4 if version == 2 else 2
        own = version > 0 and _number(data, at, 2) & 15 == 1
        at += 4 if version > 0 else 2
        start = _number(data, at, base)
        pieces = []
        extents = _number(data, at + base, 2)
        at += base + 2
        for _ in range(min(extents, _MOST_BOXES)):
            at += index if version > 0 else 0
            pieces.append((start + _number(data, at, offset), _number(data, at + offset, length)))
            at += offset + length
        yield number, own, pieces


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size], "big")
