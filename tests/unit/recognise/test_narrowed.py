"""Half names that a class, a year, a birthday or a home narrows to one pupil, and what is none of these."""

from dataclasses import replace
from datetime import date

import pytest

from mailguard.model import (
    Cell,
    Contact,
    HeaderAddress,
    MayReceive,
    Pupil,
    PupilKey,
    Reading,
    Relationship,
    Roll,
    Segment,
    StaffMember,
    Strength,
)
from mailguard.policy import default_policy
from mailguard.recognise import build_index, recognise

_ROWS = (
    # id, forename, surname, class, year, born, address
    ("1", "Aisha", "Khan", "4B", "Year 4", "2017-03-02", "14 Mill Lane, Ashmere"),
    ("2", "Sami", "Khan", "6A", "Year 6", "2015-05-09", "14 Mill Lane, Ashmere"),
    ("3", "Aisha", "Lund", "5C", "Year 5", "2016-01-20", "3 Elm Grove, Ashmere"),
    ("4", "Jonas", "Sork", "4B", "Year 4", "2016-11-30", "9 Elm Grove, Ashmere"),
    ("5", "Harriet", "Boye", "5C", "Year 5", "2016-06-06", "5 Elm Grove, Ashmere"),
    ("6", "Harry", "Boye", "6A", "Year 6", "2015-07-07", "40 Moor End, Ashmere"),
    ("7", "Will", "May", "4B", "Year 4", "2017-02-14", "6 Elm Grove, Ashmere"),
    ("8", "Daisy", "Okafor", "Reception", "Reception", "2021-02-14", "2 Moor End, Ashmere"),
    ("9", "Rosa", "da Costa-Lima", "4B", "Year 4", "2017-04-04", "8 Moor End, Ashmere"),
    ("10", "Anders", "Toft", "6A", "Year 6", "2015-04-04", "Flat 2, 8 Moor End, Ashmere"),
)
PUPILS = tuple(
    Pupil(
        school="OAK",
        pupil_id=row[0],
        forename=row[1],
        surname=row[2],
        registration_group=row[3],
        year_group=row[4],
        date_of_birth=date.fromisoformat(row[5]),
        address=row[6],
    )
    for row in _ROWS
)
CONTACTS = (Contact("c1", "Nadia", "Khan", title="Mrs", emails=("nadia@home.example",)),)
PAIRS = tuple(Relationship(PupilKey("OAK", n), "c1", "Mother", True, MayReceive.YES, 1) for n in ("1", "2"))
STAFF = (StaffMember("OAK", "p.moss@oak.example", "Petra", "Moss", "Ms"),)
ROLL = Roll(pupils=PUPILS, contacts=CONTACTS, relationships=PAIRS, staff=STAFF)
INDEX = build_index(ROLL, default_policy())


def seen(*texts: str | Segment, subject: str = "", author: str = "") -> dict[frozenset[str], Strength]:
    segments = [Segment(subject, ("subject",))] if subject else []
    segments += [Segment(text, ("body",)) if isinstance(text, str) else text for text in texts]
    addresses = (HeaderAddress("From", author, "office@oak.example"),) if author else ()
    found = recognise(Reading(tuple(segments), addresses=addresses), INDEX, "OAK").pupils
    return {frozenset(key.pupil for key in sighting.pupils): sighting.strength for sighting in found}


def row(*cells: tuple[str, str]) -> Segment:
    text, made = "", []
    for number, (head, value) in enumerate(cells):
        piece = f"{head}: "
        text += piece
        made.append(Cell("ABCDE"[number], head, len(text), len(text) + len(value)))
        text += value + " | "
    return Segment(text.removesuffix(" | "), ("body", "table 1", "row 2"), cells=tuple(made))


@pytest.mark.parametrize(
    ("texts", "who"),
    [
        (("4B this week", "", "Aisha hit two children at lunch."), "1"),
        (("Class: 4B", "Given to: Aisha", "What happened: banged head"), "1"),
        (("Given to: Aisha", "Class: 4B", "What happened: banged head"), "1"),
        (("Mum of Sami in Y6 rang: he has chicken pox.",), "2"),
        (("KHAN Y4 owes £12.50, asked twice",), "1"),
        (("Aisha K in Year 4 was sick on the bus.",), "1"),
        (("Daisy in Reception was sick on the bus.",), "8"),
        (("4B", "J.S. - bruise reported, body map done. Action: PM."), "4"),
        (("4B, books in the tray.\nBy the door: JS. Tube feed at half past.",), "4"),
        (("Client: JS", "Date of birth: 30/11/2016", "Outcome: cries at night"), "4"),
        (("Referral of J.S. (Year 4) went in this morning.",), "4"),
    ],
)
def test_what_stands_around_tells_whose_half_name_it_is(texts: tuple[str, ...], who: str) -> None:
    assert set(seen(*texts)) == {frozenset({who})}


def test_the_subjects_class_is_that_of_the_body() -> None:
    assert set(seen("Aisha bit the TA.", subject="4B today")) == {frozenset({"1"})}
    assert set(seen("Aisha bit the TA.", subject="5C today")) == {frozenset({"3"})}
    assert not seen("Aisha bit the TA.", subject="6A today")
    assert not seen("Aisha bit the TA.", subject="4B and 5C today")
    assert not seen("Aisha bit the TA.", subject="today")
    assert set(seen("J.S. - one to one", subject="4B")) == {frozenset({"4"})}


def test_each_row_has_its_own_class() -> None:
    assert set(seen(row(("Form", "4B"), ("Pupil", "JS"), ("Reason", "threw a chair")))) == {frozenset({"4"})}
    assert not seen(row(("Form", "5C"), ("Pupil", "JS"), ("Reason", "threw a chair")))
    assert not seen(row(("Form", "4B"), ("Teacher", "JS"), ("Reason", "no sound")))


@pytest.mark.parametrize(
    "texts",
    [
        ("4B this week", "Dear Aisha", "thank you for the cakes."),
        ("4B this week", "Thanks Aisha for the cakes."),
        ("4B this week", "Mrs Khan was sick, and Dr da Costa-Lima taught."),
        ("4B this week", "Aisha Green Ltd was late with the cakes."),
        ("4B this week", "Aisha Bergmann was sick."),
        ("4B this week", "Will you help? May is near."),
        ("4B, M.O.T. J.S.T. and PE.", "A.V. room: TA. OK!"),
        ("4B", "Ring the HSE about the fume cupboard. PM"),
        ("Jonas Brothers, 4B disco",),
        ("4B read", "a book by Roald Sork."),
    ],
)
def test_what_is_no_pupils_half_name_is_none(texts: tuple[str, ...]) -> None:
    assert not seen(*texts)


def test_the_writer_is_not_meant() -> None:
    assert set(seen("4B were sick today.", "Aisha")) == {frozenset({"1"})}
    assert not seen("4B were sick today.", "Aisha", author="Aisha Ferrars")


def test_a_forename_of_a_pupil_named_in_full_is_that_pupil_again() -> None:
    found = seen("Aisha Khan in 4B was sick. Aisha went home.", subject="4B")
    assert set(found) == {frozenset({"1"})}


@pytest.mark.parametrize(
    "texts",
    [
        ("Jonas Sork (4B): Aisha and the Dragon, Will and the Wolf. Both overdue.",),
        ("4B library", "Jonas Sork - Aisha and the Dragon"),
        ("Name: Jonas Sork", "Class: 4B", "Book: Aisha and the Dragon"),
    ],
)
def test_a_class_of_somebody_named_in_full_draws_no_circle_for_others(texts: tuple[str, ...]) -> None:
    assert set(seen(*texts)) == {frozenset({"4"})}
    assert set(seen("Aisha and the Dragon is overdue.", subject="Jonas Sork 4B")) == {frozenset({"4"})}


def test_a_forename_beside_a_full_name_is_that_of_the_home() -> None:
    assert set(seen("Aisha Khan had a good day. Her brother Sami has been excluded until Monday.")) == {
        frozenset({"1"}),
        frozenset({"2"}),
    }
    assert set(seen("Jonas Sork had a good day. Sami has been excluded until Monday.")) == {frozenset({"4"})}


def test_a_birthday_makes_a_record_of_initials() -> None:
    assert seen("Client: JS", "Date of birth: 30/11/2016", "Seen: Monday") == {frozenset({"4"}): Strength.RECORD}
    assert not seen("Client: JS", "Date of birth: 30/11/2015", "Seen: Monday")


def test_who_has_a_name_exactly_is_not_who_has_it_in_another_form() -> None:
    assert set(seen("Harriet Boye was sick.")) == {frozenset({"5"})}
    assert set(seen("Harry Boye was sick.")) == {frozenset({"6"})}
    assert set(seen("Hattie Boye was sick.")) == {frozenset({"5", "6"})}


def test_a_birthday_outweighs_the_form_of_a_name() -> None:
    assert set(seen("Harry Boye, date of birth 06/06/2016, was sick.")) == {frozenset({"5"})}


def test_a_name_cut_short_where_the_font_had_no_letter_is_still_a_name() -> None:
    assert frozenset({"9"}) in seen("Name: Rosa Li\u25a0a\nClass: 4B\nSubject Grade\nEnglish B")
    assert frozenset({"9"}) not in seen("Name: Rosa Pi\u25a0a\nClass: 4B\nSubject Grade\nEnglish B")


def test_a_forename_of_a_pupil_named_in_full_is_no_namesakes_of_the_same_home() -> None:
    step = tuple(p if p.pupil_id != "3" else replace(p, address=PUPILS[0].address) for p in PUPILS)
    index = build_index(replace(ROLL, pupils=step), default_policy())
    reading = Reading(
        (Segment("Aisha Khan was sick.\n\nAisha's bloods came back, it is coeliac after all.", ("body",)),)
    )
    assert [sighting.pupils for sighting in recognise(reading, index, "OAK").pupils] == [(PupilKey("OAK", "1"),)]


def test_a_forename_of_a_pupil_named_in_full_is_no_other_form_of_a_brothers() -> None:
    brothers = tuple(p if p.pupil_id != "6" else replace(p, address=PUPILS[4].address) for p in PUPILS)
    index = build_index(replace(ROLL, pupils=brothers), default_policy())
    text = "Pupil: Harriet Boye\nClass: 5C"
    reading = Reading((Segment(text, ("body",)), Segment("Harriet has worked hard this term.", ("body",))))
    assert {p.pupil for s in recognise(reading, index, "OAK").pupils for p in s.pupils} == {"5"}
