"""The database behind both doors: opened with its key, migrated, and given out in transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from mailguard.store.backend import Backend, backend_of
from mailguard.store.crypto import Vault, new_wrapped_root, read_key_file
from mailguard.store.errors import StoreError
from mailguard.store.rows import to_stored
from mailguard.store.settings import StoreSettings
from mailguard.store.tables import REVISION, meta

MOVED, UNFINISHED = "moved", "unfinished"
"""Marks in `meta`: what was here is elsewhere now; not everything has come here yet (see move)."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What every core function works in: a connection with an open transaction, the vault, and who we are."""

    connection: Connection
    vault: Vault
    node: str
    now: datetime

    @property
    def alone(self) -> bool:
        """True where the process lock makes this the only node, so that no other node's work can be in flight."""
        return self.connection.dialect.name == "sqlite"

    def announce(self) -> None:
        """Wake the relays when this transaction commits: something may be due. SQLite's relay sees it by itself."""
        if not self.alone:
            self.connection.exec_driver_sql("notify mailguard")

    @property
    def stamp(self) -> int:
        """The time of the transaction as the database keeps it."""
        return to_stored(self.now)


class Database:
    """An open database and its vault. Connections are made for each transaction; the relay's writer keeps one."""

    def __init__(self, backend: Backend, engine: Engine, vault: Vault, node: str) -> None:
        self.backend = backend
        self.engine = engine
        self.vault = vault
        self.node = node

    @classmethod
    def open(cls, settings: StoreSettings, node: str = "office", *, moved: bool = False) -> Database:
        """Read the key, open the database, bring it to the current schema, check that the key is its key.

        StoreError, with nothing changed, if any of it fails; a new database is made with the key as its own. A store
        that was moved elsewhere is opened only with `moved`, one that is still being moved here never."""
        key = read_key_file(settings.key_file)
        backend = backend_of(settings, node)
        engine = backend.open_engine()
        try:
            with engine.connect() as connection, connection.begin():
                backend.serialise(connection)
                migrate(connection)
                _check_in_use(connection, moved)
                vault = Vault.unlock(key, _root(connection, key))
        except SQLAlchemyError as error:
            engine.dispose()
            raise StoreError(f"database cannot be opened: {_cause(error)}") from None
        except StoreError:
            engine.dispose()
            raise
        return cls(backend, engine, vault, node)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: committed at the end of the block, rolled back if it raises."""
        with translated(), self.engine.connect() as connection, connection.begin():
            yield self.transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A read transaction: one consistent view, no lock against writers."""
        with translated(), self.engine.connect() as connection, reading(connection).begin():
            yield self.transaction(connection)

    def transaction(self, connection: Connection) -> Transaction:
        """What a core function needs, on a connection whose transaction is open."""
        return Transaction(connection, self.vault, self.node, datetime.now(UTC))


def reading(connection: Connection) -> Connection:
    """The connection, told to open read transactions: one consistent view, no lock against writers."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection.execution_options(reading=True)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what SQLAlchemy raises into StoreError without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"database failed: {_cause(error)}") from None


def _cause(error: SQLAlchemyError) -> str:
    # The driver's own exception names the fault; SQLAlchemy's text would add the statement and its values.
    original = getattr(error, "orig", None)
    # Its first line only: what follows may quote the row.
    lines = str(original).splitlines() if original is not None else []
    return f"{type(original).__name__}: {lines[0]}" if lines else type(error).__name__


def _check_in_use(connection: Connection, moved: bool) -> None:
    marks = set(connection.execute(select(meta.c.name).where(meta.c.name.in_((MOVED, UNFINISHED)))).scalars())
    if UNFINISHED in marks:
        raise StoreError("a move to this database was broken off: run `mailguard store migrate` again")
    if MOVED in marks and not moved:
        raise StoreError("this store was moved to another database: set [store] url to that one")


def migrate(connection: Connection) -> None:
    """Bring the schema to the current revision, from nothing if there is none. StoreError if it is newer than this."""
    if inspect(connection).has_table("alembic_version"):
        current = connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()
        if current == REVISION:
            return
    # Imported here: a database that is up to date, the normal case, starts without it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(Path(__file__).with_name("alembic.ini"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError("the database was made by a newer mailguard; update this one") from None


def _root(connection: Connection, key: bytes) -> bytes:
    found = connection.execute(select(meta.c.value).where(meta.c.name == "root")).scalar_one_or_none()
    if found is None:
        found = new_wrapped_root(key)
        connection.execute(insert(meta).values(name="root", value=found))
    return bytes(found)
