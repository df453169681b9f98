"""What is past its time goes; what waits stays, however old."""

from datetime import UTC, datetime, timedelta

from mailguard.model import Outcome, RecipientState
from mailguard.store import Database, Gone, Settled, audit, holds, told
from mailguard.store.retention import Keep, Keeper, forget
from mailguard.store.tables import content, finding, message, once, recipient, sighting

DAY = timedelta(days=1)


def after(store, days, keep=None):
    """A keeper that believes it is `days` later."""
    return Keeper(store, lambda: keep or Keep(), lambda: datetime.now(UTC) + days * DAY)


def rows(kit, table):
    with Database.open(kit.settings) as database, database.read() as tx:
        return len(tx.connection.execute(table.select()).all())


async def put(kit, store, name, parent, settled=None):
    await store.accept(kit.message(name))
    due = await store.record_verdict(name, kit.verdict(parent=parent), kit.sightings(), handover=True)
    if settled:
        await store.settle([Settled(one.id, settled, 250 if settled == "sent" else 550, "x") for one in due.recipients])


def test_each_thing_goes_in_its_time(kit):
    async def story(store):
        await put(kit, store, "sent", Outcome.DELIVER, RecipientState.SENT)
        await put(kit, store, "failed", Outcome.DELIVER, RecipientState.FAILED)
        await put(kit, store, "queued", Outcome.DELIVER)
        await put(kit, store, "held", Outcome.HOLD, RecipientState.SENT)
        await put(kit, store, "refused", Outcome.HOLD, RecipientState.SENT)
        await store.accept(kit.message("unjudged"))
        await store.write(holds.decide, "refused", [0], RecipientState.REFUSED)
        await store.write(told.mark_told, "refused")

        await after(store, 29).tidy()
        assert len(await store.read(kept)) == 5
        await after(store, 31).tidy()
        assert await store.read(kept) == {"queued", "held", "unjudged"}
        assert rows(kit, message) == 6
        await after(store, 120).tidy()
        assert await store.read(kept) == {"queued", "held", "unjudged"}
        assert (rows(kit, message), rows(kit, recipient), rows(kit, sighting), rows(kit, once)) == (3, 6, 2, 0)
        assert rows(kit, finding) == 1
        assert (await store.load("held")).id == "held"
        await after(store, 7 * 365).tidy()
        assert rows(kit, audit.audit) == 0

    kit.run(story)
    with Database.open(kit.settings) as database, database.read() as tx:
        assert audit.verify(tx).faults == ()


def kept(tx):
    return set(tx.connection.execute(content.select()).scalars())


def test_held_mail_expires_only_where_it_is_set(kit):
    async def story(store):
        await put(kit, store, "m1", Outcome.HOLD)
        await after(store, 1000).tidy()
        assert (await store.counts()).queue["held"] == 1
        await after(store, 8, Keep(held=7 * DAY)).tidy()
        assert (await store.counts()).queue["held"] == 1  # nobody beyond the office has heard of it
        await store.write(told.mark_escalated, "m1")
        await after(store, 8, Keep(held=7 * DAY)).tidy()
        found = await store.counts()
        assert found.queue["held"] == 0
        assert found.decisions == {("OAK", "expire", "expired"): 1}
        history = (await store.read(holds.details, "m1")).history
        assert [one.entry.action for one in history] == ["held", "expired"]

    kit.run(story)


def test_large_amounts_go_in_slices(kit):
    async def story(store):
        for n in range(120):
            await put(kit, store, f"m{n}", Outcome.DELIVER, RecipientState.SENT)
        assert await store.write(forget, datetime.now(UTC), 100) == 100
        await after(store, 91).tidy()

    kit.run(story)
    assert rows(kit, message) == 0


def test_what_is_gone_is_gone(kit):
    async def story(store):
        await put(kit, store, "m1", Outcome.DELIVER, RecipientState.SENT)
        await after(store, 91).tidy()
        for question in (store.load("m1"), store.read(holds.details, "m1")):
            try:
                await question
            except Gone:
                continue
            raise AssertionError("it is still there")

    kit.run(story)


def test_a_file_that_became_mostly_free_shrinks(kit):
    async def story(store):
        dues = []
        for name, size in (("m0", 30_000_000), ("m1", 30_000_000), ("stays", 5_000_000)):
            await store.accept(kit.message(name, b"x" * size))
            verdict = kit.verdict(parent=Outcome.DELIVER)
            dues.append(await store.record_verdict(name, verdict, kit.sightings(), handover=True))
        for due in dues[:2]:
            await store.settle([Settled(one.id, RecipientState.SENT, 250, "ok") for one in due.recipients])

        await after(store, 0).tidy()
        assert len((await store.load("stays")).content) == 5_000_000

    kit.run(story)
    size = kit.settings.path.stat().st_size
    assert 5_000_000 < size < 45_000_000
