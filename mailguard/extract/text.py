"""Plain text: paragraphs, form blocks, tables drawn with tabs, pipes or blanks, and files written out in it.

RFC 3676 for format=flowed. Quote marks are taken off, so that a quoted form reads like the form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mailguard.extract import charset, embedded, texttable
from mailguard.extract.budget import Budget
from mailguard.extract.escapes import as_shown, meaning
from mailguard.extract.grid import shape
from mailguard.extract.lines import Blocks, tidy
from mailguard.extract.parts import Child, Doubtful, Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_QUOTE = re.compile(r"^(?:[ \t]{0,3}>)+ ?", re.MULTILINE)
_FEW_LINES = 8
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LOCKED = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|\Z)", re.DOTALL)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the blocks of a text and the files in it; where the declared charset lies, the blocks of each reading."""
    data = part.data
    files = embedded.find(data)
    for file in reversed(files):
        data = data[: file.start] + b"\n\n" + data[file.end :]
    decoded = charset.readings(data, part.charset)
    if decoded.ambiguous:
        yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, "text that reads differently in two charsets")
    if len(decoded.texts) > 1:
        yield Doubtful()
    if b"-----BEGIN PGP MESSAGE-----" in data:
        yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "a PGP message in the text")
    shown: set[str] = set()
    for number, text in enumerate(decoded.texts):
        for segment in _segments(_unflowed(as_shown(text), part.media_type), part):
            if not number:
                yield segment
                if other := meaning(segment.text):
                    yield replace(segment, text=tidy(other), kind=SegmentKind.ALTERNATE, cells=())
                if len(decoded.texts) > 1:
                    shown.add(segment.text)
            elif segment.text not in shown:
                yield replace(segment, kind=SegmentKind.ALTERNATE)
    for file in files:
        yield Child(file.data, file.name or "encoded text", file.name, leaf=bool(file.name))


def _segments(text: str, part: Part) -> Iterator[Segment]:
    lines: list[str] = []
    gather = Blocks()
    tables = 0
    for line in [*shown_lines(_LOCKED.sub("", text)), ""]:
        if line.strip():
            lines.append(line)
            continue
        rows = texttable.rows(lines) if len(lines) > 1 else None
        if not rows and (found := texttable.stacked(lines) if len(lines) > _FEW_LINES else None):
            rows, lines = found[1], lines[: found[0]]
            for block in _blocks(gather, lines):
                yield Segment(block, part.place, leaf=part.leaf)
        if rows:
            for block in gather.finish():
                yield Segment(block, part.place, leaf=part.leaf)
            tables += 1
            yield from shape(rows, (*part.place, f"table {tables}"), leaf=part.leaf)
        else:
            for block in _blocks(gather, lines):
                yield Segment(block, part.place, leaf=part.leaf)
        lines = []
    for block in gather.finish():
        yield Segment(block, part.place, leaf=part.leaf)


def _blocks(gather: Blocks, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield from gather.add(line)
    yield from gather.add("")


def shown_lines(text: str) -> list[str]:
    """Return the lines of a text as a person sees them, quote marks and controls taken off."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = tidy(_CONTROL.sub(" ", text))
    if ">" in text:
        text = _QUOTE.sub("", text)
    return text.split("\n")


def _unflowed(text: str, media_type: str) -> str:
    """Undo what format=flowed adds: stuffed blanks, and with DelSp the blank before each soft line end."""
    if "format=flowed" not in media_type:
        return text
    text = text.replace("\r\n", "\n")
    if "delsp=yes" in media_type:
        text = re.sub(r"(?<!^--) \n(?=[^\n>])", "", text, flags=re.MULTILINE)
    return re.sub(r"^ ", "", text, flags=re.MULTILINE)
