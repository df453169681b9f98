"""Whether the states of recipients are those that the audit trail tells of.

The trail is sealed, the states are not: somebody with the database alone could set a held recipient to queued, and the
relay would send it. Every hold and every decision stands in the trail, so such a recipient has moved without a cause.
Seen by `mailguard audit verify`; mail that was forgotten by retention is no longer looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from mailguard.model import RecipientState
from mailguard.store import audit
from mailguard.store.audit import Fault
from mailguard.store.database import Transaction
from mailguard.store.tables import message, recipient

_LEAVES = {
    "released": frozenset({"queued", "sent", "failed"}),
    "emergency-released": frozenset({"queued", "sent", "failed"}),
    "refused": frozenset({"refused"}),
    "emergency-refused": frozenset({"refused"}),
    "expired": frozenset({"expired"}),
}
"""What a recipient may have become after each act of the trail."""
_ANY = frozenset(state.value for state in RecipientState)
_SLICE = 500


@dataclass(slots=True)
class _Told:
    """What the trail says of one message: where it was held, who was held, and what each may have become since."""

    node: str
    seq: int
    may_be: dict[int, frozenset[str]] = field(default_factory=dict)


def unexplained(tx: Transaction) -> tuple[Fault, ...]:
    """Recipients whose state no entry of the trail explains; one fault for each message, at the entry that held it."""
    told: dict[str, _Told] = {}
    decided: list[audit.Entry] = []
    for recorded in audit.entries(tx):
        entry = recorded.entry
        if entry.message_id is not None and entry.action == "held":
            held = dict.fromkeys(_places(entry.detail), frozenset({"held"}))
            told[entry.message_id] = _Told(recorded.node, recorded.seq, held)
        elif entry.action in _LEAVES:
            decided.append(entry)
    # Only now: the clocks of two nodes may differ, so that a decision is written before the hold it ends.
    for entry in decided:
        if entry.message_id in told:
            one = told[entry.message_id]
            for n in _places(entry.detail):
                one.may_be[n] = one.may_be.get(n, frozenset()) - {"held"} | _LEAVES[entry.action]
    return (*_moved(tx, told), *_unjudged(tx))


def _places(detail: dict[str, object]) -> Iterable[int]:
    found = detail.get("recipients")
    return [n for n in found if isinstance(n, int)] if isinstance(found, list) else []


def _moved(tx: Transaction, told: dict[str, _Told]) -> list[Fault]:
    faults, ids = [], list(told)
    for at in range(0, len(ids), _SLICE):
        query = select(recipient.c.message_id, recipient.c.n, recipient.c.state)
        bad = {
            row.message_id
            for row in tx.connection.execute(query.where(recipient.c.message_id.in_(ids[at : at + _SLICE])))
            if row.state not in told[row.message_id].may_be.get(row.n, _ANY)
        }
        faults += [
            Fault(told[one].node, told[one].seq, f"message {one}: a held recipient was moved without a decision")
            for one in sorted(bad)
        ]
    return faults


def _unjudged(tx: Transaction) -> list[Fault]:
    """Mail on its way out that has no verdict and is not our own."""
    query = (
        select(message.c.id, message.c.node)
        .join(recipient, recipient.c.message_id == message.c.id)
        .where(message.c.judged_at.is_(None), recipient.c.state != RecipientState.RECEIVED.value)
        .distinct()
    )
    return [
        Fault(row.node, 0, f"message {row.id}: on its way without a verdict") for row in tx.connection.execute(query)
    ]
