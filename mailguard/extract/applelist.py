"""Property lists of Apple in their binary form: links to pages (.webloc), saved pages (.webarchive), settings.

Every value that is text is text of the part, every block of data a part of its own.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mailguard.extract.budget import Budget
from mailguard.extract.lines import tidy
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_MOST_VALUES = 200_000
_BLOCK = 3000
_KINDS, _DATA = "WebResourceMIMEType", "WebResourceData"
_CHARSET = "WebResourceTextEncodingName"


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the texts of a property list with their keys, and what data it holds as files."""
    try:
        root = plistlib.loads(part.data, fmt=plistlib.FMT_BINARY)
    except (plistlib.InvalidFileException, ValueError, OverflowError, RecursionError, TypeError, KeyError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "a property list that cannot be read", part.leaf)
        return
    lines: list[str] = []
    size = 0
    for number, (key, value) in enumerate(_values(root)):
        if number > _MOST_VALUES:
            yield Unreadable(part.place, UnreadableReason.TOO_LARGE, "more values than are looked at", part.leaf)
            break
        if isinstance(value, Child):
            yield value
            continue
        lines.append(f"{key}: {value}" if key else value)
        size += len(lines[-1])
        if size > _BLOCK:
            yield Segment(tidy("\n".join(lines)), part.place, SegmentKind.BODY, True, part.leaf)
            lines, size = [], 0
    if lines:
        yield Segment(tidy("\n".join(lines)), part.place, SegmentKind.BODY, True, part.leaf)


def _values(root: Any) -> Iterator[tuple[str, str | Child]]:
    """Yield each value with its key; objects may be shared, so that a small list unfolds without end."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(data := value.get(_DATA), bytes):
                kind, charset = str(value.get(_KINDS, "")).lower(), str(value.get(_CHARSET, ""))
                yield "", Child(data, "page", media_type=kind, charset=charset, leaf=False)
            waiting += [(str(name), inner) for name, inner in reversed(value.items()) if name != _DATA or inner != data]
        elif isinstance(value, list | tuple | set):
            waiting += [(key, inner) for inner in reversed(list(value))]
        elif isinstance(value, bytes):
            yield "", Child(value, key or "data", leaf=False)
        elif isinstance(value, datetime):
            yield key, value.strftime("%d/%m/%Y")
        elif not isinstance(value, bool | None):
            yield key, str(value)
