"""Trusts that differ more from each other than the first ones do, for the halves `wide`, `blind` and those after it.

Tiny to large; more cultures; forms named after teachers, rooms or animals; staff with a pupil's full name; a family at
the school's own postcode; dates of birth that the school does not have; carers without a telephone number."""

from __future__ import annotations

import random
from dataclasses import replace

from bench.quality import more_names, names
from bench.quality.rolls import Builder, Town, plain

from mailguard.model import StaffMember

SIZES = (22, 45, 90, 140, 210, 320, 480, 700)


class WideBuilder(Builder):
    """Makes one such trust."""

    school_names = more_names.SCHOOLS

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        rng = random.Random(f"wide {seed}")
        self.size = SIZES[seed % len(SIZES)] + rng.randint(0, 30)
        others = [c for c in (*names.POOLS, *more_names.MORE) if c not in names.BASE]
        self.mix = {"english": rng.randint(5, 45), "modern": rng.randint(3, 20), "words": 4, "school words": 3}
        self.mix |= {culture: rng.randint(2, 14) for culture in rng.sample(others, 12)}
        self.style = rng.choice(("letters", "teachers", "animals", "rooms"))

    def _group(self, year: int, primary: bool) -> str:
        number = "R" if year == 0 else str(year)
        at = self.rng.randrange(2 if self.size < 300 else 4)
        if self.style == "animals" and primary:
            return more_names.GROUPS.split(";")[(year * 2 + at) % 14]
        if self.style == "teachers":
            return f"{number}{('HB', 'JK', 'TW', 'SM')[at]}"
        if self.style == "rooms":
            return f"{number}.{at + 1}" if primary else f"{number}-{'NESW'[at]}"
        return f"{number}{'ABCD'[at]}"

    def _finish(self) -> None:
        rng = self.rng
        for at in rng.sample(range(len(self.pupils)), max(1, len(self.pupils) // 40)):
            self.pupils[at] = replace(self.pupils[at], date_of_birth=None)
        for at, contact in enumerate(self.contacts):
            if rng.random() < 0.02:
                self.contacts[at] = replace(contact, phones=())
        for school in self.schools:
            mine = [at for at, p in enumerate(self.pupils) if p.school == school.code]
            for at in rng.sample(mine, min(len(mine), 3)):
                self._staff_namesake(at)
            if mine:
                self._beside_the_school(self.pupils[rng.choice(mine)].address, school.postcode)

    def _staff_namesake(self, at: int) -> None:
        pupil = self.pupils[at]
        school = next(s for s in self.schools if s.code == pupil.school)
        local = self._unique(
            f"{plain(pupil.forename)[0].lower()}.{plain(pupil.surname).lower()[:6].strip()}", school.domain
        )
        local = "".join(c for c in local if c.isalnum() or c == ".")
        titles = names.TITLES_F if pupil.key in self.girls else names.TITLES_M
        self.staff.append(
            StaffMember(school.code, f"{local}@{school.domain}", pupil.forename, pupil.surname, self.rng.choice(titles))
        )

    def _beside_the_school(self, home: str, postcode: str) -> None:
        self.pupils = [replace(p, postcode=postcode) if p.address == home else p for p in self.pupils]
        self.contacts = [replace(c, postcode=postcode) if c.address == home else c for c in self.contacts]


def make_wide_town(seed: int) -> Town:
    """Return the trust of this seed."""
    return WideBuilder(seed).town()
