"""Small invented trusts: one to three schools with their families, staff and policy; one seed, one trust.

Families are as schools have them: married, separated, barred by an order, hidden homes, half siblings, twins,
namesakes, grandparents who share an address, neighbours who are contacts without rights, parents who teach."""

from __future__ import annotations

import random
import string
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from bench.quality import names

from mailguard.model import Contact, MayReceive, Pupil, PupilKey, PupilStatus, Relationship, Roll, StaffMember
from mailguard.policy import Policy, parse_policy

TODAY = date(2026, 11, 20)
YES, NO, ORDER = MayReceive.YES, MayReceive.NO, MayReceive.ORDER
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(frozen=True)
class SchoolInfo:
    """One school of a trust and its mail domains."""

    code: str
    name: str
    primary: bool
    domain: str
    pupil_domain: str
    phone: str
    postcode: str


@dataclass
class Town:
    """A trust: what mailguard is given (roll, policy) and, beside it, who may have what, worked out independently."""

    seed: int
    schools: list[SchoolInfo]
    roll: Roll
    policy: Policy
    policy_text: str
    girls: set[PupilKey]
    may: dict[str, set[PupilKey]] = field(default_factory=lambda: defaultdict(set))
    barred: dict[str, set[PupilKey]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        """Work out who may have what from the pairs alone."""
        self.pupils = {pupil.key: pupil for pupil in self.roll.pupils}
        self.contacts = {contact.contact_id: contact for contact in self.roll.contacts}
        self.pairs: dict[PupilKey, list[Relationship]] = defaultdict(list)
        for pair in self.roll.relationships:
            self.pairs[pair.pupil].append(pair)
            for address in self.contacts[pair.contact_id].emails:
                if pair.may_receive is YES:
                    self.may[address].add(pair.pupil)
                elif pair.may_receive is ORDER:
                    self.barred[address].add(pair.pupil)
        for address, pupils in self.barred.items():
            self.may[address] -= pupils
        self.school_of = {school.code: school for school in self.schools}

    def contacts_of(self, key: PupilKey, may: MayReceive = YES) -> list[Contact]:
        """Return the contacts of a pupil with this right, most important first."""
        return [self.contacts[pair.contact_id] for pair in self.pairs[key] if pair.may_receive is may]


def plain(text: str) -> str:
    """Return `text` in ASCII as a hurried hand types it."""
    text = text.translate(str.maketrans("łŁøØđĐıß", "lLoOdDis"))
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def upn(rng: random.Random) -> str:
    """Return a pupil number with its right check letter: a letter and twelve digits, weights 2 to 13, modulo 23."""
    council, school = rng.choice((201, 302, 383, 873, 935)), rng.randint(2000, 9999)
    digits = f"{council}{school}{rng.randint(10, 26)}{rng.randint(1, 999):03d}"
    return UPN_LETTERS[sum(int(d) * w for d, w in zip(digits, range(2, 14), strict=True)) % 23] + digits


def uln(rng: random.Random) -> str:
    """Return a learner number: nine digits, weights 10 to 2, check digit 10 minus the remainder by 11."""
    while True:
        digits = f"{rng.randint(100000000, 999999999)}"
        rest = sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
        if rest:
            return digits + str(10 - rest)


def nhs(rng: random.Random) -> str:
    """Return a health service number of the range for tests (999): modulo 11."""
    while True:
        digits = f"999{rng.randint(0, 999999):06d}"
        check = (11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            return digits + str(check)


class Builder:
    """Makes one trust, household by household."""

    school_names = names.SCHOOL_NAMES

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(f"town {seed}")
        self.size = self.rng.randint(60, 400)
        self.pupils: list[Pupil] = []
        self.contacts: list[Contact] = []
        self.pairs: list[Relationship] = []
        self.staff: list[StaffMember] = []
        self.girls: set[PupilKey] = set()
        self.taken: set[str] = set()
        self.mobiles = [f"07700 900{n:03d}" for n in self.rng.sample(range(1000), 1000)]
        self.landlines = [f"01632 960{n:03d}" for n in self.rng.sample(range(10, 1000), 990)]
        self.towns = self.rng.sample(names.TOWNS.split(";"), 3)
        self.streets = self.rng.sample(names.STREETS.split(";"), 22)
        others = [culture for culture in names.POOLS if culture not in names.BASE]
        self.mix = dict(names.BASE) | {culture: self.rng.randint(2, 14) for culture in self.rng.sample(others, 9)}
        self.schools = self._schools()

    def _schools(self) -> list[SchoolInfo]:
        made = []
        for at, name in enumerate(self.rng.sample(self.school_names.split(";"), self.rng.choice((1, 1, 2, 3)))):
            primary = any(word in name for word in ("Primary", "Junior", "Infant"))
            word = next(w for w in plain(name).lower().replace("'", "").split() if w not in ("st", "our", "of"))
            domain = f"{word}{self.seed % 90}.example"
            pupils = f"{'pupils' if primary else 'students'}.{domain}"
            made.append(
                SchoolInfo(
                    word[:3].upper() + str(at), name, primary, domain, pupils, f"01632 96000{at}", f"ZZ{at + 1} 1AA"
                )
            )
        return made

    def town(self) -> Town:
        """Return the finished trust."""
        for school in self.schools:
            for _ in range(self.rng.randint(8, 16)):
                self._staff(school)
        self.staff.append(self._member("", self.schools[0], "it.support"))
        while len(self.pupils) < self.size:
            self._household()
        for _ in range(3 + self.size // 60):
            self._namesake()
        self._finish()
        roll = Roll(tuple(self.pupils), tuple(self.contacts), tuple(self.pairs), tuple(self.staff), f"town-{self.seed}")
        text = self._policy()
        return Town(self.seed, self.schools, roll, parse_policy(text), text, self.girls)

    def _finish(self) -> None:
        """Last changes before the roll is made: none here."""

    def _policy(self) -> str:
        blocks = [
            f'[[school]]\ncode = "{s.code}"\nname = "{s.name}"\nstaff_domains = ["{s.domain}"]\n'
            f'pupil_domains = ["{s.pupil_domain}"]\nphones = ["{s.phone}"]\npostcodes = ["{s.postcode}"]\n'
            for s in self.schools
        ]
        blocks.append(f'[[list]]\naddress = "allstaff@{self.schools[0].domain}"\nkind = "staff"\n')
        blocks.append('[[agency]]\nname = "Exampleshire Council"\ndomains = ["exampleshire.example"]\n')
        blocks.append(
            '[[agency]]\nname = "School nurses"\ndomains = ["nurses.example"]\ncategories = ["medical", "sen"]\n'
        )
        return "\n".join(blocks)

    def _culture(self) -> str:
        return self.rng.choices(list(self.mix), weights=list(self.mix.values()))[0]

    def _member(self, code: str, school: SchoolInfo, local: str = "") -> StaffMember:
        culture = self._culture()
        girl = self.rng.random() < 0.7
        forename = self.rng.choice(names.pool(culture, 0 if girl else 1))
        surname = self.rng.choice(names.pool(self._culture(), 2))
        local = local or self._unique(f"{plain(forename)[0].lower()}.{_local(surname)}", school.domain)
        title = self.rng.choice(names.TITLES_F if girl else names.TITLES_M)
        return StaffMember(code, f"{local}@{school.domain}", forename, surname, title)

    def _staff(self, school: SchoolInfo) -> None:
        self.staff.append(self._member(school.code, school))

    def _unique(self, local: str, domain: str) -> str:
        tried, at = local, 2
        while f"{tried}@{domain}" in self.taken:
            tried, at = f"{local}{at}", at + 1
        self.taken.add(f"{tried}@{domain}")
        return tried

    def _home(self) -> tuple[str, str]:
        town = self.rng.choice(self.towns)
        post = "".join(self.rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
        flat = f"Flat {self.rng.randint(1, 30)}, " if self.rng.random() < 0.12 else ""
        street = f"{flat}{self.rng.randint(1, 180)} {self.rng.choice(self.streets)}, {town}"
        return street, f"ZZ{self.towns.index(town) + 1}{self.rng.randint(0, 9)} {self.rng.randint(1, 9)}{post}"

    def _contact(self, surname: str, culture: str, mother: bool, home: tuple[str, str], **more: Any) -> Contact:
        forename = self.rng.choice(names.pool(culture, 0 if mother else 1))
        local = self.rng.choice(
            (
                f"{_local(forename)}.{_local(surname)}",
                f"{_local(forename)[0]}{_local(surname)}{self.rng.randint(70, 99)}",
                f"{_local(surname)}.family",
                f"{_local(forename)}{self.rng.randint(1, 999)}",
            )
        )
        domain = self.rng.choice(names.MAIL_DOMAINS.split(";"))
        emails = [f"{self._unique(local, domain)}@{domain}"]
        if self.rng.random() < 0.12:
            emails.append(f"{self._unique(_local(forename) + '.work', 'firm.example')}@firm.example")
        phones = [self._phone(mobile=True)] + ([self._phone(mobile=False)] if self.rng.random() < 0.25 else [])
        contact = Contact(
            f"C{len(self.contacts) + 1:05d}", forename, surname,
            self.rng.choice(names.TITLES_F if mother else names.TITLES_M),
            tuple(emails), tuple(phones), home[0], home[1],
        )  # fmt: skip
        contact = replace(contact, **more)
        self.contacts.append(contact)
        return contact

    def _phone(self, mobile: bool) -> str:
        numbers = self.mobiles if mobile and self.mobiles else self.landlines
        return numbers.pop() if numbers else f"020 7946 0{self.rng.randint(0, 999):03d}"

    def _pupil(self, surname: str, culture: str, home: tuple[str, str], school: SchoolInfo, **more: Any) -> Pupil:
        rng = self.rng
        girl = rng.random() < 0.5
        low, high = (0, 6) if school.primary else (7, 13 if "Grammar" in school.name else 11)
        year = rng.randint(low, high)
        start = date(TODAY.year - year - 5, 9, 1)  # reception: five years old by the end of August
        born = start + timedelta(days=rng.randint(0, 364)) - timedelta(days=0)
        first = "Reception" if year == 0 else f"Year {year}"
        group = self._group(year, school.primary)
        forename = rng.choice(names.pool(culture, 0 if girl else 1))
        number = f"{4000 + len(self.pupils) * 7 + rng.randint(0, 6):06d}"
        pupil = Pupil(
            school.code, number, forename, surname, born, upn(rng), "" if school.primary else uln(rng),
            rng.choice(names.pool(culture, 0 if girl else 1)) if rng.random() < 0.6 else "",
            year_group=first, registration_group=group, address=home[0], postcode=home[1],
            candidate_number="" if school.primary or year < 10 else f"{rng.randint(1000, 9999)}",
            nhs_number=nhs(rng) if rng.random() < 0.3 else "",
        )  # fmt: skip
        pupil = replace(pupil, **self._second_names(pupil, girl))
        if not school.primary or year >= 3:
            local = self._unique(f"{20 + rng.randint(0, 6)}{_local(forename)[0]}{_local(surname)}", school.pupil_domain)
            pupil = replace(pupil, email=f"{local}@{school.pupil_domain}")
        pupil = replace(pupil, **more)
        if girl:
            self.girls.add(pupil.key)
        self.pupils.append(pupil)
        return pupil

    def _group(self, year: int, primary: bool) -> str:
        letters = "AB" if self.size < 200 else "ABC"
        group = f"{'R' if year == 0 else year}{self.rng.choice(letters)}"
        if primary and self.seed % 3 == 0:
            group = names.TREES[(year * 2 + letters.index(group[-1])) % len(names.TREES)]
        return group

    def _second_names(self, pupil: Pupil, girl: bool) -> dict[str, Any]:
        more: dict[str, Any] = {}
        chance = self.rng.random()
        if chance < 0.06 and pupil.forename in names.DIMINUTIVES:
            more["preferred_forename"] = names.DIMINUTIVES[pupil.forename]
        elif chance < 0.09:
            more["preferred_forename"] = self.rng.choice(names.pool("english", 0 if girl else 1))
        if self.rng.random() < 0.03:
            more["former_surname"] = self.rng.choice(names.pool(self._culture(), 2))
        return more

    def _status(self) -> PupilStatus:
        return self.rng.choices(list(PupilStatus), weights=(92, 4, 4))[0]

    def _pair(self, pupil: Pupil, contact: Contact, relation: str, may: MayReceive = YES) -> None:
        priority = 1 + sum(pair.pupil == pupil.key for pair in self.pairs)
        responsible = relation in ("Mother", "Father")
        self.pairs.append(Relationship(pupil.key, contact.contact_id, relation, responsible, may, priority))

    def _household(self) -> None:
        rng = self.rng
        culture = self._culture()
        father_name = rng.choice(names.pool(culture, 2))
        mother_name = father_name if rng.random() < 0.7 else rng.choice(names.pool(self._culture(), 2))
        surname = father_name
        if mother_name != father_name and rng.random() < 0.45:
            surname = f"{mother_name}{rng.choice('-- ')}{father_name}"
        home, away = self._home(), self._home()
        shape = rng.choices(
            ("together", "separated", "alone", "order", "hidden", "half", "grandparent"),
            weights=(58, 13, 9, 6, 5, 5, 4),
        )[0]
        children = self._children(surname, culture, home)
        mother = self._contact(mother_name, culture, True, home, confidential=shape == "hidden")
        for child in children:
            self._pair(child, mother, "Mother")
        if shape in ("together", "separated", "hidden", "half", "order"):
            father = self._contact(father_name, culture, False, home if shape in ("together", "half") else away)
            if shape == "together" and rng.random() < 0.15:  # one address for both
                self.contacts[-1] = father = replace(father, emails=mother.emails)
            for child in children:
                self._pair(child, father, "Father", ORDER if shape == "order" else YES)
        if shape == "half":  # an elder child of the mother, whose own father may have that child's record only
            elder = self._pupil(rng.choice(names.pool(culture, 2)), culture, home, rng.choice(self.schools))
            first = self._contact(elder.surname, culture, False, away)
            self._pair(elder, mother, "Mother")
            self._pair(elder, first, "Father")
        if shape == "grandparent":
            for relation, lady in (("Grandmother", True), ("Grandfather", False)):
                person = self._contact(mother_name, culture, lady, away)
                if relation == "Grandfather":
                    self.contacts[-1] = replace(person, emails=self.contacts[-2].emails)
                for child in children:
                    self._pair(child, self.contacts[-1], relation)
        self._others(children, mother, mother_name, culture, away)

    def _others(
        self, children: list[Pupil], mother: Contact, surname: str, culture: str, away: tuple[str, str]
    ) -> None:
        rng = self.rng
        if rng.random() < 0.1:  # called in an emergency, never written to
            neighbour = self._contact(rng.choice(names.pool(self._culture(), 2)), culture, True, away)
            for child in children:
                self._pair(child, neighbour, "Neighbour", NO)
        if rng.random() < 0.04:
            school = rng.choice(self.schools)
            local = self._unique(f"{plain(mother.forename)[0].lower()}.{_local(surname)}", school.domain)
            email = f"{local}@{school.domain}"
            self.staff.append(StaffMember(school.code, email, mother.forename, mother.surname, mother.title))

    def _children(self, surname: str, culture: str, home: tuple[str, str]) -> list[Pupil]:
        rng = self.rng
        count = rng.choices((1, 2, 3), weights=(60, 30, 10))[0]
        children: list[Pupil] = []
        for _ in range(count):
            child = self._pupil(surname, culture, home, rng.choice(self.schools), status=self._status())
            while any(child.forename == other.forename for other in children):
                self.pupils[-1] = child = replace(
                    child, forename=rng.choice(names.pool(culture, child.key not in self.girls))
                )
            children.append(child)
        if count == 2 and rng.random() < 0.25:  # twins
            first = children[0]
            twin = replace(
                children[1], school=first.school, date_of_birth=first.date_of_birth, year_group=first.year_group,
                registration_group=first.registration_group, email="", uln=first.uln and uln(rng),
            )  # fmt: skip
            if children[1].key in self.girls:
                self.girls.add(twin.key)
            self.pupils[-1] = children[1] = twin
        return children

    def _namesake(self) -> None:
        """Another family's child with the full name of an existing one, in the same school, another class."""
        model = self.rng.choice(self.pupils)
        school = next(school for school in self.schools if school.code == model.school)
        home = self._home()
        for _ in range(20):
            pupil = self._pupil(model.surname, "english", home, school)
            if pupil.registration_group != model.registration_group:
                break
            self.pupils.pop()
        else:
            return
        self.pupils[-1] = pupil = replace(
            pupil, forename=model.forename, preferred_forename="", middle_names="", former_surname="", email=""
        )
        (self.girls.add if model.key in self.girls else self.girls.discard)(pupil.key)
        self._pair(pupil, self._contact(model.surname, "english", True, home), "Mother")


def _local(name: str) -> str:
    return "".join(c for c in plain(name).lower() if c in string.ascii_lowercase) or "family"


def make_town(seed: int) -> Town:
    """Return the trust of this seed."""
    return Builder(seed).town()
