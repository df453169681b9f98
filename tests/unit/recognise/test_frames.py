"""Subjects, titles, offices, parts and good causes are not said of a pupil; the twin beside each of them is."""

from datetime import date

import pytest

from mailguard.model import Cell, Pupil, Reading, Roll, Segment, SegmentKind, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.frames import unframed

NAMES = ("Ama Osei", "Tobias Quist", "Zoe Marlowe", "Idris Penhale", "Wanda Ferris")
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="5A")
        for n, name in enumerate(NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def records(*segments: Segment | str) -> set[str]:
    whole = tuple(s if isinstance(s, Segment) else Segment(s, ("body",)) for s in segments)
    seen = recognise(Reading(whole), INDEX, "OAK").pupils
    return {sighting.pupils[0].pupil for sighting in seen if sighting.strength is not Strength.MENTION}


def row(number: int, **cells: str) -> Segment:
    text, made = "", []
    for at, (head, value) in enumerate(cells.items()):
        text += (" | " if text else "") + f"{head}: "
        made.append(Cell("ABCDEF"[at], head, len(text), len(text) + len(value)))
        text += value
    place = ("Sheet.xlsx", 'sheet "Data"', f"row {number}")
    return Segment(text, place, SegmentKind.ROW, True, 1, tuple(made))


@pytest.mark.parametrize(
    ("innocent", "leak"),
    [
        (
            "Ama Osei found a purse and handed it in to the police, Zoe Marlowe was with her.",
            "Ama Osei was arrested and handed over to the police, Zoe Marlowe was with her.",
        ),
        (
            "Ama Osei scored a penalty in the last minute, Zoe Marlowe two goals.",
            "Ama Osei's mother had a penalty notice for absence, Zoe Marlowe brought it.",
        ),
        (
            "Ama Osei was the patient when St John Ambulance showed us bandages, Zoe Marlowe the nurse.",
            "Ama Osei was a patient at St John's for her epilepsy, Zoe Marlowe wrote to her.",
        ),
        (
            "Ama Osei looked after a new boy, Zoe Marlowe showed him the pond.",
            "Ama Osei is looked after by the county, Zoe Marlowe showed her the pond.",
        ),
        (
            "Ama Osei won the science fair with her project on epilepsy, Zoe Marlowe came second.",
            "Ama Osei missed the science fair because of her epilepsy, Zoe Marlowe came second.",
        ),
        (
            "Ama Osei gave an assembly about anxiety and how to ask for help.",
            "Ama Osei left the assembly because of her anxiety and asked for help.",
        ),
        (
            "Ama Osei and Zoe Marlowe have been trained as mental health ambassadors.",
            "Ama Osei and Zoe Marlowe have been referred to the mental health team.",
        ),
        (
            "In the mock trial Ama Osei, as the accused, was found guilty of hitting the Hatter.",
            "At lunch Ama Osei was found guilty of hitting Tobias Quist.",
        ),
        (
            "Ama Osei baked 200 buns for children with cancer, and Zoe Marlowe sold them.",
            "Ama Osei has cancer treatment, and Zoe Marlowe sits with her.",
        ),
        (
            'Ama Osei came second with "Is my hamster depressed?" and got a book token.',
            "Ama Osei came second to last and is depressed about it.",
        ),
    ],
)
def test_a_frame_takes_its_words(innocent: str, leak: str) -> None:
    assert records(innocent) == set()
    assert "0" in records(leak)


def test_what_follows_a_frame_counts() -> None:
    assert "fit" in unframed("Ama missed the talk on epilepsy because of a fit")
    assert "epilepsy" not in unframed("Ama won with a project on\nepilepsy and light")
    text = "nothing to blank out"
    assert unframed(text) == text


@pytest.mark.parametrize("lines", [True, False])
def test_a_line_of_a_list_speaks_for_itself(lines: bool) -> None:
    news = [f"{name} told ghost stories." for name in NAMES[1:]]
    news.insert(2, "Ama Osei wet the bed and was given her tablets late.")
    assert records(*(["Camp diary\n" + "\n".join(news)] if lines else news)) == {"0"}


def test_parts_and_their_twin() -> None:
    cast = "Mock trial. Cast:\nPrison doctor: {}\nDrunk witness: {}\nWidow: {}\nVictim of theft: {}".format(*NAMES[:4])
    assert records(cast) == set()
    off = "Off today:\nIn prison unit: {}\nExcluded for theft: {}\nSelf-harm, home: {}\nExcluded: {}".format(*NAMES[:4])
    assert len(records(off)) == 4


def test_titles_and_their_twin() -> None:
    assert (
        records(
            "Contents\nMy Broken Arm, a comedy, by Ama Osei\nThe Boy Who Bit, by Zoe Marlowe\nTea, by Idris Penhale"
        )
        == set()
    )
    assert "0" in records(
        "Broken arm and bitten by Ama Osei\nBruised by Zoe Marlowe\nConcussion, kicked by Idris Penhale"
    )


def test_what_one_does_is_no_record_in_a_table_but_why_is() -> None:
    duties = [row(n, Ambassador=name, Form="5A", For="mental health") for n, name in enumerate(NAMES)]
    assert records(*duties) == set()
    mentees = [row(n, Mentee=name, Form="5A", Why="no friends") for n, name in enumerate(NAMES)]
    assert len(records(*mentees)) == len(NAMES)


def test_a_list_of_records_spreads_and_news_does_not() -> None:
    off = ["Ama Osei 5A anxiety", "Tobias Quist 5A appointment", "Zoe Marlowe 5A D&V", "Idris Penhale 5A holiday"]
    assert records("off today", *off) == {"0", "1", "2", "3"}
    news = ["Ama Osei has asthma and needs her pump.", "Tobias Quist sang a song.", "Zoe Marlowe drew a fish."]
    assert records("news", *news) == {"0"}


def test_a_story_and_a_note_on_it() -> None:
    story = 'By Ama Osei\n"When the burglar comes I must lock the door," said the mother, who was ill.'
    assert records(story) == set()
    assert records(story + "\nTeacher's note: dictated, refer for dyslexia, please pass on.") == {"0"}


@pytest.mark.parametrize(
    ("innocent", "leak"),
    [
        (
            "Ama Osei sets the quiz questions. A nurse will talk to 5A about vaping.",
            "Ama Osei was caught vaping. A nurse will talk to her.",
        ),
        (
            "Ama Osei carried the shopping home and would not take a penny. Not one grumble.",
            "Ama Osei took the shopping home and would not say where the money was from.",
        ),
        (
            "Register monitor is Ama Osei. Quiet please, scissors stay in the tray.",
            "Ama Osei is not to hold scissors. Quiet please, and keep them in the tray.",
        ),
        (
            "Ama Osei got 98% in the national maths challenge, a gold award and the best mark we ever had.",
            "Ama Osei got 28% in the maths paper, the worst mark we ever had, and is not going on.",
        ),
    ],
)
def test_credit_and_other_speakers(innocent: str, leak: str) -> None:
    assert records(innocent) == set()
    assert "0" in records(leak)


def test_an_honour_above_a_list_is_for_all_of_it() -> None:
    lines = ["Ama Osei gold, 100% attendance", "Zoe Marlowe silver, maths 96%", "Idris Penhale bronze, 25 miles"]
    assert records("Roll of honour\n" + "\n".join(lines)) == set()
    assert "0" in records("Below target\n" + "\n".join(lines))


@pytest.mark.parametrize(
    ("innocent", "leak"),
    [
        ("Ama Osei ran a cake stall for Diabetes UK.", "Ama Osei left the cake stall because of diabetes."),
        (
            "Chickenpox is about in Reception. Well done to Ama Osei for the best pumpkin.",
            "Ama Osei has chickenpox. Well done to her for the best pumpkin.",
        ),
        ("Ama Osei asked the paramedics the best question.", "Ama Osei asked us to call the paramedics."),
        (
            "Goodbye to Mrs Lee, who is off to hospital for a new knee. Ama Osei gave flowers.",
            "Goodbye to Mrs Lee, who sat with her in hospital when Ama Osei was ill.",
        ),
    ],
)
def test_good_causes_by_name_illness_of_many_and_grown_ups(innocent: str, leak: str) -> None:
    assert records(innocent) == set()
    assert records(leak) == {"0"}


@pytest.mark.parametrize(
    "leak",
    [
        "The CAMHS referral is about Ama Osei.",
        "Mrs Osei is in hospital, so Ama Osei stays with her aunt.",
        "We thank Mrs Osei, who has cancer, for letting Ama Osei come.",
        "Ama Osei asked the social worker if she could go home.",
        "Ama Osei was run over and taken to the Royal Hospital.",
    ],
)
def test_no_frame_takes_what_is_told_of_a_family(leak: str) -> None:
    assert records(leak) == {"0"}
