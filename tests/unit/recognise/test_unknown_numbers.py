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


@pytest.mark.parametrize("text", ["{}", "Ref {}", "Invoice {} for Marlow Supplies", "pupil resources, order no. {}"])
def test_a_number_of_something_else_is_none(text: str) -> None:
    assert unknown(text.format(UPN)) == []


def test_a_number_whose_letter_does_not_fit_is_none() -> None:
    wrong = "A" if UPN[0] != "A" else "B"
    assert unknown(f"UPN: {wrong}{BODY}") == []
