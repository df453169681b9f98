"""Mail that was delivered, as far as it is still known, and the reports that some of it should not have been.

A report is an entry of the audit trail, sealed and as lasting as that: who said it, of which recipients, what was
shown, and when the school became aware. It keeps the addresses and pupils itself: the message is forgotten before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from mailguard.model import PupilKey, RecipientState
from mailguard.store import audit, holds
from mailguard.store.database import Transaction
from mailguard.store.errors import Gone
from mailguard.store.holds import Held, Kept
from mailguard.store.tables import message, recipient, sighting
from mailguard.store.users import Reach
from mailguard.store.verdicts import open_sightings

REPORTED = "delivered-wrongly"


@dataclass(frozen=True, slots=True)
class Report:
    """That a message was delivered to the recipients numbered `ns` and should not have been: why, and when the school
    became aware of it."""

    by: str
    why: str = field(repr=False)
    ns: tuple[int, ...]
    aware: datetime


def to_address(tx: Transaction, address: str, reach: Reach, limit: int) -> list[Held]:
    """The messages within `reach` that were delivered to an address, the newest first."""
    digest = tx.vault.digest("address", address.strip().lower())
    query = (
        select(message.c.id)
        .join(recipient, recipient.c.message_id == message.c.id)
        .where(
            recipient.c.address_digest == digest,
            recipient.c.state == RecipientState.SENT.value,
            message.c.own.is_(False),
        )
    )
    if not reach.every:
        query = query.where(message.c.school.in_(sorted(reach.codes)))
    found = tx.connection.execute(query.order_by(message.c.received_at.desc()).limit(limit)).scalars()
    return holds.opened(tx, list(dict.fromkeys(found)))


def delivered(held: Held) -> list[Kept]:
    """The recipients that a message was delivered to."""
    return [one for one in held.recipients if one.state is RecipientState.SENT]


def pupils_seen(tx: Transaction, held: Held) -> list[PupilKey]:
    """The pupils that a message showed, as far as that is still known; namesakes all of them."""
    query = select(sighting.c.sealed, message.c.wrapped_key).join(message, message.c.id == sighting.c.message_id)
    row = tx.connection.execute(query.where(sighting.c.message_id == held.id)).one_or_none()
    found: set[PupilKey] = set()
    if row is not None:
        seen = open_sightings(tx.vault.unwrap(held.id, row.wrapped_key), row.sealed)
        found |= {key for one in seen.pupils for key in one.pupils}
    for finding in (each for kept in held.recipients for each in kept.findings):
        found |= {finding.pupil} if finding.pupil else set(finding.pupils)
    return sorted(found)


def report(tx: Transaction, held: Held, said: Report) -> None:
    """Write down that a message should not have been delivered. Gone if none of the recipients named received it."""
    chosen = [one for one in delivered(held) if one.n in said.ns]
    if not chosen:
        raise Gone("it was not delivered to any of them")
    detail: dict[str, object] = {
        "recipients": [one.n for one in chosen],
        "addresses": [one.address for one in chosen],
        "pupils": [f"{key.school}/{key.pupil}" for key in pupils_seen(tx, held)],
        "sent": held.received_at.isoformat(timespec="seconds"),
        "aware": said.aware.isoformat(timespec="seconds"),
        "sender": held.sender,
    }
    audit.append(tx, [audit.Entry(REPORTED, said.by, held.id, held.school, said.why, detail)])
