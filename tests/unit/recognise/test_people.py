from __future__ import annotations

from datetime import date

from mailguard.model import Contact, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.policy import Policy
from mailguard.recognise import build_index
from mailguard.recognise.people import Pupils


def test_pupils_come_back_as_they_were_however_many_are_asked_for() -> None:
    pupils = [
        Pupil("OAK", str(n), "Zoë", f"Ó Briain {n}", date(2012, 1, 1 + n % 28), aliases=("Zed",)) for n in range(2500)
    ]
    packed = Pupils(pupils)
    assert len(packed) == 2500
    assert [packed[n] for n in range(2500)] == pupils
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
