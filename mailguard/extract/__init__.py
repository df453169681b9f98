"""Bytes to reading: every place where text can hide is read or reported unreadable. Pure.

`read_message` and `read_file` give a whole `Reading`; `iter_message` and `iter_file` give the same facts one by one, so
that a child killed half-way leaves what it had. None of them raises for any content.
"""

from __future__ import annotations

from mailguard.extract import charset, mailsamples, ocr, raster, rastersamples, samples
from mailguard.extract.budget import Budget, Limits
from mailguard.extract.driver import Found, Walk
from mailguard.extract.kind import Kind, kind_of, name_kind
from mailguard.extract.looks import as_it_looks
from mailguard.extract.parts import Part
from mailguard.extract.preview import look, paint
from mailguard.model import HeaderAddress, Reading, Segment, Unreadable

__all__ = [
    "Found",
    "Limits",
    "Walk",
    "iter_file",
    "iter_message",
    "look",
    "practise",
    "read_file",
    "read_message",
    "warm",
    "warm_pictures",
]

_PRACTICE = 20


def iter_message(data: bytes, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Walk:
    """Return an iterator of what a message (RFC 5322 bytes, CRLF or LF) holds, header first.

    `passwords` are tried on locked files. The iterator's `canonical` holds good once it has ended."""
    return Walk(Part(data, (), media_type="message/rfc822", leaf=0), Kind.MESSAGE, Budget(limits), passwords)


def iter_file(data: bytes, name: str, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Walk:
    """Return an iterator of what a file holds; its kind is decided by content, and a message is read as a message."""
    part = Part(data, (name or "file",), name)
    kind = kind_of(part)
    if kind is Kind.MESSAGE:
        return iter_message(data, limits, passwords)
    return Walk(part, kind, Budget(limits), passwords)


def read_message(data: bytes, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Reading:
    """Return the reading of a message (see `iter_message`)."""
    return _reading(iter_message(data, limits, passwords))


def read_file(data: bytes, name: str, limits: Limits | None = None, passwords: tuple[str, ...] = ()) -> Reading:
    """Return the reading of a file or message (see `iter_file`)."""
    return _reading(iter_file(data, name, limits, passwords))


def warm() -> None:
    """Read a small sample of every format, so that a worker has imported all it needs before it locks itself in."""
    for name, data in (*mailsamples.samples(), *samples.samples()):
        read_file(data, name)
    name_kind(b"\x00\x01\x02\x03")
    charset.warm()
    paint(samples.pdf())
    as_it_looks("<p>Sam Example</p>", ("Sam",))


def practise() -> None:
    """Read a letter with a PDF often enough that the interpreter has specialised the code for it (PEP 659): a child
    that reads one message and ends never would, and would write to the pages that hold it."""
    letter = samples.letter()
    for _ in range(_PRACTICE):
        read_message(letter)


def warm_pictures() -> None:
    """Load all that recognising text needs. ImportError without the extra `ocr`."""
    for data in rastersamples.samples():
        for number, _, _ in raster.sizes(data):
            raster.page(data, number)
    ocr.warm()


def _reading(walk: Walk) -> Reading:
    items = list(walk)
    return Reading(
        tuple(item for item in items if isinstance(item, Segment)),
        tuple(item for item in items if isinstance(item, Unreadable)),
        tuple(item for item in items if isinstance(item, HeaderAddress)),
        walk.canonical,
    )
