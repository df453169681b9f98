"""Labels and values that stand under a name or in a table with it."""

from datetime import date

import pytest

from mailguard.model import Cell, Pupil, Reading, Roll, Segment, SegmentKind, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

_NAMES = ("Ama Osei", "Tobias Quist", "Zoe Marlowe", "Idris Penhale")
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="8A")
        for n, name in enumerate(_NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def table(*rows: str, number: int = 1) -> list[Segment]:
    made = []
    for at, text in enumerate(rows, 1):
        cells, start = [], 0
        for letter, cell in zip("ABCD", text.split(" | "), strict=False):
            cells.append(Cell(letter, "", start, start + len(cell)))
            start += len(cell) + 3
        place = ("letter.docx", f"table {number}", f"row {at}")
        made.append(Segment(text, place, SegmentKind.ROW, True, 1, tuple(cells)))
    return made


def records(*segments: Segment | str) -> set[str]:
    whole = tuple(s if isinstance(s, Segment) else Segment(s, ("letter.docx",)) for s in segments)
    seen = recognise(Reading(whole), INDEX, "OAK").pupils
    return {sighting.pupils[0].pupil for sighting in seen if sighting.strength is not Strength.MENTION}


@pytest.mark.parametrize(
    "segments",
    [
        table("Pupil | Ama Osei", "Form | 8A", "Maths | 4", "English | 5"),
        table("Ama Osei | 8A", "Maths | 4", "English | 5"),
        table("Ama Osei | 8A") + table("Maths | 4", "English | 5", number=2),
        ["Ama Osei (8A)", *table("Maths | 4", "English | 5")],
        ["Summary for Ama Osei (8A)", *table("Maths | 4", "English | 5")],
        ["Ama Osei, 8A, summer term", *table("Reading | secure", "Writing | emerging")],
        ["Ama Osei (8A)\nMaths             4\nEnglish           5"],
        ["Ama Osei\n8A\nReading 98\nMaths 101"],
        ["Ama Osei", *table("Subject | Mark | Teacher", "Maths | 43 | Mrs Hart", "English | 51 | Mr Reed")],
    ],
)
def test_marks_under_labels_are_those_of_whose_name_heads_them(segments):
    assert records(*segments) == {"0"}


@pytest.mark.parametrize(
    "segments",
    [
        table("Ama Osei | 8A", "Tobias Quist | 8A", "Zoe Marlowe | 8A"),
        table("Osei A | 8A | blue", "Quist T | 8A | red", "Marlowe Z | 8A | red"),
        table("Pupil | Ama Osei", "Form | 8A", "Room | 12", "Bus | 7"),
        ["Ama Osei (8A)", *table("Room | 12", "Bus | 7")],
        ["Ama Osei (8A)", *table("Monday | 9.00", "Tuesday | 10.15")],
        ["Ama Osei won the quiz.", *table("Maths | 4", "English | 5")],
        ["Ama Osei\nTable 4"],
    ],
)
def test_seats_days_and_lists_of_others_make_no_form(segments):
    assert not records(*segments)


def test_your_child_is_whom_the_heading_of_a_letter_names():
    letter = "Dear parent,\n\n{}\n\nYour child has been referred to the educational psychologist."
    assert records(letter.format("Ama Osei 8A")) == {"0"}
    assert not records(letter.format("On the coach your child sits next to Ama Osei, who has the map."))


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    "rest",
    [
        ("Part: Third sheep", "Costume: white tights"),
        ("House: Red",),
        ("Club: Chess", "Day: Tuesday", "Room: Library"),
        ("Form: 8A", "Event: Sack race", "Signed: A. Poole"),
        ("Instrument: Cello", "Lesson time: 10.20"),
        ("Group: Lower School choir",),
    ],
)
def test_a_form_of_a_part_a_house_or_a_club_is_no_record(rest: tuple[str, ...], together: bool) -> None:
    lines = ("Name: Ama Osei", *rest)
    assert records(*(["\n".join(lines)] if together else lines)) == set()


@pytest.mark.parametrize(
    "rest",
    [
        (),
        ("House: Red", "Reason: swearing"),
        ("Club: Breakfast", "Owed: £14.50"),
        ("Form: 8A", "Lives with: grandmother"),
        ("Form: 8A", "Event: Sack race", "Note: asthma pump in the green bag"),
        ("Group: Nurture, since the fire",),
        ("Form: 8A", "She has been told to stay at home until the results are back."),
        ("Room: Isolation", "Day: Tuesday"),
        ("Team: CAMHS", "Time: 10.20"),
        ("Club: Young Carers",),
        ("Group: Lower ability", "Room: 4"),
        ("Group: Catch-up",),
        ("Set: bottom",),
        ("Score: 34", "Class: 8A"),
    ],
)
def test_a_form_with_anything_else_is_a_record(rest: tuple[str, ...]) -> None:
    assert records("\n".join(("Name: Ama Osei", *rest))) == {"0"}


@pytest.mark.parametrize(
    "segments",
    [
        table("Child | Ama Osei", "Lives with | mother, week in week out", "Collects | gran"),
        table("Injured person | Ama Osei", "Time | 12.15", "What happened | fell from the bars"),
        table("Date | 3 March", "Child | Ama Osei", "Collects | gran"),
        table("Injured person | Ama Osei | Time | 12.15", "What happened | fell from the bars | Treatment | ice"),
        table("Re | Ama Osei", "Date | 3 March"),
        table("Pupil name | Ama Osei", "Instrument | Clarinet", "Special arrangements | 25% extra time for dyslexia"),
        table("Candidate | Ama Osei", "Instrument | Clarinet", "Owing | £46.20"),
        table("Child | Ama Osei", "Team | Under 9", "Medical | epilepsy"),
        table("Pupil | Ama Osei", "Set | bottom"),
        table("Pupil | Ama Osei", "Session | Counselling", "Day | Monday"),
    ],
)
def test_a_table_of_labels_that_nobody_knows_is_a_form(segments: list[Segment]) -> None:
    assert records(*segments) == {"0"}


@pytest.mark.parametrize(
    "segments",
    [
        table("Name | Ama Osei", "Part | Third sheep", "Costume | white tights"),
        table("Child | Ama Osei", "Club | Chess", "Room | Library"),
        table("Pupil | Ama Osei | House | Red", "Event | Sack race | Lane | four"),
        table("Name | Ama Osei", "Part | Doctor", "Costume | white coat"),
        table("Artist | Ama Osei", "Title | Storm", "Medium | watercolour"),
    ],
)
def test_a_table_of_a_part_or_a_club_is_no_record(segments: list[Segment]) -> None:
    assert records(*segments) == set()


@pytest.mark.parametrize(
    ("file", "sheet", "wanted"),
    [
        ("Times table scores 5A.xlsx", "Sheet1", {"0", "1"}),
        ("Book1.xlsx", "Spelling results", {"0", "1"}),
        ("Monitors.xlsx", "Rota", set()),
        ("House points results.xlsx", "Sheet1", set()),
        ("Cross-country results.xlsx", "Year 8", set()),
    ],
)
def test_figures_under_weeks_are_marks_where_the_sheet_is_called_so(file: str, sheet: str, wanted: set[str]) -> None:
    rows = []
    for at, name in enumerate(_NAMES[:2], 2):
        text, cells = "", []
        for column, head, value in (("A", "Name", name), ("B", "Week 1", "7"), ("C", "Week 2", "12")):
            text += f"{' | ' if text else ''}{head}: "
            cells.append(Cell(column, head, len(text), len(text) + len(value)))
            text += value
        rows.append(Segment(text, (file, sheet, f"row {at}"), SegmentKind.ROW, True, 1, tuple(cells)))
    assert records(*rows) == wanted
