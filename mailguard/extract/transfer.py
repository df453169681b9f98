"""Content-Transfer-Encoding (RFC 2045 section 6): every meaning that an encoded body may have.

`meanings` returns one meaning for clean bodies. Where decoders are known to disagree (junk before or after base64, text
that claims to be base64) it returns each, so that the caller can read all of them.
"""

from __future__ import annotations

import binascii
import itertools
import re

from mailguard.extract.embedded import is_something

_KNOWN = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_UU = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_SLIPS = {
    "7-bit": "7bit",
    "8-bit": "8bit",
    "7bits": "7bit",
    "8bits": "8bit",
    "quotedprintable": "quoted-printable",
}
_WHITE = b" \t\r\n\v\f"
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"=+")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{2,}={0,2}[ \t]*")
_QP_SPACE = re.compile(rb"=[ \t]+\n")


def name_of(value: str) -> str:
    """Return the encoding that a Content-Transfer-Encoding value names: lower case, comments and parameters off."""
    value = re.sub(r"\([^()]*\)", " ", value).strip().lower()
    word = re.split(r"[;\s,]", value, maxsplit=1)[0].strip("\"'")
    return _SLIPS.get(word, word)


def is_known(name: str) -> bool:
    """Return whether `name` is an encoding that every reader decodes alike."""
    return name in _KNOWN


def meanings(body: bytes, name: str) -> tuple[list[bytes], bool]:
    """Return what `body` may mean under the encoding, likeliest first, and whether it was cleanly encoded."""
    if name == "base64":
        return _base64(body)
    if name == "quoted-printable":
        return [binascii.a2b_qp(_QP_SPACE.sub(b"=\n", body) if b"= " in body or b"=\t" in body else body)], True
    if name in _UU:
        return [body], False
    return [body], name in _KNOWN


def _base64(body: bytes) -> tuple[list[bytes], bool]:
    packed = body.translate(None, _WHITE)
    try:
        return [binascii.a2b_base64(packed, strict_mode=True)], True
    except binascii.Error:
        pass
    lines = [line for line in body.split(b"\n") if line.strip()]
    odd = [line for line in lines if not _BASE64_LINE.fullmatch(line.strip())]
    if not packed:
        return [b""], True
    runs = [
        _streams(b"".join(run).translate(None, _WHITE))
        for is_base64, run in itertools.groupby(lines, lambda line: bool(_BASE64_LINE.fullmatch(line.strip())))
        if is_base64
    ]
    if len(odd) * 2 > len(lines) and _mostly_text(body):
        return [body, *filter(is_something, runs)], False
    found = [_streams(packed)]
    if odd:
        found += [b"".join(runs), *filter(is_something, runs)]
        # What is not base64 (a footer put below by a list, a note put above) may be shown as it stands.
        found.append(b"\n".join(odd))
    return list(dict.fromkeys(found)), False


def _streams(packed: bytes) -> bytes:
    """Decode base64 that may be several padded streams one after another; letters beyond the alphabet are skipped."""
    out: list[bytes] = []
    for stream in _PADDING.split(_NOT_BASE64.sub(b"", packed)):
        usable = stream[: len(stream) - (len(stream) % 4 == 1)]
        out.append(binascii.a2b_base64(usable + b"=" * (-len(usable) % 4)))
    return b"".join(out)


def _mostly_text(body: bytes) -> bool:
    sample = body[:4096]
    return sample.count(b" ") * 30 > len(sample)
