"""Revisions of roll and policy: each verdict names the ones it was made with.

The roll is one sealed snapshot under a key of its own. The data of a revision that is out of use is erased; its date,
counts and digest stay.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, insert, select, update

from mailguard.model import Roll
from mailguard.store import audit
from mailguard.store.database import Transaction
from mailguard.store.errors import Gone, StoreError
from mailguard.store.rows import from_stored
from mailguard.store.tables import policy_revision, roll_revision

_LAYOUT = 1
_KEPT = 2
_MOST_BYTES = 4 << 30
_roll_decoder = msgspec.msgpack.Decoder(Roll)


@dataclass(frozen=True, slots=True)
class RollRevision:
    """One import of the roll: its digest, when, and how many pupils of each school it holds."""

    number: int
    digest: str
    imported_at: datetime
    pupils: dict[str, int]


def save_roll(tx: Transaction, roll: Roll, report: dict[str, Any], by: str) -> RollRevision:
    """Keep a roll as the revision in force, with the report of its import. The same roll again only renews the date."""
    if not roll.revision:
        raise ValueError("the roll has no revision")
    pupils = dict(sorted(Counter(pupil.school for pupil in roll.pupils).items()))
    latest = _latest(tx)
    if latest is not None and latest["digest"] == roll.revision:
        renewed = update(roll_revision).where(roll_revision.c.number == latest["number"])
        tx.connection.execute(renewed.values(imported_at=tx.stamp))
        return RollRevision(latest["number"], roll.revision, tx.now, pupils)
    number = latest["number"] + 1 if latest is not None else 1
    seal, wrapped = tx.vault.new_seal(f"roll|{number}")
    tx.connection.execute(
        insert(roll_revision).values(
            number=number,
            digest=roll.revision,
            layout=_LAYOUT,
            imported_at=tx.stamp,
            counts=json.dumps(pupils),
            key_id=tx.vault.key_id,
            wrapped_key=wrapped,
            sealed_report=seal.seal("report", json.dumps(report).encode()),
            sealed_roll=seal.seal("roll", zlib.compress(msgspec.msgpack.encode(roll), 1)),
        )
    )
    old = update(roll_revision).where(roll_revision.c.number <= number - _KEPT)
    tx.connection.execute(old.values(sealed_roll=None))
    detail: dict[str, object] = {"roll": roll.revision, "pupils": pupils}
    audit.append(tx, [audit.Entry("roll-imported", by, detail=detail)])
    return RollRevision(number, roll.revision, tx.now, pupils)


def current_roll(tx: Transaction) -> Roll | None:
    """The roll in force, or None before the first import. StoreError if a newer mailguard wrote it."""
    row = _latest(tx)
    if row is None:
        return None
    if row["layout"] != _LAYOUT:
        raise StoreError("the roll in the database was written by another version; import it again")
    seal = tx.vault.unwrap(f"roll|{row['number']}", row["wrapped_key"])
    unpacked = zlib.decompressobj().decompress(seal.open("roll", row["sealed_roll"]), _MOST_BYTES)
    return _roll_decoder.decode(unpacked)


def roll_history(tx: Transaction) -> list[RollRevision]:
    """All imports, newest first."""
    rows = tx.connection.execute(
        select(
            roll_revision.c.number, roll_revision.c.digest, roll_revision.c.imported_at, roll_revision.c.counts
        ).order_by(roll_revision.c.number.desc())
    )
    return [RollRevision(row.number, row.digest, from_stored(row.imported_at), json.loads(row.counts)) for row in rows]


def import_report(tx: Transaction, number: int) -> dict[str, Any]:
    """The report of one import. Gone if there is no such revision."""
    row = tx.connection.execute(
        select(roll_revision.c.wrapped_key, roll_revision.c.sealed_report).where(roll_revision.c.number == number)
    ).one_or_none()
    if row is None:
        raise Gone("there is no such revision of the roll")
    found: dict[str, Any] = json.loads(tx.vault.unwrap(f"roll|{number}", row.wrapped_key).open("report", row[1]))
    return found


def save_policy(tx: Transaction, digest: str, text: str, by: str) -> None:
    """Keep the text of a policy under its digest; nothing happens if it is there."""
    if tx.connection.execute(select(policy_revision.c.digest).where(policy_revision.c.digest == digest)).first():
        return
    sealed = tx.vault.store.seal(f"policy|{digest}", text.encode())
    tx.connection.execute(insert(policy_revision).values(digest=digest, first_used_at=tx.stamp, sealed_text=sealed))
    audit.append(tx, [audit.Entry("policy-changed", by, detail={"policy": digest})])


def policy_text(tx: Transaction, digest: str) -> str:
    """The text of a policy. Gone if it was never kept."""
    sealed = tx.connection.execute(
        select(policy_revision.c.sealed_text).where(policy_revision.c.digest == digest)
    ).scalar_one_or_none()
    if sealed is None:
        raise Gone("there is no such revision of the policy")
    return tx.vault.store.open(f"policy|{digest}", sealed).decode()


def _latest(tx: Transaction) -> RowMapping | None:
    query = select(roll_revision).order_by(roll_revision.c.number.desc()).limit(1)
    return tx.connection.execute(query).mappings().one_or_none()
