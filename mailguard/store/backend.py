"""What differs between the database engines, and nothing else does."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection, Engine

from mailguard.store.settings import StoreSettings
from mailguard.store.sqlite import SQLite


class Backend(Protocol):
    """One kind of database. Errors are StoreError, or SQLAlchemy's own, which the caller translates."""

    def open_engine(self) -> Engine:
        """An engine whose commits are durable, whose write transactions begin as such, and whose transactions with the
        execution option `reading` see one consistent state."""

    def serialise(self, connection: Connection) -> None:
        """Keep other nodes out until the end of this transaction (migrations)."""

    def take(self) -> None:
        """Make sure that no other relay process does this node's work. StoreError if one does."""

    def drop(self) -> None:
        """Undo `take`."""

    def watch(self, connection: Connection) -> None:
        """The writer has made this connection; it is the one to be asked by `others_wrote`."""

    def others_wrote(self, connection: Connection) -> bool:
        """Whether somebody else may have written since this was last asked. A hint: it may be late or wrongly true."""

    syncs_apart: bool
    """Whether a commit of the writer's connection is on the disk only after `sync`."""

    def sync(self) -> None:
        """Bring to the disk what the writer has committed; from any thread. OSError if that fails."""

    def free_bytes(self) -> int:
        """Bytes that may still be written."""

    def disk_bytes(self) -> int:
        """Size of the disk that is written to."""


def backend_of(settings: StoreSettings, node: str) -> Backend:
    """The backend that the URL asks for. StoreError if there is none of that kind."""
    if settings.on_postgres:
        # Imported here: the driver costs 125 ms, and most schools have no PostgreSQL.
        from mailguard.store.postgres import Postgres

        return Postgres(settings.url, node)
    return SQLite(settings.path)
