"""Outlook's winmail.dat ([MS-OXTNEF]): message properties and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import error as StructError
from struct import unpack_from

from mailguard.extract import mapi
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part, step_of
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_SENDER = 0x8000
_SUBJECT = 0x8004
_BODY = 0x800C
_DATA = 0x800F
_TITLE = 0x8010
_RENDERING = 0x9002
_MESSAGE_PROPERTIES = 0x9003
_RECIPIENTS = 0x9004
_ATTACHMENT_PROPERTIES = 0x9005
_MULTIPLE = 0x1000
_SIZES = {
    0x02: 4,
    0x03: 4,
    0x04: 4,
    0x0A: 4,
    0x0B: 4,
    0x05: 8,
    0x06: 8,
    0x07: 8,
    0x14: 8,
    0x40: 8,
    0x48: 16,
    0x00: 0,
    0x01: 0,
}
_VARIABLE = (mapi.STRING8, mapi.UNICODE, mapi.BINARY, mapi.OBJECT)
_MOST_VALUES = 100_000

Property = tuple[int, int, bytes]
"""Type, identity and bytes of a property's value."""


@dataclass(slots=True)
class _Attachment:
    """An attachment as far as it has been read."""

    title: str = ""
    data: bytes = field(default=b"", repr=False)
    properties: list[Property] = field(default_factory=list)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the message's text and each attachment; what stands before damage is kept."""
    attachments: list[_Attachment] = []
    try:
        for level, identity, data in _attributes(part.data):
            if level == 1:
                yield from _of_message(identity, data, part)
            elif identity == _RENDERING:
                attachments.append(_Attachment())
            else:
                if not attachments:
                    attachments.append(_Attachment())
                _of_attachment(identity, data, attachments[-1])
    except (StructError, ValueError, IndexError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "winmail.dat is cut short or broken", part.leaf)
    for number, attachment in enumerate(attachments, 1):
        yield from _file(attachment, number, part)


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        level, identity, length = unpack_from("<BIi", data, at)
        at += 9
        if length < 0 or at + length > len(data):
            raise ValueError("an attribute reaches beyond the end")
        yield level, identity & 0xFFFF, data[at : at + length]
        at += length + 2


def _of_message(identity: int, data: bytes, part: Part) -> Iterator[Item]:
    if identity == _BODY:
        yield from mapi.items(mapi.STRING8, mapi.BODY, data, part.place)
    elif identity == _SUBJECT:
        yield from mapi.items(mapi.STRING8, mapi.SUBJECT, data, part.place)
    elif identity == _SENDER:
        # A triple (2.1.3.3.1): four lengths, then name and address.
        yield from mapi.items(mapi.STRING8, mapi.SENDER, data[8:].replace(b"\0", b" "), part.place)
    elif identity == _MESSAGE_PROPERTIES:
        for kind, name, value in _properties(data, 0)[0]:
            yield from mapi.items(kind, name, value, part.place)
    elif identity == _RECIPIENTS:
        at = 4
        for _ in range(min(unpack_from("<I", data)[0], _MOST_VALUES)):
            found, at = _properties(data, at)
            for kind, name, value in found:
                if name in (mapi.RECIPIENT_NAME, *mapi.RECIPIENT_ADDRESSES):
                    yield from mapi.items(kind, 0x0E04, value, part.place)
    else:
        yield from mapi.said_in(data, part.place)


def _of_attachment(identity: int, data: bytes, attachment: _Attachment) -> None:
    if identity == _TITLE:
        attachment.title = mapi.text_of(mapi.STRING8, data)
    elif identity == _DATA:
        attachment.data = data
    elif identity == _ATTACHMENT_PROPERTIES:
        attachment.properties = _properties(data, 0)[0]


def _file(attachment: _Attachment, number: int, part: Part) -> Iterator[Item]:
    names = {
        identity: mapi.text_of(kind, value)
        for kind, identity, value in attachment.properties
        if identity in mapi.ATTACHMENT_NAMES and kind in (mapi.STRING8, mapi.UNICODE)
    }
    name = next((names[identity] for identity in mapi.ATTACHMENT_NAMES if names.get(identity)), attachment.title)
    step = name or f"attachment {number}"
    data = attachment.data
    if name and not data:
        yield Segment(name, (*part.place, step_of(step)), SegmentKind.FILE_NAME, leaf=len(part.place) + 1)
    for kind, identity, value in attachment.properties:
        if identity == mapi.ATTACHMENT_DATA:
            # An object is led by the identity of its interface; a message or a compound file follows.
            content = value[16:] if kind == mapi.OBJECT else value
            yield Child(content, step if content != data else f"{step} (2)", name)
            data = b"" if content == data else data
    if data:
        yield Child(data, step, name)


def _properties(data: bytes, at: int) -> tuple[list[Property], int]:
    """Read a list of properties from offset `at`; return them and the offset behind them."""
    found: list[Property] = []
    count = unpack_from("<I", data, at)[0]
    at += 4
    for _ in range(min(count, _MOST_VALUES)):
        kind, identity = unpack_from("<HH", data, at)
        at += 4
        if identity >= 0x8000:
            at += 16
            named = unpack_from("<I", data, at)[0]
            at += 8 if not named else 8 + _padded(unpack_from("<I", data, at + 4)[0])
        base = kind & ~_MULTIPLE
        values = 1
        if kind & _MULTIPLE or base in _VARIABLE:
            values = unpack_from("<I", data, at)[0]
            at += 4
        for _ in range(min(values, _MOST_VALUES)):
            if base in _VARIABLE:
                length = unpack_from("<I", data, at)[0]
                at += 4
            elif base in _SIZES:
                length = _SIZES[base]
            else:
                raise ValueError("a property of unknown type")
            if at + length > len(data):
                raise ValueError("a property reaches beyond the end")
            found.append((base, identity, data[at : at + length]))
            at += _padded(length)
    return found, at


def _padded(length: int) -> int:
    return length + -length % 4
