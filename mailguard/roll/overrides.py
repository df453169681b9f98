"""What the school itself knows better than its system, laid over every roll that comes in: barred pairs (court orders),
confidential contacts, further addresses.

An override names its pupil by everything that is known, so that it survives an export that gives other ids: by id where
the UPN does not contradict, else by UPN, else by name and date of birth. Addresses are matched by their normal key. A
bar takes rights away from every contact who shares the address; a further address gives rights to itself only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll
from mailguard.roll.keys import address_key
from mailguard.roll.revision import with_revision


class OverrideKind(StrEnum):
    """What an override does: bar an address from a pupil, keep an address secret, let an address receive on a pupil."""

    BAR = "bar"
    CONFIDENTIAL = "confidential"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Subject:
    """The pupil of an override, by all that was known when it was made."""

    school: str
    pupil_id: str
    upn: str = ""
    forename: str = field(default="", repr=False)
    surname: str = field(default="", repr=False)
    date_of_birth: date | None = field(default=None, repr=False)

    @property
    def key(self) -> PupilKey:
        """The pupil's key when the override was made."""
        return PupilKey(self.school, self.pupil_id)


@dataclass(frozen=True, slots=True)
class Override:
    """One override: `until` is its last day (None: until it is removed), `by` and `why` are for who asks later.
    `pupil` is None where the kind needs none (confidential)."""

    number: int
    kind: OverrideKind
    address: str = field(repr=False)
    pupil: Subject | None = None
    relationship: str = ""
    until: date | None = None
    by: str = ""
    why: str = field(default="", repr=False)

    def active(self, today: date) -> bool:
        """True up to and including the last day."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Laid:
    """A roll with overrides laid over it; `unmatched` are the numbers of those whose pupil is not on it (or could be
    one of several)."""

    roll: Roll
    unmatched: tuple[int, ...] = ()


def subject_of(pupil: Pupil) -> Subject:
    """Return a pupil as an override names it."""
    return Subject(pupil.school, pupil.pupil_id, pupil.upn, pupil.forename, pupil.surname, pupil.date_of_birth)


def lay_over(roll: Roll, overrides: Sequence[Override]) -> Laid:
    """Lay overrides over a roll; without any the roll stays as it is. The result has a revision of its own."""
    if not overrides:
        return Laid(roll)
    finder = Finder(roll.pupils)
    holders = _holders(roll, {address_key(override.address).normal for override in overrides})
    contacts = {contact.contact_id: contact for contact in roll.contacts}
    pairs = {(pair.pupil, pair.contact_id): pair for pair in roll.relationships}
    unmatched = []
    for override in overrides:
        pupil = finder.find(override.pupil) if override.pupil else None
        if override.pupil and pupil is None:
            unmatched.append(override.number)
            continue
        ids = [] if override.kind is OverrideKind.ADDRESS else holders[address_key(override.address).normal]
        if not ids:
            made = Contact(f"override-{override.number}", emails=(override.address,))
            contacts[made.contact_id] = made
            ids = [made.contact_id]
        for contact_id in ids:
            if override.kind is OverrideKind.CONFIDENTIAL:
                contacts[contact_id] = replace(contacts[contact_id], confidential=True)
            elif pupil is not None:
                pairs[pupil.key, contact_id] = _pair(override, pupil.key, contact_id, pairs)
    laid = Roll(roll.pupils, tuple(contacts.values()), tuple(pairs.values()), roll.staff)
    return Laid(with_revision(laid), tuple(unmatched))


class Finder:
    """Finds a subject among the pupils of a roll."""

    def __init__(self, pupils: Iterable[Pupil]) -> None:
        self._by_key: dict[PupilKey, Pupil] = {}
        self._by_upn: defaultdict[str, list[Pupil]] = defaultdict(list)
        self._by_person: defaultdict[tuple[str, str, str, date], list[Pupil]] = defaultdict(list)
        for pupil in pupils:
            self._by_key[pupil.key] = pupil
            if pupil.upn:
                self._by_upn[pupil.upn].append(pupil)
            if pupil.date_of_birth:
                self._by_person[_person(pupil.school, pupil.forename, pupil.surname, pupil.date_of_birth)].append(pupil)

    def find(self, subject: Subject, *, by_id: bool = True) -> Pupil | None:
        """Return the one pupil a subject is, or None if none or more than one fits."""
        pupil = self._by_key.get(subject.key) if by_id else None
        if pupil is not None and _same(pupil, subject):
            return pupil
        found = [one for one in self._by_upn.get(subject.upn, ()) if one.school == subject.school]
        if not found and subject.date_of_birth:
            person = _person(subject.school, subject.forename, subject.surname, subject.date_of_birth)
            # Equal names born on one day are two children if their UPNs say so.
            found = [one for one in self._by_person.get(person, ()) if not (one.upn and subject.upn)]
        return found[0] if len(found) == 1 else None


def _same(pupil: Pupil, subject: Subject) -> bool:
    """True unless an id that was given to another child shows: ids of a system that was replaced begin anew."""
    if pupil.upn and subject.upn:
        return pupil.upn == subject.upn
    born = pupil.date_of_birth, subject.date_of_birth
    return None in born or born[0] == born[1] or pupil.surname.casefold() == subject.surname.casefold()


def _person(school: str, forename: str, surname: str, born: date) -> tuple[str, str, str, date]:
    return school, " ".join(forename.casefold().split()), " ".join(surname.casefold().split()), born


def _holders(roll: Roll, wanted: set[str]) -> defaultdict[str, list[str]]:
    """Return the ids of the contacts that hold each of the wanted addresses."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for contact in roll.contacts:
        for email in contact.emails:
            key = address_key(email).normal
            if key in wanted and contact.contact_id not in found[key]:
                found[key].append(contact.contact_id)
    return found


def _pair(
    override: Override, pupil: PupilKey, contact_id: str, pairs: dict[tuple[PupilKey, str], Relationship]
) -> Relationship:
    may = MayReceive.ORDER if override.kind is OverrideKind.BAR else MayReceive.YES
    known = pairs.get((pupil, contact_id))
    if known is not None:
        return replace(known, may_receive=may)
    return Relationship(pupil, contact_id, override.relationship, may_receive=may)
