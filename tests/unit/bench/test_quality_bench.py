"""The quality evaluation: its machinery, and floors under what the guard reaches on both halves.

The goals are higher than some floors: README.md beside the evaluation says what is measured and what is missing."""

import random
from dataclasses import replace

import pytest
from bench.quality import report, runner
from bench.quality.rolls import make_town, nhs, uln, upn
from bench.quality.templates import Form, Para, Table, blocks, load
from bench.quality.wide_rolls import make_wide_town

HALVES = {half: load(runner.HERE / half) for half in runner.HALVES}

# Of the sealed half there are none: it is run by hand, rarely.
# (leaks held, of these with number or full name and attribute, false holds, right pupil, right recipients alone)
FLOORS = {
    "tuning": (0.97, 0.98, 0.01, 0.97, 0.98),
    "frozen": (0.96, 0.965, 0.012, 0.96, 0.98),
    # Its later batches stand near the line on both sides and were hardly tuned on.
    "wide": (0.91, 0.92, 0.07, 0.93, 0.98),
    # The last four of them, written from what is missed and wrongly held most.
    "wide, hardest": (0.75, 0.8, 0.13, 0.92, 0.98),
    "blind": (0.85, 0.85, 0.01, 0.93, 0.98),
}
# Few messages a roll see only some families, and which ones moves with their number: a new batch must not.
BATCHES = {"wide": "[1-9a-g]", "wide, hardest": "[hi]"}


def measure(half: str, rolls: int, each: int) -> report.Figures:
    only, half = BATCHES.get(half, ""), half.partition(",")[0]
    plans = [runner.Plan(half, 101 + roll, each, 1, False, False, only) for roll in range(rolls)]
    judged, _ = runner.run(plans, 2)
    assert len(judged) == 2 * rolls * each
    return report.figures(judged)


def hold_floors(half: str, found: report.Figures) -> None:
    recall, strong, false, pupil, recipients = FLOORS[half]
    assert found.recall.value >= recall, str(found.recall)
    assert found.strong_recall.value >= strong, str(found.strong_recall)
    assert found.false_holds.value <= false, str(found.false_holds)
    assert found.right_pupil.value >= pupil, str(found.right_pupil)
    assert found.right_recipients.value >= recipients, str(found.right_recipients)


@pytest.mark.parametrize("half", FLOORS)
def test_a_tenth(half: str) -> None:
    hold_floors(half, measure(half, 6, 50))


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("half", FLOORS)
def test_the_whole(half: str) -> None:
    hold_floors(half, measure(half, 12, 505))


@pytest.mark.parametrize("half", runner.HALVES)
def test_every_family_has_two_wordings_of_its_leak_and_an_innocent_twin(half: str) -> None:
    specs = runner.specs_of(half)
    assert len(specs) >= 10
    for family, spec in specs.items():
        mine = [t for t in HALVES[half] if t.family == family]
        assert len([t for t in mine if t.leak]) >= 2, family
        assert spec.same or any(not t.leak for t in mine), family
    assert {t.family for t in HALVES[half]} == set(specs)


def test_the_halves_share_no_wording() -> None:
    bodies = [{t.body for t in HALVES[half] if t.leak} for half in runner.HALVES]
    assert sum(map(len, bodies)) == len(set().union(*bodies))


def test_no_word_in_braces_stays_unfilled() -> None:
    for half in runner.HALVES:
        for case in runner.cases(runner.Plan(half, 3, 90, 5, False, False)):
            assert b"{" not in case.data.split(b"\n\n", 1)[0], case.template


def test_a_message_is_the_same_twice() -> None:
    plan = runner.Plan("tuning", 7, 12, 1, False, False)
    first, second = runner.cases(plan), runner.cases(plan)
    assert [(c.template, c.recipients, c.held) for c in first] == [(c.template, c.recipients, c.held) for c in second]


def test_labels_agree_with_the_pairs_of_the_roll() -> None:
    for half in runner.HALVES:
        town = runner.town_of(half, 11)
        for case in runner.cases(runner.Plan(half, 11, 180, 1, False, False)):
            for address in case.held:
                assert not case.pupils & town.may.get(address, set()), (case.template, address)
            if not case.leak:
                assert not case.held


def test_rolls_hold_the_awkward_families() -> None:
    towns = [make_town(seed) for seed in range(101, 113)]
    assert all(60 <= len(town.pupils) <= 420 for town in towns)
    pupils = [p for town in towns for p in town.roll.pupils]
    assert any("'" in p.surname for p in pupils)
    assert any("-" in p.surname for p in pupils)
    assert any(p.former_surname for p in pupils)
    assert any(p.preferred_forename for p in pupils)
    assert any(len(p.surname) == 1 for p in pupils)
    assert any(town.barred for town in towns)
    assert any(c.confidential for town in towns for c in town.roll.contacts)
    assert len({p.surname for p in pupils}) > 200


def test_wide_rolls_differ_more() -> None:
    towns = [make_wide_town(seed) for seed in range(101, 109)]
    assert min(len(town.pupils) for town in towns) < 60
    assert max(len(town.pupils) for town in towns) > 600
    pupils = [p for town in towns for p in town.roll.pupils]
    assert any(p.date_of_birth is None for p in pupils)
    assert any(not c.phones for town in towns for c in town.roll.contacts)
    for town in towns:
        staff = {(s.forename, s.surname) for s in town.roll.staff}
        assert any((p.forename, p.surname) in staff for p in town.roll.pupils)
        assert any(p.postcode == town.school_of[p.school].postcode for p in town.roll.pupils)


def test_numbers_have_their_check_digits() -> None:
    rng = random.Random(3)
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    for _ in range(50):
        number = upn(rng)
        assert letters.index(number[0]) == sum(int(d) * (at + 2) for at, d in enumerate(number[1:])) % 23
        learner = uln(rng)
        assert 10 - sum(int(d) * (10 - at) for at, d in enumerate(learner[:9])) % 11 == int(learner[9])
        assert sum(int(d) * (10 - at) for at, d in enumerate(nhs(rng))) % 11 == 0


def test_blocks() -> None:
    assert blocks("Dear all\n: Name : A B\n: DOB :\n| a | b\n| c | d\n\nBye") == [
        Para("Dear all"),
        Form([("Name", "A B"), ("DOB :", "")]),
        Table([["a", "b"], ["c", "d"]]),
        Para("Bye"),
    ]


def test_wilson() -> None:
    low, high = report.wilson(50, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)
    assert report.wilson(0, 0) == (0.0, 1.0)


def test_figures_count_what_they_say() -> None:
    good = runner.Judged("g", 1, "f", "f/leak-1", "text", True, True, True, True, True)
    clean = replace(good, leak=False, right_pupil=None)
    found = report.figures(
        [good, replace(good, caught=False, right_pupil=None, roll=2), clean, replace(clean, caught=False)]
    )
    assert (found.recall.hits, found.recall.total) == (1, 2)
    assert (found.false_holds.hits, found.false_holds.total) == (1, 2)
    assert found.worst_roll_recall == (2, report.Share(0, 1))


@pytest.mark.parametrize("half", runner.COUNTED_ONLY)
def test_mistakes_of_a_kept_half_are_never_shown(half: str) -> None:
    judged, _ = runner.run_plan(runner.Plan(half, 101, 20, 1, False, False))
    assert not report.examples(judged, 5)
