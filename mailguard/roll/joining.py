"""Several sources of one roll joined: the school system's pupils and contacts, a list of court orders, more addresses.

The first source that names a pupil says who that is; a later one adds to the same pupil, found by UPN, else by name and
date of birth, else by an id that both give to the same name. What an earlier source says of a pair stands, but an order
of any source bars it. A contact is the same person in two sources only if name and an e-mail address agree: never by
name alone. The one thing a bare name may do is bar: an order that names a contact without an address holds for the
contacts of that name of that very pupil.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.roll.keys import address_key
from mailguard.roll.overrides import Finder, subject_of
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.revision import with_revision

SKIPPED = "They were passed over."
_FILLED = tuple(one.name for one in fields(Pupil) if one.name not in ("school", "pupil_id", "status"))


@dataclass(frozen=True, slots=True)
class Part:
    """One source that was read. `name` is what people know it by, `label` keeps its contact ids apart from those of
    other sources; a source that `adds_pupils` may bring pupils whom no earlier one names."""

    name: str
    label: str
    loaded: Loaded
    adds_pupils: bool = True


class JoinError(RollError):
    """Sources that do not fit together; `labels` are those of the parts at fault."""

    def __init__(self, problems: Iterable[Problem], labels: frozenset[str]) -> None:
        super().__init__(problems)
        self.labels = labels


def join(parts: Sequence[Part]) -> Loaded:
    """Join sources in order of their word's weight. Raises JoinError if an order names nobody who is known."""
    if len(parts) == 1:
        return parts[0].loaded
    joiner = _Joiner()
    labels = set()
    for part in parts:
        before = len(joiner.faults)
        joiner.add(part)
        if len(joiner.faults) > before:
            labels.add(part.label)
    if joiner.faults:
        raise JoinError(joiner.faults, frozenset(labels))
    warnings = [warning for part in parts for warning in part.loaded.warnings]
    return Loaded(with_revision(joiner.roll()), (*warnings, *joiner.warnings))


def part_of(roll: Roll, schools: Iterable[str]) -> Roll:
    """Return what a roll says of these schools: their pupils, those pupils' contacts and pairs, their staff. It has no
    revision."""
    wanted = frozenset(schools)
    pairs = tuple(pair for pair in roll.relationships if pair.pupil.school in wanted)
    ids = {pair.contact_id for pair in pairs}
    return Roll(
        tuple(pupil for pupil in roll.pupils if pupil.school in wanted),
        tuple(contact for contact in roll.contacts if contact.contact_id in ids),
        pairs,
        tuple(member for member in roll.staff if member.school in wanted),
    )


def part_revisions(roll: Roll) -> dict[str, str]:
    """Return a digest of each school's part of a roll."""
    return {school: with_revision(part_of(roll, (school,))).revision for school in {p.school for p in roll.pupils}}


class _Joiner:
    def __init__(self) -> None:
        self.faults: list[Problem] = []
        self.warnings: list[Problem] = []
        self._pupils: dict[PupilKey, Pupil] = {}
        self._contacts: dict[str, Contact] = {}
        self._same: dict[tuple[str, str], str] = {}  # name and address -> contact id
        self._holders: defaultdict[str, list[str]] = defaultdict(list)
        self._pairs: dict[tuple[PupilKey, str], Relationship] = {}
        self._of_pupil: defaultdict[PupilKey, list[str]] = defaultdict(list)
        self._staff: dict[StaffMember, None] = {}

    def roll(self) -> Roll:
        return Roll(
            tuple(self._pupils.values()),
            tuple(self._contacts.values()),
            tuple(self._pairs.values()),
            tuple(self._staff),
        )

    def add(self, part: Part) -> None:
        roll = part.loaded.roll
        pupils = self._add_pupils(part)
        theirs = {contact.contact_id: contact for contact in roll.contacts}
        ids = {contact.contact_id: self._add_contact(contact, part.label) for contact in roll.contacts}
        for pair in roll.relationships:
            pupil = pupils.get(pair.pupil)
            if pupil is None:
                continue
            contact = theirs[pair.contact_id]
            if pair.may_receive is MayReceive.ORDER and not contact.emails:
                self._bar_by_name(part, pair, pupil, contact, ids[pair.contact_id])
            else:
                self._add_pair(replace(pair, pupil=pupil, contact_id=ids[pair.contact_id]))
        self._staff.update(dict.fromkeys(roll.staff))

    def _add_pupils(self, part: Part) -> dict[PupilKey, PupilKey]:
        """Take in a part's pupils; return whom each of them is. One who is nobody is left out, which is a fault where
        an order is about them."""
        roll = part.loaded.roll
        ordered = {pair.pupil for pair in roll.relationships if pair.may_receive is MayReceive.ORDER}
        finder = Finder(self._pupils.values())
        found: dict[PupilKey, PupilKey] = {}
        lost = 0
        for pupil in roll.pupils:
            known = self._known(finder, pupil)
            if known is not None:
                self._pupils[known.key] = _filled(self._pupils[known.key], pupil)
                found[pupil.key] = known.key
            elif part.adds_pupils and pupil.forename and pupil.surname:
                self._pupils[pupil.key] = pupil
                found[pupil.key] = pupil.key
            elif pupil.key in ordered:
                line = part.loaded.lines.get(pupil.key, 0)
                message = "the pupil of this order is in no source before, or could be one of several."
                remedy = "Correct the UPN, or name and date of birth; take the line out if the pupil has left."
                self.faults.append(Problem(part.name, line, "", message, remedy))
            else:
                lost += 1
        if lost:
            message = f"{lost} pupils are in no source before, or could be several."
            self.warnings.append(Problem(part.name, 0, "", message, SKIPPED))
        return found

    def _known(self, finder: Finder, pupil: Pupil) -> Pupil | None:
        found = finder.find(subject_of(pupil), by_id=False)
        same = self._pupils.get(pupil.key)
        if found is None and same is not None and not (pupil.upn and same.upn):
            names = (same.forename.casefold(), same.surname.casefold())
            born = {one.date_of_birth for one in (same, pupil) if one.date_of_birth}
            if names == (pupil.forename.casefold(), pupil.surname.casefold()) and len(born) < 2:
                return same
        return found

    def _add_contact(self, contact: Contact, label: str) -> str:
        keys = [address_key(email).normal for email in contact.emails]
        name = _name(contact)
        contact_id = next((self._same[name, key] for key in keys if name and (name, key) in self._same), None)
        if contact_id is None:
            prefix = f"{label}:"
            own = contact.contact_id
            contact_id = own if not label or own.startswith(prefix) else prefix + own
            if contact_id in self._contacts:  # ids of two sources that were not kept apart
                contact_id = f"{contact_id}+{len(self._contacts)}"
            self._contacts[contact_id] = replace(contact, contact_id=contact_id)
        else:
            self._contacts[contact_id] = _merged(self._contacts[contact_id], contact)
        for key in keys:
            self._same.setdefault((name, key), contact_id)
            if contact_id not in self._holders[key]:
                self._holders[key].append(contact_id)
        return contact_id

    def _add_pair(self, pair: Relationship) -> None:
        place = (pair.pupil, pair.contact_id)
        known = self._pairs.get(place)
        if known is None:
            self._pairs[place] = pair
            self._of_pupil[pair.pupil].append(pair.contact_id)
        elif pair.may_receive is MayReceive.ORDER:
            self._pairs[place] = replace(known, may_receive=MayReceive.ORDER)

    def _bar_by_name(self, part: Part, pair: Relationship, pupil: PupilKey, contact: Contact, own: str) -> None:
        name = _name(contact)
        ids = [one for one in self._of_pupil[pupil] if name and one != own and _name(self._contacts[one]) == name]
        if not ids:
            line = part.loaded.lines.get(pair.pupil, 0)
            message = "the order names no e-mail address, and the pupil has no contact of that name."
            self.faults.append(Problem(part.name, line, "", message, "Give the contact's e-mail address."))
        for one in ids:
            self._add_pair(replace(pair, pupil=pupil, contact_id=one))


def _name(contact: Contact) -> str:
    return " ".join(f"{contact.forename} {contact.surname}".casefold().split())


def _filled(pupil: Pupil, other: Pupil) -> Pupil:
    """Return a pupil with what another source knows in the place of what is blank."""
    more = {name: getattr(other, name) for name in _FILLED if not getattr(pupil, name) and getattr(other, name)}
    return replace(pupil, **more) if more else pupil


def _merged(contact: Contact, other: Contact) -> Contact:
    return replace(
        contact,
        title=contact.title or other.title,
        emails=tuple(dict.fromkeys((*contact.emails, *other.emails))),
        phones=tuple(dict.fromkeys((*contact.phones, *other.phones))),
        address=contact.address or other.address,
        postcode=contact.postcode or other.postcode,
        confidential=contact.confidential or other.confidential,
    )
