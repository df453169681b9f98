"""Building the index of a roll: every name, number and detail of every person becomes rows of sorted integers.

A large roll has a million of them, so it is gone through column by column, with what many have looked at once."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from itertools import accumulate
from operator import attrgetter

from mailguard.model import Contact, EvidenceKind, Pupil, Roll, StaffMember
from mailguard.policy import Policy
from mailguard.recognise.classes import class_keys, numbered, word_pairs
from mailguard.recognise.details import address_key, email_key, phone_key, phone_keys, postcode_key
from mailguard.recognise.fold import fold, words_of
from mailguard.recognise.identifiers import squash
from mailguard.recognise.index import ALL_SCHOOLS, PERSON_BITS, PERSON_MASK, Index, scope_of
from mailguard.recognise.lexicon import Lexicon, default_lexicon
from mailguard.recognise.name_rows import Name, NameRows, names_of
from mailguard.recognise.value_rows import ValueRows
from mailguard.recognise.years import key_of_year, year_key
from mailguard.roll.keys import normal_keys
from mailguard.roll.packing import no_collection

_NUMBERS = (
    (EvidenceKind.UPN, "upn"),
    (EvidenceKind.ULN, "uln"),
    (EvidenceKind.NHS, "nhs_number"),
    (EvidenceKind.UCI, "uci"),
    (EvidenceKind.ADMISSION, "pupil_id"),
    (EvidenceKind.CANDIDATE, "candidate_number"),
)
_SHORT_END = 3
"""The last word of a class of two words is looked for where it has more letters ("Barn Owls")."""
_other_names_of = attrgetter("middle_names", "preferred_forename", "preferred_surname", "former_surname", "aliases")
_school_and_year_of: Callable[[Pupil], tuple[str, str]] = attrgetter("school", "year_group")
_school_and_group_of: Callable[[Pupil], tuple[str, str]] = attrgetter("school", "registration_group")


def build_index(roll: Roll, policy: Policy, lexicon: Lexicon | None = None) -> Index:
    """Build the index of a roll. The policy tells the schools' own phones and postcodes, which are never evidence.

    Raises ValueError where there are more persons than the index can number (four million)."""
    if len(roll.pupils) + len(roll.contacts) + len(roll.staff) > PERSON_MASK:
        raise ValueError("the roll has more than four million persons")
    with no_collection():
        index = Index(roll, lexicon or default_lexicon())
        _Builder(index, roll, policy).build()
    return index


class _Builder:
    """Fills an index; everything here is thrown away once it is built."""

    def __init__(self, index: Index, roll: Roll, policy: Policy) -> None:
        self.index = index
        self.roll = roll
        self.numbers = {school: number for number, school in enumerate(index.schools)}
        self.values = ValueRows()
        self.names = NameRows(index)
        self.own_phones = {phone_key(phone) for school in policy.schools for phone in school.phones}
        self.own_postcodes = {postcode_key(code) for school in policy.schools for code in school.postcodes}

    def build(self) -> None:
        index, roll, numbers = self.index, self.roll, self.numbers
        pairs = self.relate()
        index.school_of.extend(numbers[pupil.school] for pupil in roll.pupils)
        index.school_of.extend(self.schools_of_contacts(pairs))
        index.school_of.extend(numbers.get(member.school, ALL_SCHOOLS) for member in roll.staff)
        self.add_names()
        self.add_pupils()
        self.add_contacts(pairs)
        index.values = self.values.in_order()
        self.add_staff()
        self.add_scopes()

    def relate(self) -> list[int]:
        """Note each contact's pupils, in the order of the roll: `children` from `first_child` on. Return the pairs of
        contact and pupil, by their numbers, in order; what is on neither list is passed over."""
        index, roll = self.index, self.roll
        rows = {key: row for row, key in enumerate(map(attrgetter("school", "pupil_id"), roll.pupils))}
        contacts = {contact.contact_id: number for number, contact in enumerate(roll.contacts)}
        relationships = roll.relationships
        found = zip(
            map(contacts.get, map(attrgetter("contact_id"), relationships)),
            map(rows.get, map(attrgetter("pupil.school", "pupil.pupil"), relationships)),
            strict=True,
        )
        pairs = [contact << PERSON_BITS | row for contact, row in found if contact is not None and row is not None]
        pairs.sort()
        children = Counter([pair >> PERSON_BITS for pair in pairs])
        counts = map(children.__getitem__, range(len(roll.contacts)))
        index.first_child = array("I", accumulate(counts, initial=0))
        index.children = array("I", [pair & PERSON_MASK for pair in pairs])
        return pairs

    def schools_of_contacts(self, pairs: list[int]) -> list[int]:
        """Return the number of the one school of each contact's children, or that of all schools."""
        found: list[int | None] = [None] * len(self.roll.contacts)
        school_of = self.index.school_of
        for pair in pairs:
            contact, school = pair >> PERSON_BITS, school_of[pair & PERSON_MASK]
            if found[contact] != school:
                found[contact] = school if found[contact] is None else ALL_SCHOOLS
        return [ALL_SCHOOLS if school is None else school for school in found]

    def add_names(self) -> None:
        index, roll = self.index, self.roll
        persons: tuple[Pupil | Contact | StaffMember, ...] = (*roll.pupils, *roll.contacts, *roll.staff)
        givens: list[Name] = [person.forename for person in persons]
        families: list[Name] = [person.surname for person in persons]
        for row, others in enumerate(map(_other_names_of, roll.pupils)):
            if any(others):
                givens[row], families[row] = names_of(roll.pupils[row])
        self.names.add(givens, families)
        spellings = {pupil.forename for pupil in roll.pupils}.union(pupil.surname for pupil in roll.pupils)
        split = {name for name in spellings if "'" in name or not name.isascii()}
        for school, pupil in zip(index.school_of, roll.pupils, strict=False) if split else ():
            for name in split.intersection((pupil.forename, pupil.surname)):
                self.names.add_pieces(school, name)
        surnames = [contact.surname for contact in roll.contacts]
        index.surnames = list(dict.fromkeys(surnames))
        number_of = {surname: number for number, surname in enumerate(index.surnames)}
        index.surname_of = array("I", map(number_of.__getitem__, surnames))

    def add_pupils(self) -> None:
        pupils, values = self.roll.pupils, self.values
        everyone = range(len(pupils))
        for kind, field in _NUMBERS:
            texts = [*map(attrgetter(field), pupils)]
            if any(texts):
                values.add_own(kind, [*map(squash, texts)])
        values.add_own(EvidenceKind.EMAIL, [email_key(pupil.email) if pupil.email else "" for pupil in pupils])
        keys = [class_keys(pupil.registration_group) for pupil in pupils]
        for place in range(max(map(len, keys), default=0)):
            nth = [some[place] if place < len(some) else "" for some in keys]
            values.add(EvidenceKind.CLASS, nth, everyone, str)
        values.add(EvidenceKind.CLASS, [*map(_school_and_year_of, pupils)], everyone, _year)
        values.add(EvidenceKind.DOB, [pupil.date_of_birth for pupil in pupils], everyone, _day)
        self.add_homes([pupil.address for pupil in pupils], [pupil.postcode for pupil in pupils], everyone)

    def add_homes(self, addresses: Sequence[str], postcodes: Sequence[str], pupils: Sequence[int]) -> None:
        self.values.add(EvidenceKind.ADDRESS, addresses, pupils, address_key)
        self.values.add(EvidenceKind.POSTCODE, postcodes, pupils, self.postcode_of_home)

    def postcode_of_home(self, code: str) -> str:
        key = postcode_key(code)
        return "" if key in self.own_postcodes else key

    def add_contacts(self, pairs: list[int]) -> None:
        """Add what the contacts have as values of their pupils."""
        contacts, pupils, own_phones = self.roll.contacts, self.roll.pupils, self.own_phones
        numbers, children = [pair >> PERSON_BITS for pair in pairs], self.index.children.tolist()
        phones = phone_keys([phone for contact in contacts for phone in contact.phones])
        if own_phones:
            phones = ["" if phone in own_phones else phone for phone in phones]
        emails = normal_keys([email for contact in contacts for email in contact.emails])
        for kind, keys, field in ((EvidenceKind.PHONE, phones, "phones"), (EvidenceKind.EMAIL, emails, "emails")):
            counts = [*map(len, map(attrgetter(field), contacts))]
            self.values.add_of_contacts(kind, keys, counts, numbers, children)
        elsewhere = [
            (contact.address, contact.postcode, child)
            for contact, child in zip(map(contacts.__getitem__, numbers), children, strict=True)
            if contact.postcode != (pupil := pupils[child]).postcode or contact.address != pupil.address
        ]
        if elsewhere:
            self.add_homes(*zip(*elsewhere, strict=True))
        for contact in contacts:
            if contact.confidential:
                self.protect(contact)

    def protect(self, contact: Contact) -> None:
        """Note a confidential contact's details, which may reach nobody else."""
        found = [(EvidenceKind.PHONE, phone_key(phone)) for phone in contact.phones]
        found += [(EvidenceKind.EMAIL, email_key(email)) for email in contact.emails]
        found += [
            (EvidenceKind.ADDRESS, address_key(contact.address)),
            (EvidenceKind.POSTCODE, postcode_key(contact.postcode)),
        ]
        self.index.hidden_homes[contact.contact_id] = (contact.address, contact.postcode)
        for kind, key in found:
            if key and key not in self.own_phones and key not in self.own_postcodes:
                known = self.index.confidential.get((kind.value, key), ())
                self.index.confidential[kind.value, key] = (*known, contact.contact_id)

    def add_staff(self) -> None:
        """Note the initials of each school's staff, which stand in minutes as pupils' do."""
        found: dict[int, set[str]] = {}
        for member in self.roll.staff:
            letters = fold(member.forename[:1]) + fold(member.surname[:1])
            for number in (self.numbers.get(member.school), ALL_SCHOOLS):
                if number is not None:
                    found.setdefault(number, set()).add(letters)
            if not member.school:
                for number in self.numbers.values():
                    found.setdefault(number, set()).add(letters)
        self.index.staff_initials = {number: frozenset(letters) for number, letters in found.items()}

    def add_scopes(self) -> None:
        """Note whose names are looked for in a message of each school, and of none; the classes; the towns."""
        index, pupils, words = self.index, self.roll.pupils, self.names.words
        if index.hidden_homes:
            ends = {pupil.address.rpartition(",")[2].strip() for pupil in pupils}
            index.towns = frozenset(fold(end) for end in ends)
        shared = words.get(ALL_SCHOOLS, set())
        sizes = Counter(pupil.school for pupil in pupils)
        groups = set(map(_school_and_group_of, pupils))
        pairs = word_pairs({group for _, group in groups})
        ends = {end for _, end in pairs if len(end) > _SHORT_END}
        for school, group in groups:
            for name in class_keys(group):
                if _is_word(name):
                    words[self.numbers[school]].add(name.lower())
            words[self.numbers[school]].update(ends.intersection(words_of(group)))
        for school, number in self.numbers.items():
            index.scopes[school] = scope_of(number, sizes[school], words.get(number, set()) | shared, index.lexicon)
        index.everybody = scope_of(ALL_SCHOOLS, len(pupils), set().union(*words.values()), index.lexicon)
        index.classes = frozenset(key for _, group in groups for key in class_keys(group))
        index.class_words = frozenset(name.lower() for name in index.classes if _is_word(name))
        index.has_candidates = any(map(attrgetter("candidate_number"), pupils))
        index.numbered_classes = any(numbered(key) for key in index.classes)
        index.class_pairs, index.class_firsts = pairs, frozenset(first for first, _ in pairs)


def _year(value: tuple[str, str]) -> str:
    school, group = value
    year = key_of_year(group)
    return year_key(school, year) if year else ""


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _is_word(group: str) -> bool:
    """Return whether a class is called by a word ("MAPLE", "RA"), which the scan must then look for as for a name."""
    return len(group) > 1 and group.isalpha()
