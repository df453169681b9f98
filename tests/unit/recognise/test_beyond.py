"""A record of a pupil of another school of the trust is seen; a name alone is not."""

from datetime import date

import pytest

from mailguard.model import Cell, Pupil, Reading, Roll, Segment, SegmentKind
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

HERE = Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3))
NAMESAKE = Pupil("OAK", "2", "Jack", "Smith", date(2012, 3, 3))
THERE = Pupil("ELM", "1", "Tariq", "Mahmood", date(2013, 11, 11), postcode="ZZ1 2AB", registration_group="7C")
ANOTHER = Pupil("ELM", "2", "Jack", "Smith", date(2014, 3, 3))
ROLL = Roll((HERE, NAMESAKE, THERE, ANOTHER))
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n[[school]]\ncode = "ELM"\n'))


def seen(*segments: Segment | str) -> list[tuple[str, str, str]]:
    whole = tuple(s if isinstance(s, Segment) else Segment(s, ("body",)) for s in segments)
    found = recognise(Reading(whole), INDEX, "OAK").pupils
    return [(s.pupils[0].school, s.pupils[0].pupil, s.strength.value) for s in found]


@pytest.mark.parametrize(
    "text",
    [
        "Name: Tariq Mahmood\nDate of birth: 11/11/2013\nAttendance: 81%",
        "Tariq Mahmood (born 11 November 2013) was excluded.",
        "Mahmood, Tariq, ZZ1 2AB, has asthma",
        "Name: Tariq Mahmood\nAttendance: good",
        "Tariq Mahmood (7C) has a detention.",
    ],
)
def test_a_record_of_the_other_school_is_seen(text: str) -> None:
    assert seen(text) == [("ELM", "1", "record")]


def test_a_row_of_the_other_schools_table_is_seen() -> None:
    text = "Name: Tariq Mahmood | Balance: \u00a34.00"
    cells = (Cell("A", "Name", 6, 19), Cell("B", "Balance", 31, 36))
    row = Segment(text, ("Book.xlsx", "row 2"), SegmentKind.ROW, cells=cells)
    assert seen(row) == [("ELM", "1", "record")]


def test_a_name_alone_stays_with_the_senders_school() -> None:
    assert seen("Tariq Mahmood was excluded from the match.") == []
    assert seen("Name: Jack Smith\nAttendance: 81%\nGrade: 4") == [("OAK", "2", "record")]


def test_a_birthday_decides_between_namesakes_of_two_schools() -> None:
    assert seen("Name: Jack Smith\nDate of birth: 03/03/2014") == [("ELM", "2", "record")]
    assert seen("Name: Jack Smith\nDate of birth: 03/03/2012") == [("OAK", "2", "record")]
