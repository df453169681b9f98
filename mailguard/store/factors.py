"""The second step of signing in: a secret shared with a person's phone (RFC 6238), and recovery codes for the day the
phone is lost. All of it is sealed in the user's row; of recovery codes only keyed digests are kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import select, update

from mailguard.store import audit
from mailguard.store.database import Transaction
from mailguard.store.errors import Gone
from mailguard.store.tables import user


@dataclass(frozen=True, slots=True)
class Factor:
    """A second step: the secret (base32); `confirmed` once its owner has shown a code of it; the newest time step of
    which a code was taken, so that none is taken twice; the digests of the recovery codes that are left."""

    secret: str = field(repr=False)
    confirmed: bool = False
    last_step: int = 0
    recovery: tuple[bytes, ...] = field(default=(), repr=False)


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Factor)


def get(tx: Transaction, name_digest: bytes, *, to_change: bool = False) -> Factor | None:
    """A user's second step, also one that is not confirmed yet; None without one or without the user. `to_change`: what
    is read stays true until the end of the transaction, on PostgreSQL too."""
    query = select(user.c.sealed_factor).where(user.c.name_digest == name_digest)
    sealed = tx.connection.execute(query.with_for_update() if to_change else query).scalar_one_or_none()
    return None if sealed is None else _decoder.decode(tx.vault.store.open(_place(name_digest), sealed))


def put(tx: Transaction, name_digest: bytes, factor: Factor | None) -> None:
    """Keep a user's second step, or take it away. Gone if there is no such user."""
    sealed = None if factor is None else tx.vault.store.seal(_place(name_digest), _encode(factor))
    mine = update(user).where(user.c.name_digest == name_digest)
    if not tx.connection.execute(mine.values(sealed_factor=sealed)).rowcount:
        raise Gone("there is no such user")


def use_step(tx: Transaction, name_digest: bytes, step: int) -> bool:
    """Take the code of a time step: False if one of that step or a later one was taken already."""
    found = get(tx, name_digest, to_change=True)
    if found is None or step <= found.last_step:
        return False
    put(tx, name_digest, replace(found, last_step=step))
    return True


def use_recovery(tx: Transaction, name_digest: bytes, code: str) -> bool:
    """Take a recovery code, which is then gone: False if it is none of those left."""
    found, digest = get(tx, name_digest, to_change=True), recovery_digest(tx, name_digest, code)
    if found is None or digest not in found.recovery:
        return False
    put(tx, name_digest, replace(found, recovery=tuple(one for one in found.recovery if one != digest)))
    return True


def recovery_digest(tx: Transaction, name_digest: bytes, code: str) -> bytes:
    """What is kept of a recovery code; case, blanks and hyphens do not matter."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return tx.vault.digest("recovery", f"{name_digest.hex()}|{plain}")


def reset(tx: Transaction, name: str, name_digest: bytes, by: str) -> None:
    """Take away a user's second step, so that the password alone signs in, by command. Gone if there is no such
    user."""
    put(tx, name_digest, None)
    audit.append(tx, [audit.Entry("second-step-reset", by, detail={"user": name})])


def _place(name_digest: bytes) -> str:
    return f"factor|{name_digest.hex()}"
