"""The shipped policies do what their tables of cases say, and the tables cover what the rules promise."""

from collections import Counter
from pathlib import Path

import pytest

from mailguard.judge.cases import CaseResult, report, try_policy
from mailguard.model import Outcome

POLICIES = Path(__file__).parents[3] / "policies"
SHIPPED = sorted(POLICIES.glob("*.toml"))
RULES = [
    "other-family",
    "other-school",
    "barred-contact",
    "confidential-contact",
    "unknown-recipient",
    "unknown-upn",
    "pupil-mailbox",
    "similar-address",
    "visible-recipients",
    "unreadable",
]


def results(name: str) -> tuple[CaseResult, ...]:
    return try_policy(POLICIES / f"{name}.toml")


def test_four_policies_are_shipped():
    assert [path.stem for path in SHIPPED] == ["default", "primary", "secondary", "trust"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_case_comes_out_as_the_table_says(path: Path):
    tried = try_policy(path)
    assert list(report(tried)) == [f"{len(tried)} cases, {len(tried)} as expected, 0 not"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_held_case_is_followed_by_its_innocent_twin(path: Path):
    expected = [result.case.expect for result in try_policy(path)]
    assert expected == [Outcome.HOLD, Outcome.DELIVER] * (len(expected) // 2)


def test_the_default_table_has_ten_cases_of_every_rule():
    held = Counter(rule for result in results("default") for rule in result.case.rules)
    assert set(held) == set(RULES)
    assert min(held.values()) >= 10


def test_no_two_cases_of_a_table_are_the_same():
    for path in SHIPPED:
        seen = Counter(result.case.name for result in try_policy(path) if result.case.expect is Outcome.HOLD)
        assert {name: count for name, count in seen.items() if count > 1} == {}


def test_every_held_case_is_explained_in_a_sentence():
    for result in results("default"):
        assert bool(result.sentences) == (result.outcome is Outcome.HOLD)
        for sentence in result.sentences:
            assert sentence.endswith(".")
            assert "None" not in sentence
