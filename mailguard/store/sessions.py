"""Who is signed in to the console. The browser holds a random id; the database holds a keyed digest of it, so that a
stolen database opens no session, and ending one here ends it at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from mailguard.store.database import Transaction
from mailguard.store.rows import from_stored, to_stored
from mailguard.store.tables import session

_SEEN_STEP = timedelta(minutes=1)
"""How exactly `seen_at` is kept: not every page is worth a write."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is in force: whose, since when, and when it was last used (to the minute)."""

    name_digest: bytes
    created_at: datetime
    seen_at: datetime

    def is_stale(self, now: datetime) -> bool:
        """Whether `seen_at` is worth renewing (see `touch`)."""
        return now - self.seen_at > _SEEN_STEP


def begin(tx: Transaction, name_digest: bytes) -> str:
    """Begin a session for a user; returns its id, 256 random bits, which is kept nowhere."""
    session_id = secrets.token_urlsafe(32)
    tx.connection.execute(
        insert(session).values(
            id_digest=_digest(tx, session_id), name_digest=name_digest, created_at=tx.stamp, seen_at=tx.stamp
        )
    )
    return session_id


def find(tx: Transaction, session_id: str, idle: timedelta, most: timedelta) -> Session | None:
    """The session of that id, or None if there is none, it was unused for `idle`, or is older than `most`."""
    query = select(session).where(
        session.c.id_digest == _digest(tx, session_id),
        session.c.seen_at > to_stored(tx.now - idle),
        session.c.created_at > to_stored(tx.now - most),
    )
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        return None
    return Session(row.name_digest, from_stored(row.created_at), from_stored(row.seen_at))


def touch(tx: Transaction, session_id: str) -> None:
    """Note that a session was used now."""
    mine = update(session).where(session.c.id_digest == _digest(tx, session_id))
    tx.connection.execute(mine.values(seen_at=tx.stamp))


def end(tx: Transaction, session_id: str) -> None:
    """End a session; nothing happens if there is none."""
    tx.connection.execute(delete(session).where(session.c.id_digest == _digest(tx, session_id)))


def end_all(tx: Transaction, name_digest: bytes) -> None:
    """End every session of a user."""
    tx.connection.execute(delete(session).where(session.c.name_digest == name_digest))


def end_others(tx: Transaction, name_digest: bytes, session_id: str) -> None:
    """End every session of a user but one."""
    others = delete(session).where(session.c.name_digest == name_digest)
    tx.connection.execute(others.where(session.c.id_digest != _digest(tx, session_id)))


def last_seen(tx: Transaction, name_digest: bytes) -> datetime | None:
    """When a user was last here, as far as their sessions are still kept."""
    newest = select(func.max(session.c.seen_at)).where(session.c.name_digest == name_digest)
    at = tx.connection.execute(newest).scalar()
    return from_stored(at) if at is not None else None


def sweep(tx: Transaction, most: timedelta) -> None:
    """Forget sessions older than `most`."""
    tx.connection.execute(delete(session).where(session.c.created_at <= to_stored(tx.now - most)))


def form_token(tx: Transaction, session_id: str) -> str:
    """What the forms of a session carry, so that no other site's form is taken for one of them."""
    return tx.vault.digest("form", session_id).hex()


def _digest(tx: Transaction, session_id: str) -> bytes:
    return tx.vault.digest("session", session_id)
