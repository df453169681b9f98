"""Who may decide on held mail, and what a decision does."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.hold.decisions import (
    By,
    NeedsSecond,
    NotAllowed,
    Reason,
    ask,
    refuse,
    release,
    review,
    version_of,
)
from mailguard.model import Outcome, RecipientVerdict, Verdict
from mailguard.store import Conflict, Gone, StoreError, approvals, audit, holds, queue, users
from mailguard.store.users import User
from mailguard.store.verdicts import reference

ADA, BOB, CY = "ada@home.example", "bob@home.example", "cy@home.example"
HELEN = By("helen", "the mother rang")
OSEI = By("osei", "the father rang: it is his child", Reason.ROLL_OUT_OF_DATE)


def states(desk, name="m1"):
    with desk.database.read() as tx:
        return [one.state.value for one in holds.details(tx, name).recipients]


def test_release_queues_the_held_with_a_fresh_clock(desk):
    desk.hold()
    with desk.database.write() as tx:
        decided = release(tx, "m1", OSEI)
    assert decided.moved == (ADA, BOB)
    assert decided.left == ()
    assert states(desk) == ["queued", "queued", "queued"]
    with desk.database.write() as tx:
        ((row, recipients),) = queue.claim(tx, tx.now, 10, tx.now + timedelta(minutes=1))
        assert [one.attempts for one in recipients] == [0, 0, 0]
        assert queue.open_due(row, recipients, tx.vault).recipients[0].first_queued_at <= datetime.now(UTC)


def test_release_to_a_chosen_recipient_leaves_the_others(desk):
    desk.hold()
    with desk.database.write() as tx:
        decided = release(tx, "m1", OSEI, to=["BOB@Home.Example"])
    assert (decided.moved, decided.left) == ((BOB,), (ADA,))
    assert states(desk) == ["held", "queued", "queued"]


def test_a_message_is_found_by_its_reference(desk):
    desk.hold()
    with desk.database.write() as tx:
        refuse(tx, reference("m1").lower(), OSEI)
    assert states(desk) == ["refused", "refused", "queued"]
    with pytest.raises(Gone), desk.database.write() as tx:
        refuse(tx, "MG-00000", OSEI)


def test_only_the_first_decision_counts(desk):
    desk.hold()
    with desk.database.write() as tx:
        refuse(tx, "m1", OSEI)
    with pytest.raises(Conflict, match="refused"), desk.database.write() as tx:
        release(tx, "m1", OSEI)
    with pytest.raises(Conflict), desk.database.write() as tx:
        release(tx, "m1", OSEI, to=[ADA])
    assert states(desk) == ["refused", "refused", "queued"]


def test_the_second_of_two_that_saw_the_same_state_fails(desk):
    desk.hold()
    with desk.database.write() as tx:
        refuse(tx, "m1", OSEI, to=[ADA])
    with pytest.raises(Conflict), desk.database.write() as tx:
        holds.decide(tx, "m1", [0, 1], holds.RecipientState.QUEUED)
    assert states(desk) == ["refused", "held", "queued"]


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (By("nobody", "why"), "no user"),
        (By("osei", "  "), "reason"),
        (By("helen", "mine"), "sender"),
        (By("HELEN", "mine"), "sender"),
        (By("technician", "why"), "may not decide"),
        (By("other school", "why"), "another school"),
    ],
)
def test_the_rules_of_release(desk, by, words):
    desk.hold()
    with pytest.raises(NotAllowed, match=words), desk.database.write() as tx:
        release(tx, "m1", by)
    assert states(desk) == ["held", "held", "queued"]


def test_a_user_is_the_sender_by_address_and_not_by_a_like_name(desk):
    desk.hold(sender="osei@oak.example")
    with pytest.raises(NeedsSecond), desk.database.write() as tx:
        release(tx, "m1", OSEI)
    with desk.database.write() as tx:
        ask(tx, "m1", OSEI)
    with desk.database.write() as tx:
        release(tx, "m1", HELEN)
    assert states(desk) == ["queued", "queued", "queued"]


def test_a_sensitive_record_takes_two_people_one_of_them_an_approver(desk):
    desk.hold(sender="mis@oak.example")
    with pytest.raises(NeedsSecond), desk.database.write() as tx:
        release(tx, "m1", HELEN)
    with desk.database.write() as tx:
        ask(tx, "m1", HELEN)
    assert states(desk) == ["held", "held", "queued"]
    with pytest.raises(NeedsSecond), desk.database.write() as tx:
        release(tx, "m1", HELEN)
    with desk.database.write() as tx:
        release(tx, "m1", OSEI)
    assert states(desk) == ["queued", "queued", "queued"]
    with desk.database.read() as tx:
        last = list(audit.entries(tx, "m1"))[-1].entry
        assert approvals.find(tx, "m1") is None
    assert (last.action, last.actor, last.detail["second_person_after"]) == ("released", "osei", "helen")


def test_two_of_the_office_are_not_enough(desk):
    desk.hold(sender="mis@oak.example")
    with desk.database.write() as tx:
        users.add(tx, User("second clerk", school="OAK"), "root")
        ask(tx, "m1", HELEN)
    with pytest.raises(NeedsSecond), desk.database.write() as tx:
        release(tx, "m1", By("second clerk", "they asked"))


def test_the_second_word_counts_for_those_it_was_asked_for_only(desk):
    desk.hold(sender="mis@oak.example")
    with desk.database.write() as tx:
        ask(tx, "m1", HELEN, to=[ADA])
    with pytest.raises(NeedsSecond), desk.database.write() as tx:
        release(tx, "m1", OSEI)
    with desk.database.write() as tx:
        release(tx, "m1", OSEI, to=[ADA])
    assert states(desk) == ["queued", "held", "queued"]


def test_stopping_takes_one_person_and_ends_the_request(desk):
    desk.hold(sender="mis@oak.example")
    with desk.database.write() as tx:
        ask(tx, "m1", HELEN)
    with pytest.raises(Conflict), desk.database.write() as tx:
        ask(tx, "m1", OSEI)
    with desk.database.write() as tx:
        refuse(tx, "m1", HELEN)
    with desk.database.read() as tx:
        assert approvals.find(tx, "m1") is None


def test_where_nobody_could_be_the_second_one_decides_and_the_trail_says_so(desk):
    desk.hold(sender="mis@oak.example")
    with desk.database.write() as tx:
        users.remove(tx, "osei", "root")
    with pytest.raises(NotAllowed, match="nobody"), desk.database.write() as tx:
        ask(tx, "m1", HELEN)
    with desk.database.write() as tx:
        release(tx, "m1", HELEN)
    with desk.database.read() as tx:
        assert list(audit.entries(tx, "m1"))[-1].entry.detail["second_person_after"] == "nobody-named"


def test_a_decision_on_what_was_seen_fails_when_it_has_changed(desk):
    desk.hold(sender="mis@oak.example")
    with desk.database.read() as tx:
        seen = version_of(holds.details(tx, "m1"), None)
    with desk.database.write() as tx:
        ask(tx, "m1", HELEN)
    with pytest.raises(Conflict), desk.database.write() as tx:
        refuse(tx, "m1", OSEI, version=seen)
    assert states(desk) == ["held", "held", "queued"]


def test_the_sender_may_stop_the_own_message(desk):
    desk.hold()
    with desk.database.write() as tx:
        refuse(tx, "m1", By("helen", "wrong family", Reason.WRONG_RECIPIENT))
    assert states(desk) == ["refused", "refused", "queued"]


@pytest.mark.parametrize("to", [[], ["stranger@home.example"], [ADA, "stranger@home.example"]])
def test_only_recipients_of_the_message_can_be_chosen(desk, to):
    desk.hold()
    with pytest.raises(NotAllowed), desk.database.write() as tx:
        release(tx, "m1", OSEI, to=to)
    assert states(desk) == ["held", "held", "queued"]


def test_a_recipient_that_was_never_held_cannot_be_released(desk):
    desk.hold()
    with pytest.raises(Conflict), desk.database.write() as tx:
        release(tx, "m1", OSEI, to=[CY])


def test_an_emergency_is_for_root_and_loud(desk, monkeypatch):
    desk.hold()
    by = By("night technician", "ambulance", emergency=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotAllowed, match="root"), desk.database.write() as tx:
        release(tx, "m1", by)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with desk.database.write() as tx:
        release(tx, "m1", by)
    with desk.database.read() as tx:
        assert [one.entry.action for one in audit.entries(tx, "m1")] == ["held", "emergency-released"]


def test_every_decision_is_in_the_audit_trail_and_counted(desk):
    desk.hold()
    with desk.database.write() as tx:
        release(tx, "m1", OSEI, to=[ADA])
    with desk.database.write() as tx:
        refuse(tx, "m1", By("osei", "not his"))
    with desk.database.read() as tx:
        acts = [(one.entry.action, one.entry.actor, one.entry.reason) for one in audit.entries(tx, "m1")]
        assert acts == [("held", "mailguard", ""), ("released", "osei", OSEI.reason), ("refused", "osei", "not his")]
        assert audit.verify(tx).faults == ()
        assert queue.counts(tx).decisions == {
            ("OAK", "release", "roll-out-of-date"): 1,
            ("OAK", "refuse", "other"): 1,
        }


def test_a_failed_decision_leaves_no_trace(desk):
    desk.hold()

    def interrupted():
        with desk.database.write() as tx:
            release(tx, "m1", OSEI)
            raise StoreError("power cut")

    with pytest.raises(StoreError):
        interrupted()
    with desk.database.read() as tx:
        assert [one.entry.action for one in audit.entries(tx, "m1")] == ["held"]
        assert queue.counts(tx).decisions == {}
    assert states(desk) == ["held", "held", "queued"]


def test_release_judges_again_if_the_roll_has_changed(desk):
    desk.hold()
    today = Verdict((RecipientVerdict(ADA, Outcome.HOLD), RecipientVerdict(BOB, Outcome.DELIVER)))
    asked = []

    def judge(message):
        asked.append(message.id)
        return today

    with desk.database.read() as tx:
        assert review(tx, "m1", ("r1", "p1"), judge).changed is False
        assert asked == []
        reviewed = review(tx, "m1", ("r2", "p1"), judge)
    assert asked == ["m1"]
    with desk.database.write() as tx:
        decided = release(tx, "m1", OSEI, reviewed=reviewed)
    assert decided.review.changed
    assert decided.review.still_held == (ADA,)
    with desk.database.read() as tx:
        *_, last = audit.entries(tx, "m1")
        assert last.entry.detail["still_held"] == [0]
