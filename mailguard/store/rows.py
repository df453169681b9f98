"""What the store hands out and takes in, and the spelling of ids and times in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from mailguard.model import RecipientState

DAY = 86_400_000_000
"""A day as times are stored."""


def recipient_id(message_id: str, n: int) -> str:
    """The id of recipient `n` (position in the envelope) of a message."""
    return f"{message_id}.{n}"


def split_recipient_id(text: str) -> tuple[str, int]:
    """The message id and position that `recipient_id` joined; ValueError if it is no such id."""
    message_id, dot, n = text.rpartition(".")
    if not dot:
        raise ValueError("not a recipient id")
    return message_id, int(n)


def to_stored(moment: datetime) -> int:
    """An aware datetime as the database keeps it: microseconds since 1970, UTC."""
    return int(moment.timestamp() * 1_000_000)


def from_stored(value: int) -> datetime:
    """The aware UTC datetime that `to_stored` made a number of."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)


@dataclass(frozen=True, slots=True)
class DueRecipient:
    """One recipient whose delivery is to be tried now. `attempts` counts the tries so far; `first_queued_at` is where
    the retry clock started (a release from hold starts it anew)."""

    id: str
    address: str = field(repr=False)
    attempts: int
    notify: str
    orcpt: str = field(repr=False)
    first_queued_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """Recipients of one message that may be delivered now, leased to this node, with the envelope to send."""

    message_id: str
    sender: str = field(repr=False)
    recipients: tuple[DueRecipient, ...]
    size: int
    body_type: str
    smtputf8: bool
    ret: str
    envid: str
    school: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of one delivery attempt: SENT, FAILED, or QUEUED again for `next_at`. `code` and `reply` are the
    upstream's last answer (0 and our own words if there was none), `route` the server it came from."""

    recipient_id: str
    state: RecipientState
    code: int = 0
    reply: str = field(default="", repr=False)
    next_at: datetime | None = None
    route: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the metrics show. `queue`: messages by state (received, queued, held); `held` and `oldest_held` by school;
    `decisions` by (school, action, reason) since the database was made."""

    queue: dict[str, int]
    held: dict[str, int]
    oldest_held: dict[str, datetime]
    decisions: dict[tuple[str, str, str], int]
