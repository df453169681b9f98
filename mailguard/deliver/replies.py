"""What an upstream server says, and what it means for one recipient. Pure (RFC 5321 section 4.2, RFC 3463).

`fate` is the one place where codes become decisions; the runner only acts on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class Stage(StrEnum):
    """How far a transaction had come."""

    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    TLS = "tls"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END = "end"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; lines of a long one are joined by a space, without their codes."""

    code: int
    text: str = field(default="", repr=False)

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 2034) that the text begins with, or ""."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return self.code // 100 == 2

    @property
    def permanent(self) -> bool:
        """True for 5xx."""
        return self.code // 100 == 5

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one recipient of a transaction got: the reply that decided at `stage`, or None where the connection was lost
    or timed out while that stage's reply was due."""

    stage: Stage
    reply: Reply | None = None


class Fate(StrEnum):
    """What becomes of one recipient after one attempt."""

    SENT = "sent"
    FAILED = "failed"
    LATER = "later"
    AGAIN = "again"
    """Not tried yet: the server takes no more recipients in one transaction; at once in the next one."""


def fate(result: Result, *, smart_host: bool, others_accepted: bool) -> Fate:
    """Return what becomes of the recipient.

    At a smart host, a permanent refusal of the sender or "not allowed" (X.7.n) for a recipient is nearly always our own
    set-up (address not allowed, relay denied): it waits for somebody to mend it instead of bouncing a whole afternoon's
    mail; `mailguard.deliver.retry` ends the wait. `others_accepted` is True if an earlier recipient of the same
    transaction was accepted: only then can 452 mean "too many" (RFC 5321 section 4.5.3.1.10)."""
    reply = result.reply
    if reply is None:
        return Fate.LATER
    if result.stage is Stage.END and reply.ok:
        return Fate.SENT
    if result.stage is Stage.RCPT and reply.code == 452 and others_accepted and reply.enhanced in ("", "4.5.3"):
        return Fate.AGAIN
    if not reply.permanent:
        return Fate.LATER
    return Fate.LATER if smart_host and is_refusal_of_us(result) else Fate.FAILED


def is_refusal_of_us(result: Result) -> bool:
    """True if a permanent reply speaks of this relay rather than of the message or the recipient."""
    reply = result.reply
    if reply is None or not reply.permanent:
        return False
    if result.stage is Stage.MAIL:
        about_message = reply.code in (552, 555) or reply.enhanced.startswith(("5.1.", "5.3.4", "5.6."))
        return not about_message
    return result.stage is Stage.RCPT and reply.enhanced.startswith("5.7.")


def status_of(result: Result, default: str) -> str:
    """Return the RFC 3463 status to report for `result`: the server's own, or `default` where it gave none."""
    return (result.reply.enhanced if result.reply else "") or default
