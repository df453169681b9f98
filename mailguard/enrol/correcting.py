"""Note, close, list and export what the school's system has wrong, for the person who mends it there.

`note_correction` and `close_correction` are the verbs of the command line and the console alike; an import that mends
one closes it (`mailguard.enrol.imports`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailguard.enrol.actors import NOTERS, Actor, Incomplete, check
from mailguard.enrol.door import Door
from mailguard.enrol.subjects import contact_names, find_pupil
from mailguard.roll.checks import ADDRESS
from mailguard.roll.corrections import DETAILS, NEED_ADDRESS, Correction, Wrong, as_csv, detail_of, mended
from mailguard.roll.overrides import subject_of
from mailguard.store import Conflict, Transaction, corrections
from mailguard.store.revisions import current_data


@dataclass(frozen=True, slots=True)
class Noted:
    """A correction as somebody notes it: `pupil` is SCHOOL/ID, a UPN or an id, `detail` one of
    `mailguard.roll.corrections.DETAILS`."""

    wrong: Wrong
    pupil: str
    address: str = ""
    detail: str = ""
    note: str = ""


def note_correction(door: Door, actor: Actor, noted: Noted) -> Correction:
    """Add a correction. Incomplete for what is missing, Gone if the pupil is not on the roll, Conflict if the roll in
    force says so already, NotAllowed, StoreError."""
    if noted.wrong in NEED_ADDRESS and not ADDRESS.fullmatch(noted.address.strip()):
        raise Incomplete("this kind of correction needs one e-mail address")
    if noted.wrong is Wrong.DETAIL and noted.detail not in DETAILS:
        raise Incomplete(f"name the detail that is wrong: one of {', '.join(DETAILS)}")
    if noted.wrong is Wrong.OTHER and not noted.note.strip():
        raise Incomplete("say in a note what is wrong")
    data = door.read(current_data)
    if data is None:
        raise Conflict("no roll was imported yet")
    pupil = find_pupil(data.base, noted.pupil)
    detail = noted.detail if noted.wrong is Wrong.DETAIL else ""
    one = Correction(
        0,
        noted.wrong,
        subject_of(pupil),
        noted.address.strip(),
        contact_names(data.base, pupil.key, noted.address) if noted.address else "",
        detail,
        detail_of(pupil, detail) if detail else "",
        noted.note.strip(),
        actor.told,
    )
    if mended([one], data.base):
        raise Conflict("the roll in force does not have this fault")

    def keep(tx: Transaction) -> Correction:
        check(tx, actor, NOTERS, pupil.school)
        return corrections.add(tx, one)

    return door.write(keep)


def close_correction(door: Door, actor: Actor, number: int, why: str) -> None:
    """Close a correction by hand. Gone, Conflict, Incomplete without a reason, NotAllowed, StoreError."""
    if not why.strip():
        raise Incomplete("to close a correction needs a reason")

    def close(tx: Transaction) -> None:
        found = next((one for one in corrections.open_ones(tx) if one.number == number), None)
        check(tx, actor, NOTERS, found.pupil.school if found else "")
        corrections.close(tx, (number,), actor.told, why)

    door.write(close)


def list_corrections(tx: Transaction, *, closed: bool = False) -> list[dict[str, Any]]:
    """Open corrections, oldest first (with `closed` all), as `mailguard roll correction list --json` prints them:
    `{"number", "wrong", "sentence", "school", "pupil", "contact", "address", "detail", "note", "by", "since",
    "closed"}`."""
    return [
        {
            "number": one.number,
            "wrong": one.wrong.value,
            "sentence": one.sentence,
            "school": one.pupil.school,
            "pupil": one.pupil.pupil_id,
            "contact": one.contact,
            "address": one.address,
            "detail": one.detail,
            "note": one.note,
            "by": one.by,
            "since": kept.since.isoformat(),
            "closed": kept.closed_at.isoformat() if kept.closed_at else None,
        }
        for kept in corrections.everything(tx, closed=closed)
        for one in (kept.correction,)
    ]


def export_corrections(tx: Transaction) -> str:
    """The open corrections as CSV for the clerk; no cell can be taken for a formula."""
    return as_csv((kept.correction, kept.since) for kept in corrections.everything(tx, closed=False))
