"""What the store keeps about one pupil, and how it is erased on request.

Findings are looked up by the pupil's keyed digest; sightings of delivered mail are sealed and opened one by one.
Erasing takes content, findings and sightings of messages that are settled for all recipients; what is held or on its
way is left and named. The audit trail keeps its entries, which name no pupil.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from mailguard.model import PupilKey, RecipientState
from mailguard.store import audit
from mailguard.store.database import Transaction
from mailguard.store.rows import from_stored
from mailguard.store.tables import content, finding, message, recipient, sighting
from mailguard.store.verdicts import open_finding, open_sightings, pupil_digest

_OPEN = {RecipientState.RECEIVED.value, RecipientState.QUEUED.value, RecipientState.HELD.value}
_SLICE = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """One message that showed the pupil: when it came, its recipients' states, the rules that named the pupil, or
    counted pupils without a name (none: it was seen and passed), and whether the content is still kept."""

    id: str
    reference: str
    received_at: datetime
    school: str
    states: tuple[str, ...]
    rules: tuple[str, ...]
    content_kept: bool

    @property
    def is_open(self) -> bool:
        """Whether a recipient still waits."""
        return bool(_OPEN & set(self.states))


def messages_about(tx: Transaction, pupil: PupilKey) -> list[Shown]:
    """Every message kept that showed the pupil, oldest first."""
    rules: dict[str, set[str]] = {}
    by_finding = select(finding.c.message_id, finding.c.rule).where(
        finding.c.pupil_digest == pupil_digest(tx.vault, pupil)
    )
    for row in tx.connection.execute(by_finding):
        rules.setdefault(row.message_id, set()).add(row.rule)
    for message_id in _sighted(tx, pupil):
        if message_id not in rules:
            rules[message_id] = _counting(tx, message_id)
    found = [_shown(tx, message_id, tuple(sorted(named))) for message_id, named in rules.items()]
    return sorted(found, key=lambda one: (one.received_at, one.id))


def erase(tx: Transaction, pupil: PupilKey, by: str, reason: str) -> tuple[list[str], list[Shown]]:
    """Erase what is settled; returns the ids of what was erased, and what is left because it is open."""
    found = messages_about(tx, pupil)
    done, left = [one.id for one in found if not one.is_open], [one for one in found if one.is_open]
    for at in range(0, len(done), _SLICE):
        ids = done[at : at + _SLICE]
        for table in (content, finding, sighting):
            tx.connection.execute(delete(table).where(table.c.message_id.in_(ids)))
        gone = {"erased_at": tx.stamp, "sealed_subject": None, "sealed_unreadable": None}
        tx.connection.execute(update(message).where(message.c.id.in_(ids)).values(gone))
    detail: dict[str, object] = {"messages": done, "left": [one.id for one in left]}
    audit.append(tx, [audit.Entry("subject-erased", by, school=pupil.school, reason=reason, detail=detail)])
    return done, left


def _sighted(tx: Transaction, pupil: PupilKey) -> Iterator[str]:
    query = select(sighting.c.message_id, sighting.c.sealed, message.c.wrapped_key).join(
        message, message.c.id == sighting.c.message_id
    )
    for row in tx.connection.execute(query.execution_options(yield_per=500)):
        seen = open_sightings(tx.vault.unwrap(row.message_id, row.wrapped_key), row.sealed)
        if any(pupil in one.pupils for one in seen.pupils):
            yield row.message_id


def _counting(tx: Transaction, message_id: str) -> set[str]:
    """The rules of the findings that only count some of a message's pupils."""
    query = select(finding.c.recipient, finding.c.n, finding.c.rule, finding.c.sealed, message.c.wrapped_key).join(
        message, message.c.id == finding.c.message_id
    )
    nameless = query.where(finding.c.message_id == message_id, finding.c.pupil_digest.is_(None))
    found: set[str] = set()
    for row in tx.connection.execute(nameless.where(finding.c.strength.is_not(None))):
        if row.rule not in found:
            seal = tx.vault.unwrap(message_id, row.wrapped_key)
            if open_finding(seal, (row.recipient, row.n), row.sealed).more:
                found.add(row.rule)
    return found


def _shown(tx: Transaction, message_id: str, rules: tuple[str, ...]) -> Shown:
    row = tx.connection.execute(select(message).where(message.c.id == message_id)).mappings().one()
    states = tx.connection.execute(
        select(recipient.c.state).where(recipient.c.message_id == message_id).order_by(recipient.c.n)
    ).scalars()
    return Shown(
        message_id,
        row["reference"] or "",
        from_stored(row["received_at"]),
        row["school"] or "unknown",
        tuple(states),
        rules,
        row["erased_at"] is None,
    )
