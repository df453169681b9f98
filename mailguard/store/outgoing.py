"""Mail on its way, for people: what is queued, when it is tried next, what the next server said last; try it now, or
take it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import null, select, update

from mailguard.model import RecipientState
from mailguard.store import audit, queue
from mailguard.store.database import Transaction
from mailguard.store.envelope import open_envelope
from mailguard.store.errors import Conflict, Gone
from mailguard.store.rows import from_stored, recipient_id
from mailguard.store.tables import message, recipient

_ON_THE_WAY = (RecipientState.RECEIVED.value, RecipientState.QUEUED.value)


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """One recipient that is not yet judged (RECEIVED) or not yet reached (QUEUED); `code` 0 before any answer."""

    address: str = field(repr=False)
    state: RecipientState
    attempts: int
    next_at: datetime | None
    code: int
    reply: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message with the recipients it has not reached."""

    id: str
    received_at: datetime
    size: int
    sender: str = field(repr=False)
    recipients: tuple[OnTheWay, ...]


def on_the_way(tx: Transaction, limit: int = 10_000) -> list[Outgoing]:
    """Messages with recipients on the way, oldest first; at most `limit` recipients."""
    rows = tx.connection.execute(
        select(message, recipient, message.c.id.label("of"))
        .join(recipient, recipient.c.message_id == message.c.id)
        .where(recipient.c.state.in_(_ON_THE_WAY))
        .order_by(message.c.received_at, message.c.id, recipient.c.n)
        .limit(limit)
    ).mappings()
    found = []
    for message_id, group in groupby(rows, key=lambda row: str(row["of"])):
        own = list(group)
        _, envelope = open_envelope(dict(own[0]), tx.vault)
        people = tuple(
            OnTheWay(
                address=envelope.recipients[row["n"]],
                state=RecipientState(row["state"]),
                attempts=row["attempts"],
                next_at=from_stored(row["next_at"]) if row["next_at"] is not None else None,
                code=row["last_code"] or 0,
                reply=tx.vault.store.open(f"reply|{recipient_id(message_id, row['n'])}", row["sealed_reply"]).decode()
                if row["sealed_reply"]
                else "",
            )
            for row in own
        )
        first = own[0]
        found.append(Outgoing(message_id, from_stored(first["received_at"]), first["size"], envelope.sender, people))
    return found


def retry(tx: Transaction, actor: str, message_id: str | None = None) -> int:
    """Make queued recipients (of one message, or all) due at once, and write down who did. Returns how many. Gone if
    there is no such message."""
    school = queue.message_row(tx, message_id)["school"] if message_id is not None else None
    count = queue.retry_now(tx, message_id)
    audit.append(tx, [audit.Entry("retried", actor, message_id, school, detail={"recipients": count})])
    return count


def remove(
    tx: Transaction, actor: str, message_id: str, reason: str, to: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Take queued recipients of a message (those in `to`, or all) out of the queue for good; nobody is told of it by
    mail. Returns their addresses.

    Gone if there is no such message, Conflict if one of them is not queued or is being delivered at this moment:
    nothing is changed then."""
    row = queue.message_row(tx, message_id)
    _, envelope = open_envelope(row, tx.vault)
    found = tx.connection.execute(select(recipient).where(recipient.c.message_id == message_id)).all()
    addresses = {each.n: envelope.recipients[each.n] for each in found}
    wanted = {address.casefold() for address in to} if to else None
    chosen = [each for each in found if wanted is None or addresses[each.n].casefold() in wanted]
    if wanted is not None and len({addresses[each.n].casefold() for each in chosen}) < len(wanted):
        raise Gone("the message has no such recipient")
    if wanted is None:
        chosen = [each for each in chosen if each.state == RecipientState.QUEUED.value]
    if not chosen or any(each.state != RecipientState.QUEUED.value for each in chosen):
        raise Conflict("not in the queue: it was delivered, failed, is held or not yet judged")
    if any(each.lease_until is not None and each.lease_until > tx.stamp for each in chosen):
        raise Conflict("it is being delivered at this moment; look again in a minute")
    ns = [each.n for each in chosen]
    gone = {"state": RecipientState.FAILED.value, "settled_at": tx.stamp, "next_at": null(), "last_code": null()}
    mine = (recipient.c.message_id == message_id, recipient.c.n.in_(ns))
    tx.connection.execute(update(recipient).where(*mine).values(gone))
    audit.append(tx, [audit.Entry("removed", actor, message_id, row["school"], reason, {"recipients": ns})])
    return tuple(addresses[n] for n in ns)
