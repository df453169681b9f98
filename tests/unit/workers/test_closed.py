"""The verdict when none can be had holds every recipient and says why."""

import pytest

from mailguard.model import Envelope, Outcome, UnreadableReason
from mailguard.workers.closed import closed_verdict


@pytest.mark.parametrize("reason", [UnreadableReason.CRASHED, UnreadableReason.TIMEOUT, UnreadableReason.TOO_LARGE])
def test_every_recipient_is_held_with_a_sentence(reason):
    envelope = Envelope("a@school.example", ("One@home.example", "two@home.example"))
    verdict = closed_verdict(envelope, reason, "detail", roll_revision="r", policy_revision="p")
    assert verdict.outcome is Outcome.HOLD
    assert tuple(held.address for held in verdict.recipients) == envelope.recipients
    for held in verdict.recipients:
        assert held.outcome is Outcome.HOLD
        assert [finding.rule for finding in held.findings] == ["unreadable"]
        assert held.findings[0].sentence.endswith("so it is held.")
    assert verdict.unreadable[0].reason is reason
    assert (verdict.roll_revision, verdict.policy_revision) == ("r", "p")


def test_no_recipient_is_held_too():
    assert closed_verdict(Envelope("", ()), UnreadableReason.CRASHED, "").outcome is Outcome.HOLD
