"""The queue: from acceptance to the last outcome. Core functions on a `Transaction`; those of the mail path take many
items and return a result for each (see writer)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from mailguard.model import Message, RecipientState
from mailguard.store.database import Transaction
from mailguard.store.envelope import MessageRows, open_message
from mailguard.store.errors import Gone
from mailguard.store.hot import Hot
from mailguard.store.tables import content, message, recipient

_MESSAGE = (
    "id",
    "node",
    "received_at",
    "size",
    "own",
    "key_id",
    "wrapped_key",
    "sealed_envelope",
    "sender_digest",
    "school",
)
_insert_message = Hot(insert(message), _MESSAGE)
_insert_recipient = Hot(insert(recipient), ("message_id", "n", "address_digest", "state", "attempts"))
_insert_content = Hot(insert(content), ("message_id", "n", "sealed"))


def accept(tx: Transaction, items: Sequence[MessageRows]) -> Sequence[None]:
    """Store messages, their recipients `received`. An id that is already there fails the transaction."""
    _insert_message.many(tx.connection, [rows.message for rows in items])
    _insert_recipient.many(
        tx.connection,
        [{**row, "state": RecipientState.RECEIVED, "attempts": 0} for rows in items for row in rows.recipients],
    )
    _insert_content.many(
        tx.connection,
        [
            {"message_id": rows.message["id"], "n": n, "sealed": sealed}
            for rows in items
            for n, sealed in enumerate(rows.chunks)
        ],
    )
    return [None] * len(items)


def load(tx: Transaction, message_id: str) -> Message:
    """A message with its content. Gone if there is no such message or its content was erased."""
    row = tx.connection.execute(select(message).where(message.c.id == message_id)).mappings().one_or_none()
    if row is None or row["erased_at"] is not None:
        raise Gone("no such message, or its content was erased")
    chunks = tx.connection.execute(
        select(content.c.sealed).where(content.c.message_id == message_id).order_by(content.c.n)
    )
    return open_message(row, list(chunks.scalars()), tx.vault)
