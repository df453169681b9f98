"""Bytes to reading: every place where text can hide is read or reported unreadable. Pure.

`read_message` and `read_file` give a whole `Reading`; `iter_message` and `iter_file` give the same facts one by one, so
that a child killed half-way leaves what it had. None of them raises for any content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailguard.extract import mime
from mailguard.extract.budget import Budget, Limits, OverBudget
from mailguard.extract.driver import Found, Walk
from mailguard.extract.kind import Kind, kind_of, name_kind
from mailguard.extract.parts import Part
from mailguard.extract.table import SAMPLES
from mailguard.model import HeaderAddress, Reading, Segment, SegmentKind, Unreadable

__all__ = ["Found", "Limits", "is_canonical", "iter_file", "iter_message", "read_file", "read_message", "warm"]


def iter_message(data: bytes, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Iterator[Found]:
    """Yield what a message (RFC 5322 bytes, CRLF or LF) holds, header first. `passwords` are tried on locked files."""
    part = Part(data, (), media_type="message/rfc822", leaf=0)
    yield from Walk(Budget(limits), passwords).part(part, Kind.MESSAGE)


def iter_file(data: bytes, name: str, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Iterator[Found]:
    """Yield what a file holds; its kind is decided by content, and a message is read as a message."""
    part = Part(data, (name,) if name else ("file",), name)
    kind = kind_of(part)
    if kind is Kind.MESSAGE:
        yield from iter_message(data, limits, passwords)
        return
    if name:
        yield Segment(name, part.place, SegmentKind.FILE_NAME)
    yield from Walk(Budget(limits), passwords).part(part, kind)


def read_message(data: bytes, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Reading:
    """Return the reading of a message (see `iter_message`)."""
    return _reading(iter_message(data, limits, passwords), is_canonical(data))


def read_file(data: bytes, name: str, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Reading:
    """Return the reading of a file or message (see `iter_file`)."""
    is_message = kind_of(Part(data, (name,), name)) is Kind.MESSAGE
    return _reading(iter_file(data, name, limits, passwords), is_message and is_canonical(data))


def is_canonical(data: bytes) -> bool:
    """Return whether a message's MIME has one possible reading only, so that its leaves' readings may be kept."""
    try:
        return mime.parse(data).canonical
    except (OverBudget, RecursionError, MemoryError):
        return False


def warm() -> None:
    """Read a small sample of every format, so that a worker has imported all it needs before it locks itself in."""
    for sample in SAMPLES:
        read_file(sample, "sample")
    name_kind(b"\x00\x01\x02\x03")


def _reading(found: Iterable[Found], canonical: bool) -> Reading:
    items = list(found)
    return Reading(
        tuple(item for item in items if isinstance(item, Segment)),
        tuple(item for item in items if isinstance(item, Unreadable)),
        tuple(item for item in items if isinstance(item, HeaderAddress)),
        canonical,
    )
