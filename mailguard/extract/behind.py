"""Text that stands before, behind or between what a file's own programs read: nobody sees it there, and it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.extract.kind import Kind
from mailguard.extract.speech import spoken

_WINDOW = 1 << 16
_TAIL = re.compile(rb"[\t\r\n\x20-\x7e]{8,}\Z")
_REMARK = re.compile(rb"%([\x20-\x7e\t]{6,400})\r?$", re.MULTILINE)
_TEXTUAL = frozenset(
    {Kind.TEXT, Kind.HTML, Kind.CSV, Kind.XML, Kind.JSON, Kind.CALENDAR, Kind.CONTACT, Kind.MESSAGE, Kind.MAILBOX}
    | {Kind.SHEET_TEXT, Kind.PGP_KEY, Kind.PGP_SIGNATURE, Kind.CERTIFICATE, Kind.PGP_MESSAGE, Kind.PKCS7, Kind.EMPTY}
)


def texts(data: bytes, kind: Kind) -> Iterator[str]:
    """Yield what reads like text of a person outside the content of a file of this kind."""
    if kind in _TEXTUAL or data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return
    if kind is Kind.PDF:
        found = [data[: data.find(b"%PDF-", 0, 1100)], data[data.rfind(b"%%EOF") + 5 :][:_WINDOW]]
        found += _remarks(data)
    elif kind is Kind.RTF:
        found = [data[data.rfind(b"}") + 1 :][:_WINDOW]]
    else:
        tail = _TAIL.search(data, max(0, len(data) - _WINDOW))
        found = [tail.group()] if tail else []
    for piece in found:
        text = piece.decode("utf-8", "replace").strip()
        if spoken(text):
            yield text


def _remarks(data: bytes) -> Iterator[bytes]:
    """Yield the lines of a PDF that are remarks (ISO 32000-2, 7.2.4). A plain search finds them in a quarter of the
    time that an expression for the beginnings of all lines takes."""
    at = 0 if data.startswith(b"%") else data.find(b"\n%") + 1
    while at or data.startswith(b"%"):
        if match := _REMARK.match(data, at):
            yield match[1]
        at = data.find(b"\n%", at) + 1
        if not at:
            return
