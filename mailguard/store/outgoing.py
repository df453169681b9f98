"""Mail on its way, for people: what is queued, when it is tried next, what the next server said last."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from mailguard.model import RecipientState
from mailguard.store.database import Transaction
from mailguard.store.envelope import open_envelope
from mailguard.store.rows import from_stored, recipient_id
from mailguard.store.tables import message, recipient

_ON_THE_WAY = (RecipientState.RECEIVED.value, RecipientState.QUEUED.value)


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """One recipient that is not yet judged (RECEIVED) or not yet reached (QUEUED); `code` 0 before any answer."""

    address: str = field(repr=False)
    state: RecipientState
    attempts: int
    next_at: datetime | None
    code: int
    reply: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message with the recipients it has not reached."""

    id: str
    received_at: datetime
    size: int
    sender: str = field(repr=False)
    recipients: tuple[OnTheWay, ...]


def on_the_way(tx: Transaction, limit: int = 10_000) -> list[Outgoing]:
    """Messages with recipients on the way, oldest first; at most `limit` recipients."""
    rows = tx.connection.execute(
        select(message, recipient, message.c.id.label("of"))
        .join(recipient, recipient.c.message_id == message.c.id)
        .where(recipient.c.state.in_(_ON_THE_WAY))
        .order_by(message.c.received_at, message.c.id, recipient.c.n)
        .limit(limit)
    ).mappings()
    found = []
    for message_id, group in groupby(rows, key=lambda row: str(row["of"])):
        own = list(group)
        _, envelope = open_envelope(dict(own[0]), tx.vault)
        people = tuple(
            OnTheWay(
                address=envelope.recipients[row["n"]],
                state=RecipientState(row["state"]),
                attempts=row["attempts"],
                next_at=from_stored(row["next_at"]) if row["next_at"] is not None else None,
                code=row["last_code"] or 0,
                reply=tx.vault.store.open(f"reply|{recipient_id(message_id, row['n'])}", row["sealed_reply"]).decode()
                if row["sealed_reply"]
                else "",
            )
            for row in own
        )
        first = own[0]
        found.append(Outgoing(message_id, from_stored(first["received_at"]), first["size"], envelope.sender, people))
    return found
