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

from ahocorasick_rs import BytesAhoCorasick

from mailguard.model import EvidenceKind, Roll
from mailguard.recognise.details import email_key
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.people import Pupils

ALL_SCHOOLS = 0xFFFF
GIVEN, FAMILY = 1, 2
"""The halves of a name."""
PERSON_BITS = 22
TOKEN_BITS = 20
PERSON_MASK = (1 << PERSON_BITS) - 1
TOKEN_MASK = (1 << TOKEN_BITS) - 1
HASH_MASK = (1 << 64) - 1 - PERSON_MASK
"""The bits of a value's hash that its rows keep."""
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


def scope_of(number: int, pupils: int, words: set[str], lexicon: Lexicon) -> Scope:
    """Return the scope of so many pupils whose names have these words."""
    weak = frozenset(words & lexicon.ordinary)
    strong = frozenset(words - weak)
    search = BytesAhoCorasick([f" {word} ".encode("ascii") for word in strong if word.isascii()])
    return Scope(number, pupils, frozenset(words), strong, weak, weak & lexicon.everyday, search)


class Index:
    """Names, identifiers and details of one revision of the roll. Read only once built; see `building.build_index`."""

    def __init__(self, roll: Roll, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.pupils = Pupils(roll.pupils)
        self.pupil_count = len(roll.pupils)
        self.contacts = len(roll.contacts)
        self.surnames: list[str] = []
        self.surname_of = array("I")
        self.staff_names: dict[str, list[str]] = {}
        self.staff_initials: dict[int, frozenset[str]] = {}
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
        self.hidden_homes: dict[str, tuple[str, str]] = {}
        self.towns: frozenset[str] = frozenset()
        self.scopes: dict[str, Scope] = {}
        self.everybody = scope_of(ALL_SCHOOLS, len(roll.pupils), set(), lexicon)
        self.classes: frozenset[str] = frozenset()
        self.class_words: frozenset[str] = frozenset()
        self.class_pairs: frozenset[tuple[str, str]] = frozenset()
        self.class_firsts: frozenset[str] = frozenset()
        self.numbered_classes = self.has_candidates = False
        for member in roll.staff:
            if member.email:
                names = self.staff_names.setdefault(email_key(member.email), [])
                names.append(f"{member.forename} {member.surname}")

    def children_of(self, person: int) -> array[int]:
        """Return the pupils of a contact; none for anybody else."""
        contact = person - len(self.pupils)
        if not 0 <= contact < self.contacts:
            return array("I")
        return self.children[self.first_child[contact] : self.first_child[contact + 1]]

    def scope(self, school: str | None) -> Scope:
        """Return the school's scope; an unknown school or none means everybody."""
        return self.scopes.get(school or "", self.everybody)

    def is_pupil(self, person: int) -> bool:
        """Return whether a person's number is a pupil's."""
        return person < self.pupil_count

    def is_contact(self, person: int) -> bool:
        """Return whether a person's number is a contact's."""
        return 0 <= person - self.pupil_count < self.contacts

    def contact_surname(self, person: int) -> str:
        """Return a contact's surname."""
        return self.surnames[self.surname_of[person - len(self.pupils)]]

    def within(self, person: int, scope: Scope) -> bool:
        """Return whether a person belongs to a scope."""
        own = self.school_of[person]
        return scope.number in (own, ALL_SCHOOLS) or own == ALL_SCHOOLS

    def named(self, given: int, family: int, scope: Scope, limit: int = 512) -> list[int]:
        """Return the persons of a scope whom these two name tokens may mean, at most `limit`."""
        return self._range(self.given_first, (given << TOKEN_BITS | family) << PERSON_BITS, 1, scope, limit)

    def half_of(self, word: str) -> int:
        """Return which halves of a name, of whomever, a word may be: GIVEN, FAMILY, both or 0."""
        groups = self.lexicon.variants.get(word, ())
        given = [self.tokens[key] for key in (word, *[f"~{group}" for group in groups]) if key in self.tokens]
        half = GIVEN if any(_begins(self.given_first, token) for token in given) else 0
        token = self.tokens.get(word)
        return half | FAMILY if token is not None and _begins(self.family_first, token) else half

    def with_family(self, family: int, scope: Scope, limit: int = 256) -> list[int]:
        """Return the persons of a scope with this family-name token, at most `limit`."""
        return self._range(self.family_first, family << (TOKEN_BITS + PERSON_BITS), 1 << TOKEN_BITS, scope, limit)

    def with_given(self, given: int, scope: Scope, limit: int = 256) -> list[int]:
        """Return the persons of a scope with this forename token, at most `limit`."""
        return self._range(self.given_first, given << (TOKEN_BITS + PERSON_BITS), 1 << TOKEN_BITS, scope, limit)

    def givens_under(self, family: int, scope: Scope) -> dict[int, list[int]]:
        """Return the forename tokens that occur with a family-name token, with their pupils; few hundred at most."""
        return self._under(self.family_first, family, scope)

    def families_under(self, given: int, scope: Scope) -> dict[int, list[int]]:
        """Return the family-name tokens that occur with a forename token, with their pupils; few hundred at most."""
        return self._under(self.given_first, given, scope)

    def _under(self, rows: array[int], token: int, scope: Scope, limit: int = 1500) -> dict[int, list[int]]:
        low = token << (TOKEN_BITS + PERSON_BITS)
        at = bisect_left(rows, low)
        found: dict[int, list[int]] = {}
        for row in rows[at : at + limit]:
            if row >> (TOKEN_BITS + PERSON_BITS) != token:
                break
            person = row & PERSON_MASK
            if self.is_pupil(person) and self.within(person, scope):
                found.setdefault(row >> PERSON_BITS & TOKEN_MASK, []).append(person)
        return found

    def owners(self, kind: EvidenceKind, value: str, scope: Scope, limit: int = 64) -> list[int]:
        """Return the pupils of a scope who have this value (by its key), at most `limit`."""
        return self._range(self.values, first_row(kind._value_, value), 1, scope, limit)

    def _range(self, rows: array[int], low: int, width: int, scope: Scope, limit: int) -> list[int]:
        at = bisect_left(rows, low)
        high = low + (width << PERSON_BITS)
        if at == len(rows) or rows[at] >= high:
            return []  # as nearly always
        own, school_of = (scope.number, ALL_SCHOOLS), self.school_of
        end = bisect_left(rows, high, at, min(len(rows), at + limit + 1))
        if end - at <= limit:
            persons = [row & PERSON_MASK for row in rows[at:end]]
            if scope.number != ALL_SCHOOLS:
                persons = [person for person in persons if school_of[person] in own]
            return list(dict.fromkeys(persons))
        found: dict[int, None] = {}
        while at < len(rows) and (row := rows[at]) < high and len(found) < limit:
            person = row & PERSON_MASK
            if scope.number == ALL_SCHOOLS or school_of[person] in own:
                found[person] = None
            at += 1
        return list(found)


def _begins(rows: array[int], token: int) -> bool:
    """Return whether any row begins with a token."""
    at = bisect_left(rows, token << (TOKEN_BITS + PERSON_BITS))
    return at < len(rows) and rows[at] >> (TOKEN_BITS + PERSON_BITS) == token


def first_row(kind: str, key: str) -> int:
    """Return the number that a value has in `Index.values`, before its person's is added."""
    return hash((kind, key)) & HASH_MASK
