"""Moving a store to PostgreSQL: nothing is lost or changed, it can be broken off, and never two are in use."""

import asyncio
import dataclasses
from datetime import UTC, datetime

import pytest
from unit.store.conftest import Kit
from unit.store.postgreskit import server

from mailguard.model import Outcome, RecipientState
from mailguard.store import Database, Settled, Store, StoreError, audit, holds, move
from mailguard.store.move import move as move_store

__all__ = ["server"]

LARGE = b"x" * 700_000


@pytest.fixture
def kit(tmp_path):
    return Kit(tmp_path)


def filled(kit):
    """A store with held, queued, sent and unjudged mail; the ids of those with content."""

    async def story(store):
        for name in ("held", "queued", "sent", "new"):
            await store.accept(kit.message(name, LARGE if name == "held" else b"small\r\n"))
        await store.record_verdict("held", kit.verdict(), kit.sightings(), subject="Form")
        for name in ("queued", "sent"):
            await store.record_verdict(name, kit.verdict(parent=Outcome.DELIVER), kit.sightings(), handover=True)
        count = len(kit.message("sent").envelope.recipients)
        await store.settle([Settled(f"sent.{n}", RecipientState.SENT, 250, "ok") for n in range(count)])

    kit.run(story)


def test_everything_is_there_after_the_move_and_the_old_store_is_closed(kit, server):
    filled(kit)
    there = dataclasses.replace(kit.settings, url=server.new_database())
    with Database.open(kit.settings) as database, database.read() as tx:
        before = holds.details(tx, "held")
    told = []
    rows = move_store(kit.settings, there.url, "it", lambda done, total: told.append((done, total)))
    assert rows > 10
    assert told[-1][0] <= told[-1][1]

    async def story():
        store = Store.open(there)
        await store.start()
        assert (await store.load("held")).content == LARGE
        assert await store.unjudged(10) == ["new"]
        due = await store.claim_due(datetime.now(UTC), 10)
        assert {one.message_id for one in due} >= {"queued"}
        with pytest.raises(StoreError):
            await store.load("sent")
        await store.accept(kit.message("fresh"))
        await store.close()

    asyncio.run(story())
    with Database.open(there) as database, database.read() as tx:
        after = holds.details(tx, "held")
        assert (after.sender, after.subject, after.recipients) == (before.sender, before.subject, before.recipients)
        assert audit.verify(tx).faults == ()
    with pytest.raises(StoreError, match="moved to another database"):
        Database.open(kit.settings)
    with pytest.raises(StoreError, match="moved to that database before"):
        move_store(kit.settings, there.url, "it")


def test_a_move_that_breaks_off_leaves_the_old_store_in_use_and_goes_on(kit, server, monkeypatch):
    filled(kit)
    there = dataclasses.replace(kit.settings, url=server.new_database())
    monkeypatch.setattr(move, "_CHUNK_ROWS", 1)

    def power_cut(done, total):
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_store(kit.settings, there.url, "it", power_cut)
    with pytest.raises(StoreError, match="broken off"):
        Database.open(there)

    async def goes_on(store):
        await store.accept(kit.message("meanwhile", LARGE))
        await store.settle([Settled("queued.0", RecipientState.SENT, 250, "ok")])

    kit.run(goes_on)
    move_store(kit.settings, there.url, "it")

    async def story():
        store = Store.open(there)
        await store.start()
        assert (await store.load("meanwhile")).content == LARGE
        assert (await store.load("held")).content == LARGE
        await store.close()

    asyncio.run(story())


def test_what_cannot_be_moved_is_refused(kit, server, tmp_path):
    filled(kit)
    url = server.new_database()
    with pytest.raises(StoreError, match="only to PostgreSQL"):
        move_store(kit.settings, f"sqlite:///{tmp_path}/other.db", "it")

    async def running(store):
        with pytest.raises(StoreError, match="another mailguard relay"):
            await asyncio.to_thread(move_store, kit.settings, url, "it")

    kit.run(running)
    (tmp_path / "other").mkdir()
    other = Kit(tmp_path / "other")
    with Database.open(dataclasses.replace(other.settings, url=url)):
        pass
    with pytest.raises(StoreError, match="another store"):
        move_store(kit.settings, url, "it")
