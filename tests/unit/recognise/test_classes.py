"""What a class of the roll may be called: "Maple Class" is Maple, "LH/10A" is 10A, a word on its line is one."""

from datetime import date

import pytest

from mailguard.model import Cell, Pupil, Reading, Roll, Segment, SegmentKind, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.classes import class_key, class_keys

_ROWS = (
    ("1", "Liban", "Hersi", "LH/10A"),
    ("2", "Zihan", "Yip", "Maple Class"),
    ("3", "Olwen", "Marsh", "Year 4 - Jupiter"),
    ("4", "Tirzah", "Penn", "Class 3"),
    ("5", "Kofi", "Addo", "Barn Owls"),
    ("6", "Anwen", "Rees", "4B"),
    ("7", "Petra", "Novak", "Kestrel"),
    ("8", "Olwen", "Price", "Year 5 - Jupiter"),
)
_YEAR = {"3": 4, "4": 3, "6": 4, "8": 5}
ROLL = Roll(
    tuple(
        Pupil(
            "OAK",
            number,
            first,
            last,
            date(2013, 1, int(number)),
            registration_group=group,
            year_group=f"Year {_YEAR.get(number, 9)}",
        )
        for number, first, last, group in _ROWS
    )
    + tuple(Pupil("OAK", f"f{n}", f"Boy{chr(97 + n)}", f"Name{chr(97 + n)}", date(2012, 1, n + 1)) for n in range(26))
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def records(*texts: str, subject: str = "") -> set[str]:
    segments = [Segment(text, ("body", f"line {n}")) for n, text in enumerate(texts, start=1)]
    if subject:
        segments.insert(0, Segment(subject, ("subject",), SegmentKind.HEADER))
    seen = recognise(Reading(tuple(segments)), INDEX, "OAK").pupils
    return {key.pupil for sighting in seen if sighting.strength is Strength.RECORD for key in sighting.pupils}


@pytest.mark.parametrize(
    ("group", "keys"),
    [
        ("Maple", {"MAPLE"}),
        ("Maple Class", {"MAPLECLASS", "MAPLE"}),
        ("Reception Oak", {"RECEPTIONOAK", "OAK"}),
        ("4M - Maple", {"4MMAPLE", "4M", "MAPLE"}),
        ("10A/LH", {"10ALH", "10A"}),
        ("Class 4", {"CLASS4"}),
        ("7", {"7", "CLASS7"}),
        ("11-W", {"11W"}),
        ("Y4A", {"Y4A", "4A"}),
        ("Year 4", {"YEAR4"}),
        ("Year 4 - Miss Lane", {"YEAR4MISSLANE"}),
        ("", set()),
    ],
)
def test_the_keys_of_a_class(group, keys):
    assert set(class_keys(group)) == keys


def test_a_year_before_the_code_of_a_class_is_left_out():
    classes = frozenset({"4B"})
    assert class_key("Y4B", classes) == class_key("4-b", classes) == "4B"
    assert class_key("Y5B", classes) == class_key("B4", classes) == ""


@pytest.mark.parametrize(
    ("text", "pupil"),
    [
        ("Liban in 10A has epilepsy and takes tablets.", "1"),
        ("Liban (LH/10A) has epilepsy and takes tablets.", "1"),
        ("Zihan in Maple has epilepsy and takes tablets.", "2"),
        ("Zihan from Maple class has epilepsy and takes tablets.", "2"),
        ("Olwen M. in Jupiter has epilepsy and takes tablets.", "3"),
        ("Tirzah in Class 3 has epilepsy and takes tablets.", "4"),
        ("Kofi from Barn Owls has epilepsy and takes tablets.", "5"),
        ("Anwen-4B: epilepsy, takes tablets", "6"),
        ("4B/Anwen - epilepsy, takes tablets", "6"),
        ("4B/AR: epilepsy, takes tablets", "6"),
        ("Y4B Anwen has epilepsy and takes tablets.", "6"),
        ("Kestrel PN - epilepsy, takes tablets", "7"),
    ],
)
def test_a_class_is_known_by_what_people_call_it(text, pupil):
    assert records(text) == {pupil}


def test_two_classes_of_one_name_leave_both_bearers_of_a_forename():
    seen = recognise(Reading((Segment("Olwen in Jupiter has epilepsy.", ("body",)),)), INDEX, "OAK").pupils
    assert [{key.pupil for key in sighting.pupils} for sighting in seen] == [{"3", "8"}]


@pytest.mark.parametrize(
    "lines",
    [
        ("Kestrel", "Petra - epilepsy, takes tablets"),
        ("Petra", "Kestrel", "She has epilepsy and takes tablets."),
        ("Kestrel\nPetra - epilepsy, takes tablets",),
    ],
)
def test_a_class_alone_on_its_line_tells_of_the_name_beside_it(lines):
    assert records(*lines) == {"7"}


@pytest.mark.parametrize(
    "subject", ["Petra (Kestrel)", "PN Kestrel", "Kestrel - P.N.", "Petra N Kestrel", "Re: Anwen 4B"]
)
def test_a_subject_of_half_a_name_and_a_class_heads_the_body(subject):
    assert len(records("Hi,", "Had a seizure in PE and was given rescue medicine.", subject=subject)) == 1


def test_a_class_for_a_subject_is_that_of_a_forename_in_the_body():
    assert records("Petra had a seizure in PE and was given rescue medicine.", subject="Kestrel") == {"7"}


@pytest.mark.parametrize(
    "text",
    [
        "Kestrel visited the hospital; one child had a seizure.",
        "The tutor LH/10A says that everybody had nits.",
        "A kestrel broke its wing; Petra Lane of the rescue centre treats it for an infection.",
        "Page 3 of the class list: Tirzah Books has an overdue invoice.",
        "Kestrel\nThe nurse Petra Lane comes on Monday about asthma.",
        "Sold 10 items on 4/11 - asthma leaflets by Anwen Press.",
    ],
)
def test_a_class_alone_or_another_bearer_of_the_forename_is_nobody_of_it(text):
    assert records(text) == set()


def test_a_subject_that_names_a_class_alone_says_nothing_of_the_grown_ups_of_the_body():
    assert records("Our nurse Petra Lane had her flu jab today.", subject="Kestrel") == set()
    assert records("Mrs Petra had a fall in the kitchen and broke a leg.", subject="Kestrel") == set()


def in_file(name: str) -> set[str]:
    segments = (
        Segment(name, ("body", name), SegmentKind.FILE_NAME, leaf=2),
        Segment("Had a seizure in PE; rescue medicine given.", ("body", name, "paragraph 1"), leaf=2),
    )
    seen = recognise(Reading(segments), INDEX, "OAK").pupils
    return {key.pupil for sighting in seen for key in sighting.pupils}


@pytest.mark.parametrize(
    ("name", "pupil"),
    [
        ("Medical plan Anwen 4B.docx", "6"),
        ("4B_Anwen_care_plan.docx", "6"),
        ("safeguarding_report_Anwen_4B.pdf", "6"),
        ("Anwen Care Plan 4B.docx", "6"),
        ("EHCP Novak Kestrel.docx", "7"),
        ("Kestrel_Petra_seizures.docx", "7"),
        ("PN Kestrel safeguarding.docx", "7"),
    ],
)
def test_the_name_of_a_file_shows_half_a_name_and_a_class(name, pupil):
    assert in_file(name) == {pupil}


@pytest.mark.parametrize("name", ["Kestrel seizures.docx", "4B_care_plan.docx", "Nurse Petra Lane Kestrel.docx"])
def test_a_class_alone_in_the_name_of_a_file_is_nobody(name):
    assert in_file(name) == set()


def row(*pairs: tuple[str, str]) -> Segment:
    text, cells = "", []
    for head, value in pairs:
        cells.append(Cell("", head, len(text), len(text) + len(value)))
        text += value + " | "
    return Segment(text, ("list.xlsx", "row 2"), SegmentKind.ROW, cells=tuple(cells))


@pytest.mark.parametrize("head", ["Year", "Yr", "NC Year", "Year Group"])
@pytest.mark.parametrize(("column", "value"), [("First name", "Tirzah"), ("Surname", "Penn")])
def test_a_column_of_years_tells_whose_half_a_name_is(head, column, value):
    seen = recognise(Reading((row((column, value), (head, "3"), ("Note", "had a seizure")),)), INDEX, "OAK").pupils
    assert [key.pupil for sighting in seen for key in sighting.pupils] == ["4"]
    other = recognise(Reading((row((column, value), (head, "5"), ("Note", "had a seizure")),)), INDEX, "OAK").pupils
    assert not other


@pytest.mark.parametrize(
    "text", ["Kestrel read about Isaac Novak, who had a seizure.", "In 4B Grace Rees of the BBC had a fall."]
)
def test_a_forename_that_is_not_the_pupils_before_the_surname_is_somebody_else(text):
    assert records(text) == set()
