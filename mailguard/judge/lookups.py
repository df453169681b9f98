"""What the rules ask of one roll and one policy, prepared once for all messages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from mailguard.judge.plain import plain, plain_phone
from mailguard.judge.standing import ALL_SCHOOLS, Addresses
from mailguard.model import Evidence, EvidenceKind, Pupil, PupilKey, Roll
from mailguard.policy import Policy
from mailguard.roll.keys import address_key

NOBODY: frozenset[str] = frozenset()
_FEW = 6


class Lookups:
    """Pupils by key, confidential contacts, the standing of addresses. Not changed after it is built."""

    def __init__(self, roll: Roll, policy: Policy) -> None:
        self.policy = policy
        self.roll_revision = roll.revision
        self.addresses = Addresses(roll, policy)
        self._pupils: dict[str, dict[str, Pupil]] = {}
        for pupil in roll.pupils:
            self._pupils.setdefault(pupil.school, {})[pupil.pupil_id] = pupil
        self._school_names = {school.code: school.name for school in policy.schools if school.name}
        self._confidential: defaultdict[str, list[str]] = defaultdict(list)
        self._pupils_of: dict[str, set[PupilKey]] = {}
        for contact in roll.contacts:
            if contact.confidential:
                self._pupils_of[contact.contact_id] = set()
                for email in contact.emails:
                    self._confidential[address_key(email).normal].append(contact.contact_id)
        self._relatives_of = self._relate(roll)
        self._shared = _shared_details(roll)

    def _relate(self, roll: Roll) -> dict[str, frozenset[str]]:
        """Return, for each confidential contact, the other contacts of the same pupils; fills `_pupils_of`."""
        if not self._pupils_of:
            return {}
        for pair in roll.relationships:
            if pair.contact_id in self._pupils_of:
                self._pupils_of[pair.contact_id].add(pair.pupil)
        around: dict[PupilKey, set[str]] = {key: set() for keys in self._pupils_of.values() for key in keys}
        for pair in roll.relationships:
            if pair.pupil in around:
                around[pair.pupil].add(pair.contact_id)
        return {
            contact_id: frozenset(other for key in keys for other in around[key]) - {contact_id}
            for contact_id, keys in self._pupils_of.items()
        }

    def pupil(self, key: PupilKey) -> Pupil | None:
        """Return a pupil of the roll, or None."""
        return self._pupils.get(key.school, {}).get(key.pupil)

    def forenames(self, keys: Iterable[PupilKey]) -> frozenset[str]:
        """Return the plain words of the forenames, legal and preferred, of these pupils."""
        pupils = filter(None, map(self.pupil, keys))
        return frozenset(
            plain(word) for p in pupils for word in re.split(r"[\s-]+", f"{p.forename} {p.preferred_forename}")
        ) - {""}

    def one_school(self, code: str) -> str | None:
        """Return the school that `code` stands for: itself, or for "all schools" the roll's only one."""
        if code != ALL_SCHOOLS:
            return code
        return next(iter(self._pupils)) if len(self._pupils) == 1 else None

    def school_name(self, code: str) -> str:
        """Return what people call a school."""
        return self._school_names.get(code, code)

    def pupils_of(self, contact_id: str) -> frozenset[PupilKey]:
        """Return the pupils of a confidential contact."""
        return frozenset(self._pupils_of.get(contact_id, ()))

    def relatives_of(self, contact_id: str) -> frozenset[str]:
        """Return the other contacts of a confidential contact's pupils."""
        return self._relatives_of.get(contact_id, NOBODY)

    def confidential_at(self, address: str) -> list[str]:
        """Return the ids of the confidential contacts who have this address."""
        return self._confidential.get(address_key(address).normal, []) if self._confidential else []

    def own_details(self, contacts: Iterable[str], evidence: tuple[Evidence, ...]) -> bool:
        """True if everything the evidence shows is also a detail of these contacts, as where two share a home. Long
        evidence may have been cut short, so it never is."""
        own = [detail for contact_id in contacts for detail in self._shared.get(contact_id, ())]
        return 0 < len(evidence) <= _FEW and all(_is_among(piece, own) for piece in evidence)


def _shared_details(roll: Roll) -> dict[str, tuple[str, ...]]:
    """Return the details of every contact who has a postcode or phone in common with a confidential contact: home
    (address and postcode in one), phones; plain letters and digits."""
    protected = {plain(c.postcode) for c in roll.contacts if c.confidential}
    protected.update(plain_phone(phone) for c in roll.contacts if c.confidential for phone in c.phones)
    protected.discard("")
    if not protected:
        return {}
    shared = {}
    for contact in roll.contacts:
        phones = tuple(plain_phone(phone) for phone in contact.phones)
        postcode = plain(contact.postcode)
        if postcode in protected or not protected.isdisjoint(phones):
            shared[contact.contact_id] = (plain(contact.address) + postcode, *phones)
    return shared


def _is_among(evidence: Evidence, own: list[str]) -> bool:
    if evidence.kind is EvidenceKind.PHONE:
        return plain_phone(evidence.text) in own
    if evidence.kind is EvidenceKind.ADDRESS:
        return any(detail.startswith(plain(evidence.text)) for detail in own)
    if evidence.kind is EvidenceKind.POSTCODE:
        return any(detail.endswith(plain(evidence.text)) for detail in own)
    return False
