"""The fast way finds whatever the exact way finds."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, part, recognise, recogniser
from mailguard.recognise.scan import name_regions, number_regions

PUPILS = (
    Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 9), registration_group="4B"),
    Pupil("OAK", "2", "May", "O'Neill", date(2014, 1, 2), upn="H801200001001"),
    Pupil("OAK", "3", "Jürgen", "Day", date(2016, 7, 30), postcode="ZZ1 4QT"),
    Pupil("OAK", "4", "Łucja", "Weiß", date(2013, 12, 1)),
)
INDEX = build_index(Roll(PUPILS), parse_policy('[[school]]\ncode = "OAK"\n'))
SCOPE = INDEX.scope("OAK")
FILLER = "nothing of note stands in these lines of text at all. " * 200


def found(text: str) -> str:
    return "|".join(text[start:end] for start, end in name_regions([text], SCOPE)[0])


NAMES = (
    "Ama Osei|AMA OSEI|ama osei|May O’Neill|Jürgen Day|Juergen Day|A M A  O S E I|Łucja Weiß|Lucja Weiss|“Ama” Osei|"
    "Ama Osei 🎉|→ Ama Osei…|Ama\u00ad Osei"
)


@pytest.mark.parametrize("name", NAMES.split("|"))
def test_a_name_in_much_text_is_cut_out_whole(name: str) -> None:
    assert name in found(FILLER + name + " " + FILLER)


def test_names_at_the_seams_of_blocks() -> None:
    for length in range(19_985, 20_010):
        assert "Ama Osei" in found(("x" * 9 + " ") * (length // 10) + "y" * (length % 10) + " Ama Osei " + FILLER)


def test_everyday_words_alone_are_left_alone() -> None:
    assert found("You may come. May is here. " + FILLER) == ""


def test_numbers() -> None:
    text = FILLER + "DOB 03/03/2015" + FILLER
    assert "DOB 03/03/2015" in "".join(text[start:end] for start, end in number_regions(text))
    assert number_regions(FILLER) == []


def test_a_letter_spaced_name_before_another_name() -> None:
    assert "A M A  O S E I" in found("A M A  O S E I " + FILLER + " May O'Neill " + FILLER)


def test_texts_are_searched_together_and_stay_apart() -> None:
    texts = ["Ama", "Osei", FILLER, "x Ama Osei", "", "→ Weiß", FILLER[:-1] + "Osei"]
    alone = [name_regions([text], SCOPE)[0] for text in texts]
    assert name_regions(texts, SCOPE) == alone
    assert [bool(regions) for regions in alone] == [True, True, False, True, False, True, True]


PIECES = (
    "Ama|Osei|AMA OSEI|ama osei|Osei, Ama|May O'Neill|may|O'Neill|O’Neill|Jürgen Day|day|Jürgen|J.|Łucja|Weiß|Weiss|"
    "Ama Osei's|A M A|O S E I|(4B)|born 09/03/2015|2 Jan 2014|asthma|H801200001001|ZZ1 4QT|is absent again|was sick|"
    "café|🎉|→|…|naïve|ﬁne|e\u0301t|\u00ad|\n|\n\n|. |, |: |-|Well done to|Dear Mrs|who has|DOB|"
) + "the long way home " * 9


def seen(reading: Reading) -> object:
    found = recognise(reading, INDEX, "OAK")
    return {(s.pupils, s.strength, s.categories) for s in found.pupils}, bool(found.unknown)


@given(st.lists(st.sampled_from(PIECES.split("|")), max_size=40).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_what_is_seen_is_what_reading_every_word_sees(text: str) -> None:
    """But for an everyday word that stands alone, which the fast way leaves out: see above."""
    reading = Reading((Segment(text, ("body",)), Segment(FILLER[:300], ("body",))))
    fast = seen(reading)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recogniser, "name_regions", lambda texts, scope: [[(0, len(text))] for text in texts])
        patch.setattr(recogniser, "number_regions", lambda text: [(0, len(text))])
        assert seen(reading) == fast


def test_one_text_of_nothing_but_names_is_read_in_bounded_time_and_counts_as_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "Ama Osei, May O'Neill, " * 400 + "Jürgen Day"
    reading = Reading((Segment(text, ("names.txt",)),))
    assert {s.strength for s in recognise(reading, INDEX, "OAK").pupils} == {Strength.MENTION}
    monkeypatch.setattr(part, "_SLICE", 50)
    assert {s.pupils[0].pupil for s in recognise(reading, INDEX, "OAK").pupils} == {"1", "2", "3"}
    monkeypatch.setattr(part, "_TOO_MUCH", 300)
    assert {s.strength for s in recognise(reading, INDEX, "OAK").pupils} == {Strength.RECORD}
    monkeypatch.undo()
    monkeypatch.setattr(recogniser, "_LONGEST_TEXT", 2000)
    found = recognise(reading, INDEX, "OAK").pupils
    assert [s.pupils[0].pupil for s in found] == ["1", "2"]
    assert {s.strength for s in found} == {Strength.RECORD}
