import asyncio
import os
from functools import partial
from pathlib import Path

from mailguard.enrol.watcher import RollWatcher, fingerprint
from mailguard.model import Roll
from mailguard.roll.problems import Loaded, Problem, RollError


class Office:
    """A source of one file, and what became of its changes."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "roll.csv"
        self.loaded: list[str] = []
        self.refused: list[Exception] = []
        self.during_load = lambda: None
        self.reload_fails = False

    def load(self) -> Loaded:
        text = self.file.read_text()
        self.during_load()
        if "bad" in text:
            raise RollError([Problem("roll.csv", 1, "", text)])
        return Loaded(Roll(revision=text))

    async def reload(self, loaded: Loaded) -> None:
        if self.reload_fails:
            raise OSError("disk full")
        self.loaded.append(loaded.roll.revision)

    def watcher(self, **more) -> RollWatcher:
        look = partial(fingerprint, self.file.parent)
        return RollWatcher(look, self.load, self.reload, self.refused.append, **more)

    def polls(self, watcher: RollWatcher, count: int) -> None:
        async def go() -> None:
            for _ in range(count):
                await watcher.poll()

        asyncio.run(go())


def test_a_change_is_brought_in_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.file.write_text("one")
    watcher = office.watcher(seen=fingerprint(tmp_path))
    office.polls(watcher, 3)
    assert office.loaded == []
    office.file.write_text("two!")
    office.polls(watcher, 4)
    assert office.loaded == ["two!"]


def test_a_file_still_being_written_is_left_alone(tmp_path: Path) -> None:
    office = Office(tmp_path)
    watcher = office.watcher(seen=fingerprint(tmp_path))
    for text in ("p", "pu", "pup"):
        office.file.write_text(text)
        office.polls(watcher, 1)
    assert office.loaded == []
    office.polls(watcher, 1)
    assert office.loaded == ["pup"]


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    office = Office(tmp_path)
    for first in ("good", "bad"):
        office.loaded.clear()
        watcher = office.watcher(seen=())
        office.file.write_text(first)

        def change() -> None:
            office.during_load = lambda: None
            office.file.write_text("the whole of it")

        office.during_load = change
        office.polls(watcher, 4)
        assert office.loaded == ["the whole of it"]
    assert office.refused == []


def test_a_refused_roll_is_told_once_and_the_next_good_one_comes_in(tmp_path: Path) -> None:
    office = Office(tmp_path)
    watcher = office.watcher(seen=())
    office.file.write_text("bad")
    office.polls(watcher, 5)
    assert len(office.refused) == 1
    assert office.loaded == []
    office.file.write_text("good")
    office.polls(watcher, 3)
    assert office.loaded == ["good"]


def test_a_reload_that_fails_is_tried_again(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.reload_fails = True
    watcher = office.watcher(seen=())
    office.file.write_text("good")
    office.polls(watcher, 3)
    assert len(office.refused) == 2
    office.reload_fails = False
    office.polls(watcher, 1)
    assert office.loaded == ["good"]


def test_run_polls_until_it_is_cancelled(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.file.write_text("good")

    async def go() -> None:
        task = asyncio.ensure_future(office.watcher(interval=0.01).run())
        while not office.loaded:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(asyncio.wait_for(go(), 30))
    assert office.loaded == ["good"]


def test_a_fingerprint_shows_every_change(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    seen = {fingerprint(tmp_path), fingerprint(tmp_path / "missing")}
    assert seen == {()}
    file.write_text("one")
    seen.add(fingerprint(tmp_path))
    stamp = file.stat()
    file.write_text("two")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    seen.add(fingerprint(tmp_path))
    file.rename(tmp_path / "b.csv")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 4
    (tmp_path / ".hidden").write_text("x")
    assert fingerprint(tmp_path) in seen
    assert fingerprint(tmp_path / "b.csv") == fingerprint(tmp_path)
