"""What a school office writes about one pupil is a record; what it writes of everybody is not."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

ROLL = Roll((Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3)), Pupil("OAK", "2", "Tobias", "Quist")))
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def strengths(*texts: str) -> set[Strength]:
    whole = tuple(Segment(text, ("body", f"paragraph {n}")) for n, text in enumerate(texts))
    return {sighting.strength for sighting in recognise(Reading(whole), INDEX, "OAK").pupils}


@pytest.mark.parametrize(
    "text",
    [
        "Ama Osei has a temperature and stays home.",
        "Ama Osei needs 5ml Calpol at lunch.",
        "The CP conference for Ama Osei has moved to Friday.",
        "Ama Osei got 34% in the mock.",
        "Ama Osei, spelling 7/20",
        "Ama Osei wet herself in assembly.",
        "Ama Osei will be collected by her grandmother (07700 900999).",
        "Ama Osei is at risk of failing.",
        "Ama Osei's eczema cream has run out.",
        "Ama Osei: the trip deposit of \u00a325 is overdue.",
        "Ama Osei was pushed by another child and has a graze.",
        "Ama Osei says that Tobias has been calling her names.",
        "Ama Osei now lives with her father.",
        "EHCP paperwork for Ama Osei is with the SENCO.",
        "The SALT saw Ama Osei on Monday.",
        "Ama Osei was absent without reason, code N code.",
        "Ama Osei had a detention for fighting.",
        "There is a TAF meeting for Ama Osei.",
    ],
)
def test_a_record(text: str) -> None:
    assert Strength.RECORD in strengths(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ama Osei scored three goals and Tobias Quist saved a penalty kick.",
        "Ama Osei scored 3 goals in the cup.",
        "Ama Osei and Tobias Quist run the allergy-free cake sale.",
        "Ama Osei sings at the fair. The medical room is closed.",
        "Ama Osei will carry the flag. Please send water and a hat.",
        "Ama Osei stirred the sea salt in the cooking lesson.",
        "Ama Osei will add the last piece of the puzzle.",
        "Ama Osei taught us to say hello in another language.",
        "Thank you, Ama Osei, for bringing in your hamster.",
        "Ama Osei reads the welcome at the harvest assembly.",
    ],
)
def test_a_mention(text: str) -> None:
    assert strengths(text) == {Strength.MENTION}
