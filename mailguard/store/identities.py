"""Which user an account of the school's own sign-in is. A user is made by a technician, with an e-mail address; the
first sign-in by an account that owns that address binds the two. From then on issuer and subject count, not the
address: whoever gets the address of somebody who left does not get their rights."""

from __future__ import annotations

from sqlalchemy import select, update

from mailguard.roll.keys import address_key
from mailguard.store import audit, users
from mailguard.store.database import Transaction
from mailguard.store.tables import user as user_table
from mailguard.store.users import User


def find(tx: Transaction, issuer: str, subject: str) -> User | None:
    """The user that an account is bound to, or None."""
    query = select(user_table.c.name_digest).where(user_table.c.identity_digest == _digest(tx, issuer, subject))
    key = tx.connection.execute(query).scalar_one_or_none()
    return None if key is None else users.by_key(tx, key)


def claim(tx: Transaction, issuer: str, subject: str, email: str) -> User | None:
    """Bind an account to the one user of its e-mail address who is not bound yet; None if there is no such user, or
    more than one."""
    wanted = address_key(email).normal
    mine = [one for one in users.everybody(tx) if "@" in one.email and address_key(one.email).normal == wanted]
    if len(mine) != 1 or not wanted:
        return None
    key = users.key_of(tx, mine[0].name)
    free = update(user_table).where(user_table.c.name_digest == key, user_table.c.identity_digest.is_(None))
    if not tx.connection.execute(free.values(identity_digest=_digest(tx, issuer, subject))).rowcount:
        return None
    audit.append(tx, [audit.Entry("account-bound", mine[0].name, detail={"user": mine[0].name})])
    return mine[0]


def forget(tx: Transaction, name_digest: bytes) -> None:
    """Unbind a user: the next account of their address is bound."""
    tx.connection.execute(
        update(user_table).where(user_table.c.name_digest == name_digest).values(identity_digest=None)
    )


def _digest(tx: Transaction, issuer: str, subject: str) -> bytes:
    return tx.vault.digest("identity", f"{issuer}\0{subject}")
