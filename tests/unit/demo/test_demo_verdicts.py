"""What the scenarios expect is what the guard says, for every scenario of a few seeds."""

import pytest

from mailguard.demo.build import SCENARIOS, build
from mailguard.extract import read_message
from mailguard.policy import parse_policy
from mailguard.screening import build_guard, screen


@pytest.mark.parametrize("seed", [0, 1, 2, 41])
def test_every_scenario_gets_its_verdict(seed: int) -> None:
    demo = build(seed, SCENARIOS)
    guard = build_guard(demo.roll, parse_policy(demo.policy))
    wrong = []
    for case in demo.cases:
        verdict = screen(read_message(case.content), case.envelope, guard).verdict
        for expected, recipient in zip(case.expected, verdict.recipients, strict=True):
            rules = {finding.rule for finding in recipient.findings}
            if recipient.outcome is not expected.outcome or (expected.rule and expected.rule not in rules):
                wrong.append(f"{case.name}: expected {expected.rule or 'delivery'}, got {sorted(rules) or 'delivery'}")
    assert wrong == []
