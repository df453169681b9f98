"""A database file that is removed or replaced under a running relay takes no more mail."""

import asyncio
from pathlib import Path

import pytest

from mailguard.store import Store, StoreError, StoreSettings, write_key_file


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_accepted_into_a_file_without_a_name(tmp_path: Path, replaced: bool) -> None:
    write_key_file(tmp_path / "key")
    database = tmp_path / "mailguard.db"
    store = Store.open(StoreSettings(f"sqlite:///{database}", tmp_path / "key"))
    try:
        assert store._database.backend.free_bytes() > 0
        database.rename(tmp_path / "away.db")
        if replaced:
            database.write_bytes(b"")
        with pytest.raises(StoreError):
            store._database.backend.free_bytes()
        (tmp_path / "away.db").replace(database)
        assert store._database.backend.free_bytes() > 0
    finally:
        asyncio.run(store.close())
