"""Properties of Outlook messages ([MS-OXPROPS]), which .msg files and winmail.dat both carry, to segments and parts."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

from mailguard.extract import charset
from mailguard.extract.binarytext import strings
from mailguard.extract.parts import Child, Item
from mailguard.extract.speech import spoken
from mailguard.extract.words import words
from mailguard.model import Place, Segment, SegmentKind

STRING8 = 0x001E
UNICODE = 0x001F
BINARY = 0x0102
OBJECT = 0x000D

SUBJECT = 0x0037
SENDER = 0x0C1A
HEADERS = 0x007D
BODY = 0x1000
RTF = 0x1009
HTML = 0x1013
ATTACHMENT_DATA = 0x3701
ATTACHMENT_NAMES = (0x3707, 0x3704, 0x3001)
RECIPIENT_NAME = 0x3001
RECIPIENT_ADDRESSES = (0x39FE, 0x3003)

# Sender, recipients and topic as the reader's window shows them.
_HEADER_PROPERTIES = {
    0x0042: "From",
    0x0C1A: "From",
    0x0065: "From",
    0x0C1F: "From",
    0x5D01: "From",
    0x0E02: "Bcc",
    0x0E03: "Cc",
    0x0E04: "To",
    0x0070: "Thread-Topic",
    0x0E1D: "Subject",
    0x0050: "Reply-To",
}
# Words of programs: message classes, address types, search keys, identifiers of messages and threads.
_MACHINERY = frozenset(
    {0x001A, 0x0036, 0x003D, 0x0064, 0x0075, 0x0C1E, 0x3002, 0x1035, 0x1042, 0x1039, 0x300B, 0x0040, 0x3FFA, 0x3FF8}
) | frozenset({0x007F, 0x340D, 0x370E, 0x3703, 0x3712, 0x4030, 0x4031, 0x4034, 0x4035, 0x4038, 0x4039, 0x800E})
_WORDS = words("IPM.Note IPM.Appointment SMTP EX")

_PRESET = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096
_MOST_BINARY = 1 << 20


def items(kind: int, identity: int, data: bytes, place: Place) -> Iterator[Item]:
    """Yield what one property of a message says."""
    if identity == RTF and kind == BINARY:
        yield Child(unpacked_rtf(data), "body", media_type="application/rtf")
    elif identity == HTML:
        label = "utf-16-le" if kind == UNICODE else ""
        yield Child(data, "body", media_type="text/html", charset=label)
    elif identity == BODY and kind in (STRING8, UNICODE):
        yield Child(text_of(kind, data).encode("utf-8"), "body", media_type="text/plain", charset="utf-8")
    elif kind in (STRING8, UNICODE) and identity not in _MACHINERY:
        yield from _text(identity, text_of(kind, data), place)
    elif kind == BINARY and identity not in (ATTACHMENT_DATA, *_MACHINERY):
        yield from said_in(data, place)


def said_in(data: bytes, place: Place) -> Iterator[Item]:
    """Yield what reads like words of a person in a property of programs."""
    for text in filter(spoken, strings(data[:_MOST_BINARY])):
        yield Segment(text, (*place, "properties"), SegmentKind.SWEEP, False, leaf=len(place) + 1)


def _text(identity: int, text: str, place: Place) -> Iterator[Item]:
    text = text.strip()
    if len(text) < 2 or text in _WORDS:
        return
    if identity == SUBJECT:
        yield Segment(text, (*place, "subject"), SegmentKind.HEADER, leaf=len(place) + 1)
    elif identity in _HEADER_PROPERTIES:
        yield Segment(text, (*place, f"header {_HEADER_PROPERTIES[identity]}"), SegmentKind.HEADER, leaf=len(place) + 1)
    else:
        yield Segment(text, (*place, "properties"), SegmentKind.METADATA, False, leaf=len(place) + 1)


def text_of(kind: int, data: bytes) -> str:
    """Return the text of a string property."""
    if kind == UNICODE:
        return data.decode("utf-16-le", "replace").rstrip("\0")
    return charset.guess(data.rstrip(b"\0"))


def unpacked_rtf(data: bytes) -> bytes:
    """Unpack a compressed RTF body ([MS-OXRTFCP]); raise ValueError where it is none."""
    if len(data) < 16:
        raise ValueError("too short")
    size, mark = unpack_from("<4xI4s", data)
    if mark == b"MELA":
        return data[16 : 16 + size]
    if mark != b"LZFu":
        raise ValueError("unknown packing")
    out = bytearray(_PRESET)
    at = 16
    end = len(_PRESET) + min(size, 64 << 20)
    while at < len(data) and len(out) < end:
        control = data[at]
        at += 1
        for bit in range(8):
            if control >> bit & 1:
                if at + 1 >= len(data):
                    return bytes(out[len(_PRESET) :])
                reference = data[at] << 8 | data[at + 1]
                at += 2
                offset, length = reference >> 4, (reference & 15) + 2
                distance = (len(out) - offset) % _WINDOW
                if distance == 0:
                    return bytes(out[len(_PRESET) :])
                for _ in range(length):
                    out.append(out[-distance] if distance <= len(out) else 0x20)
            elif at < len(data):
                out.append(data[at])
                at += 1
    return bytes(out[len(_PRESET) :])
