"""Figures that tell whether a store is well: ages, heartbeats, the newest stamp. No figure says whose mail it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from mailguard.model import RecipientState
from mailguard.store.audit import verify_heads
from mailguard.store.database import Transaction
from mailguard.store.rows import from_stored
from mailguard.store.tables import audit, message, node, recipient


@dataclass(frozen=True, slots=True)
class Vitals:
    """Oldest times (None: nothing waits), when the newest message that is kept came in, the newest stamp in the store,
    the first act in its trail, each node's last beat and version, and the nodes whose audit chain has a head that was
    changed."""

    oldest_unjudged: datetime | None = None
    oldest_queued: datetime | None = None
    oldest_held: datetime | None = None
    received: datetime | None = None
    newest: datetime | None = None
    first: datetime | None = None
    heartbeats: dict[str, datetime] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    broken_chains: tuple[str, ...] = ()


def vitals(tx: Transaction) -> Vitals:
    """Look at everything once; cheap on a large store."""
    held = select(recipient.c.message_id).where(recipient.c.state == RecipientState.HELD.value)
    beats = tx.connection.execute(select(node.c.name, node.c.heartbeat, node.c.version)).all()
    received, written = _time(tx, func.max(message.c.received_at)), _time(tx, func.max(audit.c.at))
    return Vitals(
        oldest_unjudged=_time(tx, func.min(message.c.received_at), message.c.judged_at.is_(None)),
        oldest_queued=_time(tx, func.min(recipient.c.queued_at), recipient.c.state == RecipientState.QUEUED.value),
        oldest_held=_time(tx, func.min(message.c.received_at), message.c.id.in_(held)),
        received=received,
        newest=max(filter(None, (received, written)), default=None),
        first=_time(tx, func.min(audit.c.at)),
        heartbeats={row.name: from_stored(row.heartbeat) for row in beats},
        versions={row.name: row.version for row in beats},
        broken_chains=verify_heads(tx),
    )


def _time(tx: Transaction, figure: ColumnElement[int], *where: ColumnElement[bool]) -> datetime | None:
    found = tx.connection.execute(select(figure).where(*where)).scalar_one_or_none()
    return None if found is None else from_stored(found)
