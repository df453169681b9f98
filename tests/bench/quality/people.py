"""Who a message is about: for every need of a scenario, a pupil of the trust (and a second one) that meets it."""

from __future__ import annotations

import random
from collections.abc import Callable

from bench.quality import names
from bench.quality.rolls import NO, ORDER, Town, plain

from mailguard.model import Pupil, PupilStatus

Pick = tuple[Pupil, Pupil | None]
WORDS = {name for which in range(3) for name in names.pool("words", which)}


def folded(pupil: Pupil) -> set[str]:
    """Return every full name a pupil goes by, without accents and case."""
    firsts = {
        pupil.forename,
        pupil.preferred_forename or pupil.forename,
        names.DIMINUTIVES.get(pupil.forename, pupil.forename),
    }
    lasts = {pupil.surname, pupil.former_surname or pupil.surname, *pupil.surname.replace("-", " ").split()[-1:]}
    return {plain(f"{first} {last}").lower().replace("'", "") for first in firsts for last in lasts}


def known(pupil: Pupil) -> str:
    """Return the forename a pupil is called by."""
    return pupil.preferred_forename or pupil.forename


class People:
    """Answers needs from one trust."""

    def __init__(self, town: Town) -> None:
        self.town = town
        count: dict[str, int] = {}
        for pupil in town.roll.pupils:
            for name in folded(pupil):
                count[name] = count.get(name, 0) + 1
        staff = {plain(f"{s.forename} {s.surname}").lower() for s in town.roll.staff}
        hidden = {c.contact_id for c in town.roll.contacts if c.confidential}
        self.hidden = {p.pupil for p in town.roll.relationships if p.contact_id in hidden}
        reachable = [p for p in town.roll.pupils if town.contacts_of(p.key)]
        self.plain = [
            p
            for p in reachable
            if p.key not in self.hidden and all(count[n] == 1 and n not in staff for n in folded(p))
        ]
        self.pools: dict[str, list[Pick]] = {need: list(make(self)) for need, make in NEEDS.items()}

    def pick(self, need: str, rng: random.Random) -> Pick | None:
        """Return a pupil (and second) for this need, or None where the trust has none."""
        pool = self.pools[need]
        return rng.choice(pool) if pool else None

    def alone(self, key: Callable[[Pupil], object]) -> list[Pupil]:
        """Return the plain pupils whose `key` no other pupil of the school has."""
        seen: dict[object, int] = {}
        for pupil in self.town.roll.pupils:
            seen[(pupil.school, key(pupil))] = seen.get((pupil.school, key(pupil)), 0) + 1
        return [p for p in self.plain if seen[(p.school, key(p))] == 1]

    def only(self, keep: Callable[[Pupil], object]) -> list[Pick]:
        """Return the plain pupils that `keep` keeps."""
        return [(p, None) for p in self.plain if keep(p)]

    def first_class(self) -> list[Pick]:
        """Pupils whose called name is theirs alone in the class, as forename, called name or short form."""
        used: dict[tuple[str, str, str], int] = {}
        for p in self.town.roll.pupils:
            for name in {p.forename, known(p), names.DIMINUTIVES.get(p.forename, p.forename)}:
                at = (p.school, p.registration_group, plain(name).lower())
                used[at] = used.get(at, 0) + 1
        return [
            (p, None)
            for p in self.plain
            if used[(p.school, p.registration_group, plain(known(p)).lower())] == 1 and p.status is PupilStatus.CURRENT
        ]

    def initials_class(self) -> list[Pick]:
        """Pupils whose initials are theirs alone in the class."""
        both = self.alone(lambda p: (p.registration_group, known(p)[0].upper(), p.surname[0].upper()))
        return [(p, None) for p in both if p.forename[0] == known(p)[0]]

    def born_with(self, name: Callable[[Pupil], object]) -> list[Pick]:
        """Pupils whose name of this sort and birthday are theirs alone."""
        both = self.alone(lambda p: (name(p), p.date_of_birth))
        return [(p, None) for p in both if p.date_of_birth and p.forename[0] == known(p)[0]]

    def initials_year(self) -> list[Pick]:
        """Pupils whose initials are theirs alone in the year."""
        both = self.alone(lambda p: (p.year_group, known(p)[0].upper(), p.surname[0].upper()))
        return [(p, None) for p in both if p.forename[0] == known(p)[0] and p.status is PupilStatus.CURRENT]

    def log_ins(self) -> list[Pick]:
        """Pupils whose initial and surname are theirs alone."""
        return [(p, None) for p in self.alone(lambda p: (p.forename[0], p.surname))]

    def alike_pairs(self) -> list[Pick]:
        """Two pupils of a school, one surname and two families, of whom one has the other's name in short or long."""
        made: list[Pick] = []
        for p in self.town.roll.pupils:
            for q in self.town.roll.pupils:
                apart = p.key != q.key and not self.related(p, q) and not {p.key, q.key} & self.hidden
                if (p.school, p.surname) == (q.school, q.surname) and apart and p.forename != q.forename:
                    forms = [{r.forename, names.DIMINUTIVES.get(r.forename, r.forename)} for r in (p, q)]
                    if forms[0] & forms[1] and self.town.contacts_of(p.key):
                        made.append((p, q))
        return made

    def households(self) -> list[Pick]:
        """Only children: nobody else of the roll shares home or contact."""
        shared: dict[str, int] = {}
        for p in self.town.roll.pupils:
            for thing in {p.address} | {c.contact_id for c in self.town.contacts_of(p.key)}:
                shared[thing] = shared.get(thing, 0) + 1
        alone = [p for p in self.plain if all(shared[c.contact_id] == 1 for c in self.town.contacts_of(p.key))]
        return [(p, None) for p in alone if shared[p.address] == 1]

    def barred(self) -> list[Pick]:
        """Pupils with a contact whom an order bars."""
        return self.only(lambda p: self.town.contacts_of(p.key, ORDER))

    def no_rights(self) -> list[Pick]:
        """Pupils with a contact on the roll who may not receive."""
        return self.only(
            lambda p: any(p.key not in self.town.may[a] for c in self.town.contacts_of(p.key, NO) for a in c.emails)
        )

    def hidden_homes(self) -> list[Pick]:
        """Pupils with a contact whose home is secret and another contact who lives elsewhere."""
        return [
            (p, None) for p in self.town.roll.pupils if p.key in self.hidden and len(self.town.contacts_of(p.key)) > 1
        ]

    def half_siblings(self) -> list[Pick]:
        """Pupil and half sibling: the second has a contact who may have nothing about the first."""
        made: list[Pick] = []
        for p in self.plain:
            mothers = {c.contact_id for c in self.town.contacts_of(p.key)}
            for q in self.town.roll.pupils:
                theirs = self.town.contacts_of(q.key)
                if q.key != p.key and mothers & {c.contact_id for c in theirs}:
                    others = [c for c in theirs if all(p.key not in self.town.may[a] for a in c.emails)]
                    if others:
                        made.append((p, q))
        return made

    def siblings(self) -> list[Pick]:
        """Two children of one family with the same people entitled to both."""
        made: list[Pick] = []
        for p in self.plain:
            mine = {c.contact_id for c in self.town.contacts_of(p.key)}
            made += [
                (p, q)
                for q in self.plain
                if q.key != p.key
                and q.address == p.address
                and {c.contact_id for c in self.town.contacts_of(q.key)} == mine
            ]
        return made

    def namesakes(self) -> list[Pick]:
        """Two pupils of one school and one name, in different classes and families, no secret home."""
        made: list[Pick] = []
        for p in self.town.roll.pupils:
            for q in self.town.roll.pupils:
                same = (p.forename, p.surname, p.school) == (q.forename, q.surname, q.school)
                apart = p.key != q.key and p.registration_group != q.registration_group
                free = not {p.key, q.key} & self.hidden and not p.preferred_forename and not q.preferred_forename
                mine = {a for c in self.town.contacts_of(p.key) for a in c.emails}
                theirs = {a for c in self.town.contacts_of(q.key) for a in c.emails}
                if (
                    same
                    and apart
                    and free
                    and mine
                    and theirs
                    and not mine & theirs
                    and p.date_of_birth != q.date_of_birth
                ):
                    made.append((p, q))
        return made

    def staff_parents(self) -> list[Pick]:
        """A pupil, and the child of a member of staff who is not theirs (that parent has two addresses)."""
        staff = {(s.forename, s.surname): s for s in self.town.roll.staff}
        children = [
            q
            for q in self.plain
            for c in self.town.contacts_of(q.key)
            if (s := staff.get((c.forename, c.surname))) and s.school == q.school
        ]
        made: list[Pick] = [
            (p, q)
            for q in children
            for p in self.plain
            if p.school == q.school and p.key != q.key and p.address != q.address
        ]
        return made[:4000]

    def staff_namesakes(self) -> list[Pick]:
        """Pupils whose name is that of somebody who works at their school, and nobody else's."""
        count: dict[str, int] = {}
        for pupil in self.town.roll.pupils:
            for name in folded(pupil):
                count[name] = count.get(name, 0) + 1
        staff = {(s.school, plain(f"{s.forename} {s.surname}").lower()) for s in self.town.roll.staff}
        return [
            (p, None)
            for p in self.town.roll.pupils
            if p.key not in self.hidden
            and self.town.contacts_of(p.key)
            and all(count[name] == 1 for name in folded(p))
            and (p.school, plain(f"{p.forename} {p.surname}").lower()) in staff
        ]

    def pairs(self) -> list[Pick]:
        """Two pupils of one school and two families."""
        made: list[Pick] = []
        for at, p in enumerate(self.plain):
            for q in self.plain[at + 1 : at + 9]:
                if p.school == q.school and p.address != q.address and not self.related(p, q):
                    made.append((p, q))
        return made

    def related(self, p: Pupil, q: Pupil) -> bool:
        """Say whether two pupils share an address of a contact."""
        mine = {a for c in self.town.pairs[p.key] for a in self.town.contacts[c.contact_id].emails}
        return any(a in mine for c in self.town.pairs[q.key] for a in self.town.contacts[c.contact_id].emails)


NEEDS: dict[str, Callable[[People], list[Pick]]] = {
    "any": lambda s: s.only(lambda p: True),
    "first-class": People.first_class,
    "initials-class": People.initials_class,
    "initials-dob": lambda s: s.born_with(lambda p: (known(p)[0], p.surname[0])),
    "first-dob": lambda s: s.born_with(known),
    "initials-year": People.initials_year,
    "log-in": People.log_ins,
    "alike": People.alike_pairs,
    "known": lambda s: s.only(lambda p: p.preferred_forename),
    "nick": lambda s: s.only(lambda p: p.forename in names.DIMINUTIVES and not p.preferred_forename),
    "former": lambda s: s.only(lambda p: p.former_surname),
    "double": lambda s: s.only(
        lambda p: len(halves := p.surname.replace("-", " ").split()) == 2 and min(map(len, halves)) > 3
    ),
    "accents": lambda s: s.only(lambda p: not p.surname.isascii() or not p.forename.isascii()),
    "apostrophe": lambda s: s.only(lambda p: "'" in p.surname),
    "word": lambda s: s.only(lambda p: p.surname in WORDS or p.forename in WORDS),
    "short": lambda s: s.only(lambda p: len(p.surname) <= 3 or len(p.forename) <= 2),
    "long": lambda s: s.only(lambda p: len(p.surname) >= 6 and p.surname.isascii() and p.surname.isalpha()),
    "household": People.households,
    "barred": People.barred,
    "no-rights": People.no_rights,
    "hidden": People.hidden_homes,
    "half": People.half_siblings,
    "siblings": People.siblings,
    "namesakes": People.namesakes,
    "staff-parent": People.staff_parents,
    "pairs": People.pairs,
    "staff-namesake": People.staff_namesakes,
    "near-school": lambda s: s.only(lambda p: p.postcode == s.town.school_of[p.school].postcode),
    "primary": lambda s: s.only(lambda p: s.town.school_of[p.school].primary),
    "secondary": lambda s: s.only(lambda p: not s.town.school_of[p.school].primary),
    "applicant": lambda s: s.only(lambda p: p.status is PupilStatus.APPLICANT),
    "leaver": lambda s: s.only(lambda p: p.status is PupilStatus.LEAVER),
    "uln": lambda s: s.only(lambda p: p.uln),
    "candidate": lambda s: s.only(lambda p: p.candidate_number),
    "nhs": lambda s: s.only(lambda p: p.nhs_number),
    "mailbox": lambda s: s.only(lambda p: p.email),
    "trust": lambda s: s.only(lambda p: len(s.town.schools) > 1),
}
