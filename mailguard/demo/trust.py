"""An invented trust: a primary and a secondary school, their staff, and families of every awkward kind.

Everything follows from the seed. Full names are unique over pupils, contacts and staff, except for the namesakes that
are wanted; so what a message says about whom is settled by the scenario alone.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from mailguard.demo import names
from mailguard.model import Contact, MayReceive, Pupil, PupilStatus, Relationship, Roll, StaffMember
from mailguard.roll.identifiers import upn_check_letter
from mailguard.roll.revision import with_revision

SCHOOL_YEAR = 2026
LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ø": "o", "'": "", " ": ""})


@dataclass(frozen=True, slots=True)
class School:
    """One school as its mail shows it. `years` are the year groups it teaches, 0 being Reception."""

    code: str
    name: str
    domain: str
    phone: str
    postcode: str
    years: range
    staff: tuple[StaffMember, ...] = ()

    @property
    def pupil_domain(self) -> str:
        """Domain of the pupils' own mailboxes."""
        return f"pupils.{self.domain}"


@dataclass(slots=True)
class Family:
    """Children and the contacts of one household or two; `contacts[0]` may receive data on all of them."""

    pupils: list[Pupil]
    contacts: list[Contact]
    address: str
    postcode: str

    def email(self, place: int = 0) -> str:
        """The first address of the contact at `place`."""
        return self.contacts[place].emails[0]


@dataclass(slots=True)
class Trust:
    """The two schools, the roll, the ordinary families of each school and the awkward ones by name."""

    primary: School
    secondary: School
    town: str
    county: str
    ordinary: dict[str, list[Family]] = field(default_factory=dict)
    awkward: dict[str, Family] = field(default_factory=dict)
    roll: Roll = field(default_factory=Roll)

    @property
    def schools(self) -> tuple[School, School]:
        """Both schools, the primary first."""
        return (self.primary, self.secondary)

    @property
    def council(self) -> str:
        """The council's mail domain."""
        return f"{self.county.lower()}.example"

    def school(self, code: str) -> School:
        """The school with this code."""
        return self.primary if code == self.primary.code else self.secondary


def fold(text: str) -> str:
    """Lower-case ASCII letters of a name, for the local parts of addresses."""
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS))
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c == "-")).lower()


def make_trust(seed: int) -> Trust:
    """Make the trust of a seed: about 400 pupils in two schools."""
    rng = random.Random(f"trust {seed}")
    town, county = rng.choice(names.TOWNS), rng.choice(names.COUNTIES)
    primary = _school(rng, "OAK", "1", names.PRIMARIES, "Primary School", range(7))
    secondary = _school(rng, "ELM", "2", names.SECONDARIES, "Academy", range(7, 12))
    trust = Trust(primary, secondary, town, county)
    maker = Maker(rng, trust)
    maker.staff()
    maker.awkward()
    maker.ordinary()
    trust.roll = maker.roll()
    return trust


def _school(rng: random.Random, code: str, digit: str, pool: tuple[str, ...], kind: str, years: range) -> School:
    title = rng.choice(pool)
    return School(code, f"{title} {kind}", f"{fold(title)}.example", f"01632 96000{digit}", f"ZZ{digit} 1AA", years)


class Maker:
    """Collects the roll of one trust while its families are made."""

    def __init__(self, rng: random.Random, trust: Trust) -> None:
        self.rng = rng
        self.trust = trust
        self.taken: set[str] = set()
        self.mailboxes: set[str] = set()
        self.pupils: list[Pupil] = []
        self.contacts: list[Contact] = []
        self.pairs: list[Relationship] = []
        self.members: list[StaffMember] = []
        self.phones = [f"07700 900{n:03d}" for n in range(1000)]
        rng.shuffle(self.phones)
        self.houses = [(number, street) for street in names.STREETS for number in range(2, 90, 3)]
        rng.shuffle(self.houses)
        self.cultures = [culture for culture in names.CULTURES for _ in range(culture.weight)]

    def roll(self) -> Roll:
        """The finished roll."""
        rows = (tuple(self.pupils), tuple(self.contacts), tuple(self.pairs), tuple(self.members))
        return with_revision(Roll(*rows))

    # --- people ---------------------------------------------------------------------------------------------------

    def claim(self, forename: str, surname: str) -> bool:
        """Take a full name for one person; False if somebody bears it already."""
        key = f"{fold(forename)} {fold(surname)}"
        if key in self.taken:
            return False
        self.taken.add(key)
        return True

    def surname(self, culture: names.Culture) -> str:
        """A surname of a culture."""
        return self.rng.choice(culture.surnames)

    def staff(self) -> None:
        """Give each school its staff; the heads also stand for the whole trust."""
        for place, school in enumerate(self.trust.schools):
            members = []
            for title in ("Mrs", "Mr", "Miss", "Mr", "Ms", "Dr", "Mrs", "Mr"):
                pool = names.FATHERS if title == "Mr" else names.MOTHERS
                while not self.claim(forename := self.rng.choice(pool), surname := self.surname(names.CULTURES[0])):
                    pass
                email = f"{fold(forename)[0]}.{fold(surname)}@{school.domain}"
                if email not in self.mailboxes:
                    self.mailboxes.add(email)
                    members.append(StaffMember(school.code, email, forename, surname, title))
            self.members += members
            changed = replace(school, staff=tuple(members))
            if place:
                self.trust.secondary = changed
            else:
                self.trust.primary = changed

    def pupil(
        self, culture: names.Culture, surname: str, year: int, family: Family, forename: str = "", **more: Any
    ) -> Pupil:
        """Add a pupil of one year group to a family (years 0 to 6 go to the primary school)."""
        school = self.trust.primary if year in self.trust.primary.years else self.trust.secondary
        if forename:
            self.claim(forename, surname)
        while not forename:
            candidate = self.rng.choice(culture.girls + culture.boys)
            if self.claim(candidate, surname):
                forename = candidate
            elif all(f"{fold(name)} {fold(surname)}" in self.taken for name in culture.girls + culture.boys):
                surname = self.surname(names.CULTURES[0])
        number = 1001 + sum(p.school == school.code for p in self.pupils)
        born = date(SCHOOL_YEAR - 5 - year, 9, 1) + timedelta(days=self.rng.randrange(364))
        pupil = Pupil(
            school=school.code,
            pupil_id=str(number),
            forename=forename,
            surname=surname,
            date_of_birth=born,
            upn=self.upn(school, number),
            uln=f"{self.rng.randrange(10**9, 10**10)}" if year > 8 else "",
            middle_names=self.rng.choice(culture.girls + culture.boys) if self.rng.random() < 0.3 else "",
            year_group=str(year) if year else "R",
            registration_group=f"{year or 'R'}{self.rng.choice('ABC')}",
            address=family.address,
            postcode=family.postcode,
            email=f"{number}@{school.pupil_domain}" if year > 6 else "",
        )
        pupil = replace(pupil, **more)
        self.pupils.append(pupil)
        family.pupils.append(pupil)
        return pupil

    def upn(self, school: School, number: int) -> str:
        """A UPN with the right check letter, of a local authority that does not exist."""
        body = f"998{2000 if school is self.trust.primary else 4000}{20 + number % 7}{number % 1000:03d}"
        return upn_check_letter(f"A{body}") + body

    def house(self) -> tuple[str, str]:
        """An address and its postcode; no two families share a house."""
        number, street = self.houses.pop()
        return f"{number} {street}, {self.trust.town}", f"ZZ{3 + names.STREETS.index(street) % 6} {number % 9 + 1}AB"

    def family(self) -> Family:
        """An empty household with its address."""
        return Family([], [], *self.house())

    def contact(
        self, family: Family, pool: tuple[str, ...], surname: str, *, home: tuple[str, str] | None = None, **more: Any
    ) -> Contact:
        """Add a contact to a family, with a mailbox and a phone of their own."""
        while not self.claim(forename := self.rng.choice(pool), surname):
            surname = self.surname(self.rng.choice(self.cultures))
        style = self.rng.choice(("{f}.{s}", "{f}{s}{n}", "{i}{s}{n}", "{s}.{f}"))
        while True:
            local = style.format(f=fold(forename), s=fold(surname), i=fold(forename)[0], n=self.rng.randrange(10, 99))
            email = f"{local}@{self.rng.choice(names.MAIL_DOMAINS)}"
            if email not in self.mailboxes:
                break
            style = "{f}{s}{n}"
        self.mailboxes.add(email)
        address, postcode = home or (family.address, family.postcode)
        contact = Contact(
            contact_id=f"C{len(self.contacts) + 1:04d}",
            forename=forename,
            surname=surname,
            title="Mr" if pool is names.FATHERS else self.rng.choice(("Mrs", "Ms", "Miss", "Dr")),
            emails=(email,),
            phones=(self.phones.pop(),),
            address=address,
            postcode=postcode,
        )
        contact = replace(contact, **more)
        self.contacts.append(contact)
        family.contacts.append(contact)
        return contact

    def pair(self, pupil: Pupil, contact: Contact, relationship: str, may: MayReceive = MayReceive.YES) -> None:
        """Relate a pupil and a contact."""
        priority = 1 + sum(pair.pupil == pupil.key for pair in self.pairs)
        responsible = relationship in ("mother", "father")
        self.pairs.append(Relationship(pupil.key, contact.contact_id, relationship, responsible, may, priority))

    # --- families -------------------------------------------------------------------------------------------------

    def household(self, years: tuple[int, ...], *, parents: int = 2, culture: names.Culture | None = None) -> Family:
        """A family whose parents, under one roof, may receive everything on all their children."""
        culture = culture or self.rng.choice(self.cultures)
        surname = self.surname(culture)
        family = self.family()
        for year in years:
            self.pupil(culture, surname, year, family)
        mother = surname if self.rng.random() < 0.7 else self.surname(culture)
        for pool, word, name in ((names.MOTHERS, "mother", mother), (names.FATHERS, "father", surname))[:parents]:
            contact = self.contact(family, pool, name)
            for pupil in family.pupils:
                self.pair(pupil, contact, word)
        return family

    def ordinary(self) -> None:
        """Fill both schools with families of one to three children."""
        found: dict[str, list[Family]] = {school.code: [] for school in self.trust.schools}
        for year in [*self.trust.primary.years, *self.trust.secondary.years]:
            for _ in range(20):
                others = self.rng.sample([y for y in range(12) if y != year], self.rng.choice((0, 0, 0, 1, 1, 2)))
                family = self.household((year, *others), parents=self.rng.choice((1, 2, 2, 2)))
                if len({pupil.school for pupil in family.pupils}) == 1:
                    found[family.pupils[0].school].append(family)
        for families in found.values():
            self.rng.shuffle(families)
        self.trust.ordinary = found

    def awkward(self) -> None:
        """The families that a guard gets wrong: each is reached by its name in `Trust.awkward`."""
        made = self.trust.awkward
        made["siblings"] = self.household((self.rng.randrange(1, 6), self.rng.randrange(8, 11)))
        made["separated"] = self.apart((3,), MayReceive.YES)
        made["barred"] = self.apart((self.rng.randrange(1, 6), 8), MayReceive.ORDER)
        made["grandparent"] = self.household((self.rng.randrange(0, 6),), parents=1)
        elder = self.contact(made["grandparent"], names.MOTHERS, self.surname(names.CULTURES[0]), home=self.house())
        self.pair(made["grandparent"].pupils[0], elder, "grandmother", MayReceive.NO)
        self.half_siblings()
        self.namesakes("namesake", self.rng.randrange(4, 7), self.rng.randrange(0, 3))
        self.namesakes("far-namesake", self.rng.randrange(2, 7), self.rng.randrange(7, 11))
        hidden = made["confidential"] = self.apart((self.rng.randrange(1, 6),), MayReceive.YES)
        self.change(hidden, 0, confidential=True)
        shared = made["shared-mailbox"] = self.apart((5,), MayReceive.YES)
        self.change(shared, 1, emails=(shared.email(0),))
        self.standing("leaver", PupilStatus.LEAVER, 11)
        self.standing("applicant", PupilStatus.APPLICANT, 0)
        parent = made["staff-parent"] = self.household((2,), parents=1)
        teacher = self.trust.secondary.staff[3]
        self.change(parent, 0, forename=teacher.forename, surname=teacher.surname, title=teacher.title)
        self.change(parent, 0, emails=(*parent.contacts[0].emails, teacher.email))

    def apart(self, years: tuple[int, ...], father: MayReceive) -> Family:
        """Children who live with their mother; `father` says what their father may receive elsewhere."""
        family = self.household(years, parents=1)
        other = self.contact(family, names.FATHERS, family.pupils[0].surname, home=self.house())
        for pupil in family.pupils:
            self.pair(pupil, other, "father", father)
        return family

    def half_siblings(self) -> None:
        """One mother, two children in one school, a father each: contacts are mother, first father, second father."""
        family = self.household((self.rng.randrange(4, 7), self.rng.randrange(1, 4)), parents=1)
        for pupil in family.pupils:
            father = self.contact(family, names.FATHERS, pupil.surname, home=self.house())
            self.pair(pupil, father, "father")
        self.trust.awkward["half-siblings"] = family

    def namesakes(self, name: str, year: int, other_year: int) -> None:
        """Two unrelated pupils with one full name: families NAME and other-NAME."""
        culture = self.rng.choice(self.cultures)
        first = self.household((year,), culture=culture)
        pupil = first.pupils[0]
        second = self.family()
        self.pupil(culture, pupil.surname, other_year, second, pupil.forename)
        mother = self.contact(second, names.MOTHERS, pupil.surname)
        self.pair(second.pupils[0], mother, "mother")
        self.trust.awkward[name], self.trust.awkward[f"other-{name}"] = first, second

    def standing(self, name: str, status: PupilStatus, year: int) -> None:
        """A family whose only child has left, or has not come yet."""
        family = self.household((year,))
        pupil = family.pupils[0]
        family.pupils[0] = replace(pupil, status=status, registration_group="")
        self.pupils[self.pupils.index(pupil)] = family.pupils[0]
        self.trust.awkward[name] = family

    def change(self, family: Family, place: int, **more: Any) -> None:
        """Change fields of one contact of a family."""
        contact = family.contacts[place]
        family.contacts[place] = replace(contact, **more)
        self.contacts[self.contacts.index(contact)] = family.contacts[place]
