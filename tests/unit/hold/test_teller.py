"""Notices go to the right people, once, and also after a crash."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from mailguard.hold.decisions import By, refuse
from mailguard.hold.teller import SchoolPost, Teller
from mailguard.model import RecipientState
from mailguard.store import Settled, Store
from mailguard.store import told as notes

SCHOOLS = {
    "OAK": SchoolPost("Oakfield", "office@oak.example", ("oak.example",)),
    "ELM": SchoolPost("Elmwood", "office@elm.example", ("elm.example",)),
}


def told(desk, schools=SCHOOLS, again=0):
    """Who gets notices when the teller looks (`again` more times)."""

    async def main():
        store = Store.open(desk.settings)
        await store.start()
        try:
            for _ in range(again + 1):
                await Teller(store, lambda: schools, "guard.example").tell()
            dues = await store.claim_due(datetime.now(UTC) + timedelta(minutes=1), 100)
            return sorted(
                one.address for due in dues for one in due.recipients if not due.sender and due.message_id != "m1"
            )
        finally:
            await store.close()

    return asyncio.run(main())


def test_sender_and_office_are_told_once(desk):
    desk.hold()
    assert told(desk, again=2) == ["helen+mis@oak.example", "office@oak.example"]
    with desk.database.read() as tx:
        assert notes.untold(tx) == []


def test_a_sender_outside_is_not_told(desk):
    desk.hold(sender="someone@oak.example.evil.example")
    assert told(desk) == ["office@oak.example"]


def test_a_null_sender_is_not_told(desk):
    desk.hold(sender="")
    assert told(desk) == ["office@oak.example"]


def test_mail_of_no_known_school_waits_for_every_office(desk):
    desk.hold(sender="someone@elsewhere.example")
    assert told(desk, {"ASH": SchoolPost("A", "office@ash.example"), "ELM": SCHOOLS["ELM"]}) == [
        "office@ash.example",
        "office@elm.example",
    ]


def test_without_an_office_only_the_sender_is_told(desk):
    desk.hold()
    assert told(desk, {"OAK": SchoolPost("Oakfield", "", ("OAK.example.",))}) == ["helen+mis@oak.example"]


def test_what_was_decided_meanwhile_is_not_told(desk):
    desk.hold()
    with desk.database.write() as tx:
        refuse(tx, "m1", By("osei", "clear"))
    assert told(desk) == []


@pytest.mark.parametrize("held", [1, 3])
def test_the_running_teller_notices_a_hold(desk, held):
    async def main():
        store = Store.open(desk.settings)
        await store.start()
        teller = Teller(store, lambda: SCHOOLS, "guard.example")
        running = asyncio.ensure_future(teller.run())
        await asyncio.sleep(0.2)
        desk.hold(held=held)
        teller.held(None, None)
        async with asyncio.timeout(15):
            while await store.read(notes.untold):
                await asyncio.sleep(0.05)
        running.cancel()
        await store.close()

    asyncio.run(main())


def subjects(desk, at):
    """Subjects of the notices that the teller queues when it looks at `at`."""

    async def main():
        store = Store.open(desk.settings)
        await store.start()
        try:
            await Teller(store, lambda: SCHOOLS, "guard.example", clock=lambda: at).tell()
            dues = await store.claim_due(datetime.now(UTC) + timedelta(minutes=1), 100)
            mails = [message_from_bytes((await store.load(due.message_id)).content) for due in dues if not due.sender]
            await store.settle([Settled(one.id, RecipientState.SENT, 250, "ok") for d in dues for one in d.recipients])
            return sorted(mail["Subject"] for mail in mails)
        finally:
            await store.close()

    return asyncio.run(main())


def test_a_run_is_told_of_at_once_and_then_together_when_it_has_paused(desk):
    start = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    for n in range(40):
        desk.hold(f"r{n:02}", batch="run", at=start + timedelta(seconds=n))
    first = subjects(desk, start + timedelta(seconds=30))
    assert len(first) == 2
    assert any("not sent" in one for one in first)
    assert subjects(desk, start + timedelta(seconds=60)) == []
    assert subjects(desk, start + timedelta(minutes=4)) == [
        "39 more emails are waiting for a decision",
        "39 more of your emails were not sent",
    ]
    assert subjects(desk, start + timedelta(minutes=30)) == []
    desk.hold("late", batch="run", at=start + timedelta(minutes=40))
    assert subjects(desk, start + timedelta(minutes=45)) == [
        "1 more email is waiting for a decision",
        "1 more of your emails was not sent",
    ]


def test_a_run_that_does_not_pause_is_told_of_all_the_same(desk):
    start = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    for n in range(17):
        desk.hold(f"r{n:02}", batch="run", at=start + timedelta(minutes=n))
    subjects(desk, start)
    assert len(subjects(desk, start + timedelta(minutes=16))) == 2


def test_two_separate_runs_are_told_of_separately(desk):
    for name in ("one", "two"):
        desk.hold(name, batch=name)
    assert len(subjects(desk, datetime.now(UTC))) == 4


def test_an_office_that_sent_it_itself_is_told_once(desk):
    desk.hold(sender="Office@oak.example")
    assert told(desk) == ["office@oak.example"]
