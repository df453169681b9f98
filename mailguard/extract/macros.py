"""Source text of VBA modules: the compression of MS-OVBA 2.4.1."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

from mailguard.extract.lines import tidy

_MARK = b"\x00Attribut"
_MAX_CHARS = 4 << 20


def macro_texts(data: bytes) -> Iterator[str]:
    """Yield the source text of each compressed container in a module's stream."""
    at = data.find(_MARK)
    while at >= 3:
        text = _decompress(data, at - 3)
        if text:
            yield tidy(text.decode("cp1252", "replace")).strip()
        at = data.find(_MARK, at + 1)


def _decompress(data: bytes, at: int) -> bytes:
    if data[at] != 1:
        return b""
    at += 1
    out = bytearray()
    while at + 2 <= len(data) and len(out) < _MAX_CHARS:
        header = unpack_from("<H", data, at)[0]
        if header & 0x7000 != 0x3000:
            break
        end = min(at + (header & 0x0FFF) + 3, len(data))
        at += 2
        if header & 0x8000:
            _chunk(data, at, end, out)
        else:
            out += data[at:end]
        at = end
    return bytes(out)


def _chunk(data: bytes, at: int, end: int, out: bytearray) -> None:
    start = len(out)
    while at < end:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end:
                return
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 2 > end or len(out) == start:
                return
            token = unpack_from("<H", data, at)[0]
            at += 2
            bits = max((len(out) - start - 1).bit_length(), 4)
            length = (token & (0xFFFF >> bits)) + 3
            offset = (token >> (16 - bits)) + 1
            if offset > len(out) - start:
                return
            for _ in range(length):
                out.append(out[-offset])
