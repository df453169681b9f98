"""What a template may say about a pupil: every `{word}` in braces, worked out from the roll."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from bench.quality import names
from bench.quality.rolls import TODAY, Town, plain, upn

from mailguard.model import Contact, Pupil, StaffMember

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass
class Scene:
    """Who is who in one message."""

    town: Town
    rng: random.Random
    pupil: Pupil
    second: Pupil | None = None
    rows: list[Pupil] = field(default_factory=list)
    parent: Contact | None = None  # of the pupil; the one whose details the text gives
    to: str = ""  # the first recipient
    sender: StaffMember | None = None

    def fact(self, word: str, row: int | None) -> str:
        """Return the value of `word` for the pupil, the second pupil ("2." before the word) or a row's pupil."""
        if word.startswith("2."):
            assert self.second is not None
            return self._pupil(self.second, word[2:])
        if word.startswith("n "):
            low, high = word[2:].split()
            return str(self.rng.randint(int(low), int(high)))
        if word in _MAIL:
            return _MAIL[word](self)
        if row is None:
            return self._pupil(self.pupil, word)
        try:
            return self._pupil(self.rows[row], word)
        except LookupError:  # a list has gaps where the roll has them
            return ""

    def _pupil(self, pupil: Pupil, word: str) -> str:
        if word in _PUPIL:
            return _PUPIL[word](pupil)
        girl = pupil.key in self.town.girls
        if word in _PRONOUNS:
            return _PRONOUNS[word][0 if girl else 1]
        if word in ("mum", "Mum"):
            return self._relation(pupil, word == "Mum")
        contact = (
            self.parent if self.parent and pupil is self.pupil else next(iter(self.town.contacts_of(pupil.key)), None)
        )
        assert contact is not None
        return _CONTACT[word](contact)

    def _relation(self, pupil: Pupil, capital: bool) -> str:
        pair = next(p for p in self.town.pairs[pupil.key] if p.contact_id in self.town.contacts)
        word = {"Mother": "mum", "Father": "dad", "Grandmother": "nan"}.get(pair.relationship, "carer")
        return word.capitalize() if capital else word

    def salutation(self) -> str:
        """Return how the first recipient is greeted."""
        for contact in self.town.roll.contacts:
            if self.to in contact.emails:
                return f"{contact.title} {contact.surname}"
        return "colleague" if any(s.email == self.to for s in self.town.roll.staff) else "Parent/Carer"


def typo(name: str) -> str:
    """Return `name` with two inner letters swapped or one doubled."""
    at = len(name) // 2
    if len(name) > 4 and name[at] != name[at - 1]:
        return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
    return name[:at] + name[at - 1] + name[at:]


def _disguised(letters: dict[str, str], joint: str = " ") -> Callable[[Pupil], str]:
    """Return how to write a full name with other letters that look like its own."""
    table = str.maketrans(letters)
    return lambda p: f"{_known(p)}{joint}{p.surname}".translate(table)


_CYRILLIC = dict(zip("aeopcxyABEKMHOPCTX", "аеорсхуАВЕКМНОРСТХ", strict=True))
_GREEK = dict(zip("ovABEHIKMNOPTXYZ", "ονΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", strict=True))
_LISU = dict(zip("ABCDEFGHIJKLMNOPRSTUVWXYZ", "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ", strict=True))
_WIDE = {chr(c): chr(c + 0xFEE0) for c in range(ord("A"), ord("z") + 1) if chr(c).isalpha()}


def _halves(name: str) -> list[str]:
    return name.replace("-", " ").split()


def _local(name: str) -> str:
    return "".join(c for c in plain(name).lower() if c.isalnum())


def _initials(p: Pupil) -> str:
    return f"{_known(p)[0]}.{p.surname[0].upper()}."


def _known(p: Pupil) -> str:
    return p.preferred_forename or p.forename


def _long(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _ordinal(day: date) -> str:
    ending = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{ending} {MONTHS[day.month - 1]} {day.year}"


def _age(p: Pupil) -> str:
    return str((TODAY - _born(p)).days // 365)


def _born(p: Pupil) -> date:
    if not p.date_of_birth:
        raise LookupError("no date of birth")
    return p.date_of_birth


def _dob(form: str) -> Callable[[Pupil], str]:
    return lambda p: _born(p).strftime(form)


_PUPIL: dict[str, Callable[[Pupil], str]] = {
    "full": lambda p: f"{p.forename} {p.surname}",
    "first": lambda p: p.forename,
    "last": lambda p: p.surname,
    "known": _known,
    "knownfull": lambda p: f"{_known(p)} {p.surname}",
    "middle": lambda p: " ".join(filter(None, (p.forename, p.middle_names, p.surname))),
    "reverse": lambda p: f"{p.surname}, {p.forename}",
    "bare reverse": lambda p: f"{p.surname} {p.forename}",
    "caps": lambda p: f"{p.forename} {p.surname}".upper(),
    "caps last": lambda p: f"{p.surname.upper()}, {p.forename}",
    "ascii": lambda p: plain(f"{p.forename} {p.surname}").replace("'", ""),
    "curly": lambda p: f"{p.forename} {p.surname}".replace("'", "’"),
    "typo": lambda p: f"{p.forename} {typo(p.surname)}",
    "nick": lambda p: names.DIMINUTIVES.get(p.forename, _known(p)),
    "former": lambda p: f"{p.forename} {p.former_surname}",
    "cyr": _disguised(_CYRILLIC),
    "greek": _disguised(_GREEK),
    "lisu": _disguised(_LISU),
    "wide": _disguised(_WIDE),
    "filler": _disguised({}, "\u3164"),
    "half": lambda p: f"{p.forename} {_halves(p.surname)[-1]}",
    "half1": lambda p: f"{p.forename} {_halves(p.surname)[0]}",
    "joined": lambda p: f"{p.forename} {'-'.join(_halves(p.surname))}",
    "spaced": lambda p: f"{p.forename} {' '.join(_halves(p.surname))}",
    "initials": _initials,
    "letters": lambda p: _initials(p).replace(".", ""),
    "first l": lambda p: f"{_known(p)} {p.surname[0].upper()}",
    "f last": lambda p: f"{p.forename[0]}. {p.surname}",
    "first CAPS": lambda p: f"{p.forename} {p.surname.upper()}",
    "LAST first": lambda p: f"{p.surname.upper()} {p.forename}",
    "LAST": lambda p: p.surname.upper(),
    "last f": lambda p: f"{p.surname} {p.forename[0]}",
    "lower": lambda p: f"{_known(p)} {p.surname}".lower(),
    "first lower": lambda p: _known(p).lower(),
    "class lower": lambda p: p.registration_group.lower(),
    "yr": lambda p: "YR" if p.year_group == "Reception" else p.year_group.replace("Year ", "Y"),
    "yr num": lambda p: "R" if p.year_group == "Reception" else p.year_group.removeprefix("Year "),
    "file": lambda p: plain(f"{p.surname}_{p.forename}").replace("'", "").replace(" ", "_"),
    "camel": lambda p: plain(f"{p.forename}{p.surname}").replace("'", "").replace(" ", "").replace("-", ""),
    "user": lambda p: _local(f"{p.forename[0]}{p.surname}"),
    "user dot": lambda p: f"{_local(p.forename)}.{_local(p.surname)}",
    "upn": lambda p: p.upn,
    "nhs bare": lambda p: p.nhs_number,
    "uln": lambda p: p.uln,
    "nhs": lambda p: f"{p.nhs_number[:3]} {p.nhs_number[3:6]} {p.nhs_number[6:]}",
    "cand": lambda p: p.candidate_number,
    "id": lambda p: p.pupil_id,
    "mail": lambda p: p.email,
    "dob": _dob("%d/%m/%Y"),
    "dob iso": _dob("%Y-%m-%d"),
    "dob dots": _dob("%d.%m.%y"),
    "dob mon": _dob("%d-%b-%Y"),
    "dob long": lambda p: _long(_born(p)),
    "dob bare": lambda p: f"{_born(p).day}/{_born(p).month}/{_born(p).year % 100:02d}",
    "dob words": lambda p: _ordinal(_born(p)),
    "dob short": lambda p: f"{_born(p).day} {MONTHS[_born(p).month - 1][:3]} {_born(p).year % 100:02d}",
    "dob dash": _dob("%d-%m-%Y"),
    "dob y": _dob("%d/%m/%y"),
    "age": _age,
    "bday": lambda p: f"{_born(p).day} {MONTHS[_born(p).month - 1]}",
    "class": lambda p: p.registration_group,
    "year": lambda p: p.year_group,
    "address": lambda p: f"{p.address}, {p.postcode}",
    "street": lambda p: p.address.rpartition(", ")[0],
    "house": lambda p: p.address,
    "postcode": lambda p: p.postcode,
    "postcode bare": lambda p: p.postcode.replace(" ", "").lower(),
}
_PRONOUNS = {
    "he": ("she", "he"), "him": ("her", "him"), "his": ("her", "his"), "He": ("She", "He"), "His": ("Her", "His"),
    "himself": ("herself", "himself"), "son": ("daughter", "son"), "boy": ("girl", "boy"), "sex": ("F", "M"),
    "brother": ("sister", "brother"),
}  # fmt: skip
_CONTACT: dict[str, Callable[[Contact], str]] = {
    "parent": lambda c: f"{c.title} {c.surname}",
    "parentfull": lambda c: f"{c.title} {c.forename} {c.surname}",
    "parentfirst": lambda c: c.forename,
    "parentlast": lambda c: c.surname,
    "parentinit": lambda c: f"{c.title} {c.forename[0]} {c.surname}",
    "phone dash": lambda c: c.phones[0].replace(" ", "-"),
    "phone": lambda c: c.phones[0],
    "phone bare": lambda c: c.phones[0].replace(" ", ""),
    "phone intl": lambda c: "+44 " + c.phones[0][1:],
    "pmail": lambda c: c.emails[0],
    "paddress": lambda c: f"{c.address}, {c.postcode}",
    "ppostcode": lambda c: c.postcode,
    "pstreet": lambda c: c.address.rpartition(", ")[0],
}


def _day(s: Scene) -> date:
    return TODAY + timedelta(days=s.rng.randint(3, 40))


def _sender(s: Scene) -> StaffMember:
    assert s.sender
    return s.sender


def _other_staff(s: Scene) -> StaffMember:
    return s.rng.choice([m for m in s.town.roll.staff if m.school in ("", s.pupil.school)])


_ROLES = (
    "Headteacher", "School Business Manager", "SENDCo", "Pastoral Lead", "Attendance Officer", "Class teacher",
    "Head of Year", "Admin Assistant", "Assistant Headteacher", "Data Manager", "Deputy Head (Inclusion)",
)  # fmt: skip
_NOTICES = (
    "This e-mail and any files sent with it are confidential and intended solely for the person to whom they are "
    "addressed. If you have received it in error please tell the sender and delete it.",
    "Please think of the environment before you print this.",
    "We are a nut-free school. Safeguarding is everyone's responsibility.",
    "I work part time (Mon-Wed) and may not see your message until my next working day.",
)


def _signature(s: Scene) -> str:
    school, who = s.town.school_of[s.pupil.school], _sender(s)
    name, role = f"{who.forename} {who.surname}", s.rng.choice(_ROLES)
    return s.rng.choice(
        (
            f"{name}\n{role}\n{school.name}\nTel: {school.phone}",
            f"{name} | {role} | {school.name} | {school.phone}\n{s.rng.choice(_NOTICES)}",
            f"Kind regards\n{who.title} {who.surname}\n{role}",
            f"{who.forename}\nSent from my iPhone",
            f"{who.title} {who.forename[0]} {who.surname}, {role}\n{school.name}, School Lane, {school.postcode}\n"
            f"T {school.phone}  E office@{school.domain}  W www.{school.domain}\n{s.rng.choice(_NOTICES)}",
            who.forename,
            f"{who.forename[0]}{who.surname[0]}",
        )
    )


_MAIL: dict[str, Callable[[Scene], str]] = {
    "to": lambda s: s.salutation(),
    "school": lambda s: s.town.school_of[s.pupil.school].name,
    "school phone": lambda s: s.town.school_of[s.pupil.school].phone,
    "school postcode": lambda s: s.town.school_of[s.pupil.school].postcode,
    "domain": lambda s: s.town.school_of[s.pupil.school].domain,
    "sig": _signature,
    "office": lambda s: f"office@{s.town.school_of[s.pupil.school].domain}",
    "past short": lambda s: (TODAY - timedelta(days=s.rng.randint(1, 20))).strftime("%d/%m"),
    "past iso": lambda s: (TODAY - timedelta(days=s.rng.randint(1, 60))).isoformat(),
    "ref": lambda s: f"{s.rng.choice(('REF', 'EW', 'INV', 'SO', 'CAS'))}{s.rng.randint(1000, 99999)}",
    "staff": lambda s: f"{_sender(s).title} {_sender(s).forename[0]} {_sender(s).surname}",
    "staff full": lambda s: f"{_sender(s).forename} {_sender(s).surname}",
    "teacher": lambda s: "{0.title} {0.surname}".format(_other_staff(s)),
    "teacher full": lambda s: "{0.forename} {0.surname}".format(_other_staff(s)),
    "date": lambda s: _long(_day(s)),
    "date num": lambda s: _day(s).strftime("%d/%m/%Y"),
    "past": lambda s: _long(TODAY - timedelta(days=s.rng.randint(2, 60))),
    "past num": lambda s: (TODAY - timedelta(days=s.rng.randint(2, 60))).strftime("%d/%m/%Y"),
    "weekday": lambda s: s.rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
    "time": lambda s: s.rng.choice(("8.50am", "9:15", "10.30am", "12:40", "1.15pm", "2pm", "15:20", "3.45pm", "6pm")),
    "money": lambda s: f"£{s.rng.choice((12, 18, 24, 37, 45, 62, 85, 140))}.{s.rng.choice(('00', '50', '20'))}",
    "percent": lambda s: f"{s.rng.randint(61, 93)}.{s.rng.randint(0, 9)}%",
    "clock": lambda s: f"{s.rng.randint(8, 9):02d}:{s.rng.randint(47, 59)}",
    "by": lambda s: "{0.forename[0]}{0.surname[0]}".format(_other_staff(s)).upper(),
    "mark": lambda s: str(s.rng.randint(21, 98)),
    "grade": lambda s: str(s.rng.randint(2, 9)),
    "score": lambda s: str(s.rng.randint(84, 119)),
    "other upn": lambda s: upn(s.rng),
    "town": lambda s: s.pupil.address.rpartition(", ")[2],
}
