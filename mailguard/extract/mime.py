"""The union of what a MIME message may mean (RFC 2045, 2046): every leaf that any mail reader could show.

Mail readers disagree about duplicate fields and parameters, boundaries that begin with another boundary, text that no
boundary encloses, encodings that are not what they claim. Choosing one reading is how a guard is passed, so each is
followed and all leaves come out; where the readings show a person different things the entity is `ambiguous`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailguard.extract import headers, transfer
from mailguard.extract.budget import OverBudget
from mailguard.model import UnreadableReason

MAX_NESTING = 30
MAX_ENTITIES = 2000
MAX_FIELDS = 20_000
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_CONTENT = re.compile(rb"(?:^|\n)content-(?:type|transfer-encoding|disposition)[ \t]*:", re.IGNORECASE)
_BOUNDARY_IN_TEXT = re.compile(rb"boundary\s*=\s*(?:\"([^\"\n]+)\"|([^\s;\"]+))", re.IGNORECASE)
# One line that is no field above fields that say how to read: to some readers the header, to others text.
_STRAY_FIRST = re.compile(
    rb"[^\n]*\n(?=(?:[^\n]*\n){0,60}?content-(?:type|transfer-encoding)[ \t]*:)[!-9;-~]+[ \t]*:", re.IGNORECASE
)
_GUESSED = re.compile(rb"(?:^|\n)--([^\s]{1,200})[ \t]*\n(?=content-)", re.IGNORECASE)

Field = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the tree: decoded bytes and what its fields claim. `around` marks text outside all parts (preamble,
    epilogue), which most readers do not show."""

    data: bytes = field(repr=False)
    media_type: str = "text/plain"
    charset: str = ""
    names: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    attachment: bool = False
    related: bool = False
    around: bool = False
    type_parameters: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Tree:
    """What one message holds: its own fields in order, its leaves, and whether there was more than one reading.

    `ambiguous` names the doubts that change what a person sees; `canonical` is False where there was any doubt."""

    fields: list[Field]
    leaves: list[Leaf]
    ambiguous: list[str] = field(default_factory=list)
    canonical: bool = True
    too_deep: bool = False


@dataclass(slots=True)
class _Claim:
    """One reading of an entity's fields: a type with its parameters, and a transfer encoding."""

    media_type: str
    parameters: headers.Parameters
    encoding: str


def parse(data: bytes) -> Tree:
    """Parse a message into the union of its readings; raises OverBudget for more entities than any honest mail has."""
    data = _line_ends(data)
    parser = _Parser()
    fields, _, _ = split_fields(data, top=True)
    leaves = parser.entity(data, "text/plain", 0, top=True)
    return Tree(fields, leaves, parser.doubts, parser.canonical, parser.too_deep)


def _line_ends(data: bytes) -> bytes:
    """Make every line end one LF: CRLF, what a second conversion made of it, and CR alone where there is no LF."""
    for _ in range(3):
        if b"\r\n" not in data:
            break
        data = data.replace(b"\r\n", b"\n")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def split_fields(data: bytes, top: bool = False) -> tuple[list[Field], bytes, list[int]]:
    """Split an entity (lines end in LF) into its fields, in order and unfolded only by the caller, and its body.

    The third value lists the offsets of lines inside the header block where some readers think that the body begins:
    a line that is no field, or one of blanks only."""
    start = 0
    if top and data.startswith((b"From ", b">From ")):
        start = data.find(b"\n") + 1
    while top and data.startswith(b"\n", start):
        start += 1
    if data.startswith(b"\n", start):
        return [], data[start + 1 :], []
    end = data.find(b"\n\n", start)
    block, body = (data[start:], b"") if end < 0 else (data[start:end], data[end + 2 :])
    if not _FIELD.match(block) and not _STRAY_FIRST.match(block):
        return [], data[start:], []
    fields: list[Field] = []
    doubts: list[int] = []
    at = start
    for line in re.split(rb"\n|\r", block) if b"\r" in block else block.split(b"\n"):
        match = _FIELD.match(line)
        if line[:1] in (b" ", b"\t"):
            if not line.strip():
                doubts.append(at)
            if fields:
                name, value = fields[-1]
                fields[-1] = (name, value + b"\n" + line)
        elif match:
            fields.append((match.group(1).lower().decode("ascii"), line[match.end() :]))
        else:
            doubts.append(at)
        at += len(line) + 1
        if len(fields) > MAX_FIELDS:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {MAX_FIELDS} header fields", local=True)
    return fields, body, doubts


class _Parser:
    """Walks one message; counts entities and gathers doubts."""

    def __init__(self) -> None:
        self.entities = 0
        self.doubts: list[str] = []
        self.canonical = True
        self.too_deep = False

    def doubt(self, why: str) -> None:
        """Note that readers would show different things."""
        self.canonical = False
        if why not in self.doubts:
            self.doubts.append(why)

    def entity(self, data: bytes, default: str, depth: int, top: bool = False, related: bool = False) -> list[Leaf]:
        """Return the leaves of every reading of one entity."""
        self.entities += 1
        if self.entities > MAX_ENTITIES:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {MAX_ENTITIES} MIME parts", local=True)
        if depth > MAX_NESTING:
            self.too_deep = True
            self.canonical = False
            return [Leaf(data, "text/plain", around=True)]
        fields, body, offsets = split_fields(data, top)
        leaves = self._claims_of(fields, body, default, depth, related)
        head = data[: len(data) - len(body)]
        if b"\r" in head:
            # A bare CR ends a line for some readers and is a blank to others.
            self.canonical = False
            other_fields, _, _ = split_fields(head.replace(b"\r", b" ") + b"\n", top)
            other = self._claims_of(other_fields, body, default, depth, related)
            leaves = self._union(leaves, other, "a bare carriage return stands in the header")
        for number, offset in enumerate(offsets[:3]):
            # Readers that end the header block here see fewer fields and another body.
            self.canonical = False
            early, _, _ = split_fields(data[:offset] + b"\n\n", top)
            packed = any(transfer.name_of(value) == "base64" for value in _values(early, "content-transfer-encoding"))
            if packed or _CONTENT.search(data, offset):
                other = self._claims_of(early, data[offset:], default, depth, related)
                leaves = self._union(leaves, other, "a line that is no header field stands among them")
            elif number == 0 and data[offset:].strip():
                shown = {_seen(leaf) for leaf in leaves}
                other = self._claims_of(early, data[offset:], default, depth, related)
                leaves += [leaf for leaf in other if _seen(leaf) not in shown]
        return leaves

    def _claims_of(self, fields: list[Field], body: bytes, default: str, depth: int, related: bool) -> list[Leaf]:
        claims = _claims(fields, default)
        if len(claims) > 1:
            self.canonical = False
        leaves = self._claimed(claims[0], fields, body, depth, related)
        for claim in claims[1:]:
            other = self._claimed(claim, fields, body, depth, related)
            leaves = self._union(leaves, other, "its Content fields contradict each other")
        return leaves

    def _union(self, first: list[Leaf], second: list[Leaf], why: str) -> list[Leaf]:
        """Join the leaves of two readings; note a doubt where they show different things."""
        shown = {_seen(leaf) for leaf in first}
        added = [leaf for leaf in second if _seen(leaf) not in shown]
        if {_seen(leaf) for leaf in first if not leaf.around} != {_seen(leaf) for leaf in second if not leaf.around}:
            self.doubt(why)
        return first + added

    def _claimed(self, claim: _Claim, fields: list[Field], body: bytes, depth: int, related: bool) -> list[Leaf]:
        """Return the leaves of an entity under one reading of its fields."""
        bodies, clean = transfer.meanings(body, claim.encoding)
        if not clean:
            self.canonical = False
        if claim.media_type.startswith("multipart/"):
            leaves = self._multipart(claim, body, depth)
            if claim.encoding in ("base64", "quoted-printable"):
                # Forbidden by RFC 2045 section 6.4; some readers decode, some do not.
                for decoded in bodies:
                    if decoded != body:
                        other = self._multipart(claim, decoded.replace(b"\r\n", b"\n"), depth)
                        leaves = self._union(leaves, other, "a multipart is itself encoded")
            return leaves
        leaves = [_leaf(claim, fields, decoded, related, depth) for decoded in bodies]
        if not transfer.is_known(claim.encoding):
            self.canonical = False
            leaves += [_leaf(claim, fields, other, related, depth) for other in _sensible(body)]
        return leaves

    def _multipart(self, claim: _Claim, body: bytes, depth: int) -> list[Leaf]:
        """Split a multipart at each boundary it may have and return the leaves of all."""
        if depth >= MAX_NESTING:
            self.too_deep = True
            self.canonical = False
            return [Leaf(body, around=True)]
        candidates = [b for b in _boundaries(claim.parameters) if b"--" + b in body]
        if not candidates:
            candidates = list(dict.fromkeys(_GUESSED.findall(body)))[:3]
            plain = Leaf(body)
            if not candidates:
                self.canonical = False
                return [plain] if body.strip() else []
            self.doubt("a multipart's boundary is not the one it names")
            return [plain, *(leaf for b in candidates for leaf in self._split(claim, body, b, depth))]
        leaves = self._split(claim, body, candidates[0], depth)
        for boundary in candidates[1:]:
            self.canonical = False
            other = self._split(claim, body, boundary, depth)
            leaves = self._union(leaves, other, "a multipart names more than one boundary")
        return leaves

    def _split(self, claim: _Claim, body: bytes, boundary: bytes, depth: int) -> list[Leaf]:
        loose = _delimiters(body, boundary)
        strict = [mark for mark in loose if mark.tail in (b"", b"--")]
        leaves = self._pieces(claim, body, strict, depth) if strict else [Leaf(body)]
        if len(loose) > len(strict):
            known = {b"--" + (quoted or bare).rstrip() for quoted, bare in _BOUNDARY_IN_TEXT.findall(body)}
            own = b"--" + boundary
            lines = {(own + mark.tail).removesuffix(b"--") for mark in loose}
            if not strict or any(line != own and line not in known for line in lines):
                # RFC 2046 section 5.1.1 says that a line which begins with the boundary is one; most want it whole.
                other = self._pieces(claim, body, loose, depth)
                leaves = self._union(leaves, other, "a line only begins with the boundary")
        return leaves

    def _pieces(self, claim: _Claim, body: bytes, marks: list[_Mark], depth: int) -> list[Leaf]:
        default = "message/rfc822" if claim.media_type == "multipart/digest" else "text/plain"
        related = claim.media_type == "multipart/related"
        leaves: list[Leaf] = []
        closed = False
        before = body[: marks[0].start]
        if before.strip():
            leaves.append(Leaf(before, around=True))
        for index, mark in enumerate(marks):
            end = marks[index + 1].start if index + 1 < len(marks) else len(body)
            piece = body[mark.end : end]
            if mark.tail == b"--":
                if not closed and any(later.tail != b"--" for later in marks[index + 1 :]):
                    self.doubt("parts follow the end of their multipart")
                closed = True
                if piece.strip():
                    leaves.append(Leaf(piece, around=True))
                continue
            leaves += self.entity(piece, default, depth + 1, related=related)
        if not closed:
            self.canonical = False
        return leaves


@dataclass(frozen=True, slots=True)
class _Mark:
    """A delimiter line: where the text before it ends, where the part behind it begins, what follows the boundary."""

    start: int
    end: int
    tail: bytes


def _delimiters(body: bytes, boundary: bytes) -> list[_Mark]:
    """Return the lines of `body` that begin with two dashes and the boundary."""
    line = b"--" + boundary
    marks: list[_Mark] = []
    at = body.find(line)
    while at >= 0:
        if at == 0 or body[at - 1 : at] == b"\n":
            stop = body.find(b"\n", at)
            stop = len(body) if stop < 0 else stop
            marks.append(_Mark(max(0, at - 1), stop + 1, body[at + len(line) : stop].strip(b" \t\r")))
            if len(marks) > MAX_ENTITIES:
                raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {MAX_ENTITIES} MIME parts", local=True)
        at = body.find(line, at + 1)
    return marks


def _claims(fields: list[Field], default: str) -> list[_Claim]:
    """Return each combination of the type and encoding fields, differing ones only, at most eight."""
    types = _values(fields, "content-type")
    encodings = list(dict.fromkeys(transfer.name_of(v) for v in _values(fields, "content-transfer-encoding"))) or [""]
    typed: list[tuple[str, headers.Parameters]] = []
    for value in types or [default]:
        media_type, found = headers.content_type(value)
        # A type that cannot be made out is text to some and bytes to others: content decides for us.
        pair = (media_type or default, found)
        if pair not in typed:
            typed.append(pair)
    return [_Claim(t, p, encoding) for t, p in typed for encoding in encodings][:8]


def _values(fields: list[Field], name: str) -> list[str]:
    return list(dict.fromkeys(headers.raw_text(value) for key, value in fields if key == name))


def _boundaries(found: headers.Parameters) -> list[bytes]:
    """Return every value that the boundary parameter may have: duplicates, and spellings readers trim differently."""
    values: list[bytes] = []
    for name, value in found:
        if name == "boundary":
            whole = value.strip()
            spellings = [whole, whole.split()[0] if whole else "", whole.strip("'"), headers.decoded(whole)]
            values += [spelling.encode("utf-8", "replace") for spelling in spellings]
    return [value for value in dict.fromkeys(values) if value]


def _leaf(claim: _Claim, fields: list[Field], data: bytes, related: bool, depth: int) -> Leaf:
    dispositions = _values(fields, "content-disposition")
    names = [value for key, value in claim.parameters if key == "name"]
    attachment = False
    for disposition in dispositions:
        names = [v for k, v in headers.parameters(";" + disposition.partition(";")[2]) if k == "filename"] + names
        attachment = attachment or disposition.lstrip().lower().startswith("attachment")
    charsets = [value for key, value in claim.parameters if key == "charset"]
    return Leaf(
        data,
        claim.media_type,
        charsets[0].strip() if charsets else "",
        tuple(dict.fromkeys(headers.decoded(name).strip() for name in names if name.strip())),
        tuple(headers.decoded(value) for value in _said_of_a_part(fields, depth)),
        attachment,
        related,
        type_parameters=tuple(claim.parameters),
    )


def _said_of_a_part(fields: list[Field], depth: int) -> list[str]:
    """Return what the fields of a part say of it; those of the message itself are read by whoever asks for the tree."""
    own = [headers.raw_text(value) for name, value in fields if depth and _is_said(name, value)]
    return [*_values(fields, "content-description"), *own]


def _is_said(name: str, value: bytes) -> bool:
    if name.startswith(("content-", "mime-", "x-attachment-", "x-ms-", "x-microsoft-", "x-apple-")):
        return name != "content-description" and headers.is_telling(value)
    return True


def _sensible(body: bytes) -> list[bytes]:
    """Decode a body of unknown encoding by the two known ones, where that gives anything but noise."""
    found: list[bytes] = []
    lines = [line for line in body.split(b"\n") if line.strip()]
    if lines and all(re.fullmatch(rb"[A-Za-z0-9+/=\s]+", line) for line in lines[:50]):
        found += transfer.meanings(body, "base64")[0]
    if re.search(rb"=[0-9A-F]{2}|=\n", body):
        found += transfer.meanings(body, "quoted-printable")[0]
    return [data for data in found if data and data != body]


def _seen(leaf: Leaf) -> tuple[bytes, str, str]:
    """Return what a person sees of a leaf, for telling two readings apart: blanks and names do not matter."""
    text = b" ".join(leaf.data.split())
    shown = "html" if leaf.media_type == "text/html" and b"<" in text else ""
    return text, shown, "" if text.isascii() else leaf.charset.lower()
