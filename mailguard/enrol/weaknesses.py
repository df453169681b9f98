"""What a clerk should look at in a roll that is in force: nothing that forbids it, everything that weakens it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from mailguard.enrol.guard import addresses_of, households_of
from mailguard.model import MayReceive, PupilKey, PupilStatus, Roll
from mailguard.roll.identifiers import upn_check_letter, upn_has_shape
from mailguard.roll.keys import address_key
from mailguard.store import Transaction, overrides
from mailguard.store.revisions import import_report, roll_in_force


class WeaknessKind(StrEnum):
    """What sort of weakness it is."""

    NOBODY_TO_MAIL = "nobody-to-mail"
    SHARED_BY_FAMILIES = "shared-by-families"
    CONTRADICTORY_ORDER = "contradictory-order"
    INVALID_UPN = "invalid-upn"
    DUPLICATE_UPN = "duplicate-upn"
    NO_BIRTH_DATE = "no-birth-date"
    STAFF_AND_CONTACT = "staff-and-contact"
    OVERRIDE_WITHOUT_PUPIL = "override-without-pupil"


SENTENCES = {
    WeaknessKind.NOBODY_TO_MAIL: "No contact with an e-mail address may receive data on this pupil.",
    WeaknessKind.SHARED_BY_FAMILIES: "One e-mail address serves children of different households.",
    WeaknessKind.CONTRADICTORY_ORDER: "An order bars a contact who shares an e-mail address with one who may receive.",
    WeaknessKind.INVALID_UPN: "The UPN's shape or check letter is wrong.",
    WeaknessKind.DUPLICATE_UPN: "Two pupils have one UPN.",
    WeaknessKind.NO_BIRTH_DATE: "The pupil has no date of birth, which tells namesakes apart.",
    WeaknessKind.STAFF_AND_CONTACT: "A member of staff is a contact under a work address.",
    WeaknessKind.OVERRIDE_WITHOUT_PUPIL: "The pupil of this override is not on the roll, or could be one of several.",
}


@dataclass(frozen=True, slots=True)
class Weakness:
    """One thing to look at, with the pupils and the address it concerns."""

    kind: WeaknessKind
    pupils: tuple[PupilKey, ...]
    address: str = ""

    @property
    def sentence(self) -> str:
        """The weakness in plain English, without personal data."""
        return SENTENCES[self.kind]


def problems_of(tx: Transaction, roll: Roll) -> tuple[Weakness, ...]:
    """Return everything a clerk should look at in the roll in force and in what is laid over it."""
    revision = roll_in_force(tx)
    unmatched = import_report(tx, revision.number).get("unmatched", []) if revision else []
    lost = [
        Weakness(WeaknessKind.OVERRIDE_WITHOUT_PUPIL, (one.pupil.key,), one.address)
        for one in overrides.active(tx)
        if one.pupil and one.number in unmatched
    ]
    return (*lost, *weaknesses(roll))


def weaknesses(roll: Roll) -> tuple[Weakness, ...]:
    """Return everything a clerk should look at, addresses before pupils."""
    return (*_of_addresses(roll), *_of_pupils(roll))


def _of_addresses(roll: Roll) -> list[Weakness]:
    addresses = addresses_of(roll)
    served: defaultdict[str, list[PupilKey]] = defaultdict(list)
    for (school, pupil_id), found in addresses.items():
        for address in found:
            served[address].append(PupilKey(school, pupil_id))
    current = [pupil.key for pupil in roll.pupils if pupil.status is PupilStatus.CURRENT]
    unreachable = [
        Weakness(WeaknessKind.NOBODY_TO_MAIL, (key,)) for key in current if (key.school, key.pupil) not in addresses
    ]
    shared = [
        Weakness(WeaknessKind.SHARED_BY_FAMILIES, tuple(sorted(served[address])), address)
        for address, count in sorted(households_of(roll, addresses).items())
        if count > 1
    ]
    emails = {c.contact_id: [address_key(email).normal for email in c.emails] for c in roll.contacts}
    orders = [
        Weakness(WeaknessKind.CONTRADICTORY_ORDER, (pair.pupil,), address)
        for pair in roll.relationships
        if pair.may_receive is MayReceive.ORDER
        for address in emails.get(pair.contact_id, ())
        if address in addresses.get((pair.pupil.school, pair.pupil.pupil), ())
    ]
    work = {address_key(member.email).normal for member in roll.staff}
    both = [
        Weakness(WeaknessKind.STAFF_AND_CONTACT, tuple(sorted(served[address])), address)
        for address in sorted(work & served.keys())
    ]
    return [*unreachable, *shared, *orders, *both]


def _of_pupils(roll: Roll) -> list[Weakness]:
    owners: defaultdict[str, list[PupilKey]] = defaultdict(list)
    for pupil in roll.pupils:
        if pupil.upn:
            owners[pupil.upn].append(pupil.key)
    wrong = [
        Weakness(WeaknessKind.INVALID_UPN, tuple(keys))
        for upn, keys in owners.items()
        if not upn_has_shape(upn) or upn_check_letter(upn) != upn[0]
    ]
    double = [Weakness(WeaknessKind.DUPLICATE_UPN, tuple(keys)) for keys in owners.values() if len(keys) > 1]
    undated = [Weakness(WeaknessKind.NO_BIRTH_DATE, (p.key,)) for p in roll.pupils if p.date_of_birth is None]
    return [*wrong, *double, *undated]
