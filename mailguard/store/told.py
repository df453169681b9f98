"""Who was told of what: held messages nobody was told of yet, notes of notices, what waits too long.

A note is a row of the table `once`; it belongs to a message and is forgotten with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, literal, select

from mailguard.model import RecipientState
from mailguard.store.database import Transaction
from mailguard.store.rows import from_stored, to_stored
from mailguard.store.tables import message, once, recipient

_TOLD, _ESCALATED = "told|", "escalated|"
_HELD = recipient.c.state == RecipientState.HELD.value


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message with held recipients, without anything personal."""

    id: str
    reference: str
    school: str
    batch_key: str
    received_at: datetime
    held: int


def untold(tx: Transaction, limit: int = 2000) -> list[Waiting]:
    """Messages with held recipients about which nobody was told yet, oldest first."""
    return _waiting(tx, [~_noted(_TOLD)], limit)


def unescalated(tx: Transaction, before: datetime, limit: int = 2000) -> list[Waiting]:
    """Held messages received before `before` that nobody was reminded of beyond the office, oldest first."""
    return _waiting(tx, [~_noted(_ESCALATED), message.c.received_at < to_stored(before)], limit)


def waiting(tx: Transaction, before: datetime, limit: int = 10_000) -> list[Waiting]:
    """All held messages received before `before`, oldest first."""
    return _waiting(tx, [message.c.received_at < to_stored(before)], limit)


def is_noted(tx: Transaction, key: str) -> bool:
    """True if a note of this key was made, by `note` or by an `enqueue` once."""
    return tx.connection.execute(select(once.c.key).where(once.c.key == key)).first() is not None


def note(tx: Transaction, key: str, message_id: str) -> None:
    """Make a note that belongs to a message; nothing happens if it is there."""
    if not is_noted(tx, key):
        tx.connection.execute(insert(once).values(key=key, message_id=message_id, at=tx.stamp))


def mark_told(tx: Transaction, *ids: str) -> None:
    """Note that the notices about messages are in the queue (or that there is nobody to tell)."""
    for message_id in ids:
        note(tx, _TOLD + message_id, message_id)


def mark_escalated(tx: Transaction, *ids: str) -> None:
    """Note that somebody beyond the office was reminded of these messages: only these may expire."""
    for message_id in ids:
        note(tx, _ESCALATED + message_id, message_id)


def is_escalated() -> ColumnElement[bool]:
    """A condition on a query of `message`: it was escalated."""
    return _noted(_ESCALATED)


def _noted(kind: str) -> ColumnElement[bool]:
    return select(once.c.key).where(once.c.key == literal(kind) + message.c.id).exists()


def _waiting(tx: Transaction, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[Waiting]:
    held = (
        select(recipient.c.message_id, func.count().label("held"))
        .where(_HELD)
        .group_by(recipient.c.message_id)
        .subquery()
    )
    query = (
        select(
            message.c.id,
            message.c.reference,
            message.c.school,
            message.c.batch_key,
            message.c.received_at,
            held.c.held,
        )
        .join(held, held.c.message_id == message.c.id)
        .where(*conditions)
        .order_by(message.c.received_at, message.c.id)
        .limit(limit)
    )
    return [
        Waiting(
            row.id, row.reference or "", row.school or "unknown", row.batch_key, from_stored(row.received_at), row.held
        )
        for row in tx.connection.execute(query)
    ]
