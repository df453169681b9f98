from __future__ import annotations

from datetime import date

import msgspec

from mailguard.model import Contact, EvidenceKind, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.policy import Policy, parse_policy
from mailguard.recognise import Index, build_index
from mailguard.recognise.people import Pupils


def test_pupils_come_back_as_they_were_however_many_are_asked_for() -> None:
    pupils = [
        Pupil("OAK", str(n), "Zoë", f"Ó Briain {n}", date(2012, 1, 1 + n % 28), aliases=("Zed",)) for n in range(2500)
    ]
    packed = Pupils(pupils)
    assert len(packed) == 2500
    assert [Pupil(*msgspec.structs.astuple(packed[n])) for n in range(2500)] == pupils
    assert [packed[n].key for n in range(2500)] == [pupil.key for pupil in pupils]
    assert packed[7] is packed[7]


def test_a_contact_keeps_pupils_and_surname_and_staff_their_names() -> None:
    pupils = tuple(Pupil("OAK", str(n), "Ama", "Osei") for n in range(3))
    contacts = (Contact("c1", "Abena", "Mensah"), Contact("c2", "Kofi", "Osei"), Contact("c3", "Esi", "Mensah"))
    pairs = (
        Relationship(PupilKey("OAK", "2"), "c3"),
        Relationship(PupilKey("OAK", "0"), "c1"),
        Relationship(PupilKey("OAK", "1"), "c1"),
        Relationship(PupilKey("OAK", "9"), "c2"),  # not on the roll
        Relationship(PupilKey("OAK", "0"), "c9"),
    )
    staff = (StaffMember("OAK", "Y.Boateng@oak.example", "Yaw", "Boateng"),)
    index = build_index(Roll(pupils, contacts, pairs, staff), Policy())
    assert [list(index.children_of(3 + n)) for n in range(3)] == [[0, 1], [], [2]]
    assert [index.contact_surname(3 + n) for n in range(3)] == ["Mensah", "Osei", "Mensah"]
    assert list(index.children_of(0)) == []
    assert index.staff_names == {"y.boateng@oak.example": ["Yaw Boateng"]}


LARGE = tuple(
    Pupil(
        "OAK" if n % 2 else "ELM",
        str(n),
        ("Zoë", "Tom", "Thomas", "Ama")[n % 4],
        ("O'Neill", "Smith-Jones", "Osei")[n % 3],
        date(2012, 1, 1 + n % 9),
        upn=f"B80120000{n:04d}" if n % 5 else "",
        preferred_forename="Mo" if n % 7 == 0 else "",
        registration_group=("4B", "", "MAPLE")[n % 3],
        address=f"{1 + n // 2} High Street" if n % 8 else "",
        postcode=f"ZZ{1 + n // 2} 1AA" if n % 8 else "",
    )
    for n in range(64)
)
PARENTS = tuple(
    Contact(
        f"c{n}",
        "Abena",
        "Osei",
        emails=(f"C{n}@Home.example", f"c.{n}@gmail.com")[: n % 3],
        phones=("07700 900000", f"+44 7700 9001{n:02d}", "12")[: 1 + n % 3],
        address="9 Elsewhere Road" if n % 4 == 0 else LARGE[n].address,
        postcode="ZZ99 9ZZ" if n % 4 == 0 else LARGE[n].postcode,
    )
    for n in range(64)
)


def _owners(index: Index, kind: EvidenceKind, key: str) -> list[int]:
    return sorted(index.owners(kind, key, index.everybody, 999))


def test_everybody_is_found_by_everything_the_roll_says_of_them_and_nobody_else() -> None:
    pairs = tuple(Relationship(LARGE[n].key, f"c{n // 2 * 2}") for n in reversed(range(64)))
    policy = parse_policy('[[school]]\ncode = "OAK"\nphones = ["07700 900000"]\npostcodes = ["ZZ3 1AA"]\n')
    index = build_index(Roll(LARGE, PARENTS, pairs), policy)
    for rows in (index.given_first, index.family_first, index.values):
        assert list(rows) == sorted(rows)
    for given, family, number in (("zoe", "oneill", 0), ("thomas", "jones", 10), ("mo", "smithjones", 7)):
        expected = [
            n
            for n, pupil in enumerate(LARGE)
            if given in (pupil.forename.replace("ë", "e").lower(), pupil.preferred_forename.lower())
            and family in pupil.surname.replace("'", "").replace("-", "").lower()
        ]
        assert number in expected
        found = index.named(index.tokens[given], index.tokens[family], index.everybody)
        assert sorted(n for n in found if n < 64) == expected
    assert _owners(index, EvidenceKind.UPN, "B801200000007") == [7]
    assert _owners(index, EvidenceKind.UPN, "") == []
    assert _owners(index, EvidenceKind.ADMISSION, "63") == [63]
    assert _owners(index, EvidenceKind.CLASS, "4B") == list(range(0, 64, 3))
    assert _owners(index, EvidenceKind.DOB, "2012-01-04") == list(range(3, 64, 9))
    assert _owners(index, EvidenceKind.POSTCODE, "ZZ21AA") == [2, 3]
    assert _owners(index, EvidenceKind.POSTCODE, "ZZ31AA") == []  # the school's own
    assert _owners(index, EvidenceKind.POSTCODE, "ZZ999ZZ") == [n for n in range(64) if n // 2 * 2 % 4 == 0]
    assert _owners(index, EvidenceKind.ADDRESS, "9 elsewhere road") == [n for n in range(64) if n // 2 * 2 % 4 == 0]
    assert _owners(index, EvidenceKind.EMAIL, "c2@home.example") == [2, 3]
    assert _owners(index, EvidenceKind.EMAIL, "c8@gmail.com") == [8, 9]
    assert _owners(index, EvidenceKind.PHONE, "7700900108") == [8, 9]
    assert _owners(index, EvidenceKind.PHONE, "7700900000") == []  # the school's own
    assert {"neill", "oneill", "zoe", "maple"} <= index.scope("ELM").vocabulary
