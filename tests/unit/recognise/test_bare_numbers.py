"""Numbers without a label of their own: candidates of exams, "Pupil 004512", a house number beside a postcode."""

from datetime import date

import pytest

from mailguard.model import Cell, Pupil, Reading, Roll, Segment, SegmentKind, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

_ROWS = (
    ("004512", "Ama", "Osei", "7012", "12 Fen Way, Ham"),
    ("000123", "Ben", "Carr", "7013", "14 Fen Way, Ham"),
    ("2026", "Cai", "Rees", "2026", "9 Elm Rise, Ham"),
)
ROLL = Roll(
    tuple(
        Pupil("OAK", i, f, s, date(2010, 3, 3), candidate_number=c, address=a, postcode="ZZ9 9ZZ")
        for i, f, s, c, a in _ROWS
    )
    + tuple(Pupil("OAK", f"f{n}", f"Boy{chr(97 + n)}", f"Name{chr(97 + n)}", date(2009, 1, n + 1)) for n in range(26))
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def records(*segments: Segment) -> set[str]:
    seen = recognise(Reading(segments), INDEX, "OAK").pupils
    return {key.pupil for sighting in seen if sighting.strength is Strength.RECORD for key in sighting.pupils}


def told(text: str, subject: str = "") -> set[str]:
    heading = [Segment(subject, ("subject",), SegmentKind.HEADER)] if subject else []
    return records(*heading, Segment(text, ("body",)))


def row(*pairs: tuple[str, str]) -> Segment:
    text, cells = "", []
    for head, value in pairs:
        cells.append(Cell("", head, len(text), len(text) + len(value)))
        text += value + " | "
    return Segment(text, ("list.xlsx", "row 2"), SegmentKind.ROW, cells=tuple(cells))


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("7012 - 25% extra time, scribe", ""),
        ("Special consideration for 7012: the father died.", ""),
        ("7012  GCSE Eng Lang  3 -> 4", ""),
        ("Need the form in by tonight for 7012, the father died on Wednesday.", "special consideration"),
    ],
)
def test_a_candidate_is_known_by_the_number_in_a_message_about_exams(text, subject):
    assert told(text, subject) == {"004512"}


@pytest.mark.parametrize("head", ["No.", "Candidate", "Cand. no."])
def test_a_column_of_numbers_beside_marks_holds_candidates(head):
    assert records(row((head, "7012"), ("Mark", "3"))) == {"004512"}


@pytest.mark.parametrize(
    "text",
    [
        "Room 7012 has a broken lock; the exams move to the hall.",
        "Exam papers: page 7012, code 7013.",
        "For 7012 pupils of the county the exams were hard.",
        "Exams in 2026: access arrangements for 2026 are due, failures of 2026 too.",
        "The meter read 7012 after the mock exams; the boiler had failed.",
        "Exam fees of £7012, 7013.50 in all, are overdue.",
        "Order 7012 for exam pens is missing.",
        "for 7012 as well: the boiler failed",  # no word of exams
    ],
)
def test_other_numbers_of_four_figures_are_no_candidates(text):
    assert told(text) == set()


def test_a_column_of_room_numbers_holds_no_candidates():
    assert records(row(("Room", "7012"), ("Exam", "Maths"))) == set()


@pytest.mark.parametrize("who", ["Pupil 004512", "Student 004512:", "ID: 004512 -", "The pupil (004512)"])
def test_an_admission_number_after_a_mere_pupil_or_id(who):
    assert told(f"{who} had a seizure.") == {"004512"}


@pytest.mark.parametrize("who", ["Pupil 2026", "In total 004512 people", "The valid 004512", "pupils 004512"])
def test_a_short_number_or_another_word_before_it_makes_none(who):
    assert told(f"{who} had a seizure.") == set()


@pytest.mark.parametrize(
    "place", ["12 ZZ9 9ZZ", "12, ZZ9 9ZZ", "number 12, ZZ9 9ZZ", "ZZ9 9ZZ, house 12", "ZZ9 9ZZ (house 12)"]
)
def test_a_house_number_beside_a_postcode_is_a_home(place):
    assert told(f"The child at {place} had a seizure.") == {"004512"}


def test_a_row_of_house_and_postcode_is_a_home():
    assert records(row(("House", "12"), ("Postcode", "ZZ9 9ZZ"), ("Note", "had a seizure"))) == {"004512"}


def test_a_letter_to_the_parents_at_an_address_shows_who_lives_there():
    assert told("To the parents at 12 Fen Way.\nHad a seizure in PE.") == {"004512"}


@pytest.mark.parametrize("place", ["99 ZZ9 9ZZ", "1/12 ZZ9 9ZZ", "ZZ9 9ZZ", "ZZ9 9ZZ in 12 minutes"])
def test_a_postcode_without_a_house_of_the_roll_is_nobodys(place):
    assert told(f"The ambulance for the seizure came to {place} today.") == set()
