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
    SegmentKind,
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
        Pupil("OAK", "s1", "Nadia", "Lund", date(2013, 6, 5), year_group="Year 6", address="7 Fen Way, Ham"),
        Pupil("OAK", "s2", "Kai", "Lund", date(2018, 6, 5), year_group="Year 1", address="7 Fen Way, Ham"),
        Pupil("OAK", "t1", "Ida", "Rask", date(2015, 6, 5), year_group="Year 4", address="9 Fen Way, Ham"),
        Pupil("OAK", "t2", "Ulf", "Rask", date(2015, 6, 5), year_group="Year 4", address="9 Fen Way, Ham"),
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


@pytest.mark.parametrize(
    ("text", "child"),
    [
        ("Mrs Khan says that her daughter has epilepsy and takes tablets.", "1"),
        ("Mr Adu rang at 8.50 about his son, who has epilepsy.", "2"),
        ("Mrs Adu rang at 8.50, he has had a seizure.", "2"),
        ("Hello, it's Mrs Khan here, she has tested positive for scabies.", "1"),
        ("Efua Adu rang. Her son has had a seizure.", "2"),
        ("Message from Efua Adu (mum): my son has epilepsy.", "2"),
        ("Efua Adu's boy has epilepsy.", "2"),
        ("Mrs Many's son Boyc has epilepsy.", "m2"),
        ("Mrs Adu says her son Jonas has epilepsy.", "2"),
        ("Dear Mrs Adu,\n\nI am sorry to tell you that your son has had a seizure.", "2"),
    ],
)
def test_what_is_told_of_a_parents_child_is_told_of_the_pupil(text, child):
    assert records(text) == set(child.split())


def test_the_parent_may_stand_in_the_subject_or_in_the_greeting_above():
    lines = [Segment("Her son has had a seizure.", ("body", "line 1"))]
    subject = Segment("Mrs Adu, 3pm", ("subject",), SegmentKind.HEADER)
    seen = recognise(Reading((subject, *lines)), INDEX, "OAK").pupils
    assert [key.pupil for sighting in seen for key in sighting.pupils] == ["2"]
    greeting = (
        Segment("Dear Mrs Adu,", ("body", "line 1")),
        Segment("Your son has had a seizure.", ("body", "line 2")),
    )
    seen = recognise(Reading(greeting), INDEX, "OAK").pupils
    assert [key.pupil for sighting in seen for key in sighting.pupils] == ["2"]


@pytest.mark.parametrize(
    "text",
    [
        "Mrs Adu runs the stall. The plumber mended the tap; he has had a seizure.",
        "Mrs Adu met Mr Lane, whose letter says his son has epilepsy.",
        "Mrs Adu said he-men have seizures of laughter.",
        "Dear Mrs Adu,\n\nYour son's school is closed because the boiler was sick of it.",
        "Mrs Adu says her son Ludwig has epilepsy.",
        "Dear Mrs Nobody,\n\nYour son has had a seizure.",
        "Mrs Moss rang about her son, who has epilepsy.",  # a teacher's name too
        "Mrs Adu rang at 8.50, she has had a seizure.",  # herself
    ],
)
def test_who_else_is_told_of_is_no_child_of_the_parent(text):
    assert not records(text)


@pytest.mark.parametrize(
    ("text", "child"),
    [
        ("Nadia Lund's brother has epilepsy.", "s2"),
        ("Nadia Lund is well, but her little brother in Year 1 has epilepsy.", "s2"),
        ("Sibling of Nadia Lund: has epilepsy.", "s2"),
        ("Nadia's little brother in Year 1 has epilepsy.", "s2"),
        ("The Rask twins have epilepsy.", "t1 t2"),
        ("Twins: Rask - both have epilepsy.", "t1 t2"),
        ("The Lund children have epilepsy.", "s1 s2"),
    ],
)
def test_brothers_sisters_and_twins_are_shown_by_the_other(text, child):
    assert set(child.split()) <= records(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nadia Lund's brother Leo Vance from the hospital radio has epilepsy.",
        "Nadia's little brother in Year 6 has epilepsy.",  # hers is in Year 1
        "The Grubb twins have epilepsy.",
        "The Rask Trophy went to twins with epilepsy.",
    ],
)
def test_others_of_the_family_who_are_no_pupils_are_nobody(text):
    assert not records(text) & {"s2", "t1", "t2"}


@pytest.mark.parametrize(
    "text",
    [
        "Nadia Lund gets picked up by the little brother's childminder on Wednesdays",
        "be aware Nadia Lund's brother died a year ago today",
    ],
)
def test_a_brother_told_of_beside_a_name_is_told_of_whom_it_names(text):
    assert "s1" in records(text)
