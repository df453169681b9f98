"""Lists that name pupils by halves, and what makes a record of their lines."""

from collections import Counter
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard import compiled
from mailguard.model import Cell, Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import default_policy
from mailguard.recognise import build_index, lists, recognise, roster, turned
from mailguard.recognise.partial import short_for

NAMES = (("Ama", "Osei"), ("Zoe", "Quist"), ("Ravi", "Menon"), ("Lena", "Novak"), ("Tom", "Ashby"), ("Tia", "Ashby"))
PUPILS = tuple(
    Pupil(school="OAK", pupil_id=str(n), forename=forename, surname=surname, registration_group=f"{n % 3 + 1}B")
    for n, (forename, surname) in enumerate(NAMES)
)
INDEX = build_index(Roll(pupils=PUPILS), default_policy())


def seen(*segments: Segment) -> dict[frozenset[str], Strength]:
    found = recognise(Reading(segments), INDEX, "OAK").pupils
    return {frozenset(key.pupil for key in sighting.pupils): sighting.strength for sighting in found}


def table(*rows: str) -> list[Segment]:
    made = []
    for number, row in enumerate(rows, start=1):
        cells, at = [], 0
        for cell in row.split(" | "):
            cells.append(Cell("ABCDE"[len(cells)], "", at, at + len(cell)))
            at += len(cell) + 3
        made.append(Segment(row, ("a.csv", f"row {number}"), cells=tuple(cells)))
    return made


@pytest.mark.parametrize("form", ["{1} {0}", "{1}, {0}.", "{0}. {1}", "{0} {1}", "- {1} {0}"])
def test_a_list_of_surnames_with_initials_is_one_of_pupils(form: str) -> None:
    lines = "\n".join(form.format(given[0], family) + " £8.50" for given, family in NAMES[:4])
    assert seen(Segment("Still to pay\n" + lines, ("body",))) == {
        frozenset({str(n)}): Strength.RECORD for n in range(4)
    }


def test_what_is_no_list_of_the_rolls_pupils_is_none() -> None:
    assert not seen(Segment("Osei A £8.50", ("body",)))
    others = "\n".join(f"{name} £8.50" for name in ("Osei A", "Quist Z", "Menon R", "Marlow J", "Penn T", "Hart B"))
    assert not seen(Segment(others, ("body",)))


def test_two_pupils_of_one_half_name_are_an_ambiguous_set() -> None:
    lines = "\n".join(("Osei A £2", "Quist Z £3", "Ashby T £4"))
    assert frozenset({"4", "5"}) in seen(Segment(lines, ("body",)))


def test_rows_without_headings_are_records_by_their_values() -> None:
    marks = table("Osei A | 1B | 19", "Quist Z | 2B | 4", "Menon R | 3B | 40")
    assert set(seen(*marks).values()) == {Strength.RECORD}
    assert set(seen(*table("Osei A | 1B | K", "Quist Z | 2B | K", "Menon R | 3B | E")).values()) == {Strength.RECORD}
    classes = table("Osei A | 1B", "Quist Z | 2B", "Menon R | 3B")
    assert set(seen(*classes).values()) == {Strength.MENTION}


@pytest.mark.parametrize(
    ("heading", "strength"),
    [
        ("Not yet returned", Strength.RECORD),
        ("Late this week", Strength.RECORD),
        ("Log-ins", Strength.RECORD),
        ("Seats for Friday", Strength.MENTION),
        ("Sports day team", Strength.MENTION),
        ("In our choir", Strength.MENTION),
    ],
)
def test_a_bare_list_is_what_its_heading_makes_of_it(heading: str, strength: Strength) -> None:
    lines = "\n".join(f"{given} {family}" for given, family in NAMES[:4])
    assert set(seen(Segment(f"{heading}\n{lines}", ("body",))).values()) == {strength}


@pytest.mark.parametrize("pair", ["bea beatrice", "tabby tabitha", "gabs gabriel", "josie joseph", "fredi frederick"])
def test_a_short_form_is_told_by_its_letters(pair: str) -> None:
    key, name = pair.split()
    assert short_for(key, name)


@pytest.mark.parametrize("pair", ["bea bea", "al alice", "tom thomas", "roy rosemary"])
def test_what_is_no_short_form_is_none(pair: str) -> None:
    key, name = pair.split()
    assert not short_for(key, name)


def test_under_one_class_forenames_alone_are_half_names() -> None:
    tested = Segment("1B spelling test, out of 12", ("body",))
    lines = [Segment(f"{forename} {mark}", ("body",)) for forename, mark in (("Ama", 7), ("Lena", 2))]
    assert set(seen(tested, *lines)) == {frozenset({"0"}), frozenset({"3"})}  # no list, but narrowed to one each
    mates = [Segment(f"{forename} {mark}", ("body",)) for forename, mark in (("Ama", 7), ("Lena", 2), ("Lena", 9))]
    assert set(seen(tested, *mates)) == {frozenset({"0"}), frozenset({"3"})}


def test_a_table_turned_on_its_side_shows_each_name_along_its_top() -> None:
    turned = table("Pupil | Ama Osei | Zoe Quist | Ravi Menon", "Words read | 4 | 12 | 9")
    assert set(seen(*turned).values()) == {Strength.RECORD}
    turned = table("Pupil | Ama Osei | Zoe Quist | Ravi Menon", "Seat | 4 | 12 | 9")
    assert set(seen(*turned).values()) == {Strength.MENTION}
    names = "Zoe Quist | Ravi Menon | Ama Osei"
    turned = table("Pupil | Ama Osei | Zoe Quist | Ravi Menon", f"Hit by | {names}")
    assert set(seen(*turned).values()) == {Strength.RECORD}
    turned = table("Pupil | Ama Osei | Zoe Quist | Ravi Menon", f"Partner | {names}")
    assert set(seen(*turned).values()) == {Strength.MENTION}


# Calls within a compiled module cannot be counted; the sources' pass of the tests counts them.
@pytest.mark.skipif(compiled.in_use(), reason="machine code calls its own functions directly")
@pytest.mark.parametrize("below", ["Seat", "Words read"])
def test_a_row_of_very_many_names_is_looked_through_once(monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    looked: Counter[str] = Counter()

    def count(module: ModuleType, name: str) -> None:
        plain = getattr(module, name)

        def counted(*words: str) -> Any:
            looked[name] += 1
            return plain(*words)

        monkeypatch.setattr(module, name, counted)

    for name in ("_valued", "small_words", "public_words"):
        count(lists, name)
    count(turned, "benign_words")
    names = [f"{given} {family}" for given, family in NAMES] * 30
    rows = [(below, *(" " for _ in names)), ("", *names), (below, *("9" for _ in names))]
    starts = [[sum(len(cell) + 1 for cell in row[:n]) for n in range(len(row))] for row in rows]
    made = [
        Segment(
            " ".join(row),
            ("a.csv", f"row {number}"),
            cells=tuple(
                Cell(str(n), "", start, start + len(cell)) for n, (start, cell) in enumerate(zip(at, row, strict=True))
            ),
        )
        for number, (row, at) in enumerate(zip(rows, starts, strict=True), start=1)
    ]
    assert set(seen(*made).values()) == {Strength.MENTION if below == "Seat" else Strength.RECORD}
    assert looked
    assert max(looked.values()) < 3 * len(names)


@given(st.text("aZ1 .)\n\r\t-•\u00a0", max_size=30))
def test_entries_begin_where_the_pattern_for_a_whole_text_finds_them(text: str) -> None:
    assert roster._starts(text) == [match.end() for match in roster._ENTRY.finditer(text)]
