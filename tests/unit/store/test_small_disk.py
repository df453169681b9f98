"""The reserve of free disk is a share of a small disk, never all of it."""

import asyncio
from pathlib import Path

import pytest

from mailguard.store import Store, StoreFull, StoreSettings, write_key_file


@pytest.mark.parametrize(("disk", "free", "taken"), [(64 << 20, 40 << 20, True), (64 << 20, 7 << 20, False)])
def test_a_small_disk_keeps_an_eighth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: int, free: int, taken: bool
) -> None:
    write_key_file(tmp_path / "key")
    store = Store.open(StoreSettings(f"sqlite:///{tmp_path / 'mailguard.db'}", tmp_path / "key"))
    backend = type(store._database.backend)
    monkeypatch.setattr(backend, "disk_bytes", lambda self: disk)
    monkeypatch.setattr(backend, "free_bytes", lambda self: free)
    try:
        if taken:
            store.check_room(1 << 20)
        else:
            with pytest.raises(StoreFull):
                store.check_room(1 << 20)
    finally:
        asyncio.run(store.close())
