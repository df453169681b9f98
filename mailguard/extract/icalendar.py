"""Calendars and contacts (RFC 5545, 6350, and vCard 2.1): each event or card is one segment, its lines unfolded."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from mailguard.extract import charset
from mailguard.extract.budget import Budget
from mailguard.extract.lines import tidy
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Segment, SegmentKind

_ESCAPE = re.compile(r"\\([nN,;:\\])")
_LINE = re.compile(r"((?:[\w-]+\.)?[\w-]+)((?:;(?:[^\":]|\"[^\"]*\")*)?):(.*)", re.DOTALL)
_SOFT = re.compile(r"=\r?\n")
_MACHINERY = frozenset(
    {"VERSION", "PRODID", "CALSCALE", "METHOD", "DTSTAMP", "SEQUENCE", "REV", "TRANSP", "BEGIN", "END"}
)
_QUOTED = "ENCODING=QUOTED-PRINTABLE"


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield a segment for each component; files carried in base64 are parts."""
    text = charset.decode(part.data, part.charset)
    lines: list[str] = []
    for line in _unfolded(text):
        match = _LINE.match(line)
        if match is None:
            if line.strip():
                lines.append(line.strip())
            continue
        name, parameters, value = match.groups()
        name = name.rpartition(".")[2].upper()
        if name in ("BEGIN", "END"):
            yield from _component(lines, part)
            lines = []
        elif "ENCODING=B" in parameters.upper() or re.match(r"data:[^,]*;base64,", value):
            packed = re.sub(r"[^A-Za-z0-9+/]", "", value.rpartition(",")[2])
            packed = packed[: len(packed) - (len(packed) % 4 == 1)]
            yield Child(binascii.a2b_base64(packed + "=" * (-len(packed) % 4)), name.lower(), leaf=False)
        elif "text/html" in parameters.lower():
            page = _value(name, parameters, value).encode("utf-8", "replace")
            yield Child(page, name.lower(), media_type="text/html", charset="utf-8", leaf=False)
        elif name not in _MACHINERY:
            lines.append(f"{name.capitalize()}: {_value(name, parameters, value)}")
            lines.extend(_named(parameters))
    yield from _component(lines, part)


def _component(lines: list[str], part: Part) -> Iterator[Item]:
    if lines:
        yield Segment(tidy("\n".join(lines)), part.place, SegmentKind.BODY, True, part.leaf)


def _unfolded(text: str) -> Iterator[str]:
    """Yield the logical lines: a line that begins with a blank goes on the last one, and so does one after "="."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"(?<!=)\n[ \t]", "", text)
    pending = ""
    for line in text.split("\n"):
        line = pending + line
        if line.endswith("=") and _QUOTED in line.partition(":")[0].upper():
            pending = line[:-1]
            continue
        pending = ""
        yield line


def _value(name: str, parameters: str, value: str) -> str:
    if _QUOTED in parameters.upper():
        label = re.search(r"CHARSET=([\w-]+)", parameters, re.IGNORECASE)
        value = charset.decode(binascii.a2b_qp(value.encode("utf-8", "replace")), label.group(1) if label else "")
    value = _ESCAPE.sub(lambda escape: "\n" if escape.group(1) in "nN" else escape.group(1), value)
    if name in ("N", "ADR", "ORG"):
        # Structured values; a vCard's name is surname first.
        value = ", ".join(piece.strip() for piece in value.split(";") if piece.strip())
    return value.strip()


def _named(parameters: str) -> Iterator[str]:
    """Yield the names of people that stand in parameters (CN="...")."""
    for match in re.finditer(r";(CN|X-[\w-]+|ALTREP|DIR|LABEL)=(?:\"([^\"]*)\"|([^;:]*))", parameters, re.IGNORECASE):
        text = match.group(2) or match.group(3)
        if text and " " in text:
            yield text
