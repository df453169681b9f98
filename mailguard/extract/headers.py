"""Header fields: unfolding, encoded words (RFC 2047), parameters (RFC 2045, 2231) and addresses, read leniently.

Nothing here chooses between two values of one name: parameters and fields come out in order with their duplicates, so
that the caller can see that there is more than one reading.
"""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from mailguard.extract import charset

_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_PARAMETER = re.compile(r'(?:^|[;\s])\s*([\w*.!#$%&^+`|~-]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_TYPE = re.compile(r"\s*([\w!#$&^.+-]+)\s*/\s*([\w!#$&^.+-]+)")
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_TELLING = re.compile(
    rb"[A-HJ-NP-RT-Z]\d{11}[\dA-Z]|\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d\b|(?:19|20)\d\d-\d\d-\d\d(?!T)"
)
_BARE_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]+@[^\s<>\"'(),;:]+")

Parameters = list[tuple[str, str]]


def raw_text(value: bytes) -> str:
    """Decode the bytes of a field's value and unfold it; bytes beyond ASCII are read as UTF-8 or cp1252."""
    text = value.decode("ascii") if value.isascii() else charset.guess(value)
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    return text.replace("\0", "").strip()


def is_telling(value: bytes) -> bool:
    """Return whether a field of programs holds a pupil's number or a day as people write it, which no program does."""
    return _TELLING.search(value) is not None


def decoded(text: str) -> str:
    """Replace the encoded words of a field's text by what they say; a broken one stays as it is."""
    if "=?" not in text:
        return text
    text = _BETWEEN_WORDS.sub(r"\1\2", text)
    out: list[str] = []
    end = 0
    pending: list[tuple[str, str]] = []
    label = ""
    for match in _WORD.finditer(text):
        if match.start() > end or match.group(1).lower() != label:
            out.append(_run(pending, label))
            pending = []
        out.append(text[end : match.start()])
        label = match.group(1).lower()
        pending.append((match.group(2), match.group(3)))
        end = match.end()
    out.append(_run(pending, label))
    out.append(text[end:])
    return "".join(out)


def _run(run: list[tuple[str, str]], label: str) -> str:
    """Return what adjacent words of one charset say. A letter may be split over two of them, so their bytes are joined
    first; where base64 itself is, some programs join that and some do not: both readings are given."""
    said = [_readings(b"".join(_word_bytes(*word) for word in run), label)] if run else []
    if any(encoding in "bB" and len(payload) % 4 for encoding, payload in run[:-1]):
        said.append(_readings(_word_bytes("b", "".join(payload for _, payload in run)), label))
    return " ".join(said)


def _readings(data: bytes, label: str) -> str:
    read = charset.readings(data, label)
    return " ".join(read.texts) if read.ambiguous else read.texts[0]


def _word_bytes(encoding: str, payload: str) -> bytes:
    if encoding in "bB":
        clean = re.sub(r"[^A-Za-z0-9+/]", "", payload).encode("ascii")
        clean = clean[: len(clean) - (len(clean) % 4 == 1)]
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
    raw = payload.replace("_", " ").encode("utf-8", "replace")
    return binascii.a2b_qp(raw)


def content_type(value: str) -> tuple[str, Parameters]:
    """Split a Content-Type value into its lower-case type ("" if there is none to see) and its parameters."""
    match = _TYPE.match(_COMMENT.sub("", value, count=1) if value.lstrip().startswith("(") else value)
    if match is None:
        return "", parameters(value)
    return f"{match.group(1)}/{match.group(2)}".lower(), parameters(value[match.end() :])


def parameters(value: str) -> Parameters:
    """Return the parameters of a structured field in order, duplicates kept, RFC 2231 pieces put together."""
    found: Parameters = []
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value):
        name, raw = match.group(1).lower(), match.group(2)
        text = _unquote(raw)
        base, star, rest = name.partition("*")
        if not star:
            found.append((name, text))
            continue
        number, extended = rest.rstrip("*"), rest.endswith("*") or rest == ""
        if number and not number.isdigit():
            found.append((name, text))
        else:
            pieces.setdefault(base, []).append((int(number[:6] or 0), extended, text))
    found.extend((base, _joined(parts)) for base, parts in pieces.items())
    return found


def _unquote(raw: str) -> str:
    raw = raw.strip()
    if raw.startswith('"'):
        body = raw[1:-1] if raw.endswith('"') and len(raw) > 1 else raw[1:]
        return re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL)
    return raw


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    label = ""
    out = b""
    for index, (_, extended, text) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        if extended and index == 0 and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        out += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return charset.decode(out, label)


def addresses(text: str) -> list[tuple[str, str]]:
    """Return (display name, address) of every mailbox in an address list (RFC 5322 section 3.4); a group is opened, its
    name stands before its mailboxes without an address.

    The text must still hold its encoded words: they are decoded after the list is split, so that a comma inside a name
    cannot make two mailboxes of one."""
    found: list[tuple[str, str]] = []
    for mailbox in _split_mailboxes(text):
        name, address = _mailbox(mailbox)
        if name or address:
            found.append((name, address))
    return found


def _split_mailboxes(text: str) -> list[str]:
    """Cut an address list at commas, semicolons and group names that stand outside quotes, comments and angles."""
    out: list[str] = []
    start = depth = 0
    quoted = angle = False
    index = 0
    while index < len(text):
        char = text[index]
        if char == "\\" and (quoted or depth):
            index += 1
        elif char == '"' and not depth:
            quoted = not quoted
        elif quoted:
            pass
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif depth:
            pass
        elif char == "<":
            angle = True
        elif char == ">":
            angle = False
        elif char in ",;" and not angle:
            out.append(text[start:index])
            start = index + 1
        elif char == ":" and not angle and "@" not in text[start:index]:
            # A group's name is shown to the reader as a mailbox's name is.
            out.append(text[start:index])
            start = index + 1
        index += 1
    out.append(text[start:])
    return out


def _mailbox(text: str) -> tuple[str, str]:
    text = text.strip()
    if not text:
        return "", ""
    left, bracket, right = text.rpartition("<")
    if bracket:
        address = right.partition(">")[0].strip()
        name = left.strip()
        if address.startswith("@") and ":" in address:
            address = address.partition(":")[2]
    else:
        comments = " ".join(comment[1:-1] for comment in _COMMENT.findall(text))
        bare = _COMMENT.sub("", text).strip()
        match = _BARE_ADDRESS.search(bare)
        address = match.group() if match else ""
        name = comments or (bare.replace(address, "").strip() if address else bare)
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = _unquote(name)
    return decoded(name).strip(), address.strip().strip(".")
