"""Add, end and list overrides: what the school knows better than its system, in force at once and after every import.

`add_override` and `end_override` are the verbs of the command line and the console alike. Each is audited with who and
why, and makes a new revision of the roll in force; one that is past its last day ends by itself (`lay_overrides`, which
the relay calls when `overrides_differ` says so).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from mailguard.enrol.actors import KEEPERS, Actor, Incomplete, check
from mailguard.enrol.door import Door
from mailguard.enrol.imports import Imported, lay_overrides
from mailguard.enrol.subjects import barred_addresses, find_pupil, on_roll
from mailguard.model import Pupil, PupilKey, Roll
from mailguard.roll.checks import ADDRESS
from mailguard.roll.keys import address_key
from mailguard.roll.overrides import Finder, Override, OverrideKind, subject_of
from mailguard.store import Conflict, Transaction, overrides
from mailguard.store.revisions import current_data, import_report, roll_in_force


@dataclass(frozen=True, slots=True)
class Wanted:
    """An override as somebody asks for it. `pupil` is SCHOOL/ID, a UPN or an id ("" for confidential only)."""

    kind: OverrideKind
    address: str
    why: str
    pupil: str = ""
    relationship: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """An override that was added, the revision it made, whether an order bars the very address it lets in, and whether
    nobody on the roll has the address that it bars or keeps secret (a slip of the hand bars nobody)."""

    override: Override
    imported: Imported | None
    still_barred: bool = False
    nobodys: bool = False


def add_override(door: Door, actor: Actor, wanted: Wanted) -> Added:
    """Add an override and put it in force. Incomplete for what is missing or impossible, Gone if the pupil is not on
    the roll, Conflict before the first import or where one that holds as long says the same, NotAllowed by the rules,
    StoreError; nothing is changed then."""
    if not ADDRESS.fullmatch(wanted.address.strip()):
        raise Incomplete("this is not one e-mail address")
    if not wanted.why.strip():
        raise Incomplete("an override needs a reason")
    if (wanted.kind is OverrideKind.CONFIDENTIAL) == bool(wanted.pupil):
        raise Incomplete(
            "a confidential address needs no pupil" if wanted.pupil else "this kind of override needs a pupil"
        )
    data = door.read(current_data)
    if data is None:
        raise Conflict("no roll was imported yet")
    pupil = find_pupil(data.base, wanted.pupil) if wanted.pupil else None

    def keep(tx: Transaction) -> Override:
        check(tx, actor, KEEPERS, pupil.school if pupil else "")
        if wanted.until is not None and wanted.until < tx.now.date():
            raise Incomplete("the last day is over already")
        overrides.alone(tx)  # or of two people who add the same at once, both would
        _must_say_more(tx, wanted, data.base, pupil)
        return overrides.add(
            tx,
            Override(
                0,
                wanted.kind,
                wanted.address.strip(),
                subject_of(pupil) if pupil else None,
                wanted.relationship.strip(),
                wanted.until,
                actor.told,
                wanted.why.strip(),
            ),
        )

    added = door.write(keep)
    barred = wanted.kind is OverrideKind.ADDRESS and pupil is not None
    still = barred and pupil is not None and address_key(added.address).normal in barred_addresses(data.roll, pupil.key)
    nobodys = wanted.kind is not OverrideKind.ADDRESS and not on_roll(data.base, added.address)
    return Added(added, lay_overrides(door, actor.told, f"override {added.number} added"), still, nobodys)


def _must_say_more(tx: Transaction, wanted: Wanted, roll: Roll, pupil: Pupil | None) -> None:
    """Raise Conflict if an active override of the same kind, address and pupil, and with as late an end, is there."""
    key = address_key(wanted.address.strip()).normal
    alike = [
        one
        for one in overrides.active(tx)
        if (one.kind, one.relationship) == (wanted.kind, wanted.relationship.strip())
        and address_key(one.address).normal == key
        and (one.until is None or (wanted.until is not None and wanted.until <= one.until))
    ]
    finder = Finder(roll.pupils if alike and pupil else ())
    for one in alike:
        if pupil is None or (one.pupil is not None and finder.find(one.pupil) == pupil):
            raise Conflict(f"override {one.number} says the same already; remove it first to say it anew")


def end_override(door: Door, actor: Actor, number: int, why: str) -> Override:
    """End an override; the roll in force goes on without it. Gone, Conflict, Incomplete, NotAllowed, StoreError."""

    if not why.strip():
        raise Incomplete("to end an override needs a reason")

    def end(tx: Transaction) -> Override:
        found = next((one.override for one in overrides.everything(tx) if one.override.number == number), None)
        check(tx, actor, KEEPERS, found.pupil.school if found and found.pupil else "")
        return overrides.end(tx, number, actor.told, why)

    ended = door.write(end)
    lay_overrides(door, actor.told, f"override {number} ended")
    return ended


def list_overrides(tx: Transaction, is_barred: Callable[[str, PupilKey], bool] | None = None) -> list[dict[str, Any]]:
    """All overrides, newest first, as `mailguard roll override list --json` prints them: `{"number", "kind", "address",
    "school", "pupil", "relationship", "until", "by", "why", "added", "ended", "state"}`; the state is active, unmatched
    (its pupil is not on the roll in force), barred (a further address that an order keeps from the pupil: the order
    comes first), expired or ended. Orders of the roll itself are known by `is_barred`, which says of address and pupil
    whether an order keeps them apart."""
    revision = roll_in_force(tx)
    kept_from = _barred(tx)
    unmatched = import_report(tx, revision.number).get("unmatched", []) if revision else []
    rows = []
    for kept in reversed(overrides.everything(tx)):
        one, state = kept.override, "active"
        if kept.ended_at is not None:
            state = "ended"
        elif not one.active(tx.now.date()):
            state = "expired"
        elif one.number in unmatched:
            state = "unmatched"
        elif one.kind is OverrideKind.ADDRESS and one.pupil and _is_kept_from(one, one.pupil.key, kept_from, is_barred):
            state = "barred"
        rows.append(
            {
                "number": one.number,
                "kind": one.kind.value,
                "address": one.address,
                "school": one.pupil.school if one.pupil else None,
                "pupil": one.pupil.pupil_id if one.pupil else None,
                "relationship": one.relationship,
                "until": one.until.isoformat() if one.until else None,
                "by": one.by,
                "why": one.why,
                "added": kept.added_at.isoformat(),
                "ended": kept.ended_at.isoformat() if kept.ended_at else None,
                "state": state,
            }
        )
    return rows


def _barred(tx: Transaction) -> frozenset[tuple[str, PupilKey]]:
    """The pairs that an order among the overrides keeps apart: normal address, pupil."""
    return frozenset(
        (address_key(one.address).normal, one.pupil.key)
        for one in overrides.active(tx)
        if one.kind is OverrideKind.BAR and one.pupil
    )


def _is_kept_from(
    one: Override,
    pupil: PupilKey,
    kept_from: frozenset[tuple[str, PupilKey]],
    is_barred: Callable[[str, PupilKey], bool] | None,
) -> bool:
    if (address_key(one.address).normal, pupil) in kept_from:
        return True
    return is_barred is not None and is_barred(one.address, pupil)
