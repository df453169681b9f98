"""Letters of a merge in one file, tables on their side, rows of codes: what is of each child, what is of none."""

from datetime import date

import pytest

from mailguard.model import Cell, Pupil, Reading, Roll, Segment, SegmentKind, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

_NAMES = ("Ama Osei", "Tobias Quist", "Zoe Marlowe", "Idris Penhale", "Bo Tanqueray", "Kit Underhay", "Leila Farrow")
ROLL = Roll(
    tuple(
        Pupil("OAK", str(n), *name.split(), date(2014, 3, 3 + n), registration_group="4B")
        for n, name in enumerate(_NAMES)
    )
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))
ALL = {str(n) for n in range(len(_NAMES))}


def records(*segments: Segment | str, name: str = "letter.docx") -> set[str]:
    whole = tuple(s if isinstance(s, Segment) else Segment(s, (name,)) for s in segments)
    seen = recognise(Reading(whole), INDEX, "OAK").pupils
    assert seen
    return {sighting.pupils[0].pupil for sighting in seen if sighting.strength is not Strength.MENTION}


def rows(*lines: str, heads: str = "", name: str = "letter.docx") -> list[Segment]:
    made = []
    for at, line in enumerate(lines, 1):
        text, cells = "", []
        for letter, head, cell in zip("ABCDE", heads.split("|") if heads else [""] * 5, line.split("|"), strict=False):
            text += (" | " if text else "") + (f"{head}: " if head else "")
            cells.append(Cell(letter, head, len(text), len(text) + len(cell)))
            text += cell
        made.append(Segment(text, (name, "table 1", f"row {at}"), SegmentKind.ROW, True, 1, tuple(cells)))
    return made


def letters(*body: str, greets: str = "Dear parents of {} (4B)", ends: str = "Yours sincerely") -> list[str]:
    return [piece for name in _NAMES for piece in (*greets.format(name).split("|"), *body, ends)]


@pytest.mark.parametrize(
    "greets", ["Dear parents of {} (4B)", "{} (4B)|Dear Parent/Carer", "Dear Parent/Carer|{} (4B)"]
)
@pytest.mark.parametrize(
    "body",
    [
        ("The photographer is in school on Tuesday. Please come in full uniform.",),
        ("If your child has asthma, please send an inhaler on the trip.",),
        ("Your child will be taking part in our maths fair on Friday. All are welcome.",),
        ("Thank you for coming to the fair. We raised a good sum for the garden.",),
    ],
)
def test_a_letter_that_all_get_is_no_record_of_whom_it_greets(greets, body):
    assert records(*letters(*body, greets=greets)) == set()


@pytest.mark.parametrize(
    "greets", ["Dear parents of {} (4B)", "{} (4B)|Dear Parent/Carer", "Dear Parent/Carer|{} (4B)"]
)
@pytest.mark.parametrize(
    "body",
    [
        ("Your child's attendance this term is 84.0%.", "This is below the school's target of 96%."),
        ("Your child has been excluded for two days.",),
        ("Thank you for meeting with Mr Hart and me. As we discussed, there will be a quiet space at lunch.",),
    ],
)
def test_a_letter_of_a_merge_is_about_whom_it_greets(greets, body):
    assert records(*letters(*body, greets=greets)) == ALL


def test_one_letter_among_harmless_ones_is_about_its_own_pupil_only():
    harmless = letters("The photographer is in school on Tuesday. Please come in full uniform.")
    other = ["Dear parents of Zoe Marlowe (4B)", "Your child has been excluded for two days.", "Yours sincerely"]
    assert records(*harmless[:6], *other, *harmless[9:]) == {"2"}


def test_labels_of_names_across_and_down_a_page_are_no_table_on_its_side():
    grid = ["Ama Osei 4B|Tobias Quist 4B|Zoe Marlowe 4B", "Idris Penhale 4B|Bo Tanqueray 4B|Kit Underhay 4B"]
    assert records(*rows(*grid)) == set()
    along = "|Ama Osei|Tobias Quist|Zoe Marlowe"
    assert records(*rows(along, "Lesson time|9.30|10.00|11.15")) == set()
    assert records(*rows(along, "Reading|98|101|84")) == {"0", "1", "2"}


def test_names_along_the_top_of_a_typed_table_are_what_the_lines_below_say():
    top = "Name Ama Osei Tobias Quist Zoe Marlowe"
    assert records(f"{top}\nPart Shepherd King Angel\nCostume Tunic Crown Wings") == set()
    assert records("Name: Ama Osei\nReading: 98\nNeeds: speech therapy") == {"0"}


def test_a_table_under_the_minutes_of_a_council_is_public():
    heads = "Item|Discussion|Action"
    row = rows("1|Ama Osei (4B) asked for new footballs|LP to order", heads=heads)
    assert records("Minutes of school council", *row) == set()
    assert records("Minutes of pastoral meeting", *row) == {"0"}


@pytest.mark.parametrize(
    ("head", "held"), [("Workshop time", False), ("Concert date", False), ("Club ends", False), ("Therapy", True)]
)
def test_a_column_of_public_things_is_benign(head, held):
    assert records(*rows("Ama Osei|4B|2.30", heads=f"Name|Class|{head}")) == ({"0"} if held else set())


def test_codes_after_a_name_and_class_are_values():
    lines = [f"{name} 4B {said}" for name, said in zip(_NAMES, ["K Y", "E N"] * 3, strict=False)]
    assert records("\n".join(lines), name="Book2.pdf") == ALL - {"6"}
    assert records("\n".join(f"{name} 4B 4" for name in _NAMES), name="Book2.pdf") == set()


def test_pupils_after_a_code_and_a_colon_are_those_of_the_list():
    lines = "K: Ama Osei, Tobias Quist\nE: Zoe Marlowe, Idris Penhale"
    assert records("SEND register", lines) == {"0", "1", "2", "3"}
    assert records("Choir", lines.replace("K:", "Altos:").replace("E:", "Sopranos:")) == set()
