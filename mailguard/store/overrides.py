"""The overrides of the roll: kept sealed, added and ended by a named person, never changed. One that has ended stays
for who asks later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import Select, insert, select, text, update

from mailguard.roll.overrides import Override
from mailguard.store import audit
from mailguard.store.database import Transaction
from mailguard.store.errors import Conflict, Gone
from mailguard.store.rows import from_stored
from mailguard.store.tables import roll_override

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Override)


@dataclass(frozen=True, slots=True)
class KeptOverride:
    """An override, since when it is there and when somebody ended it (None: nobody did)."""

    override: Override
    added_at: datetime
    ended_at: datetime | None = None


def alone(tx: Transaction) -> None:
    """From here to the end of the transaction no other adds an override: what is looked for now and not found, is not
    added meanwhile. (A write transaction of SQLite is alone anyway.)"""
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(text("lock table roll_override in share row exclusive mode"))


def add(tx: Transaction, override: Override) -> Override:
    """Keep an override; returns it with its number. `by` and `why` must not be blank (ValueError)."""
    if not (override.by.strip() and override.why.strip()):
        raise ValueError("an override needs a person and a reason")
    given = tx.connection.execute(insert(roll_override).values(added_at=tx.stamp, sealed=b"")).inserted_primary_key
    numbered = replace(override, number=int(given[0]) if given else 0)
    sealed = tx.vault.store.seal(f"override|{numbered.number}", _encode(numbered))
    mine = roll_override.c.number == numbered.number
    tx.connection.execute(update(roll_override).where(mine).values(sealed=sealed))
    _record(tx, "override-added", numbered, numbered.by, numbered.why)
    return numbered


def end(tx: Transaction, number: int, by: str, why: str) -> Override:
    """End an override. Gone if there is none of that number, Conflict if it has ended, ValueError without a reason."""
    if not (by.strip() and why.strip()):
        raise ValueError("to end an override needs a person and a reason")
    row = tx.connection.execute(select(roll_override).where(roll_override.c.number == number)).mappings().one_or_none()
    if row is None:
        raise Gone("there is no override of that number")
    if row["ended_at"] is not None:
        raise Conflict("the override has ended already")
    tx.connection.execute(update(roll_override).where(roll_override.c.number == number).values(ended_at=tx.stamp))
    ended = _decoder.decode(tx.vault.store.open(f"override|{number}", row["sealed"]))
    _record(tx, "override-ended", ended, by, why)
    return ended


def active(tx: Transaction) -> tuple[Override, ...]:
    """The overrides that nobody ended and whose last day is not over (UTC), in order of number."""
    today = tx.now.date()
    return tuple(kept.override for kept in everything(tx, ended=False) if kept.override.active(today))


def everything(tx: Transaction, *, ended: bool = True) -> list[KeptOverride]:
    """All overrides in order of number; those that somebody ended only if asked for."""
    query: Select[tuple[object, ...]] = select(roll_override).order_by(roll_override.c.number)
    if not ended:
        query = query.where(roll_override.c.ended_at.is_(None))
    return [
        KeptOverride(
            _decoder.decode(tx.vault.store.open(f"override|{row['number']}", row["sealed"])),
            from_stored(row["added_at"]),
            from_stored(row["ended_at"]) if row["ended_at"] is not None else None,
        )
        for row in tx.connection.execute(query).mappings()
    ]


def _record(tx: Transaction, action: str, override: Override, by: str, why: str) -> None:
    pupil = override.pupil
    detail: dict[str, object] = {
        "override": override.number,
        "kind": override.kind.value,
        "address": override.address,
        "pupil": pupil.pupil_id if pupil else None,
        "until": override.until.isoformat() if override.until else None,
    }
    audit.append(tx, [audit.Entry(action, by, school=pupil.school if pupil else None, reason=why, detail=detail)])
