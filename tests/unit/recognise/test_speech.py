"""Which sentences are about a pupil, and in what tone."""

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import default_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.lexicon import default_lexicon
from mailguard.recognise.speech import glad, said_of

PUPILS = tuple(
    Pupil(school="OAK", pupil_id=str(n), forename=forename, surname=surname)
    for n, (forename, surname) in enumerate((("Amara", "Osei"), ("Zoe", "Quist")))
)
INDEX = build_index(Roll(pupils=PUPILS), default_policy())


def seen(text: str) -> dict[str, Strength]:
    found = recognise(Reading((Segment(text, ("body",)),)), INDEX, "OAK").pupils
    return {key.pupil: sighting.strength for sighting in found for key in sighting.pupils}


@pytest.mark.parametrize(
    "text",
    [
        "What a week! Amara Osei brought in a fossil. Please send nappies and wipes, all with names in.",
        "Roast today, and Amara Osei has chosen the pudding! (Contains milk and wheat. Nut free.)",
        "A child in the class has a severe allergy. Amara Osei has made a lovely poster about it.",
        "Amara Osei has been picked to read the welcome. Could she wear school uniform and some tinsel!",
    ],
)
def test_what_is_said_to_all_is_not_said_of_the_one_named(text: str) -> None:
    assert seen(text) == {"0": Strength.MENTION}


def test_a_helper_of_a_sick_child_is_only_named() -> None:
    text = "Amara Osei was sick in PE, with a temperature of 38.5. Zoe Quist very kindly carried her bag."
    assert seen(text) == {"0": Strength.RECORD, "1": Strength.MENTION}


@pytest.mark.parametrize(
    "text", ["Amara Osei. Temp 38.5, ring mum.", "Amara Osei hid under the table. Won't come out."]
)
def test_fragments_after_a_name_are_about_its_bearer(text: str) -> None:
    assert seen(text) == {"0": Strength.RECORD}


def test_sentences_of_others_are_left_out() -> None:
    text = "           fell. She cried.            laughed. Please bring coats. Wet ones too."
    assert said_of(text, [(0, 10)], frozenset(), False) == "           fell. She cried."


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Well done!", True), ("sang a lovely solo", True), ("cried at the concert", False), ("", False)],
)
def test_glad(text: str, answer: bool) -> None:
    assert glad(text, default_lexicon()) is answer
