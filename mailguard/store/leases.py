"""Work that one process at a time may do, over all nodes and commands: a named lease that ends by itself if its holder
dies."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from mailguard.store.database import Transaction
from mailguard.store.nodes import clock
from mailguard.store.tables import lease


def take(tx: Transaction, name: str, holder: str, span: timedelta) -> bool:
    """Take a lease, or renew the own one; False if another holder has it."""
    now = int(tx.connection.execute(select(clock(tx))).scalar_one())
    until = now + int(span.total_seconds() * 1_000_000)
    free = (lease.c.holder == holder) | (lease.c.until < now)
    if tx.connection.execute(
        update(lease).where(lease.c.name == name, free).values(holder=holder, until=until)
    ).rowcount:
        return True
    if tx.connection.execute(select(lease.c.name).where(lease.c.name == name)).first() is not None:
        return False
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(insert(lease).values(name=name, holder=holder, until=until))
    except IntegrityError:  # another node was as quick
        return False
    return True


def drop(tx: Transaction, name: str, holder: str) -> None:
    """Give a lease back; nothing happens if another holder has it."""
    tx.connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))
