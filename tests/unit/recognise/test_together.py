"""Lists are judged as one thing; half names in what an appointment is called; a greeting without a comma."""

from datetime import date

import pytest

from mailguard.model import (
    Cell,
    Contact,
    MayReceive,
    Pupil,
    PupilKey,
    Reading,
    Relationship,
    Roll,
    Segment,
    SegmentKind,
    Strength,
)
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

FIRST = ("Aisha", "Bodil", "Cerys", "Dafydd", "Esther", "Folasade", "Goran", "Hyacinth")
LAST = ("Kowalczyk", "Lindqvist", "Mbeki", "Narayan", "Ostrowski", "Penhaligon", "Quartey", "Rasmussen")
PUPILS = tuple(
    Pupil("OAK", str(n), first, last, date(2014, 1, n + 1), registration_group="4B")
    for n, (first, last) in enumerate(zip(FIRST, LAST, strict=True))
)
ROLL = Roll(
    PUPILS,
    (Contact("c0", "Nadia", "Kowalczyk", "Mrs", ("nadia@example.org",)),),
    (Relationship(PupilKey("OAK", "0"), "c0", may_receive=MayReceive.YES),),
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]\n'))


def seen(*segments: Segment) -> dict[str, Strength]:
    found = recognise(Reading(segments), INDEX, "OAK").pupils
    return {"/".join(p.pupil for p in s.pupils): s.strength for s in found}


def entries(*said: str) -> str:
    return "\n".join(f"{first} {last}{text}" for first, last, text in zip(FIRST, LAST, said, strict=False))


def table(*said: str) -> list[Segment]:
    made = []
    for n, text in enumerate(said):
        name = f"{FIRST[n]} {LAST[n]}"
        line = f"Pupil: {name} | Note: {text}"
        at = len(line) - len(text)
        cells = (Cell("A", "Pupil", 7, 7 + len(name)), Cell("B", "Note", at, len(line)))
        made.append(Segment(line, ("a.docx", "table 1", f"row {n}"), SegmentKind.ROW, cells=cells))
    return made


def test_the_plain_entries_of_a_telling_list_tell_too() -> None:
    text = "Room 7\n" + entries(": needs a scribe", ": front", ": epilepsy, by the door", ": back", ": selective mute")
    assert set(seen(Segment(text, ("body",))).values()) == {Strength.RECORD}
    assert set(seen(*table("needs a scribe", "", "epilepsy", "")).values()) == {Strength.RECORD}


def test_one_telling_entry_makes_no_records_of_the_others() -> None:
    lines = entries("", "", ": epilepsy, by the door", "", "").split("\n")
    found = seen(Segment("Choir", ("body",)), *(Segment(line, ("body",)) for line in lines))
    assert found == {"2": Strength.RECORD, **dict.fromkeys("0134", Strength.MENTION)}


def test_a_list_beside_records_in_sentences_stays_a_list() -> None:
    text = (
        "In the choir this term:\n"
        + entries("", "", "", "")
        + "\n\nWe are sorry that Esther Ostrowski has been excluded for two days.\n\n"
        + "It was good that Folasade Penhaligon could see the psychologist about her anxiety last week."
    )
    found = seen(Segment(text, ("body",)))
    assert {found[key] for key in "0123"} == {Strength.MENTION}
    assert {found[key] for key in "45"} == {Strength.RECORD}


@pytest.mark.parametrize("called", ["Meeting re Aisha K - EHCP review", "TAF Aisha K. / social worker"])
def test_a_forename_with_an_initial_in_what_an_appointment_is_called(called: str) -> None:
    entry = f"Uid: 1@portal.example\nDtstart: 20261209T150000Z\nSummary: {called}\nLocation: Library"
    assert seen(Segment(called, ("subject",))) == {"0": Strength.RECORD}
    assert seen(Segment(entry, ("invite.ics",))) == {"0": Strength.RECORD}


def test_half_a_name_in_a_title_that_tells_nothing_is_nobody() -> None:
    assert seen(Segment("Chess final, Aisha K against the world", ("subject",))) == {}


@pytest.mark.parametrize(
    "greeting", ["Hi Mrs Kowalczyk\n", "Thanks, noted.\n\nDear Mrs Kowalczyk\n", "Mrs Kowalczyk,\n"]
)
def test_a_child_by_forename_below_a_greeting(greeting: str) -> None:
    text = greeting + "Aisha is not eating her lunch, and we wondered how things are at home."
    assert seen(Segment(text, ("body",))) == {"0": Strength.RECORD}


def test_a_surname_may_stand_later_in_its_paragraph_than_the_forenames_has_words() -> None:
    late = "Notes: none so far, the form was sent home on Monday and is due back\nSurname: Lindqvist\nMedical: asthma"
    assert seen(Segment("Forename: Bodil", ("body",)), Segment(late, ("body",))) == {"1": Strength.RECORD}
