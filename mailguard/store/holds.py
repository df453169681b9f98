"""Held mail: what waits for a person, and the change of state that a decision makes. The rules of who may decide are
not here but in mailguard.hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, null, select, update

from mailguard.model import Finding, RecipientState, Unreadable
from mailguard.store import audit, told, verdicts
from mailguard.store.crypto import Seal
from mailguard.store.database import Transaction
from mailguard.store.envelope import SealedEnvelope, open_envelope
from mailguard.store.errors import Conflict, Gone
from mailguard.store.rows import DAY, from_stored, recipient_id, to_stored
from mailguard.store.tables import decision, decision_day, finding, message, recipient
from mailguard.store.users import Reach

_HELD = recipient.c.state == RecipientState.HELD.value
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """One recipient of a stored message. `rules` are those of its findings; `reply` is the next server's last word."""

    n: int
    address: str = field(repr=False)
    state: RecipientState
    outcome: str
    rules: tuple[str, ...]
    attempts: int
    code: int | None
    reply: str = field(repr=False)
    route: str
    findings: tuple[Finding, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """One stored message as the office sees it. `unreadable`, `history` and the recipients' findings are filled by
    `details` only, all but the history by `opened` as well."""

    id: str
    reference: str
    received_at: datetime
    school: str
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    size: int
    mode: str
    roll_revision: str
    policy_revision: str
    batch_key: str
    recipients: tuple[Kept, ...]
    unreadable: tuple[Unreadable, ...] = ()
    history: tuple[audit.Recorded, ...] = ()


def waiting(tx: Transaction, school: str = "", limit: int = 1000) -> list[Held]:
    """Messages with at least one held recipient, oldest first; of one school if it is named."""
    query = (
        select(message)
        .where(message.c.id.in_(select(recipient.c.message_id).where(_HELD)))
        .order_by(message.c.received_at, message.c.id)
        .limit(limit)
    )
    if school:
        query = query.where(message.c.school == school)
    rows = [dict(row) for row in tx.connection.execute(query).mappings()]
    ids = [row["id"] for row in rows]
    people, rules = _recipients(tx, ids), _rules(tx, ids)
    found = []
    for row in rows:
        seal, envelope = open_envelope(row, tx.vault)
        kept = [_kept(tx, each, envelope, rules.get((row["id"], each.n), ())) for each in people.get(row["id"], [])]
        found.append(_held(row, seal, envelope, kept))
    return found


def find(tx: Transaction, name: str) -> str:
    """The id of the message that `name` means: an id or the reference of a notice ("MG-7K4QX", case does not matter).
    Gone if there is none, Conflict if the reference fits more than one."""
    if tx.connection.execute(select(message.c.id).where(message.c.id == name)).first():
        return name
    query = select(message.c.id).where(message.c.reference == name.strip().upper()).limit(2)
    ids = tx.connection.execute(query).scalars().all()
    if len(ids) > 1:
        raise Conflict("more than one message has this reference; use the message's id")
    if not ids:
        raise Gone("there is no message of that id or reference")
    return str(ids[0])


def details(tx: Transaction, message_id: str) -> Held:
    """Everything kept about one message but its content. Gone if there is none."""
    found = opened(tx, [message_id])
    if not found:
        raise Gone("there is no such message")
    return replace(found[0], history=tuple(audit.entries(tx, message_id)))


def opened(tx: Transaction, ids: Sequence[str]) -> list[Held]:
    """Those of the messages named that there are, in the order named, with everything but content and history."""
    rows = _rows(tx, ids)
    people, findings = _recipients(tx, ids), _findings(tx, ids)
    found = []
    for message_id in ids:
        row = rows.get(message_id)
        if row is None:
            continue
        seal, envelope = open_envelope(row, tx.vault)
        kept = []
        for each in people.get(message_id, []):
            sealed = findings.get((message_id, each.n), ())
            own = tuple(verdicts.open_finding(seal, (each.n, one.n), one.sealed) for one in sealed)
            kept.append(_kept(tx, each, envelope, _names(own), own))
        unreadable = verdicts.open_unreadable(seal, row["sealed_unreadable"])
        found.append(_held(row, seal, envelope, kept, unreadable))
    return found


def waiting_states(tx: Transaction, reach: Reach, limit: int = 2000) -> dict[str, dict[int, RecipientState]]:
    """The state of every recipient of the messages within `reach` that somebody is held for, oldest message first."""
    held = select(recipient.c.message_id).where(_HELD)
    oldest = select(message.c.id, message.c.received_at).where(message.c.id.in_(held), *_within(reach))
    top = oldest.order_by(message.c.received_at, message.c.id).limit(limit).subquery()
    states = select(top.c.id, recipient.c.n, recipient.c.state).join(recipient, recipient.c.message_id == top.c.id)
    found: dict[str, dict[int, RecipientState]] = {}
    for message_id, n, state in tx.connection.execute(states.order_by(top.c.received_at, top.c.id)):
        found.setdefault(message_id, {})[n] = RecipientState(state)
    return found


def count_waiting(tx: Transaction, reach: Reach) -> int:
    """How many messages within `reach` have a held recipient."""
    held = select(recipient.c.message_id).where(_HELD)
    query = select(func.count()).select_from(message).where(message.c.id.in_(held), *_within(reach))
    return int(tx.connection.execute(query).scalar_one())


def _within(reach: Reach) -> list[ColumnElement[bool]]:
    return [] if reach.every else [message.c.school.in_(sorted(reach.codes))]


def decide(tx: Transaction, message_id: str, ns: Sequence[int], state: RecipientState) -> None:
    """Move held recipients to `state`: QUEUED starts a fresh retry clock. Conflict, and the transaction should end, if
    one of them is not held any more."""
    values: dict[str, Any] = {"state": state.value, "settled_at": tx.stamp}
    if state is RecipientState.QUEUED:
        values = {
            "state": state.value,
            "attempts": 0,
            "queued_at": tx.stamp,
            "next_at": tx.stamp,
            "last_code": null(),
            "sealed_reply": null(),
        }
    query = update(recipient).where(recipient.c.message_id == message_id, recipient.c.n.in_(ns), _HELD).values(values)
    if tx.connection.execute(query).rowcount != len(set(ns)):
        raise Conflict("somebody else decided on this message first")
    if state is RecipientState.QUEUED:
        tx.announce()


def count_decision(tx: Transaction, school: str, action: str, reason: str) -> None:
    """Count a decision for the metrics, and by day; `action` and `reason` are words of code, not of people."""
    what: dict[str, str | int] = {"school": school, "action": action, "reason": reason}
    for table, key in ((decision, what), (decision_day, what | {"day": tx.stamp // DAY})):
        query = update(table).where(*(table.c[name] == value for name, value in key.items()))
        if not tx.connection.execute(query.values(total=table.c.total + 1)).rowcount:
            tx.connection.execute(insert(table).values(**key, total=1))


def expire(tx: Transaction, before: datetime, limit: int = 100) -> list[str]:
    """Let held recipients of up to `limit` messages received before `before` expire, with audit entries. What was not
    escalated does not expire: nothing goes that nobody beyond the office heard of. Returns the ids of the messages."""
    rows = tx.connection.execute(
        select(message.c.id, message.c.school)
        .where(
            message.c.received_at < to_stored(before),
            told.is_escalated(),
            message.c.id.in_(select(recipient.c.message_id).where(_HELD)),
        )
        .order_by(message.c.received_at)
        .limit(limit)
    ).all()
    for row in rows:
        held = select(recipient.c.n).where(recipient.c.message_id == row.id, _HELD)
        ns = list(tx.connection.execute(held).scalars())
        decide(tx, row.id, ns, RecipientState.EXPIRED)
        count_decision(tx, row.school or "unknown", "expire", "expired")
        audit.append(tx, [audit.Entry("expired", "mailguard", row.id, row.school, detail={"recipients": ns})])
    return [row.id for row in rows]


def _held(
    row: dict[str, Any],
    seal: Seal,
    envelope: SealedEnvelope,
    kept: Sequence[Kept],
    unreadable: tuple[Unreadable, ...] = (),
    history: tuple[audit.Recorded, ...] = (),
) -> Held:
    subject = row["sealed_subject"]
    return Held(
        id=row["id"],
        reference=row["reference"] or "",
        received_at=from_stored(row["received_at"]),
        school=row["school"] or "unknown",
        sender=envelope.sender,
        subject=seal.open("subject", subject).decode() if subject else "",
        size=row["size"],
        mode=row["mode"] or "",
        roll_revision=row["roll_revision"] or "",
        policy_revision=row["policy_revision"] or "",
        batch_key=row["batch_key"],
        recipients=tuple(kept),
        unreadable=unreadable,
        history=history,
    )


def _kept(
    tx: Transaction, row: Any, envelope: SealedEnvelope, rules: tuple[str, ...], findings: tuple[Finding, ...] = ()
) -> Kept:
    reply = row.sealed_reply
    return Kept(
        n=row.n,
        address=envelope.recipients[row.n],
        state=RecipientState(row.state),
        outcome=row.verdict or "",
        rules=rules,
        attempts=row.attempts,
        code=row.last_code,
        reply=tx.vault.store.open(f"reply|{recipient_id(row.message_id, row.n)}", reply).decode() if reply else "",
        route=row.route or "",
        findings=findings,
    )


def _recipients(tx: Transaction, ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for at in range(0, len(ids), _SLICE):
        query = select(recipient).where(recipient.c.message_id.in_(ids[at : at + _SLICE]))
        for row in tx.connection.execute(query.order_by(recipient.c.message_id, recipient.c.n)):
            found.setdefault(row.message_id, []).append(row)
    return found


def _rules(tx: Transaction, ids: Sequence[str]) -> dict[tuple[str, int], tuple[str, ...]]:
    found: dict[tuple[str, int], set[str]] = {}
    for at in range(0, len(ids), _SLICE):
        query = select(finding.c.message_id, finding.c.recipient, finding.c.rule)
        for row in tx.connection.execute(query.where(finding.c.message_id.in_(ids[at : at + _SLICE]))):
            found.setdefault((row.message_id, row.recipient), set()).add(row.rule)
    return {key: tuple(sorted(rules)) for key, rules in found.items()}


def _rows(tx: Transaction, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for at in range(0, len(ids), _SLICE):
        query = select(message).where(message.c.id.in_(ids[at : at + _SLICE]))
        found.update({row["id"]: dict(row) for row in tx.connection.execute(query).mappings()})
    return found


def _findings(tx: Transaction, ids: Sequence[str]) -> dict[tuple[str, int], list[Any]]:
    found: dict[tuple[str, int], list[Any]] = {}
    for at in range(0, len(ids), _SLICE):
        query = select(finding.c.message_id, finding.c.recipient, finding.c.n, finding.c.sealed)
        query = query.where(finding.c.message_id.in_(ids[at : at + _SLICE]))
        for row in tx.connection.execute(query.order_by(finding.c.message_id, finding.c.recipient, finding.c.n)):
            found.setdefault((row.message_id, row.recipient), []).append(row)
    return found


def _names(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted({one.rule for one in findings}))
