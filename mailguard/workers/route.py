"""Which reader a message goes to: plain text and HTML share a long-lived child, everything else gets its own.

The answer may be wrong one way only. A look at the bytes, never at a document: one header block, at most one level of
multipart/alternative or mixed whose parts are all text, encodings and charsets from a short list, and no trace of a
file inside the text (uuencode, yEnc, BinHex, PGP, data: addresses, file signatures) once it is decoded. Whatever is
unusual, ambiguous or long is not plain; a shared reader that meets more than text gives the message back anyway.
"""

from __future__ import annotations

import binascii
import re

_MOST_BYTES = 256 << 10
_CHARSETS = rb"utf-8|us-ascii|ascii|iso-8859-(?:1|15)|windows-125[0-8]"
_PARAMETER = rb'(?:charset="?(?:' + _CHARSETS + rb')"?|format="?(?:flowed|fixed)"?|delsp="?(?:yes|no)"?)'
_TEXT = re.compile(rb"text/(?:plain|html)(?:\s*;\s*" + _PARAMETER + rb")*\s*;?\s*", re.IGNORECASE)
_MULTIPART = re.compile(
    rb'multipart/(?:alternative|mixed)\s*;(?:\s*(?:charset="?(?:' + _CHARSETS + rb')"?)\s*;)?'
    rb'\s*boundary=(?:"([A-Za-z0-9\'()+_,./:=? -]{1,69}[A-Za-z0-9\'()+_,./:=?-])"|([A-Za-z0-9\'+_.-]{1,70}))\s*;?\s*',
    re.IGNORECASE,
)
_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_FILES = re.compile(
    rb"[\x00-\x08\x0e-\x1f]"  # no letters: something compressed
    rb"|^begin |^=ybegin|binhex|-----begin|\bdata:|<!entity|<\?xml"
    rb"|%pdf-|pk\x03\x04|\{\\rtf|\xd0\xcf\x11\xe0"  # PDF, zip, RTF, old Office
    rb"|jvberi|uesdb|0m8r4",  # the same in base64
    re.IGNORECASE | re.MULTILINE,
)
_STRICT_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*")


def is_plain(content: bytes) -> bool:
    """Return True if `content` surely is a message of readable text and HTML with no file in it."""
    if len(content) > _MOST_BYTES:
        return False
    head, body = _split(content)
    fields = _fields(head)
    if fields is None:
        return False
    media = fields.get(b"content-type", b"text/plain")
    multipart = _MULTIPART.fullmatch(media)
    if multipart is None:
        return _plain_part(fields, body)
    if fields.get(b"content-transfer-encoding", b"7bit") not in {b"7bit", b"8bit"}:
        return False
    delimiter = b"--" + (multipart[1] or multipart[2])
    preamble, *parts, epilogue = re.split(rb"(?:\A|\r?\n)" + re.escape(delimiter) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)", body)
    if not parts or preamble.strip() or epilogue.strip() or body.count(delimiter) != len(parts) + 1:
        return False
    if not body.rstrip().endswith(delimiter + b"--"):
        return False
    for part in parts:
        inner, text = _split(part)
        inner_fields = _fields(inner)
        if inner_fields is None or not _plain_part(inner_fields, text):
            return False
    return True


def _split(content: bytes) -> tuple[bytes, bytes]:
    """Cut at the first empty line; a block that begins with one has no header."""
    if content.startswith((b"\r\n", b"\n")):
        return b"", content
    crlf, lf = content.find(b"\r\n\r\n"), content.find(b"\n\n")
    if lf >= 0 and (crlf < 0 or lf < crlf):
        return content[: lf + 1], content[lf + 2 :]
    return (content, b"") if crlf < 0 else (content[: crlf + 2], content[crlf + 4 :])


def _fields(head: bytes) -> dict[bytes, bytes] | None:
    """Return the header's content fields, lower case, None where anything about them is odd or repeated."""
    found: dict[bytes, bytes] = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines():
        field = _FIELD.fullmatch(line)
        if field is None:
            return None
        name = field[1].lower()
        if not name.startswith((b"content-", b"mime-version")):
            continue
        if name in found:
            return None
        found[name] = field[2].strip() if name == b"content-type" else field[2].strip().lower()
    return found


def _plain_part(fields: dict[bytes, bytes], body: bytes) -> bool:
    if _TEXT.fullmatch(fields.get(b"content-type", b"text/plain")) is None:
        return False
    if fields.get(b"content-disposition", b"inline") != b"inline":
        return False
    text = _decoded(fields.get(b"content-transfer-encoding", b"7bit"), body)
    return text is not None and _FILES.search(text) is None


def _decoded(encoding: bytes, body: bytes) -> bytes | None:
    if encoding in {b"7bit", b"8bit"}:
        return body
    if encoding == b"quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == b"base64" and _STRICT_BASE64.fullmatch(body):
        try:
            return binascii.a2b_base64(body)
        except binascii.Error:
            return None
    return None
