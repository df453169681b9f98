"""Decisions that wait for a second person: one asks, another approves or declines. At most one is open for a message.
The rules of who may do what are not here but in mailguard.hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import func, insert, select, update

from mailguard.store.database import Transaction
from mailguard.store.errors import Conflict
from mailguard.store.rows import from_stored
from mailguard.store.tables import approval

_FEW = 50


class Ended(StrEnum):
    """How a request ended; "overtaken" if the message was decided on in another way."""

    APPROVED = "approved"
    DECLINED = "declined"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Asked:
    """An open request: who asks that the message goes to the recipients numbered `ns`, why, and since when."""

    n: int
    at: datetime
    by: str
    reason: str = field(repr=False)
    kind: str
    ns: tuple[int, ...]


class _Secret(msgspec.Struct, array_like=True):
    by: str
    reason: str
    kind: str
    ns: tuple[int, ...]


_decode = msgspec.msgpack.Decoder(_Secret).decode


def ask(tx: Transaction, message_id: str, by: str, reason: str, kind: str, ns: Sequence[int]) -> None:
    """Open a request. Conflict if one is open."""
    if find(tx, message_id) is not None:
        raise Conflict("a second person was already asked about this message")
    latest = select(func.max(approval.c.n)).where(approval.c.message_id == message_id)
    n = (tx.connection.execute(latest).scalar() or 0) + 1
    secret = msgspec.msgpack.encode(_Secret(by, reason, kind, tuple(ns)))
    sealed = tx.vault.store.seal(_place(message_id, n), secret)
    tx.connection.execute(insert(approval).values(message_id=message_id, n=n, asked_at=tx.stamp, sealed=sealed))


def find(tx: Transaction, message_id: str) -> Asked | None:
    """The open request about a message, or None."""
    return find_all(tx, [message_id]).get(message_id)


def find_all(tx: Transaction, message_ids: Collection[str]) -> dict[str, Asked]:
    """The open requests about messages, by message id."""
    wanted, found = set(message_ids), {}
    query = select(approval).where(approval.c.settled_at.is_(None))
    if len(wanted) <= _FEW:
        query = query.where(approval.c.message_id.in_(sorted(wanted)))
    # Of many messages: those that are open are few, and quicker to go through than many messages to ask for.
    for row in tx.connection.execute(query):
        if row.message_id in wanted:
            secret = _decode(tx.vault.store.open(_place(row.message_id, row.n), row.sealed))
            found[row.message_id] = Asked(
                row.n, from_stored(row.asked_at), secret.by, secret.reason, secret.kind, secret.ns
            )
    return found


def settle(tx: Transaction, message_id: str, ended: Ended) -> None:
    """End the open request about a message, if there is one."""
    mine = update(approval).where(approval.c.message_id == message_id, approval.c.settled_at.is_(None))
    tx.connection.execute(mine.values(settled_at=tx.stamp, outcome=ended.value))


def _place(message_id: str, n: int) -> str:
    return f"approval|{message_id}|{n}"
