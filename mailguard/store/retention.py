"""What is kept no longer: erased in slices, each in a transaction of its own, so that no 250 waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, delete, select, update

from mailguard.model import RecipientState
from mailguard.observe import log_failure
from mailguard.store import audit, holds, sqlite
from mailguard.store.database import Transaction
from mailguard.store.errors import StoreError
from mailguard.store.facade import Store
from mailguard.store.rows import to_stored
from mailguard.store.tables import approval, content, finding, message, once, recipient, sighting

_SLICE = 100
_BREATH_SECONDS = 0.05
_ROUND_SECONDS = 600.0
_OPEN = (RecipientState.RECEIVED.value, RecipientState.QUEUED.value, RecipientState.HELD.value)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept: the content of mail after its last recipient was settled (`decided`), envelopes, findings
    and sightings since receipt (`sightings`), the audit trail, and held mail until it expires (`held`; None: never)."""

    decided: timedelta = timedelta(days=30)
    sightings: timedelta = timedelta(days=90)
    audit: timedelta = timedelta(days=6 * 365)
    held: timedelta | None = None


class Keeper:
    """Erases what is past its time, until it is cancelled."""

    def __init__(
        self, store: Store, keep: Callable[[], Keep], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`keep` gives the periods in force now."""
        self._store = store
        self._keep = keep
        self._clock = clock

    async def run(self) -> None:
        """Tidy now and every ten minutes."""
        while True:
            try:
                await self.tidy()
            except StoreError as error:
                log_failure(error, stage="retention")
            await asyncio.sleep(_ROUND_SECONDS)

    async def tidy(self) -> None:
        """Erase everything that is past its time."""
        keep, now = self._keep(), self._clock()
        if keep.held is not None:
            await self._in_slices(holds.expire, now - keep.held)
        await self._in_slices(erase_content, now - keep.decided)
        await self._in_slices(forget, now - keep.sightings)
        await self._in_slices(audit.purge, now - keep.audit)
        await self._in_slices(lambda tx, before, limit: shrink(tx), now)

    async def _in_slices(
        self, erase: Callable[[Transaction, datetime, int], int | Sequence[str]], before: datetime
    ) -> None:
        more = await self._store.write(erase, before, _SLICE)
        while more:
            await asyncio.sleep(_BREATH_SECONDS)
            more = await self._store.write(erase, before, _SLICE)


def erase_content(tx: Transaction, before: datetime, limit: int) -> int:
    """Erase the content of up to `limit` messages whose last recipient was settled before `before`. Returns how many.
    What is on its way, held or unjudged keeps its content, however old it is."""
    moment = to_stored(before)
    busy = (
        select(recipient.c.n)
        .where(recipient.c.message_id == message.c.id)
        .where(recipient.c.state.in_(_OPEN) | (recipient.c.settled_at >= moment))
    )
    ids = _ids(
        tx,
        select(message.c.id)
        .where(
            message.c.erased_at.is_(None),
            message.c.judged_at.is_not(None),
            message.c.received_at < moment,
            ~busy.exists(),
        )
        .order_by(message.c.received_at)
        .limit(limit),
    )
    tx.connection.execute(delete(content).where(content.c.message_id.in_(ids)))
    tx.connection.execute(update(message).where(message.c.id.in_(ids)).values(erased_at=tx.stamp))
    return len(ids)


def forget(tx: Transaction, before: datetime, limit: int) -> int:
    """Forget up to `limit` messages that were received before `before` and whose content was erased: envelope,
    findings, sightings, the notes of who was told. Returns how many. The audit trail keeps its entries."""
    query = select(message.c.id).where(message.c.received_at < to_stored(before), message.c.erased_at.is_not(None))
    ids = _ids(tx, query.order_by(message.c.received_at).limit(limit))
    for table in (approval, sighting, finding, recipient, once):
        tx.connection.execute(delete(table).where(table.c.message_id.in_(ids)))
    tx.connection.execute(delete(message).where(message.c.id.in_(ids)))
    return len(ids)


def shrink(tx: Transaction) -> int:
    """Give free pages of the database file back to the disk where they are most of it; 0 if there are no more."""
    return sqlite.give_back_pages(tx.connection) if tx.alone else 0


def _ids(tx: Transaction, query: Select[str]) -> list[str]:
    return list(tx.connection.execute(query).scalars())
