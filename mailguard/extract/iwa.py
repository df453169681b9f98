"""Archives of Apple's office programs since 2013 (IWA): Snappy blocks of Protocol Buffers messages, without schema.

Each archive is a row of objects with a number, a type and a message (protobuf.dev, "Encoding"; google/snappy,
format_description.txt). What a field means is known for few types; every field that is text is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_MOST_DEPTH = 40
_CHUNK_HEAD = 4
_VARINT_BYTES = 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_OFTEN = frozenset("\t\n\r\x04\x05\x06\x0b\x0c\u2028\u2029\ufffc")  # breaks and anchors that stand in text

Field = tuple[int, int | bytes]
"""A field's number and its value: a number of any width, or bytes."""


class BadArchive(Exception):
    """The archive cannot be unpacked or taken apart; the text names the fault, never content."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a document: its number, by which others refer to it, its type and its message."""

    number: int
    kind: int
    data: bytes = field(repr=False)


def unpacked(data: bytes, most: int) -> bytes:
    """Return what the blocks of an archive hold, at most `most` bytes. BadArchive where they are damaged or more."""
    out = bytearray()
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + _CHUNK_HEAD], "little")
        end = at + _CHUNK_HEAD + length
        if data[at] or end > len(data):
            raise BadArchive("an archive of blocks that are cut short")
        _unsnap(data[at + _CHUNK_HEAD : end], out, most)
        at = end
    return bytes(out)


def _unsnap(block: bytes, out: bytearray, most: int) -> None:
    """Add one Snappy block to `out`; copies reach back within the block alone."""
    size, at = _varint(block, 0)
    start = len(out)
    if start + size > most:
        raise BadArchive(f"an archive of more than {most} bytes")
    while at < len(block):
        tag = block[at]
        at += 1
        if not tag & 3:
            length = (tag >> 2) + 1
            if length > 60:
                more = length - 60
                length = int.from_bytes(block[at : at + more], "little") + 1
                at += more
            out += block[at : at + length]
            at += length
        else:
            if tag & 3 == 1:
                length, back = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | block[at] if at < len(block) else 0
                at += 1
            else:
                width = 2 if tag & 3 == 2 else 4
                length, back = (tag >> 2) + 1, int.from_bytes(block[at : at + width], "little")
                at += width
            if not 0 < back <= len(out) - start:
                raise BadArchive("a block that refers to what is not there")
            piece = out[len(out) - back : len(out) - back + length]
            out += (piece * (length // len(piece) + 1))[:length] if len(piece) < length else piece
        if len(out) - start > size:
            break
    if len(out) - start != size:
        raise BadArchive("a block of another length than it says")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for step in range(_VARINT_BYTES):
        if at + step >= len(data):
            break
        byte = data[at + step]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + step + 1
        shift += 7
    raise BadArchive("a number that is cut short")


def fields(data: bytes) -> list[Field]:
    """Return the fields of a message in order. BadArchive where it is none."""
    found: list[Field] = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        value: int | bytes
        if wire == _VARINT:
            value, at = _varint(data, at)
        elif wire == _BYTES:
            length, at = _varint(data, at)
            value, at = data[at : at + length], at + length
        elif wire in (_FIXED64, _FIXED32):
            width = 8 if wire == _FIXED64 else 4
            value, at = int.from_bytes(data[at : at + width], "little"), at + width
        else:
            raise BadArchive("a field of an unknown kind")
        if at > len(data) or not number:
            raise BadArchive("a field that is cut short")
        found.append((number, value))
    return found


def objects(data: bytes) -> Iterator[Object]:
    """Yield the objects of an unpacked archive. BadArchive where it is none."""
    at = 0
    while at < len(data):
        length, at = _varint(data, at)
        head = fields(data[at : at + length])
        at += length
        number = next((value for key, value in head if key == 1 and isinstance(value, int)), 0)
        for key, info in head:
            if key != 2 or not isinstance(info, bytes):
                continue
            told = {name: value for name, value in fields(info) if isinstance(value, int)}
            size = told.get(3, 0)
            if at + size > len(data):
                raise BadArchive("an object that is cut short")
            yield Object(number, told.get(1, 0), data[at : at + size])
            at += size


def texts(data: bytes, depth: int = 0) -> Iterator[str]:
    """Yield every field of a message that is text, in order, of the messages within as well.

    Bytes that can be both are taken for both."""
    try:
        found = fields(data)
    except BadArchive:
        return
    for _, value in found:
        if isinstance(value, bytes) and value:
            text = text_of(value)
            if text:
                yield text
            if depth < _MOST_DEPTH and len(value) > 1:
                yield from texts(value, depth + 1)


def text_of(value: bytes) -> str:
    """Return bytes as text, "" where they are none."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or all(char.isprintable() or char in _OFTEN for char in text) else ""
