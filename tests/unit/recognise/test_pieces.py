"""Pieces for everybody: what a child is praised for is no record, and what the praise is the better than is one."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

NAMES = ("Ama Osei", "Tobias Quist", "Zoe Marlowe", "Idris Penhale")
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="5A")
        for n, name in enumerate(NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))
AROUND = (
    "{}",
    "Dear families,\n\nTobias Quist played the horn.\n\n{}\n\nIdris Penhale read his poem.\n\nTerm ends.",
)


def records(*texts: str) -> set[str]:
    seen = recognise(Reading(tuple(Segment(text, ("body",)) for text in texts)), INDEX, "OAK").pupils
    return {sighting.pupils[0].pupil for sighting in seen if sighting.strength is not Strength.MENTION}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize(
    ("innocent", "leak"),
    [
        (
            "Congratulations to Ama Osei, who won the race in spite of the rain.",
            "Congratulations to Ama Osei, who got three GCSEs at grade 4 in spite of missing most of Year 11.",
        ),
        (
            "Headteacher's award: Ama Osei, for coming in with a smile every day.",
            "Headteacher's award: Ama Osei, for coming in every day after months of refusing school.",
        ),
        (
            "Golden Book: Ama Osei for two whole pages without a mistake.",
            "Golden Book: Ama Osei for two whole days without a red card.",
        ),
        (
            "We are proud of Ama Osei, who scored 20/20 in the spelling bee.",
            "We are proud of Ama Osei, who scored 112 in her reading paper.",
        ),
        (
            "We are proud of Ama Osei, who scored 20/20 in spelling.",
            "Ama Osei scored 20/20 in spelling and 3/20 in maths.",
        ),
        (
            "Star of the Week is Ama Osei, who has only once stopped smiling.",
            "Star of the Week is Ama Osei, who has only hit one child this week.",
        ),
        (
            "Ama Osei: for her determination with column subtraction.",
            "Ama Osei: for her determination after failing column subtraction.",
        ),
        (
            "Ama Osei and Zoe Marlowe walked 35 miles in 22 hours.",
            "Ama Osei and Zoe Marlowe: 35 % and 22 % in the mock.",
        ),
        (
            "Ama Osei, Zoe Marlowe and 22 others have signed up to walk to school every day.",
            "Ama Osei, Zoe Marlowe and 22 others have been in detention.",
        ),
        (
            "If I were Prime Minister by Ama Osei: I would stop bullying and make homework illegal.",
            "A statement by Ama Osei: I was bullied again and my homework was torn up.",
        ),
        (
            "Our A level drama group, led on stage by Ama Osei, is off to Edinburgh.",
            "Ama Osei is predicted a grade D in A level drama.",
        ),
    ],
)
def test_praise_and_its_twin(innocent: str, leak: str, around: str) -> None:
    assert records(around.format(innocent)) == set()
    assert "0" in records(around.format(leak))


def test_what_stands_after_an_award_counts() -> None:
    assert records("Ama Osei: for her determination in maths. She has cried herself to sleep since her mum left.") == {
        "0"
    }
    assert records("Ama Osei - for trying hard. Her mum still owes us £40.") == {"0"}


def test_a_note_on_a_childs_work_is_none_of_it() -> None:
    text = "My week, by Ama Osei: I was hit again. Please pass on to the DSL, I am worried about her bruises."
    assert records(text) == {"0"}


def test_help_that_a_child_is_given_is_no_award() -> None:
    for note in (
        "Ama Osei has been given extra help with reading because her attainment has fallen.",
        "Ama Osei gets extra reading with Mrs Lamb every morning.",
    ):
        assert records(note) == {"0"}
