"""Tokens that programs use the console's API with. A program holds a random token; the database holds a keyed digest of
it, so that a stolen database opens nothing. Its rights are those of its user, at every use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from mailguard.store import audit
from mailguard.store.database import Transaction
from mailguard.store.rows import from_stored, to_stored
from mailguard.store.tables import token as token_table

PREFIX = "mailguard_"
"""What every token begins with, so that one that leaked is found by those who look for such things."""
_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is in force: whose, since when, until when, and when it was last used (to the minute)."""

    name_digest: bytes
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

    def is_stale(self, now: datetime) -> bool:
        """Whether `used_at` is worth renewing (see `touch`)."""
        return self.used_at is None or now - self.used_at > _USED_STEP


def make(tx: Transaction, name: str, name_digest: bytes, lasts: timedelta, by: str) -> str:
    """Make a token for a user; returns it: 256 random bits, which are kept nowhere."""
    made = PREFIX + secrets.token_urlsafe(32)
    ends = tx.now + lasts
    tx.connection.execute(delete(token_table).where(token_table.c.expires_at <= tx.stamp))
    tx.connection.execute(
        insert(token_table).values(
            token_digest=_digest(tx, made), name_digest=name_digest, created_at=tx.stamp, expires_at=to_stored(ends)
        )
    )
    audit.append(tx, [audit.Entry("token-made", by, detail={"user": name, "until": ends.date().isoformat()})])
    return made


def find(tx: Transaction, given: str) -> Token | None:
    """The token in force that a program showed, or None."""
    query = select(token_table).where(
        token_table.c.token_digest == _digest(tx, given), token_table.c.expires_at > tx.stamp
    )
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else _token(row)


def of(tx: Transaction, name_digest: bytes) -> list[Token]:
    """The tokens in force of a user, the newest first."""
    query = select(token_table).where(token_table.c.name_digest == name_digest, token_table.c.expires_at > tx.stamp)
    return [_token(row) for row in tx.connection.execute(query.order_by(token_table.c.created_at.desc()))]


def touch(tx: Transaction, given: str) -> None:
    """Note that a token was used now."""
    mine = update(token_table).where(token_table.c.token_digest == _digest(tx, given))
    tx.connection.execute(mine.values(used_at=tx.stamp))


def revoke(tx: Transaction, name: str, name_digest: bytes, by: str) -> int:
    """End every token of a user, at once. Returns how many there were."""
    mine = delete(token_table).where(token_table.c.name_digest == name_digest)
    count = tx.connection.execute(mine).rowcount
    if count:
        audit.append(tx, [audit.Entry("token-revoked", by, detail={"user": name, "tokens": count})])
    return int(count)


def _token(row: Any) -> Token:
    used = from_stored(row.used_at) if row.used_at is not None else None
    return Token(row.name_digest, from_stored(row.created_at), from_stored(row.expires_at), used)


def _digest(tx: Transaction, given: str) -> bytes:
    return tx.vault.digest("token", given)
