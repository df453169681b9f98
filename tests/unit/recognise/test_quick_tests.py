"""Cheap tests before slow patterns: what the pattern finds, the cheap test lets through."""

import pytest

from mailguard.model import Cell, Segment, SegmentKind
from mailguard.recognise.context import Surroundings
from mailguard.recognise.details import find_numbers
from mailguard.recognise.scan import number_regions
from mailguard.recognise.telling import leads_from_author, leads_from_office, leads_from_parents
from mailguard.recognise.twice import once
from mailguard.recognise.years import find_years


@pytest.mark.parametrize(
    "before", ["To the parents of ", "The mother and carer OF  ", "About your eldest, ", "Your son "]
)
def test_a_line_that_speaks_of_parents(before: str) -> None:
    assert leads_from_parents(before)


@pytest.mark.parametrize("before", ["It is time of ", "your office, ", "parents often ", ""])
def test_a_line_that_does_not_speak_of_parents(before: str) -> None:
    assert not leads_from_parents(before)


def test_a_line_that_names_an_author() -> None:
    assert leads_from_author("A poem by ")
    assert leads_from_author("A poem BY\n")
    assert not leads_from_author("reported by ")
    assert not leads_from_author("goodbye ")


@pytest.mark.parametrize(
    "before",
    [
        "Line leader: ", "Line leader today - ", "Reader this week –", "Star of the week is our ", "Captain by ",
        "The front cover goes to ", "Head girl will be superb ", "Our own héros: soloist IS",
    ],
)  # fmt: skip
def test_a_line_that_names_an_office(before: str) -> None:
    assert leads_from_office(before)


@pytest.mark.parametrize("before", ["Line leader ", "The week is ", "Captain said ", ""])
def test_a_line_that_names_no_office(before: str) -> None:
    assert not leads_from_office(before)


def test_years_are_found_where_they_stand_alone() -> None:
    text = "Year 5, Yr10 y.4 Reception year R YR nursery Year 15 Y5a May 5 my-Y3 /Y3 .Y3 Y3/4 XYR receptions ear 5"
    assert list(find_years(text, 0, len(text))) == ["5", "10", "4", "r", "r", "r", "n"]
    assert list(find_years("Year 5", 0, 4)) == []
    assert list(find_years("xY5", 1, 3)) == []


def test_a_second_half_is_known_by_all_its_words_not_by_its_opening() -> None:
    opening = "one two three four five six seven eight nine ten eleven twelve"
    assert len(once([Segment(f"{opening} Ama", ("body",)), Segment(f"{opening} Zoe", ("body",))])) == 2
    assert len(once([Segment(f"{opening} Ama", ("body",)), Segment(f"{opening} Ama", ("body",))])) == 1
    assert len(once([Segment("one", ("body",)), Segment("two", ("body",)), Segment("one two", ("body",))])) == 1


def test_numbers_are_found_wherever_they_may_begin() -> None:
    text = "((07700 900123; (((07700 900124; x07700900125 .07700900126 +44 7700 900127; 1+7700900128"
    found = [number for _, _, number in find_numbers(text)]
    assert found == ["((07700 900123", "((07700 900124", "+44 7700 900127", "7700 900127", "7700900128"]


def test_digits_near_to_one_another_share_a_stretch() -> None:
    gap = "x " * 47
    assert number_regions(f"a 1 {gap}2 b")[0] == (0, len(f"a 1 {gap}2 b"))
    near, far = number_regions(f"1{'y ' * 48}2"), number_regions(f"1{'y ' * 48} 2")
    assert (len(near), len(far)) == (1, 2)
    assert number_regions("none at all") == []


def test_every_row_knows_where_its_table_begins_in_whatever_order_they_ask() -> None:
    cells = (Cell("A", "", 0, 1),)

    def row(sheet: str) -> Segment:
        return Segment("x", ("book.xlsx", sheet, "row"), SegmentKind.ROW, cells=cells)

    segments = [row("a"), row("a"), Segment("text", ("book.xlsx", "a", "note")), row("a"), row("b"), row("b"), row("b")]
    for order in ([6, 5, 4, 3, 1, 0], [0, 1, 3, 4, 5, 6], [5, 6, 1, 4]):
        around = Surroundings(segments)
        assert [around.table_of(at) for at in order] == [{0: 0, 1: 0, 3: 3}.get(at, 4) for at in order]
