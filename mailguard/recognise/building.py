"""Building the index of a roll: every name, number and detail of every person becomes rows of sorted integers."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter

from mailguard.model import Contact, EvidenceKind, Pupil, Roll
from mailguard.policy import Policy
from mailguard.recognise.details import address_key, email_key, phone_key, postcode_key
from mailguard.recognise.fold import fold, name_parts, respelt, words_of
from mailguard.recognise.identifiers import squash
from mailguard.recognise.index import (
    ALL_SCHOOLS,
    PARTICLES,
    PERSON_BITS,
    PERSON_MASK,
    TOKEN_BITS,
    TOKEN_MASK,
    Index,
    first_row,
    scope_of,
)
from mailguard.recognise.lexicon import Lexicon, default_lexicon
from mailguard.roll.packing import no_collection

_numbers_of = attrgetter("upn", "uln", "nhs_number", "uci", "pupil_id", "candidate_number")
_other_names_of = attrgetter("middle_names", "preferred_forename", "preferred_surname", "former_surname", "aliases")
_NUMBER_KINDS = tuple(
    kind.value
    for kind in (
        EvidenceKind.UPN,
        EvidenceKind.ULN,
        EvidenceKind.NHS,
        EvidenceKind.UCI,
        EvidenceKind.ADMISSION,
        EvidenceKind.CANDIDATE,
    )
)
_PHONE, _EMAIL = EvidenceKind.PHONE.value, EvidenceKind.EMAIL.value
_POSTCODE, _ADDRESS = EvidenceKind.POSTCODE.value, EvidenceKind.ADDRESS.value
Name = str | frozenset[str]
_GIVEN_SHIFT = TOKEN_BITS + PERSON_BITS


def build_index(roll: Roll, policy: Policy, lexicon: Lexicon | None = None) -> Index:
    """Build the index of a roll. The policy tells the schools' own phones and postcodes, which are never evidence.

    Raises ValueError where there are more persons than the index can number (four million)."""
    if len(roll.pupils) + len(roll.contacts) + len(roll.staff) > PERSON_MASK:
        raise ValueError("the roll has more than four million persons")
    with no_collection():
        index = Index(roll, lexicon or default_lexicon())
        _Builder(index, policy).build(roll)
    return index


class _Builder:
    """Fills an index; everything here is thrown away once it is built."""

    def __init__(self, index: Index, policy: Policy) -> None:
        self.index = index
        self.pairs: list[int] = []
        self.common: dict[str | date, int] = {}
        self.pupils = len(index.pupils)
        self.givens: defaultdict[int, dict[Name, list[int]]] = defaultdict(dict)
        self.families: defaultdict[int, dict[Name, list[int]]] = defaultdict(dict)
        self.values: list[int] = []
        self.words: dict[int, set[str]] = {}
        self.own_phones = {phone_key(phone) for school in policy.schools for phone in school.phones}
        self.own_postcodes = {postcode_key(code) for school in policy.schools for code in school.postcodes}
        self.surnames: dict[str, int] = {}
        self.last_home = ("", "")
        self.home_rows: list[int] = []

    def build(self, roll: Roll) -> None:
        index = self.index
        numbers = {school: number for number, school in enumerate(index.schools)}
        index.school_of.extend([numbers[pupil.school] for pupil in roll.pupils])
        self.relate(roll)
        for row, pupil in enumerate(roll.pupils):
            self.add_pupil(row, pupil)
        self.add_contacts(roll.contacts, roll.pupils)
        for row, member in enumerate(roll.staff, start=len(roll.pupils) + len(roll.contacts)):
            index.school_of.append(numbers.get(member.school, ALL_SCHOOLS))
            self.add_name(row, member.forename, member.surname)
        self.finish(numbers, roll)

    def relate(self, roll: Roll) -> None:
        """Note each contact's pupils, in the order of the roll: `children` from `first_child` on."""
        index = self.index
        rows: dict[str, dict[str, int]] = {school: {} for school in index.schools}
        for row, pupil in enumerate(roll.pupils):
            rows[pupil.school][pupil.pupil_id] = row
        contacts = {contact.contact_id: number for number, contact in enumerate(roll.contacts)}
        none: dict[str, int] = {}
        pairs: list[int] = []
        counts = array("I", bytes(4 * (len(roll.contacts) + 1)))
        for pair in roll.relationships:
            number, key = contacts.get(pair.contact_id), pair.pupil
            found = rows.get(key.school, none).get(key.pupil)
            if number is not None and found is not None:
                pairs.append(number << PERSON_BITS | found)
                counts[number + 1] += 1
        index.first_child = array("I", accumulate(counts))
        index.children = array("I", [pair & PERSON_MASK for pair in sorted(pairs)])

    def add_pupil(self, row: int, pupil: Pupil) -> None:
        if any(_other_names_of(pupil)):
            self.add_name(row, *_names(pupil))
        else:
            self.add_name(row, pupil.forename, pupil.surname)
        for name in (pupil.forename, pupil.surname):
            if ("'" in name or not name.isascii()) and (pieces := _pieces(name)):
                self.words[self.index.school_of[row]] |= pieces
        values = self.values
        for kind, text in zip(_NUMBER_KINDS, _numbers_of(pupil), strict=True):
            if text and (key := squash(text)):
                values.append(first_row(kind, key) | row)
        if pupil.registration_group:
            self.add_common(EvidenceKind.CLASS, pupil.registration_group, row)
        if pupil.email and (key := email_key(pupil.email)):
            values.append(first_row(_EMAIL, key) | row)
        if pupil.date_of_birth:
            self.add_common(EvidenceKind.DOB, pupil.date_of_birth, row)
        self.add_home(pupil.address, pupil.postcode, row)

    def add_common(self, kind: EvidenceKind, value: str | date, row: int) -> None:
        """Note a value that many pupils have, and whose key is therefore remembered."""
        low = self.common.get(value)
        if low is None:
            key = squash(value) if isinstance(value, str) else value.isoformat()
            low = self.common[value] = first_row(kind.value, key) if key else 0
        if low:
            self.values.append(low | row)

    def add_contacts(self, contacts: Sequence[Contact], pupils: Sequence[Pupil]) -> None:
        """Add the contacts: their names, and what they have as values of their pupils."""
        index, values, own_phones, surnames = self.index, self.values, self.own_phones, self.surnames
        school_of, surname_of, all_children = index.school_of, index.surname_of, index.children.tolist()
        starts = iter(index.first_child)
        first = next(starts)
        for number, (contact, end) in enumerate(zip(contacts, starts, strict=True)):
            children, first = all_children[first:end], end
            school = school_of[children[0]] if children else ALL_SCHOOLS
            if len(children) > 1 and any(school_of[child] != school for child in children):
                school = ALL_SCHOOLS
            school_of.append(school)
            surname = contact.surname
            surname_of.append(surnames.setdefault(surname, len(surnames)))
            self.add_name(self.pupils + number, contact.forename, surname)
            lows = []
            for phone in contact.phones:
                if (key := phone_key(phone)) and key not in own_phones:
                    lows.append(first_row(_PHONE, key))
            for email in contact.emails:
                if key := email_key(email):
                    lows.append(first_row(_EMAIL, key))
            address, postcode = contact.address, contact.postcode
            for child in children:
                for low in lows:
                    values.append(low | child)
                pupil = pupils[child]
                if postcode != pupil.postcode or address != pupil.address:
                    self.add_home(address, postcode, child)
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

    def add_home(self, address: str, postcode: str, row: int) -> None:
        if (address, postcode) != self.last_home:  # brothers and sisters stand together in most rolls
            self.last_home, self.home_rows = (address, postcode), []
            if postcode and (key := postcode_key(postcode)) and key not in self.own_postcodes:
                self.home_rows.append(first_row(_POSTCODE, key))
            if address and (key := address_key(address)):
                self.home_rows.append(first_row(_ADDRESS, key))
        for low in self.home_rows:
            self.values.append(low | row)

    def add_name(self, row: int, given: Name, family: Name) -> None:
        """Add a person's names: as the roll spells them, or as the words that stand for them."""
        index, school = self.index, self.index.school_of[row]
        firsts = self.givens[school].get(given)
        if firsts is None:
            words = _given(given) if isinstance(given, str) else given
            firsts = self.givens[school][given] = self.given_tokens(school, words)
        lasts = self.families[school].get(family)
        if lasts is None:
            words = _family(family) if isinstance(family, str) else family
            lasts = self.families[school][family] = [self.token(word) for word in words]
            self.words.setdefault(school, set()).update(words)
        if row < self.pupils:
            for token in firsts:
                index.given_count[token] += 1
            for token in lasts:
                index.family_count[token] += 1
        for last in lasts:
            low = last << PERSON_BITS | row
            for first in firsts:
                self.pairs.append(first << _GIVEN_SHIFT | low)

    def given_tokens(self, school: int, given: frozenset[str]) -> list[int]:
        """Return the tokens of a forename, those of its variants' groups too, and note their words for the school."""
        lexicon = self.index.lexicon
        words = self.words.setdefault(school, set())
        words |= given
        tokens = dict.fromkeys(self.token(word) for word in given)
        for word in given:
            for group in lexicon.variants.get(word, ()):
                tokens[self.token(f"~{group}")] = None
                words.update(lexicon.groups[group])
        return list(tokens)

    def token(self, word: str) -> int:
        tokens = self.index.tokens
        number = tokens.get(word)
        if number is None:
            number = tokens[word] = len(tokens)
            self.index.words.append(word)
            self.index.given_count.append(0)
            self.index.family_count.append(0)
        return number & TOKEN_MASK

    def finish(self, numbers: dict[str, int], roll: Roll) -> None:
        index = self.index
        last, first = TOKEN_MASK << PERSON_BITS, TOKEN_MASK << _GIVEN_SHIFT
        self.pairs.sort()
        index.given_first = array("Q", self.pairs)
        swapped = [
            (pair & last) << TOKEN_BITS | (pair & first) >> TOKEN_BITS | pair & PERSON_MASK for pair in self.pairs
        ]
        swapped.sort()
        index.family_first = array("Q", swapped)
        del swapped
        index.surnames = list(self.surnames)
        self.values.sort()
        index.values = array("Q", self.values)
        if index.hidden_homes:
            ends = {pupil.address.rpartition(",")[2].strip() for pupil in roll.pupils}
            index.towns = frozenset(fold(end) for end in ends)
        shared = self.words.get(ALL_SCHOOLS, set())
        sizes = Counter(pupil.school for pupil in roll.pupils)
        for school, group in {(pupil.school, pupil.registration_group) for pupil in roll.pupils}:
            if _is_word(name := squash(group)):
                self.words[numbers[school]].add(name.lower())
        for school, number in numbers.items():
            words = self.words.get(number, set()) | shared
            index.scopes[school] = scope_of(number, sizes[school], words, index.lexicon)
        everything = set().union(*self.words.values()) if len(self.words) > 1 else words if numbers else set()
        index.everybody = scope_of(ALL_SCHOOLS, len(roll.pupils), everything, index.lexicon)
        index.classes = frozenset(squash(group) for group in {pupil.registration_group for pupil in roll.pupils}) - {""}
        index.class_words = frozenset(name.lower() for name in index.classes if _is_word(name))


def _is_word(group: str) -> bool:
    """Return whether a class is called by a word ("MAPLE", "RA"), which the scan must then look for as for a name."""
    return len(group) > 1 and group.isalpha()


def _names(pupil: Pupil) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that stand for any forename and any surname of a pupil who has more than one."""
    given = _given(pupil.forename) | _given(pupil.preferred_forename) | _given(pupil.middle_names)
    family = _family(pupil.surname) | _family(pupil.preferred_surname) | _family(pupil.former_surname)
    for alias in pupil.aliases:
        first, _, last = alias.strip().rpartition(" ")
        given |= _given(first or last)
        family = family | _family(last) if first else family
    return given, family


def _pieces(name: str) -> set[str]:
    """Return the words that a split at apostrophes leaves ("O'Neill" gives "neill"): the fast scan splits there."""
    words = words_of(name)
    return {word for word in words if len(word) > 1} if len(words) > 1 else set()


@lru_cache(maxsize=1 << 14)
def _given(name: str) -> frozenset[str]:
    """Return the tokens that stand for a forename: its parts, the parts joined, the spelt-out form."""
    parts = name_parts(name)
    found = {part for part in parts if len(part) > 1} or set(parts)
    if len(parts) > 1:
        found.add("".join(parts))
    if parts and (other := respelt(name)):
        found |= set(name_parts(other))
    return frozenset(found)


@lru_cache(maxsize=1 << 14)
def _family(name: str) -> frozenset[str]:
    """Return the tokens that stand for a surname: its parts but for particles, the parts joined, the spelt-out form."""
    parts = name_parts(name)
    found = {part for part in parts if part not in PARTICLES} or set(parts)
    if len(parts) > 1:
        found.add("".join(parts))
    if parts and (other := respelt(name)):
        found |= set(name_parts(other)) - PARTICLES
    return frozenset(found)
