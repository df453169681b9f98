"""Children who are called by their parent's name alone."""

from datetime import date

import pytest

from mailguard.model import (
    Contact,
    MayReceive,
    Pupil,
    PupilKey,
    Reading,
    Relationship,
    Roll,
    Segment,
    StaffMember,
    Strength,
)
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

ROLL = Roll(
    (
        Pupil("OAK", "1", "Aisha", "Khan", date(2015, 3, 3), registration_group="4B"),
        Pupil("OAK", "2", "Jonas", "Sork", date(2014, 5, 5), registration_group="4B"),
        Pupil("OAK", "3", "Petra", "Moss", date(2014, 6, 5), registration_group="4B"),
        *(Pupil("OAK", f"m{n}", f"Boy{chr(97 + n)}", "Many", date(2012, 1, n + 1)) for n in range(8)),
        *(Pupil("OAK", f"f{n}", f"Girl{chr(97 + n)}", f"Name{chr(97 + n)}", date(2012, 1, n + 1)) for n in range(26)),
    ),
    (Contact("c1", "Efua", "Adu", "Mrs", ("efua@example.org",)),),
    (Relationship(PupilKey("OAK", "2"), "c1", "mother", True, MayReceive.YES),),
    (StaffMember("OAK", "p.moss@oak.example", "Paul", "Moss", "Mr"),),
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def records(text: str) -> set[str]:
    seen = recognise(Reading((Segment(text, ("body",)),)), INDEX, "OAK").pupils
    return {key.pupil for sighting in seen if sighting.strength is Strength.RECORD for key in sighting.pupils}


@pytest.mark.parametrize(
    ("who", "child"),
    [
        ("Mrs Khan's daughter", "1"),
        ("Mr Khan’s eldest", "1"),
        ("The daughter of Mr Khan", "1"),
        ("Mrs Adu's son", "2"),  # his surname is another
    ],
)
def test_a_parents_name_shows_the_child(who, child):
    assert records(f"{who} has epilepsy and takes tablets.") == {child}


@pytest.mark.parametrize("who", ["Mr Moss's son", "Mrs Many's son", "Mrs Nobody's daughter", "Mrs Khan's car"])
def test_a_teachers_a_common_or_an_unknown_name_shows_nobody(who):
    assert not records(f"{who} has epilepsy and takes tablets.")
