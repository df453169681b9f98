"""A piece for everybody tells what children do; what they have, need or suffer is a record in it as anywhere."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.news import without_deeds

NAMES = ("Ama Osei", "Tobias Quist", "Zoe Marlowe", "Idris Penhale")
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="5A")
        for n, name in enumerate(NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def records(subject: str, *body: str) -> set[str]:
    segments = (Segment(subject, ("subject",)), *(Segment(text, ("body",)) for text in body))
    seen = recognise(Reading(segments), INDEX, "OAK").pupils
    return {sighting.pupils[0].pupil for sighting in seen if sighting.strength is not Strength.MENTION}


@pytest.mark.parametrize(
    ("deed", "record"),
    [
        ("Ama Osei asked the paramedics whether they ever faint.", "Ama Osei asked for her inhaler twice."),
        ("Ama Osei wrote a story about a boy in a wheelchair.", "Ama Osei wrote a poem about her ADHD."),
        ("Ama Osei explained how insulin works.", "Ama Osei has diabetes, and explained how insulin works."),
        ("Ama Osei wore odd socks for Down Syndrome Day.", "Ama Osei, who has Down syndrome, wore odd socks."),
        ("Ama Osei opened our new sensory room.", "Ama Osei opened the fair because of her brain tumour."),
        ("Ama Osei scored a penalty.", "Ama Osei was suspended for a foul on the pitch."),
        ("Ama Osei looked after a new boy.", "Ama Osei, a looked after child, met a new boy."),
        ("Ama Osei will raise money at the SEND fair.", "Ama Osei has an EHCP review at the SEND fair."),
        ("Ama Osei ran in the mud.", "Ama Osei ran with her hearing aids in."),
        ("Ama Osei thanked the police for their talk on knife crime.", "Ama Osei thanked us, as she is homeless now."),
        ("Ama Osei's dad, a paramedic, told us about sirens.", "Ama Osei's dad brought her EpiPen."),
        ("Ama Osei compared scoliosis with other curves.", "Ama Osei compared notes, as she has scoliosis."),
        ("Ama Osei wanted to know about mental health in prisons.", "Ama Osei wanted to know why she has epilepsy."),
        ("Ama Osei made a cake for Asthma UK.", "Ama Osei made a cake without nuts, as she is allergic to them."),
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        ("Newsletter", "What a week!\n\n{}\n\nHave a good weekend!"),
        ("From the head", "Dear families,\n\nThe fair was lovely.\n\n{}\n\nTerm ends on Friday."),
        ("Letter", "Oak School\nHigh Street\n\nDear parents and carers,\n\n{}\n\nThis message is confidential."),
    ],
)
def test_what_a_child_does_is_no_record_in_a_piece_for_everybody(deed, record, around):
    subject, body = around
    assert records(subject, body.format(deed)) == set()
    assert records(subject, body.format(record)) == {"0"}


@pytest.mark.parametrize(
    "body",
    [
        "Private and confidential\n\nDear parents,\n\nAma Osei wrote about bullying.",
        "Ama Osei wrote to the counsellor about bullying.",
        "Dear parents,\n\nAma Osei asked to see the counsellor about self-harm.",
        "Dear parents,\n\nAma Osei showed signs of epilepsy.",
    ],
)
def test_a_letter_for_one_reader_is_read_as_ever(body):
    assert records("Letter", body) == {"0"}


@pytest.mark.parametrize(
    "notice",
    [
        "Nits are back.",
        "The SEND coffee morning is on Friday.",
        "Wheelchair basketball came to school.",
        "There have been some cases of chickenpox in Reception.",
        "The refuge needs toys.",
        "Hay fever is bad this week.",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "Well done to Ama Osei, who won the quiz. {}",
        "{} Ama Osei won the quiz.",
        "{}\n\nAma Osei won the quiz.\n\nZoe Marlowe came second.",
        "Well done to Ama Osei and Zoe Marlowe, who won the quiz. {}",
        "Dear Mrs Novak, {} Tom sits next to Ama Osei on the coach.",
    ],
)
def test_a_notice_for_all_says_nothing_of_whom_a_sentence_beside_it_praises(notice, text):
    assert records("This week", text.format(notice)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Well done to Ama Osei, who won the quiz. The asthma came back though.",
        "Well done to Ama Osei, who won the quiz. She had an asthma attack.",
        "Ama Osei won the quiz. Asthma attack afterwards, inhaler given.",
        "Ama Osei won the quiz. Unfortunately the debt on her account is £40.",
        "Ama Osei played well. The ambulance was called after an asthma attack.",
        "Ama Osei fell off the frame. Broken arm suspected.",
    ],
)
def test_what_goes_on_about_a_child_counts_after_praise_too(text):
    assert records("This week", text) == {"0"}


def test_what_a_deed_tells_of_another_child_counts():
    assert records("Newsletter", "Ama Osei wore pink for Zoe Marlowe's leukaemia.") >= {"2"}
    assert records("Newsletter", "Ama Osei asked the nurse about Zoe Marlowe's asthma.") >= {"2"}
    assert records("Letter", "The nurse talked to the class about Zoe Marlowe's asthma.") == {"2"}
    assert records("Letter", "Several children say that Zoe Marlowe bit a teacher.") == {"2"}
    assert records("Letter", "Zoe Marlowe cried, as some children have bitten her and given her bruises.") == {"2"}


def test_a_bulletin_among_staff_is_no_piece_for_everybody():
    assert records("Staff bulletin", "Ama Osei wrote about self-harm in English.") == {"0"}
    assert records("Friday bulletin", "Ama Osei wrote about the harvest in English.") == set()


def test_what_is_blanked_ends_where_a_clause_comes_back_to_the_child():
    name = " " * 8
    assert without_deeds(f"{name} wore pink, as she has asthma.") == f"{name}          , as she has asthma."
    assert "asthma" in without_deeds(f"{name} ran despite her asthma.")
    assert "hearing aids" in without_deeds(f"{name} sang with hearing aids in.")
    assert without_deeds(f"{name} has asthma.") == f"{name} has asthma."
