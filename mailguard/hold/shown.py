"""Held mail as plain dictionaries: what `held list`, `held show` and the console's JSON give. Keys never change."""

from __future__ import annotations

from typing import Any

from mailguard.model import Finding, RecipientState, Unreadable, show_place
from mailguard.store.audit import Recorded
from mailguard.store.holds import Held, Kept


def listed(held: Held) -> dict[str, Any]:
    """One object of `held list --json`."""
    return {
        "id": held.id,
        "received": held.received_at.isoformat(timespec="seconds"),
        "school": held.school,
        "sender": held.sender,
        "recipients": [
            {"address": one.address, "state": one.state.value, "rules": list(one.rules)} for one in held.recipients
        ],
        "reference": held.reference,
        "subject": held.subject,
    }


def shown(held: Held) -> dict[str, Any]:
    """The object of `held show --json`: the listed one with findings, what could not be read, and the history."""
    return listed(held) | {
        "size": held.size,
        "mode": held.mode,
        "roll": held.roll_revision,
        "policy": held.policy_revision,
        "batch": held.batch_key,
        "recipients": [_recipient(one) for one in held.recipients],
        "unreadable": [unreadable_shown(one) for one in held.unreadable],
        "history": [_recorded(one, held) for one in held.history],
    }


def summary(held: Held) -> str:
    """The state of a message in words, for people: "1 held, 2 sent"."""
    states = [one.state for one in held.recipients]
    return ", ".join(f"{states.count(state)} {state.value}" for state in RecipientState if state in states)


def _recipient(one: Kept) -> dict[str, Any]:
    return {
        "address": one.address,
        "state": one.state.value,
        "verdict": one.outcome,
        "rules": list(one.rules),
        "attempts": one.attempts,
        "code": one.code,
        "reply": one.reply,
        "findings": [finding_shown(found) for found in one.findings],
    }


def finding_shown(found: Finding) -> dict[str, Any]:
    """One finding, in the same form as `mailguard check --json` gives it. `more` is there only in one that names nobody
    and counts the pupils (or, of no pupil, the findings) beyond those that the others of its rule and recipient name:
    where a message has thousands (`judge.gravest`)."""
    pupil = found.pupil
    row: dict[str, Any] = {
        "rule": found.rule,
        "pupil": pupil.pupil if pupil else None,
        "school": pupil.school if pupil else None,
        "strength": found.strength.value if found.strength else None,
        "categories": [one.value for one in found.categories],
        "part": show_place(found.place[: found.leaf]),
        "place": show_place(found.place),
        "evidence": [{"kind": one.kind.value, "text": one.text} for one in found.evidence],
        "sentence": found.sentence,
    }
    if pupil is None and found.pupils:
        row["pupils"] = [{"school": key.school, "pupil": key.pupil} for key in found.pupils]
    if found.more:
        row["more"] = found.more
    return row


def unreadable_shown(one: Unreadable) -> dict[str, Any]:
    """One part that could not be read, in the same form as `mailguard check --json` gives it."""
    return {
        "part": show_place(one.place[: one.leaf]),
        "place": show_place(one.place),
        "reason": one.reason.value,
        "detail": one.detail,
    }


def _recorded(one: Recorded, held: Held) -> dict[str, Any]:
    touched = one.entry.detail.get("recipients")
    ns = touched if isinstance(touched, list) else []
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "action": one.entry.action,
        "by": one.entry.actor,
        "reason": one.entry.reason,
        "recipients": [each.address for each in held.recipients if each.n in ns],
    }
