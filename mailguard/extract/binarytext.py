"""Runs of text in binary data: the last resort of every format that has records of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.extract.lines import tidy

_WIDE_RUN = re.compile(rb"(?:[\x20-\x7e\xa0-\xff\t\r\n]\x00|[\x00-\xff][\x01-\x24]){4,}")
_NARROW_RUN = re.compile(rb"[\x20-\x7e\xa1-\xff\t\r\n]{5,}")
_WORDLIKE = re.compile(r"[^\W\d_]{2,}|\d{4,}")


def strings(data: bytes) -> Iterator[str]:
    """Yield runs of text in binary data, two-byte and one-byte, that hold at least a word or a number."""
    for pattern, codec in ((_WIDE_RUN, "utf-16-le"), (_NARROW_RUN, "cp1252")):
        lines = []
        for match in pattern.finditer(data):
            text = tidy(match.group().decode(codec, "replace")).strip()
            if _WORDLIKE.search(text):
                lines.append(text)
        if lines:
            yield "\n".join(dict.fromkeys(lines))
