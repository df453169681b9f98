"""From acceptance to the last outcome: verdicts, leases, retries, recovery."""

import asyncio
import dataclasses
import threading
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.model import Outcome, RecipientState, Verdict
from mailguard.store import AlreadyJudged, Database, Gone, Settled, audit, recipient_id
from mailguard.store.tables import content, message, recipient, upload


def states(kit):
    with Database.open(kit.settings) as database, database.read() as tx:
        rows = tx.connection.execute(recipient.select().order_by(recipient.c.message_id, recipient.c.n))
        return [(row.message_id, row.n, row.state) for row in rows]


def later(**span):
    return datetime.now(UTC) + timedelta(**span)


def test_the_entitled_are_queued_and_the_others_held(kit):
    async def story(store):
        await store.accept(kit.message())
        assert await store.unjudged(10) == ["m1"]
        await store.record_verdict("m1", kit.verdict(), kit.sightings())
        assert await store.unjudged(10) == []
        (due,) = await store.claim_due(later(), 10)
        assert [one.address for one in due.recipients] == [kit.other]
        assert due.sender == "office@oak.example"
        assert due.school == "OAK"

    kit.run(story)
    assert states(kit) == [("m1", 0, "held"), ("m1", 1, "queued")]


def test_a_recipient_without_a_verdict_is_held(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", Verdict(kit.verdict().recipients[1:]), kit.sightings())

    kit.run(story)
    assert states(kit) == [("m1", 0, "held"), ("m1", 1, "queued")]


def test_an_empty_verdict_holds_all(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", Verdict(), kit.sightings())

    kit.run(story)
    assert [state for _, _, state in states(kit)] == ["held", "held"]


def test_two_verdicts_on_one_address_hold(kit):
    verdict = kit.verdict()
    twice = dataclasses.replace(verdict.recipients[0], outcome=Outcome.DELIVER, findings=())

    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict(
            "m1", dataclasses.replace(verdict, recipients=(*verdict.recipients, twice)), kit.sightings()
        )

    kit.run(story)
    assert states(kit)[0] == ("m1", 0, "held")


def test_observe_queues_all_and_keeps_the_verdict(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", kit.verdict(), kit.sightings(), mode="observe")

    kit.run(story)
    assert [state for _, _, state in states(kit)] == ["queued", "queued"]
    with Database.open(kit.settings) as database, database.read() as tx:
        assert tx.connection.execute(message.select()).one().verdict == "mixed"
        assert [row.verdict for row in tx.connection.execute(recipient.select().order_by(recipient.c.n))] == [
            "hold",
            "deliver",
        ]
        assert [each.entry.action for each in audit.entries(tx)] == ["would-hold"]


def test_a_second_verdict_is_refused(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", kit.verdict(), kit.sightings())
        with pytest.raises(AlreadyJudged):
            await store.record_verdict("m1", kit.verdict(parent=Outcome.DELIVER), kit.sightings())
        with pytest.raises(Gone):
            await store.record_verdict("m2", kit.verdict(), kit.sightings())

    kit.run(story)
    assert states(kit) == [("m1", 0, "held"), ("m1", 1, "queued")]


def test_many_verdicts_at_once_and_one_bad(kit):
    names = [f"m{n}" for n in range(20)]

    async def story(store):
        await asyncio.gather(*(store.accept(kit.message(name)) for name in names))
        judging = [store.record_verdict(name, kit.verdict(), kit.sightings()) for name in [*names, "m3"]]
        results = await asyncio.gather(*judging, return_exceptions=True)
        assert [type(result) for result in results].count(AlreadyJudged) == 1

    kit.run(story)
    assert [state for _, _, state in states(kit)] == ["held", "queued"] * 20
    with Database.open(kit.settings) as database, database.read() as tx:
        assert audit.verify(tx).faults == ()
        assert audit.verify(tx).entries == 20


def test_a_handed_over_recipient_is_not_claimed_again(kit):
    async def story(store):
        await store.accept(kit.message(notify=("NEVER", "FAILURE")))
        due = await store.record_verdict("m1", kit.verdict(), kit.sightings(), handover=True)
        assert [(one.id, one.address, one.notify) for one in due.recipients] == [("m1.1", kit.other, "FAILURE")]
        assert await store.claim_due(later(), 10) == []
        await store.give_back(["m1.1"])
        (again,) = await store.claim_due(later(), 10)
        assert again == due

    kit.run(story)


def test_nothing_is_claimed_twice(kit):
    async def story(store):
        for n in range(10):
            await store.accept(kit.message(f"m{n}"))
            await store.record_verdict(f"m{n}", kit.verdict(parent=Outcome.DELIVER), kit.sightings())
        claims = await asyncio.gather(*(store.claim_due(later(), 3) for _ in range(10)))
        ids = [one.id for dues in claims for due in dues for one in due.recipients]
        assert sorted(ids) == sorted({recipient_id(f"m{n}", k) for n in range(10) for k in (0, 1)})
        assert await store.claim_due(later(minutes=29), 100) == []
        assert len(await store.claim_due(later(minutes=31), 100)) == 10

    kit.run(story)


def test_outcomes(kit):
    async def story(store):
        await store.accept(kit.message())
        due = await store.record_verdict("m1", kit.verdict(parent=Outcome.DELIVER), kit.sightings(), handover=True)
        first, second = (one.id for one in due.recipients)
        soon = later(minutes=5)
        deferred = Settled(second, RecipientState.QUEUED, 451, "4.7.1 greylisted", soon)
        await store.settle([Settled(first, RecipientState.SENT, 250, "2.0.0 ok"), deferred])
        assert await store.claim_due(later(), 10) == []
        (again,) = await store.claim_due(later(minutes=6), 10)
        assert [(one.id, one.attempts) for one in again.recipients] == [(second, 1)]
        assert await store.load("m1") == kit.message()
        await store.settle([Settled(second, RecipientState.SENT, 250, "2.0.0 ok")])
        with pytest.raises(Gone):
            await store.load("m1")

    kit.run(story)
    with Database.open(kit.settings) as database, database.read() as tx:
        assert tx.connection.execute(content.select()).all() == []


def test_content_stays_while_anything_was_held(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", kit.verdict(), kit.sightings())
        await store.settle([Settled("m1.1", RecipientState.SENT, 250, "ok")])
        assert await store.load("m1") == kit.message()

    kit.run(story)


def test_an_outcome_cannot_touch_what_is_held(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", kit.verdict(), kit.sightings())
        await store.settle([Settled("m1.0", RecipientState.SENT, 250, "ok")])

    kit.run(story)
    assert states(kit)[0] == ("m1", 0, "held")


def test_a_failure_and_its_dsn_are_one(kit):
    async def story(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", kit.verdict(), kit.sightings())
        failed = Settled("m1.1", RecipientState.FAILED, 550, "5.1.1 no such user")
        await store.settle([failed], dsns=[kit.message("dsn1")])
        assert {due.message_id for due in await store.claim_due(later(), 10)} == {"dsn1"}
        assert await store.unjudged(10) == []

    kit.run(story)


def test_settle_soon_is_written(kit):
    async def story(store):
        await store.accept(kit.message())
        due = await store.record_verdict("m1", kit.verdict(), kit.sightings(), handover=True)
        store.settle_soon([Settled(due.recipients[0].id, RecipientState.SENT, 250, "ok")])

    kit.run(story)
    assert states(kit)[1] == ("m1", 1, "sent")


def test_an_outcome_that_somebody_waits_for_is_written_at_once(kit, monkeypatch):
    monkeypatch.setattr("mailguard.store.writer._LATER_SECONDS", 3600)

    async def story(store):
        due = await store.enqueue(kit.message(), handover=True)
        settled = store.settle_soon([Settled(due.recipients[0].id, RecipientState.SENT, 250, "ok")])
        assert not (await asyncio.wait([settled], timeout=0.1))[0]  # it may go with the next one that is urgent
        store.hurry()
        await asyncio.wait_for(settled, 20)

    kit.run(story)


def test_those_at_a_line_hear_of_a_commit_first_and_all_hear_of_it(kit):
    told = []

    def echo(tx, items):
        return items

    async def story(store):
        writer = store._writer
        asked = [writer.submit(echo, (urgent, n), urgent=urgent) for n in range(50) for urgent in (False, True)]
        for future in asked:
            future.add_done_callback(lambda done: told.append(done.result()))
        await asyncio.wait(asked, timeout=20)

    kit.run(story)
    assert told[:50] == [(True, n) for n in range(50)]
    assert told[50:] == [(False, n) for n in range(50)]


def test_small_jobs_go_between_those_of_a_large_body(kit):
    written = []

    async def story(store):
        loop, writer, late = asyncio.get_running_loop(), store._writer, []

        def note(tx, items):
            written.append((tx, items))
            return items

        def body(tx, items):
            if items == ["1 of 3"]:  # while it is written a letter comes
                there = threading.Event()

                def letter():
                    late.append(writer.submit(note, "later letter"))
                    loop.call_soon(there.set)

                loop.call_soon_threadsafe(letter)
                assert there.wait(20)
            return note(tx, items)

        asked = [writer.submit(body, f"{n} of 3", 1 << 20) for n in range(1, 4)]
        asked.append(writer.submit(note, "letter"))
        await asyncio.wait(asked, timeout=20)
        await asyncio.wait(late, timeout=20)

    kit.run(story)
    assert [items for _, items in written] == [["letter"], ["1 of 3"], ["later letter"], ["2 of 3"], ["3 of 3"]]
    assert len({id(tx) for tx, _ in written}) == 5  # each in a transaction of its own


def test_a_notice_goes_out_once(kit):
    async def story(store):
        first = await store.enqueue(kit.message("n1"), once="notice|b1", handover=True)
        assert len(first.recipients) == 2
        assert await store.enqueue(kit.message("n2"), once="notice|b1", handover=True) is None
        assert await store.enqueue(kit.message("n3"), once="notice|b2") is None

    kit.run(story)
    assert {row[0] for row in states(kit)} == {"n1", "n3"}


def test_a_new_start_voids_leases_and_sweeps_torn_uploads(kit):
    async def before(store):
        await store.accept(kit.message())
        await store.record_verdict("m1", kit.verdict(), kit.sightings(), handover=True)
        await store.accept(kit.message("m2"))

    async def after(store):
        assert [due.message_id for due in await store.claim_due(later(), 10)] == ["m1"]
        assert await store.unjudged(10) == ["m2"]

    kit.run(before)
    with Database.open(kit.settings) as database, database.write() as tx:
        tx.connection.execute(upload.insert().values(message_id="torn", node="local"))
        tx.connection.execute(content.insert().values(message_id="torn", n=0, sealed=b"x"))
    kit.run(after)
    with Database.open(kit.settings) as database, database.read() as tx:
        assert tx.connection.execute(content.select().where(content.c.message_id == "torn")).all() == []
        assert tx.connection.execute(upload.select()).all() == []


def test_counts(kit):
    async def story(store):
        empty = await store.counts()
        assert empty.queue == {"received": 0, "queued": 0, "held": 0}
        for name in ("a", "b", "c"):
            await store.accept(kit.message(name))
        await store.record_verdict("a", kit.verdict(), kit.sightings())
        await store.record_verdict("b", kit.verdict(other=Outcome.HOLD), kit.sightings())
        found = await store.counts()
        assert found.queue == {"received": 1, "queued": 1, "held": 2}
        assert found.held == {"OAK": 2}
        assert found.oldest_held == {"OAK": kit.now}

    kit.run(story)


@pytest.mark.parametrize(
    "outcome",
    [
        Settled("m1.0", RecipientState.HELD),
        Settled("m1.0", RecipientState.QUEUED),
        Settled("m1.0", RecipientState.SENT, next_at=datetime.now(UTC)),
    ],
)
def test_impossible_outcomes_are_refused(kit, outcome):
    async def story(store):
        with pytest.raises(ValueError):
            await store.settle([outcome])

    kit.run(story)
