"""What children do for pleasure or in public is not said of their health or marks; the twin beside each of them is."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.frames import unframed

NAMES = ("Ama Osei", "Tobias Quist", "Zoe Marlowe", "Idris Penhale")
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="5A")
        for n, name in enumerate(NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))
PAIRS = [
    ("Ama Osei passed Grade 3 piano with merit.", "Ama Osei failed Grade 3 piano with 92 marks."),
    (
        "Well done to Ama Osei, who has passed her primary ballet exam!",
        "Ama Osei has failed her exam again and must resit.",
    ),
    (
        "Ama Osei's final piece, on the theme of anxiety, is in the foyer.",
        "Ama Osei's final piece, on the theme of her anxiety, is in the foyer.",
    ),
    (
        "On work experience Ama Osei was at the children's ward of the hospital.",
        "Ama Osei missed work experience because she was in hospital with her asthma.",
    ),
    (
        "Bake-off final: 1 Ama Osei gluten-free brownies, 2 Mr Cole burnt flapjack.",
        "The cake sale is on Friday; Ama Osei must have gluten-free brownies.",
    ),
    ("Ama Osei was spat at by a llama at the zoo.", "Ama Osei was spat at by a boy at the zoo."),
    (
        "Ama Osei's great-grandma came on the Windrush as a nurse.",
        "Ama Osei's grandma came, as a nurse has to give her insulin.",
    ),
    ("Ama Osei loved the psychology trip to Leeds.", "Ama Osei has seen educational psychology in Leeds."),
    (
        "Ama Osei helped at the food bank on Saturday, packing 60 boxes.",
        "Ama Osei's family gets its food from the food bank on Saturday.",
    ),
    (
        "Goodbye and good luck to Ama Osei, who is moving to Scotland with her family!",
        "Goodbye to Ama Osei, who is moving to Scotland with her foster family!",
    ),
    ("Ama Osei will speak on free school meals.", "Ama Osei will speak about self-harm to the counsellor."),
    ("Bikeability Level 2 passed: Ama Osei.", "Bikeability: Ama Osei cannot ride because of her epilepsy."),
    ("Ama Osei's moustache fell off and we all roared.", "Ama Osei fell off the stage and broke her wrist."),
    ("GCSE results day: Ama Osei opened her envelope on local radio!", "GCSE results: Ama Osei failed her maths."),
    ("Ama Osei wrote our names in Mandarin for the fair.", "Ama Osei was called names in class and was bullied."),
    ("Subject prizes: drama Zoe Marlowe, psychology Ama Osei!", "Ama Osei was referred to psychology!"),
    ("Ama Osei was first out of it and in and out of the canoe.", "Ama Osei got 7 out of 20 in the test again."),
]


def records(*texts: str) -> set[str]:
    seen = recognise(Reading(tuple(Segment(text, ("body",)) for text in texts)), INDEX, "OAK").pupils
    return {sighting.pupils[0].pupil for sighting in seen if sighting.strength is not Strength.MENTION}


@pytest.mark.parametrize(("innocent", "leak"), PAIRS)
@pytest.mark.parametrize("around", ["{}", "Dear families,\n\nWhat a week!\n\n{}\n\nTerm ends on Friday."])
def test_a_pursuit_is_no_record_and_its_twin_is(innocent: str, leak: str, around: str) -> None:
    assert records(around.format(innocent)) == set()
    assert records(around.format(leak)) == {"0"}


LEAKS = [
    "Ama Osei achieved grade 3 drama.",
    "Ama Osei baked a cake which had to be nut-free brownies.",
    "Ama Osei was at the cake sale but ate only gluten-free cakes.",
    "Ama Osei began this year as a young carer.",
    "Ama Osei came home as a carer for her mum.",
    "Ama Osei has been referred to the psychology department.",
    "Ama Osei got help at the food bank.",
    "Ama Osei was helped at the refuge.",
    "Good luck to Ama Osei, who is going to Great Ormond Street.",
    "Good luck to Ama Osei, who is going to Family Court.",
    "Ama Osei is on course for a B in A-level art.",
    "Ama Osei will speak about abuse at the hearing.",
    "Ama Osei spoke at the tribunal for autism.",
    "Ama Osei was on the scenery and fell, breaking a leg.",
    "Ama Osei is in and out of lessons.",
    "Ama Osei is in and out of the medical room.",
    "Ama Osei jumped out of the window.",
    "Ama Osei climbed out of the classroom window.",
    "Ama Osei keeps running out of lessons.",
    "Ama Osei is bulimic.",
    "Ama Osei came as a looked after child.",
    "Ama Osei raised concerns about dad's drinking.",
]


@pytest.mark.parametrize("leak", LEAKS)
def test_the_same_words_of_the_pupil_are_a_record(leak: str) -> None:
    assert records(leak) == {"0"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("work experience at the hospital, as he has epilepsy", "epilepsy"),
        ("a poem on the theme of anxiety because of a panic attack", "panic attack"),
        ("packed bags at the food bank voucher desk", "food bank"),
        ("cakes, but he must have nut-free cake", "nut-free"),
        ("passed grade 5 maths", "grade 5"),
        ("cannot do work experience on Friday with the court hearing on that day", "court"),
        ("left work experience early for an appointment at the clinic", "clinic"),
        ("wrote a poem on the theme of what dad does to me", "what dad does"),
        ("got an E in his A-level history", "A-level"),
        ("All the best to Ama, who is moving to Mulberry Special School.", "moving to"),
        ("will speak about the bruises on her arm", "bruises"),
    ],
)
def test_the_rest_of_a_clause_stays(text: str, kept: str) -> None:
    assert kept in unframed(text)


def test_a_sentence_ends_with_capitals_too() -> None:
    assert records("Zoe Marlowe has ADHD. Ama Osei won the quiz with Tobias Quist and Idris Penhale.") == {"2"}
    news = "Newsletter\n\nAttendance is 92.1 % for pupils with SEND. {}"
    assert records(news.format("Ama Osei and Zoe Marlowe showed governors round the school.")) == set()
    assert records(news.format("Ama Osei is one of the pupils with SEND.")) == {"0"}


def test_what_a_pursuit_tells_of_another_child_counts() -> None:
    assert records("Ama Osei painted a piece on the theme of anxiety for Zoe Marlowe, who has anorexia.") >= {"2"}
    assert records("Ama Osei sang at the hospice for Zoe Marlowe, who has leukaemia.") >= {"2"}
    assert records("Ama Osei baked for the sale. Zoe Marlowe is allergic to nut-free brownies too.") == {"2"}
