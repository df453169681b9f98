"""The list of what the school's system has wrong: kept sealed, closed by a person or by the import that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import Select, insert, select, update

from mailguard.roll.corrections import Correction
from mailguard.store import audit
from mailguard.store.database import Transaction
from mailguard.store.errors import Conflict, Gone
from mailguard.store.rows import from_stored
from mailguard.store.tables import roll_correction

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Correction)


@dataclass(frozen=True, slots=True)
class KeptCorrection:
    """A correction, since when it is known and when it was closed (None: it is open)."""

    correction: Correction
    since: datetime
    closed_at: datetime | None = None


def add(tx: Transaction, correction: Correction) -> Correction:
    """Keep a correction; returns it with its number. ValueError without a person."""
    if not correction.by.strip():
        raise ValueError("a correction needs a person who noted it")
    given = tx.connection.execute(insert(roll_correction).values(added_at=tx.stamp, sealed=b"")).inserted_primary_key
    numbered = replace(correction, number=int(given[0]) if given else 0)
    sealed = tx.vault.store.seal(f"correction|{numbered.number}", _encode(numbered))
    mine = roll_correction.c.number == numbered.number
    tx.connection.execute(update(roll_correction).where(mine).values(sealed=sealed))
    _record(tx, "correction-added", numbered, numbered.by, numbered.note)
    return numbered


def close(tx: Transaction, numbers: Iterable[int], by: str, why: str) -> None:
    """Close corrections. Gone if there is none of a number, Conflict if it is closed."""
    for number in sorted(numbers):
        query = select(roll_correction).where(roll_correction.c.number == number)
        row = tx.connection.execute(query).mappings().one_or_none()
        if row is None:
            raise Gone("there is no correction of that number")
        if row["closed_at"] is not None:
            raise Conflict("the correction is closed already")
        mine = roll_correction.c.number == number
        tx.connection.execute(update(roll_correction).where(mine).values(closed_at=tx.stamp))
        closed = _decoder.decode(tx.vault.store.open(f"correction|{number}", row["sealed"]))
        _record(tx, "correction-closed", closed, by, why)


def open_ones(tx: Transaction) -> tuple[Correction, ...]:
    """The corrections that are open, in order of number."""
    return tuple(kept.correction for kept in everything(tx, closed=False))


def everything(tx: Transaction, *, closed: bool = True) -> list[KeptCorrection]:
    """All corrections in order of number; closed ones only if asked for."""
    query: Select[tuple[object, ...]] = select(roll_correction).order_by(roll_correction.c.number)
    if not closed:
        query = query.where(roll_correction.c.closed_at.is_(None))
    return [
        KeptCorrection(
            _decoder.decode(tx.vault.store.open(f"correction|{row['number']}", row["sealed"])),
            from_stored(row["added_at"]),
            from_stored(row["closed_at"]) if row["closed_at"] is not None else None,
        )
        for row in tx.connection.execute(query).mappings()
    ]


def _record(tx: Transaction, action: str, one: Correction, by: str, why: str) -> None:
    detail: dict[str, object] = {
        "correction": one.number,
        "wrong": one.wrong.value,
        "pupil": one.pupil.pupil_id,
        "address": one.address,
    }
    audit.append(tx, [audit.Entry(action, by, school=one.pupil.school, reason=why, detail=detail)])
