"""Pupils shown by their whole address alone, or by the name of their log-in."""

import pytest

from mailguard.model import Cell, EvidenceKind, Pupil, Reading, Roll, Segment, StaffMember, Strength
from mailguard.policy import default_policy
from mailguard.recognise import build_index, recognise

_ROWS = (
    ("1", "Aisha", "Khan", "14 Mill Lane, Ashmere"),
    ("2", "Jonas", "Sork", "9 Elm Grove, Ashmere"),
    ("3", "Ama", "Osei", "St Oswald's House, 5 Moor End, Ashmere"),
    ("4", "Petra", "Moss", "2 Moor End"),
    ("5", "Tom", "Ring", "6 Moor End, Ashmere"),
)
PUPILS = tuple(Pupil(school="OAK", pupil_id=row[0], forename=row[1], surname=row[2], address=row[3]) for row in _ROWS)
STAFF = (StaffMember("OAK", "p.moss@oak.example", "Paul", "Moss", "Mr"),)
INDEX = build_index(Roll(pupils=PUPILS, staff=STAFF), default_policy())


def seen(*texts: str | Segment) -> dict[str, Strength]:
    segments = tuple(Segment(text, ("body",)) if isinstance(text, str) else text for text in texts)
    found = recognise(Reading(segments), INDEX, "OAK").pupils
    return {",".join(sorted(key.pupil for key in sighting.pupils)): sighting.strength for sighting in found}


def test_a_whole_address_shows_who_lives_there() -> None:
    visit = "Welfare visit at 14 Mill Lane, Ashmere. Mother smelled of drink, no food in."
    assert seen(visit) == {"1": Strength.RECORD}
    evidence = recognise(Reading((Segment(visit, ("body",)),)), INDEX, "OAK").pupils[0].evidence
    assert [(found.kind, found.text) for found in evidence] == [(EvidenceKind.ADDRESS, "14 Mill Lane")]


@pytest.mark.parametrize(
    "place",
    [
        "14 Mill Lane, Denbrook",
        "16 Mill Lane, Ashmere",
        "16 Mill Lane",
        "2 Moor End, Ashmere",
        "14 Mill Street",
        "Mill Lane",
        "Flat 3, 14 Mill Lane",
    ],
)
def test_another_house_shows_nobody(place: str) -> None:
    assert not seen(f"Welfare visit at {place}. Mother smelled of drink, no food in.")


@pytest.mark.parametrize(
    "place", ["14 Mill Lane", "no. 14, Mill Lane", "14 mill lane", "14 Mill\nLane", "14\n> Mill Lane", "14 Mill Ln"]
)
def test_a_house_and_a_street_that_nothing_puts_elsewhere_show_who_lives_there(place: str) -> None:
    assert seen(f"Welfare visit at {place}. Mother smelled of drink, no food in.") == {"1": Strength.RECORD}
    assert (
        Strength.RECORD not in seen(f"Road works outside {place} on Monday, so the bus stops at the church.").values()
    )


def test_a_log_in_under_its_label_is_its_owners() -> None:
    assert "1" in seen("Reset done. User name: akhan Temp password: Plum48")
    assert not seen("Reset done. User name: library.desk Temp password: Plum48")
    assert not seen("Reset done. User name: pmoss Temp password: Plum48")  # a teacher's as much
    assert not seen("akhan is a word of no language")


def test_a_column_of_log_ins_shows_their_owners() -> None:
    rows = []
    for number, user in enumerate(("akhan", "19jsork", "a.osei2"), start=2):
        text = f"user: {user} | password: Kite17"
        cells = (Cell("A", "user", 6, 6 + len(user)), Cell("B", "password", len(text) - 6, len(text)))
        rows.append(Segment(text, ("a.csv", f"row {number}"), cells=cells))
    assert set(seen(*rows)) == {"1", "2", "3"}


def test_a_list_of_log_ins_needs_no_label() -> None:
    assert set(seen("akhan 1234", "jsork 4321", "aosei 9876")) == {"1", "2", "3"}
    assert not seen("akhan 1234", "jsork 4321")
    assert not seen("bring a coat", "jsork 4321", "wear boots", "take a bag", "pay online", "aosei 9876", "tring 1")


@pytest.mark.parametrize("user", ["akhan21", "a.khan21", "21akhan"])
def test_a_log_in_with_its_year_needs_no_label_and_no_list(user: str) -> None:
    assert seen(f"Overnight {user} searched for self-harm three times.") == {"1": Strength.RECORD}


@pytest.mark.parametrize("word", ["pmoss21", "nobody21", "akhan2100", "akhan21@example.org", "x/akhan21", "akhan-21"])
def test_a_teachers_an_unknown_or_a_longer_word_with_figures_is_no_log_in(word: str) -> None:
    assert not seen(f"Overnight {word} searched for self-harm three times.")
