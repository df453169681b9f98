"""Files written out inside plain text: uuencode, yEnc, BinHex 4.0, and bare base64 that turns out to be something."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_MARKS = (b"begin", b"BinHex")
_RUN = re.compile(rb"[A-Za-z0-9+/]{24}")
_UU = re.compile(rb"^begin ([0-7]{3,4}) ([^\r\n]+)\r?\n", re.MULTILINE)
_UU_BASE64 = re.compile(rb"^begin-base64 ([0-7]{3,4}) ([^\r\n]+)\r?\n(.*?)^====", re.MULTILINE | re.DOTALL)
_YENC = re.compile(rb"^=ybegin ([^\r\n]*)\r?\n(.*?)(?:^=yend[^\r\n]*\r?\n?|\Z)", re.MULTILINE | re.DOTALL)
_BINHEX = re.compile(rb"^\(This file must be converted with BinHex[^\r\n]*\r?\n\s*:([^:]*):?", re.MULTILINE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_LAST_LINE = re.compile(rb"[ \t]*\r?\n[ \t>]*[A-Za-z0-9+/]{1,23}={0,2}[ \t>]*(?=\r?\n|\Z)")
_LINE_END = re.compile(rb"[ \t]*\r?\n[ \t>]*")
_SIGNATURES = (
    *(b"PK\x03\x04", b"%PDF-", b"{\\rtf", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"7z\xbc\xaf"),
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"\x78\x9f\x3e\x22"),
)
_UNUSUAL = re.compile(r"(?:[^\w\s.,:;/@'<>=\"-]|_)+")  # no letter, digit, blank or everyday sign
_PROSE = re.compile(rb"[ -~\s\x80-\xff]+")
_BINHEX_LETTERS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BINHEX_VALUES = {letter: value for value, letter in enumerate(_BINHEX_LETTERS)}
_YENC_TABLE = bytes((value - 42) % 256 for value in range(256))


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file found in text: its bytes and name, and the slice of the text that it was written in."""

    data: bytes = field(repr=False)
    name: str
    start: int
    end: int


def find(text: bytes) -> list[Embedded]:
    """Return the files written out in `text`, in order, none inside another."""
    found: list[Embedded] = []
    if any(mark in text for mark in _MARKS):
        found = [*_uuencoded(text), *_yencoded(text), *_binhexed(text)]
    if _RUN.search(text):
        taken = [(file.start, file.end) for file in found]
        for file in _base64(text):
            if not any(start < file.end and file.start < end for start, end in taken):
                found.append(file)
    return sorted(found, key=lambda file: file.start)


def _uuencoded(text: bytes) -> Iterator[Embedded]:
    for match in _UU_BASE64.finditer(text):
        yield Embedded(_from_base64(match.group(3)), _name(match.group(2)), match.start(), match.end())
    end = 0
    for match in _UU.finditer(text):
        if match.start() < end:
            continue
        data, end = _uu_lines(text, match.end())
        if data:
            yield Embedded(data, _name(match.group(2)), match.start(), end)


def _uu_lines(text: bytes, at: int) -> tuple[bytes, int]:
    """Decode the lines from `at` on to `end` or the first that is none of uuencode's."""
    out: list[bytes] = []
    while at < len(text):
        stop = text.find(b"\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop].rstrip(b"\r")
        if line.strip() == b"end":
            return b"".join(out), stop
        if line.strip() not in (b"", b"`"):
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                # Writers differ in what they put after the last group; only the counted letters matter.
                out.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return b"".join(out), at
        at = stop + 1
    return b"".join(out), len(text)


def _yencoded(text: bytes) -> Iterator[Embedded]:
    for match in _YENC.finditer(text):
        name = re.search(rb"name=([^\r\n]*)", match.group(1))
        body = re.sub(rb"^=ypart[^\n]*\n", b"", match.group(2)).replace(b"\r", b"").replace(b"\n", b"")
        body = re.sub(rb"=(.)", lambda escaped: bytes(((escaped.group(1)[0] - 64) % 256,)), body, flags=re.DOTALL)
        yield Embedded(body.translate(_YENC_TABLE), _name(name.group(1)) if name else "", match.start(), match.end())


def _binhexed(text: bytes) -> Iterator[Embedded]:
    for match in _BINHEX.finditer(text):
        raw = _unrepeated(_sixes(match.group(1)))
        length = raw[0] if raw else 0
        # Name, version, type, creator, flags, length of the data fork, length of the other fork, checksum.
        size = int.from_bytes(raw[length + 12 : length + 16], "big")
        data = raw[length + 22 : length + 22 + size]
        if data:
            yield Embedded(data, _name(raw[1 : length + 1]), match.start(), match.end())


def _sixes(letters: bytes) -> bytes:
    bits = count = 0
    out = bytearray()
    for letter in letters:
        value = _BINHEX_VALUES.get(letter)
        if value is None:
            continue
        bits = (bits << 6 | value) & 0xFFFF
        count += 6
        if count >= 8:
            count -= 8
            out.append(bits >> count & 0xFF)
    return bytes(out)


def _unrepeated(data: bytes) -> bytes:
    """Undo BinHex's run lengths: 0x90 and a count repeat the byte before; 0x90 0x00 is the byte 0x90."""
    out = bytearray()
    at = 0
    while at < len(data):
        if data[at] == 0x90 and at + 1 < len(data):
            times = data[at + 1]
            out += b"\x90" if not times else out[-1:] * (times - 1)
            at += 2
        else:
            out.append(data[at])
            at += 1
    return bytes(out)


def _base64(text: bytes) -> Iterator[Embedded]:
    """Yield runs of base64 letters, over line ends as well, that decode to something."""
    start = end = -1
    for match in _BASE64.finditer(text):
        # The last line of a block may be too short to stand out by itself.
        if end >= 0 and (match.start() > end + 80 or not _LINE_END.fullmatch(text, end, match.start())):
            yield from _block(text, start, end)
            start = -1
        start = match.start() if start < 0 else start
        end = match.end()
    if start >= 0:
        yield from _block(text, start, end)


def _block(text: bytes, start: int, end: int) -> Iterator[Embedded]:
    last = _LAST_LINE.match(text, end)
    stop = last.end() if last else end
    data = _from_base64(text[start:stop])
    if is_something(data):
        yield Embedded(data, "", start, stop)


def _from_base64(letters: bytes) -> bytes:
    packed = re.sub(rb"[^A-Za-z0-9+/]", b"", letters)
    packed = packed[: len(packed) - (len(packed) % 4 == 1)]
    return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))


def is_something(data: bytes) -> bool:
    """Return whether decoded bytes are a file or words; long words of ordinary text decode to noise."""
    if data.startswith(_SIGNATURES):
        return True
    sample = data[:2000]
    if not _PROSE.fullmatch(sample):
        return False
    try:
        text = sample.decode("utf-8", "strict" if len(data) <= 2000 else "ignore")
    except UnicodeDecodeError:
        return False
    odd = sum(map(len, _UNUSUAL.findall(text)))
    return len(text) - odd > 0.85 * len(text)


def _name(raw: bytes) -> str:
    return raw.strip().decode("utf-8", "replace")
