"""The stamp on mail that mailguard has passed, for a mail server that may hand the same message in again.

A cloud tenant that sends its mail through mailguard and takes it back (deploy/exchange-online) may route a message to
mailguard a second time. The stamp, a header field on top, says that this installation has passed this message to these
recipients at this time. It is a MAC by a key of the store over message id, time, sender, content and each recipient, so
that nobody else can write one and none fits another message, sender or recipient. What comes back with a stamp that
fits, is fresh and was not used before goes on to the smart host without being judged again; any other is as if it were
not there. The field names nobody: a recipient is a MAC as well.

Content counts as a mail server may pass it on (as "relaxed" headers of RFC 6376 section 3.4.2): fields that servers add
are left out, all others count with spaces folded and in any order, the body byte by byte. Pure.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from mailguard.model import Envelope, Message

FRESH = timedelta(hours=4)
MOST_RECIPIENTS = 100
Mac = Callable[[str, str], str]
"""A keyed digest of a named value (mailguard.store: `Store.mac`)."""

_NAME = b"x-mailguard-stamp"
_ADDED = (b"received", b"return-path", b"authentication-results", b"dkim-signature", b"received-spf", _NAME)
_ADDED_BEGINS = (b"arc-", b"x-ms-", b"x-microsoft-antispam", b"x-forefront-", b"x-eop", b"x-originatororg")
_FIELD = re.compile(rb"(?m)^([!-9;-~]+)[ \t]*:((?:[^\r\n]*)(?:\r\n[ \t][^\r\n]*)*)\r\n")
_SPACE = re.compile(rb"[ \t\r\n]+")
_STAMP = re.compile(r"1 ([0-9a-zA-Z]{1,64}) ([0-9]{1,12}) ((?:[0-9a-f]{32} ?){1,100})")


def stamped(content: bytes, message_id: str, envelope: Envelope, at: datetime, mac: Mac) -> bytes:
    """Return the message with a stamp on top; as it is where it has more than MOST_RECIPIENTS (it is judged again)."""
    if len(envelope.recipients) > MOST_RECIPIENTS:
        return content
    seconds = str(int(at.timestamp()))
    tags = _tags(content, message_id, seconds, envelope.sender, envelope.recipients, mac)
    lines = "".join(f"\r\n\t{tag}" for tag in tags)
    return f"X-Mailguard-Stamp: 1 {message_id} {seconds}{lines}\r\n".encode("ascii") + content


def use_of(message: Message, now: datetime, mac: Mac) -> str:
    """Return a word for this use of the stamp a message bears, the same each time it comes; "" if it bears none that
    counts: forged, for another message, sender or recipient, older than FRESH, from the future, or more than one."""
    content, envelope = message.content, message.envelope
    found = [_SPACE.sub(b" ", value).strip() for name, value in _fields(content) if name == _NAME]
    match = _STAMP.fullmatch(found[0].decode("ascii", "replace")) if len(found) == 1 else None
    if match is None or not envelope.recipients or len(envelope.recipients) > MOST_RECIPIENTS:
        return ""
    message_id, seconds, given = match[1], match[2], match[3].split()
    age = now.timestamp() - int(seconds)
    if not -60 <= age <= FRESH.total_seconds():
        return ""
    wanted = _tags(content, message_id, seconds, envelope.sender, envelope.recipients, mac)
    if not all(any(hmac.compare_digest(tag, one) for one in given) for tag in wanted):
        return ""
    return mac("stamp-use", " ".join((message_id, seconds, *sorted(wanted))))


def _tags(content: bytes, message_id: str, seconds: str, sender: str, recipients: Sequence[str], mac: Mac) -> list[str]:
    """One MAC a recipient, over everything that the stamp vouches for."""
    what = "\0".join((message_id, seconds, sender.lower(), _digest(content)))
    return [mac("stamp", f"{what}\0{one.lower()}") for one in recipients]


def _header_end(content: bytes) -> int:
    if content.startswith(b"\r\n"):
        return 0
    end = content.find(b"\r\n\r\n")
    return len(content) if end < 0 else end + 2


def _fields(content: bytes) -> list[tuple[bytes, bytes]]:
    """Names in lower case, and values, of the header fields."""
    return [(one[1].lower(), one[2]) for one in _FIELD.finditer(content, 0, _header_end(content))]


def _digest(content: bytes) -> str:
    end, digest = _header_end(content), sha256()
    header = content[:end]
    rest = _FIELD.sub(b"", header)  # lines that are no field: nothing of them may be new
    fields = sorted(
        name + b":" + _SPACE.sub(b" ", value).strip()
        for name, value in _fields(content)
        if name not in _ADDED and not name.startswith(_ADDED_BEGINS)
    )
    for piece in (rest, b"\r\n".join(fields)):
        digest.update(str(len(piece)).encode() + b":" + piece)
    digest.update(memoryview(content)[end:])
    return digest.hexdigest()
