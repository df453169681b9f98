"""Verdicts to rows: what was found is sealed with the message's key before it reaches the writer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, update

from mailguard.model import Finding, Outcome, PupilKey, RecipientState, RecipientVerdict, Sightings, Unreadable, Verdict
from mailguard.store import audit
from mailguard.store.crypto import Seal, Vault
from mailguard.store.database import Transaction
from mailguard.store.errors import AlreadyJudged
from mailguard.store.hot import Hot
from mailguard.store.rows import to_stored
from mailguard.store.tables import finding, message, recipient, sighting

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_encode = msgspec.msgpack.Encoder().encode
_findings = msgspec.msgpack.Decoder(Finding)
_unreadables = msgspec.msgpack.Decoder(tuple[Unreadable, ...])
_sightings = msgspec.msgpack.Decoder(Sightings)

_JUDGED = ("judged_at", "verdict", "mode", "school", "roll_revision", "policy_revision", "batch_key", "reference")
_MOVED = ("state", "verdict", "queued_at", "next_at", "lease_node", "lease_until")
_judge_message = Hot(
    update(message)
    .where(message.c.id == bindparam("of"), message.c.judged_at.is_(None))
    .values({name: bindparam(name) for name in (*_JUDGED, "sealed_subject", "sealed_unreadable")})
)
_judge_recipient = Hot(
    update(recipient)
    .where(
        recipient.c.message_id == bindparam("of"),
        recipient.c.n == bindparam("at"),
        recipient.c.state == RecipientState.RECEIVED.value,
    )
    # Starts of judging were counted in `attempts`; from here on it counts attempts of delivery.
    .values({"attempts": 0, **{name: bindparam(name) for name in _MOVED}})
)
_insert_finding = Hot(insert(finding), [column.name for column in finding.columns])
_insert_sighting = Hot(insert(sighting), [column.name for column in sighting.columns])


@dataclass(frozen=True, slots=True)
class VerdictRows:
    """One verdict ready for the writer. `queued` are the positions of the recipients that go out now."""

    message: dict[str, Any]
    recipients: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    sightings: list[dict[str, Any]]
    entries: list[audit.Entry]
    queued: tuple[int, ...]

    @property
    def weight(self) -> int:
        """Bytes to write, about."""
        return sum(len(row["sealed"]) for row in (*self.findings, *self.sightings))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What `verdict_rows` needs to know of the act of judging."""

    verdict: Verdict
    sightings: Sightings
    mode: str
    batch_key: str
    subject: str
    at: datetime
    lease_node: str | None
    lease_until: datetime | None


def reference(message_id: str) -> str:
    """What people quote on the telephone for a message: MG- and five signs that are not mistaken for each other."""
    number = int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=8).digest(), "big")
    signs = ""
    for _ in range(5):
        number, sign = divmod(number, len(_ALPHABET))
        signs += _ALPHABET[sign]
    return f"MG-{signs}"


def finding_rows(
    message_id: str, addresses: Sequence[str], seal: Seal, vault: Vault, verdict: Verdict
) -> Iterator[dict[str, Any]]:
    """Seal the findings of a verdict one by one: there may be thousands."""
    for n, one in enumerate(_by_position(addresses, verdict)):
        for k, found in enumerate(one.findings if one is not None else ()):
            yield _finding_row(message_id, n, k, found, seal, vault)


def verdict_rows(
    message_id: str,
    addresses: Sequence[str],
    seal: Seal,
    vault: Vault,
    by: Judgement,
    findings: list[dict[str, Any]] | None = None,
) -> VerdictRows:
    """Seal a verdict. A recipient that it does not name is held: silence is not leave to send. `findings` are those of
    `finding_rows`, if they were made before."""
    verdicts = _by_position(addresses, by.verdict)
    held = tuple(n for n, verdict in enumerate(verdicts) if verdict is None or verdict.outcome is Outcome.HOLD)
    observing = by.mode == "observe"
    queued = tuple(n for n in range(len(addresses)) if observing or n not in held)
    stays = not observing and (bool(held) or not addresses)
    row = {
        "of": message_id,
        "judged_at": to_stored(by.at),
        "verdict": "hold" if len(held) == len(addresses) else "mixed" if held else "deliver",
        "mode": by.mode,
        "school": by.verdict.school,
        "roll_revision": by.verdict.roll_revision,
        "policy_revision": by.verdict.policy_revision,
        "batch_key": by.batch_key,
        "reference": reference(message_id) if stays else None,
        "sealed_subject": seal.seal("subject", by.subject.encode("utf-8", "replace")) if by.subject else None,
        "sealed_unreadable": seal.seal("unreadable", _encode(by.verdict.unreadable)) if by.verdict.unreadable else None,
    }
    if findings is None:
        findings = list(finding_rows(message_id, addresses, seal, vault, by.verdict))
    return VerdictRows(
        message=row,
        recipients=[_recipient_row(message_id, n, n in held, n in queued, by) for n in range(len(addresses))],
        findings=findings,
        sightings=_sighting_rows(message_id, seal, by),
        entries=_entries(message_id, held, findings, observing, by.verdict) if held or not addresses else [],
        queued=queued,
    )


def record(tx: Transaction, items: Sequence[VerdictRows]) -> Sequence[None]:
    """Write verdicts, states and audit entries. AlreadyJudged if one of the messages has its verdict."""
    judged = _judge_message.many(tx.connection, [item.message for item in items])
    if judged != len(items):
        raise AlreadyJudged("the message has its verdict, or does not exist")
    _judge_recipient.many(tx.connection, [row for item in items for row in item.recipients])
    _insert_finding.many(tx.connection, [row for item in items for row in item.findings])
    _insert_sighting.many(tx.connection, [row for item in items for row in item.sightings])
    audit.append(tx, [entry for item in items for entry in item.entries])
    if any(
        row["state"] == RecipientState.QUEUED and not row["lease_node"] for item in items for row in item.recipients
    ):
        tx.announce()
    return [None] * len(items)


def open_finding(seal: Seal, place: tuple[int, int], sealed: bytes) -> Finding:
    """The finding at `place` (recipient, n) of the message that `seal` belongs to."""
    return _findings.decode(seal.open(_finding_place(*place), sealed))


def open_unreadable(seal: Seal, sealed: bytes | None) -> tuple[Unreadable, ...]:
    """What could not be read in a message."""
    return _unreadables.decode(seal.open("unreadable", sealed)) if sealed else ()


def open_sightings(seal: Seal, sealed: bytes) -> Sightings:
    """What was seen in a message."""
    return _sightings.decode(seal.open("sightings", sealed))


def _by_position(addresses: Sequence[str], verdict: Verdict) -> list[RecipientVerdict | None]:
    named: dict[str, RecipientVerdict] = {}
    for one in verdict.recipients:
        if one.address not in named or one.outcome is Outcome.HOLD:
            named[one.address] = one
    return [named.get(address) for address in addresses]


def _recipient_row(message_id: str, n: int, held: bool, queued: bool, by: Judgement) -> dict[str, Any]:
    at = to_stored(by.at) if queued else None
    return {
        "of": message_id,
        "at": n,
        "state": (RecipientState.QUEUED if queued else RecipientState.HELD).value,
        "verdict": (Outcome.HOLD if held else Outcome.DELIVER).value,
        "queued_at": at,
        "next_at": at,
        "lease_node": by.lease_node if queued else None,
        "lease_until": to_stored(by.lease_until) if queued and by.lease_until else None,
    }


def _finding_row(message_id: str, n: int, k: int, found: Finding, seal: Seal, vault: Vault) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "recipient": n,
        "n": k,
        "rule": found.rule,
        "strength": found.strength.value if found.strength else None,
        "pupil_digest": pupil_digest(vault, found.pupil) if found.pupil else None,
        "sealed": seal.seal(_finding_place(n, k), _encode(found)),
    }


def pupil_digest(vault: Vault, pupil: PupilKey) -> bytes:
    """What stands for a pupil in lookups."""
    return vault.digest("pupil", f"{pupil.school}\0{pupil.pupil}")


def _finding_place(n: int, k: int) -> str:
    return f"finding|{n}|{k}"


def _sighting_rows(message_id: str, seal: Seal, by: Judgement) -> list[dict[str, Any]]:
    seen = by.sightings
    if not (seen.pupils or seen.confidential or seen.unknown):
        return []
    return [
        {"message_id": message_id, "seen_at": to_stored(by.at), "sealed": seal.seal("sightings", _encode(seen))},
    ]


def _entries(
    message_id: str, held: tuple[int, ...], findings: list[dict[str, Any]], observing: bool, verdict: Verdict
) -> list[audit.Entry]:
    detail: dict[str, object] = {
        "recipients": list(held),
        "rules": sorted({row["rule"] for row in findings if row["recipient"] in held}),
        "roll": verdict.roll_revision,
        "policy": verdict.policy_revision,
    }
    action = "would-hold" if observing else "held"
    return [audit.Entry(action, "mailguard", message_id, verdict.school, detail=detail)]
