"""Delivery status notifications (RFC 3464, RFC 3461). Pure.

They go to the sender, carry the header of the message and never its body: the body may be a child's record that has
just failed to reach the wrong place. The envelope of a notification has a null sender, so nothing ever answers it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LINE = 900
_HEADER_LIMIT = 64 * 1024


class Action(StrEnum):
    """What is reported of a recipient (RFC 3464 section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class Reported:
    """One recipient in a notification. `diagnostic` is the upstream's reply ("" if it gave none), `remote` its name."""

    address: str = field(repr=False)
    action: Action
    status: str
    diagnostic: str = field(default="", repr=False)
    remote: str = ""
    orcpt: str = field(default="", repr=False)
    retry_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What a notification is about. `header` is the original's header block."""

    to: str = field(repr=False)
    hostname: str
    message_id: str
    at: datetime
    arrived_at: datetime
    recipients: Sequence[Reported]
    header: bytes = field(repr=False)
    envid: str = ""


_SUBJECTS = {
    Action.FAILED: "Not delivered: your message did not reach everyone",
    Action.DELAYED: "Delayed: your message has not been delivered yet",
    Action.RELAYED: "Passed on: your message has left this server",
}
_OPENINGS = {
    Action.FAILED: "Your message could not be delivered to:",
    Action.DELAYED: "Your message is still waiting to be delivered to:",
    Action.RELAYED: "Your message was passed on to a server that sends no reports of its own, for:",
}
_CLOSINGS = {
    Action.FAILED: "It will not be tried again. Check the address and send it anew; the message is not attached.",
    Action.DELAYED: "You need not do anything: it will be tried until {until}. You are told if it fails.",
    Action.RELAYED: "No further report will follow.",
}


def wanted(action: Action, notify: str) -> bool:
    """True if the sender's NOTIFY parameter asks for this report. Without one, failures and delays are reported and
    successes are not (RFC 3461 section 4.1)."""
    if not notify:
        return action is not Action.RELAYED
    word = {Action.FAILED: "FAILURE", Action.DELAYED: "DELAY", Action.RELAYED: "SUCCESS"}[action]
    return word in notify.split(",")


def header_block(content: bytes) -> bytes:
    """Return the header fields of a message with the last CRLF, cut at a line where they are very long."""
    end = content.find(b"\r\n\r\n", 0, _HEADER_LIMIT)
    if end >= 0:
        return content[: end + 2]
    return content[: content.rfind(b"\r\n", 0, _HEADER_LIMIT) + 2]


def build(note: Notification) -> bytes:
    """Return the notification as a whole message, CRLF line ends. All recipients of one notification share the action
    of the first."""
    action = note.recipients[0].action
    boundary = f"=_{note.message_id}"
    eight_bit = not (note.header.isascii() and note.to.isascii())
    until = next((r.retry_until for r in note.recipients if r.retry_until), None)
    text = [
        f"This is the mail server {note.hostname}.",
        "",
        _OPENINGS[action],
        "",
        *(line for recipient in note.recipients for line in _told(recipient)),
        "",
        *_wrapped(_CLOSINGS[action].format(until=format_datetime(until) if until else "it expires")),
    ]
    lines = [
        f"Date: {format_datetime(note.at)}",
        f"From: Mail Delivery System <MAILER-DAEMON@{note.hostname}>",
        f"To: <{note.to}>",
        f"Subject: {_SUBJECTS[action]}",
        f"Message-ID: <{note.message_id}@{note.hostname}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        f'\tboundary="{boundary}"',
        *_encoding(eight_bit or any(not line.isascii() for line in text)),
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=utf-8",
        *_encoding(any(not line.isascii() for line in text)),
        "",
        *text,
        "",
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        *_status_fields(note),
        f"--{boundary}",
        "Content-Type: text/rfc822-headers",
        *_encoding(not note.header.isascii()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + note.header + f"\r\n--{boundary}--\r\n".encode()


def _encoding(eight_bit: bool) -> list[str]:
    return ["Content-Transfer-Encoding: 8bit"] if eight_bit else []


def _told(recipient: Reported) -> list[str]:
    reason = f"    {_clean(recipient.remote)} said: {_clean(recipient.diagnostic)}" if recipient.diagnostic else ""
    return [f"  <{recipient.address}>", *([reason[:_LINE]] if reason else [])]


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > 76:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{word}"
    return lines


def _status_fields(note: Notification) -> list[str]:
    """The machine's part (RFC 3464 section 2): fields of the message, then of each recipient."""
    lines = [f"Original-Envelope-Id: {_from_xtext(note.envid)}"] if note.envid else []
    lines += [f"Reporting-MTA: dns; {note.hostname}", f"Arrival-Date: {format_datetime(note.arrived_at)}", ""]
    for recipient in note.recipients:
        if recipient.orcpt:
            kind, _, original = recipient.orcpt.partition(";")
            lines.append(f"Original-Recipient: {kind}; {_from_xtext(original)}")
        lines += [
            f"Final-Recipient: {_typed(recipient.address)}",
            f"Action: {recipient.action.value}",
            f"Status: {recipient.status}",
        ]
        if recipient.remote:
            lines.append(f"Remote-MTA: dns; {_ascii(recipient.remote)}")
        if recipient.diagnostic:
            lines.append(f"Diagnostic-Code: smtp; {_ascii(recipient.diagnostic)}"[:_LINE])
        lines.append(f"Last-Attempt-Date: {format_datetime(note.at)}")
        if recipient.retry_until:
            lines.append(f"Will-Retry-Until: {format_datetime(recipient.retry_until)}")
        lines.append("")
    return lines


def _typed(address: str) -> str:
    """An address with its type; beyond ASCII in the spelling that any reader can carry (RFC 6533 section 3)."""
    if address.isascii():
        return f"rfc822; {address}"
    return "utf-8; " + "".join(c if "!" <= c <= "~" and c not in "\\+=" else f"\\x{{{ord(c):X}}}" for c in address)


def _from_xtext(text: str) -> str:
    return _ascii(re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text))


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _ascii(text: str) -> str:
    return _clean(text).encode("ascii", "replace").decode()
