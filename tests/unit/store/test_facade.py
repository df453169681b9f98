"""The relay's door to the store: what is accepted comes back, or is refused with the right error."""

import asyncio
import dataclasses

import pytest

from mailguard.store import Database, Gone, Store, StoreError, StoreFull


@pytest.mark.parametrize("size", [0, 1, 262144, 262145, 3_000_000, 9_000_000])
def test_what_is_accepted_comes_back_whole(kit, size):
    sent = kit.message(
        content=bytes(range(256)) * (size // 256) + b"x" * (size % 256),
        notify=("NEVER", ""),
        orcpt=("", "rfc822;a"),
        envid="E1",
        body_type="8BITMIME",
    )

    async def story(store):
        await store.accept(sent)

    async def again(store):
        assert await store.load("m1") == sent

    kit.run(story)
    kit.run(again)


def test_one_bad_job_does_not_refuse_its_neighbours(kit):
    async def story(store):
        results = await asyncio.gather(
            *(store.accept(kit.message(name)) for name in ("a", "b", "a", "c")), return_exceptions=True
        )
        assert [isinstance(result, StoreError) for result in results].count(True) == 1
        for name in ("a", "b", "c"):
            assert (await store.load(name)).id == name

    kit.run(story)


def test_a_large_message_with_a_known_id_harms_nobody(kit):
    first = kit.message(content=b"first" * 2_000_000)

    async def story(store):
        await store.accept(first)
        with pytest.raises(StoreError):
            await store.accept(kit.message(content=b"other" * 2_000_000))
        assert await store.load("m1") == first

    kit.run(story)


def test_a_message_that_is_not_there_is_gone(kit):
    async def story(store):
        with pytest.raises(Gone):
            await store.load("nothing")

    kit.run(story)


def test_only_one_relay_uses_a_database(kit):
    async def story(store):
        second = Store.open(kit.settings)
        with pytest.raises(StoreError, match="another mailguard relay"):
            await second.start()
        await second.close()
        await store.accept(kit.message())

    kit.run(story)
    kit.run(lambda store: store.load("m1"))


def test_full_disk_and_full_queue_refuse_new_mail(kit, monkeypatch):
    kit.settings = dataclasses.replace(kit.settings, reserve_bytes=1 << 60)
    monkeypatch.setattr("mailguard.store.sqlite.SQLite.disk_bytes", lambda self: 1 << 63)

    async def no_disk(store):
        with pytest.raises(StoreFull):
            store.check_room()
        with pytest.raises(StoreFull):
            await store.accept(kit.message())

    kit.run(no_disk)
    kit.settings = dataclasses.replace(kit.settings, reserve_bytes=0, backlog_bytes=2000)

    async def no_queue(store):
        await store.accept(kit.message("a", b"x" * 1500))
        with pytest.raises(StoreFull):
            await store.accept(kit.message("b", b"x" * 1500))
        with pytest.raises(StoreFull):
            store.check_room(1500)
        store.check_room(100)

    kit.run(no_queue)


def test_a_write_of_another_process_wakes_the_relay(kit):
    async def story(store):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.changed(), 1.2)
        with Database.open(kit.settings) as other, other.write() as tx:
            tx.connection.exec_driver_sql("insert into meta values ('test', x'00')")
        await asyncio.wait_for(store.changed(), 20)

    kit.run(story)


def test_files_belong_to_their_owner_alone(kit):
    async def story(store):
        await store.accept(kit.message())
        for path in kit.folder.iterdir():
            assert path.stat().st_mode & 0o077 == 0, path.name

    kit.run(story)


def test_a_store_that_is_closed_takes_nothing(kit):
    kept = []

    async def story(store):
        kept.append(store)

    kit.run(story)
    with pytest.raises(StoreError):
        asyncio.run(kept[0].accept(kit.message()))
