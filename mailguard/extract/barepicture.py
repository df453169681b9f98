"""Pictures as office files store them: without the header by which a file of their format is known.

A metafile of Windows (MS-WMF 2.3.2.2) gets its placeable header, a device-independent bitmap (MS-WMF 2.2.2.9) the
header of a BMP file, so that each is read as the file it would be.
"""

from __future__ import annotations

import re
from struct import error as StructError
from struct import pack, unpack_from

_METAFILE = re.compile(rb"[\x01\x02]\x00\x09\x00\x00[\x01\x03]")
_DIB = re.compile(rb"(?:\x0c|\x28|\x40|\x6c|\x7c)\x00\x00\x00")
_PLACEABLE, _TWIPS_AN_INCH = 0x9AC6CDD7, 1440
_BIT_FIELDS = 3


def as_file(data: bytes) -> bytes:
    """Return a picture with the header of its file format; unchanged where it has one or is of another format."""
    if _METAFILE.match(data):
        return _placeable() + data
    try:
        return _file_header(data) + data if _DIB.match(data) and _is_dib(data) else data
    except StructError:
        return data


def _placeable() -> bytes:
    words = unpack_from("<10H", head := pack("<IHhhhhHI", _PLACEABLE, 0, 0, 0, 9000, 9000, _TWIPS_AN_INCH, 0))
    checksum = 0
    for word in words:
        checksum ^= word
    return head + pack("<H", checksum)


def _is_dib(data: bytes) -> bool:
    planes, bits = unpack_from("<HH", data, 8 if data[0] == 12 else 12)
    return planes == 1 and bits in (1, 4, 8, 16, 24, 32)


def _file_header(data: bytes) -> bytes:
    size = data[0]
    bits = unpack_from("<H", data, 10 if size == 12 else 14)[0]
    colours, masks = 1 << bits if bits <= 8 else 0, 0
    if size != 12:
        packing, used = unpack_from("<I", data, 16)[0], unpack_from("<I", data, 32)[0]
        colours = min(used, 256) or colours
        masks = 12 if size == 40 and packing == _BIT_FIELDS else 0
    pixels = 14 + size + masks + colours * (3 if size == 12 else 4)
    return pack("<2sIII", b"BM", 14 + len(data), 0, pixels)
