"""Pictures inside old Office files: the records of MS-ODRAW 2.2.22 (OfficeArtBlip) wherever they stand in a stream.

They are found by their headers, not by the lists that point to them: a picture that nothing shows is still sent. A
picture that comes in pieces of no known format is reported.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from mailguard.extract.barepicture import as_file
from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.parts import Child, Item
from mailguard.model import Place, Unreadable, UnreadableReason

# Version 0 and instance, then the type; the odd instances carry two digests of 16 bytes before the picture.
_BLIP = re.compile(
    rb"(?:[\x40\x50]\x3d\x1a|[\x60\x70]\x21\x1b|[\x20\x30]\x54\x1c|(?:[\xa0\xb0]\x46|[\x20\x30]\x6e)[\x1d\x2a]"
    rb"|[\x00\x10]\x6e\x1e|[\x80\x90]\x7a\x1f|[\x40\x50]\x6e\x29)\xf0"
)
_HEAD, _DIGEST, _DRAWING_HEAD = 8, 16, 34
_MAC_DRAWING, _LAST_DRAWING = 0xF01C, 0xF01C


def pictures(data: bytes, place: Place, budget: Budget) -> Iterator[Item]:
    """Yield the pictures of a stream, each as a child; one that cannot be unpacked is reported."""
    at = 0
    while match := _BLIP.search(data, at):
        start = match.start()
        if start + _HEAD > len(data):
            return
        version, kind, size = unpack_from("<HHI", data, start)
        body = data[start + _HEAD : start + _HEAD + size]
        yield from _picture(kind, body[_DIGEST * (2 if version & 0x10 else 1) :], place, budget)
        if len(body) < size:
            yield Unreadable(place, UnreadableReason.PICTURE, "a picture that is cut short")
        at = start + _HEAD + len(body)


def _picture(kind: int, body: bytes, place: Place, budget: Budget) -> Iterator[Item]:
    if kind > _LAST_DRAWING:
        # One byte says where the picture came from.
        content = as_file(body[1:])
    elif len(body) > _DRAWING_HEAD and kind != _MAC_DRAWING:
        packed = body[_DRAWING_HEAD:]
        content = as_file(packed if body[_DRAWING_HEAD - 2] else inflated(packed, budget))
    else:
        content = b""
    if content:
        yield Child(content, "picture", leaf=False)
    else:
        yield Unreadable(place, UnreadableReason.PICTURE, "a drawing that cannot be unpacked")


def inflated(data: bytes, budget: Budget) -> bytes:
    """Return deflated data unpacked, b"" if it is none. Raise OverBudget before it swells past the budget."""
    most = budget.limits.part_bytes
    try:
        content = zlib.decompressobj().decompress(data, most + 1)
    except zlib.error:
        return b""
    if len(content) > most:
        raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {most} bytes", local=True)
    return content


def presented(data: bytes, place: Place) -> Iterator[Item]:
    """Yield how an object looks in its document (MS-OLEDS 2.3.4): the picture that was kept beside its data."""
    try:
        mark = unpack_from("<I", data)[0]
        at = 8 if mark >= 0xFFFFFFFE else 4 + mark
        # The device's description, then aspect, index, flags, a spare word, width and height.
        at += max(unpack_from("<I", data, at)[0], 4) + 24
        size = unpack_from("<I", data, at)[0]
    except StructError:
        yield Unreadable(place, UnreadableReason.PICTURE, "the picture of an object cannot be found")
        return
    content = data[at + 4 : at + 4 + size]
    if content.strip(b"\0"):
        yield Child(as_file(content), "picture", leaf=False)
