"""Names and addresses in the words of the office: who an address is, who a pupil is, whose family has which address.

Built once for each revision of roll and policy and not changed afterwards."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from mailguard.judge.standing import Addresses, Kind, Standing
from mailguard.model import Contact, Finding, MayReceive, Pupil, PupilKey, Relationship, Roll
from mailguard.policy import Policy
from mailguard.recognise.fold import fold
from mailguard.roll.keys import address_key
from mailguard.store import Transaction
from mailguard.store.delivered import pupils_seen
from mailguard.store.holds import Held, Kept
from mailguard.store.users import Reach

_KINDS = {
    Kind.STAFF: "staff",
    Kind.AGENCY: "outside organisation",
    Kind.STAFF_LIST: "list of staff",
    Kind.FAMILY_LIST: "list of families",
    Kind.PUPIL: "a pupil's own mailbox",
    Kind.PUPIL_DOMAIN: "a pupil's mailbox that is not on the roll",
    Kind.UNDECLARED_LIST: "looks like a list of families",
    Kind.UNKNOWN: "not known to the school",
}
_MOST_NAMES = 3
_UNNAMED = "Unnamed contact"
_RELATION = "contact"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who an address is: `name` ("" if nobody the roll names), `what` in words ("mother of Ama Osei (4B)")."""

    address: str = field(repr=False)
    name: str = field(repr=False)
    what: str = field(repr=False)

    @property
    def called(self) -> str:
        """The name, or the address where there is none."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class FamilyAddress:
    """An address that may receive a pupil's data: whose it is and how they are related."""

    address: str = field(repr=False)
    name: str = field(repr=False)
    relationship: str
    confidential: bool = False


class People:
    """Everybody the console has names for."""

    def __init__(self, roll: Roll, policy: Policy) -> None:
        self.policy = policy
        self.revision = (roll.revision, policy.revision)
        self.addresses = Addresses(roll, policy)
        self._pupils = {pupil.key: pupil for pupil in roll.pupils}
        self._contacts = {contact.contact_id: contact for contact in roll.contacts}
        self._staff = {address_key(one.email).normal: one for one in roll.staff if one.email}
        self._pairs_of_contact: defaultdict[str, list[Relationship]] = defaultdict(list)
        self._pairs_of_pupil: defaultdict[PupilKey, list[Relationship]] = defaultdict(list)
        for pair in roll.relationships:
            self._pairs_of_contact[pair.contact_id].append(pair)
            self._pairs_of_pupil[pair.pupil].append(pair)
        self._reach = Reach(every=True)
        self._schools = {school.code: school.name or school.code for school in policy.schools}

    def within(self, reach: Reach) -> People:
        """The same for somebody who may know about these schools: whose family an address is at another one is not
        said, nor that family's addresses given."""
        found = copy.copy(self)
        found._reach = reach
        return found

    def school(self, code: str) -> str:
        """What people call a school."""
        return self._schools.get(code, "School not known" if code == "unknown" else code)

    @property
    def schools(self) -> dict[str, str]:
        """Every school of the policy: its code and what people call it."""
        return dict(self._schools)

    def pupil(self, key: PupilKey) -> Pupil | None:
        """A pupil of the roll, or None."""
        return self._pupils.get(key)

    def name(self, key: PupilKey) -> str:
        """A pupil's name, or the number where the roll has no such pupil (any more)."""
        pupil = self._pupils.get(key)
        if pupil is None:
            return f"Pupil {key.pupil}"
        return f"{pupil.preferred_forename or pupil.forename} {pupil.preferred_surname or pupil.surname}"

    def name_with_class(self, key: PupilKey) -> str:
        """A pupil's name with class."""
        pupil = self._pupils.get(key)
        group = f" ({pupil.registration_group})" if pupil and pupil.registration_group else ""
        return self.name(key) + group

    def called(self, text: str, reach: Reach) -> list[PupilKey]:
        """The pupils of the schools within reach that somebody means who types a name ("Ama Osei", with the class where
        that is needed: "Ama Osei (4B)"), a UPN, a number, or school and number ("OAK/123"). Accents may be left out,
        as nobody finds them all on a keyboard; who is called just that comes first."""
        typed = text.replace("(", " ").replace(")", " ")
        for spelt in (str.casefold, fold):
            wanted = " ".join(spelt(typed).split())
            found = [
                key
                for key, pupil in self._pupils.items()
                if key.school in reach and wanted and wanted in _calls(key, pupil, spelt)
            ]
            if found:
                return found
        return []

    def names(self, keys: Iterable[PupilKey], last: str = "and") -> str:
        """The names of several pupils, the first few of them."""
        ordered = sorted(keys)
        shown = [self.name(key) for key in ordered[:_MOST_NAMES]]
        if len(ordered) > len(shown):
            shown.append(f"{len(ordered) - len(shown)} more")
        return joined(shown, last)

    def standing(self, address: str) -> Standing:
        """What the address is to the judge."""
        return self.addresses.of(address)

    def is_barred(self, address: str, pupil: PupilKey) -> bool:
        """Whether an order keeps an address from a pupil."""
        return pupil in self.addresses.of(address).rights.barred

    def who(self, address: str) -> Addressee:
        """Who an address is, in words."""
        standing = self.addresses.of(address)
        everybody = [self._contacts[one] for one in standing.rights.contacts if one in self._contacts]
        contacts = [one for one in everybody if self._known(one)]
        if everybody and not contacts:
            return Addressee(address, "", "known at another school")
        if contacts:
            named = [contact for contact in contacts if _full_name(contact) != _UNNAMED] or contacts
            name = joined(list(dict.fromkeys(_full_name(contact) for contact in named)))
            return Addressee(address, name, self._as_contact(contacts, standing))
        member = self._staff.get(address_key(address).normal)
        if member is not None:
            name = " ".join(filter(None, (member.title, member.forename, member.surname)))
            return Addressee(address, name, "staff")
        if standing.agencies:
            return Addressee(address, standing.agencies[0].name, _KINDS[Kind.AGENCY])
        if any(key.school in self._reach for key in standing.rights.own_pupils):
            return Addressee(address, self.names(standing.rights.own_pupils), _KINDS[Kind.PUPIL])
        what = _KINDS.get(standing.kind, "")
        if standing.like:
            what = f"not known; very like {self._like(standing)}"
        return Addressee(address, "", what)

    def told(self, sentence: str, addresses: Iterable[str], shown: Collection[PupilKey]) -> str:
        """A finding's sentence about these recipients, without the names of children at schools beyond reach, but for
        those that the message itself shows, and without the addresses of families there."""
        if self._reach.every:
            return sentence
        addresses = list(addresses)
        for standing in map(self.addresses.of, addresses):
            if standing.like:
                sentence = sentence.replace(standing.like, self._like(standing))
        for key in {key for address in addresses for key in self.addresses.of(address).rights.pupils} - set(shown):
            if key.school not in self._reach:
                sentence = sentence.replace(self.name_with_class(key), "a pupil of another school")
        return sentence

    def _like(self, standing: Standing) -> str:
        """What an address is one slip away from; of a family's address beyond reach no more than that."""
        rights = self.addresses.of(standing.like).rights
        contacts = [self._contacts[one] for one in rights.contacts if one in self._contacts]
        mine = any(self._known(one) for one in contacts) or any(one.school in self._reach for one in rights.own_pupils)
        return standing.like if mine or not (contacts or rights.own_pupils) else "an address known at another school"

    def _known(self, contact: Contact) -> bool:
        """Whether a contact is one of a pupil within reach; those of nobody are everybody's to see."""
        pairs = self._pairs_of_contact.get(contact.contact_id, [])
        return not pairs or any(pair.pupil.school in self._reach for pair in pairs)

    def _as_contact(self, contacts: list[Contact], standing: Standing) -> str:
        words: dict[str, list[str]] = {}
        barred = any(key.school in self._reach for key in standing.rights.barred)
        for contact in contacts:
            for pair in self._pairs_of_contact.get(contact.contact_id, ()):
                if pair.pupil in standing.rights.pupils and pair.pupil.school in self._reach:
                    words.setdefault(pair.relationship.lower() or _RELATION, []).append(
                        self.name_with_class(pair.pupil)
                    )
        related = {name for relation, names in words.items() if relation != _RELATION for name in names}
        words[_RELATION] = [name for name in words.pop(_RELATION, []) if name not in related]
        words = {relation: names for relation, names in words.items() if names}
        if not words and barred:
            kept = self.names(key for key in standing.rights.barred if key.school in self._reach)
            return f"kept from {kept} by an order"
        if not words:
            return "on the roll, but may receive no pupil's information"
        said = [f"{relation} of {joined(list(dict.fromkeys(names)))}" for relation, names in words.items()]
        return joined(said) + (", barred from other pupils by an order" if barred else "")

    def family_of(self, keys: Collection[PupilKey]) -> list[FamilyAddress]:
        """The addresses that may receive the data of every one of these pupils, in the roll's order of priority."""
        if not keys or any(key.school not in self._reach for key in keys):
            return []
        first = min(keys)
        found: dict[str, FamilyAddress] = {}
        pairs = sorted(self._pairs_of_pupil.get(first, ()), key=lambda pair: pair.priority or 99)
        for pair in pairs:
            contact = self._contacts.get(pair.contact_id)
            if contact is None or pair.may_receive is not MayReceive.YES:
                continue
            for email in contact.emails:
                normal = address_key(email).normal
                if normal not in found and self.addresses.rights(email).pupils.issuperset(keys):
                    relation = f"{pair.relationship.lower() or 'contact'} of {self.name(first)}"
                    found[normal] = FamilyAddress(email, _full_name(contact), relation, contact.confidential)
        return list(found.values())


def pupils_of(findings: Iterable[Finding]) -> frozenset[PupilKey]:
    """The pupils that findings name, namesakes included."""
    return frozenset(key for one in findings for key in ((one.pupil,) if one.pupil else one.pupils))


def pupils_told(tx: Transaction, held: Held, recipients: Collection[Kept]) -> frozenset[PupilKey]:
    """The pupils that the findings of these recipients name; where findings only count some, all that were seen."""
    findings = [finding for one in recipients for finding in one.findings]
    named = pupils_of(findings)
    return named.union(pupils_seen(tx, held)) if any(one.more and one.strength for one in findings) else named


def _calls(key: PupilKey, pupil: Pupil, spelt: Callable[[str], str]) -> set[str]:
    """What a pupil may be called in a form, each in the spelling that `spelt` gives."""
    forenames = {pupil.forename, pupil.preferred_forename or pupil.forename}
    surnames = {pupil.surname, pupil.preferred_surname or pupil.surname}
    names = {f"{one} {other}" for one in forenames for other in surnames}
    names |= {f"{name} {pupil.registration_group}" for name in names}
    return {" ".join(spelt(one).split()) for one in (*names, f"{key.school}/{key.pupil}", key.pupil, pupil.upn)}


def joined(words: list[str], last: str = "and") -> str:
    """ "a, b and c"."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _full_name(contact: Contact) -> str:
    return " ".join(filter(None, (contact.title, contact.forename, contact.surname))) or _UNNAMED
