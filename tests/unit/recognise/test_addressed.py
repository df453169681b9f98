"""A greeting completes a forename, and nobody else's."""

from datetime import date

import pytest

from mailguard.model import Contact, MayReceive, Pupil, Reading, Relationship, Roll, Segment
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

FREYA = Pupil("OAK", "1", "Freya", "Marsh", date(2014, 1, 2))
KIRAN = Pupil("OAK", "2", "Kiran", "Dhillon", date(2013, 1, 2), upn="B801200005001")
OTHER_KIRAN = Pupil("OAK", "3", "Kiran", "Patel")
IMOGEN = Pupil("OAK", "4", "Imogen", "Fairweather")
KWABENA = Pupil("OAK", "5", "Kwabena", "Mensah")
FATHER = Contact("c1", "Nils", "Lindqvist", emails=("nils@home.example",))
ROLL = Roll(
    (FREYA, KIRAN, OTHER_KIRAN, IMOGEN, KWABENA), (FATHER,),
    (Relationship(FREYA.key, "c1", may_receive=MayReceive.YES),),
)  # fmt: skip
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def seen(text: str) -> dict[str, str]:
    found = recognise(Reading((Segment(text, ("body",)),)), INDEX, "OAK").pupils
    return {sighting.pupils[0].pupil: sighting.strength.value for sighting in found}


@pytest.mark.parametrize(
    "text", ["Dear Mr Lindqvist,\n\nFreya's eczema is worse.", "Dear Mr Lindqvist, Freya has asthma."]
)
def test_the_child_of_the_greeted_parent(text: str) -> None:
    assert seen(text) == {"1": "record"}


def test_a_forename_with_its_own_surname_is_no_child_of_the_greeted() -> None:
    assert seen("Dear Miss Patel,\nKiran Dhillon (UPN B801200005001) is late. Kiran has a detention.") == {
        "2": "record"
    }


def test_the_term_belongs_to_the_subject_of_the_sentence() -> None:
    text = "Dear Mrs Fairweather, Imogen had a fall and has a bruise; she was playing with Kwabena Mensah."
    assert seen(text) == {"4": "record", "5": "mention"}
