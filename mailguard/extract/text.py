"""Plain text: paragraphs, form blocks and tables drawn with tabs, pipes or spaces (RFC 3676 for format=flowed)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.extract import charset
from mailguard.extract.budget import Budget
from mailguard.extract.lines import Blocks, tidy
from mailguard.extract.parts import Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_QUOTE = re.compile(r"^(?:[ \t]{0,3}>)+ ?", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the blocks of a text; where the declared charset lies, those of each reading."""
    decoded = charset.readings(part.data, part.charset)
    if decoded.ambiguous:
        yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, "text that reads differently in two charsets")
    kind = SegmentKind.BODY
    for text in decoded.texts:
        for block in blocks(_unflowed(text, part.media_type)):
            yield Segment(block, part.place, kind, leaf=part.leaf)
        kind = SegmentKind.ALTERNATE


def blocks(text: str) -> Iterator[str]:
    """Cut text into blocks that belong together, quote marks taken off."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = tidy(_CONTROL.sub(" ", text))
    if ">" in text:
        text = _QUOTE.sub("", text)
    gather = Blocks()
    for line in text.split("\n"):
        yield from gather.add(line)
    yield from gather.finish()


def _unflowed(text: str, media_type: str) -> str:
    """Undo what format=flowed adds: stuffed spaces, and with DelSp the space before each soft line end."""
    if "format=flowed" not in media_type:
        return text
    text = text.replace("\r\n", "\n")
    if "delsp=yes" in media_type:
        text = re.sub(r"(?<!^--) \n(?=[^\n>])", "", text)
    return re.sub(r"^ ", "", text, flags=re.MULTILINE)
