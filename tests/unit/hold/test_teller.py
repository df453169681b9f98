"""Notices go to the right people, once, and also after a crash."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.hold.decisions import By, refuse
from mailguard.hold.teller import SchoolPost, Teller
from mailguard.store import Store, holds

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
        assert holds.untold(tx) == []


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
            while await store.read(holds.untold):
                await asyncio.sleep(0.05)
        running.cancel()
        await store.close()

    asyncio.run(main())
