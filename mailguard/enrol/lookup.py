"""Questions about the roll in force: how old is it, and what may this address receive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailguard.judge.standing import Addresses, Kind
from mailguard.model import MayReceive, PupilKey, Roll
from mailguard.policy import Policy
from mailguard.store import Transaction
from mailguard.store.revisions import RollRevision, roll_history, roll_in_force

_KINDS = {
    Kind.AGENCY: "agency",
    Kind.STAFF: "staff",
    Kind.STAFF_LIST: "list",
    Kind.FAMILY_LIST: "list",
    Kind.UNDECLARED_LIST: "list",
}
_ORDER = ("contact", "staff", "pupil", "agency", "list")


def who(roll: Roll, policy: Policy, address: str) -> dict[str, Any]:
    """Return what an address is and may receive, as `mailguard roll who --json` prints it:
    `{"address", "kinds", "pupils": [{"school", "pupil", "relationship"}], "barred": [the same]}`.

    `kinds` is empty for an address that neither roll nor policy knows. A pupil's own mailbox has the relationship
    "self"."""
    standing = Addresses(roll, policy).of(address)
    rights = standing.rights
    kinds = set(rights.kinds)
    if standing.kind in _KINDS:
        kinds.add(_KINDS[standing.kind])
    if standing.agencies:
        kinds.add("agency")
    words = _relationships(roll, frozenset(rights.contacts))
    return {
        "address": address,
        "kinds": [kind for kind in _ORDER if kind in kinds],
        "pupils": [_pupil(key, words, MayReceive.YES) for key in sorted(rights.pupils)],
        "barred": [_pupil(key, words, MayReceive.ORDER) for key in sorted(rights.barred)],
    }


def _relationships(roll: Roll, contacts: frozenset[str]) -> dict[tuple[PupilKey, MayReceive], list[str]]:
    words: dict[tuple[PupilKey, MayReceive], list[str]] = {}
    for pair in roll.relationships:
        if pair.contact_id in contacts:
            words.setdefault((pair.pupil, pair.may_receive), []).append(pair.relationship)
    return words


def _pupil(key: PupilKey, words: dict[tuple[PupilKey, MayReceive], list[str]], may: MayReceive) -> dict[str, str]:
    found = {word.casefold(): word for word in reversed(words.get((key, may), ["self"])) if word}
    return {"school": key.school, "pupil": key.pupil, "relationship": ", ".join(reversed(found.values()))}


def _school(revision: RollRevision, code: str, now: datetime, policy: Policy) -> dict[str, Any]:
    read = revision.seen_at(code)
    return {
        "school": code,
        "pupils": revision.pupils[code],
        "read": read.isoformat(),
        "stale": (now - read).total_seconds() > policy.mail.roll_max_age,
    }


def roll_status(tx: Transaction, now: datetime, policy: Policy) -> dict[str, Any]:
    """Return what `mailguard roll status --json` prints:
    `{"revision", "imported", "age_seconds", "stale", "schools": [{"school", "pupils", "read", "stale"}], "imports":
    [{"number", "revision", "imported", "pupils", "kind", "kept"}]}`; everything about the revision in force is None
    before the first import. Ages count from when a school's source was last read; `stale` is True once one is older
    than the policy's `roll_max_age`. `kind` is import, rollback or overrides; `kept` says that `roll rollback` can go
    back to it."""
    history = roll_history(tx)
    latest = history[0] if history else None
    age = (now - latest.oldest).total_seconds() if latest else None
    return {
        "revision": latest.digest if latest else None,
        "imported": latest.imported_at.isoformat() if latest else None,
        "age_seconds": round(age) if age is not None else None,
        "stale": age is None or age > policy.mail.roll_max_age,
        "schools": [_school(latest, code, now, policy) for code in latest.pupils] if latest else [],
        "imports": [
            {
                "number": item.number,
                "revision": item.digest,
                "imported": item.imported_at.isoformat(),
                "pupils": sum(item.pupils.values()),
                "kind": item.kind,
                "kept": item.kept,
            }
            for item in history
        ],
    }


def seen_at(tx: Transaction) -> dict[str, float]:
    """When the source of each school of the roll in force was last read, in Unix seconds."""
    revision = roll_in_force(tx)
    return {school: revision.seen_at(school).timestamp() for school in revision.pupils} if revision else {}
