"""A pupil number that fits and is on no roll is a child where the text around it speaks of one."""

import pytest

from mailguard.model import Reading, Roll, Segment
from mailguard.policy import default_policy
from mailguard.recognise import build_index, recognise
from mailguard.roll.identifiers import upn_check_letter

BODY = "803200012345"
UPN = upn_check_letter("X" + BODY) + BODY
INDEX = build_index(Roll(), default_policy())


def unknown(text: str) -> list[str]:
    found = recognise(Reading((Segment(text, ("body",)),)), INDEX, None).unknown
    return [evidence.text for one in found for evidence in one.evidence]


@pytest.mark.parametrize(
    "text",
    ["UPN: {}", "The new starter's pupil number is {}.", "CTF for {} attached", "Jordan Quill, {}", "Transfer of {}"],
)
def test_words_about_children_or_a_name_make_it_a_child(text: str) -> None:
    assert unknown(text.format(UPN)) == [UPN]


@pytest.mark.parametrize("text", ["{}", "Could you look at {}?", "Absent all week: {}", "({})"])
def test_an_authority_and_a_year_make_it_a_child_without_words(text: str) -> None:
    assert unknown(text.format(UPN)) == [UPN]


@pytest.mark.parametrize("body", ["999200012345", "803200054345"])
def test_a_code_without_an_authority_or_a_year_needs_words(body: str) -> None:
    number = upn_check_letter("X" + body) + body
    assert unknown(f"See {number}.") == []
    assert unknown(f"The pupil {number}.") == [number]


@pytest.mark.parametrize("text", ["ULN 9276308686", "Learner number: 9276308686", "NHS no. 943 476 5919"])
def test_other_numbers_of_a_child_count_under_their_label(text: str) -> None:
    assert len(unknown(text)) == 1


@pytest.mark.parametrize("text", ["9276308686", "Tel 9434765919", "ULN 9276308687", "NHS 111 or 943 476 5918"])
def test_ten_figures_without_label_or_fit_are_no_child(text: str) -> None:
    assert unknown(text) == []


@pytest.mark.parametrize("text", ["Ref {}", "Invoice {} for Marlow Supplies", "pupil resources, order no. {}"])
def test_a_number_of_something_else_is_none(text: str) -> None:
    assert unknown(text.format(UPN)) == []


def test_a_number_whose_letter_does_not_fit_counts_under_its_label_only() -> None:
    wrong = "A" if UPN[0] != "A" else "B"
    assert unknown(f"The pupil {wrong}{BODY}") == []
    assert unknown(f"UPN: {wrong}{BODY}") == [wrong + BODY]
