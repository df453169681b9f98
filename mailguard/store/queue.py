"""The queue: from acceptance to the last outcome. Core functions on a `Transaction`; those of the mail path take many
items and return a result for each (see writer)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, null, or_, select, update

from mailguard.model import Message, RecipientState
from mailguard.store import nodes
from mailguard.store.crypto import Vault
from mailguard.store.database import Transaction
from mailguard.store.envelope import MessageRows, SealedEnvelope, open_envelope, open_message
from mailguard.store.errors import Gone
from mailguard.store.hot import Hot
from mailguard.store.rows import (
    Counts,
    Due,
    DueRecipient,
    Settled,
    from_stored,
    recipient_id,
    split_recipient_id,
    to_stored,
)
from mailguard.store.tables import content, decision, message, once, recipient, upload

_MESSAGE = (
    "id",
    "node",
    "received_at",
    "size",
    "own",
    "key_id",
    "wrapped_key",
    "sealed_envelope",
    "sender_digest",
    "school",
    "judged_at",
)
_RECIPIENT = (
    "message_id",
    "n",
    "address_digest",
    "state",
    "attempts",
    "queued_at",
    "next_at",
    "lease_node",
    "lease_until",
)
_insert_message = Hot(insert(message), _MESSAGE)
_insert_recipient = Hot(insert(recipient), _RECIPIENT)
_insert_content = Hot(insert(content), ("message_id", "n", "sealed"))

_QUEUED = recipient.c.state == RecipientState.QUEUED.value
_FREE = {"lease_node": null(), "lease_until": null()}
_this = (recipient.c.message_id == bindparam("of"), recipient.c.n == bindparam("at"))
_OUTCOME = ("state", "next_at", "settled_at", "last_code", "sealed_reply", "route")
_settle = Hot(
    update(recipient)
    .where(*_this, _QUEUED)
    .values({"attempts": recipient.c.attempts + 1, **_FREE, **{name: bindparam(name) for name in _OUTCOME}})
)
_lease = Hot(
    update(recipient)
    .where(*_this, _QUEUED)
    .values(lease_node=bindparam("lease_node"), lease_until=bindparam("lease_until"))
)
_free = Hot(update(recipient).where(*_this).values(_FREE))
_postpone = Hot(update(recipient).where(*_this, _QUEUED).values({**_FREE, "next_at": bindparam("next_at")}))
_was = recipient.c.next_at == bindparam("was")
_recall = Hot(update(recipient).where(*_this, _QUEUED, _was).values(next_at=bindparam("next_at")))
_unsent = exists().where(recipient.c.message_id == bindparam("of"), recipient.c.state != RecipientState.SENT.value)
_erase_message = Hot(
    update(message)
    .where(message.c.id == bindparam("of"), message.c.reference.is_(None), ~_unsent)
    .values(erased_at=bindparam("now"))
)
_erased = exists().where(message.c.id == bindparam("of"), message.c.erased_at.is_not(None))
_erase_content = Hot(delete(content).where(content.c.message_id == bindparam("of"), _erased))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some chunks of a large message that come ahead of it, numbered from `first`."""

    message_id: str
    first: int
    chunks: list[bytes]


@dataclass(frozen=True, slots=True)
class Own:
    """A message of mailguard's own that goes straight to the queue, leased if `lease_until` is set. With `once`, only
    if no message of that key was stored before."""

    rows: MessageRows
    once: str = ""
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes of delivery as rows, and the DSNs they cause."""

    rows: list[dict[str, Any]]
    dsns: list[Own]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A recipient that was queued just now, as `open_due` takes it."""

    n: int
    queued_at: int
    attempts: int = 0


def accept(tx: Transaction, items: Sequence[MessageRows]) -> Sequence[None]:
    """Store messages, their recipients `received`. An id that is already there fails the transaction."""
    fresh = {
        "state": RecipientState.RECEIVED.value,
        "queued_at": None,
        "next_at": None,
        "lease_node": None,
        "lease_until": None,
    }
    _insert_message.many(tx.connection, [{**rows.message, "judged_at": None} for rows in items])
    _insert_recipient.many(tx.connection, [{**row, **fresh} for rows in items for row in rows.recipients])
    _insert_chunks(tx, items)
    return [None] * len(items)


def upload_slice(tx: Transaction, items: Sequence[Slice]) -> Sequence[None]:
    """Store chunks of messages that are not there yet; the message's acceptance makes them count."""
    for item in items:
        if item.first == 0:
            tx.connection.execute(insert(upload).values(message_id=item.message_id, node=tx.node))
        _insert_content.many(tx.connection, _chunk_rows(item.message_id, item.first, item.chunks))
    return [None] * len(items)


def enqueue(tx: Transaction, items: Sequence[Own]) -> Sequence[bool]:
    """Store mailguard's own messages as queued. False for one whose `once` was there before."""
    stored = [_claim_once(tx, item) for item in items]
    fresh = [item for item, new in zip(items, stored, strict=True) if new]
    _insert_message.many(tx.connection, [{**item.rows.message, "judged_at": tx.stamp} for item in fresh])
    _insert_recipient.many(
        tx.connection,
        [
            {
                **row,
                "state": RecipientState.QUEUED.value,
                "queued_at": tx.stamp,
                "next_at": tx.stamp,
                "lease_node": tx.node if item.lease_until else None,
                "lease_until": to_stored(item.lease_until) if item.lease_until else None,
            }
            for item in fresh
            for row in item.rows.recipients
        ],
    )
    _insert_chunks(tx, [item.rows for item in fresh])
    if any(item.lease_until is None for item in fresh):
        tx.announce()
    return stored


def claim(tx: Transaction, now: datetime, limit: int, until: datetime) -> list[tuple[dict[str, Any], list[Any]]]:
    """Lease up to `limit` queued recipients whose time has come; message rows with their recipients' rows, oldest
    first, still sealed (see `open_due`)."""
    rows = tx.connection.execute(
        select(recipient.c.message_id, recipient.c.n, recipient.c.attempts, recipient.c.queued_at)
        .where(
            _QUEUED,
            recipient.c.next_at <= to_stored(now),
            or_(
                recipient.c.lease_until.is_(None),
                recipient.c.lease_until < to_stored(now),
                nodes.is_dead(tx, recipient.c.lease_node),
            ),
        )
        .order_by(recipient.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    lease = {"lease_node": tx.node, "lease_until": to_stored(until)}
    _lease.many(tx.connection, [{"of": row.message_id, "at": row.n, **lease} for row in rows])
    members: dict[str, list[Any]] = {}
    for row in rows:
        members.setdefault(row.message_id, []).append(row)
    found = {}
    for some in _in_slices(list(members)):
        for each in tx.connection.execute(select(message).where(message.c.id.in_(some))).mappings():
            found[each["id"]] = dict(each)
    return [(found[message_id], recipients) for message_id, recipients in members.items()]


def open_due(row: Any, recipients: Sequence[Any], vault: Vault) -> Due:
    """What `claim` found, opened."""
    return due_of(row, recipients, open_envelope(row, vault)[1])


def due_of(row: Any, recipients: Sequence[Any], envelope: SealedEnvelope) -> Due:
    """Recipients (n, attempts, queued_at) of a message that may be delivered now."""
    return Due(
        message_id=row["id"],
        sender=envelope.sender,
        recipients=tuple(
            DueRecipient(
                id=recipient_id(row["id"], each.n),
                address=envelope.recipients[each.n],
                attempts=each.attempts,
                notify=envelope.notify[each.n] if envelope.notify else "",
                orcpt=envelope.orcpt[each.n] if envelope.orcpt else "",
                first_queued_at=from_stored(each.queued_at),
            )
            for each in recipients
        ),
        size=row["size"],
        body_type=envelope.body_type,
        smtputf8=envelope.smtputf8,
        ret=envelope.ret,
        envid=envelope.envid,
        school=row["school"] or "unknown",
        received_at=from_stored(row["received_at"]),
    )


def outcome_row(outcome: Settled, vault: Vault, at: datetime) -> dict[str, Any]:
    """An outcome ready for the writer: the upstream's words may quote an address, so they are sealed. ValueError if the
    state is not one that delivery can lead to."""
    if outcome.state not in (RecipientState.SENT, RecipientState.FAILED, RecipientState.QUEUED):
        raise ValueError(f"delivery does not lead to {outcome.state}")
    if (outcome.state is RecipientState.QUEUED) != (outcome.next_at is not None):
        raise ValueError("next_at belongs to queued, and to nothing else")
    message_id, n = split_recipient_id(outcome.recipient_id)
    place = f"reply|{outcome.recipient_id}"
    return {
        "of": message_id,
        "at": n,
        "state": outcome.state.value,
        "next_at": to_stored(outcome.next_at) if outcome.next_at else None,
        "settled_at": to_stored(at),
        "last_code": outcome.code,
        "sealed_reply": vault.store.seal(place, outcome.reply.encode()) if outcome.reply else None,
        "route": outcome.route,
    }


def settle(tx: Transaction, items: Sequence[Outcomes]) -> Sequence[None]:
    """Write outcomes, end the leases, store the DSNs, erase the content of what is wholly sent and never was held."""
    rows = [row for item in items for row in item.rows]
    _settle.many(tx.connection, rows)
    enqueue(tx, [own for item in items for own in item.dsns])
    done = list(dict.fromkeys(row["of"] for row in rows if row["state"] == RecipientState.SENT.value))
    _erase_message.many(tx.connection, [{"of": message_id, "now": tx.stamp} for message_id in done])
    _erase_content.many(tx.connection, [{"of": message_id} for message_id in done])
    return [None] * len(items)


def void(tx: Transaction, untils: Sequence[int]) -> int:
    """End the leases of this node that run to exactly one of these times: those of commits that failed, which may have
    been made all the same, while nobody has their recipients in hand. Returns how many."""
    mine = (_QUEUED, recipient.c.lease_node == tx.node, recipient.c.lease_until.in_(untils))
    return tx.connection.execute(update(recipient).where(*mine).values(_FREE)).rowcount


def give_back(tx: Transaction, recipient_ids: Sequence[str]) -> None:
    """End leases without an attempt."""
    _free.many(tx.connection, [{"of": of, "at": n} for of, n in map(split_recipient_id, recipient_ids)])


def postpone(tx: Transaction, recipient_ids: Sequence[str], until: datetime) -> None:
    """End leases without an attempt; the recipients are due again at `until`."""
    places = map(split_recipient_id, recipient_ids)
    _postpone.many(tx.connection, [{"of": of, "at": n, "next_at": to_stored(until)} for of, n in places])


def recall(tx: Transaction, postponed: Sequence[tuple[str, datetime]], now: datetime) -> None:
    """Make due now what is still postponed until the time beside its id."""
    rows = [(*split_recipient_id(one), to_stored(until)) for one, until in postponed]
    _recall.many(tx.connection, [{"of": of, "at": n, "was": was, "next_at": to_stored(now)} for of, n, was in rows])


def retry_now(tx: Transaction, message_id: str | None = None) -> int:
    """Make queued recipients (of one message, or all) due at once. Returns how many."""
    query = update(recipient).where(_QUEUED).values(next_at=tx.stamp)
    if message_id is not None:
        query = query.where(recipient.c.message_id == message_id)
    tx.announce()
    return tx.connection.execute(query).rowcount


def hasten(tx: Transaction, route: str, now: datetime) -> int:
    """Make due now what waits because `route` was closed; returns how many recipients that were."""
    waiting = (_QUEUED, recipient.c.route == route, recipient.c.next_at > to_stored(now))
    return tx.connection.execute(update(recipient).where(*waiting).values(next_at=to_stored(now))).rowcount


def starts_of(tx: Transaction, message_id: str) -> int:
    """How many starts of judging an unjudged message were counted."""
    mine = (recipient.c.message_id == message_id, recipient.c.state == RecipientState.RECEIVED.value)
    return tx.connection.execute(select(func.max(recipient.c.attempts)).where(*mine)).scalar() or 0


def count_start(tx: Transaction, message_id: str) -> None:
    """Count another start of judging an unjudged message."""
    mine = (recipient.c.message_id == message_id, recipient.c.state == RecipientState.RECEIVED.value)
    tx.connection.execute(update(recipient).where(*mine).values(attempts=recipient.c.attempts + 1))


def unjudged(tx: Transaction, limit: int) -> list[str]:
    """Ids of messages that were accepted and have no verdict, oldest first: of this node, or of all where no other
    node can be alive."""
    query = select(message.c.id).where(message.c.judged_at.is_(None)).order_by(message.c.received_at).limit(limit)
    if not tx.alone:
        query = query.where(message.c.node == tx.node)  # and what it has adopted
    return list(tx.connection.execute(query).scalars())


def load(tx: Transaction, message_id: str) -> Message:
    """A message with its content. Gone if there is no such message or its content was erased."""
    row = message_row(tx, message_id)
    if row["erased_at"] is not None:
        raise Gone("the content of this message was erased")
    chunks = select(content.c.sealed).where(content.c.message_id == message_id).order_by(content.c.n)
    return open_message(row, list(tx.connection.execute(chunks).scalars()), tx.vault)


def message_row(tx: Transaction, message_id: str) -> dict[str, Any]:
    """The row of a message, still sealed. Gone if there is none."""
    row = tx.connection.execute(select(message).where(message.c.id == message_id)).mappings().one_or_none()
    if row is None:
        raise Gone("no such message")
    return dict(row)


def backlog(tx: Transaction) -> int:
    """Bytes of messages that still wait to be judged or delivered; held mail does not count."""
    waiting = select(recipient.c.message_id).where(
        recipient.c.state.in_([RecipientState.RECEIVED.value, RecipientState.QUEUED.value])
    )
    total = select(func.sum(message.c.size)).where(message.c.id.in_(waiting))
    return int(tx.connection.execute(total).scalar_one() or 0)


def counts(tx: Transaction) -> Counts:
    """What the metrics show."""
    states = (RecipientState.RECEIVED, RecipientState.QUEUED, RecipientState.HELD)
    found = tx.connection.execute(
        select(recipient.c.state, func.count(recipient.c.message_id.distinct()))
        .where(recipient.c.state.in_([state.value for state in states]))
        .group_by(recipient.c.state)
    )
    queue = {state.value: 0 for state in states} | {row[0]: int(row[1]) for row in found}
    held_ids = select(recipient.c.message_id).where(recipient.c.state == RecipientState.HELD.value)
    held = tx.connection.execute(
        select(message.c.school, func.count(), func.min(message.c.received_at))
        .where(message.c.id.in_(held_ids))
        .group_by(message.c.school)
    ).all()
    decided = tx.connection.execute(select(decision)).all()
    return Counts(
        queue=queue,
        held={row[0] or "unknown": int(row[1]) for row in held},
        oldest_held={row[0] or "unknown": from_stored(row[2]) for row in held},
        decisions={(row.school, row.action, row.reason): int(row.total) for row in decided},
    )


def _claim_once(tx: Transaction, item: Own) -> bool:
    if not item.once:
        return True
    if tx.connection.execute(select(once.c.key).where(once.c.key == item.once)).first():
        return False
    tx.connection.execute(insert(once).values(key=item.once, message_id=item.rows.message["id"], at=tx.stamp))
    return True


def _insert_chunks(tx: Transaction, items: Sequence[MessageRows]) -> None:
    for rows in items:
        if rows.sent_ahead:
            tx.connection.execute(delete(upload).where(upload.c.message_id == rows.message["id"]))
    _insert_content.many(
        tx.connection, [row for rows in items for row in _chunk_rows(rows.message["id"], rows.sent_ahead, rows.chunks)]
    )


def _chunk_rows(message_id: str, first: int, chunks: Sequence[bytes]) -> list[dict[str, Any]]:
    return [{"message_id": message_id, "n": n, "sealed": sealed} for n, sealed in enumerate(chunks, first)]


def _in_slices(ids: list[str], size: int = 500) -> list[list[str]]:
    return [ids[at : at + size] for at in range(0, len(ids), size)]
