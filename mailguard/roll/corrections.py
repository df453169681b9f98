"""What the school's own system has wrong, for the person who mends it there; told from a roll whether it was mended."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum

from mailguard.model import MayReceive, Pupil, PupilKey, PupilStatus, Roll
from mailguard.roll.keys import address_key
from mailguard.roll.overrides import Finder, Subject


class Wrong(StrEnum):
    """What is wrong with a pupil's record. All but OTHER are seen to be mended by an import."""

    ADDRESS_WRONG = "address-wrong"
    ADDRESS_MISSING = "address-missing"
    ORDER_MISSING = "order-missing"
    LEFT = "left"
    DETAIL = "detail"
    OTHER = "other"


SENTENCES = {
    Wrong.ADDRESS_WRONG: "This address may receive mail about the pupil, and it should not.",
    Wrong.ADDRESS_MISSING: "This address should receive mail about the pupil, and it does not.",
    Wrong.ORDER_MISSING: "A court order keeps this contact from the pupil, and the record does not say so.",
    Wrong.LEFT: "The pupil has left, and the record says current.",
    Wrong.DETAIL: "A detail of the pupil is wrong",
    Wrong.OTHER: "See the note.",
}
NEED_ADDRESS = frozenset((Wrong.ADDRESS_WRONG, Wrong.ADDRESS_MISSING, Wrong.ORDER_MISSING))
DETAILS = tuple(one.name for one in fields(Pupil) if one.name not in ("school", "pupil_id", "status"))


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing to mend. `detail` names the wrong column of the pupil (DETAIL only), `was` what stood there."""

    number: int
    wrong: Wrong
    pupil: Subject
    address: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    detail: str = ""
    was: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    by: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, in plain English, without personal data."""
        return f"{SENTENCES[self.wrong]}: {self.detail.replace('_', ' ')}." if self.detail else SENTENCES[self.wrong]


def mended(corrections: Sequence[Correction], roll: Roll) -> frozenset[int]:
    """Return the numbers of those that a roll, as it was read, has mended. A pupil who is not on it any more has only
    left; the rest waits for a person."""
    if not corrections:
        return frozenset()
    finder = Finder(roll.pupils)
    found = {one.number: finder.find(one.pupil) for one in corrections}
    rights = _rights(roll, {pupil.key for pupil in found.values() if pupil is not None})
    return frozenset(one.number for one in corrections if _is_mended(one, found[one.number], rights))


Rights = dict[tuple[PupilKey, MayReceive], set[str]]


def _rights(roll: Roll, pupils: set[PupilKey]) -> Rights:
    pairs = [pair for pair in roll.relationships if pair.pupil in pupils]
    wanted = {pair.contact_id for pair in pairs}
    emails = {
        contact.contact_id: [address_key(email).normal for email in contact.emails]
        for contact in roll.contacts
        if contact.contact_id in wanted
    }
    found: defaultdict[tuple[PupilKey, MayReceive], set[str]] = defaultdict(set)
    for pair in pairs:
        found[pair.pupil, pair.may_receive].update(emails.get(pair.contact_id, ()))
    return dict(found)


def _is_mended(one: Correction, pupil: Pupil | None, rights: Rights) -> bool:
    if pupil is None:
        return one.wrong is Wrong.LEFT
    address = address_key(one.address).normal
    barred = rights.get((pupil.key, MayReceive.ORDER), set())
    entitled = rights.get((pupil.key, MayReceive.YES), set()) - barred
    match one.wrong:
        case Wrong.ADDRESS_WRONG:
            return address not in entitled
        case Wrong.ADDRESS_MISSING:
            return address in entitled
        case Wrong.ORDER_MISSING:
            return address in barred
        case Wrong.LEFT:
            return pupil.status is PupilStatus.LEAVER
        case Wrong.DETAIL:
            return detail_of(pupil, one.detail) != one.was
        case _:
            return False


def detail_of(pupil: Pupil, name: str) -> str:
    """Return one detail of a pupil (of DETAILS) as text."""
    value = getattr(pupil, name)
    return ";".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def as_csv(rows: Iterable[tuple[Correction, datetime]]) -> str:
    """Return open corrections with their dates as CSV for the clerk. No cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    heads = ("number", "since", "school", "pupil_id", "upn", "forename", "surname", "date_of_birth")
    writer.writerow((*heads, "contact", "address", "what_is_wrong", "stands_there", "note", "noted_by"))
    for one, since in rows:
        pupil = one.pupil
        born = pupil.date_of_birth.isoformat() if isinstance(pupil.date_of_birth, date) else ""
        who = (pupil.school, pupil.pupil_id, pupil.upn, pupil.forename, pupil.surname, born)
        what = (one.contact, one.address, one.sentence, one.was, one.note, one.by)
        writer.writerow([plain_cell(text) for text in (str(one.number), since.date().isoformat(), *who, *what)])
    return out.getvalue()


# The wide ones are read as the narrow ones where spreadsheets are set to East Asian languages.
_FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")


# Characters that turn the reading order round or are not to be seen: in a subject or a file name they hide what it is
# ("\u202egpj.exe" looks like "exe.jpg") and change what stands beside it, our own words included. Hebrew and Arabic
# need none of them; joiners stay, for scripts whose letters they shape.
UNSEEN = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x200B, 0x2060, 0xFEFF, *range(0x80, 0xA0)]
    + [one for one in range(0x20) if chr(one) not in "\t\n\r"],
    "",
)


def plain_cell(text: str) -> str:
    """Return text that no spreadsheet runs: a cell that begins like a formula gets an apostrophe in front, line breaks
    become blanks. What cannot be seen or turns the order of reading round is left out, so that nothing stands before
    the sign of a formula either."""
    flat = " ".join(text.translate(UNSEEN).split())
    return f"'{flat}" if flat[:1] in _FORMULA or text[:1] in ("\t", "\r") else flat
