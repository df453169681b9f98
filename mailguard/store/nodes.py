"""Nodes on one database: each announces itself, and the others take over the work of one that died."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    cast,
    delete,
    exists,
    extract,
    false,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from mailguard.model import RecipientState
from mailguard.store.database import Transaction
from mailguard.store.tables import content, message, node, recipient, upload

BEAT_SECONDS = 15.0
_DEAD = timedelta(seconds=60)


def recover(tx: Transaction, version: str) -> None:
    """What a node does at its start: its old leases are void, its torn uploads are swept, it announces itself."""
    mine = [] if tx.alone else [recipient.c.lease_node == tx.node]
    queued = recipient.c.state == RecipientState.QUEUED.value
    leased = update(recipient).where(queued, recipient.c.lease_until.is_not(None), *mine)
    tx.connection.execute(leased.values(lease_node=null(), lease_until=null()))
    torn = select(upload.c.message_id)
    if not tx.alone:
        torn = torn.where((upload.c.node == tx.node) | is_dead(tx, upload.c.node))
    for message_id in tx.connection.execute(torn).scalars().all():
        drop_upload(tx, message_id)
    if not beat(tx):
        tx.connection.execute(insert(node).values(name=tx.node, heartbeat=clock(tx), version=version))
    tx.connection.execute(update(node).where(node.c.name == tx.node).values(version=version))


def beat(tx: Transaction) -> bool:
    """Say that this node lives; False if it was never announced."""
    mine = update(node).where(node.c.name == tx.node)
    return bool(tx.connection.execute(mine.values(heartbeat=clock(tx))).rowcount)


def sign_off(tx: Transaction) -> None:
    """What a node does at its end: it is gone at once, and what it left may be taken over without waiting for its
    silence to be long enough."""
    tx.connection.execute(delete(node).where(node.c.name == tx.node))


def is_dead(tx: Transaction, name: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the node of that name has been silent for too long. Never so where there is only one."""
    if tx.alone:
        return false()
    silent = int(_DEAD.total_seconds() * 1_000_000)
    return ~exists().where(node.c.name == name, node.c.heartbeat >= clock(tx) - silent)


def adopt(tx: Transaction, limit: int) -> int:
    """Take over up to `limit` unjudged messages of dead nodes. Returns how many."""
    found = (
        select(message.c.id)
        .where(message.c.judged_at.is_(None), message.c.node != tx.node, is_dead(tx, message.c.node))
        .order_by(message.c.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(tx.connection.execute(found).scalars())
    tx.connection.execute(update(message).where(message.c.id.in_(ids)).values(node=tx.node))
    return len(ids)


def drop_upload(tx: Transaction, message_id: str) -> None:
    """Forget the slices of a message that was not accepted after all."""
    uploading = exists().where(upload.c.message_id == content.c.message_id)
    tx.connection.execute(delete(content).where(content.c.message_id == message_id, uploading))
    tx.connection.execute(delete(upload).where(upload.c.message_id == message_id))


def clock(tx: Transaction) -> ColumnElement[int]:
    """The time as the database's own clock tells it: nodes are compared by one clock only."""
    if tx.alone:
        return literal(tx.stamp)
    return cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
