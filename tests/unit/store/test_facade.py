"""The relay's door to the store, on a real database in a temporary folder."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.model import Envelope, Message
from mailguard.store import Gone, Store, StoreError, StoreSettings, write_key_file

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def settings(folder: Path) -> StoreSettings:
    key = folder / "key"
    if not key.exists():
        write_key_file(key)
    return StoreSettings(f"sqlite:///{folder}/mailguard.db", key, reserve_bytes=0)


def message(name: str = "m1", content: bytes = b"Subject: x\r\n\r\nHello\r\n", **fields: object) -> Message:
    envelope = Envelope("office@oak.example", ("parent@home.example", "other@home.example"))
    return Message(name, envelope, content, NOW, **fields)  # type: ignore[arg-type]


def run(folder: Path, story: Callable[[Store], Awaitable[None]]) -> None:
    async def main() -> None:
        store = Store.open(settings(folder))
        await store.start()
        try:
            await story(store)
        finally:
            await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("size", [0, 1, 262144, 262145, 3_000_000])
def test_what_is_accepted_comes_back_whole(tmp_path: Path, size: int) -> None:
    sent = message(content=b"x" * size, notify=("NEVER", ""), orcpt=("", "rfc822;a"), envid="E1", body_type="8BITMIME")

    async def story(store: Store) -> None:
        await store.accept(sent)

    async def again(store: Store) -> None:
        assert await store.load("m1") == sent

    run(tmp_path, story)
    run(tmp_path, again)


def test_one_bad_job_does_not_refuse_its_neighbours(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        results = await asyncio.gather(
            *(store.accept(message(name)) for name in ("a", "b", "a", "c")), return_exceptions=True
        )
        assert [isinstance(r, StoreError) for r in results].count(True) == 1
        for name in ("a", "b", "c"):
            assert (await store.load(name)).id == name

    run(tmp_path, story)


def test_a_message_that_is_not_there_is_gone(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        with pytest.raises(Gone):
            await store.load("nothing")

    run(tmp_path, story)
