"""Who may do what: named users with their roles at schools. Everything about them is sealed; a keyed digest finds them
by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import msgspec
from sqlalchemy import delete, insert, select, update

from mailguard.store import audit, sessions, tokens
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


EVERY_SCHOOL = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """The schools that something may be done at: `codes`, or all (of unknown school, too) where `every`."""

    every: bool = False
    codes: frozenset[str] = frozenset()

    def __contains__(self, school: str) -> bool:
        return self.every or school in self.codes

    def __bool__(self) -> bool:
        return self.every or bool(self.codes)


@dataclass(frozen=True, slots=True)
class Grant:
    """One role at one school; a blank school means every school."""

    role: Role
    school: str = EVERY_SCHOOL


@dataclass(frozen=True, slots=True)
class User:
    """A named user: `roles` at `school` (blank: every school), and `also` roles at further schools. `email` is where
    the user's own mail comes from."""

    name: str
    roles: tuple[Role, ...] = (Role.OFFICE,)
    school: str = EVERY_SCHOOL
    email: str = field(default="", repr=False)
    also: tuple[Grant, ...] = ()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Every role that the user has, with the school it is for."""
        return (*(Grant(role, self.school) for role in self.roles), *self.also)

    def reach(self, roles: Collection[Role]) -> Reach:
        """The schools at which the user has one of these roles."""
        schools = frozenset(grant.school for grant in self.grants if grant.role in roles)
        return Reach(EVERY_SCHOOL in schools, schools - {EVERY_SCHOOL})


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
    return by_key(tx, _key(tx.vault, name))


def by_key(tx: Transaction, key: bytes) -> User | None:
    """The user whose name has this digest (see `key_of`), or None."""
    sealed = tx.connection.execute(
        select(user_table.c.sealed).where(user_table.c.name_digest == key)
    ).scalar_one_or_none()
    return None if sealed is None else _decoder.decode(tx.vault.store.open(f"user|{key.hex()}", sealed))


def key_of(tx: Transaction, name: str) -> bytes:
    """The digest that a user's name is found by."""
    return _key(tx.vault, name)


def grant(tx: Transaction, name: str, more: Sequence[Grant], by: str) -> User:
    """Give a user further roles. Returns the user as they are now; Gone if there is none of that name."""
    user = get(tx, name)
    if user is None:
        raise Gone("there is no user of that name")
    new = tuple(one for one in dict.fromkeys(more) if one not in user.grants)
    user = replace(user, also=(*user.also, *new))
    key = _key(tx.vault, name)
    sealed = tx.vault.store.seal(f"user|{key.hex()}", _encode(user))
    tx.connection.execute(update(user_table).where(user_table.c.name_digest == key).values(sealed=sealed))
    entries = [
        audit.Entry("user-role", by, school=one.school or None, detail={"user": user.name, "roles": [one.role.value]})
        for one in new
    ]
    audit.append(tx, entries)
    return user


def everybody(tx: Transaction) -> list[User]:
    """All users in order of name."""
    rows = tx.connection.execute(select(user_table.c.name_digest, user_table.c.sealed)).all()
    found = [_decoder.decode(tx.vault.store.open(f"user|{row.name_digest.hex()}", row.sealed)) for row in rows]
    return sorted(found, key=lambda user: user.name.casefold())


def remove(tx: Transaction, name: str, by: str) -> None:
    """Remove a user and end their sessions and tokens; what they decided stays in the audit trail. Gone if there is
    none of that name."""
    sessions.end_all(tx, _key(tx.vault, name))
    tokens.revoke(tx, name, _key(tx.vault, name), by)
    if not tx.connection.execute(delete(user_table).where(user_table.c.name_digest == _key(tx.vault, name))).rowcount:
        raise Gone("there is no user of that name")
    audit.append(tx, [audit.Entry("user-removed", by, detail={"user": name})])


def set_password_hash(tx: Transaction, name: str, password_hash: str | None, by: str) -> None:
    """Set or take away a user's password hash, and end all their sessions. Gone if there is none of that name."""
    key = _key(tx.vault, name)
    query = update(user_table).where(user_table.c.name_digest == key)
    if not tx.connection.execute(query.values(sealed_password_hash=_seal_hash(tx.vault, key, password_hash))).rowcount:
        raise Gone("there is no user of that name")
    sessions.end_all(tx, key)
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
