"""The same stories on a real PostgreSQL server, and those that need several nodes."""

import asyncio
import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from unit.store import postgreskit

from mailguard.hold.decisions import By, release
from mailguard.model import Outcome, RecipientState
from mailguard.roll.overrides import Override, OverrideKind
from mailguard.store import Database, Settled, Store, StoreError, audit, holds, overrides, users, write_key_file
from mailguard.store.rotation import rotate
from mailguard.store.tables import content, node, recipient, upload

pytestmark = pytest.mark.peer
server = postgreskit.server

ON_SQLITE_ONLY = {"test_a_file_that_became_mostly_free_shrinks"}
for name in ("test_queue", "test_audit", "test_users", "test_revisions", "test_retention"):
    stories = vars(import_module(f"unit.store.{name}"))
    globals().update({k: v for k, v in stories.items() if k.startswith("test_") and k not in ON_SQLITE_ONLY})
trail = import_module("unit.store.test_audit").trail
database = import_module("unit.store.test_users").database


@pytest.fixture
def kit(kit, server):
    kit.settings = dataclasses.replace(kit.settings, url=server.new_database())
    return kit


@asynccontextmanager
async def nodes(kit, *names):
    stores = [Store.open(kit.settings, name) for name in names]
    for store in stores:
        await store.start()
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


def later(**span):
    return datetime.now(UTC) + timedelta(**span)


def silence(kit, name):
    """As if the node of that name had died two minutes ago."""
    with Database.open(kit.settings) as database, database.write() as tx:
        long_ago = node.c.heartbeat - 120_000_000
        tx.connection.execute(node.update().where(node.c.name == name).values(heartbeat=long_ago))


def test_what_two_nodes_look_for_before_they_add_it_is_added_once(kit, server):
    with Database.open(kit.settings) as one, Database.open(kit.settings) as other, ThreadPoolExecutor(1) as pool:

        def look():
            with other.write() as tx:
                overrides.alone(tx)
                return len(overrides.active(tx))

        with one.write() as tx:
            overrides.alone(tx)
            seen = pool.submit(look)
            with pytest.raises(TimeoutError):
                seen.result(1)  # it waits; where it did not, it would have seen none
            overrides.add(tx, Override(0, OverrideKind.ADDRESS, "gran@home.example", by="head", why="she collects him"))
        assert seen.result(60) == 1


def test_a_database_without_an_encoding_is_used_as_any_other(kit, server):
    url = server.new_database("encoding SQL_ASCII locale 'C' template template0")
    kit.settings = dataclasses.replace(kit.settings, url=url)

    async def story(store):
        sent = kit.message("accent", "Zoë Müller".encode())
        await store.accept(sent)
        assert await store.load(sent.id) == sent

    kit.run(story)


def test_content_of_every_size_comes_back(kit):
    async def story(store):
        for size in (0, 1, 262144, 262145, 9_000_000):
            sent = kit.message(f"m{size}", os.urandom(size))
            await store.accept(sent)
            assert await store.load(sent.id) == sent
        with pytest.raises(StoreError):
            await store.accept(kit.message("m9000000", os.urandom(9_000_000)))

    kit.run(story)


def test_one_bad_job_does_not_refuse_its_neighbours(kit):
    async def story(store):
        names = ("a", "b", "a", "c")
        results = await asyncio.gather(*(store.accept(kit.message(n)) for n in names), return_exceptions=True)
        assert [isinstance(result, StoreError) for result in results].count(True) == 1

    kit.run(story)


def test_two_nodes_never_claim_the_same(kit):
    async def main():
        async with nodes(kit, "n1", "n2") as stores:
            for n in range(40):
                await stores[n % 2].accept(kit.message(f"m{n}"))
                await stores[n % 2].record_verdict(f"m{n}", kit.verdict(parent=Outcome.DELIVER), kit.sightings())
            claims = await asyncio.gather(*(stores[n % 2].claim_due(later(), 10) for n in range(12)))
            ids = [one.id for dues in claims for due in dues for one in due.recipients]
            assert len(ids) == len(set(ids)) == 80

    asyncio.run(main())


def test_the_living_take_over_the_work_of_the_dead(kit):
    async def main():
        async with nodes(kit, "n1", "n2") as (first, second):
            await first.accept(kit.message("sending"))
            await first.record_verdict("sending", kit.verdict(), kit.sightings(), handover=True)
            await first.accept(kit.message("waiting"))
            assert await second.claim_due(later(), 10) == []
            assert await second.unjudged(10) == []
            assert await first.unjudged(10) == ["waiting"]
            silence(kit, "n1")
            assert [due.message_id for due in await second.claim_due(later(), 10)] == ["sending"]
            assert await second.unjudged(10) == ["waiting"]
            await second.record_verdict("waiting", kit.verdict(), kit.sightings())

    asyncio.run(main())


def test_a_node_that_ends_signs_off_and_is_not_waited_for(kit):
    async def story():
        async with nodes(kit, "here", "there") as (here, _there):
            await here.accept(kit.message("m1"))
            with pytest.raises(StoreError, match=r"relays are running \((here, there|there, here)\)"):
                rotate(kit.settings, "root")
        # Both are gone this moment: the key can be changed, and what was left is taken over by who comes next.
        rotate(kit.settings, "root")
        async with nodes(kit, "other") as (other,):
            assert await other.unjudged(10) == ["m1"]
        with Database.open(kit.settings) as database, database.read() as tx:
            assert tx.connection.execute(node.select()).all() == []

    asyncio.run(story())


def test_a_node_that_starts_again_voids_its_own_leases_only(kit):
    async def main():
        async with nodes(kit, "n2") as (second,):
            async with nodes(kit, "n1") as (first,):
                for store, name in ((first, "a"), (second, "b")):
                    await store.accept(kit.message(name))
                    await store.record_verdict(name, kit.verdict(), kit.sightings(), handover=True)
            with Database.open(kit.settings) as database, database.write() as tx:
                for owner in ("n1", "n2"):
                    tx.connection.execute(upload.insert().values(message_id=f"torn-{owner}", node=owner))
                    tx.connection.execute(content.insert().values(message_id=f"torn-{owner}", n=0, sealed=b"x"))
            async with nodes(kit, "n1") as (first,):
                assert [due.message_id for due in await first.claim_due(later(), 10)] == ["a"]
                left = await first.read(lambda tx: set(tx.connection.execute(upload.select()).scalars()))
                assert left == {"torn-n2"}

    asyncio.run(main())


def test_one_name_is_one_node(kit):
    async def main():
        async with nodes(kit, "n1"):
            second = Store.open(kit.settings, "n1")
            with pytest.raises(StoreError, match="name of this node"):
                await second.start()

    asyncio.run(main())


def test_a_release_elsewhere_wakes_every_node(kit):
    async def main():
        async with nodes(kit, "n1", "n2") as stores:
            await stores[0].accept(kit.message())
            await stores[0].record_verdict("m1", kit.verdict(), kit.sightings(), handover=True)
            for store in stores:
                store._changed.clear()
            with Database.open(kit.settings) as database, database.write() as tx:
                users.add(tx, users.User("osei"), "root")
                release(tx, "m1", By("osei", "the father rang"))
            async with asyncio.timeout(20):
                await asyncio.gather(*(store.changed() for store in stores))
            assert [due.message_id for due in await stores[1].claim_due(later(), 10)] == ["m1"]

    asyncio.run(main())


def test_chains_of_several_nodes_stand_side_by_side(kit):
    async def main():
        async with nodes(kit, "n1", "n2") as stores:

            async def busy(store, lane):
                for n in range(10):
                    name = f"{lane}-{n}"
                    await store.accept(kit.message(name))
                    await store.record_verdict(name, kit.verdict(), kit.sightings())

            await asyncio.gather(*(busy(store, f"{k}{lane}") for k, store in enumerate(stores) for lane in range(5)))
            checked = await stores[0].read(audit.verify)
            assert (checked.entries, checked.faults) == (100, ())
            assert [head.seq for head in checked.heads] == [50, 50]

    asyncio.run(main())


def test_two_decisions_at_once_are_one(kit):
    async def main():
        async with nodes(kit, "n1", "n2") as stores:
            await stores[0].accept(kit.message())
            await stores[0].record_verdict("m1", kit.verdict(), kit.sightings())
            deciding = [store.write(holds.decide, "m1", [0], RecipientState.REFUSED) for store in stores]
            results = await asyncio.gather(*deciding, return_exceptions=True)
            assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]

    asyncio.run(main())


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_goes_and_comes_back(kit, server, mode):
    async def main():
        async with nodes(kit, "n1") as (store,):
            await store.accept(kit.message("before"))
            due = await store.record_verdict("before", kit.verdict(), kit.sightings(), handover=True)
            await asyncio.to_thread(server.stop, mode)
            try:
                with pytest.raises(StoreError):
                    await store.accept(kit.message("during"))
                with pytest.raises(StoreError):
                    await store.load("before")
                store.settle_soon([Settled(due.recipients[0].id, RecipientState.SENT, 250, "ok")])
            finally:
                await asyncio.to_thread(server.start)
            await store.accept(kit.message("after"))
            assert set(await store.unjudged(10)) == {"after"}
            async with asyncio.timeout(30):
                while (await store.counts()).queue["queued"]:
                    await asyncio.sleep(0.05)

    asyncio.run(main())


def test_the_load_goes_on_while_the_server_is_killed(kit, server):
    """What was promised before, between and after is there; what was refused may be, whole."""
    promised = []

    async def main():
        async with nodes(kit, "n1") as (store,):
            over = asyncio.Event()

            async def lane(k):
                n, taken = 0, False
                while not (over.is_set() and taken):
                    name, n = f"{k}-{n}", n + 1
                    taken = False
                    try:
                        await store.accept(kit.message(name, name.encode() * 1000))
                    except StoreError:
                        await asyncio.sleep(0.05)
                    else:
                        promised.append(name)
                        taken = True

            async def killer():
                for _ in range(2):
                    await asyncio.sleep(0.5)
                    await asyncio.to_thread(server.stop, "immediate")
                    await asyncio.to_thread(server.start)
                over.set()

            await asyncio.gather(killer(), *(lane(k) for k in range(10)))
            assert set(promised) <= set(await store.unjudged(1_000_000))
            for name in promised[::50]:
                assert (await store.load(name)).content == name.encode() * 1000

    asyncio.run(main())
    with Database.open(kit.settings) as database, database.read() as tx:
        people = tx.connection.execute(recipient.select()).all()
        assert len(people) == 2 * len({row.message_id for row in people})


def test_another_key_does_not_open_the_database(kit):
    Database.open(kit.settings).close()
    kit.settings.key_file.unlink()
    write_key_file(kit.settings.key_file)
    with pytest.raises(StoreError, match="not hold the key of this database"):
        Database.open(kit.settings)


def test_errors_quote_no_row(kit):
    with Database.open(kit.settings) as database:
        with database.write() as tx:
            tx.connection.exec_driver_sql("insert into meta values ('Quillfeather', '')")
        with pytest.raises(StoreError) as caught, database.write() as tx:
            tx.connection.exec_driver_sql("insert into meta values ('Quillfeather', '')")
    assert "Quillfeather" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://[bad/none"])
def test_a_server_that_is_not_there_is_a_clear_error(kit, url):
    with pytest.raises(StoreError):
        Database.open(dataclasses.replace(kit.settings, url=url))
