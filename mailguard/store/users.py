"""Who may decide: named users with their roles. Everything about them is sealed; a keyed digest finds them by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from sqlalchemy import delete, insert, select, update

from mailguard.store import audit
from mailguard.store.crypto import Vault
from mailguard.store.database import Transaction
from mailguard.store.errors import Conflict, Gone
from mailguard.store.tables import user as user_table


class Role(StrEnum):
    """What a user may do: decide on held mail (office, approver, dpo), or look after other things."""

    OFFICE = "office"
    APPROVER = "approver"
    DPO = "dpo"
    TECHNICIAN = "technician"
    TRUST = "trust"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class User:
    """A named user. A blank school means every school; `email` is where the user's own mail comes from."""

    name: str
    roles: tuple[Role, ...] = (Role.OFFICE,)
    school: str = ""
    email: str = field(default="", repr=False)


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(User)


def add(tx: Transaction, user: User, by: str, password_hash: str | None = None) -> None:
    """Add a user. ValueError for a blank or unprintable name or no role, Conflict if there is one of that name."""
    if not user.name.isprintable() or not user.name or user.name != user.name.strip() or not user.roles:
        raise ValueError("a user needs a name of printable letters without blanks around it, and a role")
    key = _key(tx.vault, user.name)
    if get(tx, user.name) is not None:
        raise Conflict("there is a user of that name")
    tx.connection.execute(
        insert(user_table).values(
            name_digest=key,
            created_at=tx.stamp,
            sealed=tx.vault.store.seal(f"user|{key.hex()}", _encode(user)),
            sealed_password_hash=_seal_hash(tx.vault, key, password_hash),
        )
    )
    detail: dict[str, object] = {"user": user.name, "roles": [str(role) for role in user.roles]}
    audit.append(tx, [audit.Entry("user-added", by, school=user.school or None, detail=detail)])


def get(tx: Transaction, name: str) -> User | None:
    """The user of that name (case does not matter), or None."""
    key = _key(tx.vault, name)
    sealed = tx.connection.execute(
        select(user_table.c.sealed).where(user_table.c.name_digest == key)
    ).scalar_one_or_none()
    return None if sealed is None else _decoder.decode(tx.vault.store.open(f"user|{key.hex()}", sealed))


def everybody(tx: Transaction) -> list[User]:
    """All users in order of name."""
    rows = tx.connection.execute(select(user_table.c.name_digest, user_table.c.sealed)).all()
    found = [_decoder.decode(tx.vault.store.open(f"user|{row.name_digest.hex()}", row.sealed)) for row in rows]
    return sorted(found, key=lambda user: user.name.casefold())


def remove(tx: Transaction, name: str, by: str) -> None:
    """Remove a user; what they decided stays in the audit trail. Gone if there is none of that name."""
    if not tx.connection.execute(delete(user_table).where(user_table.c.name_digest == _key(tx.vault, name))).rowcount:
        raise Gone("there is no user of that name")
    audit.append(tx, [audit.Entry("user-removed", by, detail={"user": name})])


def set_password_hash(tx: Transaction, name: str, password_hash: str | None, by: str) -> None:
    """Set or take away a user's password hash. Gone if there is none of that name."""
    key = _key(tx.vault, name)
    query = update(user_table).where(user_table.c.name_digest == key)
    if not tx.connection.execute(query.values(sealed_password_hash=_seal_hash(tx.vault, key, password_hash))).rowcount:
        raise Gone("there is no user of that name")
    audit.append(tx, [audit.Entry("user-password", by, detail={"user": name})])


def password_hash(tx: Transaction, name: str) -> str | None:
    """A user's password hash; None without a password or without the user."""
    key = _key(tx.vault, name)
    sealed = tx.connection.execute(
        select(user_table.c.sealed_password_hash).where(user_table.c.name_digest == key)
    ).scalar_one_or_none()
    return None if sealed is None else tx.vault.store.open(f"password|{key.hex()}", sealed).decode()


def _key(vault: Vault, name: str) -> bytes:
    return vault.digest("user", name.strip().casefold())


def _seal_hash(vault: Vault, key: bytes, password_hash: str | None) -> bytes | None:
    return vault.store.seal(f"password|{key.hex()}", password_hash.encode()) if password_hash is not None else None
