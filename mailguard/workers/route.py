"""Which reader gets which leaf of a message: text goes to a shared child, files to one that knows no other sender.

A look at the bytes, never at a document. A message of the plainest make (one reading only: short lists of types,
encodings, charsets and parameters, every boundary where it should be and nowhere else) is split in two messages: its
header with the readable text, and its files. Any byte of the message is in one of the two. Whatever is unusual,
ambiguous or long is not split and goes whole to a child of its own; and a shared reader that meets more than text in
spite of all this gives the message back.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MOST_BYTES = 8 << 20
_MOST_TEXT = 256 << 10
_MOST_DEPTH = 4
_CHARSETS = rb"utf-8|us-ascii|ascii|iso-8859-(?:1|15)|windows-125[0-8]"
_PARAMETER = rb'(?:charset="?(?:' + _CHARSETS + rb')"?|format="?(?:flowed|fixed)"?|delsp="?(?:yes|no)"?)'
_TEXT = re.compile(rb"text/(?:plain|html)(?:\s*;\s*" + _PARAMETER + rb")*\s*;?\s*", re.IGNORECASE)
_VALUE = rb'(?:"[^"\\\r\n]{1,200}"|[A-Za-z0-9\'+_./-]{1,100})'
_MULTIPART = re.compile(
    rb"multipart/(?:alternative|mixed|related)((?:\s*;\s*(?:boundary|type|start|charset)=" + _VALUE + rb")+)\s*;?\s*",
    re.IGNORECASE,
)
_PAIR = re.compile(rb";\s*([a-z]+)=(" + _VALUE + rb")", re.IGNORECASE)
_BOUNDARY = re.compile(rb"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]")
_DELIMITER_END = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_LF = 0x0A
_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_FILES = re.compile(
    rb"[\x00-\x08\x0e-\x1f]"  # no letters: something compressed
    rb"|^begin |^=ybegin|binhex|-----begin|\bdata:|<!entity|<\?xml"
    rb"|%pdf-|pk\x03\x04|\{\\rtf|\xd0\xcf\x11\xe0"  # PDF, zip, RTF, old Office
    rb"|jvberi|uesdb|0m8r4",  # the same in base64
    re.IGNORECASE | re.MULTILINE,
)
_CONTROL = bytes([*range(0x09), *range(0x0E, 0x20)])
_SIGNS = (b"begin", b"binhex", b"data:", b"<!entity", b"<?xml", b"%pdf-", b"{\\rtf", b"jvberi", b"uesdb", b"0m8r4")
"""What `_FILES` cannot match without (its other literals hold one of these or a control character)."""
_PICTURE = re.compile(rb"^content-type:\s*image/", re.IGNORECASE | re.MULTILINE)
_FILE_NAME = re.compile(rb'\b(?:file)?name="?([^"\\;\r\n]{3,100})', re.IGNORECASE)
_MOST_ALONE = 6
_PDF_NAME = rb'(?:"([A-Za-z0-9][A-Za-z0-9 ._-]{0,80}\.pdf)"|([A-Za-z0-9][A-Za-z0-9._-]{0,80}\.pdf))'
_PDF_FIELDS = tuple(
    re.compile(expression, re.IGNORECASE)
    for expression in (
        rb"content-type: *application/pdf(?: *; *name=" + _PDF_NAME + rb")?",
        rb"content-disposition: *attachment(?: *; *filename=" + _PDF_NAME + rb")?",
        rb"content-transfer-encoding: *base64",
    )
)
_STRICT_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Leaves that are read together, as a message without header fields and as they stand in it. A PDF that is alone
    and plainly packed is there as the file itself, under its `name`: its reader need not unpack it."""

    content: bytes
    leaves: tuple[bytes, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A message in two: `text` is its header and readable text, `leaves` its others as they stand in it. `bundles`
    are those once more, as messages without header fields, to be read one by one: a picture with a name of its own, as
    the crest at the foot of every mail, is alone. `bare` tells that no text holds a mark of HTML, nor is called so: no
    parser but Python's own string functions will see it."""

    text: bytes
    leaves: tuple[bytes, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    bare: bool = False


class _Unusual(Exception):
    """The message is not of the plainest make."""


def split(content: bytes) -> Split | None:
    """Return the message in two parts, None if it is not surely of one reading only."""
    if len(content) > _MOST_BYTES:
        return None
    splitter = _Splitter(b"\r\n" if b"\r\n" in content else b"\n")
    try:
        text = splitter.part(content, 0)
    except _Unusual:
        return None
    if not splitter.leaves:
        return Split(content, bare=splitter.bare)
    if text is None or splitter.delimiter is None:
        return None
    return Split(text, tuple(splitter.leaves), tuple(splitter.bundles()), splitter.bare)


class _Splitter:
    def __init__(self, newline: bytes) -> None:
        self.leaves: list[bytes] = []
        self.bare = True
        self.delimiter: bytes | None = None
        self._newline = newline
        self._text_left = _MOST_TEXT

    def part(self, content: bytes, depth: int) -> bytes | None:
        """Return a part without its files, None if it is one; files are added to `leaves`."""
        head, body = _cut(content)
        fields = _fields(head)
        multipart = _MULTIPART.fullmatch(fields.get(b"content-type", b""))
        if multipart is not None and depth < _MOST_DEPTH:
            return self._multipart(content[: len(content) - len(body)], fields, multipart[1], body, depth)
        if fields.get(b"content-type", b"text/plain").lower().startswith((b"multipart/", b"message/")):
            raise _Unusual
        if _is_text(fields):
            self.bare = self.bare and b"html" not in fields.get(b"content-type", b"").lower()
            self._check_text(fields.get(b"content-transfer-encoding", b"7bit"), body)
            return content
        self.leaves.append(content)
        return None

    def bundles(self) -> Iterator[Bundle]:
        """Yield the leaves that are files in bundles, pictures that are told apart by their names one by one."""
        alone: list[bytes] = []
        for leaf in self.leaves:
            head = _cut(leaf)[0]
            own = {match[1] for match in _FILE_NAME.finditer(head)}
            if _PICTURE.search(head) and len(own) == 1 and len(alone) < _MOST_ALONE:
                others = [other for other in self.leaves if other is not leaf]
                if not any(name in _cut(other)[0] for other in others for name in own):
                    alone.append(leaf)
        rest = [leaf for leaf in self.leaves if leaf not in alone]
        unpacked = _unpacked(rest[0]) if len(rest) == 1 else None
        if unpacked is not None:
            yield Bundle(unpacked[1], tuple(rest), unpacked[0])
        elif rest:
            yield Bundle(self.files(rest), tuple(rest))
        for leaf in alone:
            yield Bundle(self.files([leaf]), (leaf,))

    def files(self, leaves: Sequence[bytes]) -> bytes:
        """Return these leaves, which are files, as a message of their own."""
        assert self.delimiter is not None
        newline = self._newline
        head = b'MIME-Version: 1.0%bContent-Type: multipart/mixed; boundary="%b"%b%b' % (
            newline,
            self.delimiter[2:],
            newline,
            newline,
        )
        pieces = [head]
        for leaf in leaves:
            pieces += (self.delimiter, newline, leaf, newline)
        return b"".join([*pieces, self.delimiter, b"--", newline])

    def _multipart(
        self, head: bytes, fields: dict[bytes, bytes], parameters: bytes, body: bytes, depth: int
    ) -> bytes | None:
        pairs: list[tuple[bytes, bytes]] = _PAIR.findall(parameters)
        values = {name.lower(): value.strip(b'"') for name, value in pairs}
        boundary = values.get(b"boundary", b"")
        if len(values) != len(pairs) or _BOUNDARY.fullmatch(boundary) is None:
            raise _Unusual
        if fields.get(b"content-transfer-encoding", b"7bit") not in {b"7bit", b"8bit"}:
            raise _Unusual
        delimiter = b"--" + boundary
        preamble, *parts = _apart(delimiter, body)
        epilogue = parts.pop()
        self._check_text(b"7bit", preamble)
        self._check_text(b"7bit", epilogue)
        if depth == 0:
            self.delimiter = delimiter
        kept = [text for text in (self.part(part, depth + 1) for part in parts) if text is not None]
        if not kept:
            if preamble.strip() or epilogue.strip() or depth == 0:
                raise _Unusual
            return None
        newline = self._newline
        inner = b"".join(delimiter + newline + text + newline for text in kept)
        before = preamble + newline if preamble else b""
        return head + before + inner + delimiter + b"--" + newline + epilogue

    def _check_text(self, encoding: bytes, body: bytes) -> None:
        self._text_left -= len(body)
        if self._text_left < 0:
            raise _Unusual
        text = _decoded(encoding, body)
        if _has_files(text):
            raise _Unusual
        self.bare = self.bare and b"<" not in text


def _apart(delimiter: bytes, body: bytes) -> list[bytes]:
    """Return what stands before, between and behind the delimiter lines of a multipart, of which the last, and only
    that, must be the closing one; the delimiter must stand nowhere else (RFC 2046 section 5.1.1).

    Found by a plain search: a regular expression takes 15 ms a megabyte, in which no other mail is served."""
    pieces: list[bytes] = []
    end, closed = 0, False
    found = body.find(delimiter)
    while found >= 0:
        line = _DELIMITER_END.match(body, found + len(delimiter))
        start = found - (1 + (body[found - 2 : found - 1] == b"\r") if found else 0)
        if closed or line is None or start < end or (found and body[found - 1] != _LF):
            raise _Unusual
        pieces.append(body[end:start])
        end, closed = line.end(), line[1] is not None
        found = body.find(delimiter, found + len(delimiter))
    if not closed or len(pieces) < 2:
        raise _Unusual
    return [*pieces, body[end:]]


def _cut(content: bytes) -> tuple[bytes, bytes]:
    """Cut at the first empty line; a part that begins with one has no header."""
    for empty in (b"\r\n", b"\n"):
        if content.startswith(empty):
            return b"", content[len(empty) :]
    crlf = content.find(b"\r\n\r\n")
    lf = content.find(b"\n\n", 0, crlf if crlf >= 0 else None)  # the nearer one: a long body is not looked through
    if lf >= 0 and (crlf < 0 or lf < crlf):
        return content[: lf + 1], content[lf + 2 :]
    return (content, b"") if crlf < 0 else (content[: crlf + 2], content[crlf + 4 :])


def _fields(head: bytes) -> dict[bytes, bytes]:
    """Return the header's content fields, each at most once; values other than types in lower case."""
    found: dict[bytes, bytes] = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines():
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _Unusual
        name = field[1].lower()
        if not name.startswith((b"content-", b"mime-version")):
            continue
        if name in found:
            raise _Unusual
        found[name] = field[2].strip() if name == b"content-type" else field[2].strip().lower()
    return found


def _unpacked(leaf: bytes) -> tuple[str, bytes] | None:
    """Return name and content of a leaf that is a PDF beyond doubt: three fields and nothing else, one plain name,
    base64 in strict form. None for any other: whoever reads it takes it apart in every way that it may be meant."""
    head, body = _cut(leaf)
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines()
    if len(lines) != len(_PDF_FIELDS):
        return None
    matches = [match for line in lines for field in _PDF_FIELDS if (match := field.fullmatch(line.rstrip()))]
    names = {name for match in matches for name in match.groups() if name}
    if len({match.re for match in matches}) != len(_PDF_FIELDS) or len(names) != 1:
        return None
    try:
        content = binascii.a2b_base64(body.translate(None, b"\r\n"), strict_mode=True)
    except binascii.Error:
        return None
    return (names.pop().decode("ascii"), content) if content.startswith(b"%PDF-") else None


def _is_text(fields: dict[bytes, bytes]) -> bool:
    return (
        _TEXT.fullmatch(fields.get(b"content-type", b"text/plain")) is not None
        and fields.get(b"content-disposition", b"inline") == b"inline"
    )


def _has_files(text: bytes) -> bool:
    """Return True if a text holds signs of a file. Literals are looked for first: that is ten times as fast as the
    expression, which then has the last word."""
    if len(text.translate(None, _CONTROL)) != len(text):
        return True
    low = text.lower()
    for sign in _SIGNS:
        if sign in low:
            return _FILES.search(text) is not None
    return False


def _decoded(encoding: bytes, body: bytes) -> bytes:
    if encoding in {b"7bit", b"8bit"}:
        return body
    if encoding == b"quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == b"base64" and _STRICT_BASE64.fullmatch(body):
        try:
            return binascii.a2b_base64(body)
        except binascii.Error:
            raise _Unusual from None
    raise _Unusual
