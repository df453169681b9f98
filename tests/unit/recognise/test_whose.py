"""Of two children in one text: whom does it tell of? For the other's family the one beside is only named."""

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
    Sighting,
    Strength,
)
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.whose import _marked

ROLL = Roll(
    (
        Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3), registration_group="4B"),
        Pupil("OAK", "2", "Kit", "Marlowe", date(2014, 5, 5), registration_group="4B"),
        *(Pupil("OAK", f"f{n}", f"Boy{chr(97 + n)}", f"Name{chr(97 + n)}", date(2012, 1, n + 1)) for n in range(26)),
    ),
    (Contact("c1", "Efua", "Osei", "Mrs", ("efua@example.org",)),),
    (Relationship(PupilKey("OAK", "1"), "c1", "mother", True, MayReceive.YES),),
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]\n'))


def kit(*texts: str) -> Sighting:
    """What is seen of Kit Marlowe, whom every text here names in full."""
    found = recognise(Reading(tuple(Segment(text, ("body",)) for text in texts)), INDEX, "OAK").pupils
    return next(sighting for sighting in found if sighting.pupils[0].pupil == "2")


@pytest.mark.parametrize(
    "text",
    [
        "Ama was sick in French. Kit Marlowe fetched her bag and she is lying down in the office.",
        "Ama has a grazed knee and a bump over her eye: she ran into Kit Marlowe at the corner.",
        "Ama swore at the supervisor next to Kit Marlowe and walked out. She is on report.",
        "Ama goes out at ten for her insulin and misses the start of break; Kit Marlowe saves her a swing.",
        "Ama had a stomach ache; Kit Marlowe looked after her coat.",
        "Ama is allergic to nuts. Kit Marlowe is in her relay team. She must bring the EpiPen.",
        "Ama fell from the frame. Kit Marlowe told the teacher on duty straight away. She has a graze on her elbow.",
        "Ama lost her temper after Kit Marlowe scored. She kicked the ball over the fence and has missed one break.",
        "Ama hid in the toilets before maths. Kit Marlowe persuaded her to come out. She is worried about fractions.",
        "Ama has lost her bus pass. Kit Marlowe's dad took her home last night. A new one costs £10.",
        "Ama spat at a teaching assistant today. Kit Marlowe was with her but was not involved.",
        "Ama has nits. Kit Marlowe has been a good friend to her. Money for the shop should be no more than £5.",
        "Ama has asthma. You mentioned Kit Marlowe; they are in the same set and I have no worries about it.",
        "Ama has a stammer. Kit Marlowe read her story aloud, because she did not want to.",
        "Ama has been off with nits and Kit Marlowe is asking after her. Please send a note with the reason.",
        "Ama says Kit Marlowe has invited her to a party; she is worried about the food because of her allergy.",
    ],
)
def test_what_is_told_of_the_other_is_said_to_be_told_beside(text: str) -> None:
    seen = kit(text)
    assert seen.strength is Strength.RECORD  # for whoever has nothing to do with either of them
    assert "Ama" in seen.beside


@pytest.mark.parametrize(
    "text",
    [
        "Ama came home upset because Kit Marlowe had a seizure next to her in French.",
        "Ama has a grazed knee. She ran into Kit Marlowe, who cannot see on the left since the operation.",
        "Ama sat by. Kit Marlowe was looked after by her aunt because of the allergy.",
        "Ama sat by. Kit Marlowe looked after his mum, who has cancer.",
        "Ama was not to blame. Kit Marlowe has been excluded for two days for what he did to her.",
        "Ama has been asking why Kit Marlowe goes out at ten. It is for his insulin, so do tell her not to tease.",
        "Ama has been kind to Kit Marlowe while he is in foster care.",
        "Ama is distracted by Kit Marlowe, whose reading is that of a child of six.",
        "Ama was bullied by Kit Marlowe again.",
        "Ama will be late out. Kit Marlowe admitted to flooding the sink and has been given three days of isolation.",
        "Ama has nits. Kit Marlowe has been a good friend to her. He owes £50 for the trip.",
        "Ama has asthma. Kit Marlowe is in the same set. Social services are involved there.",
        "Pupil: Ama Osei\nDetention: Friday\nWith: Kit Marlowe, also in detention.\nAttendance: 91%",
        "Ama has a report. Kit Marlowe scored lower, with a reading age of 6.9.",
        "Ama will be in a group with Kit Marlowe as they both have dyslexia.",
        "Ama was given medicine that was Kit Marlowe's. It was his Ritalin, 10 mg, and she has come to no harm.",
        "Ama was sad today. Ama's partner Kit Marlowe has left. His family have been evicted and are in a hostel.",
        "Ama came home with Kit Marlowe's letter. It is about speech therapy so please send it back.",
        "Like Kit Marlowe, Ama is entitled to a bus pass as she is in receipt of free meals.",
        "Ama's friend Kit Marlowe is refusing school and has not been in since October, so she may feel lonely.",
        "Ama is in a group of three with Kit Marlowe (EAL, new arrival, no English) and one other.",
        "Ama's photo cannot go on the website because Kit Marlowe is in it, and he is a looked after child.",
        "Ama was upset. Kit Marlowe kept hitting her. He has been excluded for two days.",
        "Ama was hurt. Kit Marlowe told her he is in foster care and she was shocked.",
        "Ama was sick in French. Kit Marlowe (born 05/05/2014) fetched her bag.",
        "Kit Marlowe was sick in French. He is lying down.",
        "Ama was sick in French. Kit Marlowe scored a 2 in reading.",
        "Ama was sick in French. Kit Marlowe was told off by his probation officer.",
    ],
)
def test_what_is_told_of_the_pupil_as_well_is_not(text: str) -> None:
    assert kit(text).beside == ()


def test_he_and_she_tell_two_children_apart() -> None:
    assert kit("Ama lost her bag. Kit Marlowe helped her and he is now in isolation for swearing.").beside == ()


def test_whose_family_it_is_told_to_does_not_depend_on_there_being_two_of_a_name() -> None:
    second = Pupil("OAK", "9", "Kit", "Marlowe", date(2013, 6, 6), registration_group="5C")
    roll = Roll((*ROLL.pupils, second), ROLL.contacts, ROLL.relationships)
    index = build_index(roll, parse_policy('[[school]]\ncode = "OAK"\n'))
    text = "Ama was sick in French. Kit Marlowe fetched her bag and she is lying down in the office."
    found = recognise(Reading((Segment(text, ("body",)),)), index, "OAK").pupils
    seen = next(sighting for sighting in found if len(sighting.pupils) == 2)
    assert seen.beside == ("Ama",)


@pytest.mark.parametrize(
    ("leak", "innocent"),
    [
        (
            "Ama Osei was bitten by Kit Marlowe at lunch. Kit has special needs and we are working on it.",
            "Ama Osei was bitten by a dog at lunch. Kit Marlowe has her bag and coat.",
        ),
        (
            "You asked how Ama compares. Ama got a 5 and Kit Marlowe got a 3 in the same paper.",
            "Ama and Kit Marlowe got a book each in the raffle.",
        ),
    ],
)
def test_what_somebody_beside_another_has_or_is_tells_of_them(leak: str, innocent: str) -> None:
    assert kit(leak).strength is Strength.RECORD
    assert kit(leak).beside == ()
    assert kit(innocent).strength is Strength.MENTION


def test_a_form_on_one_child_that_names_another_tells_of_the_one_it_is_on() -> None:
    form = (
        "Name: Ama Osei\nPhone home: yes\nTime: 12.40\n"
        "Details: bumped her head on Kit Marlowe's chair.\nAction: cold pack"
    )
    found = recognise(Reading((Segment(form, ("body",)),)), INDEX, "OAK").pupils
    beside = {sighting.pupils[0].pupil: sighting.beside for sighting in found}
    assert beside == {"1": (), "2": ("Ama",)}
    leak = form.replace("bumped her head on Kit Marlowe's chair", "hit by Kit Marlowe, who is on a behaviour plan")
    found = recognise(Reading((Segment(leak, ("body",)),)), INDEX, "OAK").pupils
    assert all(sighting.beside == () and sighting.strength is Strength.RECORD for sighting in found)


def test_a_line_that_a_mail_program_broke_before_a_companion_goes_on() -> None:
    text = "Ama has a rash on her tummy. She was fine this morning when she was painting\nwith Kit Marlowe"
    assert kit(f"{text}. Please collect her.").strength is Strength.MENTION
    leak = kit(f"{text}, who has a rash as well.")
    assert (leak.strength, leak.beside) == (Strength.RECORD, ())


def test_care_for_another_child_is_nothing_of_ones_own() -> None:
    text = "Ama has been crying in the toilets. Kit Marlowe came to see me because he was worried about {}."
    assert kit(text.format("her")).beside == ("Ama",)
    assert kit(text.format("his weight")).beside == ()


def test_long_runs_of_blanks_are_cut_short_before_clauses_are_looked_for() -> None:
    assert _marked("Ama was" + " " * 5000 + "sick", [])[0] == "Ama was" + " " * 8 + "sick"
