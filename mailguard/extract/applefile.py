"""AppleSingle and AppleDouble (RFC 1740): a Mac's file beside its name, comment and resources."""

from __future__ import annotations

from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from mailguard.extract import charset
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_DATA_FORK = 1
_TEXTS = {3: SegmentKind.FILE_NAME, 4: SegmentKind.COMMENT}


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the data fork, the real name and the comment; the other entries are the system's own."""
    try:
        for index in range(unpack_from(">H", part.data, 24)[0]):
            identity, start, length = unpack_from(">III", part.data, 26 + 12 * index)
            data = part.data[start : start + length]
            if identity == _DATA_FORK:
                yield Child(data, part.name or "data", part.name)
            elif identity in _TEXTS and data:
                yield Segment(charset.guess(data), part.place, _TEXTS[identity], False, part.leaf)
    except StructError:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "an AppleDouble file that is cut short", part.leaf)
