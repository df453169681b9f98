"""Writes that fail: a full disk, a full database, a locked one. The caller hears of it, nothing is half there, and the
store works on as soon as it can."""

import asyncio
import dataclasses
import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailguard.model import Envelope, Message, Outcome, RecipientState, RecipientVerdict, Sightings, Verdict
from mailguard.store import (
    Database,
    Settled,
    Store,
    StoreError,
    StoreFull,
    StoreSettings,
    audit,
    nodes,
    sqlite,
    write_key_file,
)
from mailguard.store.tables import content, message, recipient, upload

VERDICT = Verdict((RecipientVerdict("a@x.example", Outcome.HOLD), RecipientVerdict("b@x.example", Outcome.DELIVER)))


def settings(folder: Path, key: Path) -> StoreSettings:
    return StoreSettings(f"sqlite:///{folder}/mailguard.db", key / "key", reserve_bytes=0)


def mail(name: str, size: int) -> Message:
    return Message(name, Envelope("s@x.example", ("a@x.example", "b@x.example")), os.urandom(size), datetime.now(UTC))


def whole(where: StoreSettings) -> set[str]:
    """Ids of all messages; each of them has all its recipients and chunks, and there are no others."""
    with Database.open(where) as database, database.read() as tx:
        rows = tx.connection.execute(message.select()).all()
        ids = {row.id for row in rows}
        people = [row.message_id for row in tx.connection.execute(recipient.select())]
        assert sorted(people) == sorted([*ids, *ids])
        chunks: dict[str, int] = {}
        for row in tx.connection.execute(content.select()):
            chunks[row.message_id] = chunks.get(row.message_id, 0) + len(row.sealed) - 28
        assert chunks == {row.id: row.size for row in rows if row.erased_at is None}
        assert tx.connection.execute(upload.select()).all() == []
        assert audit.verify(tx).faults == ()
        return ids


@dataclass
class Tight:
    """A folder where writes fail once a file (limit) or all of them together (disk) pass some 20 MB."""

    folder: Path
    kind: str
    hard: int = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

    def __enter__(self) -> "Tight":
        if self.kind == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (20 << 20, self.hard))
        else:
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.folder], check=False)
            if mounted.returncode:
                pytest.skip("may not mount a small disk here; the file size limit stands in for it")
        return self

    def relieve(self) -> None:
        """Let writes succeed again."""
        if self.kind == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.hard, self.hard))
        else:
            subprocess.run(["mount", "-o", "remount,size=64m", self.folder], check=True)

    def __exit__(self, *_: object) -> None:
        if self.kind == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.hard, self.hard))
        else:
            subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture(params=["limit", "disk"])
def tight(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tight]:
    folder = tmp_path / "data"
    folder.mkdir()
    with Tight(folder, request.param) as tight:
        yield tight


@pytest.mark.parametrize("size", [20_000, 900_000, 7_000_000])
def test_a_full_disk_refuses_and_keeps_what_it_has(tmp_path: Path, tight: Tight, size: int) -> None:
    write_key_file(tmp_path / "key")
    where = settings(tight.folder, tmp_path)
    accepted: list[str] = []

    async def story() -> None:
        store = Store.open(where)
        await store.start()
        await store.accept(mail("first", size))  # of several at once on a small disk all may be too many
        accepted.append("first")
        refused = 0
        for n in range(5000):
            some = [mail(f"{n}-{k}", size) for k in range(4)]
            results = await asyncio.gather(*(store.accept(one) for one in some), return_exceptions=True)
            assert all(result is None or isinstance(result, StoreError) for result in results)
            accepted.extend(one.id for one, result in zip(some, results, strict=True) if result is None)
            refused += sum(result is not None for result in results)
            if refused > 8:
                break
        assert refused
        for name in accepted:
            assert len((await store.load(name)).content) == size
        await store.close()

    async def with_room() -> None:
        store = Store.open(where)
        await store.start()
        accepted.append("later")
        await store.accept(mail("later", 1000))
        await store.close()

    asyncio.run(story())
    tight.relieve()
    asyncio.run(with_room())
    assert len(accepted) > 1
    assert whole(where) == set(accepted)


def test_the_reserve_refuses_new_mail_and_lets_old_mail_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key_file(tmp_path / "key")
    where = dataclasses.replace(settings(tmp_path, tmp_path), reserve_bytes=12 << 20)
    free = [13 << 20]
    monkeypatch.setattr(sqlite.SQLite, "free_bytes", lambda self: free[0])

    async def story() -> None:
        store = Store.open(where)
        await store.start()
        await store.accept(mail("m0", 500_000))
        with pytest.raises(StoreFull):
            await store.accept(mail("m1", 2_000_000))
        free[0] = 11 << 20
        with pytest.raises(StoreFull):
            store.check_room()
        await store.record_verdict("m0", VERDICT, Sightings())
        await store.settle([Settled("m0.1", RecipientState.SENT, 250, "ok")])
        await store.close()

    asyncio.run(story())
    assert whole(where) == {"m0"}


def limited(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """SQLite says "disk is full" where the database would grow past so many pages."""
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, f"max_page_count={pages}"))


def test_a_store_that_cannot_start_lets_go_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key_file(tmp_path / "key")
    where = settings(tmp_path, tmp_path)

    def fail(*_: object) -> None:
        raise StoreError("disk is full")

    async def story() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(nodes, "recover", fail)
            with pytest.raises(StoreError):
                await Store.open(where).start()
        again = Store.open(where)
        await again.start()
        await again.close()

    asyncio.run(story())


def test_a_failed_write_fails_its_own_message_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key_file(tmp_path / "key")
    where = settings(tmp_path, tmp_path)
    Database.open(where).close()
    limited(monkeypatch, 100)

    async def story() -> list[str]:
        store = Store.open(where)
        await store.start()
        some = [mail("large", 3_000_000), *(mail(f"small{n}", 1000) for n in range(10)), mail("huge", 12_000_000)]
        results = await asyncio.gather(*(store.accept(one) for one in some), return_exceptions=True)
        await store.close()
        return [one.id for one, result in zip(some, results, strict=True) if result is None]

    accepted = asyncio.run(story())
    assert accepted == [f"small{n}" for n in range(10)]
    assert whole(where) == set(accepted)


def test_a_verdict_that_cannot_be_written_leaves_the_message_unjudged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_key_file(tmp_path / "key")
    where = settings(tmp_path, tmp_path)

    async def accept() -> None:
        store = Store.open(where)
        await store.start()
        await store.accept(mail("m1", 1000))
        await store.close()

    async def judge() -> None:
        store = Store.open(where)
        await store.start()
        with pytest.raises(StoreError):
            await store.record_verdict("m1", VERDICT, Sightings(), subject="x" * 2_000_000)
        assert await store.unjudged(10) == ["m1"]
        await store.record_verdict("m1", VERDICT, Sightings())
        await store.close()

    asyncio.run(accept())
    with Database.open(where) as database, database.read() as tx:
        pages = int(tx.connection.exec_driver_sql("pragma page_count").scalar_one())
    limited(monkeypatch, pages + 20)
    asyncio.run(judge())


def test_outcomes_wait_while_the_database_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key_file(tmp_path / "key")
    where = settings(tmp_path, tmp_path)
    quick = tuple(pragma for pragma in sqlite._PRAGMAS if "busy_timeout" not in pragma)
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*quick, "busy_timeout=50"))

    async def story() -> None:
        store = Store.open(where)
        await store.start()
        await store.accept(mail("m1", 1000))
        due = await store.record_verdict("m1", VERDICT, Sightings(), handover=True)
        assert due is not None
        other = sqlite3.connect(where.path, isolation_level=None)
        other.execute("begin immediate")
        store.settle_soon([Settled(due.recipients[0].id, RecipientState.SENT, 250, "ok")])
        with pytest.raises(StoreError):
            await store.accept(mail("m2", 1000))
        assert (await store.counts()).queue["queued"] == 1
        other.execute("rollback")
        other.close()
        await store.accept(mail("m2", 1000))
        async with asyncio.timeout(30):
            while (await store.counts()).queue["queued"]:
                await asyncio.sleep(0.05)
        assert await store.claim_due(datetime.now(UTC) + timedelta(days=1), 10) == []
        await store.close()

    asyncio.run(story())
    assert whole(where) == {"m1", "m2"}


def test_what_a_failed_commit_leased_after_all_is_free_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that fails leaves the commit there: a verdict with its hand-over, then a claim. Nobody was told of either,
    so their leases must not be waited for."""
    write_key_file(tmp_path / "key")
    where = settings(tmp_path, tmp_path)
    broken = [False]
    real = sqlite.SQLite.sync

    def sync(self: sqlite.SQLite) -> None:
        if broken[0]:
            raise OSError(5, "input/output error")
        real(self)

    monkeypatch.setattr(sqlite.SQLite, "sync", sync)

    async def due(store: Store) -> list[str]:
        async with asyncio.timeout(60):
            while True:
                if found := await store.claim_due(datetime.now(UTC), 10):
                    return [one.id for each in found for one in each.recipients]
                await asyncio.sleep(0.02)

    async def story() -> None:
        store = Store.open(where)
        await store.start()
        await store.accept(mail("m1", 1000))
        broken[0] = True
        with pytest.raises(StoreError):
            await store.record_verdict("m1", VERDICT, Sightings(), handover=True)
        broken[0] = False
        assert await store.unjudged(10) == []  # it is there after all
        assert await due(store) == ["m1.1"]
        await store.give_back(["m1.1"])
        broken[0] = True
        with pytest.raises(StoreError):
            await store.claim_due(datetime.now(UTC), 10)
        broken[0] = False
        assert await due(store) == ["m1.1"]
        assert await store.claim_due(datetime.now(UTC), 10) == []  # a lease that was told of stays
        await store.close()

    asyncio.run(story())
