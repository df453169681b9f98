"""A picture on its way from the jail: bare pixels, so that whatever a document did to its reader, no browser decodes a
file that it wrote."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

_HEAD = struct.Struct("!II")
_MOST_SIDE = 4000
_CHUNK = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels of three bytes (red, green, blue), row by row."""

    width: int
    height: int
    pixels: bytes = field(repr=False)

    def png(self) -> bytes:
        """The picture as a PNG file (ISO/IEC 15948), made here."""
        line = self.width * 3
        rows = b"".join(b"\0" + self.pixels[at : at + line] for at in range(0, len(self.pixels), line))
        head = struct.pack("!IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 3)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            _CHUNK.pack(len(data)) + name + data + _CHUNK.pack(zlib.crc32(name + data)) for name, data in chunks
        )


def picture_of(data: bytes) -> Picture | None:
    """The picture that a jailed child wrote; None if it is none, or sizes and length do not agree."""
    if len(data) < _HEAD.size:
        return None
    width, height = _HEAD.unpack_from(data)
    if not (0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE) or len(data) != _HEAD.size + width * height * 3:
        return None
    return Picture(width, height, data[_HEAD.size :])
