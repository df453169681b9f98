"""Keys, signatures and certificates in armour (RFC 9580 section 6.2, RFC 7468): they hold nobody's record, so nothing
of them is reported; but what stands round the armour is text, and what stands in it must be what it says."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.speech import spoken
from mailguard.model import Segment, SegmentKind

_BLOCK = re.compile(
    rb"-----BEGIN (PGP PUBLIC KEY BLOCK|PGP SIGNATURE|(?:X509 |TRUSTED )?CERTIFICATE)-----[ \t]*\r?\n"
    rb"((?:[A-Za-z-]+: [^\n]*\n)*)(.*?)(?:-----END \1-----|\Z)",
    re.DOTALL,
)
_CHECKSUM = re.compile(rb"^=[A-Za-z0-9+/]{4}\s*$", re.MULTILINE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_PACKETS = frozenset({2, 5, 6, 7, 14})  # signature, keys and subkeys (RFC 9580 section 5)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the text round and in the armour; what is no key, signature or certificate comes as a part to read."""
    around = b"\n".join(
        (_BLOCK.sub(b"\n", part.data), *(match.group(2) for match in _BLOCK.finditer(part.data)))
    ).strip()
    if around:
        yield Child(around, "text", media_type="text/plain", charset=part.charset, leaf=False)
    for match in _BLOCK.finditer(part.data):
        packed = _NOT_BASE64.sub(b"", _CHECKSUM.sub(b"", match.group(3)))
        packed = packed[: len(packed) - (len(packed) % 4 == 1)]
        data = binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
        if not _is_what_it_says(data, b"CERTIFICATE" in match.group(1)):
            yield Child(data, "armoured data", leaf=False)
            continue
        for text in strings(data):
            if lines := [line for line in text.split("\n") if spoken(line)]:
                yield Segment("\n".join(lines), part.place, SegmentKind.SWEEP, False, part.leaf)


def _is_what_it_says(data: bytes, certificate: bool) -> bool:
    if len(data) < 16:
        return False
    if certificate:
        return data.startswith((b"\x30\x82", b"\x30\x81", b"\x30\x83"))
    return data[0] & 0x80 > 0 and (data[0] & 0x3F if data[0] & 0x40 else data[0] >> 2 & 0x0F) in _PACKETS
