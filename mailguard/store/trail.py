"""The audit trail as people read it: newest first, a page at a time, of the schools they may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, tuple_

from mailguard.store.audit import Recorded, opened
from mailguard.store.database import Transaction
from mailguard.store.rows import to_stored
from mailguard.store.tables import audit


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show: of these schools (None: all, and what belongs to none), one action ("" for any), from a moment on
    and before another, after the position `after` of the page before."""

    schools: Collection[str] | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[int, str, int] | None = None


def position(one: Recorded) -> tuple[int, str, int]:
    """Where an entry stands in the order of the trail."""
    return to_stored(one.at), one.node, one.seq


def browse(tx: Transaction, wanted: Wanted, limit: int) -> list[Recorded]:
    """Up to `limit` entries, newest first."""
    query = select(audit).order_by(audit.c.at.desc(), audit.c.node.desc(), audit.c.seq.desc()).limit(limit)
    if wanted.schools is not None:
        query = query.where(audit.c.school.in_(sorted(wanted.schools)))
    if wanted.action:
        query = query.where(audit.c.action == wanted.action)
    if wanted.since is not None:
        query = query.where(audit.c.at >= to_stored(wanted.since))
    if wanted.until is not None:
        query = query.where(audit.c.at < to_stored(wanted.until))
    if wanted.after is not None:
        at, node, seq = wanted.after
        query = query.where(
            or_(audit.c.at < at, (audit.c.at == at) & (tuple_(audit.c.node, audit.c.seq) < tuple_(node, seq)))
        )
    return [opened(tx, row) for row in tx.connection.execute(query).mappings()]


def actions(tx: Transaction) -> list[str]:
    """The actions that stand in the trail."""
    return sorted(tx.connection.execute(select(audit.c.action).distinct()).scalars())
