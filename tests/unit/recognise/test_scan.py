"""The fast way finds whatever the exact way finds."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.model import (
    Envelope,
    Outcome,
    Place,
    Pupil,
    Reading,
    Roll,
    Segment,
    SegmentKind,
    Strength,
    UnreadableReason,
)
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, effort, part, recognise, recogniser, scan
from mailguard.recognise.scan import name_regions, number_regions
from mailguard.screening import build_guard, screen

PUPILS = (
    Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 9), registration_group="4B"),
    Pupil("OAK", "2", "May", "O'Neill", date(2014, 1, 2), upn="H801200001001"),
    Pupil("OAK", "3", "Jürgen", "Day", date(2016, 7, 30), upn="J801200001002", postcode="ZZ1 4QT"),
    Pupil("OAK", "4", "Łucja", "Weiß", date(2013, 12, 1)),
)
ROLL = Roll(PUPILS)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))
SCOPE = INDEX.scope("OAK")
FILLER = "nothing of note stands in these lines of text at all. " * 200


def found(text: str) -> str:
    return "|".join(text[start:end] for start, end in name_regions([text], SCOPE)[0][0])


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
    alone = [name_regions([text], SCOPE)[0][0] for text in texts]
    assert name_regions(texts, SCOPE) == (alone, True)
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
        patch.setattr(recogniser, "name_regions", lambda texts, scope: ([[(0, len(text))] for text in texts], True))
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
    monkeypatch.setattr(effort, "TOO_MUCH", 300)
    assert {s.strength for s in recognise(reading, INDEX, "OAK").pupils} == {Strength.RECORD}
    monkeypatch.undo()
    monkeypatch.setattr(recogniser, "_LONGEST_TEXT", 2000)
    found = recognise(reading, INDEX, "OAK")
    assert [s.pupils[0].pupil for s in found.pupils] == ["1", "2"]
    assert {s.strength for s in found.pupils} == {Strength.RECORD}
    assert [(u.place, u.reason) for u in found.unread] == [(("names.txt",), UnreadableReason.TOO_LARGE)]
    monkeypatch.undo()
    monkeypatch.setattr(scan, "_PIECE", 500)
    monkeypatch.setattr(scan, "_MOST_HITS", 100)
    found = recognise(reading, INDEX, "OAK")
    assert [s.pupils[0].pupil for s in found.pupils] == ["1", "2"]
    assert found.unread


def test_what_follows_very_many_clues_is_looked_at_thinly_and_what_is_seen_of_it_counts_as_a_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [Segment(f"Ama Osei plays in match {n}", ("teams.csv", f"row {n}")) for n in range(20)]
    rows += [
        Segment("May O'Neill plays", ("teams.csv", "row 20")),
        Segment("that is J801200001002", ("teams.csv", "row 21")),
    ]
    strengths = {s.pupils[0].pupil: s.strength for s in recognise(Reading(tuple(rows)), INDEX, "OAK").pupils}
    assert strengths == {"1": Strength.MENTION, "2": Strength.MENTION, "3": Strength.RECORD}
    monkeypatch.setattr(effort, "THIN", 30)
    found = recognise(Reading(tuple(rows)), INDEX, "OAK")
    strengths = {s.pupils[0].pupil: s.strength for s in found.pupils}
    assert strengths == {"1": Strength.MENTION, "2": Strength.RECORD, "3": Strength.RECORD}
    assert not found.unread


def test_a_message_of_too_many_names_goes_to_staff_and_to_nobody_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = build_guard(ROLL, parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]\n'))
    parts = [Segment("Osei and May " * 30, (f"{n}.txt",)) for n in range(3)]
    reading, people = Reading(tuple(parts)), ("office@oak.example", "somebody@else.example")

    def answers() -> list[tuple[Outcome, list[tuple[str, Place]]]]:
        verdict = screen(reading, Envelope("head@oak.example", people), guard).verdict
        return [(one.outcome, [(f.rule, f.place) for f in one.findings]) for one in verdict.recipients]

    assert [outcome for outcome, _ in answers()] == [Outcome.DELIVER, Outcome.DELIVER]
    monkeypatch.setattr(effort, "MOST_OF_ALL", 80)
    inside, outside = answers()
    assert inside == (Outcome.DELIVER, [])
    assert outside == (Outcome.HOLD, [("unreadable", ("2.txt",))])


def test_a_table_may_have_more_names_than_running_text_before_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "TOO_MUCH", 60)

    def unread(kind: SegmentKind, count: int) -> bool:
        rows = [Segment("Ama Osei", ("teams.csv", f"row {n}"), kind) for n in range(count)]
        return bool(recognise(Reading(tuple(rows)), INDEX, "OAK").unread)

    assert unread(SegmentKind.BODY, 60)
    assert not unread(SegmentKind.ROW, 60)
    assert unread(SegmentKind.ROW, 60 * effort.ROWS)


@given(st.text("aZ1 -", max_size=30).map(str.encode))
def test_capitalised_words_are_those_the_pattern_finds(letters: bytes) -> None:
    assert list(scan._capitalised(letters)) == [match.span() for match in scan._CAPITALISED.finditer(letters)]
