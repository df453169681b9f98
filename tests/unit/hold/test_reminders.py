"""The office is reminded until it decides; others hear of what waits too long; nothing is said twice."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes

from mailguard.hold.decisions import By, refuse
from mailguard.hold.reminders import Reminder
from mailguard.hold.settings import ReminderSettings
from mailguard.hold.teller import SchoolPost
from mailguard.model import RecipientState
from mailguard.store import Settled, Store, told

MORNING = datetime(2026, 11, 24, 8, 31, tzinfo=UTC)  # winter: London's time is UTC
DAY = timedelta(days=1)
SCHOOLS = {
    "OAK": SchoolPost("Oakfield", "office@oak.example", ("oak.example",), ("head@oak.example", "dpo@trust.example")),
    "ELM": SchoolPost("Elmwood", "office@elm.example", ("elm.example",)),
}
SETTINGS = ReminderSettings(digest=(time(8, 30), time(13, 0)), escalate_after=timedelta(hours=30))


def sent(desk, *moments, schools=SCHOOLS):
    """(recipient, subject) of what goes out when the reminder looks at each of the moments, a new process each time."""

    async def look(at):
        store = Store.open(desk.settings)
        await store.start()
        try:
            await Reminder(store, lambda: schools, "guard.example", SETTINGS, clock=lambda: at).look()
            dues = [due for due in await store.claim_due(datetime.now(UTC) + 9000 * DAY, 100) if not due.sender]
            found = [
                (one.address, message_from_bytes((await store.load(due.message_id)).content))
                for due in dues
                for one in due.recipients
            ]
            await store.settle([Settled(one.id, RecipientState.SENT, 250, "ok") for d in dues for one in d.recipients])
            return found
        finally:
            await store.close()

    return [
        [(to, mail["Subject"]) for to, mail in sorted(asyncio.run(look(at)), key=lambda one: one[0])] for at in moments
    ]


def test_the_office_is_reminded_at_its_hours_until_it_decides(desk):
    desk.hold(at=MORNING - timedelta(hours=2))
    digest = [("office@oak.example", "1 email is waiting")]
    minute = timedelta(minutes=1)
    looks = (MORNING - 2 * minute, MORNING, MORNING + minute, MORNING.replace(hour=13), MORNING.replace(hour=15))
    assert sent(desk, *looks) == [[], digest, [], digest, []]
    with desk.database.write() as tx:
        refuse(tx, "m1", By("osei", "clear"))
    assert sent(desk, MORNING + DAY) == [[]]


def test_what_came_after_the_hour_is_for_the_next_digest(desk):
    desk.hold(at=MORNING)
    assert sent(desk, MORNING + timedelta(minutes=5), MORNING.replace(hour=13, minute=10)) == [
        [],
        [("office@oak.example", "1 email is waiting")],
    ]


def test_an_hour_long_past_is_left_out(desk):
    desk.hold(at=MORNING - timedelta(hours=2))
    assert sent(desk, MORNING + timedelta(hours=2)) == [[]]


def test_what_waits_too_long_is_told_to_those_named_once(desk):
    at = MORNING.replace(hour=10)
    desk.hold(at=at - timedelta(hours=31))
    late = "Stopped emails have waited too long"
    assert sent(desk, at, at + timedelta(minutes=1)) == [[("dpo@trust.example", late), ("head@oak.example", late)], []]
    with desk.database.read() as tx:
        assert told.unescalated(tx, at) == []


def test_where_nobody_is_named_the_office_is_told_and_where_nobody_is_at_all_nothing_counts_as_told(desk):
    at = MORNING.replace(hour=10)
    desk.hold(sender="someone@elsewhere.example", at=at - timedelta(hours=31))
    assert sent(desk, at, schools={"ELM": SchoolPost("Elmwood")}) == [[]]
    with desk.database.read() as tx:
        assert len(told.unescalated(tx, at)) == 1
    (found,) = sent(desk, at, schools={"ELM": SCHOOLS["ELM"]})
    assert [to for to, _ in found] == ["office@elm.example"]


def test_reminders_hold_no_pupil_and_no_subject(desk):
    desk.hold(at=MORNING - timedelta(hours=40))

    async def main():
        store = Store.open(desk.settings)
        await store.start()
        await Reminder(store, lambda: SCHOOLS, "guard.example", SETTINGS, clock=lambda: MORNING).look()
        dues = [due for due in await store.claim_due(datetime.now(UTC) + 9000 * DAY, 100) if not due.sender]
        contents = b"".join([(await store.load(due.message_id)).content for due in dues])
        await store.close()
        return contents

    text = asyncio.run(main())
    assert text.count(b"MG-") >= 3
    for word in (b"Zebedee", b"Quillfeather", b"home.example", b"forms"):
        assert word not in text
