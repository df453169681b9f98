"""S/MIME (RFC 8551, CMS RFC 5652): signed content is taken out and read, encrypted content is reported.

A reader of BER of its own: signed mail is often in indefinite lengths, which strict DER parsers refuse.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator

from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Unreadable, UnreadableReason

_PREFIX = bytes.fromhex("2a864886f70d0107")
_SIGNED = _PREFIX + b"\x02"
_ENCRYPTED = {
    _PREFIX + b"\x03": "S/MIME",
    _PREFIX + b"\x06": "S/MIME",
    bytes.fromhex("2a864886f70d0109100117"): "S/MIME",
}
_COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
_ARMOUR = re.compile(rb"-----BEGIN [^-]+-----(.*?)-----END", re.DOTALL)
_CONSTRUCTED = 0x20
_MOST_DEPTH = 20

Node = tuple[int, int, int]
"""Tag byte, start and end of an element's content."""


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the signed or compressed content of a CMS object; a signature without content holds no text."""
    data = part.data
    armoured = _ARMOUR.search(data)
    if armoured:
        data = binascii.a2b_base64(armoured.group(1))
    try:
        yield from _content_info(data, part, budget)
    except (IndexError, ValueError, zlib.error):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "a broken S/MIME object", part.leaf)


def _content_info(data: bytes, part: Part, budget: Budget) -> Iterator[Item]:
    outer = _node(data, 0)[0]
    identity, wrapped = _children(data, outer)[:2]
    name = data[identity[1] : identity[2]]
    if name in _ENCRYPTED:
        yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "an encrypted S/MIME message", part.leaf)
    elif name in (_SIGNED, _COMPRESSED):
        inside = _children(data, _children(data, wrapped)[0])
        # Signed: version, digests, content; compressed: version, algorithm, content.
        fields = _children(data, inside[2])
        if len(fields) > 1:
            content = _octets(data, _children(data, fields[1])[0], 0)
            if name == _COMPRESSED:
                content = _inflated(content, budget)
            yield Child(content, "signed content", media_type="message/rfc822", leaf=False)
    elif name != _PREFIX + b"\x01":
        yield Unreadable(part.place, UnreadableReason.UNSUPPORTED, "an S/MIME object of unknown type", part.leaf)


def _inflated(content: bytes, budget: Budget) -> bytes:
    limit = budget.limits.part_bytes
    engine = zlib.decompressobj()
    data = engine.decompress(content, limit)
    if engine.unconsumed_tail:
        raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {limit} bytes", local=True)
    return data


def _node(data: bytes, at: int) -> tuple[Node, int]:
    """Return the element at `at` and the offset behind it."""
    tag = data[at]
    at += 1
    if tag & 0x1F == 0x1F:
        while data[at] & 0x80:
            at += 1
        at += 1
    length = data[at]
    at += 1
    if length == 0x80:
        end = at
        while data[end : end + 2] != b"\0\0":
            if end >= len(data):
                raise ValueError("no end of contents")
            end = _node(data, end)[1]
        return (tag, at, end), end + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    if at + length > len(data):
        raise ValueError("an element reaches beyond the end")
    return (tag, at, at + length), at + length


def _children(data: bytes, node: Node) -> list[Node]:
    _, at, end = node
    found: list[Node] = []
    while at < end:
        child, at = _node(data, at)
        found.append(child)
    return found


def _octets(data: bytes, node: Node, depth: int) -> bytes:
    """Join an octet string that may be written in pieces."""
    if not node[0] & _CONSTRUCTED:
        return data[node[1] : node[2]]
    if depth > _MOST_DEPTH:
        raise ValueError("nested too deep")
    return b"".join(_octets(data, child, depth + 1) for child in _children(data, node))
