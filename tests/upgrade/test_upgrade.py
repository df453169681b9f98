"""A store made by every earlier version opens in today's, with all that was in it."""

import asyncio
import gzip
import shutil
from pathlib import Path

import pytest

from mailguard.hold.decisions import By, release
from mailguard.model import RecipientState
from mailguard.store import Database, Store, StoreSettings, audit, holds, queue, users
from mailguard.store.revisions import current_roll
from mailguard.store.schema import Schema, schema_of
from mailguard.store.standing import unexplained

HERE = Path(__file__).parent
VERSIONS = sorted(path.name for path in HERE.iterdir() if (path / "mailguard.db.gz").exists())


@pytest.fixture(params=VERSIONS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    made = HERE / request.param
    (tmp_path / "mailguard.db").write_bytes(gzip.decompress((made / "mailguard.db.gz").read_bytes()))
    shutil.copy(made / "key", tmp_path / "key")
    return StoreSettings(f"sqlite:///{tmp_path}/mailguard.db", tmp_path / "key", reserve_bytes=0)


def test_there_is_one() -> None:
    assert VERSIONS[0] == "0.1.0"


def test_looking_at_its_schema_does_not_upgrade_it(settings: StoreSettings) -> None:
    assert schema_of(settings) is Schema.OLDER
    assert schema_of(settings) is Schema.OLDER


def test_everything_in_it_is_there_after_the_upgrade(settings: StoreSettings) -> None:
    with Database.open(settings) as database, database.read() as tx:
        states = {
            one: [kept.state.value for kept in holds.details(tx, one).recipients]
            for one in ("held-1", "held-2", "released-1", "refused-1", "queued-1")
        }
        assert states == {
            "held-1": ["held", "sent"],
            "held-2": ["held"],
            "released-1": ["queued"],
            "refused-1": ["refused"],
            "queued-1": ["queued"],
        }
        held = holds.details(tx, "held-1")
        assert held.subject == "Subject of held-1"
        assert held.recipients[0].findings[0].sentence.startswith("The message is about Zebedee Quillfeather")
        assert queue.load(tx, "held-1").content.endswith(b"Content of held-1\r\n")
        roll = current_roll(tx)
        assert roll is not None
        assert [pupil.surname for pupil in roll.pupils] == ["Osei", "Brennan"]
        found = users.get(tx, "office")
        assert found is not None
        assert found.name == "office"
        assert audit.verify(tx).faults == ()
        assert unexplained(tx) == ()
    assert schema_of(settings) is Schema.CURRENT


def test_work_goes_on_in_it(settings: StoreSettings) -> None:
    async def story() -> None:
        store = Store.open(settings)
        await store.start()
        try:
            assert await store.unjudged(10) == ["unjudged-1"]
            await store.write(release, "held-2", By("office", "entitled"))
            counts = await store.counts()
            assert counts.queue["held"] == 1
        finally:
            await store.close()

    asyncio.run(story())
    with Database.open(settings) as database, database.read() as tx:
        assert holds.details(tx, "held-2").recipients[0].state is RecipientState.QUEUED
        assert audit.verify(tx).faults == ()
        assert unexplained(tx) == ()
