"""Revisions of roll and policy: each verdict names the ones it was made with.

A revision of the roll is immutable: the roll as it was read (its base), the overrides laid over it, and the report of
how it came in, all sealed under a key of its own. Its rows lie in slices that may be written ahead, a few in each
transaction, so that no 250 waits for a large roll; `put_in_force` then makes them the revision in force at one stroke.
The data of revisions that are out of use is erased; their date, counts, digest and report stay.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update

from mailguard.model import Roll
from mailguard.roll.overrides import Override, lay_over
from mailguard.roll.packing import pack, unpack
from mailguard.store import audit
from mailguard.store.crypto import Vault
from mailguard.store.database import Transaction
from mailguard.store.errors import Conflict, Gone, StoreError
from mailguard.store.rows import from_stored, to_stored
from mailguard.store.tables import policy_revision, roll_revision, roll_slice

SLICES_AHEAD = 16
_LAYOUT = 2
_KEPT = 3  # revisions, and rolls as they were read, whatever their age
_KEPT_DAYS = timedelta(days=7)  # the last one of each day
_MOST_BYTES = 4 << 30
_ACTS = {"import": "roll-imported", "rollback": "roll-rolled-back", "overrides": "roll-overridden"}


class _Head(msgspec.Struct, array_like=True):
    """What is sealed beside the slices; `digest` is that of the base."""

    digest: str
    overrides: tuple[Override, ...]


_head_decoder = msgspec.msgpack.Decoder(_Head)
_old_decoder = msgspec.msgpack.Decoder(Roll)


@dataclass(frozen=True, slots=True)
class RollRevision:
    """One revision of the roll: its digest, since when it is in force, how many pupils of each school it holds, how it
    came (import, rollback, overrides), when each school's source was last read, whether its data is still there."""

    number: int
    digest: str
    imported_at: datetime
    pupils: dict[str, int]
    kind: str = "import"
    base: str = ""
    seen: dict[str, datetime] = field(default_factory=dict)
    kept: bool = True

    def seen_at(self, school: str) -> datetime:
        """When the source of a school was last read without fault."""
        return self.seen.get(school, self.imported_at)

    @property
    def oldest(self) -> datetime:
        """When the source that was not read for longest was last read."""
        return min((self.seen_at(school) for school in self.pupils), default=self.imported_at)


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision made ready and sealed, not yet in the database."""

    base: str
    digest: str
    kind: str
    pupils: dict[str, int]
    token: str
    key_id: str
    wrapped: bytes = field(repr=False)
    head: bytes = field(repr=False)
    report: bytes = field(repr=False)
    slices: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A revision's data: the roll as it was read and the overrides laid over it."""

    base: Roll
    overrides: tuple[Override, ...] = ()

    @property
    def roll(self) -> Roll:
        """The roll that judges: the base with the overrides over it."""
        return lay_over(self.base, self.overrides).roll


def draft(vault: Vault, data: Kept, digest: str, report: Mapping[str, Any], kind: str = "import") -> Draft:
    """Seal a revision; `digest` is that of `data.roll`. Takes a second for a large roll and needs no transaction.
    ValueError without a revision."""
    base, overrides = data.base, data.overrides
    if not (base.revision and digest):
        raise ValueError("the roll has no revision")
    token = secrets.token_hex(16)
    seal, wrapped = vault.new_seal(f"roll|{token}")
    head = msgspec.msgpack.encode(_Head(base.revision, tuple(overrides)))
    slices = tuple(seal.seal(f"slice|{n}", zlib.compress(piece, 1)) for n, piece in enumerate(pack(base)))
    return Draft(
        base.revision,
        digest,
        kind,
        dict(sorted(Counter(pupil.school for pupil in base.pupils).items())),
        token,
        vault.key_id,
        wrapped,
        seal.seal(f"head|{len(slices)}", head),
        seal.seal("report", json.dumps(report).encode()),
        slices,
    )


def write_slices(tx: Transaction, made: Draft, start: int = 0, count: int | None = None) -> None:
    """Write slices of a draft, `count` (None: all) from `start` on."""
    some = made.slices[start : None if count is None else start + count]
    if some:
        rows = [{"token": made.token, "n": n, "sealed": sealed} for n, sealed in enumerate(some, start)]
        tx.connection.execute(insert(roll_slice), rows)


def sweep_slices(tx: Transaction, limit: int = 4 * SLICES_AHEAD) -> int:
    """Drop up to `limit` slices of no revision; returns how many. Only for who holds the lease of imports: another's
    draft would go too."""
    known = select(roll_revision.c.token).where(roll_revision.c.sealed_roll.is_not(None))
    loose = select(roll_slice.c.token, roll_slice.c.n).where(roll_slice.c.token.not_in(known)).limit(limit)
    found = tx.connection.execute(loose).all()
    for token, n in found:
        tx.connection.execute(delete(roll_slice).where(roll_slice.c.token == token, roll_slice.c.n == n))
    return len(found)


def put_in_force(
    tx: Transaction, made: Draft, after: int, by: str, seen: Mapping[str, datetime] | None = None, why: str = ""
) -> RollRevision:
    """Make a draft, whose slices are written, the revision in force. Conflict if `after` (0: none) is not the number of
    the revision in force any longer. Schools that are not in `seen` were read now."""
    latest = _latest(tx)
    number = latest["number"] if latest is not None else 0
    if number != after:
        raise Conflict("another roll has come in force meanwhile")
    moments = {school: to_stored((seen or {}).get(school, tx.now)) for school in made.pupils}
    tx.connection.execute(
        insert(roll_revision).values(
            number=number + 1,
            digest=made.digest,
            layout=_LAYOUT,
            imported_at=tx.stamp,
            counts=json.dumps(made.pupils),
            key_id=made.key_id,
            wrapped_key=made.wrapped,
            sealed_report=made.report,
            sealed_roll=made.head,
            kind=made.kind,
            base=made.base,
            seen=json.dumps(moments),
            token=made.token,
        )
    )
    _erase_old(tx)
    detail: dict[str, object] = {"roll": made.digest, "pupils": made.pupils}
    audit.append(tx, [audit.Entry(_ACTS[made.kind], by, reason=why, detail=detail)])
    tx.announce()
    return RollRevision(
        number + 1,
        made.digest,
        tx.now,
        made.pupils,
        made.kind,
        made.base,
        {school: from_stored(value) for school, value in moments.items()},
    )


def renew(tx: Transaction, number: int, schools: Sequence[str]) -> None:
    """Note that the sources of these schools were read and say what the revision in force says. Conflict if `number`
    is not its number any longer."""
    latest = _latest(tx)
    if latest is None or latest["number"] != number:
        raise Conflict("another roll has come in force meanwhile")
    seen = {**json.loads(latest["seen"]), **dict.fromkeys(schools, tx.stamp)}
    query = update(roll_revision).where(roll_revision.c.number == number)
    tx.connection.execute(query.values(seen=json.dumps(seen)))


def save_roll(tx: Transaction, roll: Roll, report: Mapping[str, Any], by: str) -> RollRevision:
    """Keep a roll as the revision in force, in one transaction; the same roll again only renews its date."""
    latest = roll_in_force(tx)
    if latest is not None and latest.digest == roll.revision:
        renew(tx, latest.number, tuple(latest.pupils))
        return roll_in_force(tx) or latest
    made = draft(tx.vault, Kept(roll), roll.revision, report)
    write_slices(tx, made)
    saved = put_in_force(tx, made, latest.number if latest else 0, by)
    while sweep_slices(tx):
        pass
    return saved


def roll_in_force(tx: Transaction) -> RollRevision | None:
    """The revision in force without its data, or None before the first import."""
    return next(iter(_revisions(tx, 1)), None)


def roll_history(tx: Transaction) -> list[RollRevision]:
    """All revisions, newest first."""
    return list(_revisions(tx))


def current_roll(tx: Transaction) -> Roll | None:
    """The roll in force, overrides over it, or None before the first import."""
    found = current_data(tx)
    return None if found is None else found.roll


def current_data(tx: Transaction) -> Kept | None:
    """The data of the revision in force, or None before the first import."""
    row = _latest(tx)
    return None if row is None else _opened(tx, row)


def roll_data(tx: Transaction, number: int) -> Kept:
    """The data of one revision. Gone if there is none of that number or its data was erased."""
    row = tx.connection.execute(select(roll_revision).where(roll_revision.c.number == number)).mappings().one_or_none()
    if row is None or row["sealed_roll"] is None:
        raise Gone(f"the data of revision {number} is not there any more" if row else "there is no such revision")
    return _opened(tx, row)


def import_report(tx: Transaction, number: int) -> dict[str, Any]:
    """The report of one import. Gone if there is no such revision."""
    columns = (roll_revision.c.wrapped_key, roll_revision.c.sealed_report, roll_revision.c.token)
    row = tx.connection.execute(select(*columns).where(roll_revision.c.number == number)).one_or_none()
    if row is None:
        raise Gone("there is no such revision of the roll")
    seal = tx.vault.unwrap(f"roll|{row.token or number}", row.wrapped_key)
    found: dict[str, Any] = json.loads(seal.open("report", row.sealed_report))
    return found


def _opened(tx: Transaction, row: RowMapping) -> Kept:
    if row["layout"] > _LAYOUT:
        raise StoreError("the roll in the database was written by a newer mailguard; import it again")
    seal = tx.vault.unwrap(f"roll|{row['token'] or row['number']}", row["wrapped_key"])
    if row["layout"] == 1:
        return Kept(_old_decoder.decode(_inflated(seal.open("roll", row["sealed_roll"]))))
    query = select(roll_slice.c.sealed).where(roll_slice.c.token == row["token"]).order_by(roll_slice.c.n)
    sealed = tx.connection.execute(query).scalars().all()
    head = _head_decoder.decode(seal.open(f"head|{len(sealed)}", row["sealed_roll"]))
    pieces = (_inflated(seal.open(f"slice|{n}", piece)) for n, piece in enumerate(sealed))
    return Kept(unpack(pieces, head.digest), head.overrides)


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _MOST_BYTES)


def _erase_old(tx: Transaction) -> None:
    """Give up the data of revisions that nobody needs: all but the newest few, the last one of each of the newest few
    rolls as they were read (overrides on one day must not use up the way back) and of each recent day. Their slices
    are left to `sweep_slices`."""
    whole: ColumnElement[bool] = roll_revision.c.sealed_roll.is_not(None)
    columns = (roll_revision.c.number, roll_revision.c.imported_at, roll_revision.c.base, roll_revision.c.digest)
    rows = tx.connection.execute(select(*columns).where(whole).order_by(roll_revision.c.number.desc())).all()
    days = set()
    bases: set[str] = set()
    for place, row in enumerate(rows):
        base = row.base or row.digest
        last_of_base = base not in bases and len(bases) < _KEPT
        bases.add(base)
        at = from_stored(row.imported_at)
        last_of_day, recent = at.date() not in days, tx.now - at < _KEPT_DAYS
        days.add(at.date())
        if place >= _KEPT and not last_of_base and not (last_of_day and recent):
            mine = roll_revision.c.number == row.number
            tx.connection.execute(update(roll_revision).where(mine).values(sealed_roll=None))


def _revisions(tx: Transaction, limit: int | None = None) -> Iterator[RollRevision]:
    columns = [roll_revision.c[n] for n in ("number", "digest", "imported_at", "counts", "kind", "base", "seen")]
    kept = roll_revision.c.sealed_roll.is_not(None).label("kept")
    query = select(*columns, kept).order_by(roll_revision.c.number.desc()).limit(limit)
    for row in tx.connection.execute(query):
        seen = {school: from_stored(value) for school, value in json.loads(row.seen).items()}
        at = from_stored(row.imported_at)
        base = row.base or row.digest
        yield RollRevision(row.number, row.digest, at, json.loads(row.counts), row.kind, base, seen, bool(row.kept))


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
