"""Backup while mail flows, restore elsewhere, and a new key: held mail is readable each time."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from pathlib import Path

import pytest

from mailguard.model import Outcome
from mailguard.store import Database, Store, StoreError, StoreSettings, audit, holds, queue, rotation, write_key_file
from mailguard.store import backup as backup_module
from mailguard.store.backup import copy_out, put_back
from mailguard.store.rotation import rotate

BIG = b"Subject: big\r\n\r\n" + b"x" * 3_000_000


def fill(kit) -> None:
    async def story(store: Store) -> None:
        for name in ("m1", "m2"):
            await store.accept(kit.message(name, BIG))
            await store.record_verdict(name, kit.verdict(), kit.sightings(), subject="Form")

    kit.run(story)


def held(settings: StoreSettings) -> list[str]:
    with Database.open(settings) as database, database.read() as tx:
        found = [one.id for one in holds.waiting(tx)]
        for name in found:
            assert queue.load(tx, name).content == BIG
            assert "Zebedee" in holds.details(tx, name).recipients[0].findings[0].sentence
        return found


def elsewhere(kit, folder: Path) -> StoreSettings:
    folder.mkdir()
    return StoreSettings(f"sqlite:///{folder}/mailguard.db", kit.folder / "key", reserve_bytes=0)


def test_a_copy_made_while_mail_comes_in_is_one_moment_of_it(kit, tmp_path: Path, monkeypatch) -> None:
    fill(kit)
    monkeypatch.setattr(backup_module, "_SLICE_PAGES", 8)
    looks: list[int] = []

    async def story(store: Store) -> None:
        loop = asyncio.get_running_loop()

        def look(done: int, total: int) -> None:
            """Between two slices another message is accepted: it is not waited for, and not in the copy."""
            looks.append(done)
            if len(looks) < 6:
                name = f"late{len(looks)}"
                asyncio.run_coroutine_threadsafe(store.accept(kit.message(name)), loop).result(30)

        await asyncio.to_thread(copy_out, kit.settings, tmp_path / "copy.db", look)
        assert len(await store.unjudged(20)) == 5

    kit.run(story)
    assert looks == sorted(looks)  # it never began anew
    assert len(looks) > 10
    there = elsewhere(kit, tmp_path / "there")
    assert put_back(there, tmp_path / "copy.db") is None
    assert held(there) == ["m1", "m2"]
    with Database.open(there) as database, database.read() as tx:
        assert queue.unjudged(tx, 20) == []
        assert audit.verify(tx).faults == ()


def test_a_copy_is_one_closed_file_without_the_key(kit, tmp_path: Path) -> None:
    fill(kit)
    copy = tmp_path / "copy.db"
    copy_out(kit.settings, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]
    data = copy.read_bytes()
    for word in (b"Zebedee", b"parent@home.example", (kit.folder / "key").read_bytes().strip()):
        assert word not in data


def test_nothing_is_overwritten_and_nothing_half_is_left(kit, tmp_path: Path, monkeypatch) -> None:
    fill(kit)
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(FileExistsError):
        copy_out(kit.settings, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_module, "_sync", fail)
    with pytest.raises(StoreError, match="No space"):
        copy_out(kit.settings, tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize("what", ["running", "other key", "damaged", "there", "nothing of ours"])
def test_what_must_not_be_restored_is_not_and_all_stays(kit, tmp_path: Path, what: str) -> None:
    fill(kit)
    copy = tmp_path / "copy.db"
    copy_out(kit.settings, copy)
    settings, replace = kit.settings, True
    before = kit.settings.path.read_bytes()
    said = {
        "running": "another mailguard",
        "other key": "key",
        "damaged": "copy",
        "there": "--replace",
        "nothing of ours": "copy",
    }
    if what == "other key":
        write_key_file(tmp_path / "other")
        settings = StoreSettings(kit.settings.url, tmp_path / "other")
    elif what == "damaged":
        copy.write_bytes(copy.read_bytes()[:200_000] + b"\xff" * 400_000)
    elif what == "there":
        replace = False
    elif what == "nothing of ours":
        copy.write_bytes(b"SQLite format 3\0" + bytes(4096))
    if what == "running":

        async def story(store: Store) -> None:
            with pytest.raises(StoreError, match=said[what]):
                put_back(settings, copy, replace=True)

        kit.run(story)
    else:
        with pytest.raises(StoreError, match=said[what]):
            put_back(settings, copy, replace=replace)
        assert kit.settings.path.read_bytes() == before
    assert held(kit.settings) == ["m1", "m2"]
    assert not list(tmp_path.glob("*.restoring"))


def test_what_was_there_is_moved_aside(kit, tmp_path: Path) -> None:
    fill(kit)
    copy_out(kit.settings, tmp_path / "copy.db")

    async def more(store: Store) -> None:
        await store.accept(kit.message("m3", BIG))
        await store.record_verdict("m3", kit.verdict(), kit.sightings())

    kit.run(more)
    aside = put_back(kit.settings, tmp_path / "copy.db", replace=True)
    assert aside is not None
    assert held(kit.settings) == ["m1", "m2"]
    assert held(StoreSettings(f"sqlite:///{aside}", kit.folder / "key")) == ["m1", "m2", "m3"]


def test_after_a_new_key_everything_opens_with_it_alone(kit, tmp_path: Path) -> None:
    fill(kit)
    copy_out(kit.settings, tmp_path / "copy.db")
    old = (kit.folder / "key").read_bytes()
    rotated = rotate(kit.settings, "test")
    assert rotated.wraps == 3  # two messages and the root
    assert (kit.folder / "key").read_bytes() != old
    assert rotated.old_key.read_bytes() == old
    assert stat.S_IMODE((kit.folder / "key").stat().st_mode) == 0o400
    assert held(kit.settings) == ["m1", "m2"]
    with pytest.raises(StoreError, match="key"):
        Database.open(StoreSettings(kit.settings.url, rotated.old_key))
    with Database.open(kit.settings) as database, database.read() as tx:
        assert audit.verify(tx).faults == ()
    folder = tmp_path / "there"
    folder.mkdir()
    before = StoreSettings(f"sqlite:///{folder}/mailguard.db", rotated.old_key, reserve_bytes=0)
    put_back(before, tmp_path / "copy.db")
    assert held(before) == ["m1", "m2"]


def test_no_new_key_while_a_relay_runs(kit) -> None:
    fill(kit)

    async def story(store: Store) -> None:
        with pytest.raises(StoreError, match="another mailguard"):
            rotate(kit.settings, "test")

    kit.run(story)
    assert not (kit.folder / "key.new").exists()
    assert held(kit.settings) == ["m1", "m2"]


@pytest.mark.parametrize("point", ["before the commit", "after the commit"])
def test_a_rotation_that_is_cut_off_is_finished_by_the_next(kit, monkeypatch, point: str) -> None:
    """As if the power went: no handler runs, both files stay."""
    fill(kit)
    name = "_wrap_all" if point == "before the commit" else "_take_over"

    class PowerCut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(rotation, name, cut)
        patched.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        with pytest.raises(PowerCut):
            rotate(kit.settings, "test")
    assert (kit.folder / "key.new").exists()
    if point == "before the commit":
        assert held(kit.settings) == ["m1", "m2"]
    rotate(kit.settings, "test")
    assert held(kit.settings) == ["m1", "m2"]
    assert not (kit.folder / "key.new").exists()


# --- states that the audit trail explains -----------------------------------------------------------------------------


def by_hand(kit, sql: str) -> None:
    with Database.open(kit.settings) as database, database.write() as tx:
        tx.connection.exec_driver_sql(sql)


def faults(kit) -> list[str]:
    from mailguard.store.standing import unexplained

    with Database.open(kit.settings) as database, database.read() as tx:
        assert audit.verify(tx).faults == ()
        return [fault.what for fault in unexplained(tx)]


@pytest.mark.parametrize("state", ["queued", "sent", "failed", "refused", "expired"])
def test_a_state_changed_by_hand_is_seen(kit, state: str) -> None:
    fill(kit)
    assert faults(kit) == []
    by_hand(kit, f"update recipient set state = '{state}' where message_id = 'm2' and state = 'held'")
    assert faults(kit) == ["message m2: a held recipient was moved without a decision"]


def test_mail_sent_without_a_verdict_is_seen(kit) -> None:
    async def story(store: Store) -> None:
        await store.accept(kit.message("m9"))

    kit.run(story)
    by_hand(kit, "update recipient set state = 'queued' where n = 0")
    assert faults(kit) == ["message m9: on its way without a verdict"]


def test_what_people_and_time_decide_is_explained(kit) -> None:
    from datetime import timedelta

    from mailguard.hold.decisions import By, refuse, release
    from mailguard.store import users
    from mailguard.store.users import User

    async def story(store: Store) -> None:
        await store.write(users.add, User("office"), "test")
        for name in ("m3", "m4", "m5"):
            await store.accept(kit.message(name))
            await store.record_verdict(name, kit.verdict(other=Outcome.HOLD), kit.sightings(), subject="Form")
        await store.write(release, "m3", By("office", "entitled"), [kit.parent])
        await store.write(refuse, "m3", By("office", "wrong family"), [kit.other])
        await store.write(release, "m4", By("office", "entitled"))
        await store.write(holds.expire, kit.now + timedelta(days=400), 100)

    kit.run(story)
    assert faults(kit) == []
    by_hand(kit, "update recipient set state = 'sent' where message_id = 'm3' and n = 1")  # refused, then sent by hand
    assert faults(kit) == ["message m3: a held recipient was moved without a decision"]


def test_a_second_rotation_at_the_same_time_is_refused_and_the_store_opens(kit, monkeypatch) -> None:
    """The second one would remove the first one's new key, the only one that opens the store a moment later."""
    fill(kit)
    wrap_all, second = rotation._wrap_all, []

    def meanwhile(tx, new_key):
        with pytest.raises(StoreError, match="at work") as refused:
            rotate(kit.settings, "second")
        second.append(refused)
        return wrap_all(tx, new_key)

    monkeypatch.setattr(rotation, "_wrap_all", meanwhile)
    rotate(kit.settings, "first")
    assert len(second) == 1
    assert held(kit.settings) == ["m1", "m2"]


def test_a_copy_that_is_cut_off_bears_no_copys_name(kit, tmp_path: Path) -> None:
    fill(kit)
    (tmp_path / "copies").mkdir()
    seen: set[str] = set()
    folder = tmp_path / "copies"
    copy_out(kit.settings, folder / "a.db", lambda *_: seen.update(one.name for one in folder.iterdir()))
    assert seen
    assert all(name.startswith(".a.db.") for name in seen)
    assert [one.name for one in folder.iterdir()] == ["a.db"]
    with pytest.raises(FileExistsError):
        copy_out(kit.settings, tmp_path / "copies" / "a.db")


def test_the_next_copy_sweeps_what_one_that_was_cut_off_left(kit, tmp_path: Path) -> None:
    fill(kit)
    (tmp_path / "copies").mkdir()
    old = [".a.db.7.part", ".a.db.7.part-journal", ".mailguard-20260101T000000Z.db.12.part"]
    others = [".other.db.7.part", ".a.db.part", ".a.db.x.part", "a.db.7.part", "b.db"]
    for name in (*old, *others, ".a.db.8.part"):
        (tmp_path / "copies" / name).write_text("left")
        if name != ".a.db.8.part":  # that one is being written
            os.utime(tmp_path / "copies" / name, (0, 0))
    copy_out(kit.settings, tmp_path / "copies" / "a.db")
    assert {one.name for one in (tmp_path / "copies").iterdir()} == {*others, ".a.db.8.part", "a.db"}


def test_a_folder_that_cannot_be_written_is_told(kit, tmp_path: Path, monkeypatch) -> None:
    fill(kit)

    def read_only(path, *_):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(backup_module.os, "open", read_only)
    with pytest.raises(StoreError, match="Read-only file system"):
        copy_out(kit.settings, tmp_path / "a.db")
