"""Opening: the schema, its migration, and what is wrong with a database that cannot be opened."""

import dataclasses
import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import mailguard.store
from mailguard.store import Database, StoreError
from mailguard.store.tables import REVISION, metadata


def test_the_migrations_make_the_tables_of_the_code(kit):
    with Database.open(kit.settings) as database, database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx.connection), metadata) == []
    folder = mailguard.store.__path__[0]
    assert ScriptDirectory(f"{folder}/migrations").get_heads() == [REVISION]


def test_a_new_database_is_set_up_for_durability(kit):
    with Database.open(kit.settings) as database, database.read() as tx:
        found = {
            name: tx.connection.exec_driver_sql(f"pragma {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "page_size", "auto_vacuum", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "page_size": 8192, "auto_vacuum": 2, "foreign_keys": 1}


def test_a_database_of_a_newer_mailguard_is_refused_politely(kit):
    Database.open(kit.settings).close()
    with sqlite3.connect(kit.settings.path) as raw:
        raw.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(StoreError, match="newer mailguard"):
        Database.open(kit.settings)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///"])
def test_other_urls_are_refused(kit, url):
    with pytest.raises(StoreError, match="store url"):
        Database.open(dataclasses.replace(kit.settings, url=url))


def test_a_missing_folder_is_named(kit):
    with pytest.raises(StoreError, match="does not exist"):
        Database.open(dataclasses.replace(kit.settings, url=f"sqlite:///{kit.folder}/none/x.db"))


def test_a_file_that_is_no_database_is_refused(kit):
    kit.settings.path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        Database.open(kit.settings)


def test_errors_do_not_quote_values(kit):
    with (
        pytest.raises(StoreError) as caught,
        Database.open(kit.settings) as database,
        database.write() as tx,
    ):
        tx.connection.exec_driver_sql("insert into meta values ('Quillfeather', null)")
    assert "Quillfeather" not in str(caught.value)
    assert caught.value.__cause__ is None
