"""AppleSingle and AppleDouble (RFC 1740): a Mac's file beside its name, comment and resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from

from mailguard.extract import charset
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.speech import spoken
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_DATA_FORK = 1
_WIDE_NAME = re.compile(rb"(?:\x00[\x20-\x7e\xa0-\xff]|[\x01-\x24][\x00-\xff]){4,}")
_TEXTS = {3: SegmentKind.FILE_NAME, 4: SegmentKind.COMMENT}


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the data fork, the real name, the comment, and what reads like words in the system's own entries."""
    try:
        for index in range(unpack_from(">H", part.data, 24)[0]):
            identity, start, length = unpack_from(">III", part.data, 26 + 12 * index)
            data = part.data[start : start + length]
            if identity == _DATA_FORK:
                yield Child(data, part.name or "data", part.name)
            elif identity in _TEXTS and data:
                yield Segment(charset.guess(data), part.place, _TEXTS[identity], False, part.leaf)
            else:
                # Resources hold clippings of text, the finder's data where a file came from and remarks on it.
                for text in filter(spoken, strings(data)):
                    yield Segment(text, part.place, SegmentKind.SWEEP, False, part.leaf)
    except StructError:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "an AppleDouble file that is cut short", part.leaf)


def read_folder_view(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the names of files that a Mac's view of a folder (.DS_Store) keeps; beside them it holds positions only."""
    names = [match.group().decode("utf-16-be") for match in _WIDE_NAME.finditer(part.data)]
    for name in dict.fromkeys(names):
        yield Segment(name, part.place, SegmentKind.FILE_NAME, False, part.leaf)
    for text in filter(spoken, strings(part.data)):
        yield Segment(text, part.place, SegmentKind.SWEEP, False, part.leaf)
