"""A forename or initials beside a class, however the class is called and whichever of the two comes first."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

_ROWS = (
    ("1", "Liban", "Hersi", "8B"),
    ("2", "Zihan", "Yip", "Willow"),
    ("3", "Ștefan", "Țurcanu", "9-N"),
    ("4", "Olwen", "Marsh", "Year R"),
    ("5", "Willow", "Penn", "8B"),
)
ROLL = Roll(
    tuple(
        Pupil("OAK", number, first, last, date(2013, 1, int(number)), year_group=group, registration_group=group)
        for number, first, last, group in _ROWS
    )
    + tuple(Pupil("OAK", f"f{n}", f"Boy{chr(97 + n)}", f"Name{chr(97 + n)}", date(2012, 1, n + 1)) for n in range(26))
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def records(text: str) -> set[str]:
    seen = recognise(Reading((Segment(text, ("body",)),)), INDEX, "OAK").pupils
    return {key.pupil for sighting in seen if sighting.strength is Strength.RECORD for key in sighting.pupils}


@pytest.mark.parametrize(
    "who",
    ["8B Liban", "The mother of 8B Liban says he", "class 8B Liban", "Liban 8B", "8B - Liban", "8B L.H.", "L.H. (8B)"],
)
def test_a_class_may_stand_before_the_name(who):
    assert records(f"{who} has epilepsy and takes tablets.") == {"1"}


@pytest.mark.parametrize(
    "who",
    [
        "Zihan from Willow",
        "Zihan of Willow",
        "Zihan, Willow,",
        "Willow: Zihan",
        "Willow - Zihan",
        "Willow Zihan",
        "Willow's Zihan",
        "Z.Y. (Willow)",
        "Z.Y., Willow,",
        "Willow Z.Y.",
        "Dear Willow team, Zihan",
        "Please tell Willow that Zihan",
        "Willow register: Zihan",
        "zihan in willow",
    ],
)
def test_a_class_that_is_a_word_is_one_beside_a_name(who):
    assert records(f"{who} has epilepsy and takes tablets.") == {"2"}


@pytest.mark.parametrize(
    "text",
    [
        "Mrs Willow says that Zihan Chen has epilepsy.",
        "The willow by the gate is Zihan's tree; it has a disease.",
        "Willow has epilepsy. Bring Zihan Chen a chair.",
        "Zihan Chen from Willow Farm has epilepsy.",
    ],
)
def test_the_word_alone_or_another_bearer_of_the_forename_is_nobody_of_the_class(text):
    assert "2" not in records(text)


@pytest.mark.parametrize("who", ["9-N Ștefan", "Ș.Ț. (9-N)", "ȘȚ 9-N", "Ș.\nȚ. (9-N)"])
def test_initials_of_every_latin_alphabet(who):
    assert records(f"A note after the meeting on Monday: {who} has epilepsy and takes tablets.") == {"3"}


def test_initials_and_a_class_on_two_lines_that_a_mail_program_broke():
    assert records("Please note after the meeting on Monday that L.H.\n(8B) has epilepsy and takes tablets.") == {"1"}
    assert records("Please note after the meeting on Monday that LH\n(8B) has epilepsy and takes tablets.") == {"1"}


def test_reception_is_also_called_year_r():
    assert records("Olwen in Year R has epilepsy and takes tablets.") == {"4"}
