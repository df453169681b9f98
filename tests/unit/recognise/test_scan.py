"""The fast way finds whatever the exact way finds."""

import pytest

from mailguard.model import Pupil, Roll
from mailguard.policy import parse_policy
from mailguard.recognise import build_index
from mailguard.recognise.scan import name_regions, number_regions

PUPILS = (Pupil("OAK", "1", "Ama", "Osei"), Pupil("OAK", "2", "May", "O'Neill"), Pupil("OAK", "3", "Jürgen", "Day"))
SCOPE = build_index(Roll(PUPILS), parse_policy('[[school]]\ncode = "OAK"\n')).scope("OAK")
FILLER = "nothing of note stands in these lines of text at all. " * 200


def found(text: str) -> str:
    return "|".join(text[start:end] for start, end in name_regions(text, SCOPE))


@pytest.mark.parametrize(
    "name", ["Ama Osei", "AMA OSEI", "ama osei", "May O’Neill", "Jürgen Day", "Juergen Day", "A M A  O S E I"]
)
def test_a_name_in_much_text_is_cut_out_whole(name: str) -> None:
    assert name in found(FILLER + name + " " + FILLER)


def test_names_at_the_seams_of_blocks() -> None:
    for length in range(2985, 3010):
        assert "Ama Osei" in found(("x" * 9 + " ") * (length // 10) + "y" * (length % 10) + " Ama Osei " + FILLER)


def test_everyday_words_alone_are_left_alone() -> None:
    assert found("You may come. May is here. " + FILLER) == ""


def test_numbers() -> None:
    text = FILLER + "DOB 03/03/2015" + FILLER
    assert "DOB 03/03/2015" in "".join(text[start:end] for start, end in number_regions(text))
    assert number_regions(FILLER) == []
