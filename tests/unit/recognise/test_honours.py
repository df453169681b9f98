"""Lists of honour are no records; lists of the same shape that say what somebody lacks or scored are."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.honours import honours, merits

NAMES = (
    "Ama Osei",
    "Tobias Quist",
    "Zoe Marlowe",
    "Idris Penhale",
    "Wanda Ferris",
    "Kofi Brandreth",
    "Ines Tolliver",
    "Piotr Zaleski",
)
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="5A")
        for n, name in enumerate(NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))
LEXICON = INDEX.lexicon


def records(subject: str, *lines: str) -> int:
    text = "\n".join(lines)
    seen = recognise(Reading((Segment(subject, ("subject",)), Segment(text, ("body",)))), INDEX, "OAK").pupils
    return sum(sighting.strength is not Strength.MENTION for sighting in seen)


@pytest.mark.parametrize(
    ("honour", "record"),
    [
        ("Moved up a reading level", "Moved down a reading level"),
        ("Full marks in spelling", "Spelling test to be resat"),
        ("Never late", "Late more than three times"),
        ("100 % attendance this term", "Attendance below 90 %"),
        ("Positive behaviour points", "Behaviour: below 50 points"),
        ("Outstanding homework", "Homework outstanding"),
        ("Passed a swimming test", "Not yet passed a swimming test"),
        ("Excellent effort", "Effort: cause for concern"),
    ],
)
@pytest.mark.parametrize("form", ["* {}", "{} (5A)"])
def test_a_heading_that_honours_makes_no_records(honour, record, form):
    names = [form.format(name) for name in NAMES]
    assert records("This week", "The fair raised £40.", "", f"{honour}:", "", *names) == 0
    assert records("This week", "The fair raised £40.", "", f"{record}:", "", *names) == len(NAMES)


@pytest.mark.parametrize("between", [" - ", ": ", " for "])
@pytest.mark.parametrize("lead", ["In assembly we heard of", "Class by class:", "Good work from"])
def test_praise_beside_each_name_is_no_record(between, lead):
    said = ("great progress in reading", "problem solving", "20 out of 20", "an outstanding model", "never giving up")
    lines = [name + between + said[at % len(said)] for at, name in enumerate(NAMES)]
    assert records("This week", lead, "", *lines) == 0


@pytest.mark.parametrize("said", ["4/20 in spelling", "still below in maths", "rude to Mr Hart", "needs extra phonics"])
def test_anything_else_beside_a_name_is(said):
    lines = [f"{name} - {said}" for name in NAMES]
    assert records("This week", "This half term", "", *lines) == len(NAMES)


def test_praise_in_a_list_that_reports_is_a_record():
    lines = [f"{name} - excellent effort in maths" for name in NAMES]
    assert records("Report comments", "Comments for reports", "", *lines) == len(NAMES)


def test_what_honours():
    assert honours("Never absent this year", False, LEXICON)
    assert not honours("Absent this week", False, LEXICON)
    assert not honours("Excellent asthma care", True, LEXICON)
    assert not honours("Excellent behaviour since the exclusion", True, LEXICON)
    assert not honours("Behaviour reports", True, LEXICON)
    assert honours("Times tables", True, LEXICON)
    assert not honours("No homework this week", True, LEXICON)
    assert merits(" - full marks in spelling", "Certificates", LEXICON)
    assert merits("moving up a level", "Certificates", LEXICON)
    assert not merits("9/10 in spelling", "Certificates", LEXICON)
    assert not merits("lovely since dad left", "Certificates", LEXICON)
    assert not merits("will not sing", "Concert", LEXICON)
    assert not merits("good, but tired and hungry", "Certificates", LEXICON)
    assert not merits("great progress with his speech therapist", "Certificates", LEXICON)
