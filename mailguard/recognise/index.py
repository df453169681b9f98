"""The roll turned round: from a name, number or detail to the persons who have it. Built once, shared by fork.

Everything large is a sorted array of 64-bit integers, because arrays hold no reference counts: a forked process reads
them without copying a page, and 100,000 pupils take some tens of megabytes. A lookup is a bisection. Persons are
numbered: pupils in the order of the roll, then contacts, then staff; contacts and staff are indexed by name only so
that they can compete as the person meant.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from ahocorasick_rs import BytesAhoCorasick

from mailguard.model import Contact, EvidenceKind, Pupil, Roll, StaffMember
from mailguard.policy import Policy
from mailguard.recognise.details import address_key, email_key, phone_key, postcode_key
from mailguard.recognise.fold import name_parts, respelt, words_of
from mailguard.recognise.identifiers import squash
from mailguard.recognise.lexicon import Lexicon, default_lexicon

ALL_SCHOOLS = 0xFFFF
_PERSON_BITS = 22
_TOKEN_BITS = 20
_PERSON_MASK = (1 << _PERSON_BITS) - 1
_TOKEN_MASK = (1 << _TOKEN_BITS) - 1
_HASH_MASK = (1 << (64 - _PERSON_BITS)) - 1
PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "da", "di", "do", "dos", "das", "del", "della", "la", "le", "les", "el", "al"}
    | {"ul", "bin", "binti", "ibn", "ben", "bint", "abu", "mac", "mc", "o", "st", "saint", "ter", "ten", "te", "ap"}
    | {"ab", "y", "e", "du", "des", "ait", "ould", "ur", "un", "d", "n"}
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The persons a message is compared with: one school's, or everybody's (`number` is ALL_SCHOOLS).

    `vocabulary` holds every folded word of their names: `weak` those that are English words too, `everyday` the
    commonest of these, `strong` the others; `search` finds strong words in folded ASCII, a blank on either side."""

    number: int
    pupils: int
    vocabulary: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]
    everyday: frozenset[str]
    search: BytesAhoCorasick


def _scope(number: int, pupils: int, words: set[str], lexicon: Lexicon) -> Scope:
    weak = frozenset(words & lexicon.ordinary)
    strong = frozenset(words - weak)
    search = BytesAhoCorasick([f" {word} ".encode("ascii") for word in strong if word.isascii()])
    return Scope(number, pupils, frozenset(words), strong, weak, weak & lexicon.everyday, search)


class Index:
    """Names, identifiers and details of one revision of the roll. Read only once built; see `build_index`."""

    def __init__(self, roll: Roll, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.pupils: tuple[Pupil, ...] = roll.pupils
        self.contacts: tuple[Contact, ...] = roll.contacts
        self.staff: tuple[StaffMember, ...] = roll.staff
        self.schools: tuple[str, ...] = tuple(
            sorted({p.school for p in roll.pupils} | {s.school for s in roll.staff if s.school})
        )
        self.school_of = array("H")
        self.children = array("I")
        self.first_child = array("I")
        self.tokens: dict[str, int] = {}
        self.words: list[str] = []
        self.given_first = array("Q")
        self.family_first = array("Q")
        self.given_count = array("I")
        self.family_count = array("I")
        self.values = array("Q")
        self.confidential: dict[tuple[str, str], tuple[str, ...]] = {}
        self.scopes: dict[str, Scope] = {}
        self.everybody = _scope(ALL_SCHOOLS, len(roll.pupils), set(), lexicon)
        self.classes: frozenset[str] = frozenset()
        self.class_words: frozenset[str] = frozenset()
        self.staff_emails: frozenset[str] = frozenset(email_key(s.email) for s in roll.staff if s.email)

    def children_of(self, person: int) -> array[int]:
        """Return the pupils of a contact; none for anybody else."""
        contact = person - len(self.pupils)
        if not 0 <= contact < len(self.contacts):
            return array("I")
        return self.children[self.first_child[contact] : self.first_child[contact + 1]]

    def scope(self, school: str | None) -> Scope:
        """Return the school's scope; an unknown school or none means everybody."""
        return self.scopes.get(school or "", self.everybody)

    def is_pupil(self, person: int) -> bool:
        """Return whether a person's number is a pupil's."""
        return person < len(self.pupils)

    def is_contact(self, person: int) -> bool:
        """Return whether a person's number is a contact's."""
        return len(self.pupils) <= person < len(self.pupils) + len(self.contacts)

    def name_of(self, person: int) -> Pupil | Contact | StaffMember:
        """Return the roll's row of a person."""
        pupils, contacts = len(self.pupils), len(self.contacts)
        if person < pupils:
            return self.pupils[person]
        return self.contacts[person - pupils] if person < pupils + contacts else self.staff[person - pupils - contacts]

    def within(self, person: int, scope: Scope) -> bool:
        """Return whether a person belongs to a scope."""
        own = self.school_of[person]
        return scope.number in (own, ALL_SCHOOLS) or own == ALL_SCHOOLS

    def named(self, given: int, family: int, scope: Scope, limit: int = 512) -> list[int]:
        """Return the persons of a scope whom these two name tokens may mean, at most `limit`."""
        return self._range(self.given_first, (given << _TOKEN_BITS | family) << _PERSON_BITS, 1, scope, limit)

    def with_family(self, family: int, scope: Scope, limit: int = 256) -> list[int]:
        """Return the persons of a scope with this family-name token, at most `limit`."""
        return self._range(self.family_first, family << (_TOKEN_BITS + _PERSON_BITS), 1 << _TOKEN_BITS, scope, limit)

    def with_given(self, given: int, scope: Scope, limit: int = 256) -> list[int]:
        """Return the persons of a scope with this forename token, at most `limit`."""
        return self._range(self.given_first, given << (_TOKEN_BITS + _PERSON_BITS), 1 << _TOKEN_BITS, scope, limit)

    def givens_under(self, family: int, scope: Scope) -> dict[int, list[int]]:
        """Return the forename tokens that occur with a family-name token, with their pupils; few hundred at most."""
        return self._under(self.family_first, family, scope)

    def families_under(self, given: int, scope: Scope) -> dict[int, list[int]]:
        """Return the family-name tokens that occur with a forename token, with their pupils; few hundred at most."""
        return self._under(self.given_first, given, scope)

    def _under(self, rows: array[int], token: int, scope: Scope, limit: int = 1500) -> dict[int, list[int]]:
        low = token << (_TOKEN_BITS + _PERSON_BITS)
        at = bisect_left(rows, low)
        found: dict[int, list[int]] = {}
        for row in rows[at : at + limit]:
            if row >> (_TOKEN_BITS + _PERSON_BITS) != token:
                break
            person = row & _PERSON_MASK
            if self.is_pupil(person) and self.within(person, scope):
                found.setdefault(row >> _PERSON_BITS & _TOKEN_MASK, []).append(person)
        return found

    def owners(self, kind: EvidenceKind, value: str, scope: Scope, limit: int = 64) -> list[int]:
        """Return the pupils of a scope who have this value (by its key), at most `limit`."""
        return self._range(self.values, _low(kind, value), 1, scope, limit)

    def _range(self, rows: array[int], low: int, width: int, scope: Scope, limit: int) -> list[int]:
        at = bisect_left(rows, low)
        high = low + (width << _PERSON_BITS)
        found: list[int] = []
        while at < len(rows) and rows[at] < high and len(found) < limit:
            person = rows[at] & _PERSON_MASK
            if (not found or person not in found) and self.within(person, scope):
                found.append(person)
            at += 1
        return found


def build_index(roll: Roll, policy: Policy, lexicon: Lexicon | None = None) -> Index:
    """Build the index of a roll. The policy tells the schools' own phones and postcodes, which are never evidence.

    Raises ValueError where there are more persons than the index can number (four million)."""
    index = Index(roll, lexicon or default_lexicon())
    if len(roll.pupils) + len(roll.contacts) + len(roll.staff) > _PERSON_MASK:
        raise ValueError("the roll has more than four million persons")
    _Builder(index, policy).build(roll)
    return index


class _Builder:
    """Fills an index; everything here is thrown away once it is built."""

    def __init__(self, index: Index, policy: Policy) -> None:
        self.index = index
        self.pairs = array("Q")
        self.swapped = array("Q")
        self.givens: dict[tuple[int, frozenset[str]], list[int]] = {}
        self.families: dict[tuple[int, frozenset[str]], list[int]] = {}
        self.values = array("Q")
        self.words: dict[int, set[str]] = {}
        self.own_phones = {phone_key(phone) for school in policy.schools for phone in school.phones}
        self.own_postcodes = {postcode_key(code) for school in policy.schools for code in school.postcodes}
        self.children: dict[str, list[int]] = {}

    def build(self, roll: Roll) -> None:
        index = self.index
        numbers = {school: number for number, school in enumerate(index.schools)}
        rows = {(pupil.school, pupil.pupil_id): row for row, pupil in enumerate(roll.pupils)}
        for relationship in roll.relationships:
            row = rows.get((relationship.pupil.school, relationship.pupil.pupil))
            if row is not None:
                self.children.setdefault(relationship.contact_id, []).append(row)
        index.school_of.extend(numbers[pupil.school] for pupil in roll.pupils)
        for row, pupil in enumerate(roll.pupils):
            self.add_pupil(row, pupil)
        index.first_child.append(0)
        for row, contact in enumerate(roll.contacts, start=len(roll.pupils)):
            self.add_contact(row, contact)
        for row, member in enumerate(roll.staff, start=len(roll.pupils) + len(roll.contacts)):
            index.school_of.append(numbers.get(member.school, ALL_SCHOOLS))
            self.add_name(row, _given(member.forename), _family(member.surname))
        self.finish(numbers, roll)

    def add_pupil(self, row: int, pupil: Pupil) -> None:
        given, family = _given(pupil.forename), _family(pupil.surname)
        if pupil.preferred_forename or pupil.middle_names:
            given = given | _given(pupil.preferred_forename) | _given(pupil.middle_names)
        if pupil.preferred_surname or pupil.former_surname:
            family = family | _family(pupil.preferred_surname) | _family(pupil.former_surname)
        for alias in pupil.aliases:
            first, _, last = alias.strip().rpartition(" ")
            given = given | _given(first or last)
            family = family | _family(last) if first else family
        self.add_name(row, given, family)
        group = squash(pupil.registration_group)
        if pieces := _pieces(pupil.forename) | _pieces(pupil.surname) | ({group.lower()} if _is_word(group) else set()):
            self.words[self.index.school_of[row]] |= pieces
        for kind, text in (
            (EvidenceKind.UPN, pupil.upn),
            (EvidenceKind.ULN, pupil.uln),
            (EvidenceKind.NHS, pupil.nhs_number),
            (EvidenceKind.UCI, pupil.uci),
            (EvidenceKind.ADMISSION, pupil.pupil_id),
            (EvidenceKind.CANDIDATE, pupil.candidate_number),
            (EvidenceKind.CLASS, pupil.registration_group),
        ):
            if text:
                self.add_value(kind, squash(text), row)
        if pupil.email:
            self.add_value(EvidenceKind.EMAIL, email_key(pupil.email), row)
        if pupil.date_of_birth:
            self.add_value(EvidenceKind.DOB, pupil.date_of_birth.isoformat(), row)
        self.add_home(pupil.address, pupil.postcode, row)

    def add_contact(self, row: int, contact: Contact) -> None:
        children = self.children.get(contact.contact_id, ())
        index = self.index
        school = index.school_of[children[0]] if children else ALL_SCHOOLS
        if len(children) > 1 and any(index.school_of[child] != school for child in children):
            school = ALL_SCHOOLS
        index.school_of.append(school)
        index.children.extend(children)
        index.first_child.append(len(index.children))
        self.add_name(row, _given(contact.forename), _family(contact.surname))
        lows = [
            _low(EvidenceKind.PHONE, key)
            for phone in contact.phones
            if (key := phone_key(phone)) and key not in self.own_phones
        ]
        lows += [_low(EvidenceKind.EMAIL, key) for email in contact.emails if (key := email_key(email))]
        for child in children:
            for low in lows:
                self.values.append(low | child)
            pupil = index.pupils[child]
            if contact.postcode != pupil.postcode or contact.address != pupil.address:
                self.add_home(contact.address, contact.postcode, child)
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
        for kind, key in found:
            if key and key not in self.own_phones and key not in self.own_postcodes:
                known = self.index.confidential.get((kind.value, key), ())
                self.index.confidential[kind.value, key] = (*known, contact.contact_id)

    def add_home(self, address: str, postcode: str, row: int) -> None:
        if postcode and (key := postcode_key(postcode)) not in self.own_postcodes:
            self.add_value(EvidenceKind.POSTCODE, key, row)
        if address:
            self.add_value(EvidenceKind.ADDRESS, address_key(address), row)

    def add_value(self, kind: EvidenceKind, key: str, row: int) -> None:
        if key:
            self.values.append(_low(kind, key) | row)

    def add_name(self, row: int, given: frozenset[str], family: frozenset[str]) -> None:
        index, school = self.index, self.index.school_of[row]
        firsts = self.givens.get((school, given))
        if firsts is None:
            firsts = self.givens[school, given] = self.given_tokens(school, given)
        lasts = self.families.get((school, family))
        if lasts is None:
            lasts = self.families[school, family] = [self.token(word) for word in family]
            self.words.setdefault(school, set()).update(family)
        if row < len(index.pupils):
            for token in firsts:
                index.given_count[token] += 1
            for token in lasts:
                index.family_count[token] += 1
        for first in firsts:
            for last in lasts:
                self.pairs.append((first << _TOKEN_BITS | last) << _PERSON_BITS | row)
                self.swapped.append((last << _TOKEN_BITS | first) << _PERSON_BITS | row)

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
        return number & _TOKEN_MASK

    def finish(self, numbers: dict[str, int], roll: Roll) -> None:
        index = self.index
        index.given_first = _sorted(self.pairs)
        index.family_first = _sorted(self.swapped)
        index.values = _sorted(self.values)
        shared = self.words.get(ALL_SCHOOLS, set())
        sizes = dict.fromkeys(numbers.values(), 0)
        for pupil in roll.pupils:
            sizes[numbers[pupil.school]] += 1
        for school, number in numbers.items():
            words = self.words.get(number, set()) | shared
            index.scopes[school] = _scope(number, sizes[number], words, index.lexicon)
        everything = set().union(*self.words.values()) if len(self.words) > 1 else words if numbers else set()
        index.everybody = _scope(ALL_SCHOOLS, len(roll.pupils), everything, index.lexicon)
        index.classes = frozenset(squash(pupil.registration_group) for pupil in roll.pupils) - {""}
        index.class_words = frozenset(name.lower() for name in index.classes if _is_word(name))


def _is_word(group: str) -> bool:
    """Return whether a class is called by a word ("MAPLE", "RA"), which the scan must then look for as for a name."""
    return len(group) > 1 and group.isalpha()


def _low(kind: EvidenceKind, key: str) -> int:
    """Return the number that a value has in `Index.values`, before its person's is added."""
    return (hash((kind._value_, key)) & _HASH_MASK) << _PERSON_BITS


def _sorted(numbers: array[int]) -> array[int]:
    """Return the numbers in order, each once."""
    found = array("Q")
    last = -1
    for number in sorted(numbers):
        if number != last:
            found.append(number)
            last = number
    return found


def _pieces(name: str) -> set[str]:
    """Return the words that a split at apostrophes leaves ("O'Neill" gives "neill"): the fast scan splits there."""
    words = words_of(name) if "'" in name or not name.isascii() else []
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
