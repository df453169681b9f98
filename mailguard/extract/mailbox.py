"""Files of several messages (mbox, RFC 4155) and of one with a length before it (.emlx): each message is a part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part

_FROM = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_LENGTH = re.compile(rb"\s*(\d{1,10})[ \t]*\r?\n")


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield each message; a "From " line ends the one before it, whatever stands above it."""
    length = _LENGTH.match(part.data)
    if length:
        start, end = length.end(), length.end() + int(length.group(1))
        end = end if part.data[end:].lstrip().startswith(b"<?xml") else len(part.data)
        yield Child(part.data[start:end], "message", media_type="message/rfc822", leaf=False)
        if part.data[end:].strip():
            yield Child(part.data[end:], "properties", leaf=False)
        return
    starts = [match.start() for match in _FROM.finditer(part.data)]
    if part.data[: starts[0]].strip():
        yield Child(part.data[: starts[0]], "text", leaf=False)
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(part.data)], strict=True), 1):
        yield Child(part.data[start:end], f"message {number}", media_type="message/rfc822")
