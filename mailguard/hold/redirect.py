"""Send to the right family instead: a new message with the old one's content, to other people, judged like any other.

Who it was addressed to first must not show in it, so its header is made anew: only fields that say what it is are kept,
none that says whom it went to or by which way. Signatures of the old header are gone with it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence

from mailguard.hold.decisions import By, NotAllowed, redirectable
from mailguard.model import Envelope, Message, RecipientState
from mailguard.store import Transaction, approvals, audit, holds, queue
from mailguard.store.approvals import Ended
from mailguard.store.envelope import message_rows

_KEPT = frozenset(
    {b"from", b"sender", b"reply-to", b"subject", b"date", b"mime-version", b"importance", b"x-priority", b"priority"}
)
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(?:[^\r\n]*)(?:\r\n[ \t][^\r\n]*)*(?:\r\n|\Z)")
_SAFE_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[^\s<>,;:\"()\[\]\\\x00-\x1f\x7f]+")


def redirected(content: bytes, old: Sequence[str], to: Sequence[str], message_id: str, hostname: str) -> bytes:
    """The content as it goes to `to`; `old` are the addresses it went to. ValueError for an address that cannot stand
    in a header."""
    unfit = [address for address in to if not _SAFE_ADDRESS.fullmatch(address)]
    if unfit or not to:
        raise ValueError("an address that cannot be written to")
    head, separator, body = content.partition(b"\r\n\r\n")
    kept = [field for field in _fields(head) if _is_kept(field, old)]
    addressed = b"To: " + b",\r\n ".join(f"<{address}>".encode() for address in to) + b"\r\n"
    named = f"Message-ID: <{message_id}@{hostname or 'localhost'}>\r\n".encode()
    return b"".join(kept) + addressed + named + (b"\r\n" + body if separator else b"\r\n")


def _fields(head: bytes) -> list[bytes]:
    return [match[0] if match[0].endswith(b"\r\n") else match[0] + b"\r\n" for match in _FIELD.finditer(head)]


def _is_kept(field: bytes, old: Sequence[str]) -> bool:
    name = field.partition(b":")[0].strip().lower()
    if name.startswith(b"content-"):
        return True
    if name not in _KEPT:
        return False
    shown = field.lower()
    return name == b"from" or not any(address.lower().encode() in shown for address in old)


def redirect(tx: Transaction, message: str, by: By, to: Sequence[str], hostname: str, version: str = "") -> str:
    """Stop a held message for everybody it is held for and hand its content in anew, to `to`. Returns the id of the new
    message, which waits to be judged: should its content hold more than these may have, it is held again.

    Errors as of `decisions.release`; Gone where the content was erased."""
    held = redirectable(tx, message, by, version)
    waiting = [one.n for one in held.recipients if one.state is RecipientState.HELD]
    old = queue.load(tx, held.id)
    name = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"
    try:
        content = redirected(old.content, old.envelope.recipients, to, name, hostname)
    except ValueError as error:
        raise NotAllowed(str(error)) from None
    new = Message(
        id=name,
        envelope=Envelope(old.envelope.sender, tuple(to), old.envelope.school),
        content=content,
        received_at=tx.now,
        body_type=old.body_type,
        smtputf8=old.smtputf8 or not all(address.isascii() for address in to),
    )
    holds.decide(tx, held.id, waiting, RecipientState.REFUSED)
    queue.accept(tx, [message_rows(new, tx.vault, tx.node, own=False)])
    tx.announce()
    approvals.settle(tx, held.id, Ended.OVERTAKEN)
    detail: dict[str, object] = {"recipients": waiting, "kind": by.kind.value, "to": list(to), "as": name}
    audit.append(tx, [audit.Entry("redirected", by.user, held.id, held.school, by.reason.strip(), detail)])
    holds.count_decision(tx, held.school, "redirect", by.kind.value)
    return name
